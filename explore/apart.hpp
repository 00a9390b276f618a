// Two sets of Rules side by side: the shortest way to see that they are two.
#pragma once

#include <atomic>
#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "explore/cache.hpp"
#include "model/rules.hpp"

namespace sesscheck::explore {

/// Where two sets of Rules are first seen to differ: at the last command of this trace.
struct Apart {
  Trace trace;
  std::size_t depth = 0;  ///< its commands after the first state of its world; 0: they differ on the way there
  const Start* start = nullptr;  ///< its world
};

/// Breadth first through the pairs of worlds that one way leads to. Empty: no way of so many commands shows a difference
/// (or `stop` became true).
std::optional<Apart> apart(const Start& start, const Rules& one, const Rules& other, std::size_t depth,
                           const std::atomic<bool>* stop = nullptr);

/// The same in all worlds of these, with the least commands in all, those that lead to the first states included.
std::optional<Apart> apart(std::span<const Start> starts, const Rules& one, const Rules& other, std::size_t depth,
                           unsigned jobs, const std::atomic<bool>* stop = nullptr);

/// One value of a Rule, and the least bound at which it is seen.
struct Bound {
  Choice choice;
  std::optional<Apart> apart;
  std::size_t worlds = 0;  ///< in how many worlds it is seen at that depth
};

/// For each of these values: it against the manual's, other Rules as in `base`, in all worlds. Worlds in which no command
/// asks the Rule are not searched for it.
std::vector<Bound> bounds(std::span<const Start> starts, const Rules& base, std::span<const Choice> choices,
                          std::size_t depth, unsigned jobs, const std::atomic<bool>* stop = nullptr);

}  // namespace sesscheck::explore
