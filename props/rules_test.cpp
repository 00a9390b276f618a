// The checker is checked: a system under test with one Rule changed is told from one without, the change is named, and
// the trace that shows it is short.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "check/explain.hpp"
#include "check/generate.hpp"
#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::props {
namespace {

using Changes = std::optional<std::vector<Choice>>;
constexpr std::size_t commands_max = 500'000;
constexpr std::size_t length_max = 8;

/// Whether this trace tells `changed` from OpenSSL 3.0, and by nothing but `change`.
bool shows(const Trace& trace, const Rules& changed, Choice change) {
  const Rules expected = Rules::openssl_3_0();
  const std::vector<Observation> seen = simulate(trace, changed);
  return lockstep(trace, expected, seen) && explain(trace, expected, seen) == Changes({{change}});
}

void is_found_and_named(Choice change) {
  const Rules expected = Rules::openssl_3_0(), changed = expected.with(change);
  ModelSut sut(changed);
  std::vector<Observation> seen;
  std::size_t commands = 0, found_after = 0, misnamed = 0;
  for (std::uint64_t seed = 1; commands < commands_max; ++seed) {
    Random random(seed);
    const Trace trace = generate(random);
    sut.run(trace, seen);
    commands += seen.size();
    if (!lockstep(trace, expected, seen)) continue;
    if (found_after == 0) found_after = commands;
    if (explain(trace, expected, seen) != Changes({{change}})) {
      ++misnamed;  // another change explains this trace as well
      continue;
    }
    const Trace small = shrink(trace, [&](const Trace& t) { return shows(t, changed, change); });
    std::printf("%-46s found after %6zu commands, named after %6zu (%zu times otherwise), shrunk to %zu\n",
                to_string(change).c_str(), found_after, commands, misnamed, small.commands.size());
    BOOST_TEST(small.commands.size() <= length_max, to_string(change) << " needs\n" << to_text(small));
    return;
  }
  BOOST_ERROR(to_string(change) << (found_after == 0 ? " makes no difference" : " is not named") << " within "
                                << commands_max << " commands");
}

BOOST_AUTO_TEST_SUITE(rules)

// Catches: a Rule that the generator never reaches, an explanation that names another one, a shrinker that gives up.
BOOST_AUTO_TEST_CASE(every_change_of_a_rule_is_found_and_named) {
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      if (!Rules::openssl_3_0().says({row.rule, value})) is_found_and_named({row.rule, value});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
