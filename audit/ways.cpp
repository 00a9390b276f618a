#include "audit/ways.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "check/lockstep.hpp"
#include "model/step.hpp"
#include "model/world.hpp"

namespace sesscheck {
namespace {

std::size_t first(const std::bitset<rule_count>& rules) {
  std::size_t rule = 0;
  while (!rules.test(rule)) ++rule;
  return rule;
}

/// Entropy of the outcomes.
double entropy(const std::vector<Way>& ways) {
  std::vector<double> share;
  double total = 0, bits = 0;
  for (const Way& way : ways) {
    share.resize(std::max(share.size(), way.outcome + 1));
    share[way.outcome] += way.share, total += way.share;
  }
  for (const double s : share)
    if (s > 0) bits -= s / total * std::log2(s / total);
  return bits;
}

class Ways {
 public:
  Ways(const Trace& trace, const Possible& possible, std::size_t ways_max)
      : trace_(possible.lacks.any() ? restricted(trace, possible.lacks) : trace), possible_(possible), ways_max_(ways_max) {
    for (std::size_t r = 0; r < rule_count; ++r)
      if (!std::has_single_bit(possible.masks[r])) open_.set(r);
  }

  Split foretell();
  Left follow(std::span<const Observation> seen);

 private:
  /// A way so far: where it leads to, and what was seen last.
  struct Path {
    Rules rules;
    Cube cube;
    std::bitset<rule_count> open;  ///< Rules that did not make a difference yet
    World world;
    Observation now;
    bool in_any_order = false;
    std::size_t outcome = 0;
    [[nodiscard]] bool leads_where(const Path& other) const {
      return now == other.now && in_any_order == other.in_any_order && world == other.world;
    }
  };

  template <typename Run>
  void take(Path& path, const Run& run, std::vector<Path>& all);
  void begin_all();
  void go_on(const Command& command);
  void hide(Path& path) const;
  void tell_outcomes();
  [[nodiscard]] std::vector<Way> so_far() const;

  const Trace trace_;
  const Possible& possible_;
  const std::size_t ways_max_;
  std::bitset<rule_count> open_;               // not decided
  std::bitset<rule_count> parted_, mattered_;  // ways did part there; and did not come together again at once
  std::vector<Path> paths_;
  Path scratch_{};
  bool too_many_ = false;
};

/// All ways through one command; one, where all lead to the same. A Rule that is asked, and after which the world is the
/// same whatever the answer, stays open.
template <typename Run>
void Ways::take(Path& path, const Run& run, std::vector<Path>& all) {
  scratch_ = path;  // which keeps its memory from one command to the next
  Because because;
  run(scratch_, because);
  const auto asked = because.rules & path.open;
  if (asked.none()) {
    std::swap(path, scratch_);
    path.in_any_order = because.has(Reason::any_order_reported);
    return all.push_back(std::move(path));
  }
  const std::size_t rule = first(asked), here = all.size();
  parted_.set(rule);
  for (std::uint8_t value = 0; value < rule_table()[rule].values.size() && !too_many_; ++value) {
    const Choice choice{static_cast<Rule>(rule), value};
    if ((possible_.masks[rule] >> value & 1U) == 0) continue;
    Path fork = path;
    fork.open.reset(rule);
    fork.cube.push_back(choice);
    fork.rules.set(choice);
    if (possible_.compatible(fork.cube)) take(fork, run, all);
  }
  if (all.size() > ways_max_) too_many_ = true;
  if (too_many_ || all.size() == here) return;
  if (std::all_of(all.begin() + here + 1, all.end(), [&](const Path& other) { return other.leads_where(all[here]); })) {
    all.resize(here + 1);
    all[here].cube = path.cube, all[here].open = path.open;
  } else {
    mattered_.set(rule);
  }
}

void Ways::begin_all() {
  Path nowhere{{}, {}, open_, {}, {}, false, 0};
  for (std::size_t r = 0; r < rule_count; ++r)
    nowhere.rules.set({static_cast<Rule>(r), static_cast<std::uint8_t>(std::countr_zero(possible_.masks[r]))});
  take(nowhere, [&](Path& path, Because& because) { path.world = begin(trace_.setup, path.rules, because); }, paths_);
}

/// What no one can see keeps no two ways apart: what is seen is cut to it, and counters on which nothing depends (the
/// automatic flush does on two of them) are forgotten.
void Ways::hide(Path& path) const {
  if (!possible_.lacks.any()) return;
  path.now = without(std::move(path.now), possible_.lacks);
  if (!possible_.lacks.view(View::counters)) return;
  for (Context& context : path.world.contexts)
    for (std::size_t i = 0; i < counter_count; ++i)
      if (const auto counter = static_cast<Counter>(i); counter != Counter::accept_good && counter != Counter::connect_good)
        context.counters[i] = 0;
}

void Ways::go_on(const Command& command) {
  std::vector<Path> from = std::exchange(paths_, {});
  for (Path& path : from) {
    if (too_many_) return;
    if (path.now.status == Status::crashed)  // nothing comes after that
      paths_.push_back(std::move(path));
    else
      take(path, [&](Path& p, Because& because) {
        step(p.world, command, p.rules, p.now, because);
        hide(p);
      }, paths_);
  }
}

/// What was seen until now is told by the outcome before, and what is seen now.
void Ways::tell_outcomes() {
  std::vector<std::pair<std::size_t, const Path*>> outcomes;
  for (Path& path : paths_) {
    const auto same = std::ranges::find_if(outcomes, [&](const auto& one) {
      return one.first == path.outcome && one.second->now == path.now;
    });
    const auto outcome = static_cast<std::size_t>(same - outcomes.begin());
    if (same == outcomes.end()) outcomes.emplace_back(path.outcome, &path);
    path.outcome = outcome;
  }
}

std::vector<Way> Ways::so_far() const {
  std::vector<Way> ways;
  for (const Path& path : paths_) {
    ways.push_back({path.cube, path.rules, 1, path.outcome});
    for (const Choice choice : path.cube) ways.back().share /= std::popcount(possible_.masks[static_cast<std::size_t>(choice.rule)]);
  }
  return ways;
}

Split Ways::foretell() {
  Split split;
  begin_all();
  for (const Command& command : trace_.commands)
    for (unsigned n = 0; n < command.repeat && !too_many_; ++n) {
      split.ways = so_far();
      go_on(command);
      if (too_many_) break;
      tell_outcomes();
      ++split.steps;
    }
  split.whole = !too_many_;
  if (split.whole) split.ways = so_far();
  split.open = split.whole ? mattered_ : parted_;
  split.bits = entropy(split.ways);
  return split;
}

Left Ways::follow(std::span<const Observation> seen) {
  Left left;
  begin_all();
  std::size_t steps = 0;
  const auto cubes = [this] {
    std::vector<Cube> all;
    for (const Path& path : paths_) all.push_back(path.cube);
    return all;
  };
  for (const Command& command : trace_.commands)
    for (unsigned n = 0; n < command.repeat; ++n, ++steps) {
      if (too_many_) return {{Cube()}, Left::End::too_many};  // to begin with
      left.cubes = cubes();
      if (!paths_.empty() && paths_.front().now.status == Status::crashed) break;  // as the library did, in all of them
      if (paths_.empty() || steps == seen.size()) return left.end = Left::End::refuted, left;
      go_on(command);
      if (too_many_) return left.end = Left::End::too_many, left;
      const Observation now = without(seen[steps], possible_.lacks);
      std::erase_if(paths_, [&](const Path& path) { return !agree(path.now, path.in_any_order, now); });
      if (paths_.empty()) return left.end = Left::End::refuted, left;
    }
  return {cubes(), seen.size() > steps ? Left::End::refuted : Left::End::all};
}

}  // namespace

Split foretell(const Trace& trace, const Possible& possible, std::size_t ways_max) {
  return Ways(trace, possible, ways_max).foretell();
}

Left follow(const Trace& trace, const Possible& possible, std::size_t ways_max, std::span<const Observation> seen) {
  return Ways(trace, possible, ways_max).follow(seen);
}

}  // namespace sesscheck
