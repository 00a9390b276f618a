#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "audit/render_html.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::html {
namespace {

std::string rules_of(const AuditResult& result, const ClauseResult& c) {
  std::string text;
  for (const Choice choice : c.deviations) {
    const std::string name = "<code>" + breakable(to_string(choice)) + "</code>";
    const auto to = anchor(result, choice);
    text += "<div>" + (to ? "<a href=\"#" + *to + "\">" + name + "</a>" : name) + "</div>";
  }
  for (const std::size_t i : c.findings)
    text += fmt::format("<div><a href=\"#surprise-{}\">surprise {}: {}</a></div>", i + 1, i + 1,
                        breakable(title(result.surprises[i])));
  if (!c.seen.empty())
    text += fmt::format("<div>seen: {}</div>", breakable(c.seen));
  if (!text.empty()) return text;
  for (const RuleInfo& row : rule_table())
    if (decides(row.rule, *c.clause))
      text += "<div><code>" + breakable(to_string({row.rule, result.established.value(row.rule)})) + "</code></div>";
  return text.empty() ? "<span class=\"quiet\">none</span>" : text;
}

std::string evidence_of(const ClauseResult& c) {
  if (c.steps == 0) return "<span class=\"quiet\">none</span>";
  std::string text = "<span>" + counted(c.traces, "trace") + "</span> / <span>" + counted(c.steps, "step") + "</span>";
  if (!c.example.commands.empty())
    text += fmt::format(
        "<details><summary>shortest<span class=\"sr\"> trace for {}</span></summary><pre "
        "tabindex=\"0\">{}</pre></details>",
        escape(c.clause->id), escape(to_text(c.example)));
  return text;
}

}  // namespace

std::string breakable(std::string_view name) {
  std::string text;
  for (const char c : escape(name)) {
    text += c;
    if (c == '_' || c == '=') text += "<wbr>";
  }
  return text;
}

std::string badge(Verdict verdict) {
  return fmt::format(
      "<span class=\"grade {0}\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\" focusable=\"false\"><use "
      "href=\"#shape-{0}\"/></svg>{1}</span>",
      word(verdict), to_text(verdict));
}

std::string_view shapes() {
  return R"(<svg class="shapes" aria-hidden="true" focusable="false" width="0" height="0">
<symbol id="shape-died" viewBox="0 0 16 16"><path d="M3 3L13 13M13 3L3 13" fill="none" stroke="currentColor" stroke-width="3.4"/></symbol>
<symbol id="shape-deviates" viewBox="0 0 16 16"><path d="M8 1.5L15.5 14.5H.5z" fill="currentColor"/></symbol>
<symbol id="shape-ambiguous" viewBox="0 0 16 16"><path d="M8 1.5L14.5 8 8 14.5 1.5 8z" fill="none" stroke="currentColor" stroke-width="2"/></symbol>
<symbol id="shape-not-exercised" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="3 2.2"/></symbol>
<symbol id="shape-not-applicable" viewBox="0 0 16 16"><path d="M2 8H14" fill="none" stroke="currentColor" stroke-width="2.6"/></symbol>
<symbol id="shape-conforms" viewBox="0 0 16 16"><path d="M2 8.5L6.2 13 14 3.5" fill="none" stroke="currentColor" stroke-width="2.6"/></symbol>
</svg>
)";
}

std::string clause_matrix(const AuditResult& result) {
  std::vector<const ClauseResult*> order;
  std::size_t count[verdict_count] = {};
  for (const ClauseResult& c : result.clauses) order.push_back(&c), ++count[static_cast<std::size_t>(c.verdict)];
  std::ranges::stable_sort(order, {}, &ClauseResult::verdict);

  std::string text =
      "<section id=\"clauses\" aria-labelledby=\"clauses-h\">\n<h2 id=\"clauses-h\">Clauses of the manual</h2>\n"
      "<p>Every normative sentence about the session cache, in our words, worst grade first. In brackets: where the "
      "page is "
      "silent.</p>\n<form id=\"filter\" hidden>\n<fieldset><legend>Show these grades</legend>\n";
  for (std::size_t v = 0; v < verdict_count; ++v)
    if (count[v] > 0)
      text += fmt::format("<label><input type=\"checkbox\" name=\"grade\" value=\"{}\" checked> {} {}</label>\n",
                          word(static_cast<Verdict>(v)), badge(static_cast<Verdict>(v)), count[v]);
  text += fmt::format(
      "</fieldset>\n<label class=\"find\">with the words <input type=\"search\" id=\"words\" autocomplete=\"off\" "
      "spellcheck=\"false\"></label>\n<button type=\"reset\">Show all</button>\n"
      "<p id=\"shown\" role=\"status\">{0} of {0} clauses</p>\n</form>\n",
      result.clauses.size());
  text += "<table id=\"matrix\" role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">";
  for (const char* name : {"Id", "Grade", "The manual says", "Page and section", "Evidence", "Rules"})
    text += fmt::format("<th role=\"columnheader\" scope=\"col\">{}</th>", name);
  text += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
  for (const ClauseResult* c : order) {
    const Clause& clause = *c->clause;
    text += fmt::format(
        "<tr role=\"row\" id=\"clause-{0}\" data-grade=\"{1}\"><th role=\"rowheader\" scope=\"row\">{0}</th><td "
        "role=\"cell\">{2}</td>"
        "<td role=\"cell\" class=\"says\">{3}</td><td role=\"cell\" class=\"where\"><span>{4}(3)</span> <span "
        "class=\"quiet\">{5}{6}</span></td>"
        "<td role=\"cell\" class=\"evidence\">{7}</td><td role=\"cell\" class=\"rules\">{8}</td></tr>\n",
        escape(clause.id), word(c->verdict), badge(c->verdict), escape(clause.paraphrase), breakable(clause.page),
        breakable(clause.section),
        to_text(clause.releases).empty() ? "" : fmt::format("; {}", to_text(clause.releases)), evidence_of(*c),
        rules_of(result, *c));
  }
  return text + "</tbody>\n</table>\n</section>\n";
}

}  // namespace sesscheck::html
