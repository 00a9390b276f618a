// Explaining a divergence: the smallest set of Rule changes under which the model agrees with what was seen.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// Whether other evidence allows these Rules.
using Acceptable = std::function<bool(const Rules&)>;

/// The changes, from the Rules that were expected, under which the model agrees with `seen` to the end of the trace;
/// none of them can be left out. Empty optional: no Rule explains it, it is a finding.
///
/// One trace can be explained in ways that others refute: `acceptable` says which Rules are out of the question, and the
/// search goes on where it says no.
std::optional<std::vector<Choice>> explain(const Trace& trace, const Rules& expected, std::span<const Observation> seen,
                                           const Acceptable& acceptable = {});

}  // namespace sesscheck
