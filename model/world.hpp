// The state of the session-cache machine: contexts with their caches and stores, sessions, the clock.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// A point in virtual time.
struct Moment {
  std::int64_t seconds = 0;
  std::int32_t microseconds = 0;
  auto operator<=>(const Moment&) const = default;
};

/// When every trace begins.
inline constexpr Moment epoch{1'700'000'000, 0};

inline constexpr std::int64_t default_mode = mode::server;
inline constexpr std::int64_t default_size = 20480;

/// Index of a session object in World::sessions.
using SessionRef = std::uint32_t;
inline constexpr SessionRef no_session = UINT32_MAX;
inline constexpr std::uint8_t no_context = UINT8_MAX;

/// One SSL_SESSION object. Several objects can have the same id (name): a client's, a server's, copies.
struct Session {
  Name name = 0;
  IdContext id_context;
  Moment time;
  std::int64_t timeout = 0;               ///< seconds
  bool not_resumable = false;
  bool extended_master_secret = true;     ///< false for hand-made sessions, which no handshake can resume
  std::uint8_t cached_in = no_context;    ///< the context whose internal cache lists this object
};

/// What an external store keeps for one id: a reference to an object, or a copy of its bytes.
struct Stored {
  Name name = 0;
  SessionRef reference = no_session;  ///< Store::references
  Session bytes;                      ///< Store::serialised
};

/// One SSL_CTX and the store behind its callbacks.
struct Context {
  ContextSetup setup;  ///< as it was made, for `renew`
  std::int64_t mode = default_mode, size = default_size, timeout = 0;
  IdContext id_context;
  bool verify_peer = false;
  Callbacks callbacks;
  std::array<std::int64_t, counter_count> counters{};
  std::vector<SessionRef> cache;   ///< from the next victim (front) to the last (back)
  std::vector<Stored> store;       ///< by name
  SessionRef answer = no_session;  ///< what the next get_session_cb returns, whatever it is asked for
};

struct World {
  Moment now = epoch;
  std::vector<Session> sessions;
  std::vector<Context> contexts;
  std::array<SessionRef, slots_max + 1> held;  ///< by slot; [0] is never used
  std::array<Name, made_ids_max + 1> made{};   ///< names of the ids that `make` has used
  Name names = 0;                              ///< names given so far
};


}  // namespace sesscheck
