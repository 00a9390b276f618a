#include "audit/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "check/reproduce.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + path.string() + ": " + std::strerror(errno));
}

std::string as_comment(const std::vector<FieldDifference>& fields, const std::string& expectation) {
  constexpr std::size_t lines_max = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(fields.size(), lines_max); ++i)
    text += "#   " + fields[i].field + ": " + expectation + " " + fields[i].model + ", library " + fields[i].library + "\n";
  if (fields.size() > lines_max) text += "#   ... and " + std::to_string(fields.size() - lines_max) + " more fields\n";
  return text;
}

/// Removes what another run left; it would mislead.
void clear(const fs::path& folder, std::string_view ending) {
  for (const auto& old : fs::directory_iterator(folder))
    if (old.path().extension() == ending) fs::remove(old.path());
}

/// A trace with its head comment, and the C program that shows the same.
void write_evidence(const fs::path& folder, const std::string& stem, const std::vector<std::string>& head,
                    const std::string& expected_by, const Trace& trace, const Shown& shown) {
  std::string text;
  for (const std::string& line : head) text += "# " + line + "\n";
  text += "# It shows at: " + shown.command_text + "\n" + as_comment(shown.fields, expected_by);
  write_file(folder / "traces" / (stem + ".trace"), text + to_text(trace));
  write_file(folder / "reproducers" / (stem + ".c"),
             reproduce(trace, shown.command, shown.repetition, shown.fields, {head, expected_by}));
}

}  // namespace

std::string file_stem(const Deviation& deviation) {
  const RuleInfo& row = info(deviation.choice.rule);
  return std::string(row.name) + "-" + std::string(row.values[deviation.choice.value]);
}

void prepare_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder / "traces", failed);
  if (!failed) fs::create_directories(folder / "reproducers", failed);
  if (failed)
    throw std::runtime_error("cannot write a report to " + folder.string() + ": " + failed.message() +
                             "; choose another folder with --out");
  write_file(folder / "audit.json", "");  // a full disk or a read-only folder shows now, not after the work
}

void write_report(const fs::path& folder, const AuditHead& head, const AuditResult& result) {
  write_file(folder / "audit.txt", render_terminal(head, result, false));
  write_file(folder / "audit.json", render_json(head, result));
  clear(folder / "traces", ".trace");
  clear(folder / "reproducers", ".c");

  for (const Deviation& d : result.deviations) {
    const RuleInfo& row = info(d.choice.rule);
    std::vector<std::string> lines = {head.version + ": " + to_string(d.choice) + " (" + std::string(row.meaning) + ")",
                                      "The manual says " + std::string(row.values[0]) + ":"};
    for (const Clause& clause : clause_table())
      if (decides(d.choice.rule, clause.id))
        lines.push_back("  " + std::string(clause.id) + ", " + std::string(clause.page) + "(3), " +
                        std::string(clause.section) + ": " + std::string(clause.paraphrase));
    write_evidence(folder, file_stem(d), lines, "manual", d.trace, d.shown);
  }
  for (std::size_t i = 0; i < result.surprises.size(); ++i) {
    const Surprise& s = result.surprises[i];
    std::string why = s.explanation ? "Explained by" : "No Rule explains it.";
    if (s.explanation)
      for (const Choice change : *s.explanation) why += " " + to_string(change);
    write_evidence(folder, "surprise-" + std::to_string(i + 1), {head.version + " differs from " + head.expected, why},
                   head.expected, s.trace, s.shown);
  }
}

}  // namespace sesscheck
