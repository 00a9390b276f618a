// What enters the internal cache, what leaves it, and what the counters and the get functions say.
#include <algorithm>
#include <utility>
#include <vector>

#include "check/describe.hpp"
#include "invariants/invariants.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::invariants {
namespace {

using Broken = std::optional<std::string>;
constexpr std::int64_t mode_mask = 0xffffffff;

/// A session that `now` has and `before` had not.
const SessionView* newcomer(const ContextView& before, const ContextView& now) {
  for (const SessionView& session : now.cached)
    if (!find(before.cached, session.name)) return &session;
  return nullptr;
}

/// For each context: the first complaint.
template <class Test>
Broken each_context(const Scene& s, const Test& test) {
  for (std::uint8_t i = 0; i < s.after.contexts.size(); ++i)
    if (const Broken what = test(i, s.before.contexts[i], s.after.contexts[i])) return context_name(i) + ": " + *what;
  return {};
}

Broken off_stores(const Scene& s, bool with_get_callback) {
  if (!s.is(Op::connect)) return {};
  return each_context(s, [&](std::uint8_t i, const ContextView& before, const ContextView& after) -> Broken {
    const bool is_server = i == s.command.context, is_client = i == s.command.client;
    if ((is_server && (before.mode & mode::server)) || (is_client && (before.mode & mode::client))) return {};
    for (const Event& event : s.after.log)
      if (event.kind == Event::Kind::new_session && event.context == i)
        return "new_session_cb was called, though the mode stores nothing for this end";
    if (s.history.context(i).callbacks.get_session != GetCallback::absent && !with_get_callback) return {};
    if (const SessionView* session = newcomer(before, after))
      return session_name(session->name) + " was cached, though the mode stores nothing for this end";
    return {};
  });
}
Broken off_stores_nothing(const Scene& s) { return off_stores(s, false); }
Broken off_copies_nothing(const Scene& s) { return off_stores(s, true); }

Broken no_internal_store_never_grows(const Scene& s) {
  if (!s.is(Op::connect)) return {};
  return each_context(s, [](std::uint8_t, const ContextView& before, const ContextView& after) -> Broken {
    const SessionView* const session = before.mode & mode::no_internal_store ? newcomer(before, after) : nullptr;
    if (session == nullptr) return {};
    return session_name(session->name) + " was cached under NO_INTERNAL_STORE";
  });
}

Broken no_internal_lookup_hits_are_external(const Scene& s) {
  if (!s.is(Op::connect) || !(s.server_before().mode & mode::no_internal_lookup)) return {};
  if (s.grew(s.command.context, Counter::hits) == 0 || s.grew(s.command.context, Counter::cb_hits) > 0) return {};
  return "a hit under NO_INTERNAL_LOOKUP, and not an external one";
}

Broken explicit_flush_is_exact(const Scene& s, bool negative_times) {
  if (!s.is(Op::flush)) return {};
  const std::int64_t at = s.command.number.value + (s.command.number.from_now ? s.history.now() : 0);
  for (const SessionView& session : s.server_before().cached) {
    const bool stays = find(s.server_after().cached, session.name) != nullptr;
    if (at == 0 && stays) return session_name(session.name) + " survived a flush of everything";
    if (at == 0 || (session.time < 0 && !negative_times)) continue;
    if (stays && deadline(session) < at) return session_name(session.name) + " had expired, and survived the flush";
    if (!stays && deadline(session) >= at) return session_name(session.name) + " had not expired, and was flushed";
  }
  return {};
}
Broken flush_of_sessions_since_1970(const Scene& s) { return explicit_flush_is_exact(s, false); }
Broken flush_of_all_sessions(const Scene& s) { return explicit_flush_is_exact(s, true); }

/// Whether one end of a connection has to flush its context now.
bool flush_is_due(const Scene& s, bool at_server) {
  const std::uint8_t i = at_server ? s.command.context : s.command.client;
  const EndView& end = at_server ? s.server() : s.client();
  const std::int64_t bits = s.before.contexts[i].mode;
  const Counter counter = at_server ? Counter::accept_good : Counter::connect_good;
  return end.state == Handshake::done && (bits & (at_server ? mode::server : mode::client)) &&
         !(bits & mode::no_auto_clear) && s.after.contexts[i].counters[static_cast<std::size_t>(counter)] % 255 == 0;
}

Broken automatic_flush(const Scene& s) {
  if (!s.is(Op::connect)) return {};
  return each_context(s, [&](std::uint8_t i, const ContextView& before, const ContextView& after) -> Broken {
    const bool due =
        (i == s.command.context && flush_is_due(s, true)) || (i == s.command.client && flush_is_due(s, false));
    for (const SessionView& session : before.cached) {
      if (session.time < 0) continue;
      const SessionView* const left = find(after.cached, session.name);
      if (due && left && deadline(*left) < s.history.now())
        return session_name(session.name) + " had expired, and survived the automatic flush";
      if (left) continue;
      const Event* const asked = s.asked(s.command.context);  // what it answered, the client reads in the ServerHello
      const bool concerned = (s.held() && s.held()->name == session.name) || session.name == s.server().session ||
                             session.name == s.client().session || (asked && asked->answer == session.name);
      const bool full = before.size > 0 && before.number + 1 >= before.size;
      if (!concerned && !full && !(due && deadline(session) <= s.history.now()))
        return session_name(session.name) +
               " left the cache at a connection that was not about it, and no flush was due";
    }
    return {};
  });
}

Broken counters_add_up(const Scene& s) {
  return each_context(s, [&](std::uint8_t i, const ContextView& before, const ContextView& v) -> Broken {
    const auto n = [&](Counter counter) { return v.counters[static_cast<std::size_t>(counter)]; };
    const bool renewed = s.is(Op::renew) && i == s.command.context;
    for (std::size_t k = 0; k < counter_count; ++k)
      if (renewed ? v.counters[k] != 0 : v.counters[k] < before.counters[k])
        return "counter " + std::to_string(k) + (renewed ? " of a new context is not 0" : " went down");
    if (n(Counter::accept_good) > n(Counter::accept)) return "accept_good > accept";
    if (n(Counter::connect_good) > n(Counter::connect)) return "connect_good > connect";
    if (n(Counter::cb_hits) > n(Counter::accept)) return "cb_hits > accept";
    if (n(Counter::timeouts) > n(Counter::accept)) return "timeouts > accept";
    if (n(Counter::hits) > n(Counter::accept) + n(Counter::connect_good)) return "hits > accept + connect_good";
    if (n(Counter::accept_renegotiate) != 0 || n(Counter::connect_renegotiate) != 0) return "a renegotiation counted";
    if (v.number != static_cast<std::int64_t>(v.cached.size()))
      return "sess_number is not the number of cached sessions";
    return {};
  });
}

Broken each_connection_counts_once(const Scene& s) {
  return each_context(s, [&](std::uint8_t i, const ContextView&, const ContextView& v) -> Broken {
    if (s.is(Op::renew) && i == s.command.context) return {};
    const bool server = s.is(Op::connect) && i == s.command.context,
               client = s.is(Op::connect) && i == s.command.client;
    const bool server_done = server && s.server().state == Handshake::done;
    const bool client_done = client && s.client().state == Handshake::done;
    if (s.grew(i, Counter::connect) != client) return "connect did not count its connections";
    if (s.grew(i, Counter::accept) != (server && s.server().state != Handshake::none)) return "accept did not count";
    if (s.grew(i, Counter::connect_good) != client_done) return "connect_good did not count";
    if (s.grew(i, Counter::accept_good) != server_done) return "accept_good did not count";
    const int hits = (server && s.server().reused) + (client_done && s.client().reused);
    if (s.grew(i, Counter::hits) != hits) return "hits did not count the resumptions";
    const std::int64_t good = v.counters[static_cast<std::size_t>(Counter::accept_good)] - server_done;
    if (s.history.connections_full(i) + s.history.connections_resumed(i) != good)
      return "full handshakes and resumptions are not accept_good together";
    return {};
  });
}

Broken capacity_is_kept(const Scene& s) {
  if (!s.is(Op::connect) && !s.is(Op::add)) return {};
  return each_context(s, [](std::uint8_t, const ContextView& before, const ContextView& after) -> Broken {
    const SessionView* const session = newcomer(before, after);
    if (before.size <= 0 || session == nullptr || after.number <= before.size) return {};
    // A session without an id, which an external store can bring, cannot be evicted and blocks the way.
    if (find(before.cached, 0) || find(after.cached, 0)) return {};
    return std::to_string(after.number) + " sessions in a cache of size " + std::to_string(before.size);
  });
}

Broken capacity_is_used(const Scene& s) {
  if (!s.is(Op::add) || s.held() == nullptr) return {};
  const ContextView &before = s.server_before(), &after = s.server_after();
  if (before.size <= 0 || before.number >= before.size || find(before.cached, s.held()->name)) return {};
  for (const SessionView& session : before.cached)
    if (!find(after.cached, session.name))
      return session_name(session.name) + " was evicted from a cache that had room";
  return {};
}

Broken get_returns_what_was_set(const Scene& s) {
  return each_context(s, [&](std::uint8_t i, const ContextView& before, const ContextView& after) -> Broken {
    std::int64_t mode = before.mode, size = before.size, timeout = before.timeout;
    if (i == s.command.context) {
      const std::int64_t value = s.command.number.value;
      if (s.is(Op::renew)) {
        const Observation fresh = History::before_the_first({false, {s.history.context(i).setup}});
        mode = fresh.contexts[0].mode, size = fresh.contexts[0].size, timeout = fresh.contexts[0].timeout;
      }
      std::int64_t previous = s.after.result;
      if (s.is(Op::set_mode)) previous = std::exchange(mode, value & mode_mask);
      if (s.is(Op::set_timeout)) previous = std::exchange(timeout, value);
      if (s.is(Op::set_size) && value >= 0) previous = std::exchange(size, value);  // a negative size is ignored
      if (previous != s.after.result && previous != History::timeout_unknown)
        return "set returned " + std::to_string(s.after.result) + " where " + std::to_string(previous) +
               " had been set";
    }
    if (after.mode != mode) return "the mode is " + mode_text(after.mode) + ", not " + mode_text(mode);
    if (after.size != size) return "the size is " + std::to_string(after.size) + ", not " + std::to_string(size);
    if (after.timeout != timeout && timeout != History::timeout_unknown)
      return "the timeout is " + std::to_string(after.timeout) + ", not " + std::to_string(timeout);
    return {};
  });
}

Broken session_get_returns_what_was_set(const Scene& s, bool negative_timeouts) {
  if (s.held() == nullptr) return {};
  const std::int64_t value = s.command.number.value;
  const SessionView& now = *s.after.held[s.command.slot - 1U];
  if (s.is(Op::set_session_time) && now.time != value + (s.command.number.from_now ? s.history.now() : 0))
    return "the session's time is not what was set";
  if (s.is(Op::set_session_timeout) && (value >= 0 || negative_timeouts) && now.timeout != value)
    return "the session's timeout is not what was set";
  return {};
}
Broken session_get_after_set(const Scene& s) { return session_get_returns_what_was_set(s, false); }
Broken session_get_after_negative_set(const Scene& s) { return session_get_returns_what_was_set(s, true); }

Broken contexts_are_apart(const Scene& s) {
  const bool on_session = s.is(Op::add) || s.is(Op::remove);
  const bool on_context = s.is(Op::connect) || s.is(Op::flush) || s.is(Op::renew);
  return each_context(s, [&](std::uint8_t i, const ContextView& before, const ContextView& after) -> Broken {
    if ((on_session || on_context) && i == s.command.context) return {};
    if (s.is(Op::connect) && i == s.command.client) return {};
    const bool same = std::ranges::equal(before.cached, after.cached, {}, &SessionView::name, &SessionView::name);
    return same ? Broken{} : "its cache changed by a command that is not about it";
  });
}

Broken add_and_remove_do_as_they_say(const Scene& s) {
  if (s.held() == nullptr || s.held()->name == 0) return {};
  const Name name = s.held()->name;
  const bool was = find(s.server_before().cached, name) != nullptr, is = find(s.server_after().cached, name) != nullptr;
  if (s.is(Op::add) && !is) return session_name(name) + " is not cached after it was added";
  if (s.is(Op::add) && !was && s.after.result != 1) return "adding a new session did not return 1";
  if (!s.is(Op::remove)) return {};
  if (is) return session_name(name) + " is cached after it was removed";
  if (s.after.result != was) return "remove did not return whether the session was cached";
  if (s.after.held[s.command.slot - 1U]->resumable) return session_name(name) + " is resumable after it was removed";
  return {};
}

constexpr Invariant table[] = {
    // Left out: a server with a get_session_cb, whose external hits are copied under any mode (deviation
    // external_copy_without_server=done); the next one.
    {"off_stores_nothing", "sessions cached, or announced, for an end that the mode leaves out", "S10 S11 S13",
     off_stores_nothing},
    {"off_copies_no_external_session", "an external hit that is copied although nothing is to be cached", "S10",
     off_copies_nothing, Rule::external_copy_without_server},
    {"no_internal_store_never_grows_the_cache", "a way into the cache that forgets NO_INTERNAL_STORE", "C13a C13c",
     no_internal_store_never_grows},
    {"hits_under_no_internal_lookup_are_external", "a lookup that forgets NO_INTERNAL_LOOKUP", "S21 S22",
     no_internal_lookup_hits_are_external},
    // Left out: times before 1970 (deviation negative_session_time=never_expires); the next one. Sums beyond what the
    // clock can say are not: added up without limit they lie in the future, and so does the library see them.
    {"a_flush_removes_exactly_what_has_expired", "a flush that stops too early, or a boundary off by one",
     "L1 L2 L5 T2a", flush_of_sessions_since_1970},
    {"a_flush_removes_what_expired_before_1970", "an overflow test that takes a negative time for a huge one", "L1 T2b",
     flush_of_all_sessions, Rule::negative_session_time},
    {"an_automatic_flush_comes_every_255_connections",
     "another period or phase, a flush that leaves something, or takes too much", "S18 S19 L3 T4", automatic_flush,
     Rule::flush_period, Rule::flush_without_id},
    {"counters_add_up", "counters that go down, or exceed what they are part of", "N1 N2a N3a", counters_add_up},
    {"each_connection_counts_once", "a path through the handshake that does not count, or counts twice",
     "N2 N2a N3 N3a N5 N6", each_connection_counts_once},
    {"capacity_is_never_exceeded", "a limit that is not enforced when a session enters", "Z3 Z6", capacity_is_kept},
    {"capacity_is_used", "a session evicted while there is room", "Z3", capacity_is_used, Rule::capacity},
    {"get_after_set_returns_what_was_set", "settings that are cut, mixed up, or changed by something else",
     "S2 S24 Z7 Z8 T0a T0b", get_returns_what_was_set},
    // Left out: timeouts below 0 (deviation negative_session_timeout=rejected); the next one.
    {"session_get_after_set_returns_what_was_set", "a session's time or timeout that is not kept", "T11 T12",
     session_get_after_set},
    {"negative_timeouts_are_kept", "a session timeout that is refused", "T9", session_get_after_negative_set,
     Rule::negative_session_timeout},
    {"contexts_have_caches_of_their_own", "an operation on one SSL_CTX that reaches into another's cache", "S3",
     contexts_are_apart},
    {"add_and_remove_do_as_they_say", "return values and contents that do not agree", "A3 A4a A4b",
     add_and_remove_do_as_they_say},
};

}  // namespace

std::span<const Invariant> cache() { return table; }

}  // namespace sesscheck::invariants
