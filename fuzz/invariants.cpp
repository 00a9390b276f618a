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

/// A session knows the cache that lists it, and no other lists it. A table of the process takes the place of all caches.
bool caches_and_sessions_agree(const Now& now) {
  const World& w = now.world;
  if (now.rules.says(cached_in_process)) return std::ranges::all_of(w.contexts, [](const Context& c) { return c.cache.empty(); });
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
  if (now.rules.says(readd_leaves_misplaced) && !now.rules.says(time_never_updated)) return true;  // docs/findings.md, O3
  Observation seen;
  Because because;
  Machine m{now.world, now.rules, seen, because};
  return std::ranges::all_of(now.world.contexts, [&](const Context& c) {
    return std::ranges::is_sorted(c.cache, {}, [&](SessionRef ref) { return m.deadline(m.session(ref)); });
  });
}

/// A client's side does not change contexts: none of its successes is without an attempt there.
bool counters_add_up(const Now& now) {
  return std::ranges::all_of(now.world.contexts, [](const Context& c) {
    return counter(c, Counter::connect_good) <= counter(c, Counter::connect) + counter(c, Counter::connect_renegotiate) &&
           std::ranges::all_of(c.counters, [](std::int64_t n) { return n >= 0; });
  });
}

bool stores_hold_what_they_can(const Now& now) {
  return std::ranges::all_of(now.world.contexts, [](const Context& c) {
    if (c.setup.store == Store::none) return c.store.empty();
    return std::ranges::is_sorted(c.store, std::ranges::less_equal{}, &Stored::id) || c.store.size() < 2;
  });
}

/// Whether a connection uses this context, at either end.
bool uses(const Connection& c, std::size_t context) {
  return c.open && (c.client.context == context || c.client.current == context || c.server.context == context ||
                    c.server.current == context);
}

/// What refers to something refers to something that is there.
bool references_lead_somewhere(const Now& now) {
  const World& w = now.world;
  const auto session = [&](SessionRef ref) { return ref == no_session || ref < w.sessions.size(); };
  const auto ticket = [&](TicketRef ref) { return ref == no_ticket || ref < w.tickets.size(); };
  const auto side = [&](const Side& s) {
    return session(s.session) && s.context < w.contexts.size() && s.current < w.contexts.size();
  };
  const auto message = [&](const Message& m) { return ticket(m.ticket) && m.id < w.identities.size(); };
  return std::ranges::all_of(w.held, session) && w.held[0] == no_session && w.visible <= w.contexts.size() &&
         std::ranges::all_of(w.contexts, [&](const Context& c) { return session(c.answer) && c.letter < w.visible; }) &&
         std::ranges::all_of(w.sessions, [&](const Session& s) {
           return s.id < w.identities.size() && ticket(s.ticket) && s.secret <= w.secrets;
         }) &&
         std::ranges::all_of(w.tickets, [&](const Ticket& t) {
           return t.hash < w.identities.size() && t.keys <= w.keys && t.session.id < w.identities.size();
         }) &&
         std::ranges::all_of(w.connections, [&](const Connection& c) {
           return !c.open || (side(c.client) && side(c.server) && ticket(c.hello.ticket) &&
                              std::ranges::all_of(c.to_client, message) && std::ranges::all_of(c.to_server, message));
         });
}

/// A freed context lives as long as a connection uses it, and has nothing of the application's.
bool freed_contexts_end_with_their_connections(const Now& now) {
  const World& w = now.world;
  for (std::size_t i = w.visible; i < w.contexts.size(); ++i) {
    const Context& c = w.contexts[i];
    const bool used = std::ranges::any_of(w.connections, [i](const Connection& at) { return uses(at, i); });
    if (!c.store.empty() || c.answer != no_session || (!used && !c.cache.empty())) return false;
  }
  return true;
}

/// Every id has a name of its own, or none.
bool names_are_distinct(const Now& now) {
  std::vector<bool> given(now.world.names + 1);
  return std::ranges::all_of(now.world.identities, [&](const IdentityInfo& id) {
    if (id.name == 0) return true;
    if (id.name > now.world.names || given[id.name]) return false;
    given[id.name] = true;
    return true;
  });
}

bool established(const Connection& c) {
  return c.open && !c.replaced && c.client.state == Handshake::done && c.server.state == Handshake::done;
}

/// When both ends are done they have the same idea of what they did, within what both allowed.
bool ends_agree(const Now& now) {
  return std::ranges::all_of(now.world.connections, [&](const Connection& c) {
    if (!established(c)) return true;
    if (c.client.session == no_session || c.server.session == no_session) return false;
    const Session &client = now.world.sessions[c.client.session], &server = now.world.sessions[c.server.session];
    const auto allows = [&](const Side& s) {
      return s.settings.lowest() <= c.version && c.version <= s.settings.highest();
    };
    if (!c.started || !c.established || !allows(c.client) || !allows(c.server)) return false;
    if (client.version != c.version || server.version != c.version || client.sha384 != server.sha384) return false;
    if (!client.cipher || !server.cipher || c.client.reused != c.server.reused) return false;
    if (c.version == Version::tls1_3) return !c.renegotiating;  // each ticket has a secret of its own
    return client.secret == server.secret && client.extended_master_secret == server.extended_master_secret;
  });
}

/// What a connection says of itself fits together.
bool connections_are_possible(const Now& now) {
  return std::ranges::all_of(now.world.connections, [](const Connection& c) {
    if (!c.started) {
      return c.to_client.empty() && c.to_server.empty() && !c.renegotiating && !c.established && c.tickets_sent == 0 &&
             c.client.state == Handshake::none && c.server.state == Handshake::none;
    }
    const auto error_if_failed = [](const Side& s) {  // DTLS may fail without one (Rule::alert_in_the_clear)
      return (s.state == Handshake::failed) == (s.lost || s.error != error::none) || (s.datagrams && s.state == Handshake::failed);
    };
    if (!c.open || c.client.state == Handshake::none || !error_if_failed(c.client) || !error_if_failed(c.server)) return false;
    if (c.retried && c.version != Version::tls1_3) return false;
    if (c.renegotiating && (!c.established || c.version == Version::tls1_3)) return false;
    return !c.server.reads_early_data || (c.early_accepted && c.hello.early_data);
  });
}

// ---- of a step

/// A cache grows by what a connection brings at most, and never beyond its limit (a session without an id blocks the way of
/// victims).
bool capacity_is_kept(const Change& change) {
  for (std::size_t i = 0; i < change.before.contexts.size(); ++i) {
    const Context &old = change.before.contexts[i], &c = change.after.world.contexts[i];
    if (c.cache.size() <= old.cache.size()) continue;
    // Both ends of a connection may store one for each ticket; tickets that were on their way may arrive all at once.
    std::size_t most = 10;
    for (const Connection& open : change.before.connections) most += open.to_client.size();
    if (c.cache.size() > old.cache.size() + most) return false;
    // So does a callback that adds a session while another one is being added.
    const auto adds = [](const Context& of) { return without_other(of.settings.as<Calls>(Setting::remove_calls)) == Calls::add; };
    const bool blocked =
        std::ranges::any_of(change.before.contexts, adds) ||
        std::ranges::any_of(c.cache, [&](SessionRef r) { return change.after.world.sessions[r].id == 0; });
    if (c.size > 0 && static_cast<std::int64_t>(c.cache.size()) > c.size && !blocked) return false;
  }
  return true;
}


/// Whether handshakes of this command can count in a context: an end's own, or one that was switched to.
bool takes_part(const Change& change, std::size_t index) {
  const Command& command = change.command;
  if (command.op != Op::connect && !is_on_connection(command.op)) return false;
  if (command.op == Op::connect && (command.context == index || command.client == index)) return true;
  if (is_on_connection(command.op) && (uses(change.before.connections[command.connection], index) ||
                                       uses(change.after.world.connections[command.connection], index)))
    return true;
  return std::ranges::any_of(change.before.contexts, [&](const Context& c) {
    return c.settings[Setting::server_name] == index + 1 || c.settings[Setting::client_hello] == index + 1;
  });
}

/// A whole connection counts once at each end, and as a success where it was one.
bool connections_are_counted(const Change& change) {
  if (change.command.op != Op::connect || change.seen.status != Status::done) return true;
  const auto counted = [&](Counter which) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < change.before.contexts.size(); ++i)
      sum += counter(change.after.world.contexts[i], which) - counter(change.before.contexts[i], which);
    return sum;
  };
  const ConnectionView& seen = change.seen.connection;
  const auto succeeded = [](const EndView& end, std::int64_t number) {
    return end.state == Handshake::done ? number == 1 : number == 0 || (number == 1 && end.state == Handshake::failed);
  };
  return counted(Counter::connect) == 1 && counted(Counter::accept) == (seen.server.state != Handshake::none) &&
         succeeded(seen.client, counted(Counter::connect_good)) &&
         (succeeded(seen.server, counted(Counter::accept_good)) || seen.version == 0) &&
         counted(Counter::connect_renegotiate) == 0 && counted(Counter::accept_renegotiate) == 0 &&
         counted(Counter::hits) <= 3 && counted(Counter::misses) <= 3 && counted(Counter::timeouts) <= 2 &&
         counted(Counter::cb_hits) <= 2;
}

/// A command on one connection leaves the others alone; only freeing a context renames what they use.
bool other_connections_are_left_alone(const Change& change) {
  for (std::uint8_t i = 0; i < connections_max; ++i) {
    if (is_on_connection(change.command.op) && change.command.connection == i) continue;
    const Connection &old = change.before.connections[i], &now = change.after.world.connections[i];
    const auto same = [&](const Side& a, const Side& b) {
      const bool renamed = change.command.op == Op::renew;
      return a.session == b.session && a.state == b.state && a.reused == b.reused && a.error == b.error &&
             a.settings == b.settings && a.id_context == b.id_context && a.sent_shutdown == b.sent_shutdown &&
             a.received_shutdown == b.received_shutdown &&
             (renamed || (a.context == b.context && a.current == b.current));
    };
    if (old.open != now.open || !same(old.client, now.client) || !same(old.server, now.server) ||
        old.to_client.size() != now.to_client.size() || old.to_server.size() != now.to_server.size())
      return false;
  }
  return true;
}

/// What is outside of the contract is carried out by neither side: the command, or, where a callback would have made it
/// under the lock in the midst of one, that call.
bool nothing_is_done_outside_the_contract(const Change& change) {
  if (change.seen.status != Status::unspecified) return true;
  const auto is = [](Event::Kind kind) { return [kind](const Event& event) { return event.kind == kind; }; };
  const auto calls = std::ranges::count_if(change.seen.log, is(Event::Kind::call));
  const auto removals = std::ranges::count_if(change.seen.log, is(Event::Kind::remove_session));
  if (removals > 0 && change.after.rules.says(call_under_lock_undefined))
    return calls <= std::ssize(change.seen.log) - calls - removals;
  for (std::size_t i = 0; i < change.before.contexts.size(); ++i) {
    const Context &old = change.before.contexts[i], &now = change.after.world.contexts[i];
    if (old.cache != now.cache || old.counters != now.counters || old.store.size() != now.store.size()) return false;
  }
  return change.seen.log.empty() && change.before.held == change.after.world.held;
}

/// Sessions come and go as objects, and no more of them exist than were ever made.
bool live_sessions_were_made(const Change& change) {
  return change.seen.live >= 0 && change.seen.live <= static_cast<std::int64_t>(change.after.world.sessions.size());
}

/// Early data is accepted in TLS 1.3 alone, on a session that is resumed and allows it, and never after a retry.
bool early_data_is_deserved(const Change& change) {
  if (!change.because.has(Reason::early_data_accepted)) return true;
  return change.because.has(Reason::early_data_sent) && !change.because.has(Reason::hello_retry) &&
         !change.because.has(Reason::renegotiation);
}

bool counters_only_grow(const Change& change) {
  for (std::size_t i = 0; i < change.before.contexts.size(); ++i) {
    if (change.command.op == Op::renew && change.command.context == i) continue;
    const bool took_part = takes_part(change, i);
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
  return std::ranges::none_of(c.cache, [&](SessionRef ref) { return m.expired(m.session(ref), {at, 0}, true); });
}

bool time_goes_where_it_is_told(const Change& change) {
  const Moment &old = change.before.now, &now = change.after.world.now;
  const Op op = change.command.op;
  return (op == Op::advance ? now >= old : op == Op::rewind ? now <= old : now == old) && now.microseconds >= 0 &&
         now.microseconds < 1'000'000;
}

/// What is shown is what is there.
bool observation_shows_the_world(const Change& change) {
  const World& w = change.after.world;
  if (change.seen.contexts.size() != w.visible) return false;
  for (std::size_t i = 0; i < w.visible; ++i) {
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

/// Only callbacks that are set are called; setting them is no call. A freed context that lives on has its own.
bool only_present_callbacks_are_called(const Change& change) {
  const auto is_set = [](const Context& c, Event::Kind kind) {
    const auto calls = [&](Setting which) { return c.settings.as<Calls>(which) != Calls::nothing; };
    switch (kind) {
      case Event::Kind::new_session: return c.callbacks.new_session != NewCallback::absent;
      case Event::Kind::get_session: return c.callbacks.get_session != GetCallback::absent;
      case Event::Kind::remove_session: return c.callbacks.remove_session != RemoveCallback::absent;
      case Event::Kind::call: return calls(Setting::new_calls) || calls(Setting::get_calls) || calls(Setting::remove_calls);
    }
    return false;
  };
  return std::ranges::all_of(change.seen.log, [&](const Event& event) {
    return std::ranges::any_of(change.before.contexts, [&](const Context& c) {
      return c.letter == event.context && is_set(c, event.kind);
    });
  });
}

/// Each call that a callback makes follows a callback, and calls nothing in its turn: at most one for each.
bool calls_come_from_callbacks(const Change& change) {
  std::int64_t callbacks = 0, calls = 0;
  for (const Event& event : change.seen.log) (event.kind == Event::Kind::call ? calls : callbacks) += 1;
  return calls <= callbacks && (change.seen.log.empty() || change.seen.log.front().kind != Event::Kind::call);
}

/// A command whose slot is empty does nothing.
bool no_subject_no_effect(const Change& change) {
  switch (change.command.op) {
    case Op::add: case Op::remove: case Op::set_session_time: case Op::set_session_timeout:
    case Op::set_session_id_context: case Op::set_session_data: case Op::set_session_id: case Op::set_session_version:
    case Op::set_session_host_name: case Op::set_session_protocol: case Op::set_session_early_data:
    case Op::dup: case Op::serialise: case Op::drop: case Op::answer:
      return change.before.held[change.command.slot] != no_session ||
             ((change.because.reasons.none() || change.seen.status == Status::unspecified) && change.seen.result == 0 && change.seen.log.empty() &&
              change.before.held == change.after.world.held);
    case Op::deliver: case Op::offer: case Op::take: case Op::renegotiate: case Op::new_ticket: case Op::verify_client: case Op::shut:
    case Op::garble: case Op::hang_up: case Op::clear: case Op::close:
      return change.before.connections[change.command.connection].open ||
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
    {"references lead somewhere", references_lead_somewhere},  // the others rely on it
    {"a session knows the cache that lists it", caches_and_sessions_agree},
    {"ids in a cache are distinct", ids_in_a_cache_are_distinct},
    {"victims are in order", victims_are_in_order},
    {"counters add up", counters_add_up},
    {"stores hold what they can", stores_hold_what_they_can},
    {"freed contexts end with their connections", freed_contexts_end_with_their_connections},
    {"names are distinct", names_are_distinct},
    {"the ends of a connection agree", ends_agree},
    {"connections are possible", connections_are_possible},
};
constexpr Invariant<Change> of_steps[] = {
    {"capacity is kept", capacity_is_kept},
    {"counters only grow", counters_only_grow},
    {"connections are counted", connections_are_counted},
    {"other connections are left alone", other_connections_are_left_alone},
    {"nothing is done outside of the contract", nothing_is_done_outside_the_contract},
    {"live sessions were made", live_sessions_were_made},
    {"early data is deserved", early_data_is_deserved},
    {"a flush leaves nothing expired", flush_leaves_nothing_expired},
    {"time goes where it is told", time_goes_where_it_is_told},
    {"an observation shows the world", observation_shows_the_world},
    {"only present callbacks are called", only_present_callbacks_are_called},
    {"calls come from callbacks", calls_come_from_callbacks},
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
