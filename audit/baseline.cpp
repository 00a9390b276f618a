#include "audit/baseline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;
constexpr int baseline_schema_version = 1;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& why) {
  throw std::runtime_error("baseline " + file.string() + ": " + why);
}

BaselineEntry entry_from(const Json& json, std::size_t number, const std::filesystem::path& file) {
  const auto at = [&](const std::string& why) { refuse(file, fmt::format("entry {}: {}", number, why)); };
  const auto text = [&](const char* key) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string()) at(fmt::format("'{}' is missing", key));
    return json[key].get<std::string>();
  };
  BaselineEntry entry;
  entry.clause = text("clause");
  if (!entry.clause.empty() && !find_clause(entry.clause)) at("there is no clause '" + entry.clause + "'");
  const std::string change = text("rule") + "=" + text("value");
  const auto choice = parse_choice(change);
  if (!choice) at("'" + change + "' is no Rule and value; see 'sesscheck rules'");
  entry.choice = *choice;
  entry.reason = text("reason");
  if (entry.reason.find_first_not_of(" \t\n") == std::string::npos)
    at(entry.clause + " " + change + " has no reason: say why it is accepted");
  if (json.contains("versions"))
    for (const Json& version : json["versions"]) {
      if (!version.is_string()) at("'versions' is a list of texts");
      entry.versions.push_back(version.get<std::string>());
    }
  for (const auto& [key, value] : json.items())
    if (key != "clause" && key != "rule" && key != "value" && key != "reason" && key != "versions")
      at("'" + key + "' is not known");
  return entry;
}

bool applies(const BaselineEntry& entry, const std::string& version) {
  return entry.versions.empty() ||
         std::ranges::any_of(entry.versions, [&](const std::string& v) { return version.starts_with(v); });
}

bool any_clause(Rule rule) {
  return std::ranges::any_of(clause_table(), [rule](const Clause& clause) { return decides(rule, clause); });
}

std::string_view id_of(const ClauseChoice& found) { return found.clause ? found.clause->id : std::string_view{}; }

bool same(const BaselineEntry& entry, const std::string_view clause, Choice choice) {
  return entry.clause == clause && entry.choice == choice;
}
bool same(const BaselineEntry& entry, const ClauseChoice& found) { return same(entry, id_of(found), found.choice); }

/// "S18 flush_period=256"
std::string named(std::string_view clause, Choice choice) {
  return std::string(clause) + (clause.empty() ? "" : " ") + to_string(choice);
}

/// "OpenSSL 3.0" of "OpenSSL 3.0.19 27 Jan 2026": a patch release should not need a new baseline.
std::string release_text(const std::string& version) {
  const std::size_t first = version.find('.');
  if (first == std::string::npos) return version;
  return version.substr(0, version.find_first_not_of("0123456789", first + 1));
}

}  // namespace

std::vector<BaselineEntry> read_baseline(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) refuse(file, std::strerror(errno));
  const Json root = Json::parse(in, nullptr, false);
  if (root.is_discarded() || !root.is_object()) refuse(file, "not a JSON object");
  if (!root.contains("schema") || root["schema"] != baseline_schema_version) refuse(file, "'schema' is not 1");
  if (!root.contains("accepted") || !root["accepted"].is_array()) refuse(file, "'accepted' is missing");
  std::vector<BaselineEntry> entries;
  for (const Json& json : root["accepted"]) {
    entries.push_back(entry_from(json, entries.size() + 1, file));
    for (std::size_t i = 0; i + 1 < entries.size(); ++i)
      if (same(entries[i], entries.back().clause, entries.back().choice) && entries[i].versions == entries.back().versions)
        refuse(file, fmt::format("entries {} and {} are the same", i + 1, entries.size()));
  }
  return entries;
}

std::vector<ClauseChoice> to_accept(const AuditResult& result) {
  std::vector<ClauseChoice> all;
  for (const ClauseResult& clause : result.clauses)
    for (const Choice deviation : clause.deviations) all.push_back({clause.clause, deviation});
  for (const Deviation& deviation : result.deviations)
    if (!any_clause(deviation.choice.rule)) all.push_back({nullptr, deviation.choice});
  return all;
}

std::vector<ClauseChoice> to_accept(const Comparison& comparison) {
  std::vector<ClauseChoice> all;
  for (const Contrast& contrast : comparison.contrasts) {
    if (!contrast.rule) continue;
    const Choice choice{*contrast.rule, contrast.values[1]};
    for (const Clause& clause : clause_table())
      if (decides(choice.rule, clause)) all.push_back({&clause, choice});
    if (!any_clause(choice.rule)) all.push_back({nullptr, choice});
  }
  return all;
}

BaselineOutcome hold_against(const std::vector<BaselineEntry>& baseline, const std::vector<ClauseChoice>& found,
                             const std::string& version) {
  BaselineOutcome outcome;
  std::vector<bool> occurred(baseline.size());
  for (const ClauseChoice& one : found) {
    bool accepted = false;
    for (std::size_t i = 0; i < baseline.size(); ++i)
      if (applies(baseline[i], version) && same(baseline[i], one)) accepted = occurred[i] = true;
    (accepted ? outcome.accepted : outcome.not_accepted).push_back(named(id_of(one), one.choice));
  }
  for (std::size_t i = 0; i < baseline.size(); ++i)
    if (applies(baseline[i], version) && !occurred[i])
      outcome.gone.push_back(named(baseline[i].clause, baseline[i].choice));
  return outcome;
}

void write_baseline(const std::filesystem::path& file, const std::vector<ClauseChoice>& found,
                    const std::string& version, const std::string& reason, const std::vector<BaselineEntry>& before) {
  Json accepted = Json::array();
  for (const ClauseChoice& one : found) {
    const auto known = std::ranges::find_if(
        before, [&](const BaselineEntry& e) { return applies(e, version) && same(e, one); });
    const RuleInfo& row = info(one.choice.rule);
    accepted.push_back({{"clause", id_of(one)},
                        {"rule", row.name},
                        {"value", row.values[one.choice.value]},
                        {"reason", known != before.end() ? known->reason : reason},
                        {"versions", known != before.end() ? known->versions : std::vector{release_text(version)}}});
  }
  const Json root = {{"schema", baseline_schema_version}, {"accepted", accepted}};
  std::ofstream out(file, std::ios::trunc);
  out << root.dump(2) << "\n";
  out.close();
  if (!out) refuse(file, std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace sesscheck
