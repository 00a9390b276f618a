#include "audit/clauses.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sesscheck {
namespace {

/// Whether a list of ids with blanks between them has this one.
bool lists(std::string_view ids, std::string_view wanted) {
  while (!ids.empty()) {
    const std::string_view id = ids.substr(0, ids.find(' '));
    if (id == wanted) return true;
    ids.remove_prefix(std::min(ids.size(), id.size() + 1));
  }
  return false;
}

const std::array<ClauseSet, reason_count>& by_reason() {
  static const std::array<ClauseSet, reason_count> table = [] {
    std::array<ClauseSet, reason_count> sets;
    for (const ReasonInfo& reason : reason_table())
      for (std::size_t c = 0; c < clause_table().size(); ++c)
        if (is_evidence(reason.reason, clause_table()[c])) sets[static_cast<std::size_t>(reason.reason)].set(c);
    return sets;
  }();
  return table;
}

}  // namespace

const Clause* find_clause(std::string_view id) {
  for (const Clause& clause : clause_table())
    if (clause.id == id) return &clause;
  return nullptr;
}

bool decides(Rule rule, const Clause& clause) {
  return lists(info(rule).clauses, clause.id) || std::ranges::find(clause.rules, rule) != clause.rules.end();
}

bool is_evidence(Reason reason, const Clause& clause) { return lists(info(reason).clauses, clause.id); }

ClauseSet clauses_of(const std::bitset<reason_count>& reasons) {
  ClauseSet set;
  for (std::size_t r = 0; r < reason_count; ++r)
    if (reasons.test(r)) set |= by_reason()[r];
  return set;
}

ClauseSet clauses_of(const ClauseStep& step) {
  ClauseSet set = clauses_of(step.because.reasons);
  if (step.seen.status == Status::crashed) return set;  // nothing more is seen of such a step
  const auto table = clause_table();
  for (std::size_t c = 0; c < table.size(); ++c)
    if (table[c].exercised != nullptr && table[c].exercised(step)) set.set(c);
  return set;
}

std::string_view to_text(const Releases& releases) {
  if (releases.from == 300) return "3.0 and later";
  if (releases.from == 305) return "3.5 and later";
  if (releases.until == 304) return "up to 3.4";
  return {};
}

int release_of(std::string_view version) {
  if (!version.starts_with("OpenSSL ")) return 0;
  int major = 0, minor = 0;
  std::size_t at = 8;
  for (; at < version.size() && std::isdigit(static_cast<unsigned char>(version[at])); ++at)
    major = 10 * major + (version[at] - '0');
  for (++at; at < version.size() && std::isdigit(static_cast<unsigned char>(version[at])); ++at)
    minor = 10 * minor + (version[at] - '0');
  return 100 * major + minor;
}

}  // namespace sesscheck
