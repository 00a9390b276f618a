#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/matrix.hpp"
#include "audit/terminal.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;

char letter(Verdict verdict) {
  switch (verdict) {
    case Verdict::died: return 'X';
    case Verdict::deviates: return 'D';
    case Verdict::ambiguous: return 'a';
    case Verdict::not_exercised: return '-';
    case Verdict::not_applicable: return ' ';
    case Verdict::conforms: return '.';
  }
  return '?';
}

std::string value(Choice choice) { return std::string(info(choice.rule).values[choice.value]); }

class Text : TerminalText {
 public:
  Text(const Matrix& matrix, bool colour) : TerminalText(colour), matrix_(matrix) {}

  std::string render() {
    libraries();
    clauses();
    for (const MatrixChange& change : changes(matrix_)) changed(change);
    return std::move(text_);
  }

 private:

  void libraries() {
    for (std::size_t i = 0; i < matrix_.columns.size(); ++i) {
      const MatrixColumn& column = matrix_.columns[i];
      if (!column.result) {
        line("{:>3}  {:<22} {}cannot be run: {}{}", i + 1, column.name, on(red), column.failure, on(plain));
        continue;
      }
      const AuditResult& result = *column.result;
      const auto found = std::ranges::count_if(result.surprises, [](const Surprise& s) { return s.kind != Surprise::Kind::rule; });
      line("{:>3}  {:<22} {:<32} {:<15} {} commands, {}{}{}", i + 1, column.name, column.head.version, column.head.expected,
           result.commands, on(result.as_expected() ? green : red),
           result.as_expected() ? "as expected"
                                : fmt::format("{} not as expected, {} of them findings", result.surprises.size(), found),
           on(plain));
    }
    line("\n.  conforms   D  deviates   X  died   a  ambiguous   -  not exercised      not applicable\n");
  }

  void clauses() {
    std::string head = fmt::format("{:<5} ", "");
    for (std::size_t i = 0; i < matrix_.columns.size(); ++i) head += fmt::format("{:>3}", i + 1);
    line("{}{}{}", on(bold), head, on(plain));
    for (std::size_t c = 0; c < clause_table().size(); ++c) {
      std::string row = fmt::format("{:<5} ", clause_table()[c].id);
      for (const MatrixColumn& column : matrix_.columns) {
        if (!column.result) {
          row += "  ?";
          continue;
        }
        const Verdict verdict = column.result->clauses[c].verdict;
        row += fmt::format("  {}{}{}", colour_of(verdict), letter(verdict), on(plain));
      }
      line("{}  {} ({})", row, clause_table()[c].paraphrase, clause_table()[c].page);
      const std::vector<MatrixGroup> all = groups(matrix_, c);
      if (all.size() > 1)
        for (const MatrixGroup& group : all)
          if (!group.values.empty()) line("{:>{}}{}: {}", "", 8 + 3 * matrix_.columns.size(), numbers(group), values(group));
    }
    line("");
  }

  static std::string numbers(const MatrixGroup& group) {
    std::string text;
    for (const std::size_t column : group.columns) text += (text.empty() ? "" : ", ") + std::to_string(column + 1);
    return text;
  }
  static std::string values(const MatrixGroup& group) {
    std::string text;
    for (const Choice choice : group.values) text += (text.empty() ? "" : ", ") + to_string(choice);
    return text;
  }

  void changed(const MatrixChange& change) {
    const MatrixColumn &from = matrix_.columns[change.from], &to = matrix_.columns[change.to];
    line("{}From {} to {}{}", on(bold), from.name, to.name, on(plain));
    if (change.rules.empty() && change.grades.empty()) line("  nothing that was seen");
    for (const MatrixChange::OfRule& r : change.rules)
      line("  {}: {} -> {}   {}", info(r.rule).name, value({r.rule, r.from}), value({r.rule, r.to}), info(r.rule).meaning);
    for (const MatrixChange::OfGrade& g : change.grades)
      line("  {}: {} -> {}   {}", g.clause->id, to_text(g.from), to_text(g.to), g.clause->paraphrase);
  }

  const Matrix& matrix_;
};

Json cell(const AuditResult& result, std::size_t clause) {
  const ClauseResult& c = result.clauses[clause];
  Json deviations = Json::array(), findings = Json::array();
  for (const Choice choice : c.deviations) {
    const auto shown = std::ranges::find(result.deviations, choice, &Deviation::choice);
    deviations.push_back({{"rule", info(choice.rule).name},
                          {"value", value(choice)},
                          {"trace", shown == result.deviations.end() ? "" : to_text(shown->trace)}});
  }
  for (const std::size_t i : c.findings) findings.push_back(to_text(result.surprises[i].trace));
  return {{"verdict", word(c.verdict)}, {"traces", c.traces}, {"steps", c.steps}, {"deviations", std::move(deviations)},
          {"findings", std::move(findings)}, {"seen", c.seen}, {"example", c.example.commands.empty() ? "" : to_text(c.example)}};
}

Json to_json(const Matrix& matrix, const MatrixChange& change) {
  Json rules = Json::array(), grades = Json::array();
  for (const MatrixChange::OfRule& r : change.rules)
    rules.push_back({{"rule", info(r.rule).name},
                     {"meaning", info(r.rule).meaning},
                     {"from", value({r.rule, r.from})},
                     {"to", value({r.rule, r.to})},
                     {"trace", r.shown ? to_text(r.shown->trace) : ""}});
  for (const MatrixChange::OfGrade& g : change.grades)
    grades.push_back({{"clause", g.clause->id}, {"from", word(g.from)}, {"to", word(g.to)}});
  return {{"from", matrix.columns[change.from].name}, {"to", matrix.columns[change.to].name},
          {"rules", std::move(rules)}, {"grades", std::move(grades)}};
}

}  // namespace

std::string render_terminal(const Matrix& matrix, bool colour) { return Text(matrix, colour).render(); }

std::string render_json(const Matrix& matrix) {
  Json root = {{"schema", matrix_schema_version}, {"tool", "sesscheck"}, {"seed", matrix.seed}};
  Json& libraries = root["libraries"] = Json::array();
  for (const MatrixColumn& column : matrix.columns) {
    Json entry = {{"name", column.name}, {"version", column.head.version}, {"path", column.head.libssl},
                  {"expected", column.head.expected}, {"failure", column.failure}};
    if (column.result) {
      entry["commands"] = column.result->commands;
      entry["as_expected"] = column.result->as_expected();
      Json& surprises = entry["surprises"] = Json::array();
      for (const Surprise& s : column.result->surprises)
        surprises.push_back({{"explained", s.kind == Surprise::Kind::rule}, {"count", s.count}, {"trace", to_text(s.trace)}});
    }
    libraries.push_back(std::move(entry));
  }
  Json& clauses = root["clauses"] = Json::array();
  for (std::size_t c = 0; c < clause_table().size(); ++c) {
    const Clause& clause = clause_table()[c];
    Json cells = Json::object();
    for (const MatrixColumn& column : matrix.columns)
      if (column.result) cells[column.name] = cell(*column.result, c);
    clauses.push_back({{"id", clause.id}, {"page", clause.page}, {"section", clause.section},
                       {"paraphrase", clause.paraphrase}, {"libraries", std::move(cells)}});
  }
  Json& steps = root["changes"] = Json::array();
  for (const MatrixChange& change : changes(matrix)) steps.push_back(to_json(matrix, change));
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sesscheck
