#include "props/faulty_sut.hpp"

#include <algorithm>

namespace sesscheck::props {
namespace {

ContextView& server(const FaultySight& s) { return s.seen.contexts[s.command.context]; }
ContextView& client(const FaultySight& s) { return s.seen.contexts[s.command.client]; }
bool is(const FaultySight& s, Op op) { return s.command.op == op; }
bool connected(const FaultySight& s) { return is(s, Op::connect) && s.seen.result == 1; }
bool resumed(const FaultySight& s) { return connected(s) && s.seen.connection.server.reused; }
std::int64_t& counter(ContextView& view, Counter which) { return view.counters[static_cast<std::size_t>(which)]; }

/// A counter that is one more than it should be once `when` has been seen, as long as the trace goes on.
template <class When>
std::function<void(FaultySight)> sticks(Counter which, std::int64_t by, When when) {
  return [which, by, when](const FaultySight& s) {
    // The context is remembered in the counter itself: what was off before is off now.
    if (when(s)) counter(server(s), which) += by;
  };
}

void erase_first(std::vector<SessionView>& list) {
  if (!list.empty()) list.erase(list.begin());
}

const std::vector<Fault>& table() {
  // clang-format off
  static const std::vector<Fault> all = {
    // --- counters
    {"sess_accept counts refused connections twice", sticks(Counter::accept, 1, [](const FaultySight& s) { return is(s, Op::connect) && s.seen.result == 0 && s.seen.connection.server.state == Handshake::failed; })},
    {"sess_accept_good counts no resumption", sticks(Counter::accept_good, -1, resumed)},
    {"sess_hits is counted twice for an external hit", sticks(Counter::hits, 1, [](const FaultySight& s) { return resumed(s) && s.because.has(Reason::external_hit); })},
    {"sess_cb_hits is not counted", sticks(Counter::cb_hits, -1, [](const FaultySight& s) { return s.because.has(Reason::external_hit); })},
    {"sess_misses counts a hit at the deadline", sticks(Counter::misses, 1, [](const FaultySight& s) { return s.because.has(Reason::found_at_deadline); })},
    {"sess_timeouts is counted twice", sticks(Counter::timeouts, 1, [](const FaultySight& s) { return s.because.has(Reason::found_expired); })},
    {"sess_cache_full counts one eviction as two", sticks(Counter::cache_full, 1, [](const FaultySight& s) { return s.because.has(Reason::evicted); })},
    {"sess_number is one too few above three", [](const FaultySight& s) { for (ContextView& c : s.seen.contexts) c.number -= c.number > 3; }},
    // --- settings
    {"set_size returns the new size", [](const FaultySight& s) { if (is(s, Op::set_size) && s.command.number.value > 0) s.seen.result = s.command.number.value; }},
    {"set_timeout returns 0", [](const FaultySight& s) { if (is(s, Op::set_timeout)) s.seen.result = 0; }},
    {"set_mode drops NO_AUTO_CLEAR from what it returns", [](const FaultySight& s) { if (is(s, Op::set_mode)) s.seen.result &= ~mode::no_auto_clear; }},
    {"get_mode shows UPDATE_TIME as unset", [](const FaultySight& s) { for (ContextView& c : s.seen.contexts) c.mode &= ~mode::update_time; }},
    {"a size above 2 is stored as 2", [](const FaultySight& s) { for (ContextView& c : s.seen.contexts) if (c.size > 2 && c.size < 1000) c.size = 2; }},
    {"a timeout above a minute is stored as a minute", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::set_timeout) c.number.value = std::min<std::int64_t>(c.number.value, 60); }},
    // --- add, remove, flush
    {"adding returns 1 for a session that is there", [](const FaultySight& s) { if (is(s, Op::add) && s.because.has(Reason::readded)) s.seen.result = 1; }},
    {"removing returns 1 for a session that is not there", [](const FaultySight& s) { if (is(s, Op::remove) && s.because.has(Reason::removed_uncached)) s.seen.result = 1; }},
    {"removing leaves the session resumable", [](const FaultySight& s) { if (is(s, Op::remove) && s.seen.held[s.command.slot - 1]) s.seen.held[s.command.slot - 1]->resumable = true; }},
    {"a flush is a second late", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::flush && c.number.value > -1'000'000 && c.number.value != 0) c.number.value -= 1; }},
    {"a flush is carried out on the first context", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::flush) c.context = 0; }},
    {"flush with 0 does nothing", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::flush && c.number.value == 0 && !c.number.from_now) c = Command{}; }},
    // --- callbacks
    {"new_session_cb is called twice", [](const FaultySight& s) { for (std::size_t i = 0; i < s.seen.log.size(); ++i) if (s.seen.log[i].kind == Event::Kind::new_session) { s.seen.log.insert(s.seen.log.begin() + static_cast<std::ptrdiff_t>(i), s.seen.log[i]); break; } }},
    {"remove_session_cb is not called for evicted sessions", [](const FaultySight& s) { if (s.because.has(Reason::evicted)) std::erase_if(s.seen.log, [](const Event& e) { return e.kind == Event::Kind::remove_session; }); }},
    {"get_session_cb is asked twice", [](const FaultySight& s) { for (std::size_t i = 0; i < s.seen.log.size(); ++i) if (s.seen.log[i].kind == Event::Kind::get_session) { s.seen.log.insert(s.seen.log.begin() + static_cast<std::ptrdiff_t>(i), s.seen.log[i]); break; } }},
    {"new_session_cb comes after remove_session_cb", [](const FaultySight& s) { std::ranges::stable_sort(s.seen.log, {}, [](const Event& e) { return e.kind == Event::Kind::new_session; }); }},
    {"get_session_cb of another context is asked", [](const FaultySight& s) { for (Event& e : s.seen.log) if (e.kind == Event::Kind::get_session && s.seen.contexts.size() > 2) e.context = 2; }},
    // --- connections
    {"SSL_session_reused says yes on a client that was refused", [](const FaultySight& s) { if (connected(s) && s.because.has(Reason::full_after_offer)) s.seen.connection.client.reused = true; }},
    {"the ServerHello repeats a refused id", [](const FaultySight& s) { if (s.because.has(Reason::id_withheld) && connected(s)) s.seen.connection.answered_id_length = 32; }},
    {"a prefix of the session id context is enough", {}, [](Trace& t) { for (ContextSetup& c : t.setup.contexts) c.id_context.length = std::min<std::uint8_t>(c.id_context.length, 1); for (Command& c : t.commands) if (c.id_context && c.id_context->length > 1 && c.id_context->length <= id_context_max) c.id_context->length = 1; }},
    {"a broken full handshake counts as finished on the client", [](const FaultySight& s) { if (is(s, Op::connect) && s.because.has(Reason::broken_off) && s.seen.connection.client.state == Handshake::unfinished) s.seen.connection.client.state = Handshake::done; }},
    {"a quiet end counts as unclean at the server", {}, [](Trace& t) { for (Command& c : t.commands) if (c.server_end == End::quiet) c.server_end = End::none; }},
    {"resuming moves the session's time", [](const FaultySight& s) { if (resumed(s)) for (SessionView& v : server(s).cached) if (v.name == s.seen.connection.server.session && v.time < 4'000'000'000) v.time += 1; }},
    // --- what is cached
    {"a client stores without the CLIENT bit", [](const FaultySight& s) { if (connected(s) && s.because.has(Reason::store_mode_off_client) && s.command.client != s.command.context) client(s).number += 1; }},
    {"the least session of a cache of four is not found", [](const FaultySight& s) { for (ContextView& c : s.seen.contexts) if (c.cached.size() >= 4) erase_first(c.cached); }},
    {"sessions in the external store lose their timeout", [](const FaultySight& s) { for (ContextView& c : s.seen.contexts) for (SessionView& v : c.stored) if (v.timeout > 0) v.timeout -= 1; }},
    {"dup keeps no time", [](const FaultySight& s) { if (is(s, Op::dup) && s.command.keep != 0 && s.seen.held[s.command.keep - 1]) s.seen.held[s.command.keep - 1]->time = 0; }},
    {"serialised sessions have no timeout", [](const FaultySight& s) { if (is(s, Op::serialise) && s.command.keep != 0 && s.seen.held[s.command.keep - 1] && s.seen.result == 1) s.seen.held[s.command.keep - 1]->timeout = 0; }},
    {"every 100th connection stores nothing", [](const FaultySight& s) { if (connected(s) && counter(server(s), Counter::accept) % 100 == 0) server(s).number -= 1; }},
    {"VERIFY_PEER is never switched off", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::set_verify_peer && c.number.value == 0) c = Command{}; }},
    {"a dropped callback is still called", {}, [](Trace& t) { for (Command& c : t.commands) if (c.op == Op::set_callbacks && c.callbacks == Callbacks{}) c = Command{}; }},
  };
  // clang-format on
  return all;
}

}  // namespace

std::span<const Fault> faults() { return table(); }

void FaultySut::run(const Trace& asked, std::vector<Observation>& seen) {
  Trace done = asked;
  if (fault_.misdo) fault_.misdo(done);
  seen.clear();
  simulate(done, rules_, [&](const Step& step) {
    Observation observation = step.model;
    const Observation* before = seen.empty() ? nullptr : &seen.back();
    if (fault_.corrupt) fault_.corrupt({done, done.commands[step.command], step.because, before, observation});
    seen.push_back(std::move(observation));
  });
}

void DyingSut::run(const Trace& trace, std::vector<Observation>& seen) {
  seen = simulate(trace, Rules::openssl_3_0());
  if (when_ == Dies::at_the_end) {
    seen.emplace_back().status = Status::crashed;
    return;
  }
  std::size_t step = 0;
  const bool spoilt_before = spoilt_;
  for (const Command& command : trace.commands) {
    if (command.op == Op::set_size && command.number.value == 2) spoilt_ = true;
    const bool full = step > 0 && command.op == Op::flush && seen[step - 1].contexts[command.context].number > 0;
    const bool dies = full && (when_ == Dies::alone || (when_ == Dies::after_a_spoiler && spoilt_before) ||
                               (when_ == Dies::once && !already_));
    if (dies) {
      already_ = true;
      spoilt_ = false;  // the next trace gets a new process
      seen.resize(step + 1);
      seen.back() = {};
      seen.back().status = Status::crashed;
      return;
    }
    step += command.repeat;
  }
}

}  // namespace sesscheck::props
