#include "audit/matrix.hpp"

#include <algorithm>

namespace sesscheck {
namespace {

std::vector<Choice> values_of(const AuditResult& result, const ClauseResult& c) {
  if (c.verdict != Verdict::ambiguous) return c.deviations;
  std::vector<Choice> seen;
  for (const RuleInfo& row : rule_table())
    if (decides(row.rule, *c.clause)) seen.push_back({row.rule, result.established.value(row.rule)});
  return seen;
}

/// The manual's value stands in `established` also where nothing showed which one the library has.
bool known(const AuditResult& result, Rule rule) {
  return result.established.value(rule) != 0 || result.expected.value(rule) == 0 ||
         std::ranges::any_of(result.surprises, [&](const Surprise& s) {
           return s.explanation && std::ranges::find(*s.explanation, Choice{rule, 0}) != s.explanation->end();
         });
}

const Deviation* find(const AuditResult& result, Choice choice) {
  const auto at = std::ranges::find(result.deviations, choice, &Deviation::choice);
  return at == result.deviations.end() ? nullptr : &*at;
}

}  // namespace

int Matrix::exit_code() const {
  int worst = 0;
  for (const MatrixColumn& column : columns)
    worst = std::max(worst, !column.result || !column.result->failure.empty() ? 3 : column.result->as_expected() ? 0 : 1);
  return worst;
}

std::vector<MatrixGroup> groups(const Matrix& matrix, std::size_t clause) {
  std::vector<MatrixGroup> all;
  for (std::size_t i = 0; i < matrix.columns.size(); ++i) {
    if (!matrix.columns[i].result) continue;
    const AuditResult& result = *matrix.columns[i].result;
    const ClauseResult& c = result.clauses.at(clause);
    MatrixGroup one{c.verdict, values_of(result, c), !c.findings.empty(), {i}};
    const auto same = std::ranges::find_if(all, [&](const MatrixGroup& g) {
      return g.verdict == one.verdict && g.values == one.values && g.findings == one.findings;
    });
    if (same == all.end())
      all.push_back(std::move(one));
    else
      same->columns.push_back(i);
  }
  return all;
}

std::vector<MatrixChange> changes(const Matrix& matrix) {
  std::vector<MatrixChange> all;
  std::optional<std::size_t> before;
  for (std::size_t i = 0; i < matrix.columns.size(); ++i) {
    if (!matrix.columns[i].result || !matrix.columns[i].head.peer.empty()) continue;
    if (!before) {
      before = i;
      continue;
    }
    const AuditResult &older = *matrix.columns[*before].result, &newer = *matrix.columns[i].result;
    MatrixChange change{*before, i, {}, {}};
    for (const Choice choice : differences(older.established, newer.established)) {
      if (!known(older, choice.rule) || !known(newer, choice.rule)) continue;
      const std::uint8_t from = older.established.value(choice.rule);
      const Deviation* const there = find(newer, choice);
      change.rules.push_back({choice.rule, from, choice.value, there ? there : find(older, {choice.rule, from}), there ? i : *before});
    }
    for (std::size_t c = 0; c < clause_table().size(); ++c)
      if (older.clauses.at(c).verdict != newer.clauses.at(c).verdict)
        change.grades.push_back({&clause_table()[c], older.clauses[c].verdict, newer.clauses[c].verdict});
    all.push_back(std::move(change));
    before = i;
  }
  return all;
}

}  // namespace sesscheck
