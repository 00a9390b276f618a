// Short scenes whose parts meet too seldom by chance.
#include "check/generator.hpp"

namespace sesscheck::generator {

void Generator::configure(std::uint8_t context, Setting setting, std::int64_t value) {
  Command c = with_context(Op::configure, context, {value});
  c.setting = setting;
  emit(c);
}

/// A whole connection that offers nothing, and whose session is kept: what a scene begins with.
Command Generator::first_connection(std::uint8_t server, std::uint8_t client) {
  Command c = connection(server, client);
  c.slot = 0, c.flights = flights_max;
  c.keep = free_slot();
  return c;
}

/// A TLS 1.3 session is resumed where the key exchange takes another group, and perhaps a HelloRetryRequest.
void Generator::other_group() {
  if (protocol_ != Protocol::tls1_3) return;
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  Command c = first_connection(server, client);
  emit(c);
  const bool second = settings_[server].as<Groups>(Setting::groups) == Groups::second;
  configure(r.chance(60) ? server : client, Setting::groups, second ? 0 : 1);
  c.slot = c.keep;
  emit(c);
}

/// A server resumes a session whose timeout has become 0, and would put it into a new ticket.
void Generator::timeout_of_zero_in_a_ticket() {
  if (handmade_ || shape_.session_ids_only || (protocol_ != Protocol::ids && protocol_ != Protocol::tickets)) return;
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  configure(server, Setting::tickets, 0);
  Command c = connection(server, client);
  c.slot = 0, c.flights = flights_max;
  c.keep = 1, c.keep_server = 2;
  emit(c);
  emit(with_slot(Op::set_session_timeout, c.keep_server));
  configure(server, Setting::tickets, 1);
  configure(client, Setting::tickets, 1);
  c.slot = c.keep;
  emit(c);
}

/// A ticket of TLS 1.2 is as old as keys may get, and is used again; perhaps another one was issued in between.
void Generator::old_ticket() {
  if (protocol_ != Protocol::tickets) return;
  constexpr std::int64_t day = 24 * 60 * 60, second = million;
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  emit(with_context(Op::set_timeout, server, {10 * day}));
  emit(with_context(Op::set_timeout, client, {10 * day}));
  Command c = first_connection(server, client);
  emit(c);
  if (r.chance(50)) {
    advance_by(r.pick<std::int64_t>({day, 2 * day - 1, 2 * day}) * second);
    Command other = connection(server, client);
    other.keep = 0;
    emit(other);
    advance_by(r.pick<std::int64_t>({day, 2 * day - 1, 2 * day}) * second);
  } else {
    advance_by(r.pick<std::int64_t>({2 * day, 4 * day - 1, 4 * day, 4 * day}) * second);
  }
  c.slot = c.keep;
  emit(c);
}

/// A server that takes early data, and a client.
std::pair<std::uint8_t, std::uint8_t> Generator::ends_with_early_data() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  if (!settings_[server].on(Setting::early_data)) configure(server, Setting::early_data, 1);
  return {server, client};
}

/// Early data that was accepted, and then another handshake of the same two SSLs.
void Generator::early_data_again() {
  if (protocol_ != Protocol::tls1_3) return;
  const auto [server, client] = ends_with_early_data();
  Command c = first_connection(server, client);
  emit(c);
  Command opened = with_context(Op::open, server);
  opened.connection = open_name(false), opened.client = client, opened.slot = c.keep, opened.early = true;
  emit(opened);
  deliver_all(opened.connection);
  clear(opened.connection);
}

/// Early data that the server refuses, with an answer that the client does not want, for its session id context changed.
void Generator::early_data_refused() {
  if (protocol_ != Protocol::tls1_3) return;
  const auto [server, client] = ends_with_early_data();
  Command c = first_connection(server, client);
  emit(c);
  if (r.chance(75)) configure(server, Setting::early_data, 0);
  if (r.chance(15)) {  // by a version that knows none
    configure(client, Setting::version_min, 0);
    configure(server, Setting::version_min, 0);
    configure(server, Setting::version_max, r.pick({0, 1}));
  }
  Command other = with_context(Op::set_id_context, client);
  other.id_context = some_id_context();
  emit(other);
  c.slot = c.keep, c.early = true, c.keep = 0;
  emit(c);
}

/// Several sessions are evicted at once; when the first one is told, remove_session_cb adds one that is still to be told.
void Generator::victim_is_added() {
  const std::uint8_t server = some_end(false);
  if (world_.contexts[server].callbacks.remove_session == RemoveCallback::absent) return;
  configure(server, Setting::remove_calls, static_cast<std::uint8_t>(Calls::add));
  Command c = first_connection(server, some_end(true));
  c.keep = 0, c.repeat = 1;
  for (const std::uint8_t slot : {0, 1, 0}) {
    c.keep_server = slot;
    emit(c);
  }
  emit(with_context(Op::set_size, server, {2}));
  c.keep_server = 0;
  emit(c);
}

/// SSL_clear comes before SSL_read_early_data has an end, as it has none in the midst of a handshake of TLS 1.2: whatever the
/// server reads from then on is an error.
void Generator::cleared_while_it_reads() {
  if (protocol_ == Protocol::tls1_3) return;
  const std::uint8_t server = some_end(false);
  if (!settings_[server].on(Setting::early_data)) configure(server, Setting::early_data, 1);
  Command opened = with_context(Op::open, server);
  opened.connection = open_name(false), opened.client = some_end(true);
  emit(opened);
  Command some = on_connection(Op::deliver, opened.connection);
  some.flights = 1;
  emit(some);
  emit(on_connection(Op::clear, opened.connection));
  deliver_all(opened.connection);
  break_off(opened.connection);
}

/// A server asks for a certificate after a handshake; another handshake of the same SSL may ask for one again.
void Generator::asked_after_a_handshake() {
  if (protocol_ != Protocol::tls1_3) return;
  const std::uint8_t server = some_end(false);
  if (!world_.contexts[server].verify_peer) emit(with_context(Op::set_verify_peer, server, {1}));
  Command opened = with_context(Op::open, server);
  opened.connection = open_name(false), opened.client = some_end(true);
  emit(opened);
  deliver_all(opened.connection);
  emit(on_connection(Op::verify_client, opened.connection));
  if (r.chance(50)) deliver_all(opened.connection);
  clear(opened.connection);
}

/// Early data with a ticket that allows none, in a session that did when it began.
void Generator::early_data_not_allowed() {
  if (protocol_ != Protocol::tls1_3) return;
  const auto [server, client] = ends_with_early_data();
  Command c = first_connection(server, client);
  c.repeat = 1;
  emit(c);
  configure(server, Setting::early_data, 0);
  c.slot = c.keep;
  emit(c);
  configure(server, Setting::early_data, 1);
  c.early = true;
  emit(c);
}

/// A client speaks a protocol that its session has not, and the server's next ticket has: then comes early data.
void Generator::early_data_of_a_new_protocol() {
  if (protocol_ != Protocol::tls1_3) return;
  const auto [server, client] = ends_with_early_data();
  configure(server, Setting::alpn, static_cast<std::uint8_t>(Alpn::both));
  configure(client, Setting::alpn, 0);
  Command c = first_connection(server, client);
  c.repeat = 1;
  emit(c);
  configure(client, Setting::alpn, r.pick({1, 2, 3}));
  c.slot = c.keep;
  emit(c);
  c.early = true;
  emit(c);
}

/// Early data of a session with a name and a protocol, where one of them has changed; then the session without early data,
/// and once more.
void Generator::early_data_of_another_name() {
  if (protocol_ != Protocol::tls1_3) return;
  const auto [server, client] = ends_with_early_data();
  if (!settings_[server].on(Setting::server_name)) configure(server, Setting::server_name, 1 + server);
  configure(server, Setting::alpn, static_cast<std::uint8_t>(Alpn::both));
  configure(client, Setting::alpn, static_cast<std::uint8_t>(Alpn::both));
  configure(client, Setting::host_name, 1);
  Command c = first_connection(server, client);
  c.repeat = 1;
  emit(c);
  const bool name = r.chance(50);
  const std::uint8_t changing = name || r.chance(50) ? client : server;
  configure(changing, name ? Setting::host_name : Setting::alpn, r.pick({0, 2, 2}));
  c.slot = c.keep, c.early = true, c.keep = 0;
  emit(c);
  c.early = false;
  emit(c);
  emit(c);
}

/// The store hands out what is not of the version that is spoken.
void Generator::answer_of_another_version() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  Command c = connection(server, client);
  c.slot = 0, c.flights = flights_max;
  c.keep = 1, c.keep_server = 2;
  emit(c);
  emit(with_slot(Op::set_session_version, c.keep_server, {r.pick<std::int64_t>({3, 3, 4})}));
  Command callbacks = with_context(Op::set_callbacks, server);
  callbacks.callbacks.get_session = GetCallback::copy_one;
  emit(callbacks);
  emit(with_both(Op::answer, server, c.keep_server));
  emit(with_context(Op::flush, server));
  c.slot = c.keep;
  emit(c);
}

/// DTLS: an end that waits for a second has its say again.
void Generator::late_answer() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const std::uint8_t slot = slot_to_offer(server);
  const std::uint8_t name = open_as(open_name(false), server, client, slot);
  for (int times = static_cast<int>(r.between(1, 3)); times > 0; --times) {
    deliver_some(name);
    advance_by(r.pick<std::int64_t>({million, million - 15'000, million - 15'001, 2 * million, 60 * million}));
  }
  deliver_all(name);
}

/// A client that spoke last begins a renegotiation, and the answer is late.
void Generator::renegotiates_late() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const Command first = first_connection(server, client);
  emit(first);
  const std::uint8_t name = open_as(open_name(false), server, client, first.keep);
  deliver_all(name);
  Command again = at_end(Op::renegotiate, name, r.chance(20));
  again.number.value = r.chance(40);
  emit(again);
  if (r.chance(30)) deliver_some(name);
  advance_by(million);
  deliver_all(name);
}

/// A server has no session when it fails, and its alert goes out in the clear.
void Generator::fails_in_renegotiation() {
  const std::uint8_t name = settled();
  const std::uint8_t server = open_[name].server, tickets = settings_[server][Setting::tickets];
  configure(server, Setting::generate_id, static_cast<std::uint8_t>(r.pick({GenerateId::empty, GenerateId::fails})));
  configure(server, Setting::tickets, 0);
  emit(at_end(Op::renegotiate, name, r.chance(30)));
  deliver_all(name);
  configure(server, Setting::generate_id, 0);
  configure(server, Setting::tickets, tickets);
}

/// The context of an SSL is of TLS, then of DTLS, or the other way round, before the handshake begins, or before another one.
void Generator::other_method() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const bool again = r.chance(40);
  if (again && r.chance(70))  // it is TLS that has a first record
    for (const std::uint8_t end : {server, client}) configure(end, Setting::transport, 0);
  const std::uint8_t name = open_as(open_name(false), server, client, slot_to_offer(server)), changes = r.chance(50) ? server : client;
  const std::uint8_t before = settings_[changes][Setting::transport];
  if (again) {
    deliver_all(name);
    for (const bool at_server : {false, true})
      if (r.chance(80)) emit(at_end(Op::shut, name, at_server));
  }
  configure(changes, Setting::transport, before == 0);
  if (again) clear(name);
  deliver_all(name);
  if (r.chance(70)) configure(changes, Setting::transport, before);
  if (r.chance(40)) clear(name);
}

}  // namespace sesscheck::generator
