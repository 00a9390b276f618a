#include <nlohmann/json.hpp>

#include "audit/report.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(Surprise::Kind kind) {
  switch (kind) {
    case Surprise::Kind::rule: return "rule";
    case Surprise::Kind::unexplained: return "unexplained";
    case Surprise::Kind::died: return "died";
  }
  return {};
}

std::string_view word(Repeats repeats) {
  switch (repeats) {
    case Repeats::alone: return "alone";
    case Repeats::after_others: return "after-others";
    case Repeats::once: return "once";
    case Repeats::untried: return "untried";
  }
  return {};
}

Json to_json(Choice choice) {
  const RuleInfo& row = info(choice.rule);
  return {{"rule", row.name}, {"value", row.values[choice.value]}, {"manual", row.values[0]}};
}

Json to_json(const std::vector<FieldDifference>& fields) {
  Json list = Json::array();
  for (const FieldDifference& f : fields)
    list.push_back({{"field", f.field}, {"expected", f.model}, {"library", f.library}});
  return list;
}

Json to_json(const std::vector<Choice>& choices) {
  Json list = Json::array();
  for (const Choice choice : choices) list.push_back(to_json(choice));
  return list;
}

/// What was exercised, whatever the clause: as the plots of the page.
Json to_json(const Tally& tally) {
  Json families = Json::array(), outcomes = Json::array();
  for (const CommandFamily& family : command_families()) {
    Json commands = Json::object();
    for (const Op op : family.ops) commands[std::string(info(op).name)] = tally.commands[static_cast<std::size_t>(op)];
    families.push_back({{"family", family.name}, {"commands", std::move(commands)}});
  }
  for (const ReasonInfo& row : reason_table())
    outcomes.push_back({{"name", row.name},
                        {"meaning", row.meaning},
                        {"clauses", row.clauses},
                        {"steps", tally.reasons[static_cast<std::size_t>(row.reason)]}});
  return {{"connections", {{"full", tally.full}, {"resumed", tally.resumed}, {"failed", tally.failed}}},
          {"families", std::move(families)},
          {"outcomes", std::move(outcomes)}};
}

}  // namespace

std::string render_json(const AuditHead& head, const AuditResult& result) {
  Json root = {{"schema", audit_schema_version},
               {"tool", "sesscheck"},
               {"library", {{"version", head.version}, {"path", head.libssl}}},
               {"expected", head.expected},
               {"seed", head.seed},
               {"traces", result.traces},
               {"commands", result.commands},
               {"seconds", head.seconds},
               {"interrupted", result.interrupted},
               {"note", result.note},
               {"failure", result.failure},
               {"as_expected", result.as_expected()}};
  if (!head.peer.empty()) root["library"]["peer"] = head.peer;
  Json& clauses = root["clauses"] = Json::array();
  for (const ClauseResult& c : result.clauses)
    clauses.push_back({{"id", c.clause->id},
                       {"page", c.clause->page},
                       {"section", c.clause->section},
                       {"paraphrase", c.clause->paraphrase},
                       {"releases", to_text(c.clause->releases)},
                       {"verdict", word(c.verdict)},
                       {"traces", c.traces},
                       {"steps", c.steps},
                       {"deviations", to_json(c.deviations)},
                       {"findings", c.findings},
                       {"seen", c.seen},
                       {"example", c.example.commands.empty() ? "" : to_text(c.example)}});
  Json& deviations = root["deviations"] = Json::array();
  for (const Deviation& d : result.deviations) {
    Json entry = to_json(d.choice);
    entry["clauses"] = info(d.choice.rule).clauses;
    entry["meaning"] = info(d.choice.rule).meaning;
    entry["found_after_commands"] = d.found_after;
    entry["command"] = d.shown.command_text;
    entry["differences"] = to_json(d.shown.fields);
    entry["trace"] = to_text(d.trace);
    deviations.push_back(std::move(entry));
  }
  root["exercised"] = to_json(result.exercised);
  Json& surprises = root["surprises"] = Json::array();
  for (const Surprise& s : result.surprises) {
    Json before = Json::array();
    for (const Trace& trace : s.before) before.push_back(to_text(trace));
    Json symptoms = Json::array();
    for (const Symptom& symptom : s.symptoms)
      symptoms.push_back({{"count", symptom.count},
                          {"command", symptom.shown.command_text},
                          {"differences", to_json(symptom.shown.fields)},
                          {"trace", to_text(symptom.trace)}});
    surprises.push_back({{"kind", word(s.kind)},
                         {"explanation", s.explanation ? to_json(*s.explanation) : Json()},
                         {"repeats", word(s.repeats)},
                         {"count", s.count},
                         {"found_after_commands", s.found_after},
                         {"command", s.shown.command_text},
                         {"differences", to_json(s.shown.fields)},
                         {"last_words", s.last_words},
                         {"trace", to_text(s.trace)},
                         {"before", std::move(before)},
                         {"symptoms", std::move(symptoms)},
                         {"not_investigated", s.not_investigated}});
  }
  if (result.baseline)
    root["baseline"] = {{"accepted", result.baseline->accepted},
                        {"not_accepted", result.baseline->not_accepted},
                        {"gone", result.baseline->gone}};
  // What a library wrote before it died may be no UTF-8.
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sesscheck
