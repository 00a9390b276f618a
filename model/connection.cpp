// One connection, TLS 1.2 with session ids: what the client offers, where the server looks, who stores, how it ends.
//
//   flight 1  ClientHello                          flight 1  ClientHello
//   flight 2  ServerHello ... ServerHelloDone      flight 2  ServerHello, ChangeCipherSpec, Finished
//   flight 3  ClientKeyExchange ... Finished       flight 3  ChangeCipherSpec, Finished
//   flight 4  ChangeCipherSpec, Finished
//           a full handshake                               a resumed one
#include "model/machine.hpp"

namespace sesscheck {
namespace {

constexpr std::uint8_t id_bytes = 32;

/// One connection under way. Each end's session is an object of the world.
struct Connection {
  const Command& command;
  Machine& m;
  ConnectionView& view;
  IdContext server_id_context;
  SessionRef client_session = no_session;  // what the client's SSL holds
  SessionRef server_session = no_session;
  bool offered = false;
  bool resuming = false;  // the server's decision

  Context& client() { return m.context(command.client); }
  Context& server() { return m.context(command.context); }
  Name offered_name() { return m.session(client_session).name; }
  [[nodiscard]] bool delivered(int flight) const { return command.flights >= flight; }

  void run();
  void offer();
  SessionRef look_up();
  bool acceptable(SessionRef candidate, bool& fatal);
  void resume();
  void negotiate();
  void finish(bool at_server);
  void update_cache(std::uint8_t index, std::int64_t bit, SessionRef ref, bool reused);
  void leave(std::uint8_t index, const EndView& end, End how, SessionRef ref);
  void fail(EndView& end, std::uint16_t reason, std::uint8_t index, SessionRef ref);
};

/// SSL_set_session(3) on the client, and what it then puts into its ClientHello.
void Connection::offer() {
  const SessionRef held = m.world.held[command.slot];
  client_session = held;
  if (held != no_session) {
    const Session& s = m.session(held);
    if (!Machine::resumable(s)) {
      m.note(Reason::offer_not_resumable);
    } else {
      const bool expired = m.expired(s, m.now());
      if (expired) m.note(Reason::offer_expired);
      offered = !expired || m.says(expired_is_offered);
    }
  }
  if (offered) m.note(Reason::session_offered);
  if (!offered) client_session = m.create(m.negotiated(client(), client().id_context));
  view.offered_id_length = offered ? id_bytes : 0;
}

/// Internal cache first, then the external store.
SessionRef Connection::look_up() {
  Context& s = server();
  const bool enabled = s.mode & mode::server;
  SessionRef found = no_session;

  if (s.mode & mode::no_internal_lookup) {
    m.note(Reason::internal_lookup_skipped);
    if (m.says(skipped_lookup_is_miss)) m.count(command.context, Counter::misses);
  } else if (!enabled && m.says(no_lookup_without_server)) {
    m.note(Reason::lookup_off);
  } else {
    if (!enabled) m.note(Reason::lookup_off);
    found = m.find(s, offered_name());
    m.note(found != no_session ? Reason::internal_hit : Reason::internal_miss);
    if (found == no_session) m.count(command.context, Counter::misses);
    if (found == no_session && m.cached_anywhere(offered_name())) m.note(Reason::cached_elsewhere);
  }
  if (found != no_session) return found;

  if (s.callbacks.get_session == GetCallback::absent) {
    m.note(Reason::external_absent);
    return no_session;
  }
  if (!enabled) {
    m.note(Reason::external_asked_lookup_off);
    if (m.says(not_asked_without_server)) return no_session;
  }
  m.note(Reason::external_asked);
  found = m.call_get(command.context, offered_name());
  if (found == no_session) {
    m.note(Reason::external_miss);
    return no_session;
  }
  if (m.session(found).not_resumable) {
    m.note(Reason::external_not_resumable);
    if (m.says(not_resumable_is_ignored)) return no_session;
  }
  m.note(Reason::external_hit);
  m.count(command.context, Counter::cb_hits);
  if (s.mode & mode::no_internal_store) {
    m.note(Reason::external_not_copied);
  } else if (enabled || m.says(copy_without_server)) {
    m.note(Reason::external_copied);
    m.add(command.context, found);
  }
  return found;
}

/// Whether the server may resume what the lookup found. `fatal` is set when it must not even go on.
bool Connection::acceptable(SessionRef candidate, bool& fatal) {
  const Session& s = m.session(candidate);
  if (s.id_context != server_id_context) {
    m.note(Reason::id_context_differs);
    return false;
  }
  if (server().verify_peer && server_id_context.length == 0) {
    m.note(Reason::id_context_uninitialized);
    fatal = true;
    return false;
  }
  if (m.expired(s, m.now())) {
    m.note(Reason::found_expired);
    m.count(command.context, Counter::timeouts);
    m.remove(command.context, candidate);
    return false;
  }
  m.note(m.deadline(s).at == m.now() ? Reason::found_at_deadline : Reason::found_valid);
  if (!s.extended_master_secret) {
    m.note(Reason::no_extended_master_secret);
    return false;
  }
  if (s.name != offered_name()) {
    m.note(Reason::wrong_id);
    if (m.says(wrong_id_is_miss)) return false;
  }
  return true;
}

/// A fatal error at one end: its session is removed from its context's cache.
void Connection::fail(EndView& end, std::uint16_t reason, std::uint8_t index, SessionRef ref) {
  m.note(Reason::fatal_alert);
  end.state = Handshake::failed;
  end.error = reason;
  if (ref != no_session) m.remove(index, ref);
}

/// ssl_update_cache: storing at the end of a handshake, and the automatic flush.
void Connection::update_cache(std::uint8_t index, std::int64_t bit, SessionRef ref, bool reused) {
  Context& c = m.context(index);
  const bool at_server = bit == mode::server;
  const Session& s = m.session(ref);
  const bool enabled = c.mode & bit;
  if (!enabled) m.note(at_server ? Reason::store_mode_off : Reason::store_mode_off_client);
  if (s.name == 0 || s.not_resumable) return;
  if (at_server && c.verify_peer && s.id_context.length == 0) {
    m.note(Reason::verify_peer_without_id_context);
    if (m.says(verify_peer_session_not_stored)) return;
  }

  if (enabled && !reused) {
    if (c.mode & mode::no_internal_store) {
      m.note(Reason::store_by_flag_skipped);
    } else {
      m.note(at_server ? Reason::stored_server : Reason::stored_client);
      if ((c.mode & mode::both) == mode::both) m.note(Reason::stored_under_both);
      if (!at_server && (c.mode & mode::no_internal_lookup)) m.note(Reason::stored_client_lookup_off);
      m.add(index, ref);
    }
    m.call_new(index, ref);
  }

  const std::int64_t successes =
      c.counters[static_cast<std::size_t>(at_server ? Counter::accept_good : Counter::connect_good)] + 1;
  const bool due_255 = successes % 255 == 0, due_256 = successes % 256 == 0;
  if (!due_255 && !due_256) return;
  if (c.mode & mode::no_auto_clear) return m.note(Reason::flush_suppressed);
  if (!enabled) {
    if (!c.cache.empty()) m.note(Reason::flush_without_mode);
    return;
  }
  if (m.says(flush_every_255) ? due_255 : due_256) {
    m.note(Reason::flush_due);
    m.flush(index, {m.world.now.seconds, 0}, false);
  } else {
    m.note(Reason::flush_not_due);
  }
}

void Connection::finish(bool at_server) {
  EndView& end = at_server ? view.server : view.client;
  const std::uint8_t index = at_server ? command.context : command.client;
  const SessionRef ref = at_server ? server_session : client_session;
  update_cache(index, at_server ? mode::server : mode::client, ref, end.reused);
  if (!at_server && end.reused) m.count(index, Counter::hits);
  m.count(index, at_server ? Counter::accept_good : Counter::connect_good);
  end.state = Handshake::done;
  end.session = m.session(ref).name;
}

void Connection::resume() {
  m.count(command.context, Counter::hits);
  view.server.reused = true;
  view.answered_id_length = m.session(server_session).name != 0 ? id_bytes : 0;
  const bool same_id = m.session(server_session).name == offered_name();
  if ((server().mode & mode::update_time) && same_id) {
    m.note(Reason::used_under_update_time);
    if (m.says(time_updated_on_use)) m.set_time(server_session, m.now());
  }
  if (!delivered(2)) return;

  std::uint16_t reason = error::none, sent_alert = 0;
  if (!same_id) {  // the client takes it for a full handshake, and does not understand the rest
    if (m.says(refusal_is_client_miss)) m.count(command.client, Counter::misses);
    client_session = m.create(m.negotiated(client(), client().id_context));
    m.session(client_session).name = m.session(server_session).name;
    reason = error::unexpected_message, sent_alert = alert::unexpected_message;
  } else {
    view.client.reused = true;
    if (m.session(client_session).id_context != client().id_context) {
      m.note(Reason::client_context_differs);
      if (m.says(client_compares_id_context))
        reason = error::session_in_different_context, sent_alert = alert::illegal_parameter;
    }
  }
  if (reason != error::none) {
    fail(view.client, reason, command.client, client_session);
    if (delivered(3)) fail(view.server, error::alert + sent_alert, command.context, server_session);
    return;
  }
  m.note(Reason::resumed);
  if (server_id_context.length == 0) m.note(Reason::resumed_without_id_context);
  finish(false);
  if (delivered(3)) finish(true);
}

void Connection::negotiate() {
  server_session = m.create(m.negotiated(server(), server_id_context));
  const bool with_id = server().mode & mode::server;
  if (!with_id) m.note(Reason::id_withheld);
  view.answered_id_length = with_id ? id_bytes : 0;
  if (!delivered(2)) return;
  if (offered) {
    m.note(Reason::full_after_offer);
    if (m.says(refusal_is_client_miss)) m.count(command.client, Counter::misses);
    client_session = m.create(m.negotiated(client(), client().id_context));
  }
  if (!delivered(3)) return;
  if (with_id) m.session(server_session).name = ++m.world.names;
  finish(true);
  if (!delivered(4)) return;
  m.session(client_session).name = m.session(server_session).name;
  finish(false);
}

/// SSL_free after SSL_shutdown, quiet or not, or without it.
void Connection::leave(std::uint8_t index, const EndView& end, End how, SessionRef ref) {
  if (end.state == Handshake::unfinished) m.note(Reason::broken_off);
  if (end.state != Handshake::done) return;
  m.note(how == End::none ? Reason::unclean_end : Reason::clean_end);
  if (how == End::none && m.says(unclean_end_removes)) m.remove(index, ref);
}

void Connection::run() {
  server_id_context = server().id_context;
  if (command.id_context) {
    if (command.id_context->length > id_context_max) {
      m.note(Reason::too_long_id_context);
      m.seen.error = error::id_context_too_long;
    } else {
      server_id_context = *command.id_context;
    }
  }
  m.count(command.client, Counter::connect);
  offer();
  view.client.state = Handshake::unfinished;

  if (delivered(1)) {
    view.server.state = Handshake::unfinished;
    m.count(command.context, Counter::accept);
    if (!server().setup.mode && server().mode == default_mode) m.note(Reason::default_mode);
    bool fatal = false;
    const SessionRef candidate = offered ? look_up() : no_session;
    resuming = candidate != no_session && acceptable(candidate, fatal);
    if (fatal) {
      fail(view.server, error::id_context_uninitialized, command.context, no_session);
      if (delivered(2)) fail(view.client, error::alert + alert::internal_error, command.client, client_session);
    } else if (resuming) {
      server_session = candidate;
      resume();
    } else {
      negotiate();
    }
  }

  if (view.client.state == Handshake::done && command.keep != 0) m.world.held[command.keep] = client_session;
  if (view.server.state == Handshake::done && command.keep_server != 0)
    m.world.held[command.keep_server] = server_session;
  leave(command.client, view.client, command.client_end, client_session);
  leave(command.context, view.server, command.server_end, server_session);
  m.seen.result = view.client.state == Handshake::done && view.server.state == Handshake::done;
}

}  // namespace

void Machine::count(std::uint8_t index, Counter counter) {
  ++context(index).counters[static_cast<std::size_t>(counter)];
}

void Machine::connect(const Command& command) {
  Connection{command, *this, seen.connection, {}, no_session, no_session, false, false}.run();
}

}  // namespace sesscheck
