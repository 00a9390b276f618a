// The worker that has the other one of two libraries.
//
// Both carry out the same trace, command by command, each what concerns the contexts, sessions and ends of its own
// library. They take turns: whoever has done something tells the other what came of it (the bytes on the wire, too)
// before that one goes on, so that both know all that a caller sees.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace sesscheck {

/// It has died; its own parent knows why.
struct PeerLost : std::runtime_error {
  PeerLost() : std::runtime_error("the worker of the other library is gone") {}
};

class Peer {
 public:
  virtual ~Peer() = default;
  /// Throw PeerLost.
  virtual void send(std::span<const std::uint8_t> message) = 0;
  virtual void receive(std::vector<std::uint8_t>& message) = 0;
};

}  // namespace sesscheck
