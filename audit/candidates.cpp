#include "audit/candidates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

#include "check/lockstep.hpp"
#include "model/step.hpp"

namespace sesscheck {
namespace {

std::size_t index(Rule rule) { return static_cast<std::size_t>(rule); }

/// Runs a trace on the model, and goes every way at each Rule that is open and makes a difference: one that is asked,
/// and after which the world is the same whatever the answer, stays open.
class Explorer {
 public:
  using Compatible = std::function<bool(const Cube&)>;

  Explorer(const Trace& trace, const Lacks& lacks, const std::array<std::uint8_t, rule_count>& masks, Compatible compatible,
           std::size_t ways_max)
      : trace_(lacks.any() ? restricted(trace, lacks) : trace), lacks_(lacks), masks_(masks),
        compatible_(std::move(compatible)), ways_max_(ways_max) {
    for (std::size_t r = 0; r < rule_count; ++r)
      if (!std::has_single_bit(masks_[r])) open_.set(r);
  }

  /// Rules at which ways parted, whether or not that made a difference.
  [[nodiscard]] const std::bitset<rule_count>& parted() const { return parted_; }

  std::optional<Split> run(const Rules& decided) {
    begin_with(decided);
    for (const Command& command : trace_.commands)
      for (unsigned n = 0; n < command.repeat && !too_many_; ++n) go_on(command);
    if (too_many_) return std::nullopt;
    for (Path& path : paths_) arrive(path);
    weigh();
    return std::move(split_);
  }

 private:
  using Seen = std::vector<Observation>;
  /// A way so far: where it leads to, and what was seen last.
  struct Path {
    Rules rules;
    Cube cube;
    std::bitset<rule_count> open;  ///< Rules that did not make a difference yet
    World world;
    Observation now;
    bool in_any_order = false;
    Seen seen;  ///< until the last command
    [[nodiscard]] bool leads_where(const Path& other) const {
      return now == other.now && in_any_order == other.in_any_order && world == other.world;
    }
  };

  static std::size_t first(const std::bitset<rule_count>& rules) {
    std::size_t rule = 0;
    while (!rules.test(rule)) ++rule;
    return rule;
  }

  /// All ways through one command; one, where all lead to the same.
  template <typename Run>
  void take(Path& path, const Run& run, std::vector<Path>& all) {
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
      if ((masks_[rule] >> value & 1U) == 0) continue;
      Path fork = path;
      fork.open.reset(rule);
      fork.cube.push_back(choice);
      fork.rules.set(choice);
      if (compatible_(fork.cube)) take(fork, run, all);
    }
    if (all.size() > ways_max_) too_many_ = true;
    if (too_many_ || all.size() == here) return;
    if (std::all_of(all.begin() + here + 1, all.end(), [&](const Path& other) { return other.leads_where(all[here]); })) {
      all.resize(here + 1);
      all[here].cube = path.cube, all[here].open = path.open;
    } else {
      split_.open.set(rule);
    }
  }

  void begin_with(const Rules& rules) {
    Path nowhere{rules, {}, open_, {}, {}, false, {}};
    take(nowhere, [&](Path& path, Because& because) { path.world = begin(trace_.setup, path.rules, because); }, paths_);
  }

  void show(Path& path, const Command& command, Because& because) {
    step(path.world, command, path.rules, path.now, because);
    if (lacks_.any()) path.now = without(std::move(path.now), lacks_);
  }

  void go_on(const Command& command) {
    std::vector<Path> from = std::exchange(paths_, {});
    for (Path& path : from) {
      if (too_many_) return;
      const std::size_t here = paths_.size();
      Seen seen = std::exchange(path.seen, {});
      take(path, [&](Path& p, Because& because) { show(p, command, because); }, paths_);
      for (std::size_t i = here; i < paths_.size(); ++i) {
        paths_[i].seen = i + 1 == paths_.size() ? std::move(seen) : seen;
        paths_[i].seen.push_back(paths_[i].now);
      }
    }
  }

  void arrive(Path& path) {
    Way way{std::move(path.cube), path.rules};
    for (const Choice choice : way.cube) way.share /= std::popcount(masks_[index(choice.rule)]);
    way.outcome = static_cast<std::size_t>(std::ranges::find(outcomes_, path.seen) - outcomes_.begin());
    if (way.outcome == outcomes_.size()) outcomes_.push_back(std::move(path.seen));
    split_.ways.push_back(std::move(way));
  }

  /// Entropy of the outcomes.
  void weigh() {
    std::vector<double> share(outcomes_.size());
    double total = 0;
    for (const Way& way : split_.ways) share[way.outcome] += way.share, total += way.share;
    for (const double s : share)
      if (s > 0) split_.bits -= s / total * std::log2(s / total);
  }

  const Trace trace_;
  const Lacks lacks_;
  const std::array<std::uint8_t, rule_count>& masks_;
  const Compatible compatible_;
  const std::size_t ways_max_;
  std::bitset<rule_count> open_, parted_;
  std::vector<Path> paths_;
  Path scratch_{};
  std::vector<Seen> outcomes_;
  Split split_;
  bool too_many_ = false;
};

}  // namespace

Candidates::Candidates(const Lacks& lacks) : lacks_(lacks) {
  for (const RuleInfo& row : rule_table())
    masks_[index(row.rule)] = static_cast<std::uint8_t>((1U << row.values.size()) - 1);
}

std::vector<std::uint8_t> Candidates::values(Rule rule) const {
  std::vector<std::uint8_t> all;
  for (std::uint8_t value = 0; value < info(rule).values.size(); ++value)
    if (possible({rule, value})) all.push_back(value);
  return all;
}

std::bitset<rule_count> Candidates::undecided() const {
  std::bitset<rule_count> open;
  for (std::size_t r = 0; r < rule_count; ++r) open.set(r, !std::has_single_bit(masks_[r]));
  return open;
}

double Candidates::bits() const {
  double total = 0;
  for (const std::uint8_t mask : masks_) total += std::log2(std::popcount(mask));
  return total;
}

bool Candidates::compatible(const Cube& cube) const {
  constexpr std::uint8_t free = UINT8_MAX;
  std::array<std::uint8_t, rule_count> values;
  values.fill(free);
  for (const Choice choice : cube) values[index(choice.rule)] = choice.value;
  const auto agrees = [&](Choice choice) {
    const std::uint8_t value = values[index(choice.rule)];
    return value == free || value == choice.value;
  };
  return std::ranges::all_of(joint_, [&](const std::vector<Cube>& some) {
    return std::ranges::any_of(some, [&](const Cube& one) { return std::ranges::all_of(one, agrees); });
  });
}

bool Candidates::allow(const Rules& rules) const {
  Cube all;
  for (const RuleInfo& row : rule_table()) all.push_back({row.rule, rules.value(row.rule)});
  return std::ranges::all_of(all, [&](Choice choice) { return possible(choice); }) && compatible(all);
}

bool Candidates::choose(Rules& rules, Cube& chosen, std::size_t row, const Rules& near) const {
  while (row < rule_count && std::has_single_bit(masks_[row])) ++row;
  if (row == rule_count) return true;
  const auto rule = static_cast<Rule>(row);
  std::vector<std::uint8_t> order = values(rule);
  std::ranges::stable_partition(order, [&](std::uint8_t value) { return near.says({rule, value}); });
  for (const std::uint8_t value : order) {
    chosen.push_back({rule, value});
    rules.set(chosen.back());
    if (compatible(chosen) && choose(rules, chosen, row + 1, near)) return true;
    chosen.pop_back();
  }
  return false;
}

Rules Candidates::nearest(const Rules& near) const {
  Rules rules;
  for (const RuleInfo& row : rule_table()) rules.set({row.rule, values(row.rule).front()});
  Cube chosen;
  choose(rules, chosen, 0, near);
  return rules;
}

std::optional<Split> Candidates::split(const Trace& trace, std::size_t ways_max, std::bitset<rule_count>* in_the_way) const {
  Rules decided;
  for (const RuleInfo& row : rule_table()) decided.set({row.rule, values(row.rule).front()});
  Explorer explorer(trace, lacks_, masks_, [this](const Cube& cube) { return compatible(cube); }, ways_max);
  auto split = explorer.run(decided);
  if (!split && in_the_way) *in_the_way = explorer.parted();
  return split;
}

Candidates::Learnt Candidates::learn(const Trace& trace, const Split& split, std::span<const Observation> seen) {
  std::vector<std::size_t> agreed;
  for (const Way& way : split.ways) {
    const auto difference = lockstep(trace, way.rules, seen);
    agreed.push_back(difference ? difference->step : SIZE_MAX);
  }
  const std::size_t longest = std::ranges::max(agreed);
  std::vector<Cube> left;
  for (std::size_t i = 0; i < agreed.size(); ++i)
    if (agreed[i] == longest) left.push_back(split.ways[i].cube);
  Candidates narrowed = *this;
  narrowed.joint_.push_back(std::move(left));
  if (!narrowed.narrow()) return Learnt::nothing;
  *this = std::move(narrowed);
  return longest == SIZE_MAX ? Learnt::all : Learnt::part;
}

void Candidates::exclude(Choice choice) {
  Candidates narrowed = *this;
  narrowed.masks_[index(choice.rule)] &= static_cast<std::uint8_t>(~(1U << choice.value));
  if (narrowed.masks_[index(choice.rule)] != 0 && narrowed.narrow()) *this = std::move(narrowed);
}

/// What is known of several Rules together may decide some of them, and that may decide more. False: nothing is left.
bool Candidates::narrow() {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::vector<Cube>& some : joint_) {
      std::vector<Cube> kept;
      for (const Cube& cube : some)
        if (std::ranges::all_of(cube, [&](Choice choice) { return possible(choice); }) && compatible(cube))
          kept.push_back(cube);
      some = std::move(kept);
      if (some.empty()) return false;
      for (std::size_t r = 0; r < rule_count; ++r) {
        std::uint8_t reached = 0;
        for (const Cube& cube : some) {
          const auto at = std::ranges::find(cube, static_cast<Rule>(r), &Choice::rule);
          reached |= at == cube.end() ? masks_[r] : static_cast<std::uint8_t>(1U << at->value);
        }
        if ((masks_[r] & reached) == masks_[r]) continue;
        masks_[r] &= reached;
        changed = true;
      }
    }
    for (std::vector<Cube>& some : joint_)
      for (Cube& cube : some) std::erase_if(cube, [&](Choice choice) { return decided(choice.rule); });
    // One without conditions says nothing any more.
    std::erase_if(joint_, [](const std::vector<Cube>& some) { return std::ranges::any_of(some, &Cube::empty); });
  }
  return true;
}

}  // namespace sesscheck
