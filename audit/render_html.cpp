// The page for the browser: one file that needs nothing beside it.
#include "audit/render_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace sesscheck {
namespace embedded {
extern const std::string_view page_style, page_script;  // page/, by embed_page.cmake
}
namespace html {
namespace {

/// Bytes of the UTF-8 sequence that begins here; 0 where none does.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (first == 0xe0 && byte(1) < 0xa0) return 0;   // longer than need be
  if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogates
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) >= 0x90) return 0;
  return length;
}

int exit_code(const AuditResult& result) {  // as in cli/
  return !result.failure.empty() ? 3 : result.as_expected() ? 0 : 1;
}

class Page {
 public:
  Page(const AuditHead& head, const AuditResult& result) : head_(head), result_(result) {}

  std::string render() {
    beginning();
    verdict();
    text_ += surprises(head_, result_);
    summary();
    text_ += clause_matrix(result_);
    text_ += deviations(head_, result_);
    text_ += exercised(result_);
    ending();
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  void beginning() {
    std::vector<Part> parts;
    if (!result_.surprises.empty()) parts.push_back({"surprises", "Not as expected"});
    for (const Part& part : {Part{"summary", "Summary"}, Part{"clauses", "Clauses"}, Part{"deviations", "Deviations"},
                             Part{"exercised", "What was exercised"}})
      parts.push_back(part);
    text_ += page_begin({head_.version + " against its manual", "sesscheck audit", head_.version,
                         "Its session cache, held against its manual."},
                        parts);
  }

  /// What it all comes to, in one place at the top.
  void verdict() {
    const int code = exit_code(result_);
    std::size_t died = 0, unexplained = 0;
    for (const Surprise& s : result_.surprises)
      died += s.kind == Surprise::Kind::died, unexplained += s.kind == Surprise::Kind::unexplained;
    const std::string by = result_.baseline ? "the baseline" : head_.expected;
    put("<div class=\"verdict {}\">\n<p class=\"big\">{}</p>\n", code == 0 ? "fine" : "not-fine",
        code == 3   ? "The audit ended early"
        : code == 0 ? "Everything is as " + escape(by) + " says"
                    : "Not all is as " + escape(by) + " says");
    if (!result_.failure.empty())
      put("<p><strong>The library could not be run any further:</strong> {}</p>\n", escape(result_.failure));
    if (!result_.note.empty()) put("<p><strong>Note:</strong> {}</p>\n", escape(result_.note));
    if (result_.interrupted) put("<p><strong>Interrupted:</strong> all below is about what was done until then.</p>\n");
    if (died > 0) put("<p><strong>{}:</strong> the library crashed or hung.</p>\n", counted(died, "death"));
    if (unexplained > 0) put("<p><strong>{}</strong> that no Rule explains.</p>\n", counted(unexplained, "finding"));
    if (const std::size_t by_rule = result_.surprises.size() - died - unexplained; by_rule > 0)
      put("<p><strong>{}</strong> other than expected.</p>\n", counted(by_rule, "Rule value"));
    put("<p>Exit code {}. {} from the manual.</p>\n</div>\n", code, counted(result_.deviations.size(), "deviation"));
  }

  void fact(std::string_view name, const std::string& value) {
    put("<div><dt>{}</dt><dd>{}</dd></div>\n", name, value);
  }

  void summary() {
    put("<section id=\"summary\" aria-labelledby=\"summary-h\">\n<h2 id=\"summary-h\">Summary</h2>\n<dl "
        "class=\"facts\">\n");
    fact("Library", "<code>" + escape(head_.libssl) + "</code>");
    fact("Version, as it reports it", escape(head_.version));
    fact("Expected", "<code>" + escape(head_.expected) + "</code>");
    fact("Seed", std::to_string(head_.seed));
    fact("Compared", counted(result_.commands, "command") + " in " + counted(result_.traces, "trace"));
    fact("Time", fmt::format("{:.1f} s", head_.seconds));
    fact("Exit code", std::to_string(exit_code(result_)));
    put("</dl>\n");
    grades();
    baseline();
    rules();
    put("</section>\n");
  }

  void grades() {
    std::size_t count[verdict_count] = {};
    for (const ClauseResult& c : result_.clauses) ++count[static_cast<std::size_t>(c.verdict)];
    constexpr const char* meaning[verdict_count] = {
        "the library crashed or hung in a step that the clause speaks of",
        "it was seen to do something else",
        "the sentence allows more than one behaviour, or is silent; which one was seen is said",
        "nothing that the clause speaks of occurred; never to be read as \u201cconforms\u201d",
        "the manual of this release does not have the sentence",
        "it was exercised, and all that could be seen was as it says; this is no proof"};
    put("<h3>{} by grade</h3>\n<table class=\"grades\"><thead><tr><th scope=\"col\">grade</th><th scope=\"col\" "
        "class=\"n\">clauses</th>"
        "<td aria-hidden=\"true\"></td><th scope=\"col\">what it claims</th></tr></thead><tbody>\n",
        counted(result_.clauses.size(), "clause"));
    const double total = std::max<double>(1, static_cast<double>(result_.clauses.size()));
    for (std::size_t v = 0; v < verdict_count; ++v)
      put("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"bar\"><svg viewBox=\"0 0 100 8\" "
          "preserveAspectRatio=\"none\" "
          "aria-hidden=\"true\" focusable=\"false\"><rect class=\"rail\" width=\"100\" height=\"8\"/><rect "
          "class=\"filled\" width=\"{:.1f}\" "
          "height=\"8\"/></svg></td><td>{}</td></tr>\n",
          badge(static_cast<Verdict>(v)), count[v], 100 * static_cast<double>(count[v]) / total, meaning[v]);
    put("</tbody></table>\n");
  }

  void baseline() {
    if (result_.baseline) text_ += baseline_outcome(*result_.baseline, "deviation");
  }

  void rules() {
    put("<details><summary>The Rules that account for what this library does</summary>\n<div class=\"scroll\" "
        "tabindex=\"0\" role=\"group\" "
        "aria-label=\"Rules\"><table class=\"plain\"><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">this "
        "library</th>"
        "<th scope=\"col\">expected</th><th scope=\"col\">the manual</th><th "
        "scope=\"col\">meaning</th></tr></thead><tbody>\n");
    for (const RuleInfo& row : rule_table()) {
      const auto value = [&](const Rules& rules) {
        const std::string text(row.values[rules.value(row.rule)]);
        return rules.value(row.rule) == 0 ? escape(text) : "<strong>" + escape(text) + "</strong>";
      };
      put("<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
          escape(row.name), value(result_.established), value(result_.expected), escape(row.values[0]),
          escape(row.meaning));
    }
    put("</tbody></table></div>\n<p>In bold: not the manual\u2019s value. A value is established when a trace shows it "
        "and nothing seen "
        "contradicts it; where nothing speaks against the manual, its value stands here.</p></details>\n");
  }

  void ending() {
    text_ += page_end(
        "Written by sesscheck. What grades mean, and what an audit cannot see: <code>docs/auditing.md</code>. The same for "
        "programs: <code>audit.json</code>, <code>junit.xml</code>, <code>audit.sarif</code> beside this page.");
  }

  const AuditHead& head_;
  const AuditResult& result_;
  std::string text_;
};

}  // namespace

std::string escape(std::string_view text) {
  std::string safe;
  safe.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    const bool control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
                         (c == 0xc2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xa0);
    if (length == 0 || control)
      safe += "\uFFFD";
    else if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\'')
      safe += "&#39;";
    else
      safe += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return safe;
}

std::string number(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(std::size_t count, std::string_view noun) {
  return number(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string page_begin(const PageHead& head, std::span<const Part> parts) {
  // The page asks the browser to let it load nothing, whatever is in it.
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
      "base-uri 'none'; form-action 'none'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{} - sesscheck</title>\n<style>\n",
      escape(head.title));
  text += embedded::page_style;
  text += fmt::format(
      "</style>\n</head>\n<body>\n{}<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n<p "
      "class=\"kind\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n<nav aria-label=\"Parts of this page\"><ul>\n",
      shapes(), escape(head.kind), escape(head.heading), escape(head.about));
  for (const Part& part : parts) text += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", part.anchor, part.name);
  return text + "</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n";
}

std::string baseline_outcome(const BaselineOutcome& outcome, std::string_view noun) {
  std::string text =
      fmt::format("<h3>Held against the baseline</h3>\n<p>{} accepted.</p>\n", counted(outcome.accepted.size(), noun));
  const auto list = [&](std::string_view name, const std::vector<std::string>& entries, bool open) {
    if (entries.empty()) return;
    text += fmt::format("<details{}><summary>{}: {}</summary><ul>\n", open ? " open" : "", name, entries.size());
    for (const std::string& entry : entries) text += fmt::format("<li><code>{}</code></li>\n", escape(entry));
    text += "</ul></details>\n";
  };
  list("Not accepted", outcome.not_accepted, true);
  list("No longer there: remove the entry", outcome.gone, true);
  list("Accepted", outcome.accepted, false);
  return text;
}

std::string page_end(std::string_view footer) {
  return fmt::format("</main>\n<footer><p>{}</p></footer>\n<script>\n", footer) + std::string(embedded::page_script) +
         "</script>\n</body>\n</html>\n";
}

}  // namespace html

std::string render_html(const AuditHead& head, const AuditResult& result) { return html::Page(head, result).render(); }

}  // namespace sesscheck
