#include "check/explain.hpp"

#include <algorithm>
#include <bitset>

#include "check/lockstep.hpp"

namespace sesscheck {
namespace {

/// How far the model gets under some Rules, and which of them it asked on the way.
struct Attempt {
  Rules rules;
  std::size_t agreed_steps = SIZE_MAX;  // SIZE_MAX: to the end
  std::size_t fields = 0;               // that differ in the step after those
  std::bitset<rule_count> asked;
  [[nodiscard]] bool agrees() const { return agreed_steps == SIZE_MAX; }
  [[nodiscard]] bool better_than(const Attempt& other) const {
    return agreed_steps != other.agreed_steps ? agreed_steps > other.agreed_steps : fields < other.fields;
  }
};

class Search {
 public:
  Search(const Trace& trace, const Rules& expected, std::span<const Observation> seen, const Acceptable& acceptable)
      : trace_(trace), expected_(expected), seen_(seen), acceptable_(acceptable) {}

  std::optional<Rules> run() {
    Attempt start = attempt(expected_);
    if (start.agrees() && accepts(expected_)) return expected_;
    // Exhaustively for one and two changes; beyond, the first way that leads to the end, which the caller then thins out.
    for (const int changes : {1, 2, static_cast<int>(rule_count)}) {
      budget_ = runs_max;
      if (auto found = deepen(start, changes)) return found;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool accepts(const Rules& rules) const { return !acceptable_ || acceptable_(rules); }

  Attempt attempt(const Rules& rules) {
    Attempt result;
    result.rules = rules;
    if (const auto difference =
            lockstep(trace_, rules, seen_, [&](const Step& step) { result.asked |= step.because.rules; }))
      result.agreed_steps = difference->step, result.fields = difference->fields.size();
    return result;
  }

 private:
  // Only a Rule that was asked before the first difference can move it. A change that moves it further, or makes it
  // smaller, is followed, the best one first; one that does not is followed once, for two Rules that act only together.
  std::optional<Rules> deepen(const Attempt& from, int changes, bool patient = true) {
    std::vector<Attempt> next;
    for (const RuleInfo& row : rule_table()) {
      const bool changed = from.rules.value(row.rule) != expected_.value(row.rule);
      if (changed || !from.asked.test(static_cast<std::size_t>(row.rule))) continue;
      for (std::uint8_t value = 0; value < row.values.size(); ++value) {
        if (value == from.rules.value(row.rule) || budget_-- <= 0) continue;
        Attempt tried = attempt(from.rules.with({row.rule, value}));
        if (tried.agrees() && accepts(tried.rules)) return tried.rules;
        next.push_back(std::move(tried));
      }
    }
    if (changes == 1) return std::nullopt;
    std::ranges::stable_sort(next, [](const Attempt& a, const Attempt& b) { return a.better_than(b); });
    for (const Attempt& tried : next) {
      const bool progress = tried.better_than(from);
      if (!progress && !patient) break;
      if (auto found = deepen(tried, changes - 1, progress)) return found;
    }
    return std::nullopt;
  }

  const Trace& trace_;
  const Rules& expected_;
  std::span<const Observation> seen_;
  const Acceptable& acceptable_;
  static constexpr int runs_max = 4'000;  // of the model, for each of the three: a bound on time, far above what is needed
  int budget_ = 0;
};

}  // namespace

std::optional<std::vector<Choice>> explain(const Trace& trace, const Rules& expected, std::span<const Observation> seen,
                                           const Acceptable& acceptable) {
  Search search(trace, expected, seen, acceptable);
  const auto found = search.run();
  if (!found) return std::nullopt;

  Rules least = *found;
  for (bool thinner = true; thinner;) {  // what was needed beside a change that is gone may not be needed any more
    thinner = false;
    for (const Choice change : differences(expected, least)) {
      const Rules without = least.with({change.rule, expected.value(change.rule)});
      if (!search.attempt(without).agrees() || !search.accepts(without)) continue;
      least = without;
      thinner = true;
    }
  }
  return differences(expected, least);
}

}  // namespace sesscheck
