#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/compare_report.hpp"
#include "audit/terminal.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t fields_max = 6;  // shown in the terminal; the JSON has all

class Text : TerminalText {
 public:
  Text(const CompareHead& head, const Comparison& comparison, bool colour)
      : TerminalText(colour), head_(head), comparison_(comparison) {}

  std::string render() {
    line("seed {}, {} traces, {} commands: {} traces differ", head_.seed, comparison_.traces, comparison_.commands,
         comparison_.differing);
    line("");
    for (const Contrast& contrast : comparison_.contrasts) show(contrast);
    baseline();
    if (comparison_.not_investigated > 0)
      line("{} more traces differ in ways that were not looked into", comparison_.not_investigated);
    line("{} differences that a Rule explains, {} that none does{}", comparison_.contrasts.size() - comparison_.unexplained(),
         comparison_.unexplained(), comparison_.interrupted ? "; interrupted" : "");
    return std::move(text_);
  }

 private:

  void show(const Contrast& contrast) {
    if (contrast.rule) {
      const RuleInfo& row = info(*contrast.rule);
      line("{}{}{}: {}", on(bold), row.name, on(plain), row.meaning);
      line("    A: {}   B: {}   ({} traces)", row.values[contrast.values[0]], row.values[contrast.values[1]], contrast.count);
      for (const Clause& clause : clause_table())
        if (decides(row.rule, clause)) line("    {}, {}(3): {}", clause.id, clause.page, clause.paraphrase);
    } else {
      line("{}no Rule explains it{}   ({} traces)", on(red), on(plain), contrast.count);
    }
    std::istringstream lines(to_text(contrast.trace));
    for (std::string part; std::getline(lines, part);) line("        {}", part);
    for (const std::size_t i : {0U, 1U})
      if (contrast.died[i]) line("    {} dies", i == 0 ? "A" : "B");
    const auto& fields = contrast.shown.fields;
    for (std::size_t i = 0; i < std::min(fields.size(), fields_max); ++i)
      line("    {}'{}', {}: A {}, B {}", i == 0 ? "at " : "   ", contrast.shown.command_text, fields[i].field,
           fields[i].model, fields[i].library);
    if (fields.size() > fields_max) line("    ... and {} more fields", fields.size() - fields_max);
    line("");
  }

  void baseline() {
    if (!comparison_.baseline) return;
    const BaselineOutcome& b = *comparison_.baseline;
    line("{}Held against the baseline{}: {} accepted", on(bold), on(plain), b.accepted.size());
    for (const std::string& text : b.not_accepted) line("  {}not accepted{}: {}", on(red), on(plain), text);
    for (const std::string& text : b.gone) line("  {}no longer there{}: {} (remove the entry)", on(red), on(plain), text);
    line("");
  }

  const CompareHead& head_;
  const Comparison& comparison_;
};

Json to_json(const Contrast& contrast) {
  Json json = {{"kind", contrast.rule ? "rule" : "unexplained"}};
  if (contrast.rule) {
    const RuleInfo& row = info(*contrast.rule);
    json["rule"] = row.name, json["meaning"] = row.meaning;
    json["a"] = row.values[contrast.values[0]], json["b"] = row.values[contrast.values[1]];
    json["clauses"] = Json::array();
    for (const Clause& clause : clause_table())
      if (decides(row.rule, clause))
        json["clauses"].push_back({{"id", clause.id}, {"page", clause.page}, {"paraphrase", clause.paraphrase}});
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

}  // namespace

std::string render_terminal(const CompareHead& head, const Comparison& comparison, bool colour) {
  return Text(head, comparison, colour).render();
}

std::string render_json(const CompareHead& head, const Comparison& comparison) {
  Json root = {{"schema", compare_schema_version}, {"tool", "sesscheck"}};
  for (const std::size_t i : {0U, 1U}) {
    const ComparedLibrary& library = head.libraries[i];
    root[i == 0 ? "a" : "b"] = {{"version", library.version}, {"libssl", library.libssl}, {"rules", library.rules}};
  }
  root["seed"] = head.seed, root["traces"] = comparison.traces, root["commands"] = comparison.commands;
  root["differing"] = comparison.differing, root["not_investigated"] = comparison.not_investigated;
  root["interrupted"] = comparison.interrupted;
  root["as_expected"] = comparison.as_expected();
  root["differences"] = Json::array();
  for (const Contrast& contrast : comparison.contrasts) root["differences"].push_back(to_json(contrast));
  if (comparison.baseline)
    root["baseline"] = {{"accepted", comparison.baseline->accepted},
                        {"not_accepted", comparison.baseline->not_accepted},
                        {"gone", comparison.baseline->gone}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sesscheck
