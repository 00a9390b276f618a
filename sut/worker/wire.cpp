#include "sut/worker/wire.hpp"

#include <limits>
#include <tuple>

namespace sesscheck::worker {
namespace {

constexpr std::size_t varint_max = 10;
constexpr std::size_t session_bytes_min = 3, event_bytes_min = 4, context_bytes_min = 6 + counter_count;
constexpr std::size_t session_bytes_max = 6 * varint_max, event_bytes_max = 4 * varint_max,
                      context_bytes_max = context_bytes_min * varint_max;
constexpr std::size_t fixed_bytes_max = 32 * varint_max + slots_max * session_bytes_max;
static_assert(slots_max <= 8, "the held slots are one byte of bits");

/// Writes without a check of its own: the caller has made sure of encoded_size_max() bytes.
class Writer {
 public:
  explicit Writer(std::uint8_t* to) : to_(to) {}

  [[nodiscard]] std::uint8_t* end() const { return to_; }

  void byte(unsigned value) { *to_++ = static_cast<std::uint8_t>(value); }

  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *to_++ = static_cast<std::uint8_t>(value | 0x80);
    *to_++ = static_cast<std::uint8_t>(value);
  }

  void signed_number(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number(bits << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }

  void difference(std::int64_t value, std::int64_t before) {
    signed_number(static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(before)));
  }

  void letters(const IdContext& value) {
    byte(value.length);
    byte(static_cast<unsigned char>(value.letter));
  }

  /// What is seldom another one from session to session.
  static auto contents(const SessionView& view) {
    return std::tuple(view.version, view.hint, view.id_context.length, view.id_context.letter, view.data.length,
                      view.data.letter, view.host_name, view.protocol);
  }

  void session(const SessionView& view) {
    const bool other = contents(view) != contents(last_);
    number(std::uint64_t{view.name ^ last_.name} << 5 | (view.peer ? 16 : 0) | (other ? 8 : 0) | (view.early_data ? 4 : 0) |
           (view.ticket ? 2 : 0) | (view.resumable ? 1 : 0));
    difference(view.time, last_.time);
    difference(view.timeout, last_.timeout);
    if (other) {
      byte(view.version);
      signed_number(view.hint);
      letters(view.id_context);
      letters(view.data);
      byte(view.host_name);
      byte(static_cast<unsigned>(view.protocol));
    }
    last_ = view;
  }

  void sessions(const std::vector<SessionView>& views) {
    number(views.size());
    for (const SessionView& view : views) session(view);
  }

  void end_view(const EndView& view) {
    byte(static_cast<unsigned>(view.state) << 3 | static_cast<unsigned>(view.verified) << 1 | (view.reused ? 1U : 0U));
    number(view.error);
    number(view.session);
  }

  void event(const Event& event) {
    byte(static_cast<unsigned>(event.kind) << 1 | (event.answered ? 1U : 0U));
    byte(event.context);
    number(event.session);
    number(event.answer);
  }

  void context(const ContextView& view) {
    for (const std::int64_t value : {view.mode, view.size, view.timeout, view.number}) signed_number(value);
    for (const std::int64_t value : view.counters) signed_number(value);
    sessions(view.cached);
    sessions(view.stored);
  }

 private:
  std::uint8_t* to_;
  SessionView last_;
};

/// Reads with every byte checked; after a failure every read gives 0, and ok() is false.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return {at_, end_}; }

  unsigned byte(unsigned max = 255) {
    if (at_ == end_ || *at_ > max) return fail();
    return *at_++;
  }

  std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
    if (at_ != end_ && *at_ < 0x80 && *at_ <= max) return *at_++;  // by far the most frequent
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const std::uint8_t next = *at_++;
      if (shift == 63 && next > 1) return fail();
      value |= std::uint64_t{next & 0x7fU} << shift;
      if (next < 0x80) return value <= max ? value : fail();
    }
    return fail();
  }

  template <class Small>
  Small small() {
    return static_cast<Small>(number(std::numeric_limits<Small>::max()));
  }

  std::int64_t signed_number() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>(bits >> 1 ^ ((bits & 1) != 0 ? ~std::uint64_t{0} : 0));
  }

  std::int64_t difference(std::int64_t before) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(signed_number()) + static_cast<std::uint64_t>(before));
  }

  /// How many elements follow: never more than the bytes that are left could hold, so that no reserve can be huge.
  std::size_t length(std::size_t element_bytes_min) {
    return static_cast<std::size_t>(number(static_cast<std::size_t>(end_ - at_) / element_bytes_min));
  }

  IdContext letters() {
    const auto length = static_cast<std::uint8_t>(byte());
    return {length, static_cast<char>(byte())};
  }

  void session(SessionView& view) {
    const std::uint64_t name = number(std::uint64_t{std::numeric_limits<Name>::max()} << 5 | 31);
    view.name = static_cast<Name>(name >> 5) ^ last_.name;
    view.peer = (name & 16) != 0;
    view.early_data = (name & 4) != 0;
    view.ticket = (name & 2) != 0;
    view.resumable = (name & 1) != 0;
    view.time = difference(last_.time);
    view.timeout = difference(last_.timeout);
    const bool other = (name & 8) != 0;
    view.version = other ? static_cast<std::uint8_t>(byte()) : last_.version;
    view.hint = other ? signed_number() : last_.hint;
    view.id_context = other ? letters() : last_.id_context;
    view.data = other ? letters() : last_.data;
    view.host_name = other ? static_cast<std::uint8_t>(byte()) : last_.host_name;
    view.protocol = other ? static_cast<Alpn>(byte(static_cast<unsigned>(Alpn::both))) : last_.protocol;
    last_ = view;
  }

  void sessions(std::vector<SessionView>& views) {
    views.resize(length(session_bytes_min));
    for (SessionView& view : views) session(view);
  }

  void end_view(EndView& view) {
    const unsigned bits = byte(static_cast<unsigned>(Handshake::done) << 3 | 7);
    view.state = static_cast<Handshake>(bits >> 3);
    view.verified = static_cast<Verified>(bits >> 1 & 3);
    view.reused = (bits & 1) != 0;
    view.error = small<std::uint16_t>();
    view.session = small<Name>();
  }

  void event(Event& event) {
    const unsigned bits = byte(static_cast<unsigned>(Event::Kind::call) << 1 | 1);
    event.kind = static_cast<Event::Kind>(bits >> 1);
    event.answered = (bits & 1) != 0;
    event.context = static_cast<std::uint8_t>(byte());
    event.session = small<Name>();
    event.answer = small<Name>();
  }

  void context(ContextView& view) {
    for (std::int64_t* value : {&view.mode, &view.size, &view.timeout, &view.number}) *value = signed_number();
    for (std::int64_t& value : view.counters) value = signed_number();
    sessions(view.cached);
    sessions(view.stored);
  }

 private:
  unsigned fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
  SessionView last_;
};

}  // namespace

std::size_t encoded_size_max(const Observation& observation) {
  std::size_t sessions = 0;
  for (const ContextView& view : observation.contexts) sessions += view.cached.size() + view.stored.size();
  return fixed_bytes_max + observation.log.size() * event_bytes_max + observation.contexts.size() * context_bytes_max +
         sessions * session_bytes_max;
}

bool encode(const Observation& observation, std::span<std::uint8_t>& room) {
  if (encoded_size_max(observation) > room.size()) return false;
  Writer to(room.data());
  to.byte(static_cast<unsigned>(observation.status));
  to.signed_number(observation.result);
  to.number(observation.error);
  const ConnectionView& connection = observation.connection;
  to.end_view(connection.client);
  to.end_view(connection.server);
  for (const std::uint8_t value : {connection.version, connection.early_data, connection.tickets,
                                   connection.offered_id_length, connection.answered_id_length, connection.id_callback})
    to.byte(value);
  to.signed_number(observation.live);
  to.number(observation.log.size());
  for (const Event& event : observation.log) to.event(event);
  to.number(observation.contexts.size());
  for (const ContextView& view : observation.contexts) to.context(view);
  unsigned held = 0;
  for (std::size_t i = 0; i < slots_max; ++i) held |= (observation.held[i] ? 1U : 0U) << i;
  to.byte(held);
  for (const auto& view : observation.held) {
    if (view) to.session(*view);
  }
  room = room.subspan(static_cast<std::size_t>(to.end() - room.data()));
  return true;
}

bool decode(std::span<const std::uint8_t>& bytes, Observation& observation) {
  Reader from(bytes);
  observation.status = static_cast<Status>(from.byte(static_cast<unsigned>(Status::hung)));
  observation.result = from.signed_number();
  observation.error = from.small<std::uint16_t>();
  ConnectionView& connection = observation.connection;
  from.end_view(connection.client);
  from.end_view(connection.server);
  for (std::uint8_t* value : {&connection.version, &connection.early_data, &connection.tickets,
                              &connection.offered_id_length, &connection.answered_id_length, &connection.id_callback})
    *value = static_cast<std::uint8_t>(from.byte());
  observation.live = from.signed_number();
  observation.log.resize(from.length(event_bytes_min));
  for (Event& event : observation.log) from.event(event);
  observation.contexts.resize(from.length(context_bytes_min));
  for (ContextView& view : observation.contexts) from.context(view);
  const unsigned held = from.byte((1U << slots_max) - 1);
  for (std::size_t i = 0; i < slots_max; ++i) {
    std::optional<SessionView>& view = observation.held[i];
    view.reset();
    if ((held >> i & 1) != 0) from.session(view.emplace());
  }
  bytes = from.rest();
  return from.ok();
}

}  // namespace sesscheck::worker
