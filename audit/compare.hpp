// Two libraries beside each other: the same traces on both, and which Rules account for what is not the same.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "audit/audit.hpp"
#include "audit/fleet.hpp"

namespace sesscheck {

struct CompareOptions {
  std::array<Rules, 2> rules;     ///< what each of the two is known to do, as far as it is
  Lacks lacks;                    ///< what either of them lacks
  std::uint64_t seed = 1;
  std::size_t commands = 20'000;  ///< to compare, at least; those of the corpus count
  std::function<void(const AuditProgress&)> progress;
  const std::atomic<bool>* stop = nullptr;
};

/// Something that the two do not do alike.
struct Contrast {
  std::optional<Rule> rule;            ///< that accounts for it; none: no Rule does
  std::array<std::uint8_t, 2> values{};  ///< of that Rule
  Trace trace;                         ///< shrunk
  Shown shown;                         ///< where it shows; `model` in its fields is the first library
  std::size_t count = 1;               ///< traces that showed it, or something of its kind
  std::array<bool, 2> died{};
};

struct Comparison {
  std::array<Rules, 2> rules;  ///< that account for what each of the two did, as far as Rules do
  std::size_t traces = 0, commands = 0, differing = 0;  ///< commands: of one of them
  std::size_t not_investigated = 0;  ///< traces that differ, of kinds for which there was no time
  bool interrupted = false;
  std::vector<Contrast> contrasts;   ///< what no Rule explains comes first
  std::optional<BaselineOutcome> baseline;
  [[nodiscard]] std::size_t unexplained() const;  ///< contrasts that no Rule explains
  /// Whether the exit code is 0: no difference, or none but those that the baseline accepts.
  [[nodiscard]] bool as_expected() const;
};

/// Throws SutError when one of them cannot be run.
Comparison compare_libraries(Fleet& first, Fleet& second, const CompareOptions& options);

}  // namespace sesscheck
