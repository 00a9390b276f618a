// Identifying: a library of which nothing is expected. The model under random Rules is one whose answers are known.
#include "audit/identify.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <ranges>

#include "audit/candidates.hpp"
#include "audit/directed.hpp"
#include "check/generate.hpp"
#include "check/model_sut.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/faulty_sut.hpp"

namespace sesscheck::props {
namespace {

Identity identify_with(const SutFactory& make, std::size_t commands) {
  Fleet fleet(make, 1);
  IdentifyOptions options;
  options.commands = commands;
  return identify(fleet, options);
}

Identity identify_model(const Rules& rules, std::size_t commands = 0) {
  return identify_with(make<ModelSut>(rules), commands);
}

Rules random_rules(Random& random) {
  Rules rules;
  for (const RuleInfo& row : rule_table()) rules.set({row.rule, static_cast<std::uint8_t>(random.below(row.values.size()))});
  return rules;
}

/// A value that no library at hand has.
Choice value_of_no_profile() {
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      if (std::ranges::none_of(profiles(), [&](const Profile& p) { return p.rules.says({row.rule, value}); })) return {row.rule, value};
  BOOST_FAIL("every value is one of a profile");
  return {};
}

std::string describe(const Rules& rules) {
  std::string text;
  for (const Choice choice : differences(Rules::manual(), rules)) text += (text.empty() ? "" : ",") + to_string(choice);
  return "manual," + text;
}

/// A trace on which the two sets of Rules differ, among those of the corpus and so many random ones.
std::optional<Trace> tell_apart(const Rules& a, const Rules& b, std::size_t random_traces) {
  const auto differ = [&](const Trace& trace) { return simulate(trace, a) != simulate(trace, b); };
  for (const DirectedTrace& directed : directed_traces())
    if (differ(directed.trace)) return directed.trace;
  Random random(77);
  for (std::size_t i = 0; i < random_traces; ++i)
    if (const Trace trace = generate(random); differ(trace)) return trace;
  return std::nullopt;
}

struct Score {
  std::size_t experiments = 0, decided = 0, same = 0;
};

/// Every Rule has its value, or is said to be one of some that cannot be told apart; and that is true.
Score is_identified(const Rules& rules, std::size_t random_traces) {
  const Identity found = identify_model(rules, 20'000);
  Score score{found.experiments.size(), 0, 0};
  BOOST_TEST(found.of.size() == rule_count);
  for (const IdentifiedRule& of : found.of) {
    const std::uint8_t real = rules.value(of.rule);
    const bool open = std::ranges::find(of.same, real) != of.same.end() ||
                      std::ranges::any_of(of.together, [&](const auto& changes) { return changes.front().value == real; });
    BOOST_TEST((of.value == real || open), to_string({of.rule, of.value}) << " for " << describe(rules));
    ++(of.same.empty() && of.together.empty() ? score.decided : score.same);
    for (const Proof& proof : of.proofs)
      BOOST_TEST((!lockstep(proof.trace, rules, simulate(proof.trace, found.rules)) &&
                  lockstep(proof.trace, found.rules.with({of.rule, proof.refuted}), simulate(proof.trace, rules))),
                 to_string({of.rule, of.value}) << " is not proved by\n" << to_text(proof.trace));
  }
  if (found.rules != rules)
    if (const auto trace = tell_apart(found.rules, rules, random_traces)) {
      std::string what;
      for (const Choice choice : differences(found.rules, rules)) what += " " + to_string(choice);
      BOOST_TEST(false, "this tells" << what << " apart, of " << describe(rules) << ":\n" << to_text(*trace));
    }
  return score;
}

/// `wanted` of them, behind the first `skipped`.
void random_rules_are_identified(std::size_t skipped, std::size_t wanted, std::size_t random_traces) {
  Random random(20'261'123);
  while (skipped-- > 0) random_rules(random);
  Score total;
  for (std::size_t i = 0; i < wanted; ++i) {
    const Score score = is_identified(random_rules(random), random_traces);
    total.experiments += score.experiments, total.decided += score.decided, total.same += score.same;
  }
  std::printf("%zu random sets of Rules: %zu values found, %zu that nothing tells apart; %.1f experiments each\n", wanted,
              total.decided, total.same, static_cast<double>(total.experiments) / static_cast<double>(wanted));
}

BOOST_AUTO_TEST_SUITE(identifying)

// Catches: a way through the model that is left out, or a candidate that is thrown away although it does what was seen.
BOOST_AUTO_TEST_CASE(a_split_foretells_every_candidate) {
  Random random(3);
  std::size_t whole = 0, in_part = 0;
  for (const DirectedTrace& directed : directed_traces()) {
    const Rules rules = random_rules(random);
    Candidates all;  // as in the midst of an identification: about half of the Rules are decided
    for (const RuleInfo& row : rule_table())
      for (std::uint8_t value = 0; value < row.values.size() && random.chance(50); ++value)
        if (!rules.says({row.rule, value})) all.exclude({row.rule, value});
    for (const std::size_t ways_max : {512u, 16u}) {
      const Split split = all.split(directed.trace, ways_max);
      ++(split.whole ? whole : in_part);
      const auto seen = simulate(directed.trace, rules);
      const auto begins_alike = [&](const Way& way) {
        const auto foretold = simulate(directed.trace, way.rules);
        return std::ranges::equal(foretold | std::views::take(split.steps), seen | std::views::take(split.steps));
      };
      std::size_t fitting = 0;
      for (const Way& way : split.ways)
        if (std::ranges::all_of(way.cube, [&](Choice choice) { return rules.says(choice); })) {
          ++fitting;
          BOOST_TEST(begins_alike(way), directed.file);
        }
      BOOST_TEST((fitting == 1u || split.steps == 0), directed.file);
      Candidates left = all;
      const Candidates::Learnt learnt = left.learn(directed.trace, seen, ways_max);
      BOOST_TEST((learnt == Candidates::Learnt::all || (learnt == Candidates::Learnt::part && !split.whole)), directed.file);
      BOOST_TEST(left.allow(rules), directed.file);
    }
  }
  BOOST_TEST(whole > 100u);
  BOOST_TEST(in_part > 100u);
}

// Catches: an experiment that is chosen for what the library does not show, again and again; what is learnt from many
// together and forbids what is so.
BOOST_AUTO_TEST_CASE(what_is_lacking_tells_nothing) {
  const Lacks lacks({Op::renegotiate}, {Setting::early_data}, {View::counters, View::cached});
  Random random(5);
  const Rules rules = random_rules(random);
  Candidates all(lacks);
  std::size_t told = 0;
  for (const bool learnt : {false, true})
    for (const DirectedTrace& directed : directed_traces()) {
      auto seen = simulate(directed.trace, rules, {}, lacks);
      for (Observation& now : seen) now = without(std::move(now), lacks);
      all.learn(directed.trace, seen, 256);
      BOOST_TEST(all.allow(rules), directed.file);
      const Split again = all.split(directed.trace, 256);
      // Any order allows a certain one.
      if (!learnt || !again.whole || again.open.test(static_cast<std::size_t>(Rule::removal_order))) continue;
      ++told;
      BOOST_TEST(again.bits < 1e-9, directed.file);
    }
  BOOST_TEST(told > 100u);
  BOOST_TEST(!all.decided(Rule::miss_without_internal_lookup));  // only counters and early data show
}

// Catches: a Rule with a wrong value; one that is given up too early; a proof that proves nothing.
BOOST_AUTO_TEST_CASE(two_random_sets_of_rules) { random_rules_are_identified(0, 2, 2'000); }
// In quarters, so that two processors have something to do.
BOOST_DATA_TEST_CASE(a_hundred_random_sets_of_rules, boost::unit_test::data::xrange(4), quarter) {
  random_rules_are_identified(static_cast<std::size_t>(quarter) * 25, 25, 10'000);
}

// Catches: a profile that is not recognised, or a change to it that is not told.
BOOST_AUTO_TEST_CASE(profiles_are_recognised) {
  for (const Profile& profile : profiles()) {
    const Identity found = identify_model(profile.rules);
    BOOST_TEST((std::ranges::find(found.nearest, profile.name) != found.nearest.end()), profile.name);
    BOOST_TEST(found.differing.empty(), profile.name);
    BOOST_TEST(found.unknown.empty(), profile.name);
  }
  const Choice unheard_of = value_of_no_profile();
  const Identity found = identify_model(Rules::openssl_3_0().with(unheard_of));
  BOOST_TEST((found.nearest == std::vector<std::string_view>{"openssl-3.0"}));
  BOOST_TEST((found.differing == std::vector{unheard_of}));
  BOOST_TEST((found.unknown == std::vector{unheard_of}));
}

// Catches: a fault that is taken for a Rule, or passed over.
BOOST_AUTO_TEST_CASE(faults_are_findings) {
  for (const std::size_t i : {0u, 9u, 18u, 27u, 36u}) {
    const Fault& fault = faults()[i];
    const Identity found = identify_with(make<FaultySut>(Rules::openssl_3_0(), fault), 20'000);
    BOOST_TEST(!found.findings.empty(), fault.name);
    std::string wrong;
    for (const Choice choice : differences(Rules::openssl_3_0(), found.rules)) wrong += " " + to_string(choice);
    BOOST_TEST(wrong.empty(), fault.name << ":" << wrong);
  }
}

// Catches: what an experiment came upon, and is lost because the random traces do not.
BOOST_AUTO_TEST_CASE(what_no_candidate_accounts_for_is_a_finding) {
  std::size_t met = 0;
  for (const std::size_t i : {3u, 14u, 25u, 33u}) {
    const Fault& fault = faults()[i];
    const Identity found = identify_with(make<FaultySut>(Rules::openssl_3_0(), fault), 0);
    if (std::ranges::all_of(found.experiments, &Experiment::accounted)) continue;
    ++met;
    BOOST_TEST(!found.findings.empty(), fault.name);
  }
  BOOST_TEST(met > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
