#include "explore/exploration.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <random>
#include <span>
#include <string_view>
#include <thread>
#include <tuple>

#include "check/describe.hpp"
#include "check/explain.hpp"
#include "check/lockstep.hpp"
#include "check/shrink.hpp"
#include "explore/journal.hpp"
#include "explore/tour.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_walk =
    90;  // less than far_from_flush: a walk meets no automatic flush that the search did not
constexpr std::size_t mismatches_max = 5;  // looked into, in each world; one fault shows in many transitions

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One world, from its search to the library.
class Worker {
 public:
  Worker(const Plan& plan, Progress& progress, Sut* sut) : plan_(plan), progress_(progress), sut_(sut) {}

  /// What is known of it, when it is done or stopped.
  Outcome explore(const Start& start) { return explore(start, plan_.depth, plan_.memory / plan_.jobs); }
  [[nodiscard]] bool stopped() const { return plan_.stop != nullptr && *plan_.stop; }

 private:
  Outcome explore(const Start& start, std::size_t depth, std::size_t memory);
  void go_on_depth_first(const Start& start, const Search& search, const CacheMachine& machine, std::size_t depth,
                         std::size_t memory, Outcome& outcome);
  void collect_broken(const Start& start, const Search& search, const CacheMachine& machine, Outcome& outcome) const;
  void execute(const Start& start, const Search& search, Outcome& outcome);
  void look_into(const Trace& trace, const Difference& difference, Outcome& outcome);

  const Plan& plan_;
  Progress& progress_;
  Sut* sut_;
  std::vector<Observation> seen_;
};

Outcome Worker::explore(const Start& start, std::size_t depth, std::size_t memory) {
  const auto begin = Clock::now();
  Outcome outcome;
  outcome.worlds = 1;
  CacheMachine machine(start, plan_.rules, start.invariants ? invariants::all() : std::span<const invariants::Invariant>());
  Search search(machine);
  bool has_room = true;
  while (has_room && search.depth() < depth && !search.complete()) {
    const std::size_t states = search.states(), transitions = search.transitions();
    has_room = search.deepen(plan_.stop, memory);
    progress_.states += search.states() - states;
    progress_.transitions += search.transitions() - transitions;
    progress_.frontier = search.frontier();
  }
  outcome.depth = search.depth();
  outcome.complete = search.complete();
  outcome.states = search.states();
  outcome.transitions = search.transitions();
  if (start.invariants) outcome.checked = search.transitions();
  outcome.memory = outcome.memory_all = search.memory();
  for (StateIndex state = 0; state < search.states(); ++state) outcome.key_bytes += search.key(state).size();
  collect_broken(start, search, machine, outcome);
  outcome.model_seconds = seconds_since(begin);
  if (sut_ != nullptr) execute(start, search, outcome);
  outcome.seconds = seconds_since(begin);
  if (!has_room && !stopped()) go_on_depth_first(start, search, machine, depth, memory, outcome);
  return outcome;
}

/// From each state that was not expanded, one after the other, a search of its own, in what room is left: it is forgotten when
/// it is done. What two of them come to counts twice.
void Worker::go_on_depth_first(const Start& start, const Search& search, const CacheMachine& machine, std::size_t depth,
                               std::size_t memory, Outcome& outcome) {
  const std::size_t room = std::max(memory / 3, memory - std::min(memory, search.memory()));
  const auto enough = [&] { return stopped() || outcome.mismatches.size() + outcome.more_mismatches >= mismatches_max; };
  for (auto state = static_cast<StateIndex>(search.expanded()); state < search.states() && !enough(); ++state) {
    const std::size_t at = search.depth() + (state < search.level(search.depth() + 1) ? 0 : 1);
    if (at >= depth || search.key(state).empty()) continue;
    Start further = start;
    further.trace = machine.trace(start, search.path(state));
    Outcome rest = explore(further, depth - at, room);
    rest.depth_first = rest.transitions;
    rest.memory += search.memory();
    rest.worlds = rest.cut_short = 0;
    rest.depth = outcome.depth;
    outcome.add(std::move(rest));
  }
  outcome.cut_short = 1;
  if (!enough()) outcome.depth = depth;
}

void Worker::collect_broken(const Start& start, const Search& search, const CacheMachine& machine,
                            Outcome& outcome) const {
  const auto all = invariants::all();
  for (std::size_t i = 0; i < machine.broken().size(); ++i) {
    const Broken& broken = machine.broken()[i];
    if (broken.transitions == 0) continue;
    std::vector<Action> walk = search.path(broken.from);
    walk.push_back(broken.action);
    Trace trace = machine.trace(start, walk);
    // The same again, in a world that was never abstracted: sessions have their own names there.
    const auto again = invariants::broken(all[i], trace, simulate(trace, plan_.rules));
    outcome.broken.push_back(
        {std::string(all[i].name), broken.transitions, std::move(trace), again.value_or(broken.what)});
  }
}

/// Every transition of the search on the library, in walks.
void Worker::execute(const Start& start, const Search& search, Outcome& outcome) {
  CacheMachine machine(start, plan_.rules);
  const std::vector<Action> home = machine.also(start.home);
  Tours tours(search, machine, home, longest_walk);
  std::vector<Action> walk;
  while (!stopped() && tours.next(walk)) {
    const Trace trace = machine.trace(start, walk);
    const std::size_t before = outcome.executed;
    sut_->run(trace, seen_);
    ++outcome.traces;
    outcome.commands += seen_.size();
    progress_.commands += seen_.size();
    const auto difference = lockstep(trace, plan_.rules, seen_);
    if (difference) {
      const std::size_t prefix = start.trace.commands.size();
      tours.cut(difference->command >= prefix ? difference->command - prefix : 0);
      look_into(trace, *difference, outcome);
    }
    outcome.executed = tours.taken();
    progress_.executed += outcome.executed - before;
    if (difference && outcome.mismatches.size() + outcome.more_mismatches >= mismatches_max) break;
  }
}

void Worker::look_into(const Trace& trace, const Difference& difference, Outcome& outcome) {
  if (!outcome.mismatches.empty()) {
    ++outcome.more_mismatches;
    return;
  }
  Trace failing = trace;
  failing.commands.resize(difference.command + 1);
  const auto differs = [&](const Trace& candidate) {
    sut_->run(candidate, seen_);
    return lockstep(candidate, plan_.rules, seen_);
  };
  const Trace small = shrink(
      failing, [&](const Trace& candidate) { return differs(candidate).has_value(); }, 500);
  const auto told = [](const Difference& one) {
    const FieldDifference& field = one.fields.front();
    return "command " + std::to_string(one.command + 1) + ", " + field.field + ": model " + field.model + ", library " +
           field.library;
  };
  Mismatch mismatch{small, "seen once, and not again: " + told(difference), std::nullopt};
  if (const auto again = differs(small)) {
    mismatch.at = told(*again);
    mismatch.explanation = explain(small, plan_.rules, seen_);
  }
  outcome.mismatches.push_back(std::move(mismatch));
}

/// Which of two traces is shown: the same one in whatever order worlds came to their end.
bool is_shown_before(const Trace& a, const Trace& b) {
  const auto rank = [](const Trace& trace, const std::string& text) {
    return std::tuple(single_commands(trace), text.size(), std::string_view(text));
  };
  const std::string text_a = to_text(a), text_b = to_text(b);
  return rank(a, text_a) < rank(b, text_b);
}

}  // namespace

void Outcome::add(Outcome other) {
  if (!other.complete) depth = worlds == 0 || complete ? other.depth : std::min(depth, other.depth);
  if (other.complete && complete) depth = std::max(depth, other.depth);
  complete = complete && other.complete;
  worlds += other.worlds;
  states += other.states, transitions += other.transitions, executed += other.executed;
  traces += other.traces, commands += other.commands;
  checked += other.checked, cut_short += other.cut_short, depth_first += other.depth_first, memory_all += other.memory_all;
  memory = std::max(memory, other.memory);
  key_bytes += other.key_bytes;
  seconds += other.seconds, model_seconds += other.model_seconds;
  more_mismatches += other.more_mismatches;
  for (Mismatch& mismatch : other.mismatches) mismatches.push_back(std::move(mismatch));
  for (BrokenInvariant& one : other.broken) {
    const auto known = std::ranges::find(broken, one.name, &BrokenInvariant::name);
    if (known == broken.end()) {
      broken.push_back(std::move(one));
      continue;
    }
    const std::size_t both = known->transitions + one.transitions;
    if (is_shown_before(one.trace, known->trace)) *known = std::move(one);
    known->transitions = both;
  }
}

Outcome explore(const Plan& plan, Progress& progress, Outcome* begun) {
  Journal journal(plan.journal, plan.title);
  Outcome total;
  std::vector<const Start*> todo;
  for (std::size_t i = plan.shard; i < plan.starts.size(); i += plan.shards) {
    if (const auto known = journal.find(plan.starts[i].name))
      total.add(*known);
    else
      todo.push_back(&plan.starts[i]);
  }
  // Those that cost most stand together in a preset: mixed, the worlds that are done tell how long the others take.
  std::ranges::shuffle(todo, std::minstd_rand{});
  progress.worlds_known = progress.worlds_done = total.worlds;
  progress.worlds = todo.size() + total.worlds;

  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      Subject subject;
      if (plan.library) subject = plan.library(patience_at_first);
      Worker worker(plan, progress, subject.sut.get());
      for (std::size_t mine; (mine = next++) < todo.size();) {
        Outcome outcome = worker.explore(*todo[mine]);
        const std::lock_guard lock(mutex);
        if (failure) return;
        if (worker.stopped()) {
          if (begun != nullptr) begun->add(std::move(outcome));
          return;
        }
        journal.add(todo[mine]->name, outcome);
        total.add(std::move(outcome));
        ++progress.worlds_done;
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < plan.jobs; ++i) threads.emplace_back(work);
  }
  total.failure = failure;
  return total;
}

}  // namespace sesscheck::explore
