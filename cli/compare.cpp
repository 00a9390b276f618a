// sesscheck compare: what changes from one library to the other.
#include "audit/compare.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/clauses.hpp"
#include "cli/verbs.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr int compare_schema_version = 1;
constexpr std::size_t fields_max = 6;  // shown in the terminal; the JSON has all

struct Compared {
  std::string given, version, path, rules;
};
using Pair = std::array<Compared, 2>;

std::vector<const Clause*> clauses_of(Rule rule) {
  std::vector<const Clause*> all;
  for (const Clause& clause : clause_table())
    if (decides(rule, clause)) all.push_back(&clause);
  return all;
}

void print(const Contrast& contrast, bool coloured) {
  const auto on = [&](const char* code) { return coloured ? code : ""; };
  const char *bold = on("\x1b[1m"), *red = on("\x1b[31m"), *plain = on("\x1b[0m");
  if (contrast.rule) {
    const RuleInfo& row = info(*contrast.rule);
    fmt::print("{}{}{}: {}\n    A: {}   B: {}   ({} traces)\n", bold, row.name, plain, row.meaning,
               row.values[contrast.values[0]], row.values[contrast.values[1]], contrast.count);
    for (const Clause* clause : clauses_of(*contrast.rule))
      fmt::print("    {}, {}(3): {}\n", clause->id, clause->page, clause->paraphrase);
  } else {
    fmt::print("{}no Rule explains it{}   ({} traces)\n", red, plain, contrast.count);
  }
  std::istringstream lines(to_text(contrast.trace));
  for (std::string line; std::getline(lines, line);) fmt::print("        {}\n", line);
  for (const std::size_t i : {0U, 1U})
    if (contrast.died[i]) fmt::print("    {} dies\n", i == 0 ? "A" : "B");
  const auto& fields = contrast.shown.fields;
  for (std::size_t i = 0; i < std::min(fields.size(), fields_max); ++i)
    fmt::print("    {}'{}', {}: A {}, B {}\n", i == 0 ? "at " : "   ", contrast.shown.command_text, fields[i].field,
               fields[i].model, fields[i].library);
  if (fields.size() > fields_max) fmt::print("    ... and {} more fields\n", fields.size() - fields_max);
  fmt::print("\n");
}

Json to_json(const Contrast& contrast) {
  Json json = {{"kind", contrast.rule ? "rule" : "unexplained"}};
  if (contrast.rule) {
    const RuleInfo& row = info(*contrast.rule);
    json["rule"] = row.name, json["meaning"] = row.meaning;
    json["a"] = row.values[contrast.values[0]], json["b"] = row.values[contrast.values[1]];
    json["clauses"] = Json::array();
    for (const Clause* clause : clauses_of(*contrast.rule))
      json["clauses"].push_back({{"id", clause->id}, {"page", clause->page}, {"paraphrase", clause->paraphrase}});
  }
  json["traces"] = contrast.count;
  json["died"] = {{"a", contrast.died[0]}, {"b", contrast.died[1]}};
  json["trace"] = to_text(contrast.trace);
  json["at"] = contrast.shown.command_text;
  json["fields"] = Json::array();
  for (const FieldDifference& f : contrast.shown.fields)
    json["fields"].push_back({{"field", f.field}, {"a", f.model}, {"b", f.library}});
  return json;
}

void write_json(const std::string& file, const Pair& pair, const CompareVerb& options, const Comparison& comparison) {
  Json root = {{"schema", compare_schema_version}, {"tool", "sesscheck"}};
  for (const std::size_t i : {0U, 1U})
    root[i == 0 ? "a" : "b"] = {{"version", pair[i].version}, {"libssl", pair[i].path}, {"rules", pair[i].rules}};
  root["seed"] = options.seed, root["traces"] = comparison.traces, root["commands"] = comparison.commands;
  root["differing"] = comparison.differing, root["not_investigated"] = comparison.not_investigated;
  root["interrupted"] = comparison.interrupted;
  root["differences"] = Json::array();
  for (const Contrast& contrast : comparison.contrasts) root["differences"].push_back(to_json(contrast));
  std::ofstream out(file);
  out << root.dump(2) << "\n";
  out.close();
  if (!out) throw UsageError("cannot write " + file + ": " + std::strerror(errno));
}

}  // namespace

int compare(const CompareVerb& options) {
  CompareOptions compare_options;
  compare_options.seed = options.seed;
  compare_options.commands = options.commands;
  Pair pair;
  std::array<SutFactory, 2> make;
  for (const std::size_t i : {0U, 1U}) {
    LibraryOptions library;
    library.libssl = i == 0 ? options.first : options.second;
    library = library.resolved();
    make[i] = factory(library);
    RulesOptions rules;
    if (library.is_model()) rules.profile = library.libssl.substr(std::string_view("model:").size());
    const Subject subject = make[i](patience_at_first);
    pair[i] = {library.libssl, subject.sut->version(), library.libssl, {}};
    compare_options.lacks = compare_options.lacks | subject.sut->lacks();
    rules.follow(pair[i].version, library.is_model());
    pair[i].rules = rules.name();
    compare_options.rules[i] = rules.rules();
    fmt::print("{}  {}   {}\n", i == 0 ? "A" : "B", pair[i].version, pair[i].path);
  }
  std::fflush(stdout);

  compare_options.stop = &interruption();
  const unsigned jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  Comparison comparison;
  {
    Fleet first(make[0], jobs), second(make[1], jobs);
    if (isatty(STDERR_FILENO))
      compare_options.progress = [](const AuditProgress& p) {
        fmt::print(stderr, "\r\x1b[K{}: {} of {}, {} traces differ", p.stage, p.done, p.wanted, p.disagreements);
      };
    comparison = compare_libraries(first, second, compare_options);
    if (compare_options.progress) fmt::print(stderr, "\r\x1b[K");
  }
  fmt::print("seed {}, {} traces, {} commands: {} traces differ\n\n", options.seed, comparison.traces, comparison.commands,
             comparison.differing);
  const bool coloured = colour(STDOUT_FILENO);
  std::size_t unexplained = 0;
  for (const Contrast& contrast : comparison.contrasts) {
    unexplained += !contrast.rule;
    print(contrast, coloured);
  }
  if (comparison.not_investigated > 0)
    fmt::print("{} more traces differ in ways that were not looked into\n", comparison.not_investigated);
  fmt::print("{} differences that a Rule explains, {} that none does{}\n", comparison.contrasts.size() - unexplained, unexplained,
             comparison.interrupted ? "; interrupted" : "");
  if (!options.json.empty()) write_json(options.json, pair, options, comparison);
  return comparison.differing == 0 ? as_expected : differs;
}

}  // namespace sesscheck::cli
