// What was exercised: how often, and by which trace most briefly.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "audit/clauses.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {

/// What all compared steps exercised, whatever the clause.
struct Tally {
  std::array<std::size_t, reason_count> reasons{};  ///< steps in which the model met each outcome
  std::array<std::size_t, static_cast<std::size_t>(Op::count)> commands{};  ///< by Op; a repeated one counts each time
  std::size_t full = 0, resumed = 0, failed = 0;  ///< connections; one that did not finish at both ends has failed
};

/// Commands that belong together, for people who read the tally.
struct CommandFamily {
  std::string_view name;
  std::vector<Op> ops;
};
/// Every Op is in exactly one family.
std::span<const CommandFamily> command_families();

/// For one clause.
struct ClauseEvidence {
  std::size_t traces = 0, steps = 0;
  Trace shortest;                  ///< up to the step that exercised the clause
  std::size_t shortest_steps = 0;  ///< 0: there is none
};

class Evidence {
 public:
  /// One step of the trace that is being compared.
  void step(const Trace& trace, const Step& step);
  void end_of_trace();

  [[nodiscard]] const ClauseEvidence& of(std::size_t clause) const { return of_[clause]; }
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  std::array<ClauseEvidence, clauses_max> of_;
  Tally tally_;
  ClauseSet met_;          // in the present trace
  std::size_t steps_ = 0;  // of it
};

}  // namespace sesscheck
