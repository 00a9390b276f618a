// Which Rules a library follows, found by experiments: nothing is expected of it.
//
// Each next trace is the one that splits the Rules that are still possible best, as the model foretells it. When no
// trace splits them any more, random traces are held against what was found.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "audit/fleet.hpp"

namespace sesscheck {

struct IdentifyProgress {
  std::string_view stage;  ///< "experiments", "searching", "checking", "shrinking"
  std::size_t done = 0;    ///< experiments; or of `wanted`
  std::size_t wanted = 0;  ///< 0: not known
  double bits = 0;         ///< logarithm of how many candidates are left
};

struct IdentifyOptions {
  std::uint64_t seed = 1;
  std::size_t generated = 20'000;  ///< random traces that the model is asked about, when the corpus splits nothing more
  std::size_t commands = 20'000;   ///< to hold against what was found, at least; 0: none
  std::function<void(const IdentifyProgress&)> progress;
  const std::atomic<bool>* stop = nullptr;
};

/// One trace that the library was asked to carry out.
struct Experiment {
  std::string source;  ///< a file below corpus/; or "generated", "random"
  Trace trace;
  double bits = 0;              ///< what it was expected to tell
  double before = 0, after = 0; ///< logarithm of the number of candidates
  std::vector<Rule> decided;    ///< by it, in the end
  bool accounted = true;        ///< some candidate does all that was seen
};

/// What refutes another value of a Rule.
struct Proof {
  std::uint8_t refuted = 0;
  std::size_t experiment = 0;  ///< index
  Trace trace;                 ///< cut from it: it ends where the two values differ
  Shown shown;                 ///< `model` in its fields is what the refuted value would do
};

struct IdentifiedRule {
  Rule rule{};
  std::uint8_t value = 0;
  /// Others that cannot be told apart from it: under the other Rules as they are, no trace that was tried makes a
  /// difference.
  std::vector<std::uint8_t> same;
  /// Others that are refuted under the other Rules as they are, but not if some of these are changed, too: all changes, that
  /// of this Rule first.
  std::vector<std::vector<Choice>> together;
  std::vector<Proof> proofs;  ///< one for each other value, but those
};

struct Identity {
  Rules rules;
  std::vector<IdentifiedRule> of;  ///< in the order of the table
  std::vector<Experiment> experiments;
  std::vector<std::string_view> nearest;  ///< known profiles that differ in the fewest Rules; all that do
  std::vector<Choice> differing;          ///< what the library does, where the first of these does not
  std::vector<Choice> unknown;            ///< what no known profile does
  /// What the model does under no Rules: findings, deaths (docs/auditing.md).
  std::vector<Surprise> findings;
  std::size_t commands = 0;  ///< carried out by the library, all in all
  bool interrupted = false;
  std::string failure;  ///< why the library could not be run any further; empty when it could
};

/// Throws SutError when the library cannot be run at all.
Identity identify(Fleet& fleet, const IdentifyOptions& options);

}  // namespace sesscheck
