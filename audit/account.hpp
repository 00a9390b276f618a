// Which Rules account for all that was seen.
//
// One trace can often be explained in several ways, all together seldom. A value of a Rule is believed when it accounts
// for traces that the expected Rules do not account for, and nothing else that was seen contradicts it. What no such
// value accounts for stays unexplained, even if single traces of it could be explained.
#pragma once

#include <bitset>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/fleet.hpp"
#include "check/lockstep.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// A trace that the expected Rules do not account for, and what the library did.
struct Case {
  Trace trace;
  Run run;
  std::size_t found_after = 0;   ///< single commands compared until then
  std::size_t agreed_steps = 0;  ///< before the first difference from the expected Rules
  std::string signature;         ///< what kind of difference it is, roughly
  [[nodiscard]] bool died() const { return run.died(); }
};

/// What two differences have in common that are probably of one kind: the command, and the fields without their numbers.
std::string signature(const Trace& trace, const Difference& difference);

class Account {
 public:
  /// Makes a trace again, by its number.
  using Retell = std::function<Trace(std::size_t)>;

  /// `lacks`: of the library that is accounted for.
  Account(const Rules& expected, Retell retell, const Lacks& lacks = {})
      : expected_(expected), established_(expected), lacks_(lacks), retell_(std::move(retell)) {}

  /// What the library would show if it followed these Rules.
  [[nodiscard]] std::vector<Observation> predict(const Trace& trace, const Rules& rules) const {
    return simulate(trace, rules, {}, lacks_);
  }

  /// The expected Rules account for this trace; these of them were asked on the way.
  void agreed(std::size_t number, const std::bitset<rule_count>& asked) { agreed_.push_back({number, asked}); }
  /// They do not. (All are counted, not all are kept.)
  void disagreed(Case found);

  /// Rules that may be the ones: where they account for more, the search begins with them.
  void suggest(const Rules& rules) { established_ = rules; }
  /// Finds the Rules that account for most. Takes a second or so where much is unexplained.
  void settle();

  [[nodiscard]] const Rules& expected() const { return expected_; }
  [[nodiscard]] const Rules& established() const { return established_; }
  [[nodiscard]] const std::deque<Case>& cases() const { return cases_; }
  [[nodiscard]] std::size_t disagreements() const { return disagreements_; }
  [[nodiscard]] std::size_t count(const std::string& signature) const;

  struct Agreed {
    std::size_t number;
    std::bitset<rule_count> asked;
  };
  [[nodiscard]] std::span<const Agreed> agreements() const { return agreed_; }

 private:
  /// How much the Rules account for: whole cases, then how far into the others they go.
  struct Score {
    std::size_t cases = 0;
    double steps = 0;
    auto operator<=>(const Score&) const = default;
  };
  [[nodiscard]] Score score(const Rules& rules) const;
  [[nodiscard]] bool allowed(const Rules& rules);
  [[nodiscard]] bool contradicts(const Agreed& evidence, const Rules& rules) const;
  [[nodiscard]] bool improve(Rules& rules);
  [[nodiscard]] bool improve_by_pairs(Rules& rules);
  void thin(Rules& rules);

  Rules expected_, established_;
  Lacks lacks_;
  Retell retell_;
  std::vector<Agreed> agreed_;
  std::deque<Case> cases_;
  std::deque<Agreed> witnesses_;     // that refuted something lately
  std::vector<Choice> nearly_;       // explain a case, but are contradicted by another
  std::map<std::string, std::size_t> counts_;  // by signature: of all that disagreed ...
  std::map<std::string, std::size_t> kept_;    // ... and that are kept, by the kind they are beside the established Rules
  std::size_t disagreements_ = 0, long_ones_ = 0, next_settling_ = 60;
};

}  // namespace sesscheck
