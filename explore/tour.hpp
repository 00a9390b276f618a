// Walks that take every transition of a search at least once, few and short.
//
// A walk goes on as long as there is something new near by, or a way back to the first state: where actions lead from a
// state that was not expanded the machine still knows. So a walk is long, and what it costs to begin one is paid
// seldom.
#pragma once

#include <string>
#include <vector>

#include "explore/search.hpp"

namespace sesscheck::explore {

class Tours {
 public:
  /// Of all states that `search` has expanded. `machine` has the actions of the search, and perhaps more behind them:
  /// walks use those to get along. `home` leads to the first state from many others. No walk has more than `longest`
  /// actions. Search and machine must outlive the tours.
  Tours(const Search& search, Machine& machine, std::vector<Action> home, std::size_t longest);

  /// The next walk from the first state, over `walk`; false: every transition was taken. Walks are taken as given.
  bool next(std::vector<Action>& walk);
  /// The walk that was given last ended early: of its transitions only the first so many were taken.
  void cut(std::size_t taken);

  [[nodiscard]] std::size_t taken() const { return taken_; }  ///< different transitions
 private:
  struct Taken {
    StateIndex from;
    Action action;
    std::size_t place;  ///< in the walk
  };
  [[nodiscard]] bool has_new(StateIndex state) const { return state < left_.size() && left_[state] != 0; }
  [[nodiscard]] bool is_done(StateIndex from, Action action) const { return done_[from * search_.actions() + action]; }
  [[nodiscard]] Action best_new(StateIndex at) const;
  bool way_to_new(StateIndex from, std::vector<Action>& way);
  bool leads_home(StateIndex from);
  StateIndex take_first(StateIndex from, Action action, std::size_t place);
  const std::vector<StateIndex>& beyond(StateIndex state);

  const Search& search_;
  Machine& machine_;
  const std::vector<Action> home_;
  const std::size_t longest_;
  std::vector<bool> done_;           // by transition
  std::vector<std::uint32_t> left_;  // transitions not taken, by state
  StateIndex unfinished_ = 0;        // all before it are finished
  std::size_t taken_ = 0;
  std::vector<Taken> walk_;  // what the last walk took for the first time
  StateIndex beyond_of_ = no_state;
  std::vector<StateIndex> beyond_;
  std::vector<Action> way_;
  std::string key_;
};

}  // namespace sesscheck::explore
