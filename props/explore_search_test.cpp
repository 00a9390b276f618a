// The search and its walks, on machines whose states can be counted by hand.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "check/generate.hpp"
#include "explore/search.hpp"
#include "explore/tour.hpp"

namespace sesscheck::explore {
namespace {

/// So many lamps, all dark; action i switches lamp i. 2^n states; as many at depth d as there are ways to choose d
/// lamps.
class Lamps : public Machine {
 public:
  explicit Lamps(std::size_t number) : number_(number) {}
  [[nodiscard]] std::size_t actions() const override { return number_; }
  void first(std::string& key) override { key.assign(number_, '.'); }
  void enter(StateIndex, Key key) override { present_ = key; }
  void step(Action action, std::string& key) override {
    key = present_;
    key[action] = key[action] == '.' ? '*' : '.';
  }

 private:
  std::size_t number_;
  std::string present_;
};

/// Jugs of 3 and 5 litres: fill one, empty one, pour one into the other. 16 states; four litres take six actions.
class Jugs : public Machine {
 public:
  [[nodiscard]] std::size_t actions() const override { return 6; }
  void first(std::string& key) override { key = {0, 0}; }
  void enter(StateIndex, Key key) override { small_ = key[0], large_ = key[1]; }
  void step(Action action, std::string& key) override {
    int small = small_, large = large_;
    const int to_large = std::min(small, 5 - large), to_small = std::min(large, 3 - small);
    switch (action) {
      case 0: small = 3; break;
      case 1: large = 5; break;
      case 2: small = 0; break;
      case 3: large = 0; break;
      case 4: small -= to_large, large += to_large; break;
      default: small += to_small, large -= to_small; break;
    }
    key = {static_cast<char>(small), static_cast<char>(large)};
  }

 private:
  int small_ = 0, large_ = 0;
};

/// A stair of so many steps: up, down, or (from the top) off. What is off is the end.
class Stair : public Machine {
 public:
  explicit Stair(int steps) : steps_(steps) {}
  [[nodiscard]] std::size_t actions() const override { return 2; }
  void first(std::string& key) override { key = "0"; }
  void enter(StateIndex, Key key) override {
    BOOST_REQUIRE(!key.empty());
    present_ = std::stoi(std::string(key));
  }
  void step(Action action, std::string& key) override {
    const int next = action == 0 ? present_ + 1 : std::max(0, present_ - 1);
    key = next > steps_ ? "" : std::to_string(next);
  }

 private:
  int steps_, present_ = 0;
};

void explore_all(Search& search) {
  while (!search.complete()) BOOST_REQUIRE(search.deepen());
}

/// Follows a walk from the first state, through what the machine does, and counts the transitions of the search in it.
void follow(Machine& machine, const Search& search, const std::vector<Action>& walk,
            std::set<std::pair<StateIndex, Action>>& taken) {
  std::string key;
  machine.first(key);
  for (const Action action : walk) {
    const StateIndex at = search.find(key);
    BOOST_REQUIRE(!key.empty());
    machine.enter(at, key);
    machine.step(action, key);
    if (at >= search.expanded() || action >= search.actions()) continue;
    BOOST_REQUIRE(search.find(key) == search.target(at, action));
    taken.emplace(at, action);
  }
}

BOOST_AUTO_TEST_SUITE(exploring)
BOOST_AUTO_TEST_SUITE(search)

// Catches: states lost, found twice, or at the wrong depth; a way that is not a shortest one.
BOOST_AUTO_TEST_CASE(ten_lamps_have_1024_states) {
  Lamps lamps(10);
  Search search(lamps);
  std::size_t known = 1, at_depth = 1;  // 10 over depth
  for (std::size_t depth = 1; depth <= 10; ++depth) {
    BOOST_REQUIRE(search.deepen());
    at_depth = at_depth * (11 - depth) / depth;
    known += at_depth;
    BOOST_TEST(search.depth() == depth);
    BOOST_TEST(search.states() == known);
    BOOST_TEST(search.level(depth + 1) - search.level(depth) == at_depth);
  }
  BOOST_TEST(!search.complete());  // that nothing more comes is not known before the last were tried
  BOOST_REQUIRE(search.deepen());
  BOOST_TEST(search.complete());
  BOOST_TEST(search.states() == 1024U);
  BOOST_TEST(search.transitions() == 10'240U);
  for (StateIndex state = 0; state < search.states(); ++state) {
    BOOST_TEST(search.path(state).size() == static_cast<std::size_t>(std::ranges::count(search.key(state), '*')));
    BOOST_TEST(search.find(search.key(state)) == state);
  }
}

// Catches: a machine whose ways are of different lengths, and whose actions often lead nowhere, counted wrongly.
BOOST_AUTO_TEST_CASE(two_jugs_have_16_states_and_four_litres_take_six_actions) {
  Jugs jugs;
  Search search(jugs);
  explore_all(search);
  BOOST_TEST(search.states() == 16U);
  BOOST_TEST(search.transitions() == 96U);
  std::size_t shortest = 100;
  for (StateIndex state = 0; state < search.states(); ++state)
    if (search.key(state)[1] == 4) shortest = std::min(shortest, search.path(state).size());
  BOOST_TEST(shortest == 6U);
}

// Catches: going on from where nothing can go on.
BOOST_AUTO_TEST_CASE(the_end_of_everything_has_no_transitions) {
  Stair stair(7);
  Search search(stair);
  explore_all(search);
  BOOST_TEST(search.states() == 9U);
  BOOST_TEST(search.transitions() == 16U);
  BOOST_TEST(search.path(search.find("")).size() == 8U);
}

// Catches: an interruption that loses or repeats something.
BOOST_AUTO_TEST_CASE(an_interrupted_search_goes_on) {
  class Interrupting : public Lamps {
   public:
    using Lamps::Lamps;
    void enter(StateIndex index, Key key) override {
      Lamps::enter(index, key);
      stop = ++entered % 7 == 0;
    }
    std::size_t entered = 0;
    std::atomic<bool> stop = false;
  } lamps(8);
  Search search(lamps);
  std::size_t interruptions = 0;
  while (!search.complete()) {
    lamps.stop = false;
    interruptions += !search.deepen(&lamps.stop);
  }
  BOOST_TEST(interruptions > 30U);
  BOOST_TEST(lamps.entered == 256U);
  BOOST_TEST(search.states() == 256U);
  BOOST_TEST(search.depth() == 9U);
}

// Catches: a bound on memory that is not kept, or that is far from what could be taken; a search that cannot go on later.
BOOST_AUTO_TEST_CASE(memory_ends_a_search) {
  constexpr std::size_t most = 500'000;
  Lamps lamps(16);
  Search search(lamps);
  while (search.deepen(nullptr, most)) {
  }
  BOOST_TEST(search.memory() <= most);
  BOOST_TEST(search.memory() > most / 4);
  BOOST_TEST(!search.complete());
  while (!search.complete()) search.deepen();
  BOOST_TEST(search.states() == 65'536U);
}

// Catches: keys mixed up as the set grows, or where one is the beginning of another.
BOOST_AUTO_TEST_CASE(a_set_keeps_every_key_apart) {
  StateSet set;
  std::map<std::string, StateIndex> known;
  Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string key(random.below(6), '\0');
    for (char& byte : key) byte = static_cast<char>(random.below(random.chance(50) ? 3 : 20));
    const auto [index, is_new] = set.insert(key);
    const auto [place, unknown] = known.try_emplace(key, static_cast<StateIndex>(known.size()));
    BOOST_REQUIRE(is_new == unknown);
    BOOST_REQUIRE(index == place->second);
  }
  BOOST_TEST(set.size() == known.size());
  BOOST_TEST(set.size() > 16'384U);  // more than one chunk
  for (const auto& [key, index] : known) BOOST_REQUIRE(set[index] == key && set.find(key) == index);
  BOOST_TEST(set.find("never inserted") == no_state);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(walks)

void walks_take_everything(Machine& machine, std::size_t depth, std::size_t longest, std::vector<Action> home,
                           std::size_t most) {
  Search search(machine);
  while (search.depth() < depth && !search.complete()) search.deepen();
  Tours tours(search, machine, std::move(home), longest);
  std::set<std::pair<StateIndex, Action>> taken;
  std::vector<Action> walk;
  std::size_t actions = 0;
  while (tours.next(walk)) {
    BOOST_REQUIRE(!walk.empty());
    BOOST_TEST(walk.size() <= std::max(longest, depth));
    actions += walk.size();
    follow(machine, search, walk, taken);
    BOOST_REQUIRE(tours.taken() == taken.size());
  }
  BOOST_TEST(taken.size() == search.transitions());
  BOOST_TEST(actions <= most);
}

// Catches: a transition left out, a walk that the machine does not go, walks that are far too long.
BOOST_AUTO_TEST_CASE(walks_take_every_transition) {
  Lamps lamps(6);
  walks_take_everything(lamps, 100, 50, {}, 1'200);  // 384 transitions, to and fro
  walks_take_everything(lamps, 2, 50, {}, 500);      // 132, of which 120 lead to where nothing is known
  Jugs jugs;
  walks_take_everything(jugs, 100, 90, {2, 3}, 300);  // 96
  walks_take_everything(jugs, 3, 90, {2, 3}, 150);
  Stair stair(30);
  walks_take_everything(stair, 100, 40, {}, 200);  // 62; the end of everything ends its walk
}

// Catches: what was given out and not taken being forgotten.
BOOST_AUTO_TEST_CASE(a_walk_that_was_cut_is_walked_again) {
  Lamps lamps(6);
  Search search(lamps);
  explore_all(search);
  Tours tours(search, lamps, {}, 50);
  std::set<std::pair<StateIndex, Action>> taken;
  std::vector<Action> walk;
  Random random(1);
  for (std::size_t number = 0; tours.next(walk); ++number) {
    BOOST_REQUIRE(number < 1'000U);
    if (random.chance(60)) {
      walk.resize(random.below(walk.size()) + 1);
      tours.cut(walk.size());
    }
    follow(lamps, search, walk, taken);
  }
  BOOST_TEST(taken.size() == search.transitions());
  BOOST_TEST(tours.taken() == search.transitions());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::explore
