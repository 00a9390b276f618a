// Fuzz target: the model alone, under any Rules. Its invariants hold, and equal input gives equal output.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "fuzz/bounds.hpp"
#include "fuzz/feedback.hpp"
#include "fuzz/invariants.hpp"
#include "model/trace/bytes.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::fuzz {
namespace {

/// Rules that depend on the trace alone, so that a trace is the whole input: profiles often, else any mixture.
Rules rules_for(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), setup_bytes))) hash = (hash ^ byte) * 0x100000001b3;
  if (hash % 4 != 0) return profiles()[hash % profiles().size()].rules;
  Rules rules;
  for (const RuleInfo& row : rule_table()) {
    hash = hash * 0x5851f42d4c957f2d + 1;
    rules.set({row.rule, static_cast<std::uint8_t>((hash >> 32) % row.values.size())});
  }
  return rules;
}

[[noreturn]] void trap(const std::string& what, const Trace& trace, const Rules& rules, std::size_t command) {
  std::fprintf(stderr, "broken: %s, after command %zu\nrules, where they differ from the manual:", what.c_str(),
               command + 1);
  for (const Choice choice : differences(Rules::manual(), rules))
    std::fprintf(stderr, " %s", to_string(choice).c_str());
  std::fprintf(stderr, "\ntrace:\n%s", to_text(trace).c_str());
  std::abort();
}

}  // namespace
}  // namespace sesscheck::fuzz

sesscheck::fuzz::Bounds sesscheck::fuzz::target_bounds() { return {}; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sesscheck;
  static fuzz::Feedback feedback;
  const std::span bytes(data, size);
  const Trace trace = fuzz::bounded(from_bytes(bytes), fuzz::target_bounds());
  const Rules rules = fuzz::rules_for(bytes);
  feedback.begin_trace();

  Because because, because_again;
  World world = begin(trace.setup, rules, because);
  Observation seen, seen_again;
  for (std::size_t i = 0; i < trace.commands.size(); ++i)
    for (int n = 0; n < trace.commands[i].repeat; ++n) {
      const Command& command = trace.commands[i];
      World before = world;
      feedback.before(world, command);
      step(world, command, rules, seen, because);
      feedback.after(because);
      if (const auto what = fuzz::broken(before, world, command, rules, seen, because))
        fuzz::trap(*what, trace, rules, i);
      World again = std::move(before);
      step(again, command, rules, seen_again, because_again);
      if (seen != seen_again || because.reasons != because_again.reasons || because.rules != because_again.rules)
        fuzz::trap("equal input gives equal output", trace, rules, i);
      if (seen.status == Status::crashed) return 0;  // a dead library does nothing more
    }
  return 0;
}
