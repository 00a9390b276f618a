// Accepted deviations: a file that says which, and why.
//
// An entry accepts one Rule value for one clause, and nothing else. One that no longer occurs is an error as well, so that
// it is removed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "audit/compare.hpp"

namespace sesscheck {

struct BaselineEntry {
  std::string clause;  ///< empty where no clause speaks of the Rule
  Choice choice{};
  std::string reason;                 ///< why it is accepted; mandatory
  std::vector<std::string> versions;  ///< beginnings of the version that the library reports; empty: any
};

/// What an entry can accept.
struct ClauseChoice {
  const Clause* clause = nullptr;  ///< null where none speaks of the Rule
  Choice choice{};
};
/// The deviations of a library from its manual.
std::vector<ClauseChoice> to_accept(const AuditResult& result);
/// What the second library does otherwise than the first, as far as a Rule says what; nothing else can be accepted.
std::vector<ClauseChoice> to_accept(const Comparison& comparison);

/// Throws std::runtime_error with one clear line: no such file, no JSON, an unknown clause or Rule, no reason, ...
std::vector<BaselineEntry> read_baseline(const std::filesystem::path& file);

/// What remains when accepted ones are taken off, for this version of the library.
BaselineOutcome hold_against(const std::vector<BaselineEntry>& baseline, const std::vector<ClauseChoice>& found,
                             const std::string& version);

/// Writes all that was found as entries. Those that are in `before` keep their reasons; `reason` is for the
/// others, and may be empty: such a file is refused until the reasons are filled in. Throws std::runtime_error.
void write_baseline(const std::filesystem::path& file, const std::vector<ClauseChoice>& found,
                    const std::string& version, const std::string& reason, const std::vector<BaselineEntry>& before);

}  // namespace sesscheck
