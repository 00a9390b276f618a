// Changes to traces, command by command, for a fuzzing engine's mutator.
#pragma once

#include "check/generate.hpp"
#include "fuzz/bounds.hpp"
#include "model/command.hpp"

namespace sesscheck::fuzz {

/// The trace with one to four changes: commands inserted, cut, repeated, moved, changed, aimed at a border; or its
/// setup changed. Normal, and within the bounds.
Trace mutate(const Trace& trace, Random& random, const Bounds& bounds);

/// A part of one trace, then a part of another.
Trace cross(const Trace& first, const Trace& second, Random& random, const Bounds& bounds);

}  // namespace sesscheck::fuzz
