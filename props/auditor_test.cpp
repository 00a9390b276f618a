// The auditor is audited: the model under other Rules is a library whose every deviation is known, and one with a
// planted fault has what no Rule can explain.
#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <numeric>
#include <ranges>
#include <set>

#include "check/generate.hpp"
#include "check/model_sut.hpp"
#include "check/reproduce.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/faulty_sut.hpp"

namespace sesscheck::props {
namespace {

constexpr std::size_t commands = 20'000;
constexpr std::size_t median_max = 8;

/// As a person counts: "connect x256" is one.
std::size_t length(const Trace& trace) { return trace.commands.size(); }

std::string names(const AuditResult& result) {
  std::string text;
  for (const Surprise& s : result.surprises) {
    text += s.kind == Surprise::Kind::rule ? " " : s.kind == Surprise::Kind::died ? " died:" : " unexplained:";
    for (const Choice c : s.explanation.value_or(std::vector<Choice>{})) text += to_string(c);
  }
  return text;
}

/// The changes that the audit names, each with a trace that shows it; empty when it names anything else as well.
std::optional<std::vector<Choice>> named(const AuditResult& result) {
  std::vector<Choice> all;
  for (const Surprise& s : result.surprises) {
    if (s.kind != Surprise::Kind::rule || !s.explanation || s.explanation->size() != 1 || s.shown.fields.empty())
      return {};
    all.push_back(s.explanation->front());
  }
  std::ranges::sort(all, {}, &Choice::rule);
  return all;
}

/// Every value of every Rule that is not the expected one.
std::vector<Choice> all_changes() {
  std::vector<Choice> all;
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      if (!Rules::openssl_3_0().says({row.rule, value})) all.push_back({row.rule, value});
  return all;
}

/// Two choices of one Rule cannot both hold.
std::vector<std::pair<Choice, Choice>> pairs(std::size_t wanted) {
  std::vector<std::pair<Choice, Choice>> all;
  const std::vector<Choice> changes = all_changes();
  for (std::size_t i = 0; i < changes.size(); ++i)
    for (std::size_t j = i + 1; j < changes.size(); ++j)
      if (changes[i].rule != changes[j].rule) all.emplace_back(changes[i], changes[j]);
  Random random(2024);
  for (std::size_t i = all.size(); i-- > 1;) std::swap(all[i], all[random.below(i + 1)]);
  all.resize(std::min(wanted, all.size()));
  return all;
}

/// Whether one of two changes leaves nothing to see of the other: who is never asked, never gets a copy either.
bool masks(Choice first, Choice second) {
  const Rules both = Rules::openssl_3_0().with(first).with(second);
  for (std::uint64_t seed = 1; seed <= 4'000; ++seed) {
    Random random(seed * 31);
    const Trace trace = generate(random);
    if (lockstep(trace, Rules::openssl_3_0().with(first), simulate(trace, both))) return false;
  }
  return true;
}

/// `wanted` of them, behind the first `skipped`.
void pairs_are_named(std::size_t skipped, std::size_t wanted, std::size_t budget) {
  std::size_t both = 0, tried = 0, masked = 0;
  for (const auto& [first, second] : pairs(skipped + wanted) | std::views::drop(skipped)) {
    const Rules rules = Rules::openssl_3_0().with(first).with(second);
    AuditResult result = audit_model(rules, budget);
    ++tried;
    const auto both_named = [&] { return named(result) == std::vector<Choice>{first, second}; };
    // One that changes nearly every trace hides the other for long.
    if (!both_named()) result = audit_model(rules, 5 * budget);
    bool ok = both_named();
    for (const auto& [seen, hidden] : {std::pair{first, second}, std::pair{second, first}})
      if (!ok && named(result) == std::vector<Choice>{seen} && masks(seen, hidden)) {
        std::printf("%s leaves nothing to see of %s\n", to_string(seen).c_str(), to_string(hidden).c_str());
        ++masked;
        ok = true;
      }
    both += ok;
    BOOST_TEST(ok, to_string(first) << " and " << to_string(second) << " are named" << names(result));
  }
  std::printf("%zu of %zu pairs: both named, and nothing else (%zu of them with one that cannot be seen)\n", both,
              tried, masked);
}

/// Audits a library that makes this one choice differently, and prints a row of the table.
void values_are_named(const std::vector<Choice>& changes, std::size_t budget) {
  std::vector<std::size_t> lengths;
  std::printf("| rule value | commands until found | commands in the shrunk trace |\n|---|---|---|\n");
  for (const Choice change : changes) {
    const AuditResult result = audit_model(Rules::openssl_3_0().with(change), budget);
    BOOST_TEST((named(result) == std::vector{change}), to_string(change) << " is named" << names(result));
    BOOST_TEST(!result.as_expected());
    if (result.surprises.empty()) continue;
    const Surprise& s = result.surprises.front();
    lengths.push_back(length(s.trace));
    std::printf("| `%s` | %zu | %zu |\n", to_string(change).c_str(), s.found_after, lengths.back());
  }
  BOOST_REQUIRE(!lengths.empty());
  std::ranges::sort(lengths);
  const std::size_t median = lengths[lengths.size() / 2];
  std::printf("%zu rule values, median length %zu, longest %zu\n", lengths.size(), median, lengths.back());
  BOOST_TEST(median <= median_max);
}

BOOST_AUTO_TEST_SUITE(auditor)

// Catches: a value of a Rule that the audit does not see, calls by another name, or shows with a long trace. The fast one
// takes every fifth value; which ones changes as Rules are added.
BOOST_AUTO_TEST_CASE(names_some_values_of_rules) {
  std::vector<Choice> some;
  for (std::size_t i = 0; i < all_changes().size(); i += 5) some.push_back(all_changes()[i]);
  values_are_named(some, commands / 2);
}
BOOST_AUTO_TEST_CASE(names_every_value_of_every_rule) { values_are_named(all_changes(), commands); }

// Catches: two deviations that hide each other, or are taken for a third.
BOOST_AUTO_TEST_CASE(names_both_of_a_pair) { pairs_are_named(0, 16, commands / 2); }
BOOST_DATA_TEST_CASE(names_both_of_200_pairs, boost::unit_test::data::xrange(4), quarter) {
  pairs_are_named(static_cast<std::size_t>(quarter) * 50, 50, commands);
}

// Catches: cases thrown away as more of a kind, when only one of them shows something that is rare.
BOOST_AUTO_TEST_CASE(a_rare_one_behind_one_that_changes_every_trace_is_named) {
  std::vector both{cached_in_process, finished_of_before_is_error};
  std::ranges::sort(both, {}, &Choice::rule);
  const AuditResult result = audit_model(Rules::openssl_3_0().with(both[0]).with(both[1]), commands / 2);
  BOOST_TEST((named(result) == both), names(result));
}

// Catches: a fault that no Rule describes and that is explained away by Rules, or not seen at all.
BOOST_AUTO_TEST_CASE(faults_that_are_no_rule_stay_unexplained) {
  std::size_t found = 0, in_one_entry = 0;
  std::printf("| fault | commands until found | commands in the shrunk trace | entries |\n|---|---|---|---|\n");
  for (const Fault& fault : faults()) {
    const AuditResult result = audit_of(make<FaultySut>(Rules::openssl_3_0(), fault), commands);
    const auto unexplained = std::ranges::count(result.surprises, Surprise::Kind::unexplained, &Surprise::kind);
    const auto explained = std::ranges::count(result.surprises, Surprise::Kind::rule, &Surprise::kind);
    BOOST_TEST(unexplained > 0, fault.name << " is not reported as unexplained");
    BOOST_TEST(explained == 0, fault.name << " is explained by" << names(result));
    if (result.surprises.empty()) continue;
    ++found;
    in_one_entry += result.surprises.size() == 1;
    const auto shortest =
        std::ranges::min_element(result.surprises, {}, [](const Surprise& s) { return length(s.trace); });
    std::size_t first = SIZE_MAX;
    for (const Surprise& s : result.surprises) first = std::min(first, s.found_after);
    std::printf("| %s | %zu | %zu | %zu |\n", fault.name, first, length(shortest->trace), result.surprises.size());
    BOOST_TEST(length(shortest->trace) <= 8u, fault.name << " needs\n" << to_text(shortest->trace));
  }
  std::printf("%zu of %zu faults that are no Rule are reported, %zu in one entry\n", found, faults().size(), in_one_entry);
  BOOST_TEST(in_one_entry * 10 >= faults().size() * 9);
  BOOST_TEST(faults().size() >= 30u);
}

// Catches: a Rule deviation that is not named because something else is wrong as well, and the other way round.
BOOST_AUTO_TEST_CASE(a_rule_and_a_fault_are_told_apart) {
  for (const std::size_t i : {0u, 7u, 14u, 21u, 28u}) {
    const Fault& fault = faults()[i];
    const AuditResult result =
        audit_of(make<FaultySut>(Rules::openssl_3_0().with(set_time_returns_one), fault), commands);
    const bool rule = std::ranges::any_of(
        result.surprises, [](const Surprise& s) { return s.explanation == std::vector{set_time_returns_one}; });
    const bool other =
        std::ranges::any_of(result.surprises, [](const Surprise& s) { return s.kind == Surprise::Kind::unexplained; });
    BOOST_TEST(rule, fault.name << ":" << names(result));
    BOOST_TEST(other, fault.name << ":" << names(result));
  }
}

// Catches: a death that is lost, shrunk into something else, explained by Rules, or reported as repeatable when it is
// not.
BOOST_AUTO_TEST_CASE(deaths_are_told_apart) {
  for (const auto& [when, repeats] :
       {std::pair{Dies::alone, Repeats::alone}, std::pair{Dies::after_a_spoiler, Repeats::after_others},
        std::pair{Dies::once, Repeats::once}}) {
    bool already = false;
    const AuditResult result = audit_of(
        [&already, when = when](Patience) {
          return Subject{std::make_unique<DyingSut>(when, already),
                         [] { return "stack smashing detected\nat here\n"; }};
        },
        20'000);
    BOOST_TEST(result.surprises.size() == 1u, static_cast<int>(when) << names(result));
    for (const Surprise& s : result.surprises) {
      BOOST_TEST((s.kind == Surprise::Kind::died));
      BOOST_TEST(!s.explanation.has_value());
      BOOST_TEST((s.repeats == repeats),
                 "dies " << static_cast<int>(when) << ", repeats " << static_cast<int>(s.repeats));
      BOOST_TEST(!s.shown.fields.empty());
      BOOST_TEST(s.last_words.starts_with("stack smashing"));
      if (when != Dies::once) BOOST_TEST(length(s.trace) <= 2u, to_text(s.trace));
      if (when == Dies::after_a_spoiler) {
        BOOST_REQUIRE(s.before.size() == 1u);
        BOOST_TEST(length(s.before[0]) <= 1u, to_text(s.before[0]));
      }
    }
  }
}

// Catches: a library that dies after every trace, also after one without a command, of which it is said that nothing
// brings it back.
BOOST_AUTO_TEST_CASE(a_death_in_cleaning_up_is_shown_by_a_command) {
  bool already = false;
  const AuditResult result = audit_of(make<DyingSut>(Dies::at_the_end, std::ref(already)), 1'000);
  BOOST_TEST(!result.surprises.empty());
  for (const Surprise& s : result.surprises) {
    BOOST_TEST((s.kind == Surprise::Kind::died && s.repeats == Repeats::alone), "repeats " << static_cast<int>(s.repeats));
    BOOST_TEST(length(s.trace) == 1u, to_text(s.trace));
    BOOST_TEST(!s.shown.fields.empty());
    const std::string program = reproduce(s.trace, s.shown.command, s.shown.repetition, s.shown.fields, {{}, "the manual"});
    BOOST_TEST(program.find("  SSL_CTX_free(A);\n") != std::string::npos, program);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
