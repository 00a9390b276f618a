// Who may resume, who must, and what both ends then say.
#include <algorithm>
#include <vector>

#include "check/describe.hpp"
#include "invariants/invariants.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::invariants {
namespace {

using Broken = std::optional<std::string>;

bool resumed(const Scene& s) { return s.is(Op::connect) && s.server().reused; }

/// The session that the server resumed: told by its end, or else the one that it was asked for.
Name resumed_name(const Scene& s) {
  if (s.server().state == Handshake::done) return s.server().session;
  const Event* const asked = s.asked(s.command.context);
  if (asked != nullptr && asked->answered) return asked->answer;
  return s.held() != nullptr ? s.held()->name : 0;
}

Broken only_where_known(const Scene& s) {
  if (!resumed(s)) return {};
  const Name name = resumed_name(s);
  const auto& answer = s.history.context(s.command.context).answer;
  if (find(s.server_before().cached, name) || find(s.server_before().stored, name)) return {};
  if (answer && answer->name == name) return {};
  return session_name(name) + " was resumed, which neither cache nor store of this context had";
}

Broken only_under_its_id_context(const Scene& s) {
  if (!resumed(s)) return {};
  const Name name = resumed_name(s);
  const auto& all = s.history.context(s.command.context).id_contexts;
  const auto known = all.find(name);
  if (known == all.end()) return {};  // then it is not known here at all: only_where_known
  if (std::ranges::find(known->second, s.id_context()) != known->second.end()) return {};
  return session_name(name) + " was resumed under a session id context that it never had";
}

/// The session that the lookup found, as it was before: in the cache, else what the store handed out.
const SessionView* found(const Scene& s, bool& external) {
  const Event* const asked = s.asked(s.command.context);
  external = asked != nullptr;
  if (!external) return s.held() != nullptr ? find(s.server_before().cached, s.held()->name) : nullptr;
  const History::Known& known = s.history.context(s.command.context);
  if (known.answer) return &*known.answer;
  return find(known.setup.store == Store::references ? s.server_before().stored : known.stored, asked->answer);
}

Broken past_deadline(const Scene& s, bool external_under_update_time, bool negative_times) {
  if (!resumed(s)) return {};
  bool external = false;
  const SessionView* const session = found(s, external);
  if (session == nullptr) return {};
  if (external && (s.server_before().mode & mode::update_time) && !external_under_update_time) return {};
  if (session->time < 0 && !negative_times) return {};
  if (deadline(*session) >= s.history.now()) return {};
  return session_name(session->name) + " was resumed " +
         std::to_string(static_cast<long long>(s.history.now() - deadline(*session))) + " s after its deadline";
}

Broken only_in_time(const Scene& s) { return past_deadline(s, false, false); }
Broken only_in_time_under_update_time(const Scene& s) { return past_deadline(s, true, false); }
Broken only_in_time_since_before_1970(const Scene& s) { return past_deadline(s, false, true); }

Broken valid_session_resumes(const Scene& s) {
  if (!s.is(Op::connect) || s.held() == nullptr || s.server().state == Handshake::none) return {};
  if (s.after.connection.offered_id_length == 0) return {};
  if ((s.server_before().mode & (mode::server | mode::no_internal_lookup)) != mode::server) return {};
  const SessionView* const session = find(s.server_before().cached, s.held()->name);
  if (session == nullptr || !session->resumable || s.history.made_by_hand(session->name)) return {};
  if (session->time < 0 || deadline(*session) < s.history.now()) return {};
  const History::Known& known = s.history.context(s.command.context);
  if (known.verify_peer && s.id_context().length == 0) return {};
  const auto ids = known.id_contexts.find(session->name);
  if (ids == known.id_contexts.end() || ids->second != IdContexts{s.id_context()}) return {};
  if (s.server().reused) return {};
  return session_name(session->name) + " is cached, valid and of this session id context, and was not resumed";
}

Broken off_never_resumes_from_the_cache(const Scene& s) {
  if (!resumed(s) || (s.server_before().mode & mode::server) || s.asked(s.command.context)) return {};
  return "resumed from the internal cache of a context whose mode lacks SERVER";
}

Broken marked_session_is_not_offered(const Scene& s) {
  if (!s.is(Op::connect) || s.after.connection.offered_id_length == 0) return {};
  if (s.held() == nullptr) return "a session id was offered, though the client was given no session";
  if (s.held()->resumable) return {};
  return session_name(s.held()->name) + " is marked not resumable, and was offered";
}

Broken marked_external_session_is_not_resumed(const Scene& s) {
  bool external = false;
  const SessionView* const session = resumed(s) ? found(s, external) : nullptr;
  if (session == nullptr || !external || session->resumable || session->name == 0) return {};
  return session_name(session->name) + " is marked not resumable, came from the external store, and was resumed";
}

Broken both_ends_agree(const Scene& s) {
  if (!s.is(Op::connect)) return {};
  const EndView &client = s.client(), &server = s.server();
  const bool both = client.state == Handshake::done && server.state == Handshake::done;
  if ((s.after.result == 1) != both) return "the result is not that both ends finished";
  if (!both) return {};
  if (client.reused != server.reused) return "SSL_session_reused differs between the ends";
  if (client.session != server.session) return "the ends finished with different sessions";
  return {};
}

Broken wire_agrees(const Scene& s) {
  if (!s.is(Op::connect)) return {};
  const ConnectionView& c = s.after.connection;
  for (const std::uint8_t length : {c.offered_id_length, c.answered_id_length})
    if (length != 0 && length != 32) return "a session id of " + std::to_string(length) + " bytes on the wire";
  if (s.server().reused && c.offered_id_length != 32) return "the server resumed, and nothing had been offered";
  if (s.client().reused && (c.offered_id_length != 32 || c.answered_id_length != 32))
    return "the client resumed without an id in both hellos";
  if (s.client().reused && !s.server().reused) return "the client resumed, and the server did not";
  return {};
}

Broken full_handshake_has_a_fresh_id(const Scene& s) {
  if (!s.is(Op::connect) || s.server().state != Handshake::done || s.server().reused) return {};
  if (s.server().session == 0 || s.server().session > s.history.newest_name()) return {};
  return "a full handshake gave out " + session_name(s.server().session) + ", an id that had been seen before";
}

constexpr Invariant table[] = {
    // By name: a resumed session stood in this very context's cache or store before, or in its store's pending answer.
    {"a_session_resumes_only_where_it_is_known", "a lookup that reaches another SSL_CTX's sessions, or forgotten ones",
     "S3 S7 S8", only_where_known},
    // set_session_id_context changes objects, which cannot be told apart by name: History joins all that a session of
    // this name can have had in this context, so the invariant is silent where only the model can tell.
    {"a_session_resumes_only_under_its_id_context", "a session id context that is not compared, or in part only",
     "X4 X5", only_under_its_id_context},
    // Left out: an external session under UPDATE_TIME (deviation update_time=on_add: its time is set to now before it
    // is
    // tested) and times before 1970 (deviation negative_session_time=never_expires); both below.
    {"a_session_resumes_only_in_time", "a deadline that is not tested, or tested against the wrong clock", "T2 T3",
     only_in_time},
    {"an_external_session_resumes_only_in_time_under_update_time",
     "a copy into the cache that makes an expired session young", "T2 C14", only_in_time_under_update_time,
     Rule::update_time},
    {"a_session_from_before_1970_resumes_only_in_time", "an overflow test that takes a negative time for a huge one",
     "T2 T2b", only_in_time_since_before_1970, Rule::negative_session_time},
    {"a_valid_cached_session_resumes", "a lookup that fails, or tests that refuse too much", "S15 R2 T2a",
     valid_session_resumes},
    {"off_never_resumes_from_the_internal_cache", "a lookup that does not look at the mode", "S10",
     off_never_resumes_from_the_cache, Rule::internal_lookup_without_server},
    {"a_session_marked_not_resumable_is_never_offered", "a client that offers what was removed or broken", "A3",
     marked_session_is_not_offered},
    // Left out: a session without an id, which is not resumable either. It is a session of another id, and OpenSSL
    // takes it
    // (deviation external_wrong_id=breaks).
    {"an_external_session_marked_not_resumable_never_resumes", "a store that brings back what was removed", "A3",
     marked_external_session_is_not_resumed},
    {"both_ends_agree_on_what_was_resumed", "ends that finish with different sessions or SSL_session_reused", "R1 S6",
     both_ends_agree},
    {"the_wire_agrees_with_both_ends", "SSL_session_reused without the ids in the hellos that it stands for",
     "S4 S5 I3", wire_agrees},
    {"a_full_handshake_has_a_fresh_id", "a session id given out twice", "I3", full_handshake_has_a_fresh_id},
};

}  // namespace

std::span<const Invariant> resumption() { return table; }

}  // namespace sesscheck::invariants
