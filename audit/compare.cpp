#include "audit/compare.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "audit/account.hpp"
#include "audit/directed.hpp"
#include "audit/findings.hpp"
#include "check/generate.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Seen = std::vector<Observation>;

constexpr std::size_t batch_size = 64;
constexpr std::size_t kinds_max = 12;  // of differences in which the one library is not what its own Rules say
constexpr auto shrinking_max = 10s;    // of one of them

/// The first step in which the two are not alike.
Shown show_between(const Trace& trace, const Seen& first, const Seen& second) {
  Shown shown;
  std::size_t step = 0;
  for (std::size_t command = 0; command < trace.commands.size(); ++command)
    for (std::size_t n = 0; n < trace.commands[command].repeat; ++n, ++step) {
      const bool there[] = {step < first.size(), step < second.size()};
      if (there[0] && there[1] && alike(first[step], second[step])) continue;
      shown.command = command, shown.repetition = n;
      shown.command_text = to_text(trace.commands[command]);
      if (there[0] && there[1])
        shown.fields = compare(first[step], second[step]);
      else
        shown.fields = {{"status", there[0] ? "done" : "nothing was seen", there[1] ? "done" : "nothing was seen"}};
      shown.signature = signature(trace, Difference{step, command, n, {}, shown.fields});
      return shown;
    }
  if (first.size() != second.size() && !trace.commands.empty()) {
    shown.command = trace.commands.size() - 1;
    shown.command_text = to_text(trace.commands.back());
    shown.fields = {{"end of the trace", first.size() > second.size() ? "died" : "done", first.size() > second.size() ? "done" : "died"}};
    shown.signature = "end";
  }
  return shown;
}

bool died(const Seen& seen) {
  return !seen.empty() && (seen.back().status == Status::crashed || seen.back().status == Status::hung);
}

class Comparer {
 public:
  /// One of the two is held against the other's Rules. Rules that allow any order are no measure for an order.
  Comparer(Fleet& first, Fleet& second, const CompareOptions& options)
      : options_(options),
        base_(options.rules[0].says(reported_in_any_order) && !options.rules[1].says(reported_in_any_order) ? 1 : 0),
        fleets_{&first, &second},
        labs_{Lab(first.factory()), Lab(second.factory())},
        account_(options.rules[base_], [this](std::size_t n) { return make(n); }, options.lacks) {}

  Comparison run() {
    while (!stopped() && (result_.commands < options_.commands || next_ < directed_traces().size())) compare_batch();
    explained_and_not();
    if (!stopped()) shrink_strange();
    result_.rules[base_] = options_.rules[base_];
    result_.rules[1 - base_] = account_.established();
    std::ranges::stable_sort(result_.contrasts, {}, [](const Contrast& c) { return c.rule.has_value(); });
    result_.interrupted = stopped();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop && *options_.stop; }
  void tell(std::string_view stage, std::size_t done, std::size_t wanted) const {
    if (options_.progress)
      options_.progress({stage, done, wanted, std::min(1.0, static_cast<double>(result_.commands) / static_cast<double>(options_.commands)),
                         result_.differing});
  }

  [[nodiscard]] Trace make(std::size_t number) const {
    if (number < directed_traces().size()) return restricted(directed_traces()[number].trace, options_.lacks);
    Random random(options_.seed * 1'000'003 + number);
    Shape shape;
    shape.lacks = options_.lacks;
    return generate(random, shape);
  }

  void compare_batch() {
    const std::size_t from = next_;
    std::vector<Trace> traces;
    for (std::size_t i = 0; i < batch_size; ++i) traces.push_back(make(next_++));
    for (const std::size_t i : {0U, 1U}) fleets_[i]->run(traces, runs_[i]);
    for (std::size_t i = 0; i < traces.size(); ++i) compare_trace(from + i, traces[i], runs_[base_][i], runs_[1 - base_][i]);
    tell("comparing", result_.commands, options_.commands);
  }

  void compare_trace(std::size_t number, const Trace& trace, const Run& base, const Run& other) {
    ++result_.traces;
    result_.commands += base.seen.size();
    const Rules& rules = options_.rules[base_];
    std::bitset<rule_count> asked;
    const bool as_known = !lockstep(trace, rules, base.seen, [&](const Step& step) { asked |= step.because.rules; });
    if (std::ranges::equal(base.seen, other.seen, alike)) {
      if (as_known) account_.agreed(number, asked);
      return;
    }
    ++result_.differing;
    const auto difference = as_known ? lockstep(trace, rules, other.seen) : std::nullopt;
    if (difference) {
      account_.disagreed({trace, other, result_.commands, difference->step, signature(trace, *difference)});
      return;
    }
    const Shown shown = show_between(trace, base.seen, other.seen);
    auto& [kept, count] = strange_[shown.signature];
    if (count++ == 0 || single_commands(trace) < single_commands(kept)) kept = trace;
  }

  /// What the other library's Rules, or any others, account for; and what none do.
  void explained_and_not() {
    account_.suggest(options_.rules[1 - base_]);
    account_.settle();
    const Account::Retell again = [this](std::size_t n) { return make(n); };
    Findings findings(fleets_[1 - base_]->factory(), account_, again, options_.stop);
    for (const Surprise& s : findings.explained()) {
      tell("shrinking", result_.contrasts.size(), differences(account_.expected(), account_.established()).size());
      Contrast contrast;
      const Choice change = s.explanation->front();
      contrast.rule = change.rule;
      contrast.values[base_] = account_.expected().value(change.rule);
      contrast.values[1 - base_] = change.value;
      contrast.count = s.count;
      keep(std::move(contrast), s.trace);
    }
    for (const Surprise& s : findings.unexplained([&](std::size_t done, std::size_t wanted) { tell("shrinking", done, wanted); })) {
      Contrast contrast;
      contrast.count = s.count;
      result_.not_investigated += s.not_investigated;
      keep(std::move(contrast), s.trace);
    }
  }

  /// Shows it on both libraries, in new processes.
  void keep(Contrast contrast, const Trace& trace) {
    const Seen seen[] = {labs_[0].run_fresh(trace), labs_[1].run_fresh(trace)};
    contrast.trace = trace;
    contrast.shown = show_between(trace, seen[0], seen[1]);
    contrast.died = {died(seen[0]), died(seen[1])};
    if (contrast.shown.fields.empty())  // what is left of it after shrinking is a matter of Rules alone
      result_.not_investigated += contrast.count;
    else
      result_.contrasts.push_back(std::move(contrast));
  }

  /// Where even the library that is the measure is not what its Rules say.
  void shrink_strange() {
    std::size_t done = 0;
    for (const auto& [kind, found] : strange_) {
      if (done++ >= kinds_max || stopped()) {
        result_.not_investigated += found.second;
        continue;
      }
      tell("shrinking", done, strange_.size());
      const auto until = Clock::now() + shrinking_max;
      const Trace small = shrink(found.first, [&](const Trace& t) {
        return !stopped() && Clock::now() < until && restricted(t, options_.lacks) == t &&
               !std::ranges::equal(labs_[0].run(t), labs_[1].run(t), alike);
      });
      Contrast contrast;
      contrast.count = found.second;
      keep(std::move(contrast), small);
    }
  }

  const CompareOptions& options_;
  const std::size_t base_;
  std::array<Fleet*, 2> fleets_;
  std::array<Lab, 2> labs_;
  Account account_;
  std::array<std::vector<Run>, 2> runs_;
  std::map<std::string, std::pair<Trace, std::size_t>> strange_;  // by kind: the shortest, and how many
  Comparison result_;
  std::size_t next_ = 0;
};

}  // namespace

std::size_t Comparison::unexplained() const {
  return static_cast<std::size_t>(std::ranges::count_if(contrasts, [](const Contrast& c) { return !c.rule; }));
}

bool Comparison::as_expected() const {
  if (!baseline) return differing == 0;
  return unexplained() == 0 && not_investigated == 0 && baseline->not_accepted.empty() && baseline->gone.empty();
}

Comparison compare_libraries(Fleet& first, Fleet& second, const CompareOptions& options) {
  return Comparer(first, second, options).run();
}

}  // namespace sesscheck
