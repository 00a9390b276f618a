// Random traces and their shrinking.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "check/generate.hpp"
#include "check/shrink.hpp"
#include "model/step.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

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

/// The traces of the first seeds, generated once for all tests.
const std::vector<Trace>& traces() {
  static const std::vector<Trace> all = [] {
    std::vector<Trace> made;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      Random random(seed);
      made.push_back(generate(random));
    }
    return made;
  }();
  return all;
}

Tally tally(const Rules& rules) {
  Tally all;
  for (const Trace& trace : traces()) all.run(trace, rules);
  return all;
}

const Tally& tally_of_openssl() {
  static const Tally all = tally(Rules::openssl_3_0());
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
    const Trace& failing = traces()[seed];
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
    if (small.commands.size() > largest) {
      largest = small.commands.size();
      BOOST_TEST_MESSAGE(to_text(small));
    }
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
    const Trace& trace = traces()[seed];
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

// Catches a long trace whose caches outgrow what can be compared at every step, or that has one phase for ever; a short
// one that is long.
BOOST_AUTO_TEST_CASE(other_shapes_are_kept) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Random random(seed);
    const Trace trace = generate(random, Shape::long_traces());
    BOOST_TEST((normalise(trace) == trace));
    BOOST_TEST(trace.commands.size() == 10'000u);
    std::set<Op> ops;
    for (const Command& command : trace.commands) ops.insert(command.op);
    BOOST_TEST(ops.size() >= static_cast<std::size_t>(Op::count) - 1);  // `make` has traces of its own
    for (const ContextSetup& context : trace.setup.contexts)
      BOOST_TEST((context.size.has_value() && *context.size > 0 && *context.size <= Shape::long_traces().size_max));
  }
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    BOOST_TEST(generate(random, Shape::short_traces()).commands.size() <= 12u);
  }
}

// Catches hand-made sessions, which have no cipher, in a trace with the settings under which libssl looks at it.
BOOST_AUTO_TEST_CASE(hand_made_sessions_meet_no_danger) {
  std::size_t made = 0;
  const auto has = [](const Trace& trace, const auto& test) {
    return std::ranges::any_of(trace.setup.contexts, [&](const ContextSetup& c) { return test(c.settings); }) ||
           std::ranges::any_of(trace.commands, [&](const Command& c) {
             if (c.op != Op::configure) return false;
             Settings settings;
             settings[c.setting] = static_cast<std::uint8_t>(c.number.value);
             return test(settings);
           });
  };
  for (const Shape& shape : {Shape{}, Shape::short_traces(), Shape::long_traces()}) {
    const bool is_long = shape.phase > 0;
    for (std::uint64_t seed = 0; seed < (is_long ? 10 : seeds); ++seed) {
      Random random(seed);
      const Trace trace = generate(random, shape);
      if (std::ranges::none_of(trace.commands, [](const Command& c) { return c.op == Op::make; })) continue;
      ++made;
      BOOST_TEST(!has(trace, [](const Settings& s) {
        return !s.on(Setting::extended_master_secret) || s.on(Setting::tickets) ||
               s.as<Version>(Setting::version_max) > Version::tls1_2;
      }), "seed " << seed);
    }
  }
  BOOST_TEST(made > 100u);
}

// Catches a kind of connection that has (nearly) gone, or that has crowded out the others; two ends that seldom fit.
BOOST_AUTO_TEST_CASE(protocols_have_their_shares) {
  std::size_t ids = 0, tickets = 0, newest = 0, fitting = 0;
  for (const Trace& trace : traces()) {
    const std::vector<ContextSetup>& contexts = trace.setup.contexts;
    const Settings &server = contexts.front().settings, &client = contexts[contexts.size() > 1 ? 1 : 0].settings;
    const auto low = std::max(server[Setting::version_min], client[Setting::version_min]);
    const auto high = std::min(server[Setting::version_max], client[Setting::version_max]);
    if (low > high) continue;
    ++fitting;
    if (static_cast<Version>(high) == Version::tls1_3)
      ++newest;
    else if (server.on(Setting::tickets) && client.on(Setting::tickets))
      ++tickets;
    else
      ++ids;
  }
  BOOST_TEST_MESSAGE("of " << seeds << ": TLS 1.2 with ids " << ids << ", with tickets " << tickets << ", TLS 1.3 "
                           << newest);
  BOOST_TEST(fitting * 100 > seeds * 90);
  BOOST_TEST(fitting < seeds);
  BOOST_TEST(ids * 100 > seeds * 35);
  BOOST_TEST(tickets * 100 > seeds * 12);
  BOOST_TEST(newest * 100 > seeds * 25);
}

// Catches a command or a value of a setting that is never made.
BOOST_AUTO_TEST_CASE(the_whole_alphabet_is_used) {
  std::array<std::size_t, static_cast<std::size_t>(Op::count)> ops{};
  std::map<std::string, std::size_t> first, later;
  for (std::uint64_t seed = 0; seed < 2 * seeds; ++seed) {
    Random random(seed);
    const Trace trace = generate(random);
    const auto word = [](const SettingInfo& row, std::int64_t value) {
      return std::string(row.name) + '=' + std::string(row.values[static_cast<std::size_t>(value)]);
    };
    for (const ContextSetup& context : trace.setup.contexts)
      for (const SettingInfo& row : setting_table()) ++first[word(row, context.settings[row.setting])];
    for (const Command& c : trace.commands) {
      ++ops[static_cast<std::size_t>(c.op)];
      if (c.op == Op::configure) ++later[word(info(c.setting), c.number.value)];
    }
  }
  for (const OpInfo& op : op_table())
    BOOST_TEST(ops[static_cast<std::size_t>(op.op)] >= 50u, op.name << ": " << ops[static_cast<std::size_t>(op.op)]);
  for (const SettingInfo& row : setting_table())
    for (const std::string_view value : row.values) {
      const std::string word = std::string(row.name) + '=' + std::string(value);
      BOOST_TEST(first[word] >= 5u, word << ": " << first[word]);
      BOOST_TEST((names_context(row.setting) || later[word] >= 1u), word << ": " << later[word]);
    }
}

// Catches moves that no longer show where a cached session that is added again goes: once in 5,000 commands it should.
BOOST_AUTO_TEST_CASE(adding_again_is_seen_soon) {
  const Rules rules = Rules::openssl_3_0(), other = rules.with(*parse_choice("readd_same_session=no_effect"));
  std::size_t commands = 0, differing = 0;
  for (const Trace& trace : traces()) {
    Because because;
    World world = begin(trace.setup, rules, because), other_world = begin(trace.setup, other, because);
    Observation seen, other_seen;
    bool same = true;
    for (const Command& command : trace.commands)
      for (int i = 0; same && i < command.repeat; ++i) {
        step(world, command, rules, seen, because);
        step(other_world, command, other, other_seen, because);
        same = seen == other_seen;
      }
    commands += trace.commands.size();
    differing += same ? 0 : 1;
  }
  BOOST_TEST_MESSAGE("readd_same_session: seen once in " << commands / std::max<std::size_t>(differing, 1)
                                                         << " commands");
  BOOST_TEST(differing * 1700 > commands);  // three times in 5,000: then 5,000 without it are rare
}

// Catches a generator that no longer reaches one of the model's decisions: that decision would go untested.
BOOST_AUTO_TEST_CASE(every_reason_is_met) {
  const Tally& openssl = tally_of_openssl();
  const Tally manual = tally(Rules::manual());
  // A hand-made session that a handshake looks into ends the library: no trace leads there on purpose.
  // Two are of OpenSSL 1.1.1 alone, one of 3.6.4 and later, one of two libraries.
  const auto never = [](Reason reason) {
    const std::string_view name = info(reason).name;
    return name == "no_cipher" || name == "any_order_reported" || name == "cache_spoilt" || name == "victim_added" ||
           name == "of_other_library";
  };
  // The manual's UPDATE_TIME is about use, never about adding; it knows of no copies in place of sessions, and leaves an SSL its method.
  const auto not_in_manual = [](Reason reason) {
    return reason == Reason::time_updated || reason == Reason::group_changed || reason == Reason::method_changed;
  };
  BOOST_TEST_MESSAGE(seeds << " traces, " << openssl.commands << " commands, " << openssl.connects << " connects, "
                           << openssl.connections << " connections, " << openssl.unspecified << " unspecified");
  for (std::size_t r = 0; r < reason_count; ++r) {
    const auto reason = static_cast<Reason>(r);
    const auto per_10000 = [r](const Tally& t) {
      return static_cast<double>(t.reasons[r]) * 1e4 / static_cast<double>(t.commands);
    };
    BOOST_TEST_MESSAGE(info(reason).name << ": " << openssl.reasons[r] << " (" << per_10000(openssl) << "), manual "
                                         << manual.reasons[r] << " (" << per_10000(manual) << ")");
    if (never(reason)) continue;
    BOOST_TEST(openssl.reasons[r] >= 5, info(reason).name << ": " << openssl.reasons[r]);
    BOOST_TEST((manual.reasons[r] >= 5) == !not_in_manual(reason), info(reason).name << ": " << manual.reasons[r]);
  }
}

// Catches too many traces that leave the API's contract, which neither side executes.
BOOST_AUTO_TEST_CASE(few_commands_are_unspecified) {
  const Tally& all = tally_of_openssl();
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

// Catches cuts that are given up too early: a full cache takes a size and two sessions, which may come in two steps.
BOOST_AUTO_TEST_CASE(a_full_cache_is_small) {
  const auto fails = ever([](const Observation& seen, const Because&) {
    return std::ranges::any_of(seen.contexts, [](const ContextView& c) { return counter(c, Counter::cache_full) > 0; });
  });
  BOOST_TEST(largest_shrunk(fails, 60) <= 5u);
}

// Catches the same where slots, stores and the clock are needed.
BOOST_AUTO_TEST_CASE(decisions_are_small) {
  // The longest way to a resumption is a renegotiation: open, deliver, renegotiate, deliver.
  for (const auto& [reason, most] : std::map<Reason, std::size_t>{{Reason::resumed, 4},
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
    const Trace failing = generate(random, Shape::session_ids());
    if (!fails(failing)) continue;
    --left;
    const Trace small = shrink(failing, fails);
    int connections = 0;
    for (const Command& command : small.commands) connections += command.repeat;
    BOOST_TEST(connections == 256);
  }
}

// Catches settings that stay although the failure has nothing to do with them, connections that are not renamed, and a
// context that a setting names and that goes all the same.
BOOST_AUTO_TEST_CASE(settings_and_connections_become_plain) {
  Trace failing;
  failing.setup.contexts.resize(4);
  for (ContextSetup& context : failing.setup.contexts) {
    context.settings[Setting::version_max] = 3;
    context.settings[Setting::tickets] = 1;
    context.settings[Setting::generate_id] = 3;
    context.settings[Setting::client_hello] = 4;
  }
  failing.setup.contexts[2].settings[Setting::server_name] = 4;
  const auto command = [](Op op) {
    Command c;
    c.op = op, c.connection = 2;
    return c;
  };
  Command open = command(Op::open), deliver = command(Op::deliver), shut = command(Op::shut);
  Command configure = command(Op::configure);
  open.context = 2, open.client = 3, open.early = true, open.slot = 4, open.id_context = IdContext{2, 'b'};
  deliver.flights = 1;
  shut.at_server = true, shut.client_end = End::quiet;
  configure.connection = 0, configure.setting = Setting::num_tickets, configure.number.value = 4;
  failing.commands = {open, deliver, deliver, configure, shut, command(Op::close)};
  failing = normalise(failing);
  const auto fails = [](const Trace& t) {  // an open, a switch to another context, more than 2 tickets or none, a shut
    bool opened = false;
    for (const Command& c : t.commands) {
      if (c.op == Op::open && t.setup.contexts.size() > 1)
        opened = t.setup.contexts[c.context].settings[Setting::server_name] == c.client + 1;
      if (c.op == Op::configure && c.setting == Setting::num_tickets && c.number.value == 2) opened = false;
      if (c.op == Op::shut && opened) return t.setup.contexts[0].settings.on(Setting::tickets);
    }
    return false;
  };
  BOOST_REQUIRE(fails(failing));
  BOOST_TEST(to_text(shrink(failing, fails)) ==
             "context A tickets=on server-name=B\ncontext B\nopen c1 B A\nshut c1 client\n");
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
