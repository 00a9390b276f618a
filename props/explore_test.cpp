// Exploring the session cache: that what the search calls one state is one, and that what it says of all is so.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "audit/clauses.hpp"
#include "check/generate.hpp"
#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "explore/exploration.hpp"
#include "explore/presets.hpp"
#include "explore/tour.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

constexpr std::int64_t ordinary_number = 1 << 20;

/// A world, and another of the same key: they are led through the same commands, and must show the same.
class Twins {
 public:
  Twins(Form& form, const World& first, const World& second, const Rules& rules)
      : form_(form), rules_(rules), first_(first), second_(second), shift_(second.now.seconds - first.now.seconds) {
    // Whatever has one number in the canonical form is one and the same.
    std::string key;
    std::map<Identity, Identity> of_number;
    form_.write(second_, key);
    for (Identity id = 0; id < second_.identities.size(); ++id)
      if (const Identity number = form_.renamed(id)) of_number[number] = id;
    form_.write(first_, key);
    for (Identity id = 0; id < first_.identities.size(); ++id) {
      const auto twin = of_number.find(form_.renamed(id));
      twin_.push_back(twin == of_number.end() ? 0 : twin->second);
    }
  }

  /// Whether a command means the same to both: one that names a date does not, unless it is the same date for both.
  [[nodiscard]] bool means_the_same(const Command& c) const {
    if (shift_ == 0) return true;
    const bool date = c.op == Op::flush || c.op == Op::set_session_time;
    if (date && !c.number.from_now && !(c.op == Op::flush && c.number.value == 0)) return false;
    const bool span =
        c.op == Op::set_timeout || c.op == Op::set_session_timeout;  // below 0 some Rules make it centuries
    if (span && c.number.value < 0) return false;
    const std::int64_t limit = c.op == Op::advance ? 1'000'000 * ordinary_number : ordinary_number;
    return c.number.value < limit && c.number.value > -limit;
  }

  /// Empty: they showed the same, and are one state again.
  [[nodiscard]] std::string differ_at(const Command& command) {
    const auto counters = [](const World& w) {
      std::vector<std::array<std::int64_t, counter_count>> all;
      for (const Context& c : w.contexts) all.push_back(c.counters);
      return all;
    };
    const auto first_counters = counters(first_), second_counters = counters(second_);
    const auto known_first = first_.identities.size(), known_second = second_.identities.size();
    Observation first, second;
    Because because, because_second;
    step(first_, command, rules_, first, because);
    step(second_, command, rules_, second, because_second);
    for (std::size_t made = 0; known_first + made < first_.identities.size(); ++made)
      twin_.push_back(static_cast<Identity>(known_second + made));
    if (first_.identities.size() - known_first != second_.identities.size() - known_second) return "ids made";
    if (because.reasons != because_second.reasons) return "reasons";
    if (first.status == Status::crashed || second.status == Status::crashed)
      return first.status == second.status ? "" : "one died";

    translate(command, first);
    const bool fresh =
        command.op == Op::renew && first.status == Status::done;  // its counters begin anew, whatever they were
    for (std::size_t i = 0; i < first.contexts.size(); ++i)
      for (std::size_t n = 0; n < counter_count; ++n) {
        if (fresh && i == command.context) continue;
        first.contexts[i].counters[n] -= first_counters[i][n];
        second.contexts[i].counters[n] -= second_counters[i][n];
      }
    if (because.has(Reason::any_order_reported)) order(first), order(second);
    if (const auto differences = compare(first, second); !differences.empty())
      return differences.front().field + ": " + differences.front().model + ", " + differences.front().library;
    std::string key, key_second;
    form_.write(first_, key);
    form_.write(second_, key_second);
    return key == key_second ? "" : "the keys afterwards";
  }

 private:
  /// What the first one showed, as the second one says it: its names, its date.
  void translate(const Command& command, Observation& seen) const {
    std::vector<Name> names(first_.names + 1);
    for (Identity id = 0; id < first_.identities.size(); ++id)
      if (const Name name = first_.identities[id].name) names[name] = second_.identities[twin_[id]].name;
    const auto name = [&](Name& n) { n = n == 0 ? 0 : names[n]; };
    const auto view = [&](SessionView& v) { name(v.name), v.time += v.version != 0 ? shift_ : 0; };
    for (Event& event : seen.log) {
      name(event.session);
      if (event.kind == Event::Kind::get_session) name(event.answer);
    }
    name(seen.connection.client.session), name(seen.connection.server.session);
    for (ContextView& c : seen.contexts)
      for (auto* list : {&c.cached, &c.stored}) {
        for (SessionView& v : *list) view(v);
        std::ranges::sort(*list, {}, [](const SessionView& v) { return std::pair(v.name, v.version); });
      }
    for (auto& held : seen.held)
      if (held) view(*held);
    if (command.op == Op::set_session_time && rules_.says(set_time_returns_time) && seen.result != 0)
      seen.result += shift_;
  }
  static void order(Observation& seen) {
    std::ranges::sort(seen.log, {}, [](const Event& e) { return std::tuple(e.kind, e.context, e.session); });
  }

  Form& form_;
  const Rules& rules_;
  World first_, second_;
  std::int64_t shift_;
  std::vector<Identity> twin_;  // of the second, by identity of the first
};

std::string told(const Trace& trace, std::size_t commands, const std::vector<Command>& then, const std::string& what) {
  Trace part = trace;
  part.commands.resize(commands);
  std::string text = what + " differ after\n" + to_text(part) + "then\n";
  for (const Command& command : then) text += to_text(command) + "\n";
  return text;
}

constexpr const char* tried_profiles[] = {"manual", "openssl-1.1.1", "openssl-3.0", "openssl-3.6"};

BOOST_AUTO_TEST_SUITE(exploring)
BOOST_AUTO_TEST_SUITE(form)

// Catches: a form that leaves out something that makes a difference: the world that is made of a key and the one that
// it was made of are led through the same commands, those of their own random trace and of another.
BOOST_AUTO_TEST_CASE(a_world_and_its_canonical_form_behave_equally) {
  std::size_t compared = 0, shifted = 0;
  for (const char* profile : tried_profiles) {
    const Rules rules = *find_profile(profile);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      Random random(seed);
      Shape shape;
      shape.cadence_percent = 0;
      shape.session_ids_only = seed % 2 != 0;
      const Trace trace = generate(random, shape), other = generate(random, shape);
      Because because;
      World world = begin(trace.setup, rules, because);
      Form form(world);
      Observation seen;
      std::string key;
      std::size_t next_check = random.below(6);
      for (std::size_t i = 0; i < trace.commands.size(); ++i) {
        if (i == next_check) {
          next_check += 1 + random.below(8);
          World canonical;
          form.write(world, key);
          form.read(key, canonical);
          std::string again;
          form.write(canonical, again);
          BOOST_REQUIRE_MESSAGE(again == key, told(trace, i, {}, "form and form of the form"));
          Twins twins(form, world, canonical, rules);
          std::vector<Command> then;
          for (std::size_t ahead = 0; ahead < 12; ++ahead) {
            const std::size_t at = i + ahead;
            Command command =
                random.chance(50) && at < trace.commands.size() ? trace.commands[at] : random.pick(other.commands);
            command.context %= world.visible, command.client %= world.visible;
            if (command.op == Op::configure && info(command.setting).values.size() == 5 &&
                command.number.value > world.visible &&
                (command.setting == Setting::server_name || command.setting == Setting::client_hello))
              continue;
            if (!twins.means_the_same(command)) continue;
            then.push_back(command);
            const std::string difference = twins.differ_at(command);
            BOOST_REQUIRE_MESSAGE(difference.empty(), told(trace, i, then, profile + (", " + difference))
                                                          << "seed " << seed);
            ++compared;
            shifted += world.now.seconds != canonical.now.seconds;
          }
        }
        step(world, trace.commands[i], rules, seen, because);
        if (seen.status == Status::crashed) break;
      }
    }
  }
  std::cout << compared << " commands compared, " << shifted << " of them on another date" << std::endl;
  BOOST_TEST(compared > 50'000U);
  BOOST_TEST(shifted > 10'000U);
}

// Catches: two worlds that different ways lead to, called one, of which one still remembers its way.
BOOST_AUTO_TEST_CASE(worlds_of_one_key_behave_equally) {
  std::size_t pairs = 0, compared = 0;
  for (const char* profile : tried_profiles) {
    const Rules rules = *find_profile(profile);
    const std::vector<Start> starts = preset("quick")->starts;
    Random random(7);
    for (std::size_t i = 0; i < starts.size(); i += 97) {
      const Start& start = starts[i];
      Because because;
      const World beginning = begin(start.trace.setup, rules, because);
      Form form(beginning, start.tls1_3());
      std::map<std::string, World> known;
      Observation seen;
      std::string key;
      for (int walk = 0; walk < 60; ++walk) {
        World world = beginning;
        for (const Command& command : start.trace.commands)
          for (unsigned n = 0; n < command.repeat; ++n) step(world, command, rules, seen, because);
        for (int n = 0; n < 12; ++n) {
          step(world, random.pick(start.alphabet), rules, seen, because);
          form.write(world, key);
          const auto [place, is_new] = known.try_emplace(key, world);
          if (is_new || walk % 4 != 0) continue;
          ++pairs;
          for (const Command& first : start.alphabet) {
            Twins twins(form, world, place->second, rules);
            for (const Command& command : {first, random.pick(start.alphabet), random.pick(start.alphabet)}) {
              const std::string difference = twins.differ_at(command);
              BOOST_REQUIRE_MESSAGE(difference.empty(),
                                    profile << ", " << start.name << ": " << difference << " at " << to_text(command));
              ++compared;
            }
          }
        }
      }
    }
  }
  std::cout << pairs << " pairs of one key, " << compared << " commands compared" << std::endl;
  BOOST_TEST(pairs > 2'000U);
}

std::string key_after(const std::string& text) {
  const Trace trace = std::get<Trace>(parse(text));
  Because because;
  World world = begin(trace.setup, Rules::manual(), because);
  Form form(world);
  Observation seen;
  for (const Command& command : trace.commands)
    for (unsigned n = 0; n < command.repeat; ++n) step(world, command, Rules::manual(), seen, because);
  std::string key;
  form.write(world, key);
  return key;
}

// Catches: a form in which nothing is equal, or which forgets what a Rule looks at.
BOOST_AUTO_TEST_CASE(what_makes_no_difference_is_left_out_and_what_does_is_not) {
  const std::string contexts = "context A timeout=5\ncontext B timeout=5\n", once = contexts + "connect B A keep=h1\n";
  // The date, the name, and how many connections there were.
  BOOST_TEST(key_after(once) == key_after(contexts + "advance 100s\nconnect B A keep=h1\n"));
  BOOST_TEST(key_after(once) == key_after(contexts + "connect B A x153\nflush A 0\nconnect B A keep=h1\n"));
  // How old a session is; whether it is held, cached, marked; a setting; what the clock says below the second.
  const std::vector<std::string> different = {
      once,
      once + "advance 1s\n",
      once + "drop h1\n",
      once + "flush A 0\n",
      once + "remove B h1\n",
      once + "set-size A 7\n",
      once + "set-mode A OFF\n",
      once + "advance 0.5s\n",
      once + "dup h1 h2\n",
      once + "set-session-timeout h1 9\n",
      once + "set-session-id-context h1 \"b\"\n",
      once + "answer A h1\n",
      once + "configure A tickets=on\n",
      once + "open c1 B A\n",
      contexts + "connect A B keep=h1\n",
      contexts + "connect B A x154\nflush A 0\nconnect B A keep=h1\n",  // the 255th is a hundred connections away
      contexts + "connect B A x155\nflush A 0\nconnect B A keep=h1\n"};
  for (std::size_t i = 0; i < different.size(); ++i)
    for (std::size_t k = i + 1; k < different.size(); ++k)
      BOOST_TEST(key_after(different[i]) != key_after(different[k]), different[i] << "and\n" << different[k]);
}

BOOST_AUTO_TEST_SUITE_END()

/// A few worlds of each sort.
std::vector<Start> some_starts(std::size_t every) {
  std::vector<Start> some;
  const std::vector<Start> all = preset("quick")->starts;
  for (std::size_t i = 5; i < all.size(); i += every) some.push_back(all[i]);
  return some;
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

BOOST_AUTO_TEST_SUITE(worlds)

// Catches: a walk that the real machine, which abstracts nothing, does not go as the search says.
BOOST_AUTO_TEST_CASE(walks_lead_where_the_search_says) {
  const Rules rules = Rules::openssl_3_0();
  for (const Start& start : some_starts(211)) {
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
      Form form(world, start.tls1_3());
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
}

// Catches: a preset without one of the worlds that it promises, or with one twice.
BOOST_AUTO_TEST_CASE(a_preset_has_every_combination_once) {
  const std::vector<Start> starts = preset("quick")->starts;
  std::map<std::string, int> names;
  for (const Start& start : starts) ++names[start.name];
  BOOST_TEST(names.size() == starts.size());
  std::size_t combinations = 0;
  for (const Start& start : starts)
    if (start.name.find("after") == std::string::npos) ++combinations;
  BOOST_TEST(combinations == 64U * 3 * 3 * 3);  // mode bits, role, store, session id context
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
  BOOST_TEST(outcome.worlds == 47U);
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
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::explore
