// Which Rules a library may still follow, after all that was seen of it.
//
// There are far too many sets of Rules to list. But what the library does on a trace leaves some of the ways in which the
// model can carry it out (ways.hpp): each Rule keeps the values that it has in one of them, and which values go together is
// kept too.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/ways.hpp"

namespace sesscheck {

class Candidates {
 public:
  /// Of a library that lacks so much: what it does not have or does not show tells nothing.
  explicit Candidates(const Lacks& lacks = {});

  [[nodiscard]] bool possible(Choice choice) const {
    return (masks_[static_cast<std::size_t>(choice.rule)] >> choice.value & 1U) != 0;
  }
  [[nodiscard]] std::vector<std::uint8_t> values(Rule rule) const;  ///< that are possible; never empty
  [[nodiscard]] bool decided(Rule rule) const { return values(rule).size() == 1; }
  [[nodiscard]] std::bitset<rule_count> undecided() const;
  /// Whether all that was seen together allows these Rules.
  [[nodiscard]] bool allow(const Rules& rules) const;
  /// Binary logarithm of their number, not counting what is known of several Rules only together.
  [[nodiscard]] double bits() const;
  /// One that is allowed; as near to `near` as a search from its values finds.
  [[nodiscard]] Rules nearest(const Rules& near) const;

  /// How this trace would split them, as far as `ways_max` ways go.
  [[nodiscard]] Split split(const Trace& trace, std::size_t ways_max) const;

  enum class Learnt : std::uint8_t {
    all,     ///< some way accounts for all that was seen
    part,    ///< none does, or they are too many: what was learnt is from the steps before
    nothing  ///< what is left contradicts what was learnt before
  };
  /// Leaves those that agree with what the library did on this trace longest, as far as `ways_max` ways can be followed.
  Learnt learn(const Trace& trace, std::span<const Observation> seen, std::size_t ways_max);
  /// The value is out of the question for other reasons.
  void exclude(Choice choice);

 private:
  /// Of these cubes, one at least holds.
  struct Joint {
    std::vector<Cube> cubes;
    std::bitset<rule_count> about;  ///< the Rules of which they say something
  };
  [[nodiscard]] Possible what_is_possible() const;
  /// Whether none of what is known of these Rules together forbids the cube.
  [[nodiscard]] bool compatible(const Cube& cube, const std::bitset<rule_count>& rules) const;
  bool choose(Rules& rules, Cube& chosen, std::size_t row, const Rules& near) const;
  bool narrow();
  bool narrow(Joint& joint);
  void simplify(std::vector<Cube>& cubes) const;

  Lacks lacks_;
  Masks masks_{};
  std::vector<Joint> joint_;
};

}  // namespace sesscheck
