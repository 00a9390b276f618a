// Random traces and their shrinking.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "check/generate.hpp"
#include "check/shrink.hpp"
#include "model/step.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck {
namespace {

constexpr std::uint64_t seeds = 3000;

/// What a pass of the model over many traces met.
struct Tally {
  std::array<std::uint64_t, reason_count> reasons{};
  std::uint64_t commands = 0, connections = 0, connects = 0, unspecified = 0;

  void run(const Trace& trace, const Rules& rules) {
    Because beginning;
    World world = begin(trace.setup, rules, beginning);
    Observation seen;
    Because because;
    for (const Command& command : trace.commands) {
      Because all;
      for (int i = 0; i < command.repeat; ++i) {
        step(world, command, rules, seen, because);
        all.merge(because);
        unspecified += seen.status == Status::unspecified;
      }
      ++commands;
      if (command.op == Op::connect) ++connects, connections += command.repeat;
      for (std::size_t r = 0; r < reason_count; ++r) reasons[r] += all.reasons.test(r);
    }
  }
};

Tally tally(const Rules& rules) {
  Tally all;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Random random(seed);
    all.run(generate(random), rules);
  }
  return all;
}

/// Whether some observation of the trace satisfies `test`, under the Rules of OpenSSL 3.0.
template <class Test>
auto ever(Test test) {
  return [test](const Trace& trace) {
    const Rules rules = Rules::openssl_3_0();
    Because beginning;
    World world = begin(trace.setup, rules, beginning);
    Observation seen;
    Because because;
    for (const Command& command : trace.commands) {
      for (int i = 0; i < command.repeat; ++i) {
        step(world, command, rules, seen, because);
        if (test(seen, because)) return true;
      }
    }
    return false;
  };
}

std::int64_t counter(const ContextView& context, Counter which) {
  return context.counters[static_cast<std::size_t>(which)];
}

template <class Predicate>
bool some_command_is_idle(const Trace& trace, const Predicate& fails) {
  for (std::size_t i = 0; i < trace.commands.size(); ++i) {
    Trace without = trace;
    without.commands.erase(without.commands.begin() + static_cast<std::ptrdiff_t>(i));
    if (fails(without)) return true;
  }
  return false;
}

/// Shrinks the first `wanted` generated traces that fail, and checks what comes out.
template <class Predicate>
std::size_t largest_shrunk(const Predicate& fails, int wanted) {
  std::size_t largest = 0;
  for (std::uint64_t seed = 0; seed < seeds && wanted > 0; ++seed) {
    Random random(seed);
    const Trace failing = generate(random);
    if (!fails(failing)) continue;
    --wanted;
    ShrinkStats stats;
    const Trace small = shrink(failing, fails, 2000, &stats);
    BOOST_TEST(fails(small), "seed " << seed);
    BOOST_TEST(!some_command_is_idle(small, fails), "seed " << seed);
    BOOST_TEST(stats.minimal);
    BOOST_TEST(stats.tries <= 2000u);
    BOOST_TEST((normalise(small) == small), "seed " << seed);
    BOOST_TEST((shrink(failing, fails) == small), "seed " << seed);
    largest = std::max(largest, small.commands.size());
  }
  BOOST_TEST(wanted == 0);
  return largest;
}

BOOST_AUTO_TEST_SUITE(generation)

// Catches a generator that reads anything but its seed, and a Random whose sequence differs from splitmix64's.
BOOST_AUTO_TEST_CASE(one_seed_is_one_trace) {
  Random zero(0);
  BOOST_TEST(zero.next() == 0xe220a8397b1dcdafu);  // the published first value
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random first(seed), again(seed), other(seed + 1);
    const Trace trace = generate(first);
    BOOST_TEST((trace == generate(again)));
    BOOST_TEST((trace != generate(other)));
  }
}

// Catches unused fields that are set, indexes out of range, empty traces, too many connections or too much time.
BOOST_AUTO_TEST_CASE(traces_are_normal_and_in_range) {
  const Shape shape;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Random random(seed);
    const Trace trace = generate(random, shape);
    BOOST_TEST((normalise(trace) == trace), "seed " << seed);
    BOOST_TEST(trace.commands.size() >= static_cast<std::size_t>(shape.commands_min));
    std::int64_t microseconds = 0, connections = 0, many = 0;
    for (const Command& command : trace.commands) {
      if (command.op == Op::advance) microseconds += command.number.value;
      if (command.op == Op::connect) connections += command.repeat;
      many += command.repeat > 4;
    }
    BOOST_TEST(microseconds <= shape.seconds_max * 1'000'000);
    BOOST_TEST(many <= 1);
    BOOST_TEST(connections <= 1023 + 200);
  }
}

// Catches a Shape that is ignored.
BOOST_AUTO_TEST_CASE(shape_is_kept) {
  Shape shape;
  shape.commands_min = shape.commands_max = 7;
  shape.cadence_percent = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Trace trace = generate(random, shape);
    BOOST_TEST(trace.commands.size() == 7u);
    BOOST_TEST(std::ranges::all_of(trace.commands, [](const Command& c) { return c.repeat <= 4; }));
  }
}

// Catches a generator that no longer reaches one of the model's decisions: that decision would go untested.
BOOST_AUTO_TEST_CASE(every_reason_is_met) {
  const Tally openssl = tally(Rules::openssl_3_0()), manual = tally(Rules::manual());
  const Reason not_in_manual = Reason::time_updated;  // the manual's UPDATE_TIME is about use, never about adding
  BOOST_TEST_MESSAGE(seeds << " traces, " << openssl.commands << " commands, " << openssl.connects << " connects, "
                           << openssl.connections << " connections, " << openssl.unspecified << " unspecified");
  for (std::size_t r = 0; r < reason_count; ++r) {
    const auto reason = static_cast<Reason>(r);
    const auto per_10000 = [r](const Tally& t) {
      return static_cast<double>(t.reasons[r]) * 1e4 / static_cast<double>(t.commands);
    };
    BOOST_TEST_MESSAGE(info(reason).name << ": " << openssl.reasons[r] << " (" << per_10000(openssl) << "), manual "
                                         << manual.reasons[r] << " (" << per_10000(manual) << ")");
    BOOST_TEST(openssl.reasons[r] >= 5, info(reason).name << ": " << openssl.reasons[r]);
    BOOST_TEST((manual.reasons[r] >= 5) == (reason != not_in_manual), info(reason).name << ": " << manual.reasons[r]);
  }
}

// Catches too many traces that leave the API's contract, which neither side executes.
BOOST_AUTO_TEST_CASE(few_commands_are_unspecified) {
  const Tally all = tally(Rules::openssl_3_0());
  BOOST_TEST(all.unspecified * 100 < all.commands);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(shrinking)

// Catches a shrinker that keeps anything it need not, or that does not end.
BOOST_AUTO_TEST_CASE(what_always_fails_becomes_nothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    ShrinkStats stats;
    const Trace small = shrink(
        generate(random), [](const Trace&) { return true; }, 2000, &stats);
    BOOST_TEST(small.commands.empty());
    BOOST_TEST((small.setup == Setup{}));
    BOOST_TEST(stats.minimal);
  }
}

// Catches a shrinker that returns a trace which does not fail, or changes one that cannot be made smaller.
BOOST_AUTO_TEST_CASE(what_only_fails_whole_stays) {
  Random random(7);
  const Trace failing = generate(random);
  BOOST_TEST((shrink(failing, [&](const Trace& t) { return t == failing; }) == failing));
}

// Catches a shrinker that goes on when its tries have run out.
BOOST_AUTO_TEST_CASE(tries_are_limited) {
  const auto fails = ever([](const Observation& seen, const Because&) { return seen.connection.server.reused; });
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Trace failing = generate(random);
    if (!fails(failing)) continue;
    std::size_t calls = 0;
    ShrinkStats stats;
    const Trace small = shrink(
        failing, [&](const Trace& t) { return ++calls, fails(t); }, 10, &stats);
    BOOST_TEST(calls <= 10u);
    BOOST_TEST(calls == stats.tries);
    BOOST_TEST(fails(small));
  }
}

// Catches cuts that are given up too early: a full cache takes a size and two connections, perhaps a mode.
BOOST_AUTO_TEST_CASE(a_full_cache_is_small) {
  const auto fails = ever([](const Observation& seen, const Because&) {
    return std::ranges::any_of(seen.contexts, [](const ContextView& c) { return counter(c, Counter::cache_full) > 0; });
  });
  BOOST_TEST(largest_shrunk(fails, 60) <= 4u);
}

// Catches the same where slots, stores and the clock are needed.
BOOST_AUTO_TEST_CASE(decisions_are_small) {
  for (const auto& [reason, most] : std::map<Reason, std::size_t>{{Reason::resumed, 3},
                                                                  {Reason::found_expired, 6},
                                                                  {Reason::external_copied, 6},
                                                                  {Reason::wrong_id, 8},
                                                                  {Reason::survivor_at_deadline, 6},
                                                                  {Reason::negative_time, 2}}) {
    const auto fails = ever([reason = reason](const Observation&, const Because& why) { return why.has(reason); });
    const std::size_t largest = largest_shrunk(fails, 25);
    BOOST_TEST(largest <= most, info(reason).name << ": " << largest);
  }
}

// Catches a repeat that is not bisected: the automatic flush of OpenSSL 3.0 comes with the 256th connection.
BOOST_AUTO_TEST_CASE(repeats_are_least) {
  const auto fails = ever([](const Observation&, const Because& why) { return why.has(Reason::flush_due); });
  for (std::uint64_t seed = 0, left = 8; seed < seeds && left > 0; ++seed) {
    Random random(seed);
    const Trace failing = generate(random);
    if (!fails(failing)) continue;
    --left;
    const Trace small = shrink(failing, fails);
    int connections = 0;
    for (const Command& command : small.commands) connections += command.repeat;
    BOOST_TEST(connections == 256);
  }
}

// Catches values that stay although simpler ones would do.
BOOST_AUTO_TEST_CASE(fields_become_plain) {
  Trace failing;
  failing.setup.certificates = true;
  failing.setup.contexts.resize(4);
  failing.setup.contexts[3].size = 3;
  Command move;
  move.op = Op::advance, move.number.value = 1'500'000;
  Command connect;
  connect.op = Op::connect, connect.context = 2, connect.client = 3, connect.slot = 5, connect.keep = 4;
  connect.client_end = End::none, connect.repeat = 200, connect.id_context = IdContext{3, 'b'};
  Command flush;
  flush.op = Op::flush, flush.context = 2, flush.number = {25, true};
  failing.commands = {move, connect, move, move, connect, flush};
  const auto fails =
      [](const Trace& t) {  // 3 s in one or more steps, then connects that keep, then a flush
        std::int64_t gone = 0;
        int kept = 0;
        for (const Command& c : t.commands) {
          if (c.op == Op::advance) gone += c.number.value;
          if (c.op == Op::connect && c.keep != 0 && c.context != c.client && gone >= 2'900'000) kept += c.repeat;
          if (c.op == Op::flush && c.number.value >= 7 && kept >= 57) return true;
        }
        return false;
      };
  BOOST_REQUIRE(fails(failing));
  const Trace small = shrink(failing, fails);
  BOOST_REQUIRE(small.commands.size() == 3u);
  Command wanted_move, wanted_connect, wanted_flush;
  wanted_move.op = Op::advance, wanted_move.number.value = 3'000'000;
  wanted_connect.op = Op::connect, wanted_connect.context = 0, wanted_connect.client = 1, wanted_connect.keep = 1;
  wanted_connect.repeat = 57;
  wanted_flush.op = Op::flush, wanted_flush.number = {7, false};
  BOOST_TEST((small.commands == std::vector<Command>{wanted_move, wanted_connect, wanted_flush}));
  BOOST_TEST((small.setup == Setup{false, std::vector<ContextSetup>(2)}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck
