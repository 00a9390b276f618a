// Connections that stay open: two ends that meet while something else happens to their sessions.
#include <algorithm>

#include "check/generator.hpp"

namespace sesscheck::generator {

/// One that is open, or one that is not; any when there is none.
std::uint8_t Generator::open_name(bool open) {
  std::vector<std::uint8_t> names;
  for (std::uint8_t name = 0; name < connections_max; ++name)
    if (open_[name].open == open) names.push_back(name);
  return names.empty() ? static_cast<std::uint8_t>(r.below(connections_max)) : r.pick(names);
}

std::uint8_t Generator::open_as(std::uint8_t name, std::uint8_t server, std::uint8_t client, std::uint8_t slot) {
  Command c = with_context(Op::open, server);
  c.connection = name, c.client = client, c.slot = slot;
  if (on(Family::own_id_contexts) && r.chance(15)) c.id_context = some_id_context();
  if (on(Family::early_data)) c.early = r.chance(50);
  emit(c);
  return name;
}

void Generator::open() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const std::uint8_t slot = slot_to_offer(server);
  const bool later = r.chance(12);
  const std::uint8_t name = open_as(open_name(false), server, client, later ? 0 : slot);
  if (later) offer(name);
  if (r.chance(40))
    deliver_all(name);
  else if (r.chance(65))
    deliver_some(name);
}

void Generator::deliver(std::uint8_t name, std::int64_t flights) {
  Command c = on_connection(Op::deliver, name);
  c.flights = static_cast<std::uint8_t>(flights);
  emit(c);
}

void Generator::take(std::uint8_t name) {
  const bool server = r.chance(30);
  Command c = at_end(Op::take, name, server);
  c.keep = free_slot();
  emit(c);
}

void Generator::close(std::uint8_t name) {
  Command c = on_connection(Op::close, name);
  if (on(Family::endings)) {
    c.client_end = some_ending();
    c.server_end = some_ending();
  }
  emit(c);
}

/// Another handshake of the same objects: with the session they have, or with another one.
void Generator::clear(std::uint8_t name) {
  emit(on_connection(Op::clear, name));
  if (r.chance(30)) offer(name);
  if (r.chance(75)) deliver_all(name);
  if (r.chance(15)) break_off(name);  // what the first handshake left behind shows when the second one reads
}

/// A step of a connection whose handshake is on its way.
void Generator::before_the_end(std::uint8_t name) {
  using G = Generator;
  const auto step = r.weighted<Step>({{48, &G::deliver_some},
                                      {30, &G::deliver_all},
                                      {2, &G::offer},
                                      {4, &G::take},
                                      {3, &G::clear},
                                      {4, &G::close},
                                      {2, &G::break_off},
                                      {1, &G::shut}});
  (this->*step)(name);
}

/// A connection whose handshake is over, as far as can be told: one there is, or a new one.
std::uint8_t Generator::settled() {
  std::vector<std::uint8_t> names;
  for (std::uint8_t name = 0; name < connections_max; ++name)
    if (open_[name].open && open_[name].finished()) names.push_back(name);
  if (!names.empty() && r.chance(70)) return r.pick(names);
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const std::uint8_t slot = slot_to_offer(server);
  const std::uint8_t name = open_as(open_name(false), server, client, slot);
  deliver_all(name);
  return name;
}

/// SSL_set_session. In the middle of a handshake it is outside the contract: seldom.
void Generator::offer(std::uint8_t name) {
  Command c = on_connection(Op::offer, name);
  c.slot = slot_to_offer(open_[name].server);
  emit(c);
}

/// Another handshake on the same connection, which TLS 1.3 has no more.
void Generator::renegotiate(std::uint8_t name) {
  Command c = at_end(Op::renegotiate, name, r.chance(50));
  c.number.value = r.chance(50);
  emit(c);
  open_[name].flights = 0;
  if (r.chance(60))
    deliver_all(name);
  else if (r.chance(50))
    deliver_some(name);
  if (r.chance(30)) take(name);
}

void Generator::issue(std::uint8_t name) {
  emit(on_connection(r.chance(70) ? Op::new_ticket : Op::verify_client, name));
  if (r.chance(20)) emit(on_connection(Op::new_ticket, name));
  if (r.chance(80)) deliver_all(name);
  if (r.chance(50)) take(name);
}

void Generator::shut(std::uint8_t name) {
  Command c = at_end(Op::shut, name, r.chance(50));
  if (r.chance(25)) c.client_end = End::quiet;
  emit(c);
  if (r.chance(50)) deliver_all(name);
}

/// The session of a connection that breaks is not to be used again.
void Generator::break_off(std::uint8_t name) {
  const Op how = r.pick({Op::garble, Op::hang_up});
  emit(at_end(how, name, r.chance(50)));
  if (r.chance(50)) deliver_all(name);
  if (r.chance(60)) emit(connection(open_[name].server, open_[name].client));
}

/// A step of one whose handshake is over.
void Generator::after_the_end(std::uint8_t name) {
  using G = Generator;
  const bool new_protocol = protocol_ == Protocol::tls1_3 || protocol_ == Protocol::any;
  const unsigned renegotiates = new_protocol ? 2 : 8, issues = new_protocol ? 14 : 2;
  const auto step = r.weighted<Step>({{22, &G::take},
                                      {renegotiates, &G::renegotiate},
                                      {issues, &G::issue},
                                      {10, &G::shut},
                                      {16, &G::clear},
                                      {3, &G::break_off},
                                      {20, &G::close},
                                      {5, &G::deliver_all},
                                      {1, &G::offer}});
  (this->*step)(name);
}

/// Renegotiation, or what is there in its place.
void Generator::another_handshake() {
  const std::uint8_t name = settled();
  if (protocol_ == Protocol::tls1_3 && r.chance(85))
    issue(name);
  else
    renegotiate(name);
}

void Generator::another_ticket() {
  const std::uint8_t name = settled();
  issue(name);
}

void Generator::accident() {
  const std::uint8_t name = r.chance(70) ? settled() : open_name(true);
  if (r.chance(80))
    break_off(name);
  else
    shut(name);
}

void Generator::progress() {
  const std::uint8_t name = open_name(true);
  if (!open_[name].open && !r.chance(5)) return open();
  if (open_[name].finished())
    after_the_end(name);
  else
    before_the_end(name);
}

/// What may happen to the contexts and the session of a connection that is on its way.
void Generator::meanwhile(std::uint8_t server, std::uint8_t slot) {
  enum class What { remove, flush, wait, renew, configure, set_mode, fill, set_id_context, connect };
  switch (r.weighted<What>({{16, What::remove},
                            {14, What::flush},
                            {14, What::wait},
                            {8, What::renew},
                            {10, What::configure},
                            {8, What::set_mode},
                            {10, What::fill},
                            {6, What::set_id_context},
                            {14, What::connect}})) {
    case What::remove: emit(with_both(Op::remove, server, slot != 0 ? slot : held_slot())); break;
    case What::flush: emit(with_context(Op::flush, server, {0, r.chance(40)})); break;
    case What::wait: advance(); break;
    case What::renew: renew_context(server); break;
    case What::configure: configure(); break;
    case What::set_mode: set_mode(); break;
    case What::fill: fill(); break;
    case What::set_id_context: set_id_context(); break;
    case What::connect: emit(connection(server, some_end(true))); break;
  }
}

/// A handshake with something between two of its flights.
void Generator::interrupted() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const std::uint8_t slot = slot_to_offer(server);
  const std::uint8_t name = open_as(open_name(false), server, client, slot);
  const auto first = r.weighted<std::int64_t>({{10, 0}, {40, 1}, {35, 2}, {15, 3}});
  if (first > 0) deliver(name, first);
  meanwhile(server, slot);
  if (r.chance(25)) {
    deliver(name, 1);
    meanwhile(server, slot);
  }
  if (r.chance(92)) deliver_all(name);
  if (r.chance(50)) take(name);
  if (r.chance(70)) close(name);
}

/// Two connections resume the same session, flight by flight in some order.
void Generator::two_of_one_session() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  std::uint8_t slot = slot_to_offer(server);
  if (slot == 0) {
    Command c = connection(server, client);
    c.slot = 0, c.keep = slot = free_slot(), c.flights = flights_max;
    emit(c);
  }
  const std::uint8_t one = open_as(0, server, client, slot);
  const std::uint8_t other = open_as(static_cast<std::uint8_t>(1 + r.below(2)), server, client, slot);
  for (auto steps = r.between(1, 4); steps > 0; --steps) {
    const std::uint8_t which = r.chance(50) ? one : other;
    deliver_some(which);
  }
  if (r.chance(30)) meanwhile(server, slot);
  deliver_all(one);
  deliver_all(other);
  if (r.chance(40)) take(r.chance(50) ? one : other);
  if (r.chance(80)) close(one);
  if (r.chance(80)) close(other);
}

}  // namespace sesscheck::generator
