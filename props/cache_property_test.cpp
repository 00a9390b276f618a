// Properties of a session cache in their own right, told without the model (invariants/): each on the library and
// on the model, under the Rules openssl-3.0 and under the manual's.
#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <map>

#include "check/lockstep.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"
#include "invariants/invariants.hpp"
#include "props/property.hpp"

namespace sesscheck::props {
namespace {

using namespace invariants;

constexpr std::size_t commands_each = 2'000;

Judge judge(const Invariant& invariant) {
  return [&invariant](const Trace& trace, std::span<const Observation> seen) { return broken(invariant, trace, seen); };
}

void holds(const Invariant& invariant) {
  const Subject subjects[] = {library(), model("openssl-3.0"), model("manual")};
  property(commands_each, [&] {
    const Trace trace = drawn_trace(Shape::session_ids());
    for (const Subject& subject : subjects) check_on(subject, trace, judge(invariant));
  });
}

/// The manual's word holds of the manual, and of OpenSSL 3.0 with that Rule (or those two) as in the manual; OpenSSL 3.0
/// breaks it. So it is this deviation, and no other, for which the library is not held to it.
void holds_but_for_a_deviation(const Invariant& invariant) {
  std::vector<Choice> manuals{{*invariant.deviation, 0}};
  if (invariant.second_deviation) manuals.push_back({*invariant.second_deviation, 0});
  const Subject subjects[] = {model("manual"), model("openssl-3.0", manuals)};
  property(5 * commands_each, [&] {
    const Trace trace = drawn_trace(Shape::session_ids());
    for (const Subject& subject : subjects) check_on(subject, trace, judge(invariant));
  });
  const auto breaks = [&](const Trace& trace) {
    return broken(invariant, trace, simulate(trace, Rules::openssl_3_0())).has_value();
  };
  std::size_t commands = 0;
  for (std::uint64_t seed = 0; commands < 200'000; ++seed) {
    Random random(seed);
    const Trace trace = generate(random, Shape::session_ids());
    commands += single_commands(trace);
    if (!breaks(trace)) continue;
    const Trace small = shrink(trace, breaks);
    std::vector<Observation> seen;
    library().sut->run(small, seen);
    BOOST_TEST(broken(invariant, small, seen).has_value(), "the library keeps it, in\n" << to_text(small));
    std::cout << "openssl-3.0 breaks it (found after " << commands << " commands):\n"
              << to_text(small) << *broken(invariant, small, simulate(small, Rules::openssl_3_0())) << std::endl;
    return;
  }
  BOOST_ERROR("openssl-3.0 keeps it: " << invariant.name << " need not be left to the manual");
}

BOOST_AUTO_TEST_SUITE(cache_property)

// One test for each invariant, of its name; what it would catch stands in its table.
bool add_tests(std::span<const Invariant> part) {
  namespace ut = boost::unit_test;
  for (const Invariant& invariant : part) {
    const auto test = [&invariant] {
      std::cout << "would catch: " << invariant.catches << std::endl;
      invariant.deviation ? holds_but_for_a_deviation(invariant) : holds(invariant);
    };
    ut::framework::current_auto_test_suite().add(
        ut::make_test_case(test, std::string(invariant.name), __FILE__, __LINE__));
  }
  return true;
}

BOOST_AUTO_TEST_SUITE(resumption)
[[maybe_unused]] const bool added = add_tests(invariants::resumption());
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(contents)
[[maybe_unused]] const bool added = add_tests(invariants::cache());
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(callbacks)
[[maybe_unused]] const bool added = add_tests(invariants::callbacks());
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()

/// One lie about one command: what a faulty library might show.
void lie(Random& r, const Command& command, Observation& seen) {
  const auto some = [&](auto& list) -> auto& { return list[r.below(list.size())]; };
  ContextView& context = some(seen.contexts);
  ConnectionView& c = seen.connection;
  EndView& end = r.chance(50) ? c.client : c.server;
  const auto context_index = static_cast<std::uint8_t>(&context - seen.contexts.data());
  switch (r.below(17)) {
    case 0: end.reused = !end.reused; break;
    case 1: c.client.reused = c.server.reused = !c.client.reused; break;
    case 2: end.session = static_cast<Name>(r.below(4)); break;
    case 3: c.client.session = c.server.session = static_cast<Name>(r.below(4)); break;
    case 4: end.state = static_cast<Handshake>(r.below(4)); break;
    case 5: (r.chance(50) ? c.offered_id_length : c.answered_id_length) ^= r.chance(50) ? 32 : 1; break;
    case 6: some(context.counters) += r.between(-1, 1); break;
    case 7: some(context.counters) = r.between(0, 2); break;
    case 8: context.cached.push_back({.name = static_cast<Name>(1 + r.below(6)), .resumable = true, .time = 1'700'000'000, .timeout = 10}); break;
    case 9:
      if (!context.cached.empty()) context.cached.erase(context.cached.begin());
      break;
    case 10:
      context.cached.insert(context.cached.end(), {{.name = 91, .resumable = true, .timeout = 1}, {.name = 92, .resumable = true, .timeout = 1}}), context.number += 2;
      break;
    case 11: (r.chance(50) ? context.mode : r.chance(50) ? context.size : context.timeout) ^= 1; break;
    case 12:
      seen.log.push_back({static_cast<Event::Kind>(r.below(3)), context_index, static_cast<Name>(r.below(6)),
                          r.chance(50), static_cast<Name>(r.below(6))});
      break;
    case 13:
      if (!seen.log.empty()) seen.log.pop_back();
      break;
    case 14:
      if (!seen.log.empty()) some(seen.log).session = static_cast<Name>(r.below(6));
      break;
    case 15: seen.result ^= 1; break;
    default:
      if (auto& held = command.slot != 0 ? seen.held[command.slot - 1U] : some(seen.held))
        (r.chance(50) ? held->time : held->timeout) ^= 1, held->resumable = !held->resumable;
      break;
  }
}

BOOST_AUTO_TEST_SUITE(invariants_can_fail)

// Catches: an invariant that lets everything pass. Small lies are told about what the model does, until each invariant
// has found one out.
BOOST_AUTO_TEST_CASE(every_invariant_finds_some_lie) {
  std::map<std::string_view, std::size_t> found_after;  // lies
  std::size_t to_go = 0, lies = 0;
  for (const Invariant& invariant : invariants::all()) to_go += !invariant.deviation;
  for (std::uint64_t seed = 0; seed < 100'000 && found_after.size() < to_go; ++seed) {
    Random random(seed);
    Shape shape = Shape::session_ids();
    shape.cadence_percent = 0;
    Trace trace = generate(random, shape);
    for (Command& command : trace.commands) command.repeat = 1;  // one observation each
    std::vector<Observation> seen = simulate(trace, Rules::openssl_3_0());
    const std::size_t at = random.below(trace.commands.size());
    lie(random, trace.commands[at], seen[at]);
    if (!lockstep(trace, Rules::openssl_3_0(), seen)) continue;
    ++lies;
    for (const Invariant& invariant : invariants::all())
      if (!invariant.deviation && !found_after.contains(invariant.name) && broken(invariant, trace, seen))
        found_after[invariant.name] = lies;
  }
  for (const Invariant& invariant : invariants::all()) {
    if (invariant.deviation) continue;
    BOOST_TEST(found_after.contains(invariant.name), invariant.name << " found none of " << lies << " lies");
    std::cout << found_after[invariant.name] << "  " << invariant.name << std::endl;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
