// How things end: fatal errors and alerts, SSL_shutdown, the end of the transport; what SSL_free, SSL_clear and SSL_CTX_free
// leave behind.
#include <algorithm>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {

/// A fatal error at one end: its session is removed from its context's cache, and the other end hears of it.
void Machine::fail(Connection& c, bool at_server, std::uint16_t reason, std::uint16_t sent_alert) {
  Side& side = at_server ? c.server : c.client;
  const bool resumed = side.state == Handshake::done || side.reused;
  const bool after_early_data = !at_server && side.state == Handshake::unfinished && c.version == Version::tls1_3 && c.hello.early_data;
  side.failed_late = side.state == Handshake::done && says(early_shutdown_succeeds);
  side.state = Handshake::failed;
  side.error = reason;
  if (reason == error::should_not_have_been_called) {  // SSL_read did nothing: the SSL is in use, and in no error
    side.lost = true;
    return note(Reason::read_refused);
  }
  note(Reason::fatal_alert);
  if (side.sent_shutdown) return;  // no alert follows a close_notify
  if (side.session != no_session && says(fatal_removes)) remove(side.context, side.session);
  if (side.session != no_session && resumed && says(fatal_removes_resumed))
    for (int times = world.certificates ? 1 : 0; times < 2; ++times) remove(side.context, side.session);
  if (after_early_data && !c.early_accepted && says(alert_after_early_data_is_lost)) return note(Reason::record_dropped);
  std::uint16_t unreadable = error::none;
  if (c.renegotiating && side.session == no_session && says(alert_is_in_the_clear)) {
    if (c.version < Version::tls1_2) {
      unreadable = error::length_too_short;  // tls1_enc: no session, no encryption
    } else {
      pass_to((at_server ? c.client : c.server).context);  // who reads it
      unreadable = says(clear_alert_is_bad_mac)                             ? error::bad_record_mac
                   : side.datagrams && says(clear_alert_is_unsaid)        ? error::unsaid
                   : side.datagrams && says(clear_alert_is_layer_failure) ? error::record_layer_failure
                                                                          : error::internal;
      pass_to(side.context);
    }
  }
  if (at_server && reason == error::wrong_version_number && says(early_data_breaks)) unreadable = error::wrong_version_number;
  if (!at_server && reason == error::unsupported_protocol) unreadable = error::wrong_version_number;  // in the record
  if (!at_server && !side.datagrams && c.server.state == Handshake::none) unreadable = error::unexpected_message;  // in place of a hello
  (at_server ? c.to_client : c.to_server).push_back({Message::Kind::alert, no_ticket, sent_alert, 0, unreadable});
}

void Machine::receive_alert(Connection& c, bool at_server, std::uint16_t alert) {
  note(Reason::fatal_alert);
  Side& side = at_server ? c.server : c.client;
  const bool resumed = side.state == Handshake::done || side.reused;
  side.failed_late = side.state == Handshake::done && says(early_shutdown_succeeds);
  side.state = Handshake::failed;
  side.error = error::alert + alert;
  if (side.session != no_session && (says(fatal_removes) || (resumed && says(fatal_removes_resumed))))
    remove(side.context, side.session);
}

/// SSL_shutdown: 1 when both ends have closed, 0 when this one has now, -1 when it must wait or is in a handshake.
std::int64_t Machine::shut(Connection& c, bool at_server, End how) {
  Side& side = at_server ? c.server : c.client;
  if (!side.in_use()) {
    if (says(early_shutdown_fails)) return -1;
    if (!side.failed_late) return 1;
    if (how == End::quiet) side.sent_shutdown = side.received_shutdown = true;
    if (side.sent_shutdown && side.received_shutdown) return 1;
    if (side.error < error::alert || side.sent_shutdown) return -1;  // it has sent its last word
    side.sent_shutdown = true;
    (at_server ? c.to_client : c.to_server).push_back({Message::Kind::close_notify});
    return 0;
  }
  if (how == End::quiet) {
    side.sent_shutdown = side.received_shutdown = true;
    return 1;
  }
  if (side.sent_shutdown) {
    if (std::exchange(side.alert_unread, false) && says(early_shutdown_fails)) {
      note(Reason::fatal_alert);
      if (side.session != no_session && says(fatal_removes)) remove(side.context, side.session);
      side.lost = false;  // it is in an error, now that it knows
      return 1;
    }
    side.received_shutdown |= side.close_unread;
    return side.received_shutdown ? 1 : -1;
  }
  side.sent_shutdown = true;
  (at_server ? c.to_client : c.to_server).push_back({Message::Kind::close_notify});
  return side.received_shutdown;
}

/// The transport of one end ends: an error that removes the session, unless SSL_OP_IGNORE_UNEXPECTED_EOF is set.
void Machine::hang_up(Connection& c, bool at_server) {
  Side& side = at_server ? c.server : c.client;
  if (side.state != Handshake::done || side.received_shutdown) return;
  if (side.reading_refused) return fail(c, at_server, error::should_not_have_been_called, alert::internal_error);
  if (side.settings.on(Setting::ignore_eof) && says(newer_calls_there)) {
    note(Reason::hung_up_ignored);
    side.received_shutdown = true;
    side.sent_shutdown = false;  // ssl3_read_n says SSL_set_shutdown(RECEIVED), which forgets what was sent
  } else if (says(transport_end_keeps)) {
    note(Reason::hung_up);
    side.state = Handshake::failed;
    side.lost = true;
  } else {
    note(Reason::hung_up);
    fail(c, at_server, error::unexpected_eof, alert::decode_error);
  }
}

/// What SSL_free, SSL_clear and SSL_set_session do to a session whose connection was not shut down (ssl_clear_bad_session).
void Machine::close_one(Side& side) {
  if (side.state == Handshake::unfinished) note(Reason::broken_off);
  if (!side.in_use()) return;
  note(side.sent_shutdown ? Reason::clean_end : Reason::unclean_end);
  if (!side.sent_shutdown && side.session != no_session && says(unclean_end_removes)) remove(side.context, side.session);
}

/// SSL_clear at both ends: a session whose connection was shut down stays for another handshake.
void Machine::reuse(Connection& c) {
  note(Reason::connection_reused);
  Connection fresh;
  fresh.open = fresh.again = true;
  fresh.early_status = c.early_status;  // neither is ever reset
  fresh.early_accepted = c.early_accepted;
  fresh.client = c.client;
  fresh.server = c.server;
  for (Side* side : {&fresh.client, &fresh.server}) {
    pass_to(side->context);
    const bool bad = side->in_use() && !side->sent_shutdown;
    close_one(*side);
    if (bad) side->session = no_session;
    side->state = Handshake::none;
    side->reading_refused |= side->in_early_data;  // early_data_state is not reset
    side->has_read = side->has_read && says(first_record_of_ssl);
    side->lost = side->close_unread = side->alert_unread = side->reused = side->sent_shutdown = side->received_shutdown = side->reads_early_data = false;
    side->error = error::none;
    answered(*side);
  }
  c = fresh;
}

/// SSL_shutdown, quiet or not, or nothing; then SSL_free.
void Machine::leave(Connection& c, End client_end, End server_end) {
  const auto shut = [&](Side& side, End how) {
    if (side.state == Handshake::done && !c.replaced && how != End::none) side.sent_shutdown = true;
  };
  shut(c.client, client_end);
  shut(c.server, server_end);
  for (Side* side : {&c.client, &c.server}) {
    pass_to(side->context);
    close_one(*side);
    report_freed(c, *side);
    const std::uint8_t own = side->context, current = side->current;
    *side = {};
    side->context = side->current = no_context;
    release(own);
    release(current);
  }
  c = {};
}

/// Whether anything has this object, but for that connection.
bool Machine::is_held(SessionRef ref) const {
  return std::ranges::find(world.held, ref) != world.held.end() ||
         std::ranges::any_of(world.contexts, [ref](const Context& c) {
           return c.answer == ref || std::ranges::find(c.store, ref, &Stored::reference) != c.store.end();
         }) || std::ranges::find(let_go, ref) != let_go.end() || in_use(ref);
}

/// An end is freed, and its session with it. What a server looked up, or stored, is a copy's concern.
void Machine::report_freed(const Connection& c, const Side& side) {
  const Context& of = context(side.context);
  const bool at_server = &side == &c.server;
  const bool stored = side.state == Handshake::done && (of.mode & mode::server) && !(of.mode & mode::no_internal_store);
  if (of.callbacks.remove_session == RemoveCallback::absent || (at_server && (side.reused || stored || copied_in))) return;
  if (side.session != no_session && is_held(side.session)) return;
  const bool has_id = side.session != no_session && !(at_server && side.state != Handshake::done);
  if (says(freed_session_reported)) call_remove(side.context, has_id ? session(side.session).id : 0);
}

/// SSL_CTX_free. Whoever has a connection of it keeps it, with its cache, under another index.
void Machine::retire(std::uint8_t index) {
  const auto next = static_cast<std::uint8_t>(world.contexts.size());
  bool used = false;
  for (Connection& c : world.connections)
    for (Side* side : {&c.client, &c.server})
      for (std::uint8_t* at : {&side->context, &side->current})
        if (c.open && *at == index) *at = next, used = true;
  if (used) {
    note(Reason::freed_in_use);
    world.contexts.push_back(context(index));
    context(next).store.clear();  // which stays with the application
    context(next).answer = no_session;
    for (const SessionRef ref : context(next).cache) session(ref).cached_in = next;
  } else {
    world.calling_back = true;  // from a context that goes away, nothing is called
    flush(index, {}, true);
    world.calling_back = false;
  }
  context(index).cache.clear();
}

/// The last connection of a freed context is gone: now it goes too.
void Machine::release(std::uint8_t index) {
  if (index == no_context || index < world.visible) return;
  for (const Connection& c : world.connections)
    for (const Side* side : {&c.client, &c.server})
      if (c.open && (side->context == index || side->current == index)) return;
  flush(index, {}, true);
}

}  // namespace sesscheck
