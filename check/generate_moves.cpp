#include <algorithm>

#include "check/generator.hpp"

namespace sesscheck::generator {

std::vector<Generator::Move> Generator::moves() {
  using F = Family;
  using G = Generator;
  return {{F::clock, 21, &G::advance},
          {F::back, 4, &G::rewind},
          {F::timeouts, 5, &G::set_timeout},
          {F::flushes, 9, &G::flush},
          {F::sizes, 5, &G::set_size},
          {F::sizes, 4, &G::fill},
          {F::modes, 8, &G::set_mode},
          {F::id_contexts, 4, &G::set_id_context},
          {F::id_contexts, 2, &G::set_session_id_context},
          {F::verify, 3, &G::set_verify_peer},
          {F::external, 3, &G::set_callbacks},
          {F::faults, 9, &G::answer},
          {F::faults, 2, &G::lose},
          {F::hands, 6, &G::add},
          {F::hands, 4, &G::remove},
          {F::hands, 1, &G::drop},
          {F::copies, 5, &G::copy},
          {F::copies, 4, &G::set_session_data},
          {F::renamings, 6, &G::rename},
          {F::renamings, 2, &G::answer_of_another_version},
          {F::made, 4, &G::make},
          {F::ages, 4, &G::set_session_time},
          {F::ages, 4, &G::set_session_timeout},
          {F::renewals, 1, &G::renew},
          {F::reconfigure, 7, &G::configure},
          {F::ciphers, 5, &G::change_cipher},
          {F::ciphers, 3, &G::other_group},
          {F::ages, 2, &G::timeout_of_zero_in_a_ticket},
          {F::clock, 1, &G::old_ticket},
          {F::early_data, 3, &G::early_data_again},
          {F::early_data, 2, &G::early_data_refused},
          {F::early_data, 2, &G::early_data_not_allowed},
          {F::calling_back, 2, &G::victim_is_added},
          {F::names, 4, &G::early_data_of_another_name},
          {F::names, 4, &G::early_data_of_a_new_protocol},
          {F::hands, 5, &G::readd},
          {F::ages, 4, &G::age_cached},
          {F::opens, 4, &G::open},
          {F::opens, 15, &G::progress},
          {F::opens, 4, &G::interrupted},
          {F::opens, 3, &G::two_of_one_session},
          {F::renegotiations, 6, &G::another_handshake},
          {F::ticket_numbers, 4, &G::another_ticket},
          {F::ticket_numbers, 2, &G::asked_after_a_handshake},
          {F::accidents, 3, &G::accident},
          {F::accidents, 2, &G::cleared_while_it_reads},
          {F::datagrams, 3, &G::late_answer},
          {F::datagrams, 4, &G::renegotiates_late},
          {F::datagrams, 2, &G::other_method},
          {F::datagrams, 2, &G::fails_in_renegotiation}};
}

// --- connections ---------------------------------------------------------------------------------------------------

Command Generator::connection(std::uint8_t server, std::uint8_t client) {
  Command c = with_context(Op::connect, server);
  c.client = client;
  c.slot = slot_to_offer(server);
  if (c.slot != 0 && r.chance(on(Family::early_data) ? 40 : 65))  // single-use tickets are to be used again, too
    c.keep = c.slot;                                              // what resumes can resume again
  else if (r.chance(c.slot != 0 ? 40 : 88))
    c.keep = free_slot();
  if (on(Family::server_keeps) && r.chance(30)) c.keep_server = free_slot();
  if (on(Family::own_id_contexts) && r.chance(15)) c.id_context = some_id_context();
  if (on(Family::early_data)) c.early = r.chance(50);
  if (on(Family::endings)) {
    c.client_end = some_ending();
    c.server_end = some_ending();
  }
  if (on(Family::breaks) && r.chance(18))  // before the last flight, that is
    c.flights = static_cast<std::uint8_t>(r.below(protocol_ == Protocol::tls1_3 ? flights_max : 4));
  return c;
}

void Generator::connect() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  Command c = connection(server, client);
  if (on(Family::few_repeats) && r.chance(8)) c.repeat = static_cast<std::uint16_t>(r.between(2, 4));
  emit(c);
}

/// Several sessions of equal expiry: the cache runs full.
void Generator::fill() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  for (auto left = r.between(2, 4); left > 0; --left) {
    Command c = connection(server, client);
    c.slot = 0;
    c.keep = free_slot();
    emit(c);
  }
}

/// Hundreds of connections, so that the automatic flush comes; sessions that have expired by then wait for it.
void Generator::cadence() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const Context& at = world_.contexts[server];
  if (at.size > 0 && at.size < default_size && r.chance(80))  // room for what expires
    emit(with_context(Op::set_size, server, {allowed_size(r.pick<std::int64_t>({0, default_size}))}));
  if ((at.mode & mode::server) == 0 && r.chance(80)) emit(with_context(Op::set_mode, server, {at.mode | mode::server}));
  if (r.chance(35))
    emit(with_context(Op::set_mode, client, {r.pick({mode::client, mode::both, mode::client | mode::no_auto_clear})}));
  if (r.chance(80)) {
    const std::int64_t seconds = r.pick<std::int64_t>({1, 2, 5, 10});
    emit(with_context(Op::set_timeout, server, {seconds}));
    if (r.chance(50)) emit(with_context(Op::set_timeout, client, {seconds}));
    fill();
    advance_by((seconds + r.between(0, 1)) * million);
    if (r.chance(40)) emit(with_context(Op::set_timeout, server, {300}));
  }
  if (r.chance(30)) {
    const std::uint8_t changed = r.chance(75) ? server : client;
    emit(with_context(Op::set_mode, changed,
                      {world_.contexts[changed].mode ^ r.pick({mode::no_auto_clear, mode::server})}));
  }
  Command c = connection(server, client);
  c.flights = flights_max;
  c.id_context.reset();
  if (c.slot == 0 && r.chance(50)) c.keep = 0;
  const int rest = shape_.connections_max - connections_;
  const auto so_far =
      static_cast<std::int64_t>(world_.contexts[server].counters[static_cast<std::size_t>(Counter::accept_good)] % 256);
  std::int64_t repeat = r.chance(50) ? r.between(250, 258) : std::max<std::int64_t>(1, r.between(252, 255) - so_far);
  if (r.chance(8)) repeat = r.between(511, 513);
  if (repeat > rest) repeat = std::max(1, std::min(rest, 258));
  if (r.chance(2)) repeat = 1023;
  c.repeat = static_cast<std::uint16_t>(repeat);
  emit(c);
  for (int i = 0; i < 3; ++i) connect();  // the border may be one of these
}

// --- the clock -----------------------------------------------------------------------------------------------------

void Generator::advance_by(std::int64_t microseconds) {
  const std::int64_t gone = (world_.now.seconds - epoch.seconds) * million + world_.now.microseconds;
  microseconds = std::min(microseconds, shape_.seconds_max * million - gone);
  if (microseconds <= 0) return;
  Command c;
  c.op = Op::advance, c.number.value = microseconds;
  emit(c);
}

void Generator::advance() {
  std::vector<std::int64_t> ahead;
  for (const Moment at : deadlines()) {
    const std::int64_t whole = (at.seconds - world_.now.seconds) * million - world_.now.microseconds;
    for (const std::int64_t wait : {whole, whole + at.microseconds})
      if (wait >= 0) ahead.push_back(wait);
  }
  std::int64_t wait = r.pick<std::int64_t>(
      {million / 2, 1, million - 1, million, 2 * million, 5 * million, 10 * million, 300 * million});
  if (!ahead.empty() && r.chance(75)) {
    const std::int64_t until = r.pick(ahead);
    wait = r.weighted<std::int64_t>({{40, until},
                                     {14, until + million},
                                     {12, until - million},
                                     {8, until + 1},
                                     {8, until - 1},
                                     {10, until / 2},
                                     {4, until + million / 2},
                                     {4, until - million / 2}});
  }
  advance_by(wait);
}

/// Before a session was made, or to where it was just so; then something that compares times, more often than not.
void Generator::rewind() {
  Command c;
  c.op = Op::rewind;
  c.number.value = r.pick<std::int64_t>({1, million / 2, million, 2 * million, 10 * million, 300 * million, 7200 * million});
  emit(c);
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  if (r.chance(60)) emit(connection(server, client));
  if (r.chance(25)) flush();
}

void Generator::flush() {
  Number at = r.weighted<Number>({{30, {0, false}},
                                  {14, {0, true}},
                                  {7, {1, true}},
                                  {7, {-1, true}},
                                  {3, {1, false}},
                                  {3, {-1, false}},
                                  {3, {latest, false}},
                                  {4, {-7200, true}},
                                  {4, {100'000, true}}});
  const std::uint8_t context = r.chance(80) ? some_end(false) : some_context();
  const std::vector<Moment> all = deadlines();
  if (!all.empty() && r.chance(45)) {
    at = {r.pick(all).seconds - world_.now.seconds, true};
    at.value += r.weighted<std::int64_t>({{60, 0}, {20, 1}, {20, -1}});
  } else if (const std::int64_t timeout = world_.contexts[context].timeout;
             timeout > 0 && timeout < 10'000 && r.chance(30)) {
    at = {timeout, true};
  }
  emit(with_context(Op::flush, context, at));
}

void Generator::set_timeout() {
  const std::uint8_t context = server_or_other();
  emit(with_context(Op::set_timeout, context, {some_timeout()}));
}

void Generator::set_session_time() {
  const std::uint8_t slot = held_slot();
  const Session* s = held(slot);
  const bool small = s != nullptr && s->timeout >= 0 && s->timeout < shape_.seconds_max;
  const std::int64_t timeout = small ? s->timeout : 10;
  emit(with_slot(Op::set_session_time, slot,
                 r.weighted<Number>({{20, {0, true}},
                                     {10, {-5, true}},
                                     {12, {-timeout, true}},
                                     {10, {-timeout - 1, true}},
                                     {8, {-timeout + 1, true}},
                                     {8, {0, false}},
                                     {6, {1, false}},
                                     {8, {-1, false}},
                                     {4, {-latest, false}},
                                     {6, {latest, false}},
                                     {8, {5, true}}})));
}

void Generator::set_session_timeout() {
  const std::uint8_t slot = held_slot();
  const Session* s = held(slot);
  const bool near = s != nullptr && s->time.seconds >= 0 && s->time.seconds <= world_.now.seconds;
  const std::int64_t age = near ? world_.now.seconds - s->time.seconds : 0;
  emit(with_slot(
      Op::set_session_timeout, slot,
      {r.weighted<std::int64_t>(
          {{18, 0}, {14, 1}, {8, 2}, {8, 5}, {12, 10}, {12, age}, {8, age + 1}, {8, age - 1}, {8, -1}, {8, latest}})}));
}

// --- contexts ------------------------------------------------------------------------------------------------------

void Generator::set_size() {
  const std::uint8_t context = server_or_other();
  const auto number = static_cast<std::int64_t>(world_.contexts[context].cache.size());
  std::int64_t size = some_size();
  if (r.chance(40)) size = allowed_size(number + r.between(-1, 1));  // shrinking while full, and room for one more
  emit(with_context(Op::set_size, context, {size}));
}

void Generator::set_mode() {
  const std::uint8_t context = server_or_other();
  std::int64_t bits = some_mode(is_client(context) && contexts_ > 1);
  if (r.chance(50))  // one bit at a time is the change that is easiest to get wrong
    bits =
        world_.contexts[context].mode ^ r.pick({mode::client, mode::server, mode::server, mode::no_auto_clear,
                                                mode::no_internal_lookup, mode::no_internal_store, mode::update_time});
  emit(with_context(Op::set_mode, context, {bits}));
}

void Generator::set_id_context() {
  Command c = with_context(Op::set_id_context, server_or_other());
  c.id_context = some_id_context();
  emit(c);
}

void Generator::set_session_id_context() {
  Command c = with_slot(Op::set_session_id_context, held_slot());
  c.id_context = some_id_context();
  emit(c);
}

void Generator::set_verify_peer() {
  const std::uint8_t context = server_or_other();
  emit(with_context(Op::set_verify_peer, context, {r.chance(80) == !world_.contexts[context].verify_peer}));
}

void Generator::set_callbacks() {
  Command c = with_context(Op::set_callbacks, server_or_other());
  c.callbacks = some_callbacks();
  emit(c);
}

/// The store gives the wrong answer: another id or id context, expired, not resumable. Then a client that asks for it.
void Generator::answer() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  if (r.chance(40)) emit(with_context(Op::set_mode, server, {world_.contexts[server].mode | mode::no_internal_lookup}));
  Command c = with_context(Op::answer, server);
  c.slot = held_slot();
  emit(c);
  if (r.chance(20)) advance();
  if (r.chance(85)) emit(connection(server, client));
}

// --- sessions ------------------------------------------------------------------------------------------------------

void Generator::add() {
  Command c = with_context(Op::add, server_or_other());
  c.slot = held_slot();
  emit(c);
  if (r.chance(15)) emit(c);  // twice
}

void Generator::remove() {
  Command c = with_context(Op::remove, server_or_other());
  c.slot = held_slot();
  emit(c);
  if (r.chance(10)) emit(c);
}

/// A second object of the same id, which may then take the first one's place in a cache.
void Generator::copy() {
  const std::uint8_t original = held_slot();
  if (r.chance(6)) emit(with_slot(Op::set_session_timeout, original, {0}));  // the bytes leave out what is 0
  Command c = with_slot(r.pick({Op::dup, Op::serialise}), original);
  c.keep = free_slot();
  emit(c);
  if (r.chance(20)) emit(with_slot(Op::set_session_timeout, c.keep, {r.pick<std::int64_t>({0, 1, 10})}));
  if (r.chance(55)) {
    Command taken = with_context(Op::add, server_or_other());
    taken.slot = c.keep;
    emit(taken);
  }
}

/// Another id or version, mostly of a copy that no cache has; then it is offered, added or answered with.
void Generator::rename() {
  std::uint8_t slot = held_slot();
  if (r.chance(60)) {
    Command c = with_slot(Op::dup, slot);
    c.keep = slot = free_slot();
    emit(c);
  }
  if (r.chance(50))
    emit(with_slot(Op::set_session_id, slot, {r.weighted<std::int64_t>({{10, 0}, {40, 1}, {28, 2}, {15, 3}, {7, long_id}})}));
  else
    emit(with_slot(Op::set_session_version, slot, {r.weighted<std::int64_t>({{30, 0}, {30, 1}, {25, 2}, {15, 3}, {on(Family::datagrams) ? 25U : 0U, 4}})}));
  const std::uint8_t server = some_end(false);
  if (r.chance(50)) emit(with_both(r.pick({Op::add, Op::add, Op::remove, Op::answer}), server, slot));
  if (r.chance(40)) return;
  Command c = connection(server, some_end(true));
  if (r.chance(60)) c.slot = slot;
  emit(c);
}

/// What a session carries, changed by the application.
void Generator::set_session_data() {
  const Op op = r.pick({Op::set_session_data, Op::set_session_host_name, Op::set_session_protocol, Op::set_session_early_data});
  Command c = with_slot(op, held_slot());
  if (op == Op::set_session_data)
    c.id_context = some_id_context();
  else
    c.number.value = r.between(0, op == Op::set_session_early_data ? 1 : 2);
  emit(c);
}

void Generator::make() {
  const std::uint8_t slot = free_slot();
  Command c = with_slot(Op::make, slot, {r.weighted<std::int64_t>({{6, 0}, {34, 1}, {25, 2}, {20, 3}, {15, 4}})});
  const std::uint8_t server = some_end(false);
  c.id_context = r.chance(70) ? world_.contexts[server].id_context : some_id_context();
  emit(c);
  if (r.chance(70)) {
    Command taken = with_context(Op::add, server);
    taken.slot = c.slot;
    emit(taken);
  }
  if (r.chance(25)) {
    Command offer = connection(server, some_end(true));
    offer.slot = c.slot;
    emit(offer);
  }
}

/// Sessions that are cached and in the application's hands at once, all of one expiry unless the clock moves.
void Generator::stock(std::uint8_t server, std::size_t number) {
  const std::uint8_t client = some_end(true);
  for (std::size_t tries = number; tries > 0 && held_and_cached(server).size() < number; --tries) {
    const std::uint8_t slot = free_slot();
    if (handmade_ && r.chance(40)) {
      Command c = with_slot(Op::make, slot, {static_cast<std::int64_t>(1 + r.below(made_ids_max))});
      c.id_context = world_.contexts[server].id_context;
      emit(c);
    } else {
      Command c = connection(server, client);
      c.slot = c.keep = 0, c.keep_server = slot, c.flights = flights_max;
      emit(c);
    }
    // What the server does not cache by itself (tickets, OFF) is added by hand.
    if (const Session* made = held(slot); made != nullptr && made->cached_in == no_context) {
      emit(with_both(Op::add, server, slot));
    }
  }
}

/// Neither so small that nothing stays, nor so large that nothing has to leave.
void Generator::make_room(std::uint8_t server) {
  const std::int64_t size = world_.contexts[server].size;
  if (size == 0 || size > 2) return;
  emit(with_context(Op::set_size, server, {r.pick<std::int64_t>({3, 4, 4, 5})}));
}

/// Slots of cached sessions, of which there are two at least, where that can be had.
std::vector<std::uint8_t> Generator::slots_of_two_cached(std::uint8_t server) {
  if (held_and_cached(server).empty() || world_.contexts[server].cache.size() < 2) {
    make_room(server);
    stock(server, 2);
  }
  return held_and_cached(server);
}

/// A session that is cached already is added again, among others of its expiry. Then one has to leave.
void Generator::readd() {
  const std::uint8_t server = server_or_other();
  const std::vector<std::uint8_t> slots = slots_of_two_cached(server);
  if (slots.empty()) return;
  emit(with_both(Op::add, server, r.pick(slots)));
  if (r.chance(70)) make_one_leave(server);
}

/// The limit is now where the next session is one too many.
void Generator::make_one_leave(std::uint8_t server) {
  const Context& at = world_.contexts[server];
  const auto number = static_cast<std::int64_t>(at.cache.size());
  if (number > 1 && (at.size == 0 || at.size > number + 1))
    emit(with_context(Op::set_size, server, {number + r.between(0, 1)}));
  Command c = connection(server, some_end(true));
  c.slot = 0, c.flights = flights_max;
  emit(c);
}

/// A session that is cached and held gets another time or timeout, and with it another place among those cached. Then
/// what is between its old and its new place matters: the clock comes there, or one has to leave.
void Generator::age_cached() {
  const std::uint8_t server = server_or_other();
  const std::vector<std::uint8_t> slots = slots_of_two_cached(server);
  if (slots.empty()) return;
  const std::uint8_t slot = r.pick(slots);
  const std::int64_t now = world_.now.seconds;
  const std::int64_t old = held(slot)->timeout, since = held(slot)->time.seconds;
  const bool near =
      old >= 0 && old < shape_.seconds_max && since >= 0 && since <= now && since > now - shape_.seconds_max;
  const std::int64_t age = near ? now - since : 0;
  const std::int64_t from = near ? old : 10;
  const std::int64_t to =
      r.pick<std::int64_t>({0, 1, age, age + 1, age + 2, from / 2, from + 1, from + 10, 2 * from + 5, latest});
  if (r.chance(8))
    emit(with_slot(Op::set_session_time, slot, {-1, false}));
  else if (near && r.chance(30))
    emit(with_slot(Op::set_session_time, slot, {since + to % 100'000 - from, false}));
  else
    emit(with_slot(Op::set_session_timeout, slot, {to}));
  const Number between = {std::min(from, to) - age +
                              std::min<std::int64_t>(std::max(from, to) - std::min(from, to), 100'000) / 2 +
                              r.between(0, 1),
                          true};
  switch (r.weighted<int>({{45, 0}, {30, 1}, {15, 2}, {10, 3}})) {
    case 0: emit(with_context(Op::flush, server, between)); break;
    case 1: make_one_leave(server); break;
    case 2:
      if (between.value > 0 && between.value < 10'000) advance_by(between.value * million);
      emit(with_context(Op::flush, server, {0, true}));
      break;
    default: break;
  }
}

}  // namespace sesscheck::generator
