// Traces without what a library lacks.
#pragma once

#include "model/lacks.hpp"

namespace sesscheck {

/// Whether a library that lacks this cannot carry out the command.
inline bool lacking(const Command& command, const Lacks& lacks) {
  return lacks.op(command.op) || (command.op == Op::configure && lacks.value(command.setting, static_cast<std::uint8_t>(command.number.value)));
}

/// With the usual value for each setting that is lacking.
Setup restricted(Setup setup, const Lacks& lacks);
/// The same, and without the commands that are. A trace that asks for nothing that is lacking stays as it is.
Trace restricted(Trace trace, const Lacks& lacks);

}  // namespace sesscheck
