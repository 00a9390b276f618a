// Lockstep: one trace on the model and on a system under test, compared after every command.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/because.hpp"
#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// One field of an observation that differs, as text.
struct FieldDifference {
  std::string field;  ///< "A.counters.hits", "client.reused", "log[1]"
  std::string model, library;
};

/// The first observation that differs.
struct Difference {
  std::size_t step = 0;        ///< index of the observation; a repeated connect has one for each time
  std::size_t command = 0;     ///< index of the command in the trace
  std::size_t repetition = 0;  ///< how often that command had already been carried out
  Because because;             ///< why the model decided as it did, in this step
  std::vector<FieldDifference> fields;  ///< all that differs in this step, never empty
};

/// What a lockstep tells about each step, in order, up to and including the first difference.
struct Step {
  std::size_t command, repetition;
  const Observation& model;
  const Because& because;
};
using StepVisitor = std::function<void(const Step&)>;

/// Number of single commands in a trace, repetitions counted.
std::size_t single_commands(const Trace& trace);

/// Runs the model under `rules` beside what the system under test was seen to do; empty when they agree to the end.
/// What the system under test lacks does nothing in the model, either.
std::optional<Difference> lockstep(const Trace& trace, const Rules& rules, std::span<const Observation> seen,
                                   const StepVisitor& visit = {});

/// The model alone: all its observations, as a system under test that lacks so much would give them.
std::vector<Observation> simulate(const Trace& trace, const Rules& rules, const StepVisitor& visit = {},
                                  const Lacks& lacks = {});

/// An observation as one who lacks so much sees it.
Observation without(Observation seen, const Lacks& lacks);

/// Whether a library was seen to do what the model does. `any_order`: the model does not say in which order sessions are
/// reported as removed (Reason::any_order_reported), and any order will do.
bool agree(const Observation& model, bool any_order, const Observation& library);

/// Whether two observations are equal in all that both who saw them can see.
bool alike(const Observation& first, const Observation& second);

/// Every field in which two observations differ, of those that both who saw them can see.
std::vector<FieldDifference> compare(const Observation& model, const Observation& library);

}  // namespace sesscheck
