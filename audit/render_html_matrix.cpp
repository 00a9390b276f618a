// Another page: several libraries beside each other, each cell with its evidence.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "audit/matrix.hpp"
#include "audit/render_html.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace html {
namespace {

class Page {
 public:
  explicit Page(const Matrix& matrix) : matrix_(matrix) {
    for (std::size_t c = 0; c < clause_table().size(); ++c) groups_.push_back(groups(matrix, c));
    for (std::size_t i = 0; i < matrix.columns.size(); ++i)
      if (matrix.columns[i].result) columns_.push_back(i);
  }

  std::string render() {
    constexpr Part parts[] = {{"libraries", "Libraries"}, {"clauses", "Clauses"}, {"changes", "What changed"},
                              {"surprises", "Not as expected"}, {"evidence", "Evidence"}};
    text_ = page_begin({"TLS libraries beside each other", "sesscheck matrix", "What each library does",
                        "Their session caches, held against the manual."},
                       parts);
    verdict();
    libraries();
    clauses();
    changed();
    surprised();
    evidence();
    text_ += page_end(
        "Written by sesscheck. What grades mean, and what an audit cannot see: <code>docs/auditing.md</code>. The same for programs: "
        "<code>matrix.json</code> beside this page.");
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  [[nodiscard]] const std::string& name(std::size_t column) const { return matrix_.columns[column].name; }
  [[nodiscard]] const AuditResult& result(std::size_t column) const { return *matrix_.columns[column].result; }
  /// The anchor of what is said of a clause and some libraries.
  [[nodiscard]] static std::string anchor(std::size_t clause, std::size_t group) {
    return fmt::format("evidence-{}-{}", escape(clause_table()[clause].id), group + 1);
  }
  [[nodiscard]] std::string names(const std::vector<std::size_t>& columns) const {
    std::string text;
    for (const std::size_t column : columns) text += (text.empty() ? "" : ", ") + escape(name(column));
    return text;
  }
  void table(std::string_view label, std::string_view attributes, std::initializer_list<std::string_view> heads) {
    put("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}\"><table {}><thead><tr>", label, attributes);
    for (const std::string_view head : heads) put("<th scope=\"col\">{}</th>", head);
    put("</tr></thead><tbody>\n");
  }
  void end_table() { put("</tbody></table></div>\n"); }

  // --- the page, from top to bottom ------------------------------------------------------------------------------------

  void verdict() {
    const int code = matrix_.exit_code();
    const auto differing = std::ranges::count_if(groups_, [](const std::vector<MatrixGroup>& g) { return g.size() > 1; });
    put("<div class=\"verdict {}\">\n<p class=\"big\">{}</p>\n<p>{} of {} are not alike in all of them.</p>\n<p>Exit code {}. "
        "Seed {}.</p>\n</div>\n",
        code == 0 ? "fine" : "not-fine",
        code == 0   ? "Each does what is known of it"
        : code == 1 ? "Not each does what is known of it"
                    : "Not each could be audited to the end",
        number(static_cast<std::size_t>(differing)), counted(groups_.size(), "clause"), code, matrix_.seed);
  }

  void libraries() {
    put("<section id=\"libraries\" aria-labelledby=\"libraries-h\">\n<h2 id=\"libraries-h\">Libraries</h2>\n");
    table("Libraries", "class=\"plain\"",
          {"Library", "Version, as it reports it", "Expected", "Compared", "Deviations from the manual", "Not as expected", "Path"});
    for (const MatrixColumn& column : matrix_.columns) {
      put("<tr><th scope=\"row\">{}</th>", escape(column.name));
      if (!column.result) {
        put("<td colspan=\"5\"><strong>cannot be run:</strong> {}</td><td>{}</td></tr>\n", escape(column.failure), code(column.head.libssl));
        continue;
      }
      const AuditResult& r = *column.result;
      put("<td>{}</td><td>{}</td><td>{}{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
          escape(column.head.version), code(column.head.expected), counted(r.commands, "command"),
          r.failure.empty() ? r.interrupted ? ", interrupted" : "" : ", ended early: " + escape(r.failure), r.deviations.size(),
          r.surprises.size(), code(column.head.libssl));
    }
    end_table();
    put("</section>\n");
  }

  void clauses() {
    put("<section id=\"clauses\" aria-labelledby=\"clauses-h\">\n<h2 id=\"clauses-h\">Clauses of the manual</h2>\n"
        "<p>Each cell leads to its evidence. Below a grade: what the library does instead, or, where the manual leaves it open, which "
        "of the behaviours it has.</p>\n");
    text_ += filter();
    put("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Clauses and libraries\"><table id=\"libraries-matrix\"><thead><tr>"
        "<th scope=\"col\">Id</th><th scope=\"col\">The manual says</th>");
    for (const std::size_t column : columns_) put("<th scope=\"col\">{}</th>", escape(name(column)));
    put("</tr></thead><tbody>\n");
    for (std::size_t c = 0; c < groups_.size(); ++c) row(c);
    end_table();
    put("</section>\n");
  }

  [[nodiscard]] std::string filter() const {
    bool there[verdict_count] = {};
    for (const std::vector<MatrixGroup>& all : groups_)
      for (const MatrixGroup& group : all) there[static_cast<std::size_t>(group.verdict)] = true;
    std::string text = "<form id=\"filter\" hidden>\n<fieldset><legend>Show clauses with one of these grades</legend>\n";
    for (std::size_t v = 0; v < verdict_count; ++v)
      if (there[v])
        text += fmt::format("<label><input type=\"checkbox\" name=\"grade\" value=\"{}\" checked> {}</label>\n",
                            word(static_cast<Verdict>(v)), badge(static_cast<Verdict>(v)));
    return text +
           fmt::format("</fieldset>\n<label><input type=\"checkbox\" name=\"differing\"> only where libraries differ</label>\n"
                       "<label class=\"find\">with the words <input type=\"search\" id=\"words\" autocomplete=\"off\" "
                       "spellcheck=\"false\"></label>\n<button type=\"reset\">Show all</button>\n"
                       "<p id=\"shown\" role=\"status\">{0} of {0} clauses</p>\n</form>\n",
                       groups_.size());
  }

  void row(std::size_t c) {
    const Clause& clause = clause_table()[c];
    std::string grades;
    for (const MatrixGroup& group : groups_[c]) grades += (grades.empty() ? "" : " ") + std::string(word(group.verdict));
    put("<tr id=\"clause-{0}\" data-grade=\"{1}\"{2}><th scope=\"row\"><a href=\"#evidence-{0}\">{0}</a></th><td class=\"says\">{3} "
        "<span class=\"quiet\">{4}(3)</span></td>",
        escape(clause.id), grades, groups_[c].size() > 1 ? " data-differs=\"yes\"" : "", escape(clause.paraphrase), escape(clause.page));
    for (const std::size_t column : columns_) {
      const auto in = std::ranges::find_if(
          groups_[c], [&](const MatrixGroup& g) { return std::ranges::find(g.columns, column) != g.columns.end(); });
      put("<td><a href=\"#{}\">{}</a>", anchor(c, static_cast<std::size_t>(in - groups_[c].begin())), badge(in->verdict));
      for (const Choice choice : in->values) put("<code>{}</code>", breakable(info(choice.rule).values[choice.value]));
      put("{}</td>", in->findings ? "<strong>finding</strong>" : "");
    }
    put("</tr>\n");
  }

  void changed() {
    put("<section id=\"changes\" aria-labelledby=\"changes-h\">\n<h2 id=\"changes-h\">What changed from one to the next</h2>\n");
    const std::vector<MatrixChange> all = changes(matrix_);
    if (all.empty()) put("<p>There is but one.</p>\n");
    for (std::size_t i = 0; i < all.size(); ++i) change(all[i], i);
    put("</section>\n");
  }

  void change(const MatrixChange& step, std::size_t index) {
    put("<h3>From {} to {}</h3>\n", escape(name(step.from)), escape(name(step.to)));
    if (step.rules.empty() && step.grades.empty()) put("<p>Nothing that was seen.</p>\n");
    if (!step.rules.empty()) {
      table("Rules that changed", "class=\"plain changed\"", {"What", "From", "To", "Clauses", "Shown by"});
      for (const MatrixChange::OfRule& r : step.rules) {
        const RuleInfo& row = info(r.rule);
        std::string clauses;
        for (const Clause& clause : clause_table())
          if (decides(r.rule, clause))
            clauses += fmt::format("{0}<a href=\"#clause-{1}\">{1}</a>", clauses.empty() ? "" : ", ", escape(clause.id));
        put("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>", escape(row.meaning), code(row.values[r.from]),
            code(row.values[r.to]), clauses.empty() ? "none" : clauses);
        if (r.shown)
          put("<details><summary>a trace<span class=\"sr\"> for {}, from {} to {}</span></summary><p>In {}, {}.</p><pre "
              "tabindex=\"0\" id=\"change-{}-{}\">{}</pre></details>",
              escape(row.name), escape(name(step.from)), escape(name(step.to)), escape(name(r.column)),
              escape(sentence(r.shown->shown, "the manual")), index + 1, escape(row.name), escape(to_text(r.shown->trace)));
        put("</td></tr>\n");
      }
      end_table();
    }
    if (step.grades.empty()) return;
    put("<ul class=\"grades-changed\">\n");
    for (const MatrixChange::OfGrade& g : step.grades)
      put("<li><a href=\"#clause-{0}\">{0}</a>: {1} \u2192 {2} <span class=\"quiet\">{3}</span></li>\n", escape(g.clause->id),
          badge(g.from), badge(g.to), escape(g.clause->paraphrase));
    put("</ul>\n");
  }

  /// Where one is not what was expected of it.
  void surprised() {
    put("<section id=\"surprises\" aria-labelledby=\"surprises-h\">\n<h2 id=\"surprises-h\">Not as expected</h2>\n");
    bool any = false;
    for (const std::size_t i : columns_) {
      if (result(i).surprises.empty()) continue;
      any = true;
      put("<h3>{}</h3>\n", escape(name(i)));
      for (const Surprise& s : result(i).surprises) {
        put("<article class=\"finding {}\">\n<h4>{}</h4>\n<p>{}. Seen in {}{}{}.</p>\n<pre tabindex=\"0\">{}</pre>\n",
            s.kind == Surprise::Kind::rule ? "by-rule" : "loud", escape(title(s)),
            escape(sentence(s.shown, matrix_.columns[i].head.expected)), counted(s.count, "trace"),
            to_text(s.repeats).empty() ? "" : "; ", escape(to_text(s.repeats)), escape(to_text(s.trace)));
        if (!s.last_words.empty()) put("<pre class=\"last-words\" tabindex=\"0\">{}</pre>\n", escape(s.last_words));
        put("</article>\n");
      }
    }
    if (!any) put("<p>Each library that could be run does what is known of it; no finding.</p>\n");
    put("</section>\n");
  }

  void evidence() {
    put("<section id=\"evidence\" aria-labelledby=\"evidence-h\">\n<h2 id=\"evidence-h\">Evidence</h2>\n<p>By clause: of which libraries "
        "the same can be said, how often it was seen, and the shortest trace.</p>\n");
    for (std::size_t c = 0; c < groups_.size(); ++c) {
      const Clause& clause = clause_table()[c];
      put("<h3 id=\"evidence-{0}\">{0}</h3>\n<p class=\"paraphrase\">{1} <cite>{2}(3), {3}</cite></p>\n", escape(clause.id),
          escape(clause.paraphrase), escape(clause.page), escape(clause.section));
      for (std::size_t g = 0; g < groups_[c].size(); ++g) {
        const MatrixGroup& group = groups_[c][g];
        put("<details id=\"{}\"><summary>{} {}</summary>\n", anchor(c, g), badge(group.verdict), names(group.columns));
        put("<p>Seen in");
        for (const std::size_t column : group.columns) {
          const ClauseResult& r = result(column).clauses[c];
          put("{} {} ({}, {})", column == group.columns.front() ? "" : ";", escape(name(column)), counted(r.traces, "trace"),
              counted(r.steps, "step"));
        }
        put(".</p>\n");
        shown_by(group, c);
        put("</details>\n");
      }
    }
    put("</section>\n");
  }

  /// The first library of the group stands for all.
  void shown_by(const MatrixGroup& group, std::size_t c) {
    const std::size_t column = group.columns.front();
    const AuditResult& r = result(column);
    const ClauseResult& clause = r.clauses[c];
    for (const Choice choice : group.values) {
      put("<p>{}: {}.</p>\n", code(to_string(choice)), escape(info(choice.rule).meaning));
      const auto deviation = std::ranges::find(r.deviations, choice, &Deviation::choice);
      if (deviation == r.deviations.end()) continue;
      put("<p>In {}, {}.</p>\n<pre tabindex=\"0\">{}</pre>\n", escape(name(column)),
          escape(sentence(deviation->shown, "the manual")), escape(to_text(deviation->trace)));
    }
    for (const std::size_t i : clause.findings)
      put("<p>In {}, {}: {}.</p>\n<pre tabindex=\"0\">{}</pre>\n", escape(name(column)), escape(title(r.surprises[i])),
          escape(sentence(r.surprises[i].shown, matrix_.columns[column].head.expected)), escape(to_text(r.surprises[i].trace)));
    if (clause.deviations.empty() && clause.findings.empty() && !clause.example.commands.empty())
      put("<p>The shortest trace that exercised it, in {}:</p>\n<pre tabindex=\"0\">{}</pre>\n", escape(name(column)),
          escape(to_text(clause.example)));
  }

  const Matrix& matrix_;
  std::vector<std::vector<MatrixGroup>> groups_;  // by clause
  std::vector<std::size_t> columns_;              // that have results
  std::string text_;
};

}  // namespace
}  // namespace html

std::string render_html(const Matrix& matrix) { return html::Page(matrix).render(); }

}  // namespace sesscheck
