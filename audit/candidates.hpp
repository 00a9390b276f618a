// Which Rules a library may still follow, after all that was seen of it.
//
// There are far too many sets of Rules to list. But in a trace few Rules make a difference, and what the model does
// depends on those alone: so it is run once for each way in which the open ones among them can be answered, and what the
// library does leaves some of these ways.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/command.hpp"
#include "model/lacks.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// Some choices that hold together. Rules of which it says nothing are free.
using Cube = std::vector<Choice>;

/// What a trace does under all candidates that take the same way through the model.
struct Way {
  Cube cube;           ///< the open Rules that made a difference
  Rules rules;         ///< one of these candidates
  double share = 1;    ///< of all candidates
  std::size_t outcome = 0;  ///< index of what is seen; equal for ways that cannot be told apart by this trace
};

/// How a trace would split the candidates.
struct Split {
  std::vector<Way> ways;
  std::bitset<rule_count> open;  ///< Rules that made a difference, and are not decided
  double bits = 0;               ///< what its outcome tells, in the mean
};

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

  /// Runs the model along all ways; empty when there are more than `ways_max`. Then `in_the_way` are the Rules at which
  /// ways parted: before one of them is decided, there is no use in another try.
  std::optional<Split> split(const Trace& trace, std::size_t ways_max, std::bitset<rule_count>* in_the_way = nullptr) const;

  enum class Learnt : std::uint8_t {
    all,     ///< some way accounts for all that was seen
    part,    ///< none does: what was learnt is from the steps before the first that none accounts for
    nothing  ///< what is left contradicts what was learnt before
  };
  /// Leaves those ways that agree with what the library did on this trace longest.
  Learnt learn(const Trace& trace, const Split& split, std::span<const Observation> seen);
  /// The value is out of the question for other reasons.
  void exclude(Choice choice);

 private:
  [[nodiscard]] bool compatible(const Cube& cube) const;
  bool choose(Rules& rules, Cube& chosen, std::size_t row, const Rules& near) const;
  bool narrow();

  Lacks lacks_;
  std::array<std::uint8_t, rule_count> masks_{};  ///< a bit for each value that is possible
  std::vector<std::vector<Cube>> joint_;          ///< of each, one cube at least holds
};

}  // namespace sesscheck
