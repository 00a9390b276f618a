// SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0). A result for each clause, and for each surprise that no clause
// has.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "audit/report.hpp"

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;

std::string manual_address(const Clause& clause) {
  return fmt::format("https://docs.openssl.org/master/man3/{}/", clause.page);
}

Json message(const std::string& text) { return {{"text", text}}; }

/// Where to look: a trace of the report, relative to the file itself.
Json location(const std::string& trace, const std::string& logical) {
  return {{"physicalLocation", {{"artifactLocation", {{"uri", trace}}}, {"region", {{"startLine", 1}}}}},
          {"logicalLocations", Json::array({{{"name", logical}, {"kind", "function"}}})}};
}

std::string words(const ClauseResult& c) {
  std::string text(c.clause->paraphrase);
  text += ": " + std::string(to_text(c.verdict));
  for (const Choice deviation : c.deviations) text += ", " + to_string(deviation);
  if (!c.seen.empty()) text += ", seen: " + c.seen;
  return text + fmt::format(" ({} traces, {} steps)", c.traces, c.steps);
}

Json result_of(const ClauseResult& c, std::size_t index, const AuditResult& all) {
  Json result = {{"ruleId", c.clause->id}, {"ruleIndex", index}};
  std::string trace = fmt::format("traces/clauses/{}.trace", c.clause->id);
  switch (c.verdict) {
    case Verdict::died: result["kind"] = "fail", result["level"] = "error"; break;
    case Verdict::deviates: {
      bool refused = !c.findings.empty();
      for (const Choice d : c.deviations)
        for (std::size_t i = 0; i < all.surprises.size(); ++i)
          refused = refused || all.surprises[i].explanation == std::vector{d};
      result["kind"] = "fail", result["level"] = refused ? "error" : "warning";
      for (const Deviation& d : all.deviations)
        if (!c.deviations.empty() && d.choice == c.deviations.front()) trace = "traces/" + file_stem(d) + ".trace";
      break;
    }
    case Verdict::ambiguous: result["kind"] = "review", result["level"] = "none"; break;
    case Verdict::not_exercised: result["kind"] = "open", result["level"] = "none"; break;
    case Verdict::not_applicable: result["kind"] = "notApplicable", result["level"] = "none"; break;
    case Verdict::conforms: result["kind"] = "pass", result["level"] = "none"; break;
  }
  if (!c.findings.empty()) trace = "traces/" + file_stem(c.findings.front()) + ".trace";
  result["message"] = message(words(c));
  if (!c.example.commands.empty() || c.verdict == Verdict::deviates || c.verdict == Verdict::died)
    result["locations"] = Json::array({location(trace, std::string(c.clause->page))});
  return result;
}

}  // namespace

std::string render_sarif(const AuditHead& head, const AuditResult& result) {
  Json rules = Json::array(), results = Json::array();
  for (const ClauseResult& c : result.clauses) {
    rules.push_back({{"id", c.clause->id},
                     {"shortDescription", message(std::string(c.clause->paraphrase))},
                     {"fullDescription",
                      message(fmt::format("{}(3), {}: {}", c.clause->page, c.clause->section, c.clause->paraphrase))},
                     {"helpUri", manual_address(*c.clause)}});
    results.push_back(result_of(c, rules.size() - 1, result));
  }
  for (std::size_t i = 0; i < result.surprises.size(); ++i) {
    const Surprise& s = result.surprises[i];
    if (s.kind == Surprise::Kind::rule) continue;  // its clauses have it
    Json related = Json::array();
    for (std::size_t n = 0; n < s.symptoms.size(); ++n) related.push_back(location("traces/" + file_stem(i, n) + ".trace", "SSL_CTX"));
    results.push_back(
        {{"kind", "fail"},
         {"level", "error"},
         {"message", message((s.kind == Surprise::Kind::died ? "the library died " : "no Rule explains it, ") +
                             sentence(s.shown, head.expected))},
         {"locations", Json::array({location("traces/" + file_stem(i) + ".trace", "SSL_CTX")})},
         {"relatedLocations", std::move(related)}});
  }
  Json notifications = Json::array();
  if (!result.failure.empty()) notifications.push_back({{"level", "error"}, {"message", message(result.failure)}});
  if (result.interrupted)
    notifications.push_back({{"level", "warning"}, {"message", message("the audit was interrupted")}});
  const Json run = {
      {"tool", {{"driver", {{"name", "sesscheck"}, {"semanticVersion", "0.1.0"}, {"rules", std::move(rules)}}}}},
      {"invocations", Json::array({{{"executionSuccessful", result.failure.empty()},
                                    {"exitCode", !result.failure.empty() ? 3
                                                 : result.as_expected()  ? 0
                                                                         : 1},
                                    {"toolExecutionNotifications", std::move(notifications)}}})},
      {"properties", {{"library", head.version}, {"expected", head.expected}, {"seed", head.seed}}},
      {"columnKind", "utf16CodeUnits"},
      {"results", std::move(results)}};
  const Json root = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({run})}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sesscheck
