// Breadth first through everything that a machine can reach.
//
// Knows nothing of the machine but its alphabet, its step, and when two of its states are equal: when their keys are
// the same bytes. States are numbered as they are found, so those of one depth stand together, and the first way that
// was found to a state is a shortest one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sesscheck::explore {

/// A state as bytes: enough to go on from it, and no two keys for what is one state.
using Key = std::string_view;
using StateIndex = std::uint32_t;
using Action = std::uint16_t;
inline constexpr StateIndex no_state = UINT32_MAX;

/// A deterministic machine in which every action is possible everywhere.
class Machine {
 public:
  virtual ~Machine() = default;
  /// How many actions there are: 0 to actions() - 1.
  [[nodiscard]] virtual std::size_t actions() const = 0;
  /// Writes the key of the first state over `key`.
  virtual void first(std::string& key) = 0;
  /// Makes the state of this key the one that steps begin at. `index` is its number in the search.
  virtual void enter(StateIndex index, Key key) = 0;
  /// Takes one action in the state last entered, and writes the key of the next one over `key`. No bytes: the end of
  /// everything, a state from which no action is tried.
  virtual void step(Action action, std::string& key) = 0;
};

/// States by number, and numbers by state. Keys stand one behind the other; a table of numbers finds them.
class StateSet {
 public:
  /// The number of this state, and whether it is new.
  std::pair<StateIndex, bool> insert(Key key);
  [[nodiscard]] StateIndex find(Key key) const;  ///< no_state: it is not there
  [[nodiscard]] Key operator[](StateIndex index) const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t memory() const;  ///< bytes taken

 private:
  struct Slot {
    std::uint32_t tag = 0;  ///< of the hash: most that differ, differ here
    StateIndex index = no_state;
  };
  struct Chunk {
    std::string bytes;
    std::vector<std::uint32_t> ends;
  };
  [[nodiscard]] std::size_t slot_of(Key key, std::uint64_t hash) const;
  void grow();

  static constexpr std::size_t chunk_states = 1U << 14;
  std::vector<Chunk> chunks_;  // of so many states each: nothing large is ever copied
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::size_t size_ = 0;
};

class Search {
 public:
  /// Begins at the machine's first state. `machine` must outlive the search.
  explicit Search(Machine& machine);

  /// Tries every action in every state of the greatest depth. False when `stop` became true before the end, or when the
  /// next state could take more memory than that. What was found so far is there, and the next call goes on.
  bool deepen(const std::atomic<bool>* stop = nullptr, std::size_t memory_max = SIZE_MAX);

  [[nodiscard]] std::size_t depth() const { return levels_.size() - 2; }  ///< up to which everything is known
  [[nodiscard]] std::size_t states() const { return set_.size(); }
  /// States in which every action was tried: the first ones. (In the end of everything nothing is.)
  [[nodiscard]] std::size_t expanded() const { return expanded_; }
  [[nodiscard]] std::size_t transitions() const { return (expanded_ - ended_) * actions_; }
  [[nodiscard]] std::size_t frontier() const { return states() - expanded_; }
  [[nodiscard]] bool complete() const { return frontier() == 0; }  ///< there is nothing more, at any depth
  /// The first state of this depth, up to depth() + 1, which is one past those known.
  [[nodiscard]] StateIndex level(std::size_t depth) const { return levels_[depth]; }

  [[nodiscard]] Key key(StateIndex state) const { return set_[state]; }
  [[nodiscard]] StateIndex find(Key key) const { return set_.find(key); }
  [[nodiscard]] std::size_t actions() const { return actions_; }
  /// Where an action leads from an expanded state.
  [[nodiscard]] StateIndex target(StateIndex from, Action action) const { return targets_[from * actions_ + action]; }
  /// A shortest way from the first state.
  [[nodiscard]] std::vector<Action> path(StateIndex to) const;
  [[nodiscard]] std::size_t memory() const;  ///< bytes taken

 private:
  [[nodiscard]] bool has_room(std::size_t memory_max) const;

  Machine& machine_;
  const std::size_t actions_;
  StateSet set_;
  std::vector<StateIndex> parents_;
  std::vector<Action> by_;  // the action that led here from the parent
  std::vector<StateIndex> targets_;
  std::vector<StateIndex> levels_ = {0, 1};  // the first state of each depth, and of the next one
  std::size_t expanded_ = 0, ended_ = 0;
  std::string key_;
};

}  // namespace sesscheck::explore
