// What an audit leaves behind: a table for the terminal, audit.json for programs, traces for people.
#pragma once

#include <filesystem>
#include <string>

#include "audit/audit.hpp"

namespace sesscheck {

/// What was audited, and how: the head of every report.
struct AuditHead {
  std::string version;  ///< as the library reports it
  std::string libssl;   ///< path
  std::string expected;
  std::uint64_t seed = 0;
  double seconds = 0;   ///< real time that the audit took
};

/// The version of audit.json's layout (docs/report.md).
inline constexpr int audit_schema_version = 1;

/// The table, worst first. `colour` for a terminal.
std::string render_terminal(const AuditHead& head, const AuditResult& result, bool colour);
std::string render_json(const AuditHead& head, const AuditResult& result);

/// Creates the folder if need be, and checks that it can be written. Throws std::runtime_error with one clear line.
void prepare_folder(const std::filesystem::path& folder);
/// Writes audit.txt, audit.json, traces/*.trace, reproducers/*.c. Throws std::runtime_error with one clear line.
void write_report(const std::filesystem::path& folder, const AuditHead& head, const AuditResult& result);

/// File name, without its ending, of a deviation's trace and reproducer.
std::string file_stem(const Deviation& deviation);

}  // namespace sesscheck
