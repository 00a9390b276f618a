// What a careful caller knows at a command: kept from commands and observations alone, without the model.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"

namespace sesscheck {
struct World;
}

namespace sesscheck::invariants {

/// Session id contexts that a session's objects can have. Objects are not told apart when they have one name, so this
/// may say too many, never too few.
using IdContexts = std::vector<IdContext>;

class History {
 public:
  struct Known {
    ContextSetup setup;  ///< as it was made
    Callbacks callbacks;
    IdContext id_context;
    bool verify_peer = false;
    std::optional<SessionView> answer;       ///< what the store hands out next, whatever it is asked for
    std::map<Name, IdContexts> id_contexts;  ///< of the objects that this context or its store can have
    std::vector<SessionView> stored;         ///< what a store that serialises has, with its times, which no view shows; empty where only views were recorded
  };

  explicit History(const Setup& setup);

  /// What the most careful caller could know who came to this world: what its sessions and stores really are. How many
  /// connections were full and how many resumed it does not say: all count as full.
  static History of(const World& world);

  /// What the contexts look like before the first command, as far as the manual says. The default timeout is not said.
  static Observation before_the_first(const Setup& setup);
  static constexpr std::int64_t timeout_unknown = INT64_MIN;

  void record(const Command& command, const Observation& before, const Observation& after);

  [[nodiscard]] const Known& context(std::uint8_t index) const { return contexts_[index]; }
  [[nodiscard]] std::int64_t now() const { return microseconds_ / 1'000'000; }  ///< seconds
  [[nodiscard]] bool made_by_hand(Name name) const { return made_.contains(name); }
  [[nodiscard]] Name newest_name() const { return newest_; }
  [[nodiscard]] std::int64_t connections_resumed(std::uint8_t server) const { return resumed_[server]; }
  [[nodiscard]] std::int64_t connections_full(std::uint8_t server) const { return full_[server]; }

 private:
  void record_connect(const Command& command, const Observation& before, const Observation& after);
  void record_held(const Command& command, const Observation& before, const Observation& after);
  void see_names(const Observation& seen);

  History() = default;

  std::vector<Known> contexts_;
  std::array<IdContexts, slots_max + 1> held_;  ///< of the object in a slot
  std::set<Name> made_;
  std::array<std::int64_t, contexts_max> resumed_{}, full_{};  ///< finished at the server, since the context is there
  std::int64_t microseconds_ = 0;
  Name newest_ = 0;
};

/// One command with what was seen before and after it.
struct Scene {
  const Command& command;
  const Observation& before;
  const Observation& after;
  const History& history;

  [[nodiscard]] bool is(Op op) const { return command.op == op; }
  [[nodiscard]] const ContextView& server_before() const { return before.contexts[command.context]; }
  [[nodiscard]] const ContextView& server_after() const { return after.contexts[command.context]; }
  [[nodiscard]] const EndView& client() const { return after.connection.client; }
  [[nodiscard]] const EndView& server() const { return after.connection.server; }
  /// The session in the command's slot, before it.
  [[nodiscard]] const SessionView* held() const;
  /// What get_session_cb of this context was asked and said; at most one in a connection.
  [[nodiscard]] const Event* asked(std::uint8_t context) const;
  /// The session id context that the server's SSL has.
  [[nodiscard]] IdContext id_context() const;
  [[nodiscard]] std::int64_t grew(std::uint8_t context, Counter counter) const;
};

const SessionView* find(const std::vector<SessionView>& sessions, Name name);
/// Time and timeout of a session, added up without any limit.
__extension__ typedef __int128 Long;
Long deadline(const SessionView& session);

}  // namespace sesscheck::invariants
