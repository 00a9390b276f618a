#include "audit/audit.hpp"

#include <algorithm>
#include <span>

#include "audit/account.hpp"
#include "audit/directed.hpp"
#include "audit/evidence.hpp"
#include "audit/findings.hpp"
#include "audit/judge.hpp"
#include "check/generate.hpp"

namespace sesscheck {
namespace {

constexpr std::size_t batch_size = 64;
constexpr std::size_t deaths_max = 150;           // a library that dies at every turn need not go on doing it ...
constexpr std::size_t weight_of_a_hang = 10;      // ... least of all if each time takes a second
constexpr std::size_t confirming_traces = 24;     // that tell a new value of a Rule from the expected one ...
constexpr std::size_t confirming_search = 2'000;  // ... looked for among so many, on the model alone
constexpr int confirming_rounds = 3;

/// Where a trace came from: enough to make it again, so that none has to be kept.
struct Source {
  enum class Kind : std::uint8_t { directed, random, confirming } kind;
  std::size_t index;
};

class Auditor {
 public:
  Auditor(Fleet& fleet, const AuditOptions& options)
      : fleet_(fleet), options_(options), account_(options.expected, [this](std::size_t n) { return retell(n); }, options.lacks) {}

  AuditResult run() {
    try {
      if (options_.directed) compare_directed();
      while (!enough()) compare_random();
      settle();
    } catch (const SutError& error) {
      if (result_.commands == 0) throw;
      result_.failure = error.what();
      account_.settle();
    }
    try {
      report();
    } catch (const SutError& error) {
      if (result_.failure.empty()) result_.failure = error.what();
    }
    result_.interrupted = stopped();
    if (deaths_ >= deaths_max) result_.note = "comparing ended early, for the library died or hung too often";
    result_.expected = options_.expected;
    result_.exercised = evidence_.tally();
    result_.clauses = judge(result_, evidence_, options_.release, options_.lacks);
    return std::move(result_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool stopped() const { return options_.stop && *options_.stop; }
  [[nodiscard]] double share() const {
    const std::chrono::duration<double> elapsed = Clock::now() - start_;
    return options_.seconds.count() > 0
               ? elapsed.count() / static_cast<double>(options_.seconds.count())
               : static_cast<double>(result_.commands) / static_cast<double>(std::max<std::size_t>(options_.commands, 1));
  }
  [[nodiscard]] bool enough() const { return stopped() || share() >= 1 || deaths_ >= deaths_max; }

  void tell(std::string_view stage, std::size_t done, std::size_t wanted) const {
    if (options_.progress) options_.progress({stage, done, wanted, std::min(share(), 1.0), account_.disagreements()});
  }

  // --- comparing -----------------------------------------------------------------------------------------------------

  [[nodiscard]] Trace make(const Source& source) const {
    if (source.kind == Source::Kind::directed) return restricted(directed_traces()[source.index].trace, options_.lacks);
    const std::uint64_t stream = source.kind == Source::Kind::random ? 1'000'003 : 7'368'787;
    Random random(options_.seed * stream + source.index);
    Shape shape;
    shape.lacks = options_.lacks;
    return generate(random, shape);
  }
  [[nodiscard]] Trace retell(std::size_t number) const { return make(sources_[number]); }

  void compare_directed() {
    std::vector<Source> batch;
    for (std::size_t i = 0; i < directed_traces().size() && !stopped(); ++i) {
      batch.push_back({Source::Kind::directed, i});
      if (batch.size() == batch_size || i + 1 == directed_traces().size()) compare(batch), batch.clear();
    }
  }

  void compare_random() {
    std::vector<Source> batch;
    for (std::size_t i = 0; i < batch_size; ++i) batch.push_back({Source::Kind::random, random_++});
    compare(batch);
  }

  void compare(const std::vector<Source>& batch) {
    std::vector<Trace> traces;
    for (const Source& source : batch) traces.push_back(make(source));
    const std::size_t first = sources_.size();
    sources_.insert(sources_.end(), batch.begin(), batch.end());
    fleet_.run(traces, runs_);
    for (std::size_t i = 0; i < traces.size(); ++i) compare_trace(first + i, traces[i], runs_[i]);
    tell("comparing", result_.commands, options_.commands);
  }

  void compare_trace(std::size_t number, const Trace& trace, Run& run) {
    ++result_.traces;
    std::bitset<rule_count> asked;
    const auto difference = lockstep(trace, options_.expected, run.seen, [&](const Step& step) {
      asked |= step.because.rules;
      evidence_.step(trace, step);
    });
    evidence_.end_of_trace();
    result_.commands += run.seen.size();
    found_after_.push_back(result_.commands);
    if (run.died()) deaths_ += run.seen.back().status == Status::hung ? weight_of_a_hang : 1;
    if (!difference)
      account_.agreed(number, asked);
    else
      account_.disagreed({trace, run, result_.commands, difference->step, signature(trace, *difference)});
  }

  // --- accounting ----------------------------------------------------------------------------------------------------

  /// Which Rules account for what was seen; then, as few traces may have spoken of them, more that do.
  void settle() {
    account_.settle();
    for (int round = 0; round < confirming_rounds && !stopped(); ++round) {
      const Rules believed = account_.established();
      std::vector<Source> batch;
      const std::vector<Choice> changes = differences(options_.expected, believed);
      if (changes.size() > 6)
        return;  // the library is another one; so many traces have disagreed that no more are needed
      for (const Choice change : changes) choose_confirming(believed, change, batch);
      if (batch.empty()) return;
      tell("confirming", static_cast<std::size_t>(round), confirming_rounds);
      compare(batch);
      account_.settle();
      if (account_.established() == believed) return;
    }
  }

  void choose_confirming(const Rules& believed, Choice change, std::vector<Source>& batch) {
    const Rules without = believed.with({change.rule, options_.expected.value(change.rule)});
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < confirming_search && chosen < confirming_traces && !stopped(); ++i) {
      const Source source{Source::Kind::confirming, confirming_++};
      const Trace trace = make(source);
      if (!lockstep(trace, without, account_.predict(trace, believed))) continue;
      batch.push_back(source);
      ++chosen;
    }
  }

  // --- reporting -----------------------------------------------------------------------------------------------------

  void report() {
    const Account::Retell again = [this](std::size_t n) { return retell(n); };
    Findings findings(fleet_.factory(), account_, again, options_.stop);
    result_.surprises = findings.explained();
    for (Surprise& surprise :
         findings.unexplained([&](std::size_t done, std::size_t wanted) { tell("shrinking", done, wanted); }))
      result_.surprises.push_back(std::move(surprise));
    if (!options_.deviations) return;
    name_deviations();
    for (std::size_t i = 0; i < result_.deviations.size(); ++i) {
      Deviation& deviation = result_.deviations[i];
      if (stopped()) {
        deviation.shown =
            show(deviation.trace, without(deviation.choice), account_.predict(deviation.trace, account_.established()));
        continue;
      }
      tell("shrinking", i, result_.deviations.size());
      findings.shrink_to_choice(deviation.trace, deviation.shown, without(deviation.choice));
    }
  }

  [[nodiscard]] Rules without(Choice choice) const {
    return account_.established().with({choice.rule, Rules::manual().value(choice.rule)});
  }

  /// A value that is not the manual's is named when a trace shows it: one on which the library agrees with it, and the
  /// manual's value would make a difference.
  void name_deviations() {
    const Rules& real = account_.established();
    result_.established = real;
    for (const Choice choice : differences(real, Rules::manual())) result_.established.set(choice);
    std::vector<Choice> wanted = differences(Rules::manual(), real);
    const auto look = [&](const Trace& trace, std::size_t found_after) {
      std::vector<Observation> predicted;
      std::erase_if(wanted, [&](Choice choice) {
        if (predicted.empty()) predicted = account_.predict(trace, real);
        if (!lockstep(trace, without(choice), predicted)) return false;
        result_.established.set(choice);
        result_.deviations.push_back({choice, trace, found_after, {}});
        return true;
      });
    };
    for (const Case& c : account_.cases())
      if (!wanted.empty() && !c.died() && !lockstep(c.trace, real, c.run.seen)) look(c.trace, c.found_after);
    for (const Account::Agreed& evidence : account_.agreements()) {
      if (wanted.empty()) break;
      if (std::ranges::none_of(wanted, [&](Choice c) { return evidence.asked.test(static_cast<std::size_t>(c.rule)); }))
        continue;
      look(retell(evidence.number), found_after_[evidence.number]);
    }
    std::ranges::stable_sort(result_.deviations, {}, &Deviation::found_after);
  }

  Fleet& fleet_;
  const AuditOptions& options_;
  AuditResult result_;
  std::vector<Source> sources_;           // of all traces the fleet has run, by number
  std::vector<std::size_t> found_after_;  // commands compared by then, by number
  Account account_;
  Evidence evidence_;
  std::vector<Run> runs_;
  std::size_t random_ = 0, confirming_ = 0, deaths_ = 0;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace

bool AuditResult::as_expected() const {
  if (!baseline) return surprises.empty();
  return baseline->not_accepted.empty() && baseline->gone.empty() &&
         std::ranges::all_of(surprises, [](const Surprise& s) { return s.kind == Surprise::Kind::rule; });
}

AuditResult audit(Fleet& fleet, const AuditOptions& options) { return Auditor(fleet, options).run(); }

}  // namespace sesscheck
