// What an audit leaves behind: a table for the terminal; a page for the browser; audit.json, junit.xml and audit.sarif
// for programs; traces and C programs for people (docs/report.md).
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
  double seconds = 0;  ///< real time that the audit took
  std::string peer = {};  ///< the option that gave a library for the other end, "--client-lib openssl-3.5"; empty: the same
};

/// The version of audit.json's layout (docs/report.md).
inline constexpr int audit_schema_version = 3;

/// The table, worst first. `colour` for a terminal.
std::string render_terminal(const AuditHead& head, const AuditResult& result, bool colour);
std::string render_json(const AuditHead& head, const AuditResult& result);
/// One test case for each clause and each surprise; a failure is what makes the exit code 1.
std::string render_junit(const AuditHead& head, const AuditResult& result);
/// SARIF 2.1.0, with the clause as ruleId.
std::string render_sarif(const AuditHead& head, const AuditResult& result);
/// One page that needs nothing beside it: no network, no other file.
std::string render_html(const AuditHead& head, const AuditResult& result);

/// Creates the folder if need be, and checks that it can be written. Throws std::runtime_error with one clear line.
void prepare_folder(const std::filesystem::path& folder);
/// Makes a folder of its own below `root` for this run, and `latest` beside it point to it. Throws std::runtime_error.
std::filesystem::path prepare_run(const std::filesystem::path& root, const AuditHead& head);
/// Writes all of docs/report.md. Throws std::runtime_error with one clear line.
void write_report(const std::filesystem::path& folder, const AuditHead& head, const AuditResult& result);

/// File name, without its ending, of a deviation's trace and reproducer.
std::string file_stem(const Deviation& deviation);
/// The same of a surprise, by its index; and of one of its symptoms, by index as well.
std::string file_stem(std::size_t surprise);
std::string file_stem(std::size_t surprise, std::size_t symptom);
/// What it takes to see a surprise again, as a sentence; empty when its trace does.
std::string_view to_text(Repeats repeats);
/// What a trace or program that shows it says at its top.
std::vector<std::string> head_lines(const AuditHead& head, const Deviation& deviation);
std::vector<std::string> head_lines(const AuditHead& head, const Surprise& surprise);
/// The C program that shows it, with these lines in its head comment.
std::string program(std::vector<std::string> lines, const std::string& expected_by, const Trace& trace,
                    const Shown& shown);
/// A deviation, or a surprise, in one sentence: what was seen, and what was said.
std::string sentence(const Shown& shown, const std::string& said_by);

}  // namespace sesscheck
