#include <nlohmann/json.hpp>

#include "audit/report.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::deviates: return "deviates";
    case Verdict::not_exercised: return "not-exercised";
    case Verdict::conforms: return "conforms";
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
               {"failure", result.failure},
               {"as_expected", result.as_expected()}};
  Json& clauses = root["clauses"] = Json::array();
  for (const ClauseResult& c : result.clauses)
    clauses.push_back({{"id", c.clause->id},
                       {"page", c.clause->page},
                       {"section", c.clause->section},
                       {"paraphrase", c.clause->paraphrase},
                       {"verdict", word(c.verdict)},
                       {"traces", c.traces},
                       {"steps", c.steps},
                       {"deviations", to_json(c.deviations)}});
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
  Json& surprises = root["surprises"] = Json::array();
  for (const Surprise& s : result.surprises)
    surprises.push_back({{"explanation", s.explanation ? to_json(*s.explanation) : Json()},
                         {"found_after_commands", s.found_after},
                         {"command", s.shown.command_text},
                         {"differences", to_json(s.shown.fields)},
                         {"trace", to_text(s.trace)}});
  return root.dump(2) + "\n";
}

}  // namespace sesscheck
