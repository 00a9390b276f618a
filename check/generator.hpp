// Inside of generate: a trace in the making.
//   generate.cpp           the setup, the subjects of commands, the whole
//   generate_settings.cpp  settings: those of the setup, and their changes
//   generate_moves.cpp     each kind of command, and short scenes of several
//   generate_open.cpp      connections that stay open
//
// Two calls on `r` never stand in one expression whose order the language leaves open: a seed is one trace everywhere.
#pragma once

#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "check/generate.hpp"
#include "model/step.hpp"

namespace sesscheck::generator {

inline constexpr std::int64_t million = 1'000'000;
inline constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

/// One trace in the making. The model runs beside, so that the next command can aim at what is there: a deadline of a
/// cached session, a held session that a server knows. What it decides by the Rules is not used.
class Generator {
 public:
  Generator(Random& random, const Shape& shape)
      // Microseconds make deadlines visible to the last digit; they are aimed at with and without.
      : r(random), shape_(shape), rules_(Rules::openssl_3_0().with(clock_in_microseconds)) {
    if (shape.lacks.two_libraries()) rules_ = rules_.beside(rules_, Library::of_clients);
  }
  Trace run();

 private:
  enum class Family : std::uint8_t {
    clock, timeouts, flushes, sizes, modes, id_contexts, verify, external, faults, hands, copies, made, ages, renewals,
    // what connects can do besides
    server_keeps, endings, breaks, own_id_contexts, few_repeats, mixed_roles,
    opens, renegotiations, accidents, back, renamings, shared_stores,
    // settings
    reconfigure, ticket_numbers, early_data, ticket_keys, ticket_callbacks, masters, ciphers, ids, switches,
    client_certificates, compatibility, refusals, names, calling_back, datagrams,
    count
  };
  static constexpr auto families = static_cast<std::size_t>(Family::count);
  /// What most connections of a trace are, as far as the two ends agree.
  enum class Protocol : std::uint8_t { ids, tickets, tls1_3, any, old };
  /// A connection that stays open, as far as it matters for what to do next.
  struct Open {
    bool open = false;
    std::uint8_t client = 0, server = 0;
    int flights = 0;  // delivered
    [[nodiscard]] bool finished() const { return flights >= 4; }
  };
  struct Move {
    Family family;
    unsigned weight;
    void (Generator::*make)();
  };
  static std::vector<Move> moves();

  [[nodiscard]] bool on(Family family) const { return on_[static_cast<std::size_t>(family)]; }
  void set(Family family, bool on) { on_[static_cast<std::size_t>(family)] = on; }
  [[nodiscard]] bool full() const { return trace_.commands.size() >= length_; }
  void emit(const Command& command);
  void follow(const Command& command);

  // --- setup -------------------------------------------------------------------------------------------------------
  void choose_families();
  void choose_protocol();
  void choose_setup();
  ContextSetup context_setup(std::uint8_t index);
  std::int64_t some_mode(bool is_client);
  std::int64_t some_size() {
    return allowed_size(
        r.weighted<std::int64_t>({{30, 1}, {30, 2}, {20, 3}, {5, 4}, {8, 0}, {4, -1}, {3, default_size}}));
  }
  [[nodiscard]] std::int64_t allowed_size(std::int64_t size) const {
    return shape_.size_max == 0 || (size > 0 && size < shape_.size_max) ? size : shape_.size_max;
  }
  std::int64_t some_timeout() {
    return r.weighted<std::int64_t>(
        {{15, 1}, {15, 2}, {15, 5}, {25, 10}, {10, 300}, {7, 0}, {4, -1}, {4, latest}, {5, 7200}});
  }
  IdContext some_id_context() {
    return r.weighted<IdContext>({{18, {0, 'a'}}, {28, {1, 'a'}}, {14, {2, 'a'}}, {14, {1, 'b'}}, {8, {2, 'b'}},
                                  {8, {32, 'a'}}, {4, {31, 'a'}}, {6, {33, 'a'}}});
  }
  Callbacks some_callbacks();

  // --- settings ----------------------------------------------------------------------------------------------------
  Settings some_settings(std::uint8_t context, bool is_client);
  void some_versions(Settings& settings);
  void some_range(Settings& settings);
  std::uint8_t some_value(Setting setting, std::uint8_t context);
  static Family family(Setting setting);
  static unsigned often(Setting setting, bool is_client);
  /// A hand-made session has no cipher: offered without extended master secret, in TLS 1.3 or beside a ticket, it is
  /// what crashes libssl (H1 of the semantics). So a trace has either `make`, or those settings.
  [[nodiscard]] bool too_dangerous(Setting setting) const {
    return handmade_ && (setting == Setting::extended_master_secret || setting == Setting::version_max ||
                         setting == Setting::tickets);
  }

  // --- subjects ----------------------------------------------------------------------------------------------------
  [[nodiscard]] bool is_client(std::uint8_t index) const { return index % 2 == 1; }
  std::uint8_t some_context() { return static_cast<std::uint8_t>(r.below(contexts_)); }
  std::uint8_t some_end(bool client);
  std::uint8_t server_or_other() { return r.chance(80) ? some_end(false) : some_context(); }
  std::uint8_t any_slot() { return static_cast<std::uint8_t>(1 + r.below(slots_max)); }
  std::uint8_t held_slot();
  std::uint8_t free_slot();
  std::uint8_t slot_to_offer(std::uint8_t server);
  // What the model's world is asked, but for numbers of contexts.
  [[nodiscard]] const Session* held(std::uint8_t slot) const;
  [[nodiscard]] bool offerable(const Session& session) const { return session.id != 0; }
  [[nodiscard]] bool known(const Context& context, const Session& session) const;
  [[nodiscard]] bool promising(std::uint8_t slot, std::uint8_t server) const;
  [[nodiscard]] std::vector<std::uint8_t> held_and_cached(std::uint8_t context) const;
  std::vector<Moment> deadlines();

  // --- commands ----------------------------------------------------------------------------------------------------
  Command with_context(Op op, std::uint8_t context, Number number = {}) {
    Command c;
    c.op = op, c.context = context, c.number = number;
    return c;
  }
  Command with_both(Op op, std::uint8_t context, std::uint8_t slot) {
    Command c = with_context(op, context);
    c.slot = slot;
    return c;
  }
  Command with_slot(Op op, std::uint8_t slot, Number number = {}) {
    Command c;
    c.op = op, c.slot = slot, c.number = number;
    return c;
  }
  End some_ending() { return r.weighted<End>({{78, End::shutdown}, {10, End::quiet}, {12, End::none}}); }
  Command connection(std::uint8_t server, std::uint8_t client);
  void connect();
  void advance();
  void rewind();
  void advance_by(std::int64_t microseconds);
  void set_timeout();
  void flush();
  void set_size();
  void fill();
  void set_mode();
  void set_id_context();
  void set_session_id_context();
  void set_verify_peer();
  void set_callbacks();
  void answer();
  void lose() { emit(with_context(Op::lose, server_or_other())); }
  void add();
  void remove();
  void drop() { emit(with_slot(Op::drop, held_slot())); }
  void copy();
  void set_session_data();
  void rename();
  void make();
  void set_session_time();
  void set_session_timeout();
  void renew() { renew_context(some_context()); }
  void renew_context(std::uint8_t context) { emit(with_context(Op::renew, context)); }
  void cadence();
  void configure();
  void change_cipher();
  void other_group();
  void timeout_of_zero_in_a_ticket();
  void old_ticket();
  void early_data_again();
  void early_data_refused();
  void early_data_not_allowed();
  void victim_is_added();
  void cleared_while_it_reads();
  void asked_after_a_handshake();
  void early_data_of_a_new_protocol();
  void early_data_of_another_name();
  Command first_connection(std::uint8_t server, std::uint8_t client);
  std::pair<std::uint8_t, std::uint8_t> ends_with_early_data();
  void answer_of_another_version();
  void late_answer();
  void renegotiates_late();
  void other_method();
  void fails_in_renegotiation();
  void configure(std::uint8_t context, Setting setting, std::int64_t value);
  void change_versions(std::uint8_t server, std::uint8_t client);
  void heal();
  void stock(std::uint8_t server, std::size_t number);
  void make_room(std::uint8_t server);
  void make_one_leave(std::uint8_t server);
  std::vector<std::uint8_t> slots_of_two_cached(std::uint8_t server);
  void readd();
  void age_cached();

  // --- connections that stay open ----------------------------------------------------------------------------------
  Command on_connection(Op op, std::uint8_t name) {
    Command c;
    c.op = op, c.connection = name;
    return c;
  }
  Command at_end(Op op, std::uint8_t name, bool server) {
    Command c = on_connection(op, name);
    c.at_server = server;
    return c;
  }
  using Step = void (Generator::*)(std::uint8_t name);
  std::uint8_t open_name(bool open);
  std::uint8_t open_as(std::uint8_t name, std::uint8_t server, std::uint8_t client, std::uint8_t slot);
  void open();
  void deliver(std::uint8_t name, std::int64_t flights);
  void deliver_some(std::uint8_t name) { deliver(name, r.weighted<std::int64_t>({{45, 1}, {40, 2}, {15, 3}})); }
  void deliver_all(std::uint8_t name) { deliver(name, flights_max); }
  void clear(std::uint8_t name);
  void progress();
  void before_the_end(std::uint8_t name);
  void after_the_end(std::uint8_t name);
  std::uint8_t settled();
  void offer(std::uint8_t name);
  void renegotiate(std::uint8_t name);
  void issue(std::uint8_t name);
  void shut(std::uint8_t name);
  void break_off(std::uint8_t name);
  void another_handshake();
  void another_ticket();
  void accident();
  void take(std::uint8_t name);
  void close(std::uint8_t name);
  void meanwhile(std::uint8_t server, std::uint8_t slot);
  void interrupted();
  void two_of_one_session();

  Random& r;
  const Shape& shape_;
  Rules rules_;
  std::array<bool, families> on_{};
  Protocol protocol_ = Protocol::ids;
  bool handmade_ = false;
  std::size_t contexts_ = 0;  // of the setup; the world may have more, those that connections keep alive
  std::array<Open, connections_max> open_{};
  std::array<std::uint8_t, slots_max + 1> made_with_{};  // by slot: the server that the session was made with
  std::vector<Settings> settings_;                       // by context, as they are now
  std::size_t length_ = 0;
  int connections_ = 0;
  Trace trace_;
  World world_;
  Observation seen_;
  Because because_;
};

}  // namespace sesscheck::generator
