#include <fmt/format.h>

#include "audit/report.hpp"

namespace sesscheck {
namespace {

/// XML text: what is no XML character becomes '?'.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126 ? '?' : c;
    }
  return out;
}

std::string names(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice choice : choices) text += (text.empty() ? "" : ", ") + to_string(choice);
  return text;
}

struct Case {
  std::string name, group, tag, message, text;  // tag: "failure", "error", "skipped"; empty: passed
};

Case of_clause(const ClauseResult& c, const AuditResult& result) {
  Case test;
  test.name = fmt::format("{} {}", c.clause->id, c.clause->paraphrase);
  test.group = fmt::format("sesscheck.{}", c.clause->page);
  switch (c.verdict) {
    case Verdict::not_exercised:
      test.tag = "skipped", test.message = "not exercised";
      break;
    case Verdict::not_applicable:
      test.tag = "skipped", test.message = "the manual of this release does not say so";
      break;
    case Verdict::ambiguous: test.text = "ambiguous; seen: " + c.seen; break;
    case Verdict::conforms: test.text = fmt::format("conforms in {} traces, {} steps", c.traces, c.steps); break;
    case Verdict::died:
    case Verdict::deviates:
      test.text = "deviates: " + names(c.deviations);
      for (const std::size_t i : c.findings) test.text += fmt::format(" see {}", file_stem(i));
      // A deviation that was expected, or accepted, is no failure: the exit code says the same.
      for (const Choice deviation : c.deviations) {
        const std::string text = fmt::format("{} {}", c.clause->id, to_string(deviation));
        if (result.baseline)
          for (const std::string& refused : result.baseline->not_accepted)
            if (refused == text) test.tag = "failure", test.message = "not accepted by the baseline: " + text;
      }
      break;
  }
  return test;
}

Case of_surprise(const Surprise& s, std::size_t index, const AuditHead& head, const AuditResult& result) {
  Case test;
  test.name = file_stem(index);
  test.group = "sesscheck.surprises";
  if (s.explanation) test.name += " " + names(*s.explanation);
  if (!result.baseline || s.kind != Surprise::Kind::rule)
    test.tag = s.kind == Surprise::Kind::died ? "error" : "failure";
  test.message = sentence(s.shown, head.expected);
  test.text = fmt::format("traces/{0}.trace reproducers/{0}.c", file_stem(index));
  for (std::size_t n = 0; n < s.symptoms.size(); ++n)
    test.text += fmt::format("\nalso {}: traces/{}.trace", sentence(s.symptoms[n].shown, head.expected), file_stem(index, n));
  if (!s.last_words.empty()) test.text += "\n" + s.last_words;
  return test;
}

}  // namespace

std::string render_junit(const AuditHead& head, const AuditResult& result) {
  std::vector<Case> cases;
  for (const ClauseResult& c : result.clauses) cases.push_back(of_clause(c, result));
  for (std::size_t i = 0; i < result.surprises.size(); ++i)
    cases.push_back(of_surprise(result.surprises[i], i, head, result));
  if (result.baseline) {
    for (const std::string& text : result.baseline->gone)
      cases.push_back(
          {"gone: " + text, "sesscheck.baseline", "failure", "no longer there, remove the entry: " + text, ""});
    for (const std::string& text : result.baseline->not_accepted)
      if (text.find(' ') == std::string::npos)  // no clause has a case for it
        cases.push_back({text, "sesscheck.baseline", "failure", "not accepted by the baseline: " + text, ""});
  }
  if (!result.failure.empty()) cases.push_back({"run", "sesscheck", "error", result.failure, ""});

  std::size_t failures = 0, errors = 0, skipped = 0;
  for (const Case& test : cases) {
    failures += test.tag == "failure";
    errors += test.tag == "error";
    skipped += test.tag == "skipped";
  }
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.1f}\"",
                                         cases.size(), failures, errors, skipped, head.seconds);
  text += fmt::format("<testsuites {}>\n<testsuite name=\"sesscheck audit of {}\" {}>\n", counts, xml(head.version),
                      counts);
  for (const Case& test : cases) {
    text += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"0\">", xml(test.group), xml(test.name));
    if (test.tag == "skipped")
      text += fmt::format("<skipped message=\"{}\"/>", xml(test.message));
    else if (!test.tag.empty())
      text += fmt::format("<{0} message=\"{1}\">{2}</{0}>", test.tag, xml(test.message), xml(test.text));
    else if (!test.text.empty())
      text += fmt::format("<system-out>{}</system-out>", xml(test.text));
    text += "</testcase>\n";
  }
  return text + "</testsuite>\n</testsuites>\n";
}

}  // namespace sesscheck
