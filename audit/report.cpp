#include "audit/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
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
    text +=
        "#   " + fields[i].field + ": " + expectation + " " + fields[i].model + ", library " + fields[i].library + "\n";
  if (fields.size() > lines_max) text += "#   ... and " + std::to_string(fields.size() - lines_max) + " more fields\n";
  return text;
}

/// What it takes to replay a trace of two libraries.
void mention_peer(const AuditHead& head, std::vector<std::string>& lines) {
  if (head.peer.empty()) return;
  lines.push_back("There were two libraries: replay it with " + head.peer + ". A C program has one for both ends, and may not show it.");
}

/// Removes what another run left; it would mislead.
void clear(const fs::path& folder, std::string_view ending) {
  for (const auto& old : fs::directory_iterator(folder))
    if (old.path().extension() == ending) fs::remove(old.path());
}

/// A comment of several lines, each with its mark.
std::string quoted(const std::string& text) {
  std::string all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    all += "#   | " + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return all;
}

/// A trace with its head comment, and the C program that shows the same.
void write_evidence(const fs::path& folder, const std::string& stem, const std::vector<std::string>& head,
                    const std::string& expected_by, const Trace& trace, const Shown& shown,
                    const std::string& words = {}) {
  std::string text;
  for (const std::string& line : head) text += "# " + line + "\n";
  text += "# It shows at: " + shown.command_text + "\n" + as_comment(shown.fields, expected_by);
  if (!words.empty()) text += "# Its last words:\n" + quoted(words);
  write_file(folder / "traces" / (stem + ".trace"), text + to_text(trace));
  write_file(folder / "reproducers" / (stem + ".c"), program(head, expected_by, trace, shown));
}

}  // namespace

std::vector<std::string> head_lines(const AuditHead& head, const Deviation& deviation) {
  const RuleInfo& row = info(deviation.choice.rule);
  std::vector<std::string> lines = {
      head.version + ": " + to_string(deviation.choice) + " (" + std::string(row.meaning) + ")",
      "The manual says " + std::string(row.values[0]) + ":"};
  for (const Clause& clause : clause_table())
    if (decides(deviation.choice.rule, clause))
      lines.push_back("  " + std::string(clause.id) + ", " + std::string(clause.page) + "(3), " +
                      std::string(clause.section) + ": " + std::string(clause.paraphrase));
  mention_peer(head, lines);
  return lines;
}

std::vector<std::string> head_lines(const AuditHead& head, const Surprise& surprise) {
  std::string why = "No Rule explains it.";
  if (surprise.kind == Surprise::Kind::died) why = "The library died.";
  if (surprise.explanation) {
    why = "Explained by";
    for (const Choice change : *surprise.explanation) why += " " + to_string(change);
  }
  std::vector<std::string> lines = {head.version + " differs from " + head.expected, why};
  if (surprise.repeats != Repeats::alone) lines.emplace_back(to_text(surprise.repeats));
  mention_peer(head, lines);
  return lines;
}

std::string program(std::vector<std::string> lines, const std::string& expected_by, const Trace& trace,
                    const Shown& shown) {
  for (std::string& line : lines)  // a comment of C must not end early
    for (std::size_t at; (at = line.find("*/")) != std::string::npos;) line.replace(at, 2, "* /");
  return reproduce(trace, shown.command, shown.repetition, shown.fields, {lines, expected_by});
}

std::string file_stem(const Deviation& deviation) {
  const RuleInfo& row = info(deviation.choice.rule);
  return std::string(row.name) + "-" + std::string(row.values[deviation.choice.value]);
}

std::string file_stem(std::size_t surprise) { return "surprise-" + std::to_string(surprise + 1); }

std::string file_stem(std::size_t surprise, std::size_t symptom) {
  return file_stem(surprise) + "-symptom-" + std::to_string(symptom + 1);
}

std::string_view to_text(Repeats repeats) {
  switch (repeats) {
    case Repeats::alone: return {};
    case Repeats::after_others:
      return "only after other traces in the same process: they spoil something that it meets";
    case Repeats::once: return "seen once: neither its trace alone nor the traces before it bring it back";
    case Repeats::untried: return "as it was found: the audit was stopped before it was tried again";
  }
  return {};
}

std::string sentence(const Shown& shown, const std::string& said_by) {
  if (shown.fields.empty()) return "at '" + shown.command_text + "'";
  const FieldDifference& f = shown.fields.front();
  return "at '" + shown.command_text + "': " + f.field + " is " + f.library + ", " + said_by + " says " + f.model;
}

fs::path prepare_run(const fs::path& root, const AuditHead& head) {
  char stamp[32] = {};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%SZ", ::gmtime_r(&now, &utc));
  std::string name = stamp;
  // Several audits may begin in one second. (What cannot be looked at cannot be written either: that is told below.)
  std::error_code failed;
  for (int n = 2; fs::exists(root / name, failed); ++n) name = std::string(stamp) + "-" + std::to_string(n);
  prepare_folder(root / name);
  write_file(root / name / "running", head.version + "\n");  // until the report is complete
  return root / name;
}

void prepare_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder / "traces" / "clauses", failed);
  if (!failed) fs::create_directories(folder / "reproducers", failed);
  if (failed)
    throw std::runtime_error("cannot write a report to " + folder.string() + ": " + failed.message() +
                             "; choose another folder with --out");
  write_file(folder / "audit.json", "");  // a full disk or a read-only folder shows now, not after the work
}

void write_report(const fs::path& folder, const AuditHead& head, const AuditResult& result) {
  write_file(folder / "audit.txt", render_terminal(head, result, false));
  write_file(folder / "audit.json", render_json(head, result));
  write_file(folder / "junit.xml", render_junit(head, result));
  write_file(folder / "audit.sarif", render_sarif(head, result));
  write_file(folder / "index.html", render_html(head, result));
  clear(folder / "traces", ".trace");
  clear(folder / "traces" / "clauses", ".trace");
  clear(folder / "reproducers", ".c");

  for (const ClauseResult& c : result.clauses)
    if (!c.example.commands.empty())
      write_file(folder / "traces" / "clauses" / (std::string(c.clause->id) + ".trace"),
                 "# " + std::string(c.clause->id) + ", " + std::string(c.clause->page) + "(3), " +
                     std::string(c.clause->section) + ": " + std::string(c.clause->paraphrase) +
                     "\n# The shortest trace of the audit that exercised it, with its last command.\n" +
                     to_text(c.example));
  for (const Deviation& d : result.deviations)
    write_evidence(folder, file_stem(d), head_lines(head, d), "manual", d.trace, d.shown);
  for (std::size_t i = 0; i < result.surprises.size(); ++i) {
    const Surprise& s = result.surprises[i];
    write_evidence(folder, file_stem(i), head_lines(head, s), head.expected, s.trace, s.shown, s.last_words);
    for (std::size_t n = 0; n < s.symptoms.size(); ++n)
      write_evidence(folder, file_stem(i, n), head_lines(head, s), head.expected, s.symptoms[n].trace, s.symptoms[n].shown);
    for (std::size_t n = 0; n < s.before.size(); ++n)
      write_file(
          folder / "traces" / (file_stem(i) + "-before-" + std::to_string(n + 1) + ".trace"),
          "# To be carried out before " + file_stem(i) + ".trace, in the same process.\n" + to_text(s.before[n]));
  }
  // Only now it is the latest: until then `latest` is the last one that is complete.
  std::error_code failed;
  if (fs::remove(folder / "running", failed)) {
    const fs::path latest = folder.parent_path() / "latest";
    if (fs::is_symlink(latest) || !fs::exists(latest)) {
      fs::remove(latest, failed);
      fs::create_directory_symlink(folder.filename(), latest, failed);
    }
  }
}

}  // namespace sesscheck
