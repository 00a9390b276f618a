#include "fuzz/invariants.hpp"

#include <algorithm>

#include "model/machine.hpp"

namespace sesscheck::fuzz {
namespace {

struct Now {
  World& world;
  const Rules& rules;
};

struct Change {
  const World& before;
  Now after;
  const Command& command;
  const Observation& seen;
  const Because& because;
};

std::int64_t counter(const Context& c, Counter which) { return c.counters[static_cast<std::size_t>(which)]; }

// ---- of a world; each returns whether it holds

/// A session knows the cache that lists it, and no other lists it.
bool caches_and_sessions_agree(const Now& now) {
  const World& w = now.world;
  std::size_t listed = 0;
  for (std::size_t i = 0; i < w.contexts.size(); ++i)
    for (const SessionRef ref : w.contexts[i].cache) {
      if (w.sessions[ref].cached_in != i) return false;
      ++listed;
    }
  return static_cast<std::size_t>(std::ranges::count_if(w.sessions, [](const Session& s) {
           return s.cached_in != no_context;
         })) == listed;
}

bool ids_in_a_cache_are_distinct(const Now& now) {
  return std::ranges::all_of(now.world.contexts, [&](const Context& c) {
    std::vector<std::pair<Identity, Version>> names;
    for (const SessionRef ref : c.cache)
      names.emplace_back(now.world.sessions[ref].id, now.world.sessions[ref].version);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  });
}

/// Where the next victim is the one that expires soonest, the cache is in that order. (A re-added session that stays in
/// its place although its time moved is the exception.)
bool victims_are_in_order(const Now& now) {
  if (!now.rules.says(victim_is_soonest_to_expire) || now.rules.says(readd_has_no_effect)) return true;
  Observation seen;
  Because because;
  Machine m{now.world, now.rules, seen, because};
  return std::ranges::all_of(now.world.contexts, [&](const Context& c) {
    return std::ranges::is_sorted(c.cache, {}, [&](SessionRef ref) { return m.deadline(m.session(ref)); });
  });
}

/// No success without an attempt; what does not happen in TLS 1.2 without renegotiation is not counted.
bool counters_add_up(const Now& now) {
  return std::ranges::all_of(now.world.contexts, [](const Context& c) {
    const std::int64_t attempts = counter(c, Counter::connect) + counter(c, Counter::accept);
    return counter(c, Counter::connect_good) <= counter(c, Counter::connect) &&
           counter(c, Counter::accept_good) <= counter(c, Counter::accept) &&
           counter(c, Counter::hits) <= attempts && counter(c, Counter::cb_hits) <= counter(c, Counter::accept) &&
           counter(c, Counter::timeouts) <= counter(c, Counter::accept) && counter(c, Counter::misses) <= attempts &&
           counter(c, Counter::connect_renegotiate) == 0 && counter(c, Counter::accept_renegotiate) == 0 &&
           std::ranges::all_of(c.counters, [](std::int64_t n) { return n >= 0; });
  });
}

bool stores_hold_what_they_can(const Now& now) {
  return std::ranges::all_of(now.world.contexts, [](const Context& c) {
    if (c.setup.store == Store::none) return c.store.empty();
    return std::ranges::is_sorted(c.store, std::ranges::less_equal{}, &Stored::id) || c.store.size() < 2;
  });
}

// ---- of a step

/// A cache grows by one session at most, and never beyond its limit (a session without an id blocks the way of
/// victims).
bool capacity_is_kept(const Change& change) {
  for (std::size_t i = 0; i < change.before.contexts.size(); ++i) {
    const Context &old = change.before.contexts[i], &c = change.after.world.contexts[i];
    if (c.cache.size() <= old.cache.size()) continue;
    if (c.cache.size() > old.cache.size() + 2) return false;  // client and server sessions of one connection
    const bool blocked =
        std::ranges::any_of(c.cache, [&](SessionRef r) { return change.after.world.sessions[r].id == 0; });
    if (c.size > 0 && static_cast<std::int64_t>(c.cache.size()) > c.size && !blocked) return false;
  }
  return true;
}

bool counters_only_grow(const Change& change) {
  for (std::size_t i = 0; i < change.before.contexts.size(); ++i) {
    if (change.command.op == Op::renew && change.command.context == i) continue;
    const bool took_part =
        change.command.op == Op::connect && (change.command.context == i || change.command.client == i);
    const auto &old = change.before.contexts[i].counters, &now = change.after.world.contexts[i].counters;
    for (std::size_t n = 0; n < counter_count; ++n) {
      if (now[n] < old[n]) return false;
      const bool full = n == static_cast<std::size_t>(Counter::cache_full);  // also by SSL_CTX_add_session
      if (!took_part && !full && now[n] != old[n]) return false;
    }
  }
  return true;
}

/// After an explicit flush nothing is left that was expired at its time.
bool flush_leaves_nothing_expired(const Change& change) {
  if (change.command.op != Op::flush) return true;
  World& w = change.after.world;
  const Context& c = w.contexts[change.command.context];
  const Number& number = change.command.number;
  const std::int64_t at = number.value + (number.from_now ? w.now.seconds : 0);
  if (at == 0) return c.cache.empty();
  Observation seen;
  Because because;
  Machine m{w, change.after.rules, seen, because};
  return std::ranges::none_of(c.cache, [&](SessionRef ref) { return m.expired(m.session(ref), {at, 0}); });
}

bool time_goes_forward(const Change& change) {
  const Moment &old = change.before.now, &now = change.after.world.now;
  return (change.command.op == Op::advance ? now >= old : now == old) && now.microseconds >= 0 &&
         now.microseconds < 1'000'000;
}

/// What is shown is what is there.
bool observation_shows_the_world(const Change& change) {
  const World& w = change.after.world;
  for (std::size_t i = 0; i < w.contexts.size(); ++i) {
    const Context& c = w.contexts[i];
    const ContextView& v = change.seen.contexts[i];
    if (v.number != static_cast<std::int64_t>(c.cache.size()) || v.cached.size() != c.cache.size()) return false;
    if (v.counters != c.counters || v.mode != c.mode || v.size != c.size || v.timeout != c.timeout) return false;
    if (!std::ranges::is_sorted(v.cached, {}, &SessionView::name)) return false;
  }
  for (std::size_t slot = 1; slot <= slots_max; ++slot)
    if (change.seen.held[slot - 1].has_value() != (w.held[slot] != no_session)) return false;
  return true;
}

/// Only callbacks that are set are called; setting them is no call.
bool only_present_callbacks_are_called(const Change& change) {
  return std::ranges::all_of(change.seen.log, [&](const Event& event) {
    const Callbacks& set = change.before.contexts[event.context].callbacks;
    switch (event.kind) {
      case Event::Kind::new_session: return set.new_session != NewCallback::absent;
      case Event::Kind::get_session: return set.get_session != GetCallback::absent;
      case Event::Kind::remove_session: return set.remove_session != RemoveCallback::absent;
    }
    return false;
  });
}

/// A command whose slot is empty does nothing.
bool no_subject_no_effect(const Change& change) {
  switch (change.command.op) {
    case Op::add: case Op::remove: case Op::set_session_time: case Op::set_session_timeout:
    case Op::set_session_id_context: case Op::dup: case Op::serialise: case Op::drop: case Op::answer:
      return change.before.held[change.command.slot] != no_session ||
             (change.because.reasons.none() && change.seen.result == 0 && change.seen.log.empty() &&
              change.before.held == change.after.world.held);
    default: return true;
  }
}

template <class Subject>
struct Invariant {
  const char* words;
  bool (*holds)(const Subject&);
};

constexpr Invariant<Now> of_worlds[] = {
    {"a session knows the cache that lists it", caches_and_sessions_agree},
    {"ids in a cache are distinct", ids_in_a_cache_are_distinct},
    {"victims are in order", victims_are_in_order},
    {"counters add up", counters_add_up},
    {"stores hold what they can", stores_hold_what_they_can},
};
constexpr Invariant<Change> of_steps[] = {
    {"capacity is kept", capacity_is_kept},
    {"counters only grow", counters_only_grow},
    {"a flush leaves nothing expired", flush_leaves_nothing_expired},
    {"time goes forward", time_goes_forward},
    {"an observation shows the world", observation_shows_the_world},
    {"only present callbacks are called", only_present_callbacks_are_called},
    {"a command without a subject does nothing", no_subject_no_effect},
};

template <class Subject, std::size_t Size>
std::optional<std::string> first_broken(const Invariant<Subject> (&invariants)[Size], const Subject& subject) {
  for (const auto& invariant : invariants)
    if (!invariant.holds(subject)) return invariant.words;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken(World& world, const Rules& rules) { return first_broken(of_worlds, {world, rules}); }

std::optional<std::string> broken(const World& before, World& after, const Command& command, const Rules& rules,
                                  const Observation& seen, const Because& because) {
  if (auto found = broken(after, rules)) return found;
  return first_broken(of_steps, {before, {after, rules}, command, seen, because});
}

}  // namespace sesscheck::fuzz
