// Sessions and time: what a session carries, when it expires, and how it is copied.
#include <algorithm>
#include <limits>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t ticket_age_default = 3;  // d2i_SSL_SESSION's timeout for a session that has none

constexpr std::uint64_t billion = 1'000'000'000;
constexpr std::int64_t nanosecond_range = 18'446'744'073;  // seconds, in 64 bits of nanoseconds
constexpr std::int32_t million = 1'000'000;

std::int64_t wrapping_negation(std::int64_t a) { return static_cast<std::int64_t>(-static_cast<std::uint64_t>(a)); }

std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

bool Machine::says(Choice choice) {
  if (peers_turn()) return rules.peer_says(choice);
  because.rules.set(static_cast<std::size_t>(choice.rule));
  return rules.says(choice);
}

Identity Machine::new_identity(std::uint8_t length) {
  world.identities.push_back({0, length});
  return static_cast<Identity>(world.identities.size() - 1);
}

bool Machine::out_of_reach(SessionRef ref, std::uint8_t index) {
  if (!rules.peer() || ref == no_session || session(ref).library == library_of(context(index).letter)) return false;
  note(Reason::of_other_library);
  return true;
}

SessionRef Machine::create(const Session& value) {
  world.sessions.push_back(value);
  world.sessions.back().library = turn;
  return static_cast<SessionRef>(world.sessions.size() - 1);
}

Moment Machine::now() {
  if (world.now.microseconds != 0 && says(clock_in_seconds)) return {world.now.seconds, 0};
  return world.now;
}

/// A number of seconds as the library keeps it. (Where it keeps nanoseconds, such numbers have all the same fraction.)
std::int64_t Machine::kept(std::int64_t seconds) {
  if ((seconds >= 0 && seconds < nanosecond_range) || !says(times_in_nanoseconds)) return seconds;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) * billion / billion);
}

/// The same for a timeout.
std::int64_t Machine::kept_timeout(std::int64_t seconds) {
  if ((seconds < 0 || seconds > UINT32_MAX) && (says(times_unsigned) || says(times_in_32_bits))) return static_cast<std::uint32_t>(seconds);
  return kept(seconds);
}

/// How long a session has been there; below zero if its time is still to come.
Moment Machine::age(const Session& s) {
  const Moment present = now();
  const bool borrow = present.microseconds < s.time.microseconds;
  const std::int64_t seconds = wrapping_add(present.seconds, wrapping_negation(s.time.seconds)) - borrow;
  if (present < s.time && says(future_ticket_is_new)) return {};
  return {seconds, present.microseconds - s.time.microseconds + (borrow ? million : 0)};
}

Deadline Machine::deadline(const Session& s) {
  if (s.time.seconds >= 0 && s.timeout >= nanosecond_range - s.time.seconds && says(times_in_nanoseconds)) return {true, {}};
  if (s.time.seconds < 0 && says(negative_time_never_expires))
    return {true, {wrapping_add(wrapping_add(s.time.seconds, s.timeout), -latest), 0}};
  if (s.time.seconds >= 0 && s.timeout > latest - s.time.seconds)
    return {true, {s.timeout - (latest - s.time.seconds), s.time.microseconds}};
  return {false, {wrapping_add(s.time.seconds, s.timeout), s.time.microseconds}};
}

bool Machine::expired(const Session& s, Moment at, bool in_flush) {
  if ((at.seconds < 0 || s.time.seconds < 0) && says(times_unsigned)) {
    const auto time = static_cast<std::uint64_t>(s.time.seconds), now = static_cast<std::uint64_t>(at.seconds),
               timeout = static_cast<std::uint64_t>(s.timeout);
    if (in_flush) return time + timeout < time || now > time + timeout;
    return now < time || now - time > timeout;
  }
  const std::int64_t until = wrapping_add(s.time.seconds, s.timeout);
  const bool wraps = s.timeout > 0 && until < s.time.seconds;
  if ((wraps || until > UINT32_MAX || at.seconds > UINT32_MAX) && says(times_in_32_bits)) {
    const auto end = static_cast<std::uint32_t>(until), now = static_cast<std::uint32_t>(at.seconds);
    return now > end || (now == end && says(in_flush ? flush_removes_at_deadline : expired_at_deadline));
  }
  if (!in_flush && at < s.time && says(future_session_is_expired)) return true;
  const Deadline end = deadline(s);
  const bool overflows = end.never || wrapping_add(at.seconds, wrapping_negation(s.time.seconds)) < 0;
  if (overflows && says(overflow_wraps))
    return in_flush ? at.seconds > wrapping_add(s.time.seconds, s.timeout)
                    : s.timeout < wrapping_add(at.seconds, wrapping_negation(s.time.seconds));
  if (end.never) return false;
  return at > end.at || (at == end.at && says(in_flush ? flush_removes_at_deadline : expired_at_deadline));
}

/// Seconds that a session lives when the application sets nothing.
std::int64_t Machine::default_timeout() {
  note(Reason::default_timeout_used);
  return says(default_timeout_7200) ? 7200 : says(default_timeout_500) ? 500 : 300;
}

/// A session as a full handshake begins it (ssl_get_new_session), still without an id.
Session Machine::negotiated(const Side& side, Version version) {
  Session fresh;
  fresh.version = version;
  fresh.cipher = false;
  fresh.id_context = side.id_context;
  if (fresh.id_context.length == id_context_max && says(full_id_context_lost)) fresh.id_context = {};
  fresh.buffer.write(fresh.id_context);
  fresh.time = now();
  const Context& c = context(side.context);
  if (c.timeout == 0) note(Reason::timeout_of_zero);
  fresh.timeout = c.timeout != 0 ? c.timeout : default_timeout();
  return fresh;
}

/// SSL_SESSION_dup.
SessionRef Machine::dup(SessionRef original) {
  if (!session(original).cipher && says(copy_is_serialised)) return no_session;
  return copied(original);
}

/// Another object with all that this one has.
SessionRef Machine::copied(SessionRef original) {
  Session copy = session(original);
  copy.cached_in = no_context;
  copy.misfiled = false;
  if (std::exchange(copy.own_id, OwnId::none) == OwnId::kept) copy.id = 0;
  return create(copy);
}

/// The copy that takes a new ticket (ssl_session_dup): the old one may be in a cache already.
SessionRef Machine::renewed(SessionRef original) {
  const SessionRef copy = copied(original);
  if (session(copy).not_resumable && says(marked_session_handled)) session(copy).not_resumable = false;
  session(copy).ticket = no_ticket;
  session(copy).hint = 0;
  return copy;
}

/// What d2i_SSL_SESSION makes of i2d_SSL_SESSION's bytes: whole seconds, no flag; what is 0 was left out and gets a default.
Session Machine::serialised(const Session& original) {
  Session copy = original;
  copy.cached_in = no_context;
  copy.not_resumable = false;
  copy.buffer = IdContextBuffer(copy.id_context);
  copy.time.microseconds = 0;
  if ((copy.time.seconds == 0 || copy.timeout == 0) && says(serialised_zero_kept)) return copy;
  if (copy.time.seconds == 0) copy.time = now();
  if (copy.timeout == 0) {
    note(Reason::deserialised_without_timeout);
    copy.timeout = ticket_age_default;
  }
  return copy;
}

/// Counts its timeout from now on; it still ends when it would have.
void Machine::rebase(Session& s) {
  const std::int64_t passed = wrapping_add(now().seconds, wrapping_negation(s.time.seconds));
  s.timeout = passed < 0 ? 0 : std::max<std::int64_t>(0, s.timeout - passed);
  s.time = now();
}

void Machine::set_time(SessionRef ref, Moment time) {
  if (time.seconds < 0) note(Reason::negative_time);
  session(ref).time = {kept(time.seconds), time.microseconds};
  if (time.seconds > UINT32_MAX && says(times_in_32_bits)) session(ref).time.seconds = static_cast<std::uint32_t>(time.seconds);
  reposition(ref);
}

std::int64_t Machine::set_timeout(SessionRef ref, std::int64_t seconds) {
  if (seconds < 0) {
    note(Reason::negative_timeout);
    if (says(negative_timeout_rejected)) return 0;
  }
  session(ref).timeout = kept_timeout(seconds);
  reposition(ref);
  return 1;
}

}  // namespace sesscheck
