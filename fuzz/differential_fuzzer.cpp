// Fuzz target: the model under the manual's Rules beside the model under those of OpenSSL 3.0. Where they differ,
// explain() has to name a set of Rules, and with these alone changed the two must agree: a difference that no Rule
// makes is a trap.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "check/explain.hpp"
#include "check/lockstep.hpp"
#include "fuzz/bounds.hpp"
#include "model/trace/bytes.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::fuzz {
namespace {

[[noreturn]] void trap(const char* what, const Trace& trace) {
  std::fprintf(stderr, "%s\ntrace:\n%s", what, to_text(trace).c_str());
  std::abort();
}

}  // namespace
}  // namespace sesscheck::fuzz

// Explaining runs the model for each Rule that it tries, so these traces are shorter than others.
sesscheck::fuzz::Bounds sesscheck::fuzz::target_bounds() { return {.commands = 48, .connections = 300}; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sesscheck;
  const Trace trace = fuzz::bounded(from_bytes(std::span(data, size)), fuzz::target_bounds());
  const Rules expected = Rules::manual(), real = Rules::openssl_3_0();
  const std::vector<Observation> seen = simulate(trace, real);
  const bool differs = lockstep(trace, expected, seen).has_value();

  const auto changes = explain(trace, expected, seen);
  if (!changes) fuzz::trap("a difference that no Rule explains", trace);
  if (changes->empty() == differs) fuzz::trap("an explanation of nothing, or none of something", trace);
  Rules explained = expected;
  for (const Choice change : *changes) explained.set(change);
  if (lockstep(trace, explained, seen)) fuzz::trap("an explanation under which the model still differs", trace);
  for (const Choice change : *changes)
    if (!lockstep(trace, explained.with({change.rule, expected.value(change.rule)}), seen))
      fuzz::trap("an explanation with a change that is not needed", trace);
  return 0;
}
