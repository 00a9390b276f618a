// From traces that surprise to what is reported: shrunk, each kind once, with what it takes to see it again.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "audit/account.hpp"
#include "audit/audit.hpp"

namespace sesscheck {

class Findings {
 public:
  using Tell = std::function<void(std::size_t done, std::size_t wanted)>;

  Findings(const SutFactory& make, const Account& account, const Account::Retell& retell, const std::atomic<bool>* stop)
      : lab_(make), account_(account), retell_(retell), stop_(stop) {}

  /// What the established Rules make different from the expected ones: one for each Rule value.
  [[nodiscard]] std::vector<Surprise> explained();
  /// What they do not account for: deaths, and differences that no Rule explains. Near-duplicates once, with a count.
  [[nodiscard]] std::vector<Surprise> unexplained(const Tell& tell);
  /// Cuts the trace to one in which nothing but this choice makes the difference from `without`, and fills `shown`.
  void shrink_to_choice(Trace& trace, Shown& shown, const Rules& without);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool stopped() const { return stop_ && *stop_; }
  [[nodiscard]] Surprise as_found(const Case& found) const;
  [[nodiscard]] Surprise investigate(const Case& found);
  void shrink_alone(Surprise& surprise, Status death);
  void find_accomplices(const Case& found, Surprise& surprise, Status death);
  /// Whether what was seen is wrong in the same way: such a death; or, where `death` is done, a difference and no death.
  [[nodiscard]] bool wrong(const Trace& trace, const std::vector<Observation>& seen, Status death) const;

  Lab lab_;
  const Account& account_;
  const Account::Retell& retell_;
  const std::atomic<bool>* stop_;
  Clock::time_point until_;
};

/// Where the trace shows that `rules` do not account for what was seen.
Shown show(const Trace& trace, const Rules& rules, const std::vector<Observation>& seen);

}  // namespace sesscheck
