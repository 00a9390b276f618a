// A trace side by side, with feedback to the engine; a difference is a trap.
#pragma once

#include "model/command.hpp"

namespace sesscheck::fuzz {

/// Under the Rules of the linked-in library. Prints the trace and the difference, and aborts, if there is one.
void run_or_trap(const Trace& trace);

}  // namespace sesscheck::fuzz
