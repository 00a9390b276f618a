// Exploring the session cache: that what is said of all worlds is so.
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "audit/clauses.hpp"
#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "explore/apart.hpp"
#include "explore/exploration.hpp"
#include "explore/graph.hpp"
#include "explore/presets.hpp"
#include "explore/tour.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

/// A few worlds of each sort.
std::vector<Start> some_starts(std::size_t every) {
  std::vector<Start> some;
  const std::vector<Start> all = preset("quick")->starts;
  for (std::size_t i = 5; i < all.size(); i += every) some.push_back(all[i]);
  return some;
}

std::vector<Start> start_named(std::string_view name) {
  std::vector<Start> starts = preset("quick")->starts;
  std::erase_if(starts, [&](const Start& start) { return start.name != name; });
  BOOST_REQUIRE(starts.size() == 1);
  return starts;
}

Plan plan_of(std::vector<Start> starts, const Rules& rules, std::size_t depth) {
  Plan plan;
  plan.starts = std::move(starts);
  plan.rules = rules;
  plan.depth = depth;
  plan.jobs = 2;
  return plan;
}

Plan beside_model(Plan plan, const Rules& real) {
  plan.library = [real](Patience) { return Subject{std::make_unique<ModelSut>(real), {}}; };
  return plan;
}

BOOST_AUTO_TEST_SUITE(exploring)
BOOST_AUTO_TEST_SUITE(worlds)

void walk_as_the_search_says(const Start& start, const Rules& rules) {
  CacheMachine machine(start, rules), walker(start, rules);
  Search search(machine);
  while (search.depth() < 2) search.deepen();
  const std::vector<Action> home = walker.also(start.home);
  Tours tours(search, walker, home, 90);
  std::vector<Action> walk;
  std::size_t steps = 0;
  while (tours.next(walk)) {
    const Trace trace = walker.trace(start, walk);
    Because because;
    World world = begin(trace.setup, rules, because);
    Form form(world, start.tls1_3(), rules.says(cached_in_process));
    Observation seen;
    std::string key;
    std::size_t number = 0;
    StateIndex at = 0;
    for (const Command& command : trace.commands) {
      for (unsigned n = 0; n < command.repeat; ++n) step(world, command, rules, seen, because);
      if (number++ < start.trace.commands.size()) continue;
      const Action action = walk[number - 1 - start.trace.commands.size()];
      form.write(world, key);
      const StateIndex is = search.find(key);
      if (at < search.expanded() && action < search.actions())
        BOOST_REQUIRE_MESSAGE(is == search.target(at, action), start.name << " at " << to_text(command));
      at = is;
      ++steps;
    }
  }
  BOOST_TEST(tours.taken() == search.transitions());
  BOOST_TEST(steps >= search.transitions());
}

// Catches: a walk that the real machine, which abstracts nothing, does not go as the search says.
BOOST_AUTO_TEST_CASE(walks_lead_where_the_search_says) {
  for (const char* profile : {"openssl-3.0", "wolfssl-5.9"})  // caches, and a table of the process
    for (const Start& start : some_starts(211)) walk_as_the_search_says(start, *find_profile(profile));
}

// Catches: a preset without one of the worlds that it promises, or with one twice.
BOOST_AUTO_TEST_CASE(a_preset_has_every_combination_once) {
  const std::vector<Start> starts = preset("quick")->starts;
  std::map<std::string, int> names;
  for (const Start& start : starts) ++names[start.name];
  BOOST_TEST(names.size() == starts.size());
  const auto of = [&](std::string_view role) {
    return std::ranges::count_if(starts, [&](const Start& s) {
      return s.name.starts_with(role) && s.name.find("after") == std::string::npos;
    });
  };
  for (const std::string_view role : {"server, ", "client, ", "both ends, "})
    BOOST_TEST(of(role) == 64 * 3 * 3);  // mode bits, store, session id context
}

// Catches: an invariant of which nobody knows what in the manual it is about.
BOOST_AUTO_TEST_CASE(every_invariant_names_clauses_that_exist) {
  for (const invariants::Invariant& invariant : invariants::all()) {
    std::istringstream words{std::string(invariant.clauses)};
    std::size_t number = 0;
    for (std::string id; words >> id; ++number)
      BOOST_TEST(std::ranges::count(clause_table(), id, &Clause::id) == 1, invariant.name << ": " << id);
    BOOST_TEST(number > 0U, invariant.name);
  }
}

// Catches: a table for people that is not the table of the program.
BOOST_AUTO_TEST_CASE(every_invariant_is_in_the_documentation) {
  std::ifstream in(std::filesystem::path(SESSCHECK_CORPUS) / "../docs/invariants.md");
  std::stringstream text;
  text << in.rdbuf();
  for (const invariants::Invariant& one : invariants::all()) {
    const std::string row = "| `" + std::string(one.name) + "` | " + std::string(one.clauses) + " |";
    BOOST_TEST(text.str().find(row) != std::string::npos, row);
  }
}

// Catches: an invariant that the manual itself breaks; an exploration that sees nothing.
BOOST_AUTO_TEST_CASE(under_the_manual_everything_holds) {
  Progress progress;
  const Outcome outcome = explore(plan_of(some_starts(37), Rules::manual(), 3), progress);
  for (const BrokenInvariant& one : outcome.broken)
    BOOST_ERROR(one.name << ": " << one.what << "\n" << to_text(one.trace));
  BOOST_TEST(outcome.worlds == some_starts(37).size());
  BOOST_TEST(outcome.checked > outcome.transitions / 2);
  BOOST_TEST(outcome.depth == 3U);
  BOOST_TEST(outcome.transitions > 40'000U);
}

// Catches: a broken invariant that is not found, at a greater depth than it could be, or without a trace that shows it.
BOOST_AUTO_TEST_CASE(a_broken_invariant_comes_with_its_shortest_trace) {
  Progress progress;
  const Rules rules = Rules::manual().with(lookup_without_server);
  const Outcome outcome = explore(plan_of(some_starts(37), rules, 3), progress);
  BOOST_REQUIRE(outcome.broken.size() == 1U);
  const BrokenInvariant& one = outcome.broken.front();
  BOOST_TEST(one.name == "off_never_resumes_from_the_internal_cache");
  BOOST_TEST(one.transitions > 100U);
  BOOST_TEST(one.trace.commands.size() == 3U, to_text(one.trace));  // connect, set-mode OFF, connect
  const auto all = invariants::all();
  const auto invariant = std::ranges::find(all, one.name, &invariants::Invariant::name);
  BOOST_TEST(invariants::broken(*invariant, one.trace, simulate(one.trace, rules)).has_value());
}

// Catches: deadlines that the invariants cannot see, in one kind of store.
BOOST_AUTO_TEST_CASE(a_store_that_serialises_hides_no_deadline) {
  std::vector<Start> starts = preset("quick")->starts;
  std::erase_if(starts, [](const Start& start) { return start.name.find("UPDATE_TIME, serialised") == std::string::npos; });
  BOOST_REQUIRE(!starts.empty());
  Progress progress;
  const Outcome outcome = explore(plan_of(std::move(starts), Rules::openssl_3_0(), 3), progress);
  BOOST_TEST(std::ranges::count(outcome.broken, "an_external_session_resumes_only_in_time_under_update_time", &BrokenInvariant::name) == 1);
}

// Catches: a report that tells another trace when worlds come to their end in another order.
BOOST_AUTO_TEST_CASE(the_order_of_the_worlds_changes_nothing) {
  const auto told = [](std::vector<Start> starts) {
    Progress progress;
    std::map<std::string, std::string> traces;
    for (const BrokenInvariant& one : explore(plan_of(std::move(starts), Rules::openssl_3_0(), 2), progress).broken)
      traces[one.name] = one.what + "\n" + to_text(one.trace);
    return traces;
  };
  std::vector<Start> starts = some_starts(7);
  const auto forwards = told(starts);
  std::ranges::reverse(starts);
  BOOST_TEST(forwards.size() > 3U);
  BOOST_TEST((told(starts) == forwards));
}

// Catches: a transition that is counted as executed and was not compared, or a difference that is lost.
BOOST_AUTO_TEST_CASE(every_transition_is_executed_and_every_difference_found) {
  const Rules rules = Rules::openssl_3_0();
  Progress progress;
  const Outcome same = explore(beside_model(plan_of(some_starts(53), rules, 2), rules), progress);
  BOOST_TEST(same.executed == same.transitions);
  BOOST_TEST(same.mismatches.empty());
  BOOST_TEST(same.commands >= same.transitions);
  BOOST_TEST(progress.executed == same.executed);

  for (const Choice choice :
       {capacity_is_size, flush_every_255, no_lookup_without_server, asked_without_server, zero_removes_session,
        remove_callback_only_for_cached, verify_peer_session_stored, skipped_lookup_is_miss, refusal_not_counted,
        expired_is_withheld, expired_at_deadline, unclean_end_removes}) {
    if (rules.says(choice)) continue;
    std::vector<Start> starts = some_starts(19);
    if (choice == flush_every_255) {  // few worlds are near an automatic flush
      starts = preset("quick")->starts;
      std::erase_if(starts, [](const Start& s) {
        return s.name.find("SERVER, references, no sid_ctx, after") == std::string::npos;
      });
    }
    Plan plan = beside_model(plan_of(std::move(starts), rules, 2), rules.with(choice));
    Progress other;
    const Outcome different = explore(plan, other);
    BOOST_TEST(different.executed < different.transitions, to_string(choice));
    bool named = false;
    for (const Mismatch& mismatch : different.mismatches)
      named = named || (mismatch.explanation && *mismatch.explanation == std::vector<Choice>{choice});
    BOOST_TEST(named, to_string(choice) << " was not named");
  }
}

// Catches: an interruption after which something is explored twice, or never, or that changes what is said.
BOOST_AUTO_TEST_CASE(an_interrupted_exploration_continues) {
  const auto file =
      (std::filesystem::temp_directory_path() / ("sesscheck-journal-" + std::to_string(::getpid()))).string();
  std::filesystem::remove(file);
  const Rules rules = Rules::openssl_3_0();
  Plan plan = plan_of(some_starts(41), rules, 2);
  plan.jobs = 1;
  Progress whole_progress;
  const Outcome whole = explore(plan, whole_progress);

  std::atomic<bool> stop = false;
  plan.journal = file, plan.title = "a test", plan.stop = &stop;
  Outcome outcome;
  std::size_t runs = 0;
  for (; outcome.worlds < plan.starts.size(); ++runs) {
    BOOST_REQUIRE(runs < 100U);
    Progress progress;
    std::jthread interrupter([&](const std::stop_token& end) {
      const std::size_t enough = outcome.worlds + 6;
      while (!end.stop_requested() && progress.worlds_done < enough) std::this_thread::yield();
      stop = true;
    });
    outcome = explore(plan, progress);
    interrupter.request_stop();
    interrupter.join();
    stop = false;
  }
  BOOST_TEST(runs > 2U);
  BOOST_TEST(outcome.worlds == whole.worlds);
  BOOST_TEST(outcome.states == whole.states);
  BOOST_TEST(outcome.transitions == whole.transitions);
  BOOST_REQUIRE(outcome.broken.size() == whole.broken.size());
  for (const BrokenInvariant& one : whole.broken) {
    const auto same = std::ranges::find(outcome.broken, one.name, &BrokenInvariant::name);
    BOOST_REQUIRE(same != outcome.broken.end());
    BOOST_TEST(same->transitions == one.transitions);
    BOOST_TEST(same->trace.commands.size() == one.trace.commands.size());
  }
  plan.title = "another test";
  Progress none;
  BOOST_CHECK_THROW(explore(plan, none), std::runtime_error);
  std::filesystem::remove(file);
}

// Catches: an interruption that forgets what was found in the worlds that it came upon.
BOOST_AUTO_TEST_CASE(an_interruption_says_what_is_known_of_worlds_in_progress) {
  std::vector<Start> starts = preset("quick")->starts;
  std::erase_if(starts, [](const Start& s) {
    return s.name != "server, SERVER, references, sid_ctx" && s.name != "server, BOTH, references, sid_ctx";
  });
  Plan plan = plan_of(std::move(starts), Rules::openssl_3_0(), 8);  // far too deep
  std::atomic<bool> stop = false;
  plan.stop = &stop;
  Progress progress;
  std::jthread interrupter([&] {
    while (progress.transitions < 100'000) std::this_thread::yield();
    stop = true;
  });
  Outcome begun;
  const Outcome finished = explore(plan, progress, &begun);
  BOOST_TEST(finished.worlds == 0U);
  BOOST_TEST(begun.worlds == 2U);  // one for each job
  BOOST_TEST(begun.depth >= 3U);
  BOOST_TEST(begun.depth < 8U);
  BOOST_TEST(begun.transitions >= 100'000U);
  BOOST_TEST(!begun.broken.empty());
}

// Catches: a bound on the memory that does not hold; where there is no room, states that are left out, or invariants broken there
// that are not told, or that are told with a longer trace.
BOOST_AUTO_TEST_CASE(where_memory_is_short_it_goes_on_depth_first) {
  Plan plan = plan_of(start_named("server, SERVER, references, sid_ctx"), Rules::openssl_3_0(), 5);
  Progress progress;
  const Outcome whole = explore(plan, progress);
  plan.jobs = 1;
  for (const std::size_t memory : {whole.memory, whole.memory / 4, whole.memory / 10}) {
    plan.memory = memory;
    Progress less;
    const Outcome part = explore(plan, less);
    BOOST_TEST(part.worlds == 1U);
    BOOST_TEST(part.cut_short == 1U);
    BOOST_TEST(part.depth == 5U);
    BOOST_TEST(part.memory <= plan.memory);
    BOOST_TEST(part.depth_first > 0U);
    BOOST_TEST(part.transitions - part.depth_first < whole.transitions);
    BOOST_TEST(part.transitions >= whole.transitions);
    BOOST_REQUIRE(part.broken.size() == whole.broken.size());
    for (std::size_t i = 0; i < whole.broken.size(); ++i) {
      const auto same = std::ranges::find(part.broken, whole.broken[i].name, &BrokenInvariant::name);
      BOOST_REQUIRE(same != part.broken.end());
      BOOST_TEST(single_commands(same->trace) == single_commands(whole.broken[i].trace), same->name);
    }
  }
  BOOST_TEST(whole.cut_short == 0U);
  BOOST_TEST(whole.depth_first == 0U);
  BOOST_TEST(!whole.broken.empty());
}

// Catches: a transition that is not taken on the library because there was no room for it.
BOOST_AUTO_TEST_CASE(what_is_found_depth_first_is_executed) {
  Plan plan = beside_model(plan_of(start_named("server, SERVER, references, sid_ctx"), Rules::openssl_3_0(), 4), Rules::openssl_3_0());
  plan.jobs = 1;
  Progress progress;
  const Outcome whole = explore(plan, progress);
  plan.memory = whole.memory / 4;
  const Outcome part = explore(plan, progress);
  BOOST_TEST(part.depth == 4U);
  BOOST_TEST(part.depth_first > 0U);
  BOOST_TEST(part.executed == part.transitions);
  BOOST_TEST(part.mismatches.empty());
  const Outcome other = explore(beside_model(plan, plan.rules.with(unclean_end_keeps)), progress);
  BOOST_TEST(!other.mismatches.empty());
}

// Catches: a difference that is found too late, that is none, or that is not seen where sessions changed their places.
BOOST_AUTO_TEST_CASE(the_shortest_way_to_tell_rules_apart) {
  const std::vector<Start> starts = preset("quick")->starts;
  const Rules manual = Rules::manual();
  for (const auto& [choice, depth] : {std::pair(zero_keeps_session, 0U), {session_of_own_end, 1U}, {expired_at_deadline, 2U},
                                      {expired_is_offered, 2U}}) {
    const auto found = apart(starts, manual, manual.with(choice), 3, 2);
    BOOST_REQUIRE_MESSAGE(found, to_string(choice));
    BOOST_TEST(found->depth == depth, to_string(choice));
    const auto difference = lockstep(found->trace, manual, simulate(found->trace, manual.with(choice)));
    BOOST_REQUIRE(difference.has_value());
    BOOST_TEST(difference->command + 1 == found->trace.commands.size());
    if (depth > 0) BOOST_TEST(!apart(starts, manual, manual.with(choice), depth - 1, 2).has_value());
  }
  BOOST_TEST(!apart(starts, manual, manual, 1, 2).has_value());
}

// Catches: pairs taken for one that differ in the session table of the process alone.
BOOST_AUTO_TEST_CASE(a_table_of_the_process_tells_pairs_apart) {
  const auto all = profiles();
  const Rules rules = std::ranges::find(all, "wolfssl-5.9", &Profile::name)->rules;
  BOOST_REQUIRE(rules.says(cached_in_process));
  for (const Start& start : some_starts(61))
    if (start.name.find("OFF") == std::string::npos)
      BOOST_TEST(apart(start, rules, rules.with(key_is_id), 3).has_value(), start.name);
}

// Catches: a picture without a state or a way of the small world, or that does not show where the manual is left.
BOOST_AUTO_TEST_CASE(a_picture_shows_states_and_where_the_manual_is_left) {
  const auto drawn = [](const Rules& rules) { return graph(picture_start(), rules, Rules::manual(), 6); };
  const std::string manual = drawn(Rules::manual()), real = drawn(Rules::openssl_3_0());
  const auto count = [](const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  // Nothing cached: at first, and with h1 expired, removed, or both. Another one beside h1, or h1 removed, either expired or
  // not: six, as what is older expires first, and a flush leaves no expired one.
  BOOST_TEST(count(manual, "[label=\"nothing cached") == 4U);
  BOOST_TEST(count(manual, "[label=\"cached\\nh1") == 2U);
  BOOST_TEST(count(manual, "[label=\"cached\\nanother") == 6U);
  BOOST_TEST(count(manual, ": resumed") == 3U);  // h1 is valid: alone, beside a valid one, beside an expired one
  BOOST_TEST(count(manual, "color=red") == 0U);
  BOOST_TEST(count(real, "another") == 0U);  // a cache of two holds one
  BOOST_TEST(count(real, ", color=red") == 2U);
}

// Catches: shards that leave a world out, or have one twice.
BOOST_AUTO_TEST_CASE(shards_together_are_the_whole) {
  Plan plan = plan_of(some_starts(41), Rules::manual(), 2);
  Progress progress;
  const Outcome whole = explore(plan, progress);
  Outcome together;
  plan.shards = 3;
  for (plan.shard = 0; plan.shard < plan.shards; ++plan.shard) {
    Progress part;
    together.add(explore(plan, part));
  }
  BOOST_TEST(together.worlds == whole.worlds);
  BOOST_TEST(together.states == whole.states);
  BOOST_TEST(together.transitions == whole.transitions);
}

BOOST_AUTO_TEST_SUITE_END()

// Catches: a value of a Rule that no small world shows, so that "holds in all of them" says nothing about it; a table
// in the documentation that is not the program's.
BOOST_AUTO_TEST_SUITE(bounds_of_rules)
BOOST_AUTO_TEST_CASE(every_value_of_every_rule_is_seen) {
  std::ifstream in(std::filesystem::path(SESSCHECK_CORPUS) / "../docs/bounds.md");
  std::stringstream text;
  text << in.rdbuf();
  std::vector<Choice> open;
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 1; value < row.values.size(); ++value) open.push_back({row.rule, value});
  const std::vector<Start> starts = preset("standard")->starts;
  for (const Profile& base : profiles()) {
    std::vector<Choice> still;
    for (const Bound& one : bounds(starts, base.rules, open, 3, 2)) {
      if (!one.apart) {
        still.push_back(one.choice);
        continue;
      }
      const std::string row = "| `" + to_string(one.choice) + "` | " + std::string(base.name) + " | " +
                              std::to_string(one.apart->depth) + " | " + std::to_string(one.worlds) + " | ";
      BOOST_TEST(text.str().find(row) != std::string::npos, row);
    }
    open = std::move(still);
  }
  for (const Choice choice : open) BOOST_ERROR(to_string(choice));
}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(program)

int run(const std::string& arguments) {
  const int status = std::system((SESSCHECK_BINARY " explore " + arguments + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Catches: exit codes that a script cannot rely on; a report that does not say what was found; a difference of the
// library, here SESSCHECK_LIB or the installed one, in a few worlds of each sort.
BOOST_AUTO_TEST_CASE(says_what_it_found) {
  const auto file =
      (std::filesystem::temp_directory_path() / ("sesscheck-explore-" + std::to_string(::getpid()))).string();
  const char* given = std::getenv("SESSCHECK_LIB");
  const std::string library = given != nullptr && *given != 0 ? " --lib " + std::string(given) : "";
  const auto explored = [&] {
    std::ifstream in(file);
    return nlohmann::json::parse(in)["explorations"];
  };
  BOOST_TEST(run("--shard 8/173 --json " + file + library) == 0);
  nlohmann::json json = explored();
  BOOST_REQUIRE(json.size() == 2U);  // the manual, and the library
  BOOST_TEST(json[0]["rules"] == "manual");
  BOOST_TEST(json[0]["library"].is_null());
  BOOST_TEST(json[1]["library"].get<std::string>().starts_with("OpenSSL"));
  BOOST_TEST(json[1]["executed"] == json[1]["transitions"]);
  BOOST_TEST(json[1]["worlds"]["explored"] == 11);
  BOOST_TEST(json[1]["invariants"].size() == invariants::all().size());

  BOOST_TEST(run("--lib model:openssl-3.0 --rules openssl-3.0,capacity=size --shard 8/173 --json " + file) == 1);
  json = explored();
  BOOST_TEST(json[1]["executed"] < json[1]["transitions"]);
  BOOST_REQUIRE(!json[1]["mismatches"].empty());
  BOOST_TEST(json[1]["mismatches"][0]["explanation"][0] == "capacity=one_less");
  std::filesystem::remove(file);

  // What cannot be written is told before the work, not after it.
  BOOST_TEST(run("--shard 8/173 --json /no-such-folder/all.json --journal " + file) == 2);
  BOOST_TEST(!std::filesystem::exists(file + ".model"));
  BOOST_TEST(run("--preset nonsense") == 2);
  BOOST_TEST(run("--shard 3/2") == 2);
  BOOST_TEST(run("--worlds 'server, SERVER, references, sid_ctx' --shard 2/8") == 2);  // one world
  BOOST_TEST(run("--model --rules nonsense") == 2);
  BOOST_TEST(run("--lib ./no-such-library.so") == 3);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::explore
