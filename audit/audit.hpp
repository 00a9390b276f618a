// The audit: random traces on a library, beside the Rules that are expected of it and beside the manual.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/clauses.hpp"
#include "audit/fleet.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {

struct AuditProgress {
  std::size_t commands_done = 0, commands_wanted = 0;
  std::size_t deviations = 0, surprises = 0;
  std::string_view stage;  ///< "comparing", "shrinking"
};

struct AuditOptions {
  Rules expected;
  std::string expected_name;
  std::uint64_t seed = 1;
  std::size_t commands = 50'000;
  std::function<void(const AuditProgress&)> progress;
  const std::atomic<bool>* stop = nullptr;  ///< set from outside: finish with what there is
};

enum class Verdict : std::uint8_t { deviates, not_exercised, conforms };

/// Where in a trace a difference shows.
struct Shown {
  std::size_t command = 0, repetition = 0;
  std::string command_text;
  std::vector<FieldDifference> fields;
};

/// The library does not do what the manual says, and a Rule says what it does instead.
struct Deviation {
  Choice choice;
  Trace trace;  ///< the shortest one found in which nothing but this Rule makes the difference
  std::size_t found_after = 0;  ///< single commands compared until it was first needed
  Shown shown;                  ///< `model` in its fields is the manual's answer
};

/// The library does not do what was expected of it.
struct Surprise {
  Trace trace;
  std::optional<std::vector<Choice>> explanation;  ///< empty: no Rule explains it, a finding
  std::size_t found_after = 0;
  Shown shown;  ///< `model` in its fields is what the expected Rules say
};

struct ClauseResult {
  const Clause* clause = nullptr;
  Verdict verdict = Verdict::not_exercised;
  std::size_t traces = 0, steps = 0;  ///< that exercised it
  std::vector<Choice> deviations;
};

struct AuditResult {
  std::size_t traces = 0, commands = 0;
  bool interrupted = false;
  std::string failure;  ///< why the library could not be run any further; empty when it could
  Rules established;  ///< the Rules under which the model agrees with everything seen, as far as it could be told
  std::vector<ClauseResult> clauses;
  std::vector<Deviation> deviations;
  std::vector<Surprise> surprises;
  [[nodiscard]] bool as_expected() const { return surprises.empty(); }
};

/// Carries out the audit. Throws SutError when the library cannot be run at all; when that happens later, what was done
/// until then is the result.
AuditResult audit(Fleet& fleet, const AuditOptions& options);

}  // namespace sesscheck
