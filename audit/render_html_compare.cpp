// Another page: two libraries beside each other.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "audit/compare_report.hpp"
#include "audit/render_html.hpp"

namespace sesscheck {
namespace html {
namespace {

class Page {
 public:
  Page(const CompareHead& head, const Comparison& comparison)
      : head_(head), comparison_(comparison), sides_{"B: " + head.libraries[1].version, "A: " + head.libraries[0].version, "does"} {}

  std::string render() {
    const std::string heading = head_.libraries[0].version + " and " + head_.libraries[1].version;
    std::vector<Part> parts = {{"summary", "Summary"}};
    if (!comparison_.contrasts.empty()) parts.push_back({"differences", "Differences"});
    text_ = page_begin({heading, "sesscheck compare", heading, "What the one session cache does and the other does not."}, parts);
    verdict();
    summary();
    differences();
    text_ += page_end("Written by sesscheck. How it comes to this, and what it cannot see: <code>docs/auditing.md</code>.");
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  [[nodiscard]] static std::string stem(std::size_t index) { return "difference-" + std::to_string(index + 1); }
  [[nodiscard]] static std::string title(const Contrast& contrast) {
    return contrast.rule ? std::string(info(*contrast.rule).meaning) : "no Rule explains it";
  }
  [[nodiscard]] static std::string value(const Contrast& contrast, std::size_t side) {
    return contrast.rule ? std::string(info(*contrast.rule).values[contrast.values[side]]) : contrast.died[side] ? "dies" : "";
  }

  void verdict() {
    const bool fine = comparison_.as_expected();
    const std::size_t unexplained = comparison_.unexplained(), by_rule = comparison_.contrasts.size() - unexplained;
    put("<div class=\"verdict {}\">\n<p class=\"big\">{}</p>\n", fine ? "fine" : "not-fine",
        comparison_.differing == 0 ? "They did the same in all traces"
        : fine                     ? "They differ in nothing but what the baseline accepts"
                                   : "They do not do the same");
    if (comparison_.interrupted) put("<p><strong>Interrupted:</strong> all below is about what was done until then.</p>\n");
    if (unexplained > 0) put("<p><strong>{}</strong> that no Rule explains.</p>\n", counted(unexplained, "difference"));
    if (by_rule > 0) put("<p><strong>{}</strong> that a Rule explains.</p>\n", counted(by_rule, "difference"));
    if (comparison_.not_investigated > 0)
      put("<p><strong>{}</strong> that differ were not looked into.</p>\n", counted(comparison_.not_investigated, "more trace"));
    put("<p>Exit code {}.</p>\n</div>\n", fine ? 0 : 1);
  }

  void fact(std::string_view name, const std::string& markup) {
    put("<div><dt>{}</dt><dd>{}</dd></div>\n", name, markup);
  }

  void summary() {
    put("<section id=\"summary\" aria-labelledby=\"summary-h\">\n<h2 id=\"summary-h\">Summary</h2>\n<dl class=\"facts\">\n");
    for (const std::size_t i : {0U, 1U}) {
      const ComparedLibrary& library = head_.libraries[i];
      fact(i == 0 ? "A" : "B", escape(library.version) + ", " + code(library.libssl) + ", known as " + code(library.rules));
    }
    fact("Seed", std::to_string(head_.seed));
    fact("Compared", counted(comparison_.commands, "command") + " in " + counted(comparison_.traces, "trace"));
    fact("Traces that differ", number(comparison_.differing));
    put("</dl>\n");
    baseline();
    if (!comparison_.contrasts.empty()) overview();
    put("</section>\n");
  }

  void baseline() {
    if (!comparison_.baseline) return;
    text_ += baseline_outcome(*comparison_.baseline, "difference");
  }

  void overview() {
    put("<h3>All differences</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"All differences\"><table class=\"plain\">"
        "<thead><tr><th scope=\"col\">What</th><th scope=\"col\">A</th><th scope=\"col\">B</th><th scope=\"col\" class=\"n\">traces</th>"
        "<th scope=\"col\">clauses</th></tr></thead><tbody>\n");
    for (std::size_t i = 0; i < comparison_.contrasts.size(); ++i) {
      const Contrast& contrast = comparison_.contrasts[i];
      std::string clauses;
      for (const Clause& clause : clause_table())
        if (contrast.rule && decides(*contrast.rule, clause)) clauses += (clauses.empty() ? "" : ", ") + escape(clause.id);
      put("<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n", stem(i),
          escape(title(contrast)), escape(value(contrast, 0)), escape(value(contrast, 1)), number(contrast.count), clauses);
    }
    put("</tbody></table></div>\n");
  }

  void differences() {
    if (comparison_.contrasts.empty()) return;
    put("<section id=\"differences\" aria-labelledby=\"differences-h\">\n<h2 id=\"differences-h\">Differences</h2>\n"
        "<p>Each with the shortest trace found. What no Rule explains comes first.</p>\n");
    for (std::size_t i = 0; i < comparison_.contrasts.size(); ++i) difference(comparison_.contrasts[i], stem(i));
    put("</section>\n");
  }

  void difference(const Contrast& contrast, const std::string& id) {
    put("<article class=\"finding {0}\" id=\"{1}\" aria-labelledby=\"{1}-h\">\n<h3 id=\"{1}-h\">{2}</h3>\n",
        contrast.rule ? "by-rule" : "loud", id, escape(title(contrast)));
    if (contrast.rule) {
      const RuleInfo& row = info(*contrast.rule);
      text_ += clause_lines(row.rule, false);
      put("<dl class=\"facts\"><div><dt>Rule</dt><dd>{}</dd></div><div><dt>A</dt><dd>{}</dd></div><div><dt>B</dt><dd>{}</dd></div>"
          "<div><dt>The manual</dt><dd>{}</dd></div><div><dt>Decided in OpenSSL by</dt><dd>{}</dd></div></dl>\n",
          code(row.name), code(value(contrast, 0)), code(value(contrast, 1)), code(row.values[0]), escape(row.source));
    } else {
      put("<p>No choice in the table of Rules accounts for it.</p>\n");
    }
    for (const std::size_t i : {0U, 1U})
      if (contrast.died[i]) put("<p><strong>{} crashes or hangs.</strong></p>\n", i == 0 ? "A" : "B");
    put("<p>Seen in {} (it, or its like).</p>\n", counted(contrast.count, "trace"));
    Exhibit exhibit{id, contrast.trace, contrast.shown, sides_, comparison_.rules[1], comparison_.rules[0], {}, {},
                    program({head_.libraries[1].version + " is not like " + head_.libraries[0].version, title(contrast)},
                            head_.libraries[0].version, contrast.trace, contrast.shown),
                    false};
    exhibit.caption =
        "Drawn from the reference model, not from a recording: under the Rules that account for each of the two. On this trace the "
        "libraries were seen to differ in just this.";
    exhibit.caption_unaccounted =
        "Drawn from the reference model under the Rules of <strong>A</strong>. What <strong>B</strong> did in the last step was recorded, "
        "field by field; so were those fields of A.";
    text_ += exhibit.show() + "</article>\n";
  }

  const CompareHead& head_;
  const Comparison& comparison_;
  const Sides sides_;
  std::string text_;
};

}  // namespace
}  // namespace html

std::string render_html(const CompareHead& head, const Comparison& comparison) {
  return html::Page(head, comparison).render();
}

}  // namespace sesscheck
