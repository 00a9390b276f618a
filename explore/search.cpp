#include "explore/search.hpp"

#include <algorithm>
#include <functional>

namespace sesscheck::explore {

// ---- StateSet -------------------------------------------------------------------------------------------------------

Key StateSet::operator[](StateIndex index) const {
  const Chunk& chunk = chunks_[index / chunk_states];
  const std::size_t at = index % chunk_states, begin = at == 0 ? 0 : chunk.ends[at - 1];
  return Key(chunk.bytes).substr(begin, chunk.ends[at] - begin);
}

/// The slot that has this key, or the empty one where it belongs.
std::size_t StateSet::slot_of(Key key, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.index == no_state || (slot.tag == tag && (*this)[slot.index] == key)) return at;
  }
}

std::pair<StateIndex, bool> StateSet::insert(Key key) {
  if (3 * (size_ + 1) > 2 * slots_.size()) grow();
  const std::uint64_t hash = std::hash<Key>{}(key);
  Slot& slot = slots_[slot_of(key, hash)];
  if (slot.index != no_state) return {slot.index, false};
  if (size_ % chunk_states == 0) chunks_.emplace_back();
  Chunk& chunk = chunks_.back();
  chunk.bytes.append(key);
  chunk.ends.push_back(static_cast<std::uint32_t>(chunk.bytes.size()));
  slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<StateIndex>(size_++)};
  return {slot.index, true};
}

StateIndex StateSet::find(Key key) const { return slots_[slot_of(key, std::hash<Key>{}(key))].index; }

void StateSet::grow() {
  std::vector<Slot> larger(2 * slots_.size());
  larger.swap(slots_);
  for (const Slot& slot : larger)
    if (slot.index != no_state) slots_[slot_of((*this)[slot.index], std::hash<Key>{}((*this)[slot.index]))] = slot;
}

std::size_t StateSet::memory() const {
  std::size_t bytes = slots_.capacity() * sizeof(Slot);
  for (const Chunk& chunk : chunks_) bytes += chunk.bytes.capacity() + chunk.ends.capacity() * sizeof(chunk.ends[0]);
  return bytes;
}

// ---- Search ---------------------------------------------------------------------------------------------------------

Search::Search(Machine& machine) : machine_(machine), actions_(machine.actions()) {
  machine_.first(key_);
  set_.insert(key_);
  parents_.push_back(no_state);
  by_.push_back(0);
}

/// For the next state's transitions. A table that is full moves to one of twice its size: for that moment it takes three
/// times as much, and it could be the one that has nearly all. The first states always have room, so that every search gets on.
bool Search::has_room(std::size_t memory_max) const {
  if (states() + actions_ >= no_state) return false;
  constexpr std::size_t seldom = 64;
  return memory_max == SIZE_MAX || expanded_ == 0 || expanded_ % seldom != 0 || 3 * memory() < memory_max;
}

bool Search::deepen(const std::atomic<bool>* stop, std::size_t memory_max) {
  for (; expanded_ < levels_.back(); ++expanded_) {
    if ((stop != nullptr && *stop) || !has_room(memory_max)) return false;
    const auto from = static_cast<StateIndex>(expanded_);
    if (set_[from].empty()) {
      targets_.insert(targets_.end(), actions_, from);
      ++ended_;
      continue;
    }
    machine_.enter(from, set_[from]);
    for (std::size_t action = 0; action < actions_; ++action) {
      machine_.step(static_cast<Action>(action), key_);
      const auto [to, is_new] = set_.insert(key_);
      targets_.push_back(to);
      if (!is_new) continue;
      parents_.push_back(from);
      by_.push_back(static_cast<Action>(action));
    }
  }
  levels_.push_back(static_cast<StateIndex>(states()));
  return true;
}

std::vector<Action> Search::path(StateIndex to) const {
  std::vector<Action> actions;
  for (; parents_[to] != no_state; to = parents_[to]) actions.push_back(by_[to]);
  std::ranges::reverse(actions);
  return actions;
}

std::size_t Search::memory() const {
  return set_.memory() + parents_.capacity() * sizeof(parents_[0]) + by_.capacity() * sizeof(by_[0]) +
         targets_.capacity() * sizeof(targets_[0]);
}

}  // namespace sesscheck::explore
