// Two libraries beside each other, and many: what changes from one to the next. Models are libraries whose differences
// are known.
#include "audit/compare.hpp"

#include <boost/test/unit_test.hpp>

#include "audit/baseline.hpp"
#include "audit/compare_report.hpp"
#include "audit/matrix.hpp"
#include "check/model_sut.hpp"
#include "props/auditing.hpp"
#include "props/faulty_sut.hpp"

namespace sesscheck::props {
namespace {

Comparison compared(const SutFactory& first, const Rules& first_rules, const SutFactory& second, const Rules& second_rules) {
  Fleet a(first, 1), b(second, 1);
  CompareOptions options;
  options.rules = {first_rules, second_rules};
  options.commands = 8'000;
  return compare_libraries(a, b, options);
}

std::vector<Choice> named(const Comparison& comparison, std::size_t side) {
  std::vector<Choice> all;
  for (const Contrast& c : comparison.contrasts)
    if (c.rule) all.push_back({*c.rule, c.values[side]});
  std::ranges::sort(all, {}, &Choice::rule);
  return all;
}

MatrixColumn column(const std::string& name, const Rules& rules) {
  Fleet fleet(make<ModelSut>(rules), 1);
  AuditOptions options;
  options.expected = rules;
  options.commands = 8'000;
  return {name, {name, name, name, 1, 0}, audit(fleet, options), {}};
}

BOOST_AUTO_TEST_SUITE(comparing)

// Catches: a comparison that finds what is not there, or cannot tell what is; sides that are mixed up.
BOOST_AUTO_TEST_CASE(rules_in_which_they_differ_are_named) {
  const Rules old = Rules::openssl_3_0(), changed = old.with(flush_every_255).with(zero_removes_session);
  BOOST_TEST(compared(make<ModelSut>(old), old, make<ModelSut>(old), old).as_expected());
  for (const bool turned : {false, true}) {
    const Rules &a = turned ? changed : old, &b = turned ? old : changed;
    const Comparison found = compared(make<ModelSut>(a), a, make<ModelSut>(b), b);
    BOOST_TEST((named(found, 0) == differences(b, a)));
    BOOST_TEST((named(found, 1) == differences(a, b)));
    BOOST_TEST(found.unexplained() == 0u);
    BOOST_TEST(!found.as_expected());
    BOOST_TEST((found.rules == std::array{a, b}));
  }
}

// Catches: a fault that is passed over, comes last, or can be accepted.
BOOST_AUTO_TEST_CASE(what_no_rule_explains_comes_first) {
  const Rules old = Rules::openssl_3_0(), changed = old.with(set_time_returns_one);
  Comparison found = compared(make<ModelSut>(old), old, make<FaultySut>(changed, faults()[9]), changed);
  BOOST_REQUIRE(found.contrasts.size() >= 2u);
  BOOST_TEST(found.unexplained() >= 1u);
  for (std::size_t i = 0; i < found.contrasts.size(); ++i)
    BOOST_TEST(found.contrasts[i].rule.has_value() == (i >= found.unexplained()));
  const Folder folder("compare");
  const auto file = folder.path / "baseline.json";
  write_baseline(file, to_accept(found), "OpenSSL 9.9.1", "known", {});
  found.baseline = hold_against(read_baseline(file), to_accept(found), "OpenSSL 9.9.2");
  BOOST_TEST(found.baseline->not_accepted.empty());
  BOOST_TEST(!found.as_expected());
}

// Catches: a baseline that accepts too much, or too little, or what is gone; Rules of which no clause speaks.
BOOST_AUTO_TEST_CASE(a_baseline_accepts_what_is_in_it) {
  const Rules old = Rules::openssl_3_0();
  const Folder folder("compare");
  const auto file = folder.path / "baseline.json";
  const auto against = [&](Comparison found, const std::string& version) {
    found.baseline = hold_against(read_baseline(file), to_accept(found), version);
    return found;
  };
  const auto with = [&](const Rules& rules) { return compared(make<ModelSut>(old), old, make<ModelSut>(rules), rules); };
  BOOST_REQUIRE(info(Rule::hash_mismatch).clauses.empty());
  const Comparison both = with(old.with(flush_every_255).with(ticket_after_hash_mismatch));
  write_baseline(file, to_accept(both), "OpenSSL 9.9.1 today", "", {});
  BOOST_CHECK_THROW(read_baseline(file), std::runtime_error);  // no reasons
  write_baseline(file, to_accept(both), "OpenSSL 9.9.1 today", "known", {});
  BOOST_TEST(against(both, "OpenSSL 9.9.2 tomorrow").as_expected());
  BOOST_TEST(!against(both, "OpenSSL 9.8.1").as_expected());
  const Comparison fewer = against(with(old.with(ticket_after_hash_mismatch)), "OpenSSL 9.9.1");
  BOOST_TEST(!fewer.as_expected());
  BOOST_TEST(!fewer.baseline->gone.empty());
  const Comparison more =
      against(with(old.with(flush_every_255).with(ticket_after_hash_mismatch).with(set_time_returns_one)), "OpenSSL 9.9.1");
  BOOST_TEST(!more.as_expected());
  BOOST_TEST(more.baseline->gone.empty());
  BOOST_TEST((more.baseline->not_accepted == std::vector<std::string>{"T8 set_time_result=one"}));
}

// Catches: a change that is not told, or told the wrong way round; one that nothing shows.
BOOST_AUTO_TEST_CASE(a_matrix_tells_what_changed) {
  Matrix matrix;
  const Rules old = Rules::openssl_3_0().with(flush_done_without_id);  // so that S18 hangs on one Rule
  matrix.columns.push_back(column("old", old));
  matrix.columns.push_back({"broken", {}, {}, "cannot be loaded"});
  matrix.columns.push_back(column("mended", old.with(flush_every_255)));
  // With times in nanoseconds none is below 0: what would happen then cannot be seen, and has not changed.
  matrix.columns.push_back(column("new", old.with(flush_every_255).with(times_in_nanoseconds)));
  const std::vector<MatrixChange> found = changes(matrix);
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].from == 0u);
  BOOST_TEST(found[0].to == 2u);
  BOOST_REQUIRE(found[0].rules.size() == 1u);
  BOOST_TEST((found[0].rules[0].rule == Rule::flush_period));
  BOOST_TEST(found[0].rules[0].from == 1);
  BOOST_TEST(found[0].rules[0].to == 0);
  BOOST_REQUIRE(found[0].rules[0].shown != nullptr);
  BOOST_TEST((found[0].rules[0].shown->choice == flush_every_256));
  BOOST_TEST(found[0].rules[0].column == 0u);
  bool graded = false;
  for (const MatrixChange::OfGrade& g : found[0].grades)
    graded = graded || (g.clause->id == "S18" && g.from == Verdict::deviates && g.to == Verdict::conforms);
  BOOST_TEST(graded);
  BOOST_REQUIRE(found[1].rules.size() == 1u);
  BOOST_TEST((found[1].rules[0].rule == Rule::time_range));
  BOOST_TEST(matrix.exit_code() == 3);
  matrix.columns.erase(matrix.columns.begin() + 1);
  BOOST_TEST(matrix.exit_code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
