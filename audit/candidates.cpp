#include "audit/candidates.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

namespace sesscheck {
namespace {

std::size_t index(Rule rule) { return static_cast<std::size_t>(rule); }

std::bitset<rule_count> rules_of(const Cube& cube) {
  std::bitset<rule_count> rules;
  for (const Choice choice : cube) rules.set(index(choice.rule));
  return rules;
}

bool before(const Cube& a, const Cube& b) {
  const auto place = [](Choice choice) { return std::pair(choice.rule, choice.value); };
  return std::ranges::lexicographical_compare(a, b, {}, place, place);
}

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

bool Candidates::compatible(const Cube& cube, const std::bitset<rule_count>& rules) const {
  constexpr std::uint8_t free = UINT8_MAX;
  std::array<std::uint8_t, rule_count> values;
  values.fill(free);
  for (const Choice choice : cube) values[index(choice.rule)] = choice.value;
  const auto agrees = [&](Choice choice) {
    const std::uint8_t value = values[index(choice.rule)];
    return value == free || value == choice.value;
  };
  return std::ranges::all_of(joint_, [&](const Joint& joint) {
    return (joint.about & rules).none() ||
           std::ranges::any_of(joint.cubes, [&](const Cube& one) { return std::ranges::all_of(one, agrees); });
  });
}

bool Candidates::allow(const Rules& rules) const {
  Cube all;
  for (const RuleInfo& row : rule_table()) all.push_back({row.rule, rules.value(row.rule)});
  return std::ranges::all_of(all, [&](Choice choice) { return possible(choice); }) && compatible(all, rules_of(all));
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
    if (compatible(chosen, std::bitset<rule_count>().set(row)) && choose(rules, chosen, row + 1, near)) return true;
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

Split Candidates::split(const Trace& trace, std::size_t ways_max) const { return foretell(trace, what_is_possible(), ways_max); }

Possible Candidates::what_is_possible() const {
  return {masks_, lacks_, [this](const Cube& cube) {
    return compatible(cube, std::bitset<rule_count>().set(index(cube.back().rule)));
  }};
}

Candidates::Learnt Candidates::learn(const Trace& trace, std::span<const Observation> seen, std::size_t ways_max) {
  Left left = follow(trace, what_is_possible(), ways_max, seen);
  Candidates narrowed = *this;
  for (Cube& cube : left.cubes) std::ranges::sort(cube, {}, &Choice::rule);
  narrowed.joint_.push_back({std::move(left.cubes), std::bitset<rule_count>().set()});
  if (!narrowed.narrow()) return Learnt::nothing;
  *this = std::move(narrowed);
  return left.end == Left::End::all ? Learnt::all : Learnt::part;
}

void Candidates::exclude(Choice choice) {
  Candidates narrowed = *this;
  narrowed.masks_[index(choice.rule)] &= static_cast<std::uint8_t>(~(1U << choice.value));
  if (narrowed.masks_[index(choice.rule)] != 0 && narrowed.narrow()) *this = std::move(narrowed);
}

/// What is known of several Rules together may decide some of them, and that may decide more. False: nothing is left.
bool Candidates::narrow() {
  for (bool changed = true; changed;) {
    const Masks before = masks_;
    for (Joint& joint : joint_)
      if (!narrow(joint)) return false;
    // One without conditions says nothing any more.
    std::erase_if(joint_, [](const Joint& joint) { return std::ranges::any_of(joint.cubes, &Cube::empty); });
    changed = masks_ != before;
  }
  return true;
}

bool Candidates::narrow(Joint& joint) {
  std::vector<Cube> kept;
  for (const Cube& cube : joint.cubes)
    if (std::ranges::all_of(cube, [&](Choice choice) { return possible(choice); }) && compatible(cube, rules_of(cube)))
      kept.push_back(cube);
  if (kept.empty()) return false;
  joint.cubes = std::move(kept);
  for (std::size_t r = 0; r < rule_count; ++r) {
    std::uint8_t reached = 0;
    for (const Cube& cube : joint.cubes) {
      const auto at = std::ranges::find(cube, static_cast<Rule>(r), &Choice::rule);
      reached |= at == cube.end() ? masks_[r] : static_cast<std::uint8_t>(1U << at->value);
    }
    masks_[r] &= reached;
  }
  for (Cube& cube : joint.cubes) std::erase_if(cube, [&](Choice choice) { return decided(choice.rule); });
  simplify(joint.cubes);
  joint.about.reset();
  for (const Cube& cube : joint.cubes) joint.about |= rules_of(cube);
  return true;
}

/// Cubes that are equal but for one Rule, and have all its possible values, are one that says nothing of it.
void Candidates::simplify(std::vector<Cube>& cubes) const {
  for (std::size_t size = 0; size != cubes.size();) {
    size = cubes.size();
    for (std::size_t r = 0; r < rule_count; ++r) {
      const auto is_r = [r](Choice choice) { return index(choice.rule) == r; };
      const auto rest = [&](Cube cube) { return std::erase_if(cube, is_r), cube; };
      std::map<Cube, std::uint8_t, decltype(&before)> values(&before);  // of the Rule, by what else holds
      for (const Cube& cube : cubes) {
        const auto at = std::ranges::find_if(cube, is_r);
        values[rest(cube)] |= at == cube.end() ? masks_[r] : static_cast<std::uint8_t>(1U << at->value);
      }
      std::vector<Cube> fewer;
      for (Cube& cube : cubes)
        if (values.at(rest(cube)) != masks_[r]) fewer.push_back(std::move(cube));
      for (const auto& [free, mask] : values)
        if (mask == masks_[r]) fewer.push_back(free);
      cubes = std::move(fewer);
    }
  }
}

}  // namespace sesscheck
