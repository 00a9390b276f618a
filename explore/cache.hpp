// The session cache as a machine for the search: worlds by their keys, commands by their place in an alphabet.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "explore/form.hpp"
#include "explore/search.hpp"
#include "invariants/invariants.hpp"
#include "model/lacks.hpp"
#include "model/step.hpp"

namespace sesscheck::explore {

/// Where an exploration begins, and what it may do.
struct Start {
  std::string name;                   ///< "server, SERVER|NO_AUTO_CLEAR, references, sid_ctx"
  Trace trace;                        ///< the setup, and the commands that lead to the first state
  std::vector<Command> alphabet;      ///< each once; times count from now
  std::vector<Command> home;          ///< back to the first state, from most others
  bool invariants = true;             ///< its commands are those that the invariants are about
  [[nodiscard]] bool tls1_3() const;  ///< one of its contexts may speak it
};

/// The same for a library that lacks so much: its commands without those that would do nothing.
Start restricted(Start start, const Lacks& lacks);

/// A transition that breaks an invariant.
struct Broken {
  StateIndex from = no_state;  ///< the first of all, so at the least depth
  Action action = 0;
  std::string what;
  std::size_t transitions = 0;  ///< that break it
};

class CacheMachine final : public Machine {
 public:
  /// With `invariants`, every transition is held against them, by their index.
  CacheMachine(const Start& start, const Rules& rules, std::span<const invariants::Invariant> invariants = {});

  [[nodiscard]] std::size_t actions() const override { return alphabet_.size(); }
  /// Commands that are not in the alphabet become actions behind it; returns these commands as actions.
  std::vector<Action> also(std::span<const Command> commands);
  void first(std::string& key) override;
  void enter(StateIndex index, Key key) override;
  void step(Action action, std::string& key) override;

  /// The commands of a walk, behind those that led to the first state.
  [[nodiscard]] Trace trace(const Start& start, std::span<const Action> walk) const;
  /// For each invariant: where it was broken, if anywhere.
  [[nodiscard]] std::span<const Broken> broken() const { return broken_; }
  /// The Rules that were asked, on the way to the first state and in all steps so far.
  [[nodiscard]] const std::bitset<rule_count>& asked() const { return asked_; }

 private:
  void check(const Command& command, Action action);

  std::vector<Command> alphabet_;
  const Rules rules_;
  std::span<const invariants::Invariant> invariants_;
  World first_, present_, next_;
  Form form_;
  StateIndex index_ = no_state;
  Observation before_, seen_;
  Because because_;
  std::bitset<rule_count> asked_;
  std::optional<invariants::History> history_;
  std::vector<Broken> broken_;
};

}  // namespace sesscheck::explore
