// The library does what the Rules openssl-3.0 say, command by command; and it does so every time.
#include <rapidcheck.h>

#include <bitset>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <set>

#include "check/explain.hpp"
#include "check/lockstep.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"
#include "props/property.hpp"

namespace sesscheck::props {
namespace {

/// The first difference from the Rules, and which other Rules would explain it.
std::optional<std::string> differs(const Trace& trace, std::span<const Observation> seen) {
  const Rules rules = Rules::openssl_3_0();
  const auto difference = lockstep(trace, rules, seen);
  if (!difference) return std::nullopt;
  std::string text = "differs from openssl-3.0 at '" + to_text(trace.commands[difference->command]) + "', the " +
                     std::to_string(difference->repetition + 1) + ". time\n";
  if (difference->step < seen.size())
    for (const FieldDifference& field : compare(simulate(trace, rules)[difference->step], seen[difference->step]))
      text += field.field + ": model " + field.model + ", library " + field.library + "\n";
  return text;
}

/// Cases that the traces should reach, and the least share of them (in percent) that 15,000 commands show for sure.
struct Interesting {
  Reason reason;
  double percent;
};
constexpr Interesting interesting[] = {
    {Reason::resumed, 20},
    {Reason::internal_hit, 20},
    {Reason::internal_miss, 10},
    {Reason::external_hit, 5},
    {Reason::external_miss, 2},
    {Reason::external_copied, 2},
    {Reason::evicted, 5},
    {Reason::found_expired, 5},
    {Reason::found_at_deadline, 2},
    {Reason::id_context_differs, 5},
    {Reason::unclean_end, 5},
    {Reason::broken_off, 5},
    {Reason::replaced, 1},
    {Reason::readded, 1},
    {Reason::offer_not_resumable, 2},
    {Reason::wrong_id, 0},
    {Reason::external_not_resumable, 0},
    {Reason::flush_due, 0},
    {Reason::flush_suppressed, 0},
    {Reason::expired_flushed, 2},
    {Reason::new_callback_zero, 5},
    {Reason::removed_uncached, 2},
    {Reason::used_under_update_time, 2},
    {Reason::lookup_off, 1},
    {Reason::cached_elsewhere, 2},
    {Reason::client_context_differs, 1},
    {Reason::id_context_uninitialized, 1},
    {Reason::stored_client, 5},
    {Reason::survivor_at_deadline, 1},
    {Reason::outside_contract, 0},
};

BOOST_AUTO_TEST_SUITE(lockstep_property)

// Catches: any observable difference between the library and the Rules that are on record for it.
BOOST_AUTO_TEST_CASE(the_library_does_what_its_rules_say) {
  std::cout << library().sut->version() << std::endl;
  std::size_t compared = 0;
  property(15'000, [&] {
    const Trace trace = drawn_trace();
    std::bitset<reason_count> met;
    std::set<Op> used;
    simulate(trace, Rules::openssl_3_0(), [&](const Step& step) { met |= step.because.reasons; });
    for (const ReasonInfo& row : reason_table())
      RC_CLASSIFY(met.test(static_cast<std::size_t>(row.reason)), std::string(row.name));
    for (const Command& c : trace.commands) used.insert(c.op);
    for (const Op op : used) RC_CLASSIFY(true, "command " + std::string(info(op).name));
    check_on(library(), trace, differs);
    compared += single_commands(trace);
  });
  std::cout << compared << " commands compared" << std::endl;
  if (compared >= 10'000)  // a generator that went blind would let everything pass
    for (const Interesting& row : interesting)
      BOOST_TEST(tag_percent(std::string(info(row.reason).name)) >= row.percent, info(row.reason).name);
}

// Catches: observations that depend on what ran before, on addresses, on real time or on real randomness.
BOOST_AUTO_TEST_CASE(the_same_trace_is_seen_the_same_way_again) {
  property(4'000, [] {
    const Trace trace = drawn_trace();
    check_on(library(), trace, [](const Trace& t, std::span<const Observation> seen) -> std::optional<std::string> {
      for (const Subject* subject : {&library(), &another_worker()}) {
        std::vector<Observation> again;
        subject->sut->run(t, again);
        if (!std::ranges::equal(again, seen)) return "seen otherwise the second time, by " + subject->name;
      }
      return std::nullopt;
    });
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
