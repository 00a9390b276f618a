// Inside of the model: the operations that `step` is made of, each concern in one file.
//   cache.cpp       add, remove, flush: the internal cache and what leaves it
//   store.cpp       the external store behind the three callbacks
//   connection.cpp  a connection: offer, lookup, handshake, storing, ending
//   step.cpp        one command, and what is seen after it
#pragma once

#include "model/step.hpp"

namespace sesscheck {

/// When a session stops being valid. A deadline beyond the range of the clock never comes; such ones are ordered by what
/// is left over.
struct Deadline {
  bool never = false;
  Moment at;
  auto operator<=>(const Deadline&) const = default;
};

struct Machine {
  World& world;
  const Rules& rules;
  Observation& seen;
  Because& because;

  // --- decisions ---------------------------------------------------------------------------------------------------
  /// Asks a Rule, and remembers that it was asked.
  bool says(Choice choice);
  void note(Reason reason) { because.add(reason); }

  // --- sessions and time (session.cpp) -----------------------------------------------------------------------------
  Session& session(SessionRef ref) { return world.sessions[ref]; }
  SessionRef create(const Session& value);
  Moment now();
  Deadline deadline(const Session& session);
  bool expired(const Session& session, Moment at);
  [[nodiscard]] static bool resumable(const Session& s) { return !s.not_resumable && s.name != 0; }
  std::int64_t default_timeout();
  Session negotiated(const Context& context, const IdContext& id_context);
  SessionRef dup(SessionRef original);
  Session serialised(const Session& original);
  void set_time(SessionRef ref, Moment time);
  std::int64_t set_timeout(SessionRef ref, std::int64_t seconds);

  // --- internal cache (cache.cpp) ----------------------------------------------------------------------------------
  SessionRef find(const Context& context, Name name) const;
  [[nodiscard]] bool cached_anywhere(Name name) const;
  bool add(std::uint8_t context, SessionRef ref);
  bool remove(std::uint8_t context, SessionRef ref);
  void flush(std::uint8_t context, Moment at, bool all);
  void reposition(SessionRef ref);
  void insert(std::uint8_t context, SessionRef ref);
  void take_out(std::uint8_t context, SessionRef ref);
  void report_removed(std::uint8_t context, const std::vector<SessionRef>& gone);

  // --- external store and callbacks (store.cpp) --------------------------------------------------------------------
  void call_new(std::uint8_t context, SessionRef ref);
  SessionRef call_get(std::uint8_t context, Name asked);
  void call_remove(std::uint8_t context, Name removed);

  // --- connections (connection.cpp) --------------------------------------------------------------------------------
  void connect(const Command& command);
  void count(std::uint8_t context, Counter counter);

  Context& context(std::uint8_t index) { return world.contexts[index]; }
};

}  // namespace sesscheck
