// What was exercised: how often, and by which trace most briefly.
#pragma once

#include <array>
#include <cstddef>

#include "audit/clauses.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {

/// For one clause.
struct ClauseEvidence {
  std::size_t traces = 0, steps = 0;
  Trace shortest;                 ///< up to the step that exercised the clause
  std::size_t shortest_steps = 0; ///< 0: there is none
};

class Evidence {
 public:
  /// One step of the trace that is being compared.
  void step(const Trace& trace, const Step& step);
  void end_of_trace();

  [[nodiscard]] const ClauseEvidence& of(std::size_t clause) const { return of_[clause]; }

 private:
  std::array<ClauseEvidence, clauses_max> of_;
  ClauseSet met_;             // in the present trace
  std::size_t steps_ = 0;     // of it
};

}  // namespace sesscheck
