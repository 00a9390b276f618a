#include "audit/audit.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "check/explain.hpp"
#include "check/generate.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

constexpr std::size_t batch_size = 64;
constexpr std::chrono::seconds shrinking_max{30};  // of one surprise: a library that hangs takes its time at every try
constexpr std::size_t unexplained_max = 5;  // each costs a long search, and more of them say little more

class Auditor {
 public:
  Auditor(Fleet& fleet, const AuditOptions& options) : fleet_(fleet), options_(options) {}

  AuditResult run() {
    try {
      while (result_.commands < options_.commands && !stopped()) compare_batch();
      for (Deviation& deviation : result_.deviations) {
        if (stopped()) break;
        tell("shrinking");
        shrink_deviation(deviation);
      }
    } catch (const SutError& error) {
      if (result_.commands == 0) throw;
      result_.failure = error.what();
    }
    // What one trace could not tell apart, another did: only what the Rules finally say is a deviation.
    std::erase_if(result_.deviations, [&](const Deviation& d) { return !result_.established.says(d.choice); });
    result_.interrupted = stopped();
    judge();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop && *options_.stop; }

  void tell(std::string_view stage) const {
    if (options_.progress)
      options_.progress({result_.commands, options_.commands, result_.deviations.size(), result_.surprises.size(), stage});
  }

  void compare_batch() {
    std::vector<Trace> traces;
    for (std::size_t i = 0; i < batch_size; ++i) {
      Random random(options_.seed * 1'000'003 + result_.traces + i);
      traces.push_back(generate(random));
    }
    fleet_.run(traces, seen_);
    for (std::size_t i = 0; i < traces.size(); ++i) compare_trace(traces[i], seen_[i]);
    tell("comparing");
  }

  std::vector<Observation> run_one(const Trace& trace) {
    std::vector<std::vector<Observation>> seen;
    fleet_.run({&trace, 1}, seen);
    return std::move(seen.front());
  }

  void compare_trace(const Trace& trace, const std::vector<Observation>& seen) {
    ++result_.traces;
    std::array<std::size_t, reason_count> met{};
    const auto surprise = lockstep(trace, options_.expected, seen, [&](const Step& step) {
      ++result_.commands;
      for (std::size_t r = 0; r < reason_count; ++r)
        if (step.because.reasons.test(r)) ++met[r];
    });
    for (std::size_t r = 0; r < reason_count; ++r)
      if (met[r] != 0) ++traces_[r], steps_[r] += met[r];
    // What no Rule explains teaches nothing about the Rules.
    if (surprise && !add_surprise(trace, seen, *surprise)) return;
    if (lockstep(trace, result_.established, seen)) learn(trace, seen);
  }

  /// The Rules established so far do not account for this trace: which changes do?
  void learn(const Trace& trace, const std::vector<Observation>& seen) {
    auto changes = explain(trace, result_.established, seen);
    if (!changes && !lockstep(trace, options_.expected, seen))
      changes = differences(result_.established, options_.expected);  // the search gave up; the expectation does account
    if (!changes) return;
    for (const Choice change : *changes) {
      result_.established.set(change);
      std::erase_if(result_.deviations, [&](const Deviation& d) { return d.choice.rule == change.rule; });
      if (change.value != Rules::manual().value(change.rule))
        result_.deviations.push_back({change, trace, result_.commands, {}});
    }
  }

  /// Whether Rules explain it. Of each explanation one surprise is kept, and a few that have none.
  bool add_surprise(const Trace& trace, std::span<const Observation> seen, const Difference& difference) {
    if (unexplained_ >= unexplained_max) return false;
    tell("shrinking");
    const Trace start = up_to(trace, difference);
    const auto explanation = explain(start, options_.expected, seen.first(std::min(difference.step + 1, seen.size())));
    for (const Surprise& known : result_.surprises)
      if (known.explanation && explanation == known.explanation) return true;
    if (!explanation) ++unexplained_;

    Surprise surprise;
    surprise.found_after = result_.commands;
    // An explained one must stay explained the same way, or shrinking would slip from one deviation to another.
    const auto until = std::chrono::steady_clock::now() + shrinking_max;
    const auto still = [&](const Trace& candidate) {
      if (stopped() || std::chrono::steady_clock::now() > until) return false;
      const std::vector<Observation> observed = run_one(candidate);
      if (!lockstep(candidate, options_.expected, observed)) return false;
      return !explanation || explain(candidate, options_.expected, observed) == explanation;
    };
    surprise.trace = still(start) ? shrink(start, still) : trace;
    const std::vector<Observation> last = run_one(surprise.trace);
    surprise.explanation = explain(surprise.trace, options_.expected, last);
    surprise.shown = show(surprise.trace, options_.expected, last);
    result_.surprises.push_back(std::move(surprise));
    return explanation.has_value();
  }

  /// The trace as far as it goes before something differs, that step included.
  static Trace up_to(const Trace& trace, const Difference& difference) {
    Trace start = trace;
    start.commands.resize(difference.command + 1);
    start.commands.back().repeat = static_cast<std::uint16_t>(difference.repetition + 1);
    return start;
  }

  /// Cuts the trace to one in which this Rule alone makes the difference, each candidate confirmed on the library.
  void shrink_deviation(Deviation& deviation) {
    const Rules& real = result_.established;
    if (!real.says(deviation.choice)) return;
    const Rules without = real.with({deviation.choice.rule, Rules::manual().value(deviation.choice.rule)});
    const auto shows = [&](const Trace& candidate) {
      const std::vector<Observation> predicted = simulate(candidate, real);
      if (!lockstep(candidate, without, predicted)) return false;
      const std::vector<Observation> observed = run_one(candidate);
      return !lockstep(candidate, real, observed);
    };
    if (shows(deviation.trace)) deviation.trace = shrink(deviation.trace, shows);
    deviation.shown = show(deviation.trace, without, run_one(deviation.trace));
  }

  static Shown show(const Trace& trace, const Rules& rules, const std::vector<Observation>& seen) {
    const auto difference = lockstep(trace, rules, seen);
    if (!difference) return {};
    return {difference->command, difference->repetition, to_text(trace.commands[difference->command]), difference->fields};
  }

  void judge() {
    for (const Clause& clause : clause_table()) {
      ClauseResult verdict;
      verdict.clause = &clause;
      for (const ReasonInfo& reason : reason_table())
        if (is_evidence(reason.reason, clause.id)) {
          const auto r = static_cast<std::size_t>(reason.reason);
          verdict.traces = std::max(verdict.traces, traces_[r]);
          verdict.steps += steps_[r];
        }
      for (const Choice deviation : differences(Rules::manual(), result_.established))
        if (decides(deviation.rule, clause.id)) verdict.deviations.push_back(deviation);
      verdict.verdict = !verdict.deviations.empty() ? Verdict::deviates
                        : verdict.steps > 0         ? Verdict::conforms
                                                    : Verdict::not_exercised;
      result_.clauses.push_back(std::move(verdict));
    }
  }

  Fleet& fleet_;
  const AuditOptions& options_;
  AuditResult result_;
  std::vector<std::vector<Observation>> seen_;
  std::size_t unexplained_ = 0;
  std::array<std::size_t, reason_count> traces_{}, steps_{};
};

}  // namespace

AuditResult audit(Fleet& fleet, const AuditOptions& options) { return Auditor(fleet, options).run(); }

}  // namespace sesscheck
