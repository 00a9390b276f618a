#include "sut/openssl/names.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "sut/openssl/random.hpp"

namespace sesscheck::openssl {
namespace {

constexpr Name unnamed = Name{1} << 31;  // what settle() replaces: a number in fresh_ and this bit

constexpr std::size_t stateful_ticket_max = 32;  // a session id, the whole ticket
constexpr std::size_t ticket_iv = 16;            // in any other, behind the name of its key

std::uint64_t word_at(const unsigned char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace

SessionId::SessionId(const unsigned char* id, std::size_t length) {
  if (length != 0) std::memcpy(bytes.data(), id, std::min(length, bytes.size()));
}

SessionId::SessionId(const Table& f, const SSL_SESSION* session) {
  unsigned int length = 0;
  const unsigned char* id = f.SSL_SESSION_get_id(session, &length);
  *this = SessionId(id, length);
}

SessionId made_id(std::uint8_t n) {
  const unsigned char start[] = {'m', 'a', 'd', 'e', n};
  return n == 0 ? SessionId() : SessionId(start, sizeof start);
}

const SessionId& same_id() {
  static const SessionId id(reinterpret_cast<const unsigned char*>("same id, same id, same id, same."), 32);
  return id;
}

std::size_t Names::Hash::operator()(const SessionId& id) const { return word_at(id.bytes.data()); }

Names::Order Names::order_of(const SessionId& id) {
  for (std::uint8_t n = 1; n <= made_ids_max; ++n)
    if (id == made_id(n)) return {Order::Origin::made, n, false};
  if (id == same_id()) return {Order::Origin::same, 0, false};
  return {Order::Origin::random, drawn_before(word_at(id.bytes.data())), false};
}

Names::Order Names::order_of_ticket(const unsigned char* ticket, std::size_t length) {
  Order order;
  if (length <= stateful_ticket_max)
    order = order_of(SessionId(ticket, length));
  else
    order.number = drawn_before(word_at(ticket + ticket_iv));
  order.hash = true;
  return order;
}

Name Names::of(const SessionId& id) {
  if (id == SessionId()) return 0;
  const auto [place, is_new] = names_.try_emplace(id, unnamed | static_cast<Name>(fresh_.size()));
  if (is_new) fresh_.push_back({order_of(id), &place->second});
  return place->second;
}

Name Names::of(const Table& f, const SSL_SESSION* session) {
  const Name name = of(SessionId(f, session));
  if ((name & unnamed) == 0) return name;
  Order& order = fresh_[name & ~unnamed].order;
  if (order.origin == Order::Origin::random && f.SSL_SESSION_has_ticket(session)) {
    const unsigned char* ticket = nullptr;
    std::size_t length = 0;
    f.SSL_SESSION_get0_ticket(session, &ticket, &length);
    order = order_of_ticket(ticket, length);
  }
  return name;
}

void Names::settle(Observation& seen) {
  if (fresh_.empty()) return;
  std::vector<std::size_t> sequence(fresh_.size());
  std::iota(sequence.begin(), sequence.end(), std::size_t{0});
  std::ranges::stable_sort(sequence, {}, [this](std::size_t number) { return fresh_[number].order; });
  given_.resize(fresh_.size());
  for (const std::size_t number : sequence) given_[number] = *fresh_[number].name = ++last_;
  fresh_.clear();

  const auto name = [this](Name& n) {
    if ((n & unnamed) != 0) n = given_[n & ~unnamed];
  };
  for (Event& event : seen.log) {
    name(event.session);
    if (event.kind != Event::Kind::call) name(event.answer);
  }
  name(seen.connection.client.session);
  name(seen.connection.server.session);
  for (ContextView& context : seen.contexts) {
    for (SessionView& session : context.cached) name(session.name);
    for (SessionView& session : context.stored) name(session.name);
  }
  for (auto& session : seen.held)
    if (session) name(session->name);
}

}  // namespace sesscheck::openssl
