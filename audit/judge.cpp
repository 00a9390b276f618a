#include "audit/judge.hpp"

#include <algorithm>

#include "audit/directed.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {
namespace {

/// "A.sess_hits" is the counter sess_hits.
std::string_view counter(std::string_view field) {
  return field.size() > 2 && field.substr(2).starts_with("sess_") ? field.substr(2) : std::string_view{};
}

/// The clauses that an unexplained difference speaks against: those that its step exercised; or, where nothing differs
/// but counters, those of these counters.
ClauseSet against(const Shown& shown) {
  const auto& fields = shown.fields;
  if (fields.empty() || std::ranges::any_of(fields, [](const FieldDifference& f) { return counter(f.field).empty(); }))
    return clauses_of(shown.reasons);
  ClauseSet set;
  for (std::size_t c = 0; c < clause_table().size(); ++c)
    for (const FieldDifference& f : fields)
      if (clause_table()[c].section == counter(f.field)) set.set(c);
  return set;
}

/// What the directed traces exercise in a library that lacks so much, and is OpenSSL otherwise, as such a peer is.
ClauseSet reachable(const Lacks& lacks, std::optional<Library> peer) {
  const Rules openssl = Rules::openssl_3_0();
  ClauseSet set;
  for (const DirectedTrace& directed : directed_traces()) {
    const Trace trace = restricted(directed.trace, lacks);
    (void)simulate(trace, peer ? openssl.beside(openssl, *peer) : openssl, [&](const Step& step) {
      set |= clauses_of(ClauseStep{trace.commands[step.command], step.model, step.because});
    });
  }
  return set;
}

/// Whether what the clause speaks of can be seen at all.
bool visible(const Clause& clause, const Lacks& lacks) {
  if (clause.id == "G2") return !lacks.view(View::getters);
  if (clause.id == "A5" || clause.id == "A5a") return !lacks.view(View::live);
  if (clause.section == "sess_number") return !lacks.view(View::number);
  return !lacks.view(View::counters) || !clause.section.starts_with("sess_");
}

std::string names(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice choice : choices) text += (text.empty() ? "" : ", ") + to_string(choice);
  return text;
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::died: return "died";
    case Verdict::deviates: return "deviates";
    case Verdict::ambiguous: return "ambiguous";
    case Verdict::not_exercised: return "not exercised";
    case Verdict::not_applicable: return "not applicable";
    case Verdict::conforms: return "conforms";
  }
  return {};
}

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::died: return "died";
    case Verdict::deviates: return "deviates";
    case Verdict::ambiguous: return "ambiguous";
    case Verdict::not_exercised: return "not-exercised";
    case Verdict::not_applicable: return "not-applicable";
    case Verdict::conforms: return "conforms";
  }
  return {};
}

std::vector<ClauseResult> judge(const AuditResult& result, const Evidence& evidence, int release, const Lacks& lacks) {
  const ClauseSet out_of_reach = lacks.any() ? reachable({}, {}) & ~reachable(lacks, result.expected.peer()) : ClauseSet();
  std::vector<ClauseSet> spoken_against;
  for (const Surprise& surprise : result.surprises) {
    ClauseSet& set = spoken_against.emplace_back();
    if (surprise.kind == Surprise::Kind::rule) continue;
    set = against(surprise.shown);
    for (const Symptom& symptom : surprise.symptoms) set |= against(symptom.shown);
  }

  std::vector<ClauseResult> verdicts;
  for (std::size_t c = 0; c < clause_table().size(); ++c) {
    const Clause& clause = clause_table()[c];
    ClauseResult v;
    v.clause = &clause;
    v.traces = evidence.of(c).traces;
    v.steps = evidence.of(c).steps;
    v.example = evidence.of(c).shortest;
    std::vector<Choice> decided;
    for (const RuleInfo& row : rule_table())
      if (decides(row.rule, clause)) decided.push_back({row.rule, result.established.value(row.rule)});
    bool died = false;
    for (std::size_t i = 0; i < spoken_against.size(); ++i)
      if (spoken_against[i].test(c)) {
        v.findings.push_back(i);
        died = died || result.surprises[i].kind == Surprise::Kind::died;
      }
    std::ranges::copy_if(decided, std::back_inserter(v.deviations), [](Choice choice) { return choice.value != 0; });
    const bool open = clause.reading == Reading::open;
    if (open) {
      v.seen = decided.empty() ? std::string(clause.behaviour) : names(decided);
      v.deviations.clear();  // it allows them
    }
    const bool lacking = !visible(clause, lacks) || (v.steps == 0 && out_of_reach.test(c));
    v.verdict = !clause.releases.has(release) || lacking       ? Verdict::not_applicable
                : died                                         ? Verdict::died
                : !v.deviations.empty() || !v.findings.empty() ? Verdict::deviates
                : v.steps == 0                                 ? Verdict::not_exercised
                : open                                         ? Verdict::ambiguous
                                                               : Verdict::conforms;
    if (v.verdict == Verdict::not_applicable) v.deviations.clear(), v.findings.clear();
    if (v.verdict != Verdict::ambiguous) v.seen.clear();
    verdicts.push_back(std::move(v));
  }
  return verdicts;
}

}  // namespace sesscheck
