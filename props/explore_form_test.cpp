// The canonical form of a world: that what it calls one state is one.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "check/generate.hpp"
#include "check/lockstep.hpp"
#include "model/trace/fields.hpp"
#include "explore/form.hpp"
#include "explore/presets.hpp"
#include "model/step.hpp"
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
    if (key == key_second) return "";
    two_keys_ = lookalikes(first_) && lookalikes(second_);
    return two_keys_ ? "" : "the keys afterwards";
  }
  /// Whether one state had two keys at last, which a store can bring about: see docs/explore.md.
  [[nodiscard]] bool two_keys() const { return two_keys_; }

 private:
  /// Whether a store has two entries that differ in their ids and secrets alone.
  static bool lookalikes(const World& world) {
    const auto looks = [&](const Stored& entry) {
      Session s = entry.reference != no_session ? world.sessions[entry.reference] : entry.bytes;
      s.id = 0, s.secret = 0, s.ticket = no_ticket, s.cached_in = no_context;
      return s;
    };
    return std::ranges::any_of(world.contexts, [&](const Context& c) {
      for (auto one = c.store.begin(); one != c.store.end(); ++one)
        if (std::any_of(one + 1, c.store.end(), [&](const Stored& other) { return looks(other) == looks(*one); })) return true;
      return false;
    });
  }

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
  bool two_keys_ = false;
};

std::string told(const Trace& trace, std::size_t commands, const std::vector<Command>& then, const std::string& what) {
  Trace part = trace;
  part.commands.resize(commands);
  std::string text = what + " differ after\n" + to_text(part) + "then\n";
  for (const Command& command : then) text += to_text(command) + "\n";
  return text;
}

constexpr const char* tried_profiles[] = {"manual", "openssl-1.1.1", "openssl-3.0", "openssl-3.6", "wolfssl-5.9"};

BOOST_AUTO_TEST_SUITE(exploring)
BOOST_AUTO_TEST_SUITE(form)

// Catches: a form that leaves out something that makes a difference: the world that is made of a key and the one that
// it was made of are led through the same commands, those of their own random trace and of another.
BOOST_AUTO_TEST_CASE(a_world_and_its_canonical_form_behave_equally) {
  std::size_t compared = 0, shifted = 0, two_keys = 0;
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
      Form form(world, true, rules.says(cached_in_process));
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
            if (command.op == Op::configure && names_context(command.setting) && command.number.value > world.visible) continue;
            if (!twins.means_the_same(command)) continue;
            then.push_back(command);
            const std::string difference = twins.differ_at(command);
            BOOST_REQUIRE_MESSAGE(difference.empty(), told(trace, i, then, profile + (", " + difference))
                                                          << "seed " << seed);
            ++compared;
            two_keys += twins.two_keys();
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
  BOOST_TEST(two_keys * 1'000 < compared, two_keys);
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
      Form form(beginning, start.tls1_3(), rules.says(cached_in_process));
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
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::explore
