// sesscheck explore: every small world, on the model and on a library.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "explore/exploration.hpp"
#include "explore/journal.hpp"
#include "explore/presets.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::cli {
namespace {

using Json = nlohmann::ordered_json;
using explore::Outcome;

constexpr int explore_schema_version = 1;

/// One exploration: these Rules, on the model alone or beside a library.
struct Part {
  std::string rules, version;  ///< version: of the library; empty without one
  explore::Plan plan;
  Outcome outcome, begun;  ///< of the worlds that were finished, and of those that were interrupted
  std::size_t worlds = 0;  ///< there are; the outcome may be of fewer
  double seconds = 0;      ///< from the first to the last
};

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size() ? value : 0;
}

void set_shard(explore::Plan& plan, const std::string& shard) {
  const std::size_t slash = shard.find('/');
  const std::size_t i = number(shard.substr(0, slash)),
                    n = slash == std::string::npos ? 0 : number(shard.substr(slash + 1));
  if (i == 0 || n == 0 || i > n) throw UsageError("--shard is i/n, with i from 1 to n: not '" + shard + "'");
  plan.shard = i - 1, plan.shards = n;
}

void run(Part& part) {
  explore::Progress progress;
  StatusLine line;
  {
    std::jthread shower([&](const std::stop_token& end) {
      while (!end.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (!line.due() || progress.worlds == 0) continue;
        const double spent = line.elapsed();
        const double share = static_cast<double>(progress.worlds_done - progress.worlds_known) /
                             static_cast<double>(progress.worlds - progress.worlds_known);
        line.show(fmt::format("{}: {} of {} worlds, {} states ({:.0f}/s), frontier {}, {} transitions{}{}", part.rules,
                              progress.worlds_done.load(), progress.worlds.load(), progress.states.load(),
                              static_cast<double>(progress.states) / spent, progress.frontier.load(),
                              progress.transitions.load(),
                              part.version.empty() ? "" : fmt::format(", {} executed", progress.executed.load()),
                              share > 0.02 && share < 1 ? fmt::format(", {:.0f} s left", spent / share - spent) : ""));
      }
    });
    part.outcome = explore::explore(part.plan, progress, &part.begun);
  }
  part.worlds = progress.worlds;
  part.seconds = line.elapsed();
}

void print_trace(const Trace& trace) {
  std::istringstream lines(to_text(trace));
  for (std::string text; std::getline(lines, text);) fmt::print("        {}\n", text);
}

const explore::BrokenInvariant* broken(const Outcome& outcome, std::string_view name) {
  const auto found = std::ranges::find(outcome.broken, name, &explore::BrokenInvariant::name);
  return found == outcome.broken.end() ? nullptr : &*found;
}

double library_seconds(const Outcome& o) { return o.seconds - o.model_seconds; }

std::string deep(const Outcome& o) {
  return o.complete ? "whatever the depth" : fmt::format("{} commands deep", o.depth);
}

std::string extent(const Part& part) {
  const Outcome& o = part.outcome;
  const explore::Plan& plan = part.plan;
  const std::string shard = plan.shards == 1 ? "" : fmt::format("shard {}/{}: ", plan.shard + 1, plan.shards);
  if (o.worlds == part.worlds) return fmt::format("{}all {} worlds, {}", shard, o.worlds, deep(o));
  if (o.worlds == 0) return fmt::format("{}interrupted: none of {} worlds finished", shard, part.worlds);
  return fmt::format("{}interrupted: {} of {} worlds, {}", shard, o.worlds, part.worlds, deep(o));
}

class Printer {
 public:
  Printer(const Part& part, bool coloured) : part_(part), coloured_(coloured) {}

  void print() const {
    const Outcome &o = part_.outcome, &begun = part_.begun;
    fmt::print("{}{}{}\n", bold(),
               library() ? fmt::format("{}, Rules {}", part_.version, part_.rules) : "the model, Rules " + part_.rules, plain());
    fmt::print("  {}: {} states, {} transitions\n", extent(part_), o.states, o.transitions);
    if (o.cut_short > 0)
      fmt::print("  {} of them did not fit into --memory and went on depth first: {} of the transitions, counted again where met again\n",
                 o.cut_short, o.depth_first);
    if (o.worlds > 0) results(o, {});
    if (begun.worlds > 0) {
      fmt::print("  {} more {} interrupted, {}: {} states, {} transitions\n", begun.worlds,
                 begun.worlds == 1 ? "world was" : "worlds were", deep(begun), begun.states, begun.transitions);
      results(begun, o);
    }
    if (const std::size_t rest = part_.worlds - o.worlds - begun.worlds; rest > 0)
      fmt::print("  nothing is known of the other {} worlds\n", rest);
  }

 private:
  [[nodiscard]] bool library() const { return !part_.version.empty(); }
  [[nodiscard]] const char* bold() const { return coloured_ ? "\x1b[1m" : ""; }
  [[nodiscard]] const char* red() const { return coloured_ ? "\x1b[31m" : ""; }
  [[nodiscard]] const char* plain() const { return coloured_ ? "\x1b[0m" : ""; }

  /// But for what is `known` to be broken.
  void results(const Outcome& o, const Outcome& known) const {
    fmt::print("  model: {:.1f} s of one processor, {:.0f} transitions/s; {:.0f} bytes a key, {:.0f} a state; {} KiB for one "
               "world at most\n",
               o.model_seconds, static_cast<double>(o.transitions) / o.model_seconds,
               static_cast<double>(o.key_bytes) / static_cast<double>(o.states),
               static_cast<double>(o.memory_all) / static_cast<double>(o.states), o.memory / 1024);
    if (library()) results_of_library(o);
    if (o.checked > 0) results_of_invariants(o, known);
  }

  void results_of_library(const Outcome& o) const {
    fmt::print(
        "  library: {}{} of {} transitions executed{}, in {} traces of {} commands ({:.2f} a transition), {:.0f} s of one processor, "
        "{:.0f} commands/s\n",
        o.executed == o.transitions ? "" : red(), o.executed, o.transitions, plain(), o.traces, o.commands,
        static_cast<double>(o.commands) / static_cast<double>(std::max<std::size_t>(o.executed, 1)), library_seconds(o),
        o.commands == 0 ? 0 : static_cast<double>(o.commands) / library_seconds(o));
    for (const explore::Mismatch& mismatch : o.mismatches) {
      fmt::print("  {}not what its Rules say{}: {}\n", red(), plain(), mismatch.at);
      if (mismatch.explanation) {
        std::string rules;
        for (const Choice choice : *mismatch.explanation) rules += " " + to_string(choice);
        fmt::print("      explained by{}\n", rules);
      } else {
        fmt::print("      no Rule explains it\n");
      }
      print_trace(mismatch.trace);
    }
    if (o.more_mismatches > 0) fmt::print("  {} more traces differ that were not looked into\n", o.more_mismatches);
    if (o.mismatches.empty()) fmt::print("  library: it does what its Rules say in each that was executed\n");
  }

  void results_of_invariants(const Outcome& o, const Outcome& known) const {
    const auto all = invariants::all();
    fmt::print("  invariants: {} of {} hold in all of {}\n", all.size() - o.broken.size(), all.size(),
               o.checked == o.transitions ? "these transitions"
                                          : fmt::format("the {} transitions that they are about", o.checked));
    for (const invariants::Invariant& invariant : all) {
      const explore::BrokenInvariant* const one = broken(o, invariant.name);
      if (one == nullptr || broken(known, invariant.name) != nullptr) continue;
      fmt::print("  {}broken{}: {} ({}), in {} transitions\n      {}\n", red(), plain(), invariant.name, invariant.clauses,
                 one->transitions, one->what);
      print_trace(one->trace);
    }
  }

  const Part& part_;
  bool coloured_;
};

Json to_json(const Outcome& o) {
  Json json = {{"worlds", o.worlds},
               {"depth", o.depth},
               {"complete", o.complete},
               {"cut_short", o.cut_short},
               {"depth_first", o.depth_first},
               {"states", o.states},
               {"transitions", o.transitions},
               {"executed", o.executed},
               {"checked", o.checked},
               {"traces", o.traces},
               {"commands", o.commands},
               {"model_seconds", o.model_seconds},
               {"library_seconds", library_seconds(o)},
               {"key_bytes", o.key_bytes},
               {"memory_bytes", o.memory}};
  json["invariants"] = Json::array();
  for (const invariants::Invariant& invariant : invariants::all()) {
    Json one = {{"name", invariant.name}, {"clauses", invariant.clauses}, {"holds", true}};
    if (const auto* b = broken(o, invariant.name))
      one["holds"] = false, one["transitions"] = b->transitions, one["what"] = b->what,
      one["trace"] = to_text(b->trace);
    json["invariants"].push_back(std::move(one));
  }
  json["mismatches"] = Json::array();
  for (const explore::Mismatch& m : o.mismatches) {
    Json one = {{"at", m.at}, {"trace", to_text(m.trace)}, {"explanation", nullptr}};
    if (m.explanation) {
      one["explanation"] = Json::array();
      for (const Choice choice : *m.explanation) one["explanation"].push_back(to_string(choice));
    }
    json["mismatches"].push_back(std::move(one));
  }
  json["more_mismatches"] = o.more_mismatches;
  return json;
}

Json to_json(const Part& part) {
  Json json = to_json(part.outcome);
  json["rules"] = part.rules;
  json["library"] = part.version.empty() ? Json() : Json(part.version);
  json["worlds"] = {{"explored", part.outcome.worlds}, {"of", part.worlds}};
  json["seconds"] = part.seconds;
  if (part.begun.worlds > 0) json["interrupted"] = to_json(part.begun);
  return json;
}

void write_json(const ExploreVerb& options, const std::vector<Part>& parts) {
  Json root = {
      {"schema", explore_schema_version}, {"tool", "sesscheck"}, {"preset", options.preset}, {"shard", options.shard}};
  root["explorations"] = Json::array();
  for (const Part& part : parts) root["explorations"].push_back(to_json(part));
  write_text(options.json, root.dump(2) + "\n");
}

}  // namespace

int explore(const ExploreVerb& options) {
  auto preset = explore::preset(options.preset);
  if (!preset) {
    std::string known;
    for (const std::string_view name : explore::preset_names()) known += " " + std::string(name);
    throw UsageError("there is no preset '" + options.preset + "'; known:" + known);
  }
  if (!options.graph.empty()) return explore_graph(options, *preset);
  explore::Plan plan;
  plan.starts = std::move(preset->starts);
  std::erase_if(plan.starts, [&](const explore::Start& s) { return s.name.find(options.worlds) == std::string::npos; });
  if (plan.starts.empty()) throw UsageError("no world of " + options.preset + " has '" + options.worlds + "' in its name");
  plan.depth = options.depth != 0 ? options.depth : preset->depth;
  plan.jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  plan.memory = options.memory << 20;
  plan.stop = &interruption();
  set_shard(plan, options.shard);
  if (plan.shard >= plan.starts.size())
    throw UsageError(fmt::format("--shard {}: there are {} worlds only", options.shard, plan.starts.size()));

  if (options.bounds || options.pairs) return explore_tables(options, plan);
  check_writable(options.json);

  std::string file;  // of the library: two can say the same version
  std::vector<Part> parts;
  const auto add = [&](const RulesOptions& rules, const std::string& version, const SutFactory& library, const Lacks& lacks = {}) {
    Part& part = parts.emplace_back(Part{rules.name(), version, plan, {}, {}});
    part.plan.rules = rules.rules();
    part.plan.library = library;
    for (explore::Start& start : part.plan.starts) start = restricted(std::move(start), lacks);
    part.plan.title = fmt::format("{}{}, depth {}, {}, {}", preset->name, options.worlds.empty() ? "" : ", " + options.worlds,
                                  plan.depth, part.rules, version.empty() ? "the model" : version + " (" + file + ")");
    if (!options.journal.empty()) part.plan.journal = options.journal + (version.empty() ? ".model" : "");
  };
  RulesOptions rules = options.rules;
  RulesOptions manual;
  manual.profile = "manual";
  if (options.model_only) {
    if (rules.profile == RulesOptions::by_version) rules.profile = manual.profile;
    add(rules, {}, {});
  } else {
    const LibraryOptions library = options.library.resolved();
    file = library.libssl;
    const SutFactory make = factory(library);
    const Subject subject = make(patience_at_first);
    const std::string version = subject.sut->version();
    rules.follow(version, library.is_model());
    add(manual, {}, {});
    add(rules, version, make, subject.sut->lacks());
  }

  for (const Part& part : parts) explore::Journal(part.plan.journal, part.plan.title);  // refused before the work, not after the first part
  fmt::print("{}: {}{}\n", preset->name, preset->meaning,
             options.depth != 0 ? fmt::format("; here {} commands deep", plan.depth) : "");
  bool as_they_should = true;
  for (Part& part : parts) {
    run(part);
    Printer(part, colour(STDOUT_FILENO)).print();
    std::fflush(stdout);
    as_they_should = as_they_should && part.outcome.mismatches.empty() && part.begun.mismatches.empty() &&
                     part.outcome.worlds == part.worlds &&
                     part.outcome.executed == (part.version.empty() ? 0 : part.outcome.transitions) &&
                     (part.plan.rules != Rules::manual() || (part.outcome.broken.empty() && part.begun.broken.empty()));
    if (part.outcome.failure) break;
  }
  if (!options.json.empty()) write_json(options, parts);
  for (const Part& part : parts)
    if (part.outcome.failure) std::rethrow_exception(part.outcome.failure);
  return as_they_should ? as_expected : differs;
}

}  // namespace sesscheck::cli
