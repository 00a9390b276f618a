// replay and simulate: a trace, step by step.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "check/describe.hpp"
#include "check/explain.hpp"
#include "check/lockstep.hpp"
#include "check/reproduce.hpp"
#include "cli/verbs.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::cli {
namespace {

Trace read_trace(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  if (in) text << in.rdbuf();
  if (!in || text.fail()) throw UsageError("cannot read " + file + ": " + std::strerror(errno));
  auto parsed = parse(text.str());
  if (const auto* error = std::get_if<ParseError>(&parsed))
    throw UsageError(fmt::format("{}:{}: {}", file, error->line, error->message));
  return std::get<Trace>(std::move(parsed));
}

/// "stored_server (S13), flush_period=256"
std::string why(const Because& because, const Rules& rules) {
  std::string text;
  const auto append = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const ReasonInfo& reason : reason_table())
    if (because.has(reason.reason))
      append(std::string(reason.name) + (reason.clauses.empty() ? "" : " (" + std::string(reason.clauses) + ")"));
  for (const RuleInfo& row : rule_table())
    if (because.rules.test(static_cast<std::size_t>(row.rule)))
      append("rule " + to_string(Choice{row.rule, rules.value(row.rule)}));
  return text;
}

class Printer {
 public:
  Printer(const Trace& trace, const Rules& rules) : trace_(trace), rules_(rules), colour_(colour(STDOUT_FILENO)) {}

  /// One step; `library` is null when the model runs alone. Of a repeated connect only the steps that say something new.
  void step(const Step& s, const Observation* library) {
    const bool same = !library || alike(s.model, *library);
    if (s.repetition == 0) {
      heading(s.command);
    } else if (same && s.because.reasons == reasons_ && s.model.log.empty() &&
               s.repetition + 1 < trace_.commands[s.command].repeat) {
      return;
    } else {
      fmt::print("   the {}. time:\n", s.repetition + 1);
    }
    reasons_ = s.because.reasons;
    if (same) {
      fmt::print("      {}: {}\n", library ? "both" : "model", summary(s.model));
    } else {
      fmt::print("      model:   {}\n      library: {}\n", summary(s.model), summary(*library));
    }
    fmt::print("      {}why: {}{}\n", on("\x1b[2m"), why(s.because, rules_), on("\x1b[0m"));
    if (same) return;
    fmt::print("{}  >>> the first difference{}\n", on("\x1b[31m"), on("\x1b[0m"));
    for (const FieldDifference& f : compare(s.model, *library))
      fmt::print("      {}: model {}, library {}\n", f.field, f.model, f.library);
  }

 private:
  [[nodiscard]] const char* on(const char* code) const { return colour_ ? code : ""; }
  void heading(std::size_t command) const {
    fmt::print("{}{:>4}  {}{}\n", on("\x1b[1m"), command + 1, to_text(trace_.commands[command]), on("\x1b[0m"));
  }

  const Trace& trace_;
  const Rules& rules_;
  bool colour_;
  std::bitset<reason_count> reasons_;
};

void write_program(const TraceVerb& options, const Trace& trace, const Difference& difference,
                   const std::string& version) {
  const std::string program = reproduce(trace, difference.command, difference.repetition, difference.fields,
                                        {{version + " differs from " + options.rules.name(), "Trace: " + options.file},
                                         options.rules.name()});
  write_text(options.c_file, program);
}

}  // namespace

Rules RulesOptions::rules() const {
  std::vector<std::string> parts;
  std::istringstream words(profile);
  for (std::string part; std::getline(words, part, ',');) parts.push_back(part);
  if (parts.empty()) parts.emplace_back();
  const auto found = find_profile(parts.front());
  if (!found) {
    std::string known;
    for (const Profile& p : profiles()) known += " " + std::string(p.name);
    throw UsageError("there are no Rules called '" + parts.front() + "'; known:" + known);
  }
  Rules result = *found;
  parts.erase(parts.begin());
  parts.insert(parts.end(), changes.begin(), changes.end());
  for (const std::string& change : parts) {
    const auto choice = parse_choice(change);
    if (!choice) throw UsageError("'" + change + "' is no Rule and value; see 'sesscheck rules'");
    result.set(*choice);
  }
  return result;
}

std::string RulesOptions::name() const {
  std::string text = profile;
  for (const std::string& change : changes) text += "," + change;
  return text;
}

int replay(TraceVerb options) {
  const Trace trace = read_trace(options.file);
  const Subject subject = factory(options.library, options.peer)(patience_at_first);
  const std::string version = subject.sut->version();
  options.rules.follow(version, options.library.is_model());
  const Rules rules = with_peer(options.rules.rules(), options.peer);
  fmt::print("{}, rules {}\n", version, options.rules.name());
  std::vector<Observation> seen;
  subject.sut->run(trace, seen);

  Printer printer(trace, rules);
  std::size_t index = 0;
  static const Observation nothing{};
  const auto difference = lockstep(trace, rules, seen, [&](const Step& s) {
    printer.step(s, index < seen.size() ? &seen[index] : &nothing);
    ++index;
  });
  if (!difference) {
    fmt::print("model and library agree: {} commands\n", seen.size());
    return as_expected;
  }
  if (!options.c_file.empty()) {
    write_program(options, trace, *difference, version);
    fmt::print("C program: {}\n", options.c_file);
  }
  if (const auto changes = explain(trace, rules, seen)) {
    fmt::print("explained by:");
    for (const Choice change : *changes) {
      const RuleInfo& row = info(change.rule);
      fmt::print(" {} ({}; clause {}; {})", to_string(change), row.meaning, row.clauses, row.source);
    }
    fmt::print("\n(from this one trace; an audit holds an explanation against all that it has seen, and may name another one)\n");
  } else {
    fmt::print("no Rule explains it\n");
  }
  if (seen.back().status == Status::crashed || seen.back().status == Status::hung)
    fmt::print("the library's last words: {}\n", subject.last_words ? subject.last_words() : "none");
  return differs;
}

int simulate(TraceVerb options) {
  options.rules.follow({}, true);
  const Trace trace = read_trace(options.file);
  const Rules rules = options.rules.rules();
  fmt::print("the model, rules {}\n", options.rules.name());
  Printer printer(trace, rules);
  sesscheck::simulate(trace, rules, [&](const Step& s) { printer.step(s, nullptr); });
  return as_expected;
}

int rules() {
  for (const RuleInfo& row : rule_table()) {
    fmt::print("{} - {} (clause {}; {})\n", row.name, row.meaning, row.clauses, row.source);
    for (std::uint8_t value = 0; value < row.values.size(); ++value) {
      fmt::print("    {}=", row.name);
      fmt::print("{:<22}", row.values[value]);
      for (const Profile& profile : profiles())
        if (profile.rules.value(row.rule) == value) fmt::print(" {}", profile.name);
      fmt::print("\n");
    }
  }
  return as_expected;
}

}  // namespace sesscheck::cli
