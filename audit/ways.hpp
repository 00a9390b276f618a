// All ways in which the model can carry out a trace, under the Rules that are possible.
//
// In a trace few Rules make a difference, and what the model does depends on those alone: so it is run once for each way
// in which these can be answered. There may be many: then so many commands are carried out as can be followed.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/command.hpp"
#include "model/lacks.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// Some choices that hold together. Rules of which it says nothing are free.
using Cube = std::vector<Choice>;
/// For each Rule, a bit for each value that is possible.
using Masks = std::array<std::uint8_t, rule_count>;

/// What a trace does under all candidates that take the same way through the model.
struct Way {
  Cube cube;           ///< the open Rules that made a difference
  Rules rules;         ///< one of these candidates
  double share = 1;    ///< of all candidates
  std::size_t outcome = 0;  ///< equal for ways that cannot be told apart by this trace
};

/// How a trace would split the candidates.
struct Split {
  std::vector<Way> ways;
  std::bitset<rule_count> open;  ///< Rules that make a difference, and are not decided; those that may, if these are not all
  std::size_t steps = 0;         ///< single commands of which this is told; the ways through more were too many
  bool whole = true;             ///< these are all
  double bits = 0;               ///< what its outcome tells, in the mean
};

/// What a library's observations leave of the ways.
struct Left {
  enum class End : std::uint8_t {
    all,         ///< some account for all that was seen
    refuted,     ///< none does: these are for the steps before the first that none accounts for
    too_many     ///< these are for the steps before the first after which they were too many to follow
  };
  std::vector<Cube> cubes;
  End end = End::all;
};

/// What is possible.
struct Possible {
  const Masks& masks;
  const Lacks& lacks;  ///< what a library lacks makes no difference
  /// Whether a cube is possible, when it was before its last choice was added.
  std::function<bool(const Cube&)> compatible;
};

/// All ways; as far as they are `ways_max` at most.
Split foretell(const Trace& trace, const Possible& possible, std::size_t ways_max);
/// Those that agree with what was seen, command by command; as far as they are `ways_max` at most.
Left follow(const Trace& trace, const Possible& possible, std::size_t ways_max, std::span<const Observation> seen);

}  // namespace sesscheck
