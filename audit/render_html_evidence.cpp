// What was found: each deviation and each surprise with its trace, its picture and its program.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "audit/render_html.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::html {
namespace {

/// A value that all its clauses allow, or that no page of this release speaks of, is no deviation of theirs.
Verdict grade(const AuditResult& result, Choice choice) {
  std::optional<Verdict> worst;
  for (const ClauseResult& c : result.clauses) {
    if (std::ranges::find(c.deviations, choice) != c.deviations.end()) return Verdict::deviates;
    if (decides(choice.rule, *c.clause) && c.verdict >= Verdict::ambiguous)
      worst = std::min(c.verdict, worst.value_or(c.verdict));
  }
  return worst.value_or(Verdict::deviates);
}

std::string deviation(const AuditHead& head, const AuditResult& result, const Deviation& d) {
  const RuleInfo& row = info(d.choice.rule);
  const std::string value = to_string(d.choice), stem = file_stem(d);
  std::string text = fmt::format(
      "<article class=\"finding deviation\" id=\"deviation-{}\" aria-labelledby=\"deviation-{}-h\">\n"
      "<h3 id=\"deviation-{}-h\">{} <span>{}</span></h3>\n",
      stem, stem, stem, badge(grade(result, d.choice)), escape(row.meaning));
  text += clause_lines(d.choice.rule, true);
  text += fmt::format(
      "<dl class=\"facts\"><div><dt>Rule and value</dt><dd>{}</dd></div><div><dt>The manual\u2019s "
      "value</dt><dd>{}</dd></div>"
      "<div><dt>Found after</dt><dd>{}</dd></div><div><dt>Shrunk to</dt><dd>{}</dd></div><div><dt>Decided in OpenSSL "
      "by</dt>"
      "<dd>{}</dd></div></dl>\n",
      code(value), code(row.values[0]), counted(d.found_after, "command"), counted(single_commands(d.trace), "command"),
      escape(row.source));
  if (!d.shown.fields.empty())
    text += "<p class=\"seen\">What was seen: " + escape(sentence(d.shown, "the manual")) + ".</p>\n";
  Exhibit exhibit{stem,
                  d.trace,
                  d.shown,
                  {},
                  result.established,
                  result.established.with({d.choice.rule, Rules::manual().value(d.choice.rule)}),
                  {},
                  {},
                  program(head_lines(head, d), "manual", d.trace, d.shown)};
  exhibit.caption = fmt::format(
      "Drawn from the reference model, not from a recording. <strong>The library</strong>: the model under the Rules "
      "that account for "
      "this library, {} among them; on this trace the library was seen to agree with them. <strong>The "
      "manual</strong>: the same, "
      "but with {} as the manual has it ({}). All other Rules are equal, so that nothing else makes the difference.",
      code(value), code(row.name), code(row.values[0]));
  exhibit.caption_unaccounted = fmt::format(
      "Drawn from the reference model with {} as the manual has it ({}). The last step of <strong>the library</strong> "
      "is what was "
      "recorded of it.",
      code(row.name), code(row.values[0]));
  return text + exhibit.show() + "</article>\n";
}

/// What is believed to have the same explanation.
std::string symptoms(const AuditHead& head, const Surprise& s, std::size_t index) {
  if (s.symptoms.empty()) return {};
  std::string text = fmt::format("<h4>It shows in {} as well</h4>\n<ul>\n", counted(s.symptoms.size(), "other way"));
  for (std::size_t n = 0; n < s.symptoms.size(); ++n) {
    const Symptom& symptom = s.symptoms[n];
    const std::string stem = file_stem(index, n);
    text += fmt::format("<li>{} ({}).\n{}</li>\n", escape(sentence(symptom.shown, head.expected)), counted(symptom.count, "trace"),
                        block("Trace", "trace-" + stem, to_text(symptom.trace), false, "traces/" + stem + ".trace"));
  }
  return text + "</ul>\n";
}

std::string surprise(const AuditHead& head, const AuditResult& result, std::size_t index) {
  const Surprise& s = result.surprises[index];
  const std::string stem = file_stem(index);
  std::string text = fmt::format(
      "<article class=\"finding surprise {}\" id=\"{}\" aria-labelledby=\"{}-h\">\n<h3 id=\"{}-h\">Surprise {}: "
      "{}</h3>\n",
      s.kind == Surprise::Kind::rule ? "by-rule" : "loud", stem, stem, stem, index + 1, escape(title(s)));
  std::optional<Rules> library;
  Rules expected = result.established;
  switch (s.kind) {
    case Surprise::Kind::rule:
      library = result.established;
      for (const Choice change : s.explanation.value_or(std::vector<Choice>{})) {
        text += "<p>" + escape(info(change.rule).meaning) + ".</p>\n" + clause_lines(change.rule, true);
        library->set(change);
        expected.set({change.rule, result.expected.value(change.rule)});
      }
      break;
    case Surprise::Kind::unexplained:
      text +=
          "<p>The library did something that no choice in the table of Rules accounts for. Report it: to the library, "
          "if the trace "
          "shows a fault; to sesscheck, if the model does not know the behaviour.</p>\n";
      break;
    case Surprise::Kind::died: text += "<p>The library crashed or hung while it carried out the trace.</p>\n"; break;
  }
  if (!to_text(s.repeats).empty())
    text += "<p><strong>To see it again:</strong> " + escape(to_text(s.repeats)) + ".</p>\n";
  text += fmt::format(
      "<dl class=\"facts\"><div><dt>Seen in</dt><dd>{} (it, or its like)</dd></div><div><dt>Found "
      "after</dt><dd>{}</dd></div>"
      "<div><dt>Trace</dt><dd>{}</dd></div></dl>\n",
      counted(s.count, "trace"), counted(s.found_after, "command"), counted(single_commands(s.trace), "command"));
  std::string against;
  for (const ClauseResult& c : result.clauses)
    if (std::ranges::find(c.findings, index) != c.findings.end())
      against += fmt::format("{}<a href=\"#clause-{}\">{}</a>", against.empty() ? "" : ", ", escape(c.clause->id),
                             escape(c.clause->id));
  if (!against.empty()) text += "<p>Clauses that its last step exercised: " + against + ".</p>\n";
  if (!s.shown.fields.empty())
    text += "<p class=\"seen\">What was seen: " + escape(sentence(s.shown, head.expected)) + ".</p>\n";
  if (!s.last_words.empty())
    text += "<h4>Its last words</h4>\n<pre class=\"last-words\" tabindex=\"0\">" + escape(s.last_words) + "</pre>\n";
  Exhibit exhibit{stem,
                  s.trace,
                  s.shown,
                  {"the library", head.expected},
                  library,
                  expected,
                  {},
                  {},
                  program(head_lines(head, s), head.expected, s.trace, s.shown)};
  exhibit.caption = fmt::format(
      "Drawn from the reference model, not from a recording. <strong>The library</strong>: the model under the Rules "
      "that account for it. "
      "<strong>{}</strong>: the same, but with this Rule as was expected.",
      escape(head.expected));
  exhibit.caption_unaccounted = fmt::format(
      "All but the last step of the library is drawn from the reference model, under the Rules that account for the "
      "rest of what it does "
      "(<strong>{}</strong>{}). What <strong>the library</strong> did in the step that differs was recorded, field by "
      "field.",
      escape(head.expected),
      std::ranges::count(result.surprises, Surprise::Kind::rule, &Surprise::kind) == 0 ? "" : ", changed as the other surprises explain");
  text += exhibit.show() + symptoms(head, s, index);
  for (std::size_t n = 0; n < s.before.size(); ++n)
    text += block(fmt::format("To be carried out before it, in the same process: {} of {}", n + 1, s.before.size()),
                  fmt::format("trace-{}-before-{}", stem, n + 1), to_text(s.before[n]), false,
                  fmt::format("traces/{}-before-{}.trace", stem, n + 1));
  return text + "</article>\n";
}

}  // namespace

std::string title(const Surprise& surprise) {
  switch (surprise.kind) {
    case Surprise::Kind::unexplained: return "no Rule explains it";
    case Surprise::Kind::died: return "the library died";
    case Surprise::Kind::rule: break;
  }
  std::string text;
  for (const Choice change : surprise.explanation.value_or(std::vector<Choice>{}))
    text += (text.empty() ? "" : ", ") + to_string(change);
  return text;
}

std::optional<std::string> anchor(const AuditResult& result, Choice choice) {
  for (const Deviation& d : result.deviations)
    if (d.choice == choice) return "deviation-" + file_stem(d);
  return std::nullopt;
}

std::string surprises(const AuditHead& head, const AuditResult& result) {
  if (result.surprises.empty()) return {};
  std::string text = fmt::format(
      "<section id=\"surprises\" aria-labelledby=\"surprises-h\">\n<h2 id=\"surprises-h\">Not as expected</h2>\n"
      "<p>Where the library is not what {} says. {}</p>\n",
      code(head.expected), result.baseline ? "" : "This is why the exit code is not 0.");
  // The loudest first; numbers stay those of the files.
  std::vector<std::size_t> order;
  std::size_t not_investigated = 0;
  for (std::size_t i = 0; i < result.surprises.size(); ++i)
    order.push_back(i), not_investigated += result.surprises[i].not_investigated;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return result.surprises[i].kind == Surprise::Kind::died          ? 0
           : result.surprises[i].kind == Surprise::Kind::unexplained ? 1
                                                                     : 2;
  });
  for (const std::size_t i : order) text += surprise(head, result, i);
  if (not_investigated > 0)
    text += fmt::format("<p>And {} of other kinds that no Rule explains: not shrunk, for there was no time.</p>\n",
                        counted(not_investigated, "more trace"));
  return text + "</section>\n";
}

std::string deviations(const AuditHead& head, const AuditResult& result) {
  std::string text =
      "<section id=\"deviations\" aria-labelledby=\"deviations-h\">\n<h2 id=\"deviations-h\">Deviations from the "
      "manual</h2>\n";
  if (result.deviations.empty()) return text + "<p>None was seen.</p>\n</section>\n";
  text += fmt::format(
      "<p>{}. Each has the shortest trace found in which this one Rule makes the difference.</p>\n<ul class=\"toc\">\n",
      counted(result.deviations.size(), "deviation"));
  for (const Deviation& d : result.deviations)
    text += fmt::format("<li><a href=\"#deviation-{}\">{}</a> <span>{}</span></li>\n", file_stem(d),
                        code(to_string(d.choice)), escape(info(d.choice.rule).meaning));
  text += "</ul>\n";
  for (const Deviation& d : result.deviations) text += deviation(head, result, d);
  return text + "</section>\n";
}

}  // namespace sesscheck::html
