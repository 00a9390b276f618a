#include "audit/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

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

std::string surprise_name(std::size_t index) { return "surprise-" + std::to_string(index + 1) + ".trace"; }

}  // namespace

std::string trace_name(const Deviation& deviation) {
  const RuleInfo& row = info(deviation.choice.rule);
  return std::string(row.name) + "-" + std::string(row.values[deviation.choice.value]) + ".trace";
}

void prepare_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder / "traces", failed);
  if (failed)
    throw std::runtime_error("cannot write a report to " + folder.string() + ": " + failed.message() +
                             "; choose another folder with --out");
  write_file(folder / "audit.json", "");  // a full disk or a read-only folder shows now, not after the work
}

void write_report(const fs::path& folder, const AuditHead& head, const AuditResult& result) {
  write_file(folder / "audit.txt", render_terminal(head, result, false));
  write_file(folder / "audit.json", render_json(head, result));
  for (const auto& old : fs::directory_iterator(folder / "traces"))  // another run's traces would mislead
    if (old.path().extension() == ".trace") fs::remove(old.path());

  for (const Deviation& d : result.deviations) {
    const RuleInfo& row = info(d.choice.rule);
    std::string text = "# " + head.version + ": " + to_string(d.choice) + " (" + std::string(row.meaning) + ")\n";
    text += "# The manual says " + std::string(row.values[0]) + ". Clause " + std::string(row.clauses) + ".\n";
    text += "# It shows at: " + d.command + "\n" + as_comment(d.fields, "manual");
    write_file(folder / "traces" / trace_name(d), text + to_text(d.trace));
  }
  for (std::size_t i = 0; i < result.surprises.size(); ++i) {
    const Surprise& s = result.surprises[i];
    std::string text = "# " + head.version + " differs from " + head.expected + " at: " + s.command + "\n";
    text += s.explanation ? "# explained by" : "# no Rule explains it";
    if (s.explanation)
      for (const Choice change : *s.explanation) text += " " + to_string(change);
    write_file(folder / "traces" / surprise_name(i), text + "\n" + as_comment(s.fields, "expected") + to_text(s.trace));
  }
}

}  // namespace sesscheck
