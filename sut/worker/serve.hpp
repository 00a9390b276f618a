// The requests of the parent, one after the other: each is a trace, run in this process or in a child of it.
#pragma once

#include <cstdint>

#include "sut/openssl/driver.hpp"
#include "sut/worker/channel.hpp"

namespace sesscheck::worker {

/// False when the parent is gone.
[[nodiscard]] bool send_signal(int socket, Signal signal);

/// Which traces get a process of their own. It is a child of this one, which dies as the child does.
enum class Apart : std::uint8_t {
  none,
  /// Where a trace has a long beginning, and the next one the same: that is run once. A process keeps it, and each trace
  /// goes on from there in a child: a fork takes half a millisecond, a connection a tenth.
  long_beginnings,
  every_trace  ///< and all others, too: the library keeps state for the whole process
};

/// Until the parent closes the socket. Throws what the driver and the channel do, also in a child.
void serve(openssl::Driver& driver, Apart apart, int socket, Channel& channel);

}  // namespace sesscheck::worker
