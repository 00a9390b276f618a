// The audit: random traces on a library, beside the Rules that are expected of it and beside the manual.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <bitset>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/clauses.hpp"
#include "audit/evidence.hpp"
#include "audit/fleet.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {

struct AuditProgress {
  std::string_view stage;             ///< "comparing", "confirming", "shrinking"
  std::size_t done = 0, wanted = 0;   ///< of that stage: commands, traces
  double share = 0;                   ///< of the budget for comparing that is used up, 0 to 1
  std::size_t disagreements = 0;      ///< traces that are not as expected
};

struct AuditOptions {
  Rules expected;
  std::string expected_name;
  std::uint64_t seed = 1;
  std::size_t commands = 50'000;  ///< to compare, at least; the directed traces count
  std::chrono::seconds seconds{0};  ///< compare for so long instead; 0: as many commands as above
  int release = 0;                ///< of the library: 100 * major + minor; 0: not known, every clause applies
  Lacks lacks;                    ///< of the library: not asked for, not compared, and no clause's evidence
  bool directed = true;           ///< the traces of the corpus, before the random ones
  bool deviations = true;         ///< name what is not the manual's, each with its trace
  std::function<void(const AuditProgress&)> progress;
  const std::atomic<bool>* stop = nullptr;  ///< set from outside: finish with what there is
};

/// The grade of a clause, worst first (docs/auditing.md).
enum class Verdict : std::uint8_t {
  died,            ///< the library crashed or hung while doing what the clause speaks of
  deviates,        ///< it was seen to do something else; a Rule value says what, or a finding shows it
  ambiguous,       ///< the sentence allows what was seen, and other things as well: `seen`
  not_exercised,   ///< nothing that the clause speaks of occurred; this is never "conforms"
  not_applicable,  ///< the manual of this release does not have the sentence, or the library what it speaks of
  conforms         ///< it was exercised, and the library did as it says
};
inline constexpr std::size_t verdict_count = 6;
std::string_view to_text(Verdict verdict);  ///< "not exercised"
std::string_view word(Verdict verdict);     ///< "not-exercised", for programs

/// Where in a trace a difference shows.
struct Shown {
  std::size_t command = 0, repetition = 0;
  std::string command_text;
  std::vector<FieldDifference> fields;
  std::bitset<reason_count> reasons;  ///< why the model decided as it did, in that step
  std::string signature;              ///< what kind of difference it is; equal for near-duplicates
};

/// The library does not do what the manual says, and a Rule says what it does instead.
struct Deviation {
  Choice choice;
  Trace trace;  ///< the shortest one found in which nothing but this Rule makes the difference
  std::size_t found_after = 0;  ///< single commands compared until it was first needed
  Shown shown;                  ///< `model` in its fields is the manual's answer
};

/// What it takes to see a surprise again.
enum class Repeats : std::uint8_t {
  alone,         ///< its trace, in a new process
  after_others,  ///< its trace, after those in `before` in the same process: they spoil something that it meets
  once,          ///< seen once; neither its trace alone nor the traces before it bring it back
  untried        ///< the audit was stopped before
};

/// Another way in which a fault shows.
struct Symptom {
  Trace trace;
  Shown shown;
  std::size_t count = 1;  ///< traces of this audit that showed it, or something of its kind
};

/// The library does not do what was expected of it.
struct Surprise {
  enum class Kind : std::uint8_t {
    rule,         ///< another value of a Rule accounts for it, and nothing contradicts that: `explanation`
    unexplained,  ///< a finding: no Rule explains it that other evidence does not contradict
    died          ///< the library crashed or hung
  };
  Kind kind = Kind::unexplained;
  Trace trace;
  std::optional<std::vector<Choice>> explanation;  ///< one change, where kind is rule; else nothing, and never empty
  std::size_t found_after = 0;
  Shown shown;  ///< `model` in its fields is what the expected Rules say, changed as the other surprises explain
  Repeats repeats = Repeats::alone;
  std::vector<Trace> before;         ///< where repeats is after_others
  std::string last_words;            ///< where it died: how, and the end of what the process had written
  std::size_t count = 1;             ///< traces of this audit that showed it, or something of its kind
  std::vector<Symptom> symptoms;     ///< what has the same explanation, as far as it can be told
  std::size_t not_investigated = 0;  ///< more traces of other kinds, for which there was no time
};

struct ClauseResult {
  const Clause* clause = nullptr;
  Verdict verdict = Verdict::not_exercised;
  std::size_t traces = 0, steps = 0;  ///< that exercised it
  std::vector<Choice> deviations;     ///< the Rule values that were seen instead
  std::vector<std::size_t> findings;  ///< surprises (by index) that no Rule explains, in steps that exercised it
  std::string seen;                   ///< an ambiguous one: which of the behaviours that it allows
  Trace example;                      ///< the shortest trace that exercised it; no commands: there is none
};

/// An audit held against the deviations that are accepted (audit/baseline.hpp); each as "clause rule=value".
struct BaselineOutcome {
  std::vector<std::string> accepted, not_accepted;
  std::vector<std::string> gone;  ///< accepted once, and no longer there
};

struct AuditResult {
  std::size_t traces = 0, commands = 0;
  bool interrupted = false;
  std::string note;     ///< why less was compared than asked for; empty when all was
  std::string failure;  ///< why the library could not be run any further; empty when it could
  Rules expected;
  Rules established;  ///< the Rules under which the model agrees with everything seen, as far as it could be told
  std::vector<ClauseResult> clauses;
  std::vector<Deviation> deviations;
  std::vector<Surprise> surprises;
  Tally exercised;
  std::optional<BaselineOutcome> baseline;
  /// Whether the exit code is 0. With a baseline the manual is what is expected, but for the accepted deviations.
  [[nodiscard]] bool as_expected() const;
};

/// Carries out the audit. Throws SutError when the library cannot be run at all; when that happens later, what was done
/// until then is the result.
AuditResult audit(Fleet& fleet, const AuditOptions& options);

}  // namespace sesscheck
