#include "explore/tour.hpp"

#include <algorithm>

namespace sesscheck::explore {
namespace {

// How far a walk looks for something new before it is given up for one from the beginning.
constexpr std::size_t looked_at_max = 400,
                      beyond_max = 4;  // states; states that were not expanded: each costs its steps

}  // namespace

Tours::Tours(const Search& search, Machine& machine, std::vector<Action> home, std::size_t longest)
    : search_(search),
      machine_(machine),
      home_(std::move(home)),
      longest_(longest),
      done_(search.expanded() * search.actions()),
      left_(search.expanded(), static_cast<std::uint32_t>(search.actions())) {
  for (StateIndex state = 0; state < left_.size(); ++state)
    if (search.key(state).empty()) left_[state] = 0;  // the end of everything
}

/// One that leads nowhere else first, then one after which there is more to take.
Action Tours::best_new(StateIndex at) const {
  Action best = 0;
  int best_worth = -1;
  for (std::size_t i = 0; i < search_.actions(); ++i) {
    const auto action = static_cast<Action>(i);
    if (is_done(at, action)) continue;
    const StateIndex to = search_.target(at, action);
    const int worth = to == at ? 3 : has_new(to) ? 2 : to < left_.size() ? 1 : 0;
    if (worth > best_worth) best = action, best_worth = worth;
  }
  return best;
}

/// Where the actions lead from a state that was not expanded; no_state: somewhere unknown.
const std::vector<StateIndex>& Tours::beyond(StateIndex state) {
  if (beyond_of_ == state) return beyond_;
  beyond_of_ = state;
  beyond_.clear();
  machine_.enter(state, search_.key(state));
  for (std::size_t i = 0; i < machine_.actions(); ++i) {
    machine_.step(static_cast<Action>(i), key_);
    beyond_.push_back(search_.find(key_));
  }
  return beyond_;
}

/// The shortest way to a state with something new, among those near by.
bool Tours::way_to_new(StateIndex from, std::vector<Action>& way) {
  struct Seen {
    StateIndex state;
    std::size_t before;
    Action by;
  };
  std::vector<Seen> seen = {{from, 0, 0}};
  std::size_t beyonds = 0;
  for (std::size_t at = 0; at < seen.size() && seen.size() < looked_at_max; ++at) {
    const StateIndex state = seen[at].state;
    if (search_.key(state).empty()) continue;
    const bool expanded = state < left_.size();
    if (!expanded && ++beyonds > beyond_max) continue;
    for (std::size_t i = 0; i < (expanded ? search_.actions() : machine_.actions()); ++i) {
      const auto action = static_cast<Action>(i);
      const StateIndex to = expanded ? search_.target(state, action) : beyond(state)[action];
      if (to == no_state || std::ranges::find(seen, to, &Seen::state) != seen.end()) continue;
      seen.push_back({to, at, action});
      if (!has_new(to)) continue;
      way.clear();
      for (std::size_t back = seen.size() - 1; back != 0; back = seen[back].before) way.push_back(seen[back].by);
      std::ranges::reverse(way);
      return true;
    }
  }
  return false;
}

bool Tours::leads_home(StateIndex from) {
  key_ = search_.key(from);
  beyond_of_ = no_state;
  for (const Action action : home_) {
    if (key_.empty()) return false;
    machine_.enter(no_state, key_);
    machine_.step(action, key_);
  }
  return !home_.empty() && search_.find(key_) == 0;
}

/// Goes one step; it is taken with that, if it was not before.
StateIndex Tours::take_first(StateIndex from, Action action, std::size_t place) {
  if (from >= left_.size()) return beyond(from)[action];
  if (!is_done(from, action)) {
    done_[from * search_.actions() + action] = true;
    --left_[from];
    ++taken_;
    walk_.push_back({from, action, place});
  }
  return search_.target(from, action);
}

bool Tours::next(std::vector<Action>& walk) {
  walk.clear();
  walk_.clear();
  while (unfinished_ < left_.size() && left_[unfinished_] == 0) ++unfinished_;
  if (unfinished_ == left_.size()) return false;
  StateIndex at = 0;
  const auto go = [&](Action action) {
    at = take_first(at, action, walk.size());
    walk.push_back(action);
  };
  while (walk.size() < longest_) {
    if (has_new(at)) {
      go(best_new(at));
      continue;
    }
    bool found = way_to_new(at, way_);
    if (!found && at == 0) {
      while (unfinished_ < left_.size() && left_[unfinished_] == 0) ++unfinished_;
      if (unfinished_ == left_.size()) break;
      way_ = search_.path(unfinished_);
      found = true;
    }
    if (found && walk.size() + way_.size() < longest_) {
      for (const Action action : way_) go(action);
    } else if (!found && walk.size() + home_.size() < longest_ && leads_home(at)) {
      walk.insert(walk.end(), home_.begin(), home_.end());
      at = 0;
    } else {
      break;
    }
  }
  return true;
}

void Tours::cut(std::size_t taken) {
  for (const Taken& one : walk_) {
    if (one.place < taken) continue;
    done_[one.from * search_.actions() + one.action] = false;
    ++left_[one.from];
    --taken_;
    unfinished_ = std::min(unfinished_, one.from);
  }
}

}  // namespace sesscheck::explore
