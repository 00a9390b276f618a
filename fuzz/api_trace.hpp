// Traces of api_fuzzer: those of the other targets without their connections.
#pragma once

#include "fuzz/bounds.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck::fuzz {

/// Fresh contexts cost as much as hundreds of calls; many commands make up for them.
inline constexpr Bounds api_bounds = {.commands = 512, .connections = 0};

/// Every connect becomes a `make` or an `add`: what the connection would have stored is made by hand. Contexts, slots
/// and ids follow from the command's own, so that one changed byte still changes one command.
inline Trace without_connections(Trace trace) {
  for (Command& c : trace.commands) {
    if (c.op != Op::connect) continue;
    Command made;
    made.op = c.slot != 0 ? Op::add : Op::make;
    made.context = c.context;
    made.slot = c.slot != 0 ? c.slot : static_cast<std::uint8_t>(1 + (c.keep + c.keep_server) % slots_max);
    made.number.value = c.flights == flights_max ? 1 + (c.keep + c.client) % made_ids_max : 0;
    made.id_context = c.id_context;
    c = made;
  }
  return normalise(trace);
}

}  // namespace sesscheck::fuzz
