// What a library lacks is neither asked for nor compared, and never taken for an answer.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "audit/audit.hpp"
#include "check/generate.hpp"
#include "check/model_sut.hpp"

namespace sesscheck::props {
namespace {

constexpr auto tls1_3 = static_cast<std::uint8_t>(Version::tls1_3);
constexpr Lacks some = {{Op::take, Op::renegotiate},
                        {Setting::tickets, {Setting::version_min, tls1_3}, {Setting::version_max, tls1_3}},
                        {View::counters, View::live}};

/// OpenSSL 3.0, but for what it lacks: such commands do nothing, and what cannot be seen is wrong.
class LackingSut final : public Sut {
 public:
  explicit LackingSut(const Rules& rules) : rules_(rules) {}
  [[nodiscard]] std::string version() const override { return "a library that lacks something"; }
  [[nodiscard]] Lacks lacks() const override { return some; }
  void run(const Trace& trace, std::vector<Observation>& seen) override {
    seen = simulate(trace, rules_, {}, some);
    for (Observation& observation : seen) {
      observation.live = 4711;
      for (ContextView& context : observation.contexts) context.counters.fill(4711);
    }
  }

 private:
  Rules rules_;
};

AuditResult audit_lacking(const Rules& rules) {
  Fleet fleet([rules](Patience) { return Subject{std::make_unique<LackingSut>(rules), {}}; }, 1);
  AuditOptions options;
  options.expected = Rules::openssl_3_0();
  options.lacks = some;
  options.commands = 20'000;
  return audit(fleet, options);
}

BOOST_AUTO_TEST_SUITE(lacks)

// Catches: a generated trace that asks for what is lacking; a restricted one that loses a step, or anything else.
BOOST_AUTO_TEST_CASE(traces_are_without_it) {
  Shape shape;
  shape.lacks = some;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed), again(seed);
    const Trace trace = generate(random, shape);
    BOOST_TEST((restricted(trace, some) == trace));
    const Trace whole = generate(again), rest = restricted(whole, some);
    BOOST_REQUIRE_EQUAL(rest.commands.size(), whole.commands.size());
    for (std::size_t i = 0; i < rest.commands.size(); ++i)
      BOOST_TEST((some.command(whole.commands[i]) ? rest.commands[i] == Command{} : rest.commands[i] == whole.commands[i]));
    BOOST_TEST((restricted(whole, {}) == whole));
  }
}

// Catches: a view that is compared though it is lacking, or one that is not compared though it is there.
BOOST_AUTO_TEST_CASE(only_what_both_see_is_compared) {
  Observation full;
  full.contexts.resize(1);
  Observation partial = full;
  partial.lacks = some;
  full.live = 3, full.contexts[0].counters[0] = 7;
  BOOST_TEST(alike(full, partial));
  BOOST_TEST(compare(full, partial).empty());
  BOOST_TEST(!alike(full, Observation{}));
  full.contexts[0].cached.resize(1);
  BOOST_TEST(!alike(full, partial));
  BOOST_TEST(!compare(full, partial).empty());
}

// Catches: an audit that holds what is lacking against the library, that names a deviation which nobody could see, or
// that calls a clause conforming, or merely not exercised, which speaks of what is not there.
BOOST_AUTO_TEST_CASE(clauses_that_need_it_are_not_applicable) {
  for (const Choice change : {refusal_is_client_miss, refusal_not_counted, ticket_hit_not_counted}) {
    const AuditResult result = audit_lacking(Rules::openssl_3_0().with(change));
    BOOST_TEST(result.surprises.empty());
    BOOST_TEST(result.as_expected());
    BOOST_TEST(std::ranges::none_of(result.deviations, [](const Deviation& d) { return d.choice.rule == Rule::client_miss; }));
    for (const ClauseResult& clause : result.clauses) {
      const bool counts = clause.clause->section.starts_with("sess_") && clause.clause->section != "sess_number";
      if (counts) BOOST_TEST((clause.verdict == Verdict::not_applicable), clause.clause->id);
      if (clause.clause->id == "S16") BOOST_TEST((clause.verdict == Verdict::conforms));
      if (clause.clause->id == "T7") BOOST_TEST((clause.verdict == Verdict::not_applicable));  // of tickets
    }
  }
  const AuditResult other = audit_lacking(Rules::openssl_3_0().with(set_time_returns_one));
  BOOST_TEST(!other.as_expected());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
