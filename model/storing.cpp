// The end of a handshake (ssl_update_cache of OpenSSL): who stores the session, who is told, and the automatic flush of
// SSL_CTX_set_session_cache_mode(3).
#include "model/machine.hpp"

namespace sesscheck {

void Machine::count(std::uint8_t index, Counter counter, int number) {
  context(index).counters[static_cast<std::size_t>(counter)] += number;
}

/// The automatic flush of a library that counts what it stores.
void Machine::flush_by_count(std::uint8_t index) {
  Context& c = context(index);
  if (c.mode & mode::no_auto_clear) return note(Reason::flush_suppressed);
  if (++c.since_flush < (says(flush_every_255) ? 255 : 256)) return;
  note(Reason::flush_due);
  c.since_flush = 0;
  flush(index, {world.now.seconds, 0}, false);
}

/// Whether this end's sessions are to be cached, and told to new_session_cb.
bool Machine::stores(const Side& side, bool at_server) {
  const std::int64_t bits = context(side.context).mode;
  if (bits & (at_server ? mode::server : mode::client)) return true;
  return !at_server && (says(client_mode_ignored) || ((bits & mode::server) && says(client_mode_but_off)));
}

/// Whether a session is one for the cache at all; a server may have someone to tell of one that is not.
bool Machine::cacheable(const Side& side, bool at_server, bool is_new) {
  const Context& c = context(side.context);
  if (session(side.session).id == 0) {
    // At a server that has the mode: a ticket was issued in place of an id. A client without an id has nothing at all.
    if (is_new && at_server && (c.mode & mode::server) && c.callbacks.new_session != NewCallback::absent) {
      note(Reason::new_session_without_id);
      if (says(told_without_id)) call_new(side.context, side.session);
    }
    return false;
  }
  if (session(side.session).not_resumable && says(marked_session_handled)) return false;
  if (!at_server || !side.verify_peer || session(side.session).id_context.length != 0) return true;
  note(Reason::verify_peer_without_id_context);
  return !says(verify_peer_session_not_stored);
}

/// A new session, of a side whose mode is on.
void Machine::store(const Side& side, bool at_server, bool tls1_3) {
  const std::uint8_t index = side.context;
  const Context& c = context(index);
  // A stateless ticket needs no entry; it gets one where someone wants to know about it.
  const bool stateless = tls1_3 && at_server && side.settings.on(Setting::tickets) &&
                         !(side.settings.on(Setting::early_data) && side.settings.on(Setting::anti_replay));
  bool stored = true;
  if (stateless && c.callbacks.remove_session == RemoveCallback::absent) {
    note(Reason::stateless_ticket);
    stored = says(stateless_ticket_cached);
  }
  if (!at_server && says(client_only_calls_back)) {
    stored = false;
  } else if (c.mode & mode::no_internal_store) {
    note(Reason::store_by_flag_skipped);
  } else if (stored) {
    note(at_server ? Reason::stored_server : Reason::stored_client);
    if (tls1_3) note(Reason::stored_ticket);
    if ((c.mode & mode::both) == mode::both) note(Reason::stored_under_both);
    if (!at_server && (c.mode & mode::no_internal_lookup)) note(Reason::stored_client_lookup_off);
    add(index, side.session);
    if (at_server && says(flush_counts_stored)) flush_by_count(index);
  }
  call_new(index, side.session);
}

/// Called once for each handshake up to TLS 1.2, and once for each ticket of TLS 1.3, at either end.
void Machine::update_cache(const Side& side, bool at_server, Version version) {
  const std::uint8_t index = side.context;
  const Context& c = context(index);
  const bool tls1_3 = version == Version::tls1_3;
  const bool enabled = stores(side, at_server);
  const bool is_new = !side.reused || tls1_3;
  if (!enabled) note(at_server ? Reason::store_mode_off : Reason::store_mode_off_client);
  const bool fit = cacheable(side, at_server, is_new);
  if (fit && enabled && is_new) store(side, at_server, tls1_3);
  if (says(flush_counts_stored)) return;

  // TLS 1.3 has counted this connection already; up to TLS 1.2 that comes after.
  const std::int64_t counted = c.counters[static_cast<std::size_t>(at_server ? Counter::accept_good : Counter::connect_good)];
  const std::int64_t number = counted + (tls1_3 ? 0 : 1);
  const bool due_255 = number % 255 == 0, due_256 = counted % 256 == 255;
  if (!due_255 && !due_256) return;
  const bool due = says(flush_every_255) ? due_255 : due_256;
  if (!fit) {
    if (due && enabled && !(c.mode & mode::no_auto_clear)) note(Reason::flush_without_id);
    if (says(flush_skipped_without_id)) return;
  }
  if (c.mode & mode::no_auto_clear) return note(Reason::flush_suppressed);
  if (!enabled) {
    if (!c.cache.empty()) note(Reason::flush_without_mode);
    return;
  }
  if (due) {
    note(Reason::flush_due);
    flush(index, {world.now.seconds, 0}, false);
  } else {
    note(Reason::flush_not_due);
  }
}

}  // namespace sesscheck
