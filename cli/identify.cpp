// sesscheck identify: which Rules a library follows, found by experiments.
#include "audit/identify.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "audit/report.hpp"
#include "cli/verbs.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::cli {
namespace {

using Json = nlohmann::ordered_json;
constexpr int identify_schema_version = 1;

std::string value_of(Rule rule, std::uint8_t value) { return std::string(info(rule).values[value]); }

std::string joined(const auto& parts, std::string_view between, auto text) {
  std::string all;
  for (const auto& part : parts) all += std::string(all.empty() ? "" : between) + std::string(text(part));
  return all;
}

void print_indented(const Trace& trace, std::string_view indent) {
  std::istringstream lines(to_text(trace));
  for (std::string line; std::getline(lines, line);) fmt::print("{}{}\n", indent, line);
}

/// Words that --expect understands.
std::string expectation(const Identity& identity) {
  return std::string(identity.nearest.front()) +
         joined(identity.differing, "", [](Choice choice) { return "," + to_string(choice); });
}

class Printer {
 public:
  Printer(const Identity& identity, bool coloured) : identity_(identity), coloured_(coloured) {}

  void print() const {
    fmt::print("{} experiments; {} commands in all\n\n", identity_.experiments.size(), identity_.commands);
    for (const IdentifiedRule& found : identity_.of) rule(found);
    findings();
    place();
  }

 private:
  [[nodiscard]] const char* on(const char* code) const { return coloured_ ? code : ""; }

  void rule(const IdentifiedRule& found) const {
    fmt::print("{}{}{}: {}\n", on(bold), to_string({found.rule, found.value}), on(plain), info(found.rule).meaning);
    for (const Proof& proof : found.proofs) {
      const Experiment& experiment = identity_.experiments[proof.experiment];
      fmt::print("    not {}: experiment {}, {}\n", value_of(found.rule, proof.refuted), proof.experiment + 1, experiment.source);
      print_indented(proof.trace, "        ");
      if (!proof.shown.fields.empty())
        fmt::print("      {}\n", sentence(proof.shown, value_of(found.rule, proof.refuted)));
    }
    for (const std::uint8_t other : found.same)
      fmt::print("    {}cannot be told apart from {}{}: under the other Rules, no trace that was tried makes a difference\n",
                 on(yellow), value_of(found.rule, other), on(plain));
    for (const std::vector<Choice>& changes : found.together)
      fmt::print("    {}cannot be told apart from {}{} together with {}\n", on(yellow), value_of(found.rule, changes.front().value),
                 on(plain), joined(std::span(changes).subspan(1), ", ", [](Choice c) { return to_string(c); }));
    if (proofs_missing(found))
      fmt::print("    any order would allow what was seen; it was this one wherever another could have come\n");
  }

  [[nodiscard]] static bool proofs_missing(const IdentifiedRule& found) {
    return found.proofs.size() + found.same.size() + found.together.size() + 1 < info(found.rule).values.size();
  }

  void findings() const {
    if (identity_.findings.empty()) return;
    fmt::print("\n{}What no Rule explains{}\n", on(bold), on(plain));
    for (const Surprise& s : identity_.findings) {
      fmt::print("  {}{}{} ({} traces)\n", on(red), s.kind == Surprise::Kind::died ? "DEATH" : "FINDING", on(plain), s.count);
      print_indented(s.trace, "      ");
      fmt::print("    {}\n", sentence(s.shown, "the model"));
      if (!to_text(s.repeats).empty()) fmt::print("    {}\n", to_text(s.repeats));
      if (s.not_investigated > 0) fmt::print("    and {} more traces, of other kinds\n", s.not_investigated);
    }
  }

  void place() const {
    fmt::print("\n{}Nearest known profile{}: {}, ", on(bold), on(plain),
               joined(identity_.nearest, ", ", [](std::string_view name) { return name; }));
    if (identity_.differing.empty())
      fmt::print("in all Rules\n");
    else
      fmt::print("but for {}\n", joined(identity_.differing, ", ", [](Choice c) { return to_string(c); }));
    const std::string unknown = joined(identity_.unknown, ", ", [](Choice c) { return to_string(c); });
    fmt::print("{}What no known profile does{}: {}{}\n", on(bold), on(plain), unknown.empty() ? "nothing" : unknown,
               identity_.findings.empty() ? "" : fmt::format("; {} findings above", identity_.findings.size()));
    fmt::print("To audit it: --expect {}\n", expectation(identity_));
    if (!identity_.failure.empty()) fmt::print("{}ended early: {}{}\n", on(red), identity_.failure, on(plain));
    if (identity_.interrupted) fmt::print("{}interrupted: what was not tried is not told apart{}\n", on(red), on(plain));
  }

  static constexpr const char *bold = "\x1b[1m", *red = "\x1b[31m", *yellow = "\x1b[33m", *plain = "\x1b[0m";
  const Identity& identity_;
  bool coloured_;
};

Json to_json(const Shown& shown, const char* other) {
  Json fields = Json::array();
  for (const FieldDifference& f : shown.fields)
    fields.push_back({{"field", f.field}, {other, f.model}, {"library", f.library}});
  return {{"at", shown.command_text}, {"fields", fields}};
}

Json to_json(const std::vector<Choice>& choices) {
  Json list = Json::array();
  for (const Choice choice : choices) list.push_back(to_string(choice));
  return list;
}

Json to_json(const IdentifiedRule& found) {
  Json json = {{"rule", info(found.rule).name}, {"value", value_of(found.rule, found.value)}, {"meaning", info(found.rule).meaning}};
  Json& same = json["cannot_be_told_apart_from"] = Json::array();
  for (const std::uint8_t value : found.same) same.push_back(value_of(found.rule, value));
  Json& together = json["possible_together"] = Json::array();
  for (const std::vector<Choice>& changes : found.together) together.push_back(to_json(changes));
  Json& proofs = json["proofs"] = Json::array();
  for (const Proof& proof : found.proofs)
    proofs.push_back({{"refuted", value_of(found.rule, proof.refuted)},
                      {"experiment", proof.experiment + 1},
                      {"trace", to_text(proof.trace)},
                      {"shown", to_json(proof.shown, "refuted")}});
  return json;
}

std::string render_json(const std::string& version, const std::string& libssl, std::uint64_t seed,
                        const Identity& identity) {
  Json root = {{"schema", identify_schema_version}, {"tool", "sesscheck"},
               {"library", {{"version", version}, {"path", libssl}}},
               {"seed", seed}, {"commands", identity.commands},
               {"interrupted", identity.interrupted}, {"failure", identity.failure},
               {"nearest", identity.nearest}, {"differing", to_json(identity.differing)},
               {"unknown", to_json(identity.unknown)}, {"expect", expectation(identity)}};
  Json& rules = root["rules"] = Json::array();
  for (const IdentifiedRule& found : identity.of) rules.push_back(to_json(found));
  Json& findings = root["findings"] = Json::array();
  for (const Surprise& s : identity.findings)
    findings.push_back({{"kind", s.kind == Surprise::Kind::died ? "died" : "unexplained"}, {"count", s.count},
                        {"trace", to_text(s.trace)}, {"shown", to_json(s.shown, "model")},
                        {"repeats", to_text(s.repeats)}, {"last_words", s.last_words}});
  Json& experiments = root["experiments"] = Json::array();
  for (const Experiment& e : identity.experiments) {
    Json decided = Json::array();
    for (const Rule rule : e.decided) decided.push_back(info(rule).name);
    experiments.push_back({{"source", e.source}, {"bits_expected", e.bits}, {"bits_before", e.before}, {"bits_after", e.after},
                           {"decided", decided}, {"accounted_for", e.accounted}, {"trace", to_text(e.trace)}});
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int identify(const IdentifyVerb& options) {
  const LibraryOptions library = options.library.resolved();
  const SutFactory make = factory(library);
  check_writable(options.json);
  const std::string version = make(patience_at_first).sut->version();
  fmt::print("{}   {}\n", version, library.libssl);
  std::fflush(stdout);

  IdentifyOptions identify_options;
  identify_options.seed = options.seed;
  identify_options.commands = options.commands;
  identify_options.stop = &interruption();
  if (isatty(STDERR_FILENO))
    identify_options.progress = [](const IdentifyProgress& p) {
      fmt::print(stderr, "\r\x1b[K{}: {}{}, 2^{:.0f} candidates left", p.stage, p.done,
                 p.wanted > 0 ? fmt::format(" of {}", p.wanted) : "", p.bits);
    };
  Identity identity;
  {
    Fleet fleet(make, options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()));
    identity = sesscheck::identify(fleet, identify_options);
    if (identify_options.progress) fmt::print(stderr, "\r\x1b[K");
  }
  Printer(identity, colour(STDOUT_FILENO)).print();
  if (!options.json.empty()) write_text(options.json, render_json(version, library.libssl, options.seed, identity));
  if (!identity.failure.empty()) throw SutError("identifying ended early: " + identity.failure);
  return identity.differing.empty() && identity.findings.empty() ? as_expected : differs;
}

}  // namespace sesscheck::cli
