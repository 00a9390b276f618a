#include "explore/apart.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "check/lockstep.hpp"

namespace sesscheck::explore {
namespace {

/// Two worlds that looked alike so far, and the way to them.
struct Pair {
  World one, other;
  std::vector<Action> way;
};

/// Both sides of a search, with what a step needs.
class Twins {
 public:
  Twins(const Start& start, const Rules& one, const Rules& other)
      : start_(start), rules_{one, other}, worlds_{begin(one), begin(other)},
        forms_{form(0), form(1)} {}

  std::optional<Apart> search(std::size_t depth, const std::atomic<bool>* stop) {
    for (std::size_t n = 0; n < start_.trace.commands.size(); ++n)
      for (unsigned i = 0; i < start_.trace.commands[n].repeat; ++i)
        if (!step(worlds_[0], worlds_[1], start_.trace.commands[n])) return at_the_beginning(n, i);
    std::vector<Pair> level = {{worlds_[0], worlds_[1], {}}}, next;
    is_new(level.front());
    for (std::size_t at = 1; at <= depth; ++at, level.swap(next)) {
      next.clear();
      for (const Pair& from : level) {
        if (stop != nullptr && *stop) return {};
        for (std::size_t action = 0; action < start_.alphabet.size(); ++action) {
          Pair to = from;
          to.way.push_back(static_cast<Action>(action));
          if (!step(to.one, to.other, start_.alphabet[action])) return found(to.way);
          if (at < depth && seen_[0].status != Status::crashed && is_new(to)) next.push_back(std::move(to));
        }
      }
    }
    return {};
  }

 private:
  [[nodiscard]] Form form(std::size_t side) const {
    return Form(worlds_[side], start_.tls1_3(), rules_[side].says(cached_in_process));
  }
  World begin(const Rules& rules) { return sesscheck::begin(start_.trace.setup, rules, because_); }

  /// False: it looks different.
  bool step(World& one, World& other, const Command& command) {
    sesscheck::step(one, command, rules_[0], seen_[0], because_);
    sesscheck::step(other, command, rules_[1], seen_[1], because_);
    return alike(seen_[0], seen_[1]);
  }

  /// Whether no such pair was met before: both worlds, and which sessions of one have the names of which of the other.
  bool is_new(const Pair& pair) {
    forms_[0].write(pair.one, key_);
    forms_[1].write(pair.other, other_key_);
    key_ += other_key_;
    places_.clear();
    for (Identity id = 0; id < pair.other.identities.size(); ++id)
      if (const Name name = pair.other.identities[id].name; name != 0) {
        if (name >= places_.size()) places_.resize(name + 1);
        places_[name] = forms_[1].renamed(id);
      }
    for (Identity id = 0; id < pair.one.identities.size(); ++id) {
      const Name name = pair.one.identities[id].name;
      if (name == 0 || forms_[0].renamed(id) == 0 || name >= places_.size() || places_[name] == 0) continue;
      key_ += ' ' + std::to_string(forms_[0].renamed(id)) + '=' + std::to_string(places_[name]);
    }
    return met_.insert(key_).second;
  }

  [[nodiscard]] Apart at_the_beginning(std::size_t command, unsigned repetition) const {
    Trace trace = start_.trace;
    trace.commands.resize(command + 1);
    trace.commands.back().repeat = static_cast<std::uint16_t>(repetition + 1);
    return {std::move(trace), 0, &start_};
  }
  [[nodiscard]] Apart found(std::span<const Action> way) const {
    Trace trace = start_.trace;
    for (const Action action : way) trace.commands.push_back(start_.alphabet[action]);
    return {std::move(trace), way.size(), &start_};
  }

  const Start& start_;
  const std::array<Rules, 2> rules_;
  Because because_;
  std::array<World, 2> worlds_;
  std::array<Form, 2> forms_;
  std::array<Observation, 2> seen_;
  std::string key_, other_key_;
  std::vector<Identity> places_;
  StateSet met_;
};

/// Calls `work` with every index below `count`, on so many threads, until `stop`.
void on_threads(std::size_t count, unsigned jobs, const std::atomic<bool>* stop, const auto& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < jobs; ++i)
    threads.emplace_back([&] {
      for (std::size_t mine; (stop == nullptr || !*stop) && (mine = next++) < count;) work(mine);
    });
}

/// Of equal ones the one of the first world: the same whatever thread comes first.
bool better(const Apart& one, const std::optional<Apart>& other) {
  const auto worth = [](const Apart& a) { return std::tuple(single_commands(a.trace), a.depth, a.start); };
  return !other || worth(one) < worth(*other);
}

}  // namespace

std::optional<Apart> apart(const Start& start, const Rules& one, const Rules& other, std::size_t depth,
                           const std::atomic<bool>* stop) {
  return Twins(start, one, other).search(depth, stop);
}

std::optional<Apart> apart(std::span<const Start> starts, const Rules& one, const Rules& other, std::size_t depth,
                           unsigned jobs, const std::atomic<bool>* stop) {
  std::map<std::size_t, std::vector<std::pair<const Start*, std::size_t>>> by_length;  // and depth
  for (const Start& start : starts)
    for (std::size_t bound = 0; bound <= depth; ++bound)
      by_length[single_commands(start.trace) + bound].emplace_back(&start, bound);
  std::optional<Apart> best;
  std::mutex mutex;
  for (const auto& [length, worlds] : by_length) {
    if (best) break;
    on_threads(worlds.size(), jobs, stop, [&](std::size_t i) {
      auto found = apart(*worlds[i].first, one, other, worlds[i].second, stop);
      const std::lock_guard lock(mutex);
      if (found && better(*found, best)) best = std::move(found);
    });
  }
  return best;
}

std::vector<Bound> bounds(std::span<const Start> starts, const Rules& base, std::span<const Choice> choices,
                          std::size_t depth, unsigned jobs, const std::atomic<bool>* stop) {
  std::vector<Bound> all;
  for (const Choice choice : choices) all.push_back({choice, {}, 0});
  std::mutex mutex;
  for (std::size_t bound = 0; bound <= depth; ++bound) {
    std::vector<Bound*> open;
    for (Bound& one : all)
      if (!one.apart) open.push_back(&one);
    on_threads(starts.size(), jobs, stop, [&](std::size_t i) {
      CacheMachine machine(starts[i], base);
      Search search(machine);
      while (search.depth() < bound && !search.complete()) search.deepen();
      for (Bound* const one : open) {
        if (!machine.asked().test(static_cast<std::size_t>(one->choice.rule))) continue;
        auto found = apart(starts[i], base.with({one->choice.rule, 0}), base.with(one->choice), bound, stop);
        if (!found) continue;
        const std::lock_guard lock(mutex);
        ++one->worlds;
        if (better(*found, one->apart)) one->apart = std::move(found);
      }
    });
  }
  return all;
}

}  // namespace sesscheck::explore
