// sesscheck explore --bounds, --pairs: what the worlds of a preset can tell apart, as tables in Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "check/lockstep.hpp"
#include "check/shrink.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "explore/apart.hpp"
#include "explore/exploration.hpp"
#include "explore/graph.hpp"
#include "explore/presets.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::cli {
namespace {

constexpr std::size_t shrink_budget = 2'000;

/// A trace on one line, as a cell of a table.
std::string one_line(const Trace& trace) {
  std::string all;
  for (const char letter : to_text(trace)) all += letter == '\n' ? "; " : letter == '|' ? "\\|" : std::string(1, letter);
  return "`" + all.substr(0, all.size() - 2) + "`";  // the last line ends, too
}

/// As short as it gets and still tells the two apart.
Trace shrunk(const Trace& trace, const Rules& one, const Rules& other) {
  const auto differs = [&](const Trace& candidate) { return lockstep(candidate, one, simulate(candidate, other)).has_value(); };
  return shrink(trace, differs, shrink_budget);
}

/// Says what is being searched, while it is.
struct Working {
  explicit Working(const std::string& what) { line.show(what); }
  StatusLine line;
};

/// What was not searched to its end is not in the table.
int interrupted() {
  fmt::print(stderr, "interrupted: the rows above stand, those after them are not known\n");
  return differs;
}

int print_bounds(const explore::Plan& plan) {
  std::vector<Choice> open;
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 1; value < row.values.size(); ++value) open.push_back({row.rule, value});
  fmt::print("| value | other Rules as in | seen at depth | in worlds | trace |\n|---|---|---|---|---|\n");
  for (const Profile& base : profiles()) {
    std::vector<Choice> still;
    const auto found = [&] {
      const Working line(fmt::format("bounds: {} values, other Rules as in {}", open.size(), base.name));
      return explore::bounds(plan.starts, base.rules, open, plan.depth, plan.jobs, plan.stop);
    }();
    if (*plan.stop) return interrupted();
    for (const explore::Bound& one : found) {
      if (!one.apart) {
        still.push_back(one.choice);
        continue;
      }
      const Trace trace = shrunk(one.apart->trace, base.rules.with({one.choice.rule, 0}), base.rules.with(one.choice));
      fmt::print("| `{}` | {} | {} | {} | {} |\n", to_string(one.choice), base.name, one.apart->depth, one.worlds,
                 one_line(trace));
    }
    std::fflush(stdout);
    open = std::move(still);
    if (open.empty()) break;
  }
  for (const Choice choice : open) fmt::print("| `{}` | any of them | not within {} | 0 | |\n", to_string(choice), plan.depth);
  return open.empty() ? as_expected : differs;
}

int print_pairs(const explore::Plan& plan) {
  fmt::print("| | | depth | trace |\n|---|---|---|---|\n");
  bool all = true;
  const auto list = profiles();
  for (std::size_t i = 0; i < list.size(); ++i)
    for (std::size_t j = i + 1; j < list.size(); ++j) {
      const Profile &one = list[i], &other = list[j];
      if (one.rules == other.rules) {
        fmt::print("| {} | {} | | the same Rules |\n", one.name, other.name);
        continue;
      }
      const auto found = [&] {
        const Working line(fmt::format("pairs: {} and {}", one.name, other.name));
        return explore::apart(plan.starts, one.rules, other.rules, plan.depth, plan.jobs, plan.stop);
      }();
      if (*plan.stop) return interrupted();
      all = all && found;
      fmt::print("| {} | {} | {} | {} |\n", one.name, other.name, found ? std::to_string(found->depth) : "",
                 found ? one_line(shrunk(found->trace, one.rules, other.rules))
                       : fmt::format("not within {} commands", plan.depth));
      std::fflush(stdout);
    }
  return all ? as_expected : differs;
}

}  // namespace

int explore_graph(const ExploreVerb& options, const explore::Preset& preset) {
  RulesOptions rules = options.rules;
  if (rules.profile == RulesOptions::by_version) rules.profile = "manual";
  explore::Start start = explore::picture_start();
  if (!options.worlds.empty()) {
    const auto named = [&](const explore::Start& s) { return s.name.find(options.worlds) != std::string::npos; };
    const auto found = std::ranges::find_if(preset.starts, named);
    if (found == preset.starts.end()) throw UsageError("no world of " + options.preset + " has '" + options.worlds + "' in its name");
    start = *found;
  }
  write_text(options.graph, explore::graph(start, rules.rules(), Rules::manual(), options.depth != 0 ? options.depth : 6));
  return as_expected;
}

int explore_tables(const ExploreVerb& options, const explore::Plan& plan) {
  return options.bounds ? print_bounds(plan) : print_pairs(plan);
}

}  // namespace sesscheck::cli
