// What an audit leaves behind: files that are whole, and that programs can read.
#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/faulty_sut.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const AuditHead head{"the model", "-", "openssl-3.0", 1, 0};
constexpr std::size_t few = 5'000;  // commands

const Fault& fault(std::string_view name) {
  const auto found = std::ranges::find(faults(), name, [](const Fault& f) { return std::string_view(f.name); });
  BOOST_REQUIRE_MESSAGE((found != faults().end()), name);
  return *found;
}

/// Audits with all that reports have something to say of.
const std::map<std::string, AuditResult>& samples() {
  static const std::map<std::string, AuditResult> all = [] {
    std::map<std::string, AuditResult> results;
    results["as expected"] = audit_model(Rules::openssl_3_0(), few);
    results["a Rule"] = audit_model(Rules::openssl_3_0().with(capacity_is_size), few);
    results["a fault"] = audit_of(make<FaultySut>(Rules::openssl_3_0(), fault("new_session_cb is called twice")), few);
    static bool already = false;
    results["a death"] = audit_of(make<DyingSut>(Dies::after_a_spoiler, std::ref(already)), few);
    AuditResult& odd = results["odd"] = audit_model(Rules::openssl_3_0(), 1);
    odd.failure = "it <broke> \"off\" & \xff\x01";
    odd.interrupted = true;
    odd.baseline = BaselineOutcome{{}, {"S18 flush_period=256", "serialised_zero=kept"}, {"Z3 capacity=<none>"}};
    return results;
  }();
  return all;
}

// --- SARIF -----------------------------------------------------------------------------------------------------------

// Those objects of SARIF 2.1.0 that a report uses, and what the published schema says of them: a property with ! is
// required, one that is not here is wrong; "a|b" is one of these words, "[x]" a list, "{x}" a list of different ones.
// (The schema itself, 110 KB, is on no machine that tests; what it says of a report: docs/report.md.)
const Json& sarif_objects() {
  static const Json table = Json::parse(R"({
    "log": {"$schema": "string", "version!": "2.1.0", "runs!": "[run]"},
    "run": {"tool!": "tool", "invocations": "[invocation]", "columnKind": "utf16CodeUnits|unicodeCodePoints",
            "results": "[result]", "properties": "bag"},
    "tool": {"driver!": "component"},
    "component": {"name!": "string", "semanticVersion": "string", "rules": "{rule}"},
    "rule": {"id!": "string", "shortDescription": "words", "fullDescription": "words", "helpUri": "string"},
    "words": {"text!": "string"},
    "invocation": {"executionSuccessful!": "boolean", "exitCode": "integer", "toolExecutionNotifications": "[notification]"},
    "notification": {"level": "none|note|warning|error", "message!": "words"},
    "result": {"ruleId": "string", "ruleIndex": "integer", "kind": "notApplicable|pass|fail|review|open|informational",
               "level": "none|note|warning|error", "message!": "words", "locations": "[location]", "relatedLocations": "{location}"},
    "location": {"physicalLocation": "physical", "logicalLocations": "{logical}"},
    "physical": {"artifactLocation!": "artifact", "region": "region"},
    "artifact": {"uri": "string"},
    "region": {"startLine!": "integer"},
    "logical": {"name": "string", "kind": "string"}
  })");
  return table;
}

void check_sarif(const Json& value, const std::string& type, const std::string& where);

void check_list(const Json& list, const std::string& type, bool different, const std::string& where) {
  BOOST_TEST_REQUIRE(list.is_array(), where);
  for (const Json& entry : list) check_sarif(entry, type, where + "[]");
  if (different) BOOST_TEST((std::set<Json>(list.begin(), list.end()).size() == list.size()), where << " has one twice");
}

void check_object(const Json& object, const Json& shape, const std::string& where) {
  BOOST_TEST_REQUIRE(object.is_object(), where);
  std::set<std::string> known;
  for (const auto& [name, type] : shape.items()) {
    const bool required = name.ends_with('!');
    const std::string key = required ? name.substr(0, name.size() - 1) : name;
    known.insert(key);
    if (object.contains(key))
      check_sarif(object[key], type, where + "." + key);
    else
      BOOST_TEST(!required, where << " lacks " << key);
  }
  for (const auto& [key, value] : object.items()) BOOST_TEST(known.contains(key), where << " has no property " << key);
}

void check_sarif(const Json& value, const std::string& type, const std::string& where) {
  const bool list = type.front() == '[', set = type.front() == '{';
  if (list || set)
    check_list(value, type.substr(1, type.size() - 2), set, where);
  else if (sarif_objects().contains(type))
    check_object(value, sarif_objects()[type], where);
  else if (type == "string")
    BOOST_TEST(value.is_string(), where);
  else if (type == "integer")
    BOOST_TEST(value.is_number_integer(), where);
  else if (type == "boolean")
    BOOST_TEST(value.is_boolean(), where);
  else if (type == "bag")
    BOOST_TEST(value.is_object(), where);
  else
    BOOST_TEST(("|" + type + "|").find("|" + value.get<std::string>() + "|") != std::string::npos, where << ": " << value);
}

BOOST_AUTO_TEST_SUITE(reports)

// Catches: a report that lacks a file or is no JSON, traces of another run that stay behind, a `latest` that is not.
BOOST_AUTO_TEST_CASE(leaves_a_whole_report) {
  const Folder folder("audit");
  const AuditResult result = audit_model(Rules::openssl_3_0().with(capacity_is_size), 5'000);
  const AuditHead head{"the model", "-", "openssl-3.0", 1, 0};
  const fs::path first = prepare_run(folder.path, head);
  BOOST_TEST(!fs::exists(folder.path / "latest"));
  std::ofstream(first / "traces" / "old.trace") << "connect A A\n";
  write_report(first, head, result);
  BOOST_TEST(fs::canonical(folder.path / "latest") == fs::canonical(first));
  const fs::path second = prepare_run(folder.path, head);
  write_report(second, head, result);
  BOOST_TEST(first != second);
  BOOST_TEST(fs::canonical(folder.path / "latest") == fs::canonical(second));

  BOOST_TEST(!fs::exists(first / "traces" / "old.trace"));
  BOOST_TEST(fs::file_size(first / "audit.txt") > 1000u);
  BOOST_TEST(fs::file_size(first / "index.html") > 100'000u);
  const nlohmann::json json = nlohmann::json::parse(text_of(first / "audit.json"));
  BOOST_TEST(json["schema"] == audit_schema_version);
  BOOST_TEST(json["clauses"].size() == clause_table().size());
  BOOST_TEST(json["surprises"][0]["explanation"][0]["rule"] == "capacity");
  BOOST_TEST(json["exercised"]["connections"]["full"] == result.exercised.full);
  BOOST_TEST(json["exercised"]["outcomes"].size() == reason_count);
  for (const Deviation& d : result.deviations) {
    BOOST_TEST(fs::exists(first / "traces" / (file_stem(d) + ".trace")));
    BOOST_TEST(fs::exists(first / "reproducers" / (file_stem(d) + ".c")));
  }
  BOOST_TEST(fs::exists(first / "traces" / "surprise-1.trace"));
  BOOST_TEST(fs::exists(first / "traces" / "clauses" / "S18.trace"));
}

// Catches: a command that no family has, so that its tally is lost; or one that is counted twice.
BOOST_AUTO_TEST_CASE(every_command_is_in_one_family) {
  std::multiset<Op> all;
  for (const CommandFamily& family : command_families()) all.insert(family.ops.begin(), family.ops.end());
  for (int op = 0; op < static_cast<int>(Op::count); ++op)
    BOOST_TEST(all.count(static_cast<Op>(op)) == 1u, info(static_cast<Op>(op)).name);
}

// Catches: a tally in audit.json that is not what was compared.
BOOST_AUTO_TEST_CASE(the_tally_adds_up) {
  const AuditResult& result = samples().at("as expected");
  const Json tally = Json::parse(render_json(head, result))["exercised"];
  std::size_t commands = 0;
  for (const Json& family : tally["families"])
    for (const auto& [name, count] : family["commands"].items()) commands += count.get<std::size_t>();
  BOOST_TEST(commands == result.commands);
  const Json& connections = tally["connections"];
  BOOST_TEST(connections["full"].get<std::size_t>() + connections["resumed"].get<std::size_t>() +
                 connections["failed"].get<std::size_t>() ==
             tally["families"][0]["commands"]["connect"]);
}

// Catches: a fault with many symptoms that fills the report; a symptom that is lost.
BOOST_AUTO_TEST_CASE(symptoms_of_one_fault_are_one_entry) {
  const Folder folder("reports");
  const AuditResult& result = samples().at("a fault");
  BOOST_REQUIRE(result.surprises.size() == 1u);
  BOOST_REQUIRE(!result.surprises[0].symptoms.empty());
  const Json entry = Json::parse(render_json(head, result))["surprises"][0];
  BOOST_TEST(entry["symptoms"].size() == result.surprises[0].symptoms.size());
  prepare_folder(folder.path);
  write_report(folder.path, head, result);
  const std::string page = text_of(folder.path / "index.html"), table = text_of(folder.path / "audit.txt");
  for (std::size_t n = 0; n < result.surprises[0].symptoms.size(); ++n) {
    const Symptom& symptom = result.surprises[0].symptoms[n];
    BOOST_TEST(symptom.shown.signature != result.surprises[0].shown.signature);
    BOOST_TEST(single_commands(symptom.trace) >= single_commands(result.surprises[0].trace));
    BOOST_TEST((std::get<Trace>(parse(text_of(folder.path / "traces" / (file_stem(0, n) + ".trace")))) == symptom.trace));
    BOOST_TEST(page.find("id=\"trace-" + file_stem(0, n) + "\"") != std::string::npos);
    BOOST_TEST(table.find(file_stem(0, n)) != std::string::npos);
  }
}

// Catches: two faults of different kinds that are taken for one; a finding that leaves its clause as it was.
BOOST_AUTO_TEST_CASE(two_faults_are_two_entries) {
  const Fault &first = fault("sess_cb_hits is not counted"), &second = fault("dup keeps no time");
  const Fault both{"two at once", [&](const FaultySight& sight) { first.corrupt(sight), second.corrupt(sight); }};
  const AuditResult result = audit_of(make<FaultySut>(Rules::openssl_3_0(), both), few);
  std::set<std::string> fields;
  for (const Surprise& s : result.surprises)
    fields.insert(s.shown.fields.front().field.substr(0, 1) == "h" ? "h" : s.shown.fields.front().field.substr(2));
  BOOST_TEST((fields == std::set<std::string>{"h", "sess_cb_hits"}));
  // What no Rule explains is graded, too.
  for (const ClauseResult& c : result.clauses)
    if (c.clause->section == "sess_cb_hits") BOOST_TEST((c.verdict == Verdict::deviates), c.clause->id);
}

// Catches: a SARIF file that its schema refuses, or whose consumers find a rule or a file that is not there.
BOOST_AUTO_TEST_CASE(sarif_is_as_its_schema_says) {
  const Folder folder("reports");
  for (const auto& [name, result] : samples()) {
    const fs::path report = folder.path / name;
    prepare_folder(report);
    write_report(report, head, result);
    const Json sarif = Json::parse(text_of(report / "audit.sarif"));
    BOOST_TEST_CONTEXT(name) check_sarif(sarif, "log", "log");
    const Json& run = sarif["runs"][0];
    const Json& rules = run["tool"]["driver"]["rules"];
    for (const Json& r : run["results"]) {
      if (r.contains("ruleId")) BOOST_TEST(rules.at(r["ruleIndex"].get<std::size_t>())["id"] == r["ruleId"], name);
      if (r["kind"] != "fail") BOOST_TEST(r["level"] == "none", name << ": only what fails has a level");
      for (const char* list : {"locations", "relatedLocations"})
        for (const Json& location : r.value(list, Json::array())) {
          const Json& physical = location["physicalLocation"];
          BOOST_TEST(physical["region"]["startLine"] >= 1);
          const std::string uri = physical["artifactLocation"]["uri"];
          BOOST_TEST(fs::exists(report / uri), name << ": there is no " << uri);
        }
    }
    BOOST_TEST(run["invocations"][0]["exitCode"] == (!result.failure.empty() ? 3 : result.as_expected() ? 0 : 1), name);
  }
}

// Catches: a JUnit file that is no XML, whose counts are not those of its cases, or in which something else fails than in
// the exit code; a deviation that the baseline has not, and no case fails for.
BOOST_AUTO_TEST_CASE(junit_is_read_by_a_parser) {
  namespace pt = boost::property_tree;
  for (const auto& [name, result] : samples()) {
    std::istringstream text(render_junit(head, result));
    pt::ptree tree;
    pt::read_xml(text, tree);
    const pt::ptree& suite = tree.get_child("testsuites.testsuite");
    std::map<std::string, int> found{{"testcase", 0}, {"failure", 0}, {"error", 0}, {"skipped", 0}};
    for (const auto& [tag, test] : suite) {
      if (tag != "testcase") continue;
      ++found["testcase"];
      BOOST_TEST(!test.get<std::string>("<xmlattr>.name").empty());
      BOOST_TEST(!test.get<std::string>("<xmlattr>.classname").empty());
      for (const auto& [outcome, unused] : test)
        if (found.contains(outcome)) ++found[outcome];
    }
    BOOST_TEST(suite.get<int>("<xmlattr>.tests") == found["testcase"], name);
    BOOST_TEST(suite.get<int>("<xmlattr>.failures") == found["failure"], name);
    BOOST_TEST(suite.get<int>("<xmlattr>.errors") == found["error"], name);
    BOOST_TEST(suite.get<int>("<xmlattr>.skipped") == found["skipped"], name);
    if (result.baseline)
      for (const std::string& refused : result.baseline->not_accepted)
        BOOST_TEST(text.str().find("message=\"not accepted by the baseline: " + refused + "\"") != std::string::npos, refused);
    const bool green = found["failure"] + found["error"] == 0;
    BOOST_TEST(green == (result.as_expected() && result.failure.empty()), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
