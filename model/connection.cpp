// The life of a connection: opened, delivered flight by flight, and what else is done on it. How it ends: ending.cpp.
#include <algorithm>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

Side new_side(const World& world, std::uint8_t index) {
  const Context& c = world.contexts[index];
  Side side;
  side.context = side.current = index;
  side.settings = c.settings;
  side.datagrams = c.settings.on(Setting::transport);
  side.id_context = c.id_context;
  side.verify_peer = c.verify_peer;
  return side;
}

bool both_done(const Connection& c) { return c.client.state == Handshake::done && c.server.state == Handshake::done; }

}  // namespace

/// SSL_set_session.
void Machine::select(Side& side, SessionRef ref) {
  side.session = ref;
  if (ref != no_session) side.verified = session(ref).verified;
}

/// SSL_new at both ends, SSL_set_session_id_context at the server's, SSL_set_session at the client's.
bool Machine::open(Connection& c, const Command& command) {
  because.peers_client = rules.peer() == library_of(command.client);
  because.peers_server = rules.peer() == library_of(command.context);
  if (out_of_reach(world.held[command.slot], command.client)) {
    seen.status = Status::unspecified;
    return false;
  }
  if (c.open) leave(c, End::none, End::none);
  c = {};
  c.open = true;
  c.early = command.early;
  c.client = new_side(world, command.client);
  c.server = new_side(world, command.context);
  select(c.client, world.held[command.slot]);
  if (!command.id_context) return true;
  if (command.id_context->length > id_context_max) {
    note(Reason::too_long_id_context);
    if (says(long_id_context_is_error)) seen.error = error::id_context_too_long;
  } else {
    c.server.id_context = *command.id_context;
  }
  return true;
}

/// Whether a server has a version, and ciphers for it; both may be of the context that SSL_set_SSL_CTX put in place.
bool Machine::able_to_begin(Connection& c) {
  const Side& side = c.server;
  if (side.settings.highest() >= Version::tls1_2) return true;
  if (side.refuses_old && says(old_version_refused)) {
    fail(c, true, error::no_protocols_available, alert::protocol_version);
    return false;
  }
  if (context(side.current).settings.lowest() < Version::tls1_2) return true;
  fail(c, true, error::no_ciphers_available, alert::handshake_failure);
  return false;
}

/// One end reads all that has arrived.
void Machine::receive(Connection& c, bool at_server) {
  Side& side = at_server ? c.server : c.client;
  pass_to(side.context);
  side.in_early_data |= at_server && side.state == Handshake::none && side.settings.on(Setting::early_data) && !c.again;
  if (side.reading_refused && side.state == Handshake::done && !side.received_shutdown &&
      !(at_server ? c.to_server : c.to_client).empty())
    fail(c, at_server, error::should_not_have_been_called, alert::internal_error);
  resend(c, at_server);
  for (const Message& message : std::exchange(at_server ? c.to_server : c.to_client, {})) {
    if (side.state == Handshake::failed || side.received_shutdown) {
      if (!side.lost || side.close_unread || side.alert_unread) return;
      side.close_unread = message.kind == Message::Kind::close_notify;
      side.alert_unread = message.kind == Message::Kind::alert && message.unreadable == error::none;
      return;
    }
    if (at_server && side.state == Handshake::none) {
      if (!fit_to_begin(c, true)) return;
      if (!able_to_begin(c)) return;
      count(side.context, Counter::accept);
      side.state = Handshake::unfinished;
    }
    if (message.again) {
      answer_again(c, at_server, message.kind);
      continue;
    }
    if (!at_server && c.stuck && message.kind != Message::Kind::ticket) continue;
    if (c.client.datagrams != c.server.datagrams) {
      note(Reason::other_transport);
      if (side.datagrams) continue;
      if (side.has_read) return fail(c, at_server, error::wrong_version_number, alert::protocol_version);
      side.state = Handshake::failed, side.error = error::wrong_version_number;  // no alert, and the session stays
      return;
    }
    side.has_read |= !side.datagrams;
    switch (message.kind) {
      case Message::Kind::hello_request:  // whatever was wanted, an abbreviated handshake is the answer; in DTLS a full one
        c.renewing = side.datagrams;
        answered(side);
        begin_again(c);
        break;
      case Message::Kind::client_hello:
        if (c.renegotiating && !able_to_begin(c)) return;
        // Where the server asked, it has counted already; and may twice more: it sets itself up for each of two messages.
        if (c.renegotiating && !(c.asked && says(renegotiation_counted_once)))
          count(side.current, Counter::accept_renegotiate, c.asked ? 2 : 1);
        side.state = Handshake::unfinished;
        on_client_hello(c);
        break;
      case Message::Kind::retry:
        if (!has_cipher(context(side.current).settings, c.version, c.sha384))
          return fail(c, false, error::wrong_cipher_returned, alert::illegal_parameter);
        send_client_hello(c);
        break;
      case Message::Kind::server_hello: on_server_hello(c); break;
      case Message::Kind::finished: at_server ? on_client_finished(c) : on_server_finished(c); break;
      case Message::Kind::ticket: on_ticket(c, message.ticket); break;
      case Message::Kind::alert:
        if (message.unreadable == error::none)
          receive_alert(c, at_server, message.alert);
        else if (side.datagrams && message.unreadable == error::bad_record_mac)
          note(Reason::record_dropped);
        else if (message.unreadable == error::wrong_version_number)  // an alert that cannot be for this end: it just ends
          side.state = Handshake::failed, side.error = message.unreadable;
        else
          fail(c, at_server, message.unreadable, alert::internal_error);  // the sender reads no more
        if (side.error == error::unsaid) side.error = error::none;
        break;
      case Message::Kind::close_notify: side.received_shutdown = true; return;
    }
  }
}

/// What passes by in the clear: the session id in a hello.
void Machine::note_hello(const Message& message) {
  if (message.kind == Message::Kind::client_hello) seen.connection.offered_id_length = id_length(message.id);
  if (message.kind == Message::Kind::server_hello) seen.connection.answered_id_length = id_length(message.id);
}

/// Moves flights until nothing is said any more, or so many have passed. A flight is all that one end has written.
void Machine::deliver(Connection& c, int flights) {
  if (!c.started) {
    c.started = true;
    pass_to(c.client.context);
    const bool writes_early = c.early && c.client.session != no_session && session(c.client.session).early_data &&
                              session(c.client.session).version == Version::tls1_3 && resumable(session(c.client.session)) &&
                              c.client.settings.highest() == Version::tls1_3;
    c.client.state = Handshake::unfinished;
    if (fit_to_begin(c, false)) {
      count(c.client.context, Counter::connect);
      send_client_hello(c);
    }
    c.client.in_early_data |= writes_early && c.client.state == Handshake::failed;
  }
  bool to_server = true;
  for (int number = 1;; ++number, to_server = !to_server) {
    if ((to_server ? c.to_server : c.to_client).empty()) to_server = !to_server;
    const std::vector<Message>& flight = to_server ? c.to_server : c.to_client;
    if (flight.empty()) return;
    // A second ClientHello follows a ChangeCipherSpec, where middleboxes are to be pleased.
    const bool hidden = c.established || (to_server && c.retried && c.early_status == 0 && c.client.settings.on(Setting::middlebox_compat));
    if (!hidden) note_hello(flight.front());
    if (number > flights) return;
    receive(c, to_server);
    c.established |= c.client.state == Handshake::done || c.server.state == Handshake::done;
    if (seen.status == Status::crashed) return;
  }
}

/// The connection as its two ends see it.
void Machine::show(const Connection& c) {
  const auto view = [&](const Side& side, EndView& end) {
    end.state = side.state;
    end.reused = side.reused;
    end.error = side.error;
    end.session = side.state == Handshake::done && side.session != no_session ? session(side.session).id : 0;
    if (side.state == Handshake::done) end.verified = side.verified;
  };
  ConnectionView& v = seen.connection;
  view(c.client, v.client);
  const bool unanswered = c.client.state == Handshake::unfinished &&
                          (c.to_client.empty() ? c.server.state == Handshake::none
                                               : c.to_client.front().kind == Message::Kind::server_hello);
  pass_to(c.client.context);  // who is asked
  v.client.reused |= unanswered && c.offered && says(client_reused_when_offered);
  view(c.server, v.server);
  v.version = c.server.state == Handshake::done ? static_cast<std::uint8_t>(c.version) + 1 : 0;
  v.early_data = c.early_status;
}

/// A whole connection in one command.
void Machine::connect(const Command& command) {
  Connection& c = whole;
  if (!open(c, command)) return;
  deliver(c, command.flights);
  seen.result = both_done(c);
  show(c);
  if (c.client.state == Handshake::done && command.keep != 0) world.held[command.keep] = c.client.session;
  if (c.server.state == Handshake::done && command.keep_server != 0) world.held[command.keep_server] = c.server.session;
  leave(c, command.client_end, command.server_end);
}

/// Established, and nothing is under way.
bool quiet(const Connection& c) {
  return both_done(c) && !c.client.sent_shutdown && !c.server.sent_shutdown && !c.client.received_shutdown &&
         !c.server.received_shutdown && !c.renegotiating;
}

/// SSL_renegotiate, or _abbreviated: the client sends a ClientHello, a server asks for one.
void Machine::renegotiate(Connection& c, bool at_server, bool abbreviated) {
  if (!quiet(c)) return;
  if (c.version == Version::tls1_3) {
    seen.error = error::wrong_ssl_version;
    return;
  }
  note(Reason::renegotiation);
  seen.result = 1;
  c.renegotiating = true;
  c.asked = at_server;
  c.fresh_wanted = !at_server || !abbreviated;
  if (at_server) {
    if (!able_to_begin(c)) return;
    count(c.server.current, Counter::accept_renegotiate);
    c.to_client.push_back({Message::Kind::hello_request});
    answered(c.server);
  } else {
    c.renewing = !abbreviated;
    begin_again(c);
  }
}

/// The client's ClientHello of a renegotiation.
void Machine::begin_again(Connection& c) {
  count(c.client.context, Counter::connect_renegotiate);
  c.client.state = Handshake::unfinished;
  c.client.reused = false;
  send_client_hello(c);
}

/// SSL_verify_client_post_handshake, and the client's answer. "Sessions must be immutable once they go into the session
/// cache" (tls_process_client_certificate): the server goes on with a copy.
void Machine::verify_client(Connection& c) {
  if (!quiet(c) || !c.to_client.empty() || !c.to_server.empty()) return;
  if (c.version != Version::tls1_3 || !c.server.verify_peer) {
    seen.error = c.version != Version::tls1_3 ? error::wrong_ssl_version : error::invalid_config;
    return;
  }
  note(Reason::client_verified);
  seen.result = 1;
  c.server.asked_late = true;
  if (c.server.reading_refused) return fail(c, true, error::should_not_have_been_called, alert::internal_error);
  c.server.session = renewed(c.server.session);
  verify(c.server, c.client.settings.on(Setting::client_certificate));
  c.tickets_sent = 0;
  issue_tickets(c);
}

/// As many as are wanted; one, when a session was resumed.
void Machine::issue_tickets(Connection& c) {
  while (c.server.settings[Setting::num_tickets] > c.tickets_sent && issue_ticket(c) && !c.server.reused) {
  }
}

/// Commands on a connection that stays open.
void Machine::on_connection(const Command& command) {
  Connection& c = world.connections[command.connection];
  if (command.op == Op::open && !open(c, command)) return;
  if (!c.open) return;
  Side& side = command.at_server ? c.server : c.client;
  pass_to(side.context);
  because.peers_client = rules.peer() == library_of(context(c.client.context).letter);
  because.peers_server = rules.peer() == library_of(context(c.server.context).letter);
  const bool ends = command.op == Op::offer || command.op == Op::take || command.op == Op::clear || command.op == Op::close;
  if ((c.replaced && !ends) || (c.renegotiating && (command.op == Op::offer || command.op == Op::clear))) {
    note(Reason::outside_contract);
    seen.status = Status::unspecified;
    return;
  }
  if (command.op == Op::offer && out_of_reach(world.held[command.slot], c.client.context)) {
    seen.status = Status::unspecified;
    return;
  }
  switch (command.op) {
    case Op::deliver:
      deliver(c, command.flights);
      if (both_done(c) && c.to_client.empty() && c.to_server.empty()) c.renegotiating = false;
      seen.result = both_done(c);
      break;
    case Op::renegotiate: renegotiate(c, command.at_server, command.number.value == 1); break;
    case Op::take:
      world.held[command.keep] = side.session;
      seen.result = side.session != no_session;
      break;
    case Op::offer:  // ssl_clear_bad_session first
      if (c.started) {
        note(Reason::session_replaced);
        c.replaced = true;
      }
      close_one(c.client);
      select(c.client, world.held[command.slot]);
      seen.result = 1;
      break;
    case Op::new_ticket:
      pass_to(c.server.context);
      if (!quiet(c) || c.version != Version::tls1_3 || says(newer_calls_missing)) break;
      note(Reason::extra_ticket);
      seen.result = 1;
      if (issue_ticket(c) && !c.server.reused) issue_tickets(c);
      break;
    case Op::verify_client:
      pass_to(c.server.context);
      verify_client(c);
      break;
    case Op::shut:
      if (!c.renegotiating) seen.result = shut(c, command.at_server, command.client_end);
      break;
    case Op::garble:
      if (side.state != Handshake::done || side.received_shutdown || c.renegotiating) break;
      if (side.datagrams && !side.reading_refused) {
        note(Reason::record_dropped);
        break;
      }
      note(Reason::garbled);
      fail(c, command.at_server, side.reading_refused ? error::should_not_have_been_called : error::bad_record_mac,
           alert::bad_record_mac);
      break;
    case Op::hang_up:
      if (!c.renegotiating) hang_up(c, command.at_server);
      break;
    case Op::clear:
      reuse(c);
      seen.result = 1;
      break;
    default: break;
  }
  show(c);
  if (command.op == Op::close) leave(c, command.client_end, command.server_end);
}

}  // namespace sesscheck
