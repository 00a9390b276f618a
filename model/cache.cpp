// The internal cache: SSL_CTX_add_session(3), SSL_CTX_remove_session(3), SSL_CTX_flush_sessions(3) and the limit of
// SSL_CTX_sess_set_cache_size(3).
#include <algorithm>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {

/// The cached session of this id. Its version may be part of the key.
SessionRef Machine::find(const Context& c, Identity id, Version version) {
  if (says(cached_in_process)) return find_in_table(id, true, true);
  for (const SessionRef ref : c.cache)
    if (const Session& s = session(ref); s.id == id && !s.misfiled && (s.version == version || says(key_is_id))) return ref;
  return no_session;
}

bool Machine::cached_anywhere(Identity id) const {
  return std::ranges::any_of(world.contexts, [&](const Context& c) {
    return std::ranges::any_of(c.cache, [&](SessionRef ref) { return world.sessions[ref].id == id; });
  });
}

/// A session of an open connection that may still give it an id, or store it elsewhere: this cache must not have it.
bool Machine::unfinished(SessionRef ref, std::uint8_t index) {
  const Session& s = world.sessions[ref];
  const auto young = [&](const Side& side) {
    return side.session == ref && (s.id == 0 || (!s.cipher && side.context != index && says(cached_in_context)));
  };
  const auto goes_on = [&](const Connection& c) { return young(c.client) || young(c.server); };
  return goes_on(whole) || std::ranges::any_of(world.connections, goes_on);
}

/// Whether an open connection goes on with this session.
bool Machine::in_use(SessionRef ref) const {
  return std::ranges::any_of(world.connections, [ref](const Connection& c) {
    return c.open && (c.client.session == ref || c.server.session == ref);
  });
}

/// Puts a session where it belongs between the next victim (front) and the last one (back).
void Machine::insert(std::uint8_t index, SessionRef ref) {
  Context& c = context(index);
  auto place = c.cache.end();
  if (!c.cache.empty() && says(victim_is_soonest_to_expire)) {
    const Deadline mine = deadline(session(ref));
    // Its two ends are asked first: a list that is out of order is not looked through for one that belongs there.
    if (mine < deadline(session(c.cache.back())) && mine < deadline(session(c.cache.front()))) place = c.cache.begin();
    while (place != c.cache.begin() && deadline(session(*(place - 1))) > mine) --place;
  }
  c.cache.insert(place, ref);
  session(ref).cached_in = index;
}

void Machine::take_out(std::uint8_t index, SessionRef ref) {
  std::erase(context(index).cache, ref);
  session(ref).cached_in = no_context;
}

/// After its time or timeout changed, a cached session finds its place anew.
void Machine::reposition(SessionRef ref) {
  const std::uint8_t index = session(ref).cached_in;
  if (index == no_context || !says(victim_is_soonest_to_expire)) return;
  take_out(index, ref);
  insert(index, ref);
}

/// SSL_CTX_add_session: 1 when the session was not there before.
bool Machine::add(std::uint8_t index, SessionRef ref) {
  if (says(cached_in_process)) return add_to_table(index, ref);
  Context& c = context(index);
  const SessionRef old = find(c, session(ref).id, session(ref).version);
  if (old != no_session && old != ref) {
    note(Reason::replaced);
    take_out(index, old);
    if (c.callbacks.remove_session == RemoveCallback::present && says(replaced_session_reported))
      call_remove(index, session(old).id);
  }
  if ((c.mode & mode::update_time) && says(time_updated_on_add) && !(old == ref && says(readd_has_no_effect))) {
    note(Reason::time_updated);
    session(ref).time = now();
  }
  if (old == ref) {
    note(Reason::readded);
    if (says(readd_moves_entry)) {
      take_out(index, ref);
      insert(index, ref);
    }
    return false;
  }
  note(Reason::added);

  std::vector<SessionRef> victims;
  while (c.size > 0 && !c.cache.empty()) {
    const auto number = static_cast<std::int64_t>(c.cache.size()) + 1;  // the new one counts
    if (number < c.size) break;
    if (number == c.size) {
      note(Reason::limit_reached);
      if (says(capacity_is_size)) break;
    }
    const SessionRef victim = c.cache.front();
    if (session(victim).id == 0) break;  // a session without an id cannot be taken out, and blocks the way
    note(Reason::evicted);
    if (in_use(victim)) note(Reason::evicted_in_use);
    if (c.cache.size() > 1) note(Reason::victim_chosen);
    take_out(index, victim);
    mark_removed(victim);
    count(index, Counter::cache_full);
    victims.push_back(victim);
  }
  insert(index, ref);
  report_removed(index, std::move(victims), false);
  return true;
}

void Machine::mark_removed(SessionRef ref) {
  if (!session(ref).not_resumable && says(removed_is_marked)) session(ref).not_resumable = true;
}

/// SSL_CTX_remove_session: takes out whatever is cached under this session's id; this object is marked, cached or not.
bool Machine::remove(std::uint8_t index, SessionRef ref) {
  const Identity id = session(ref).id;
  if (id == 0 && says(removal_needs_id)) return false;
  SessionRef cached = id == 0 ? no_session : find(context(index), id, session(ref).version);
  if (cached != no_session && cached != ref && says(removal_by_object)) cached = no_session;
  if (cached != no_session && says(removal_of_none)) cached = no_session;
  const bool removed = cached != no_session, in_table = removed && says(cached_in_process);
  if (in_table) take_from_table(cached);
  else if (removed) take_out(index, cached);
  note(removed ? Reason::removed_cached : Reason::removed_uncached);
  mark_removed(ref);
  const bool present = context(index).callbacks.remove_session == RemoveCallback::present;
  if (present && !in_table && (removed || says(remove_callback_always))) call_remove(index, id);
  if (says(removed_is_expired) ||
      (says(removed_is_expired_with_store) && !(context(index).mode & mode::no_internal_store)))
    session(ref).timeout = 0;
  return removed || (present && says(one_when_told));
}

/// SSL_CTX_flush_sessions: `all` is its `tm == 0`.
void Machine::flush(std::uint8_t index, Moment at, bool all) {
  Context& c = context(index);
  std::vector<SessionRef> gone;
  for (const SessionRef ref : c.cache) {
    if (all || expired(session(ref), at, true))
      gone.push_back(ref);
    else {
      if (deadline(session(ref)).at == at) note(Reason::survivor_at_deadline);
      // The list is out of order, and its library does not know.
      if (says(victim_is_soonest_to_expire) && says(readd_leaves_misplaced)) break;
    }
  }
  for (const SessionRef ref : gone) {
    if (!session(ref).misfiled) take_out(index, ref);  // else it is not found, and stays
    mark_removed(ref);
  }
  if (!gone.empty() && !all) note(Reason::expired_flushed);
  report_removed(index, std::move(gone), true);
}

/// OpenSSL up to 3.6.3 does so while it holds the context's lock, later ones when all are out.
void Machine::report_removed(std::uint8_t index, std::vector<SessionRef> gone, bool flushed) {
  if (gone.size() > 1 && says(reported_in_reverse)) std::ranges::reverse(gone);
  if (gone.size() > 1 && flushed && says(reported_in_any_order)) {
    note(Reason::any_order_reported);
    std::ranges::sort(gone, {}, [&](SessionRef ref) { return session(ref).id * 2'654'435'761U; });  // any: a hash table's
  }
  const auto outer = unreported;  // a callback that adds may evict others
  for (std::size_t i = 0; i < gone.size(); ++i) {
    unreported = std::span(gone).subspan(i + 1);
    evicting = !flushed;
    call_remove(index, session(gone[i]).id, true);
  }
  unreported = outer;
}

}  // namespace sesscheck
