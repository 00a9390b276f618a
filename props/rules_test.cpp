// The checker is checked: a system under test with one Rule changed is told from one without, the change is named, and
// the trace that shows it is short.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <variant>

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
  std::size_t commands = 0, found_after = 0, misnamed = 0, named = 0;
  std::optional<Trace> shortest;
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
    if (!shortest || small.commands.size() < shortest->commands.size()) shortest = small;  // of which an audit keeps that one
    if (shortest->commands.size() > length_max && ++named < 3) continue;
    std::printf("%-46s found after %6zu commands, named after %6zu (%zu times otherwise), shrunk to %zu\n",
                to_string(change).c_str(), found_after, commands, misnamed, shortest->commands.size());
    BOOST_TEST(shortest->commands.size() <= length_max, to_string(change) << " needs\n" << to_text(*shortest));
    return;
  }
  BOOST_ERROR(to_string(change) << (found_after == 0 ? " makes no difference" : " is not named") << " within "
                                << commands_max << " commands");
}

/// One thing that was seen otherwise, and the name that it has in what is told of it.
struct Change {
  std::string field;
  std::function<void(Observation&)> apply;
};

/// One of each: every field of an observation.
std::vector<Change> changes_of_all_fields() {
  std::vector<Change> all = {
      {"status", [](Observation& o) { o.status = Status::hung; }},
      {"result", [](Observation& o) { ++o.result; }},
      {"error", [](Observation& o) { ++o.error; }},
      {"client_hello.session_id_length", [](Observation& o) { ++o.connection.offered_id_length; }},
      {"server_hello.session_id_length", [](Observation& o) { ++o.connection.answered_id_length; }},
      {"id_callback", [](Observation& o) { o.connection.id_callback ^= generating::taken; }},
      {"version", [](Observation& o) { ++o.connection.version; }},
      {"early_data_status", [](Observation& o) { ++o.connection.early_data; }},
      {"tickets_taken", [](Observation& o) { ++o.connection.tickets; }},
      {"live_sessions", [](Observation& o) { ++o.live; }},
      {"callback[0]", [](Observation& o) { o.log[0].kind = Event::Kind::remove_session; }},
      {"callback[0]", [](Observation& o) { ++o.log[0].context; }},
      {"callback[0]", [](Observation& o) { ++o.log[0].session; }},
      {"callback[1]", [](Observation& o) { o.log.push_back(o.log[0]); }},
      {"A.mode", [](Observation& o) { ++o.contexts[0].mode; }},
      {"A.size", [](Observation& o) { ++o.contexts[0].size; }},
      {"A.timeout", [](Observation& o) { ++o.contexts[0].timeout; }},
      {"A.sess_number", [](Observation& o) { ++o.contexts[0].number; }}};
  for (EndView ConnectionView::*const end : {&ConnectionView::client, &ConnectionView::server}) {
    const std::string name = end == &ConnectionView::client ? "client" : "server";
    all.push_back({name, [end](Observation& o) { (o.connection.*end).state = Handshake::unfinished; }});
    all.push_back({name + ".reused", [end](Observation& o) { (o.connection.*end).reused ^= true; }});
    all.push_back({name + ".error", [end](Observation& o) { ++(o.connection.*end).error; }});
    all.push_back({name + ".session", [end](Observation& o) { ++(o.connection.*end).session; }});
    all.push_back({name + ".verified", [end](Observation& o) { (o.connection.*end).verified = Verified::refused; }});
  }
  for (std::size_t i = 0; i < counter_count; ++i)
    all.push_back({"A.sess_", [i](Observation& o) { ++o.contexts[0].counters[i]; }});
  const std::vector<std::function<void(SessionView&)>> of_sessions = {
      [](SessionView& s) { ++s.name; },        [](SessionView& s) { s.resumable ^= true; },
      [](SessionView& s) { s.ticket ^= true; }, [](SessionView& s) { s.early_data ^= true; },
      [](SessionView& s) { ++s.version; },     [](SessionView& s) { ++s.time; },
      [](SessionView& s) { ++s.timeout; },     [](SessionView& s) { ++s.hint; },
      [](SessionView& s) { s.id_context = {1, 'z'}; }, [](SessionView& s) { s.data = {1, 'z'}; },
      [](SessionView& s) { ++s.host_name; },   [](SessionView& s) { s.protocol = Alpn::second; },
      [](SessionView& s) { s.peer ^= true; }};
  for (const auto& change : of_sessions) {
    all.push_back({"A.cache.s", [change](Observation& o) { change(o.contexts[0].cached[0]); }});
    all.push_back({"A.store.s", [change](Observation& o) { change(o.contexts[0].stored[0]); }});
    all.push_back({"h1", [change](Observation& o) { change(*o.held[0]); }});
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(rules)

// Catches: a field of an observation that is not compared, or one that is and is not told.
BOOST_AUTO_TEST_CASE(every_field_is_compared_and_told) {
  const Trace trace = std::get<Trace>(
      parse("context A timeout=300 new=0 store=references\ncontext B timeout=300\nconnect B A keep=h1\n"));
  const Rules expected = Rules::openssl_3_0();
  const std::vector<Observation> right = simulate(trace, expected);
  BOOST_TEST(!lockstep(trace, expected, right));
  for (const Change& change : changes_of_all_fields()) {
    std::vector<Observation> seen = right;
    change.apply(seen.back());
    const auto difference = lockstep(trace, expected, seen);
    BOOST_TEST_REQUIRE(difference.has_value(), change.field << " is not compared");
    BOOST_TEST_REQUIRE(difference->fields.size() >= 1U, change.field << " is not told");
    const std::string& told = difference->fields[0].field;
    BOOST_TEST(told.starts_with(change.field), change.field << " is told as " << told);
  }
}

// Catches: a library that stops too early, or dies when all is given up after the last command, and no word of it.
BOOST_AUTO_TEST_CASE(observations_too_few_or_too_many_are_told) {
  const Trace trace =
      std::get<Trace>(parse("context A timeout=300\ncontext B timeout=300\nconnect B A\nconnect B A\n"));
  const Rules expected = Rules::openssl_3_0();
  std::vector<Observation> seen = simulate(trace, expected);
  seen.emplace_back().status = Status::crashed;
  const auto too_many = lockstep(trace, expected, seen);
  BOOST_TEST_REQUIRE(too_many.has_value());
  BOOST_TEST(too_many->step == 2U);
  BOOST_TEST(too_many->command == 1U);
  seen.resize(1);
  const auto too_few = lockstep(trace, expected, seen);
  BOOST_TEST_REQUIRE(too_few.has_value());
  BOOST_TEST(too_few->step == 1U);
}

/// What explains the difference of `rules` from OpenSSL 3.0, which nothing less does. Empty: they do not differ, or nothing does.
std::vector<Choice> least_explanation(const Trace& trace, const Rules& rules) {
  const Rules expected = Rules::openssl_3_0();
  const std::vector<Observation> seen = simulate(trace, rules);
  const std::vector<Choice> found = explain(trace, expected, seen).value_or(std::vector<Choice>{});
  Rules all = expected;
  for (const Choice change : found) all.set(change);
  BOOST_TEST((found.empty() || !lockstep(trace, all, seen)), "nothing is explained in\n" << to_text(trace));
  for (const Choice change : found)
    BOOST_TEST(lockstep(trace, all.with({change.rule, expected.value(change.rule)}), seen).has_value(),
               to_string(change) << " is not needed in\n" << to_text(trace));
  return found;
}

// Catches: an explanation that does not explain; one with changes that are not needed, as the search meets them on its
// way; one that was needed only beside another, which is gone.
BOOST_AUTO_TEST_CASE(no_change_of_an_explanation_can_be_left_out) {
  std::size_t long_ones = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    long_ones += least_explanation(generate(random), profiles()[seed % profiles().size()].rules).size() > 2;
  }
  BOOST_TEST(long_ones > 50u);
  const Trace in_turn = std::get<Trace>(parse("context A verify-peer\ncontext B\nconnect B A server-keep=h1\n"
                                              "connect B A offer=h1 keep=h1 x2\n"));
  BOOST_TEST(least_explanation(in_turn, *find_profile("wolfssl-5.9")).size() > 2u);
}

// Catches: an explanation that other evidence refutes; and one that this trace does not refute, cut back to one that is.
BOOST_AUTO_TEST_CASE(an_explanation_is_acceptable) {
  const Trace trace = std::get<Trace>(parse("context A timeout=300\ncontext B timeout=300\nconnect B A keep=h1\n"
                                            "set-mode A OFF\nconnect B A offer=h1\n"));
  const Rules expected = Rules::openssl_3_0(), changed = expected.with(no_lookup_without_server);
  const std::vector<Observation> same = simulate(trace, expected), seen = simulate(trace, changed);
  // Rules that this trace asks, and that make no difference in it.
  const auto period = [](const Rules& rules) { return rules.says(flush_counts_stored); };
  BOOST_TEST((explain(trace, expected, same) == std::vector<Choice>{}));
  BOOST_TEST((explain(trace, expected, same, period) == Changes({{flush_counts_stored}})));
  BOOST_TEST((explain(trace, expected, seen) == Changes({{no_lookup_without_server}})));
  BOOST_TEST((explain(trace, expected, seen, period) == Changes({{no_lookup_without_server, flush_counts_stored}})));
  BOOST_TEST(!explain(trace, expected, seen, [](const Rules& rules) { return rules.says(lookup_without_server); }));
}

// Catches: a Rule that the generator never reaches, an explanation that names another one, a shrinker that gives up.
BOOST_AUTO_TEST_CASE(every_change_of_a_rule_is_found_and_named) {
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      if (!Rules::openssl_3_0().says({row.rule, value})) is_found_and_named({row.rule, value});
}

// Catches: a mixture of Rules that no library has, and on which the model itself dies, as it did: a session without a cipher
// takes a ticket.
BOOST_AUTO_TEST_CASE(what_has_no_cipher_takes_a_ticket) {
  const Trace trace = std::get<Trace>(parse(
      "context A version-min=1.3\ncontext B tickets=on\nopen c1 B A\ndeliver c1\ntake c1 client h1\nclose c1\n"
      "set-session-id h1 1\nconnect B B offer=h1\n"));
  const Rules rules = Rules().with(copy_is_serialised).with(offered_is_copied).with(off_session_is_blank);
  const std::vector<Observation> seen = simulate(trace, rules);
  BOOST_TEST_REQUIRE(seen.size() == 6u);
  BOOST_TEST(seen.back().connection.tickets == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
