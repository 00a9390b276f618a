// Traces of api_fuzzer: those of the other targets without their connections.
#pragma once

#include "fuzz/bounds.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck::fuzz {

/// Fresh contexts cost as much as hundreds of calls; many commands make up for them.
inline constexpr Bounds api_bounds = {.commands = 512, .connections = 0};

/// Whether a command is about a connection that stays open, once it is there.
inline bool continues_connection(Op op) {
  switch (op) {
    case Op::deliver: case Op::offer: case Op::take: case Op::renegotiate: case Op::new_ticket: case Op::verify_client: case Op::shut:
    case Op::garble: case Op::hang_up: case Op::clear: case Op::close: return true;
    default: return false;
  }
}

/// Every connect and open becomes a `make` or an `add`: what the connection would have stored is made by hand. Contexts,
/// slots and ids follow from the command's own, so that one changed byte still changes one command. What would go on
/// with a connection is left out.
inline Trace without_connections(Trace trace) {
  std::erase_if(trace.commands, [](const Command& c) { return continues_connection(c.op); });
  for (Command& c : trace.commands) {
    if (c.op != Op::connect && c.op != Op::open) continue;
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
