// What one fuzz input may cost. Decoding accepts everything, so the cost is bounded by cutting, the same way everywhere
// (the targets, the mutator, the tool that turns a crash into a trace): what was seen to fail is what is shrunk.
#pragma once

#include <cstddef>

#include "model/command.hpp"

namespace sesscheck::fuzz {

struct Bounds {
  std::size_t commands = 64;
  std::size_t connections = 600;  ///< past two automatic flushes, of either period
};

/// Of this target's inputs; each target defines it, its mutator keeps to it.
Bounds target_bounds();

/// One full handshake with certificates costs as much as ten with a plain PSK.
inline constexpr std::size_t certificate_cost = 8;

/// Each of these costs a handshake.
inline bool makes_handshake(Op op) {
  return op == Op::connect || op == Op::open || op == Op::clear || op == Op::renegotiate;
}

/// The trace without what is beyond the bounds: commands at its end, repetitions of its connects.
inline Trace bounded(Trace trace, const Bounds& bounds) {
  if (trace.commands.size() > bounds.commands) trace.commands.resize(bounds.commands);
  std::size_t left = trace.setup.certificates ? bounds.connections / certificate_cost : bounds.connections;
  for (Command& command : trace.commands) {
    // A connect whose repetitions are used up stays, once: cutting it would change what follows it. The others have none.
    if (!makes_handshake(command.op)) continue;
    if (command.repeat > left) command.repeat = left == 0 ? 1 : static_cast<std::uint16_t>(left);
    left -= command.repeat < left ? command.repeat : left;
  }
  return trace;
}

}  // namespace sesscheck::fuzz
