// The callback log: who is told what, and when.
#include <algorithm>
#include <vector>

#include "check/describe.hpp"
#include "invariants/invariants.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::invariants {
namespace {

using Broken = std::optional<std::string>;
using Kind = Event::Kind;

bool full_handshake(const EndView& end) { return end.state == Handshake::done && !end.reused; }

Broken new_callback_only_for_full_handshakes(const Scene& s) {
  for (const Event& event : s.after.log) {
    if (event.kind != Kind::new_session) continue;
    const bool at_server = s.is(Op::connect) && event.context == s.command.context && full_handshake(s.server()) &&
                           event.session == s.server().session;
    const bool at_client = s.is(Op::connect) && event.context == s.command.client && full_handshake(s.client()) &&
                           event.session == s.client().session;
    if (!at_server && !at_client) return describe(event) + " without a full handshake of this session";
    if (event.session == 0) return describe(event) + " for a session without an id";
  }
  return {};
}

Broken new_callback_for_each_full_handshake(const Scene& s) {
  if (!s.is(Op::connect)) return {};
  const auto expected = [&](std::uint8_t index, const EndView& end, std::int64_t bit) {
    return full_handshake(end) && end.session != 0 && (s.before.contexts[index].mode & bit) &&
           s.history.context(index).callbacks.new_session != NewCallback::absent;
  };
  const bool unverified = s.history.context(s.command.context).verify_peer && s.id_context().length == 0;
  const std::ptrdiff_t calls = (expected(s.command.context, s.server(), mode::server) && !unverified) +
                               expected(s.command.client, s.client(), mode::client);
  const auto made = std::ranges::count(s.after.log, Kind::new_session, &Event::kind);
  if (made == calls || (unverified && made == calls + 1)) return {};
  return "new_session_cb was called " + std::to_string(made) + " times, not " + std::to_string(calls);
}

Broken get_callback_only_for_what_was_offered(const Scene& s) {
  std::size_t asked = 0;
  for (const Event& event : s.after.log) {
    if (event.kind != Kind::get_session) continue;
    if (!s.is(Op::connect) || event.context != s.command.context || s.held() == nullptr || ++asked > 1)
      return describe(event) + ": nothing was offered here, or asked for already";
    if (event.session != s.held()->name) return describe(event) + ": another session was offered";
  }
  return {};
}

Broken get_callback_only_after_an_internal_miss(const Scene& s) {
  const Event* const asked = s.is(Op::connect) ? s.asked(s.command.context) : nullptr;
  if (asked == nullptr) return {};
  const std::int64_t bits = s.server_before().mode;
  if (!(bits & mode::server) || (bits & mode::no_internal_lookup)) return {};
  if (find(s.server_before().cached, asked->session)) return describe(*asked) + ": the internal cache had it";
  if (s.grew(s.command.context, Counter::misses) == 0) return describe(*asked) + ": no miss was counted";
  return {};
}

Broken external_hits_are_answers(const Scene& s) {
  for (std::uint8_t i = 0; i < s.after.contexts.size(); ++i) {
    const Event* const asked = s.asked(i);
    const bool answered = asked != nullptr && asked->answered;
    if (s.grew(i, Counter::cb_hits) > answered)
      return context_name(i) + ": cb_hits counted, and the store had no answer";
    if (asked != nullptr && !answered && s.server().reused)
      return context_name(i) + ": the store had no answer, and a session was resumed";
  }
  return {};
}

/// Whether a store handed this session out in this connection: the server may then send its id to the client.
bool answered(const Scene& s, Name name) {
  return std::ranges::any_of(s.after.log, [&](const Event& e) { return e.answered && e.answer == name; });
}

/// `strict`: only what was cached; else also what the connection or the command is about.
Broken removed(const Scene& s, bool strict) {
  for (const Event& event : s.after.log) {
    if (event.kind != Kind::remove_session) continue;
    const ContextView& before = s.before.contexts[event.context];
    bool known = find(before.cached, event.session) != nullptr;
    // What entered the cache in this very connection can leave it again.
    const bool stored_now =
        s.is(Op::connect) && (event.session == s.server().session || event.session == s.client().session);
    const Event* const asked = s.asked(event.context);
    known = known || stored_now || (asked != nullptr && asked->answered && asked->answer == event.session);
    if (!strict)
      known = known || (s.held() != nullptr && event.session == s.held()->name) || answered(s, event.session);
    if (!known) return describe(event) + ": that session was not cached";
    // A session replaced by one of the same id is reported, says the manual, and its id is in the cache all the same.
    const bool put_back =
        s.is(Op::add) || (asked != nullptr && asked->answered) || s.command.client == s.command.context;
    if (!put_back && find(s.after.contexts[event.context].cached, event.session))
      return describe(event) + ": that session is still cached";
  }
  return {};
}
Broken removed_were_known(const Scene& s) { return removed(s, false); }
Broken removed_were_cached(const Scene& s) { return removed(s, true); }

Broken removals_are_told(const Scene& s) {
  const bool leaves = s.is(Op::flush) || s.is(Op::remove) || s.is(Op::renew) || s.is(Op::connect) || s.is(Op::add);
  if (!leaves) return {};
  for (std::uint8_t i = 0; i < s.before.contexts.size(); ++i) {
    if (s.history.context(i).callbacks.remove_session == RemoveCallback::absent) continue;
    for (const SessionView& session : s.before.contexts[i].cached) {
      if (find(s.after.contexts[i].cached, session.name)) continue;
      const bool told = std::ranges::any_of(s.after.log, [&](const Event& event) {
        return event.kind == Kind::remove_session && event.context == i && event.session == session.name;
      });
      if (!told) return context_name(i) + ": " + session_name(session.name) + " left the cache, and no callback told";
    }
  }
  return {};
}

Broken removals_are_told_once(const Scene& s) {
  for (const Event& event : s.after.log) {
    if (event.kind != Kind::remove_session) continue;
    const auto same = [&](const Event& e) {
      return e.kind == event.kind && e.context == event.context && e.session == event.session;
    };
    // It can leave as often as it was, or came, in: before; as the session of either end; from the store; by hand.
    const Event* const asked = s.asked(event.context);
    std::ptrdiff_t times = find(s.before.contexts[event.context].cached, event.session) != nullptr;
    times += s.is(Op::connect) && s.command.context == event.context && s.server().session == event.session;
    times += s.is(Op::connect) && s.command.client == event.context && s.client().session == event.session;
    times += asked && asked->answered && asked->answer == event.session;
    times += s.is(Op::add) && s.held() && s.held()->name == event.session;
    if (const auto told = std::ranges::count_if(s.after.log, same); told > times)
      return describe(event) + " " + std::to_string(told) + " times, where it can have left " + std::to_string(times) +
             " times";
  }
  return {};
}

Broken only_callbacks_that_are_set(const Scene& s) {
  for (const Event& event : s.after.log) {
    const Callbacks& set = s.history.context(event.context).callbacks;
    const bool there = event.kind == Kind::new_session   ? set.new_session != NewCallback::absent
                       : event.kind == Kind::get_session ? set.get_session != GetCallback::absent
                                                         : set.remove_session != RemoveCallback::absent;
    if (!there) return describe(event) + ": no such callback is set";
  }
  return {};
}

constexpr Invariant table[] = {
    {"new_session_cb_only_for_full_handshakes", "an announcement for a resumption, or of the wrong session", "G3",
     new_callback_only_for_full_handshakes},
    // A server under VERIFY_PEER without session id context may or may not announce (Rule
    // verify_peer_without_id_context).
    {"new_session_cb_for_each_full_handshake", "a session that is kept and not announced", "G3 G4",
     new_callback_for_each_full_handshake},
    {"get_session_cb_only_for_what_was_offered", "a store that is asked for another id, twice, or without an offer",
     "S5 G10", get_callback_only_for_what_was_offered},
    // Left out: a mode without SERVER, where the manual switches the internal lookup off and leaves the external one
    // on.
    {"get_session_cb_only_after_an_internal_miss", "a store that is asked although the cache has the session",
     "S14 G10", get_callback_only_after_an_internal_miss},
    {"external_hits_are_answers_of_the_store", "cb_hits without an answer", "N7 N8", external_hits_are_answers},
    // Lenient where OpenSSL also reports sessions that were not cached (deviation remove_callback_for_uncached=called).
    {"remove_session_cb_only_for_known_sessions", "a report about a stranger, or about what is still cached", "G9",
     removed_were_known},
    {"remove_session_cb_only_for_cached_sessions", "a report about a session that was not cached", "G8",
     removed_were_cached, Rule::remove_callback_for_uncached},
    {"remove_session_cb_for_each_session_that_leaves", "an eviction, expiry or removal that the store never hears of",
     "G9 G9b G9d G9e", removals_are_told},
    {"remove_session_cb_once_for_each_removal", "a store that is told twice, and forgets what came in between", "G8 G9",
     removals_are_told_once, Rule::remove_callback_for_uncached},
    {"only_callbacks_that_are_set_are_called", "a callback kept beyond its time", "G2", only_callbacks_that_are_set},
};

}  // namespace

std::span<const Invariant> callbacks() { return table; }

}  // namespace sesscheck::invariants
