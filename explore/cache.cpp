#include "explore/cache.hpp"

#include <algorithm>
#include <utility>

namespace sesscheck::explore {
namespace {

World beginning(const Start& start, const Rules& rules) {
  Because unused;
  return begin(start.trace.setup, rules, unused);
}

}  // namespace

bool Start::tls1_3() const {
  const auto speaks = [](const ContextSetup& c) { return c.settings.highest() == Version::tls1_3; };
  const auto configures = [](const Command& c) { return c.op == Op::configure; };
  return std::ranges::any_of(trace.setup.contexts, speaks) || std::ranges::any_of(trace.commands, configures) ||
         std::ranges::any_of(alphabet, configures);
}

Start restricted(Start start, const Lacks& lacks) {
  start.trace = restricted(std::move(start.trace), lacks);
  for (std::vector<Command>* commands : {&start.alphabet, &start.home})
    std::erase_if(*commands, [&](const Command& command) { return lacks.command(command); });
  return start;
}

CacheMachine::CacheMachine(const Start& start, const Rules& rules, std::span<const invariants::Invariant> invariants)
    : alphabet_(start.alphabet),
      rules_(rules),
      invariants_(invariants),
      first_(beginning(start, rules)),
      form_(first_, start.tls1_3(), rules.says(cached_in_process)),
      broken_(invariants.size()) {
  begin(start.trace.setup, rules, because_);
  asked_ = because_.rules;
  for (const Command& command : start.trace.commands)
    for (unsigned n = 0; n < command.repeat; ++n) {
      sesscheck::step(first_, command, rules, seen_, because_);
      asked_ |= because_.rules;
    }
}

void CacheMachine::first(std::string& key) { form_.write(first_, key); }

void CacheMachine::enter(StateIndex index, Key key) {
  form_.read(key, present_);
  index_ = index;
  if (invariants_.empty()) return;
  history_ = invariants::History::of(present_);
  next_ = present_;
  static const Command nothing;  // the clock moves by nothing
  sesscheck::step(next_, nothing, rules_, before_, because_);
}

void CacheMachine::step(Action action, std::string& key) {
  const Command& command = alphabet_[action];
  next_ = present_;
  sesscheck::step(next_, command, rules_, seen_, because_);
  asked_ |= because_.rules;
  if (seen_.status == Status::crashed)
    key.clear();
  else
    form_.write(next_, key);
  if (!invariants_.empty() && seen_.status == Status::done) check(command, action);
}

void CacheMachine::check(const Command& command, Action action) {
  const invariants::Scene scene{command, before_, seen_, *history_};
  for (std::size_t i = 0; i < invariants_.size(); ++i) {
    auto what = invariants_[i].broken(scene);
    if (!what) continue;
    Broken& broken = broken_[i];
    if (broken.transitions++ == 0) broken = {index_, action, *std::move(what), 1};
  }
}

std::vector<Action> CacheMachine::also(std::span<const Command> commands) {
  std::vector<Action> actions;
  for (const Command& command : commands) {
    auto place = std::ranges::find(alphabet_, command);
    if (place == alphabet_.end()) place = alphabet_.insert(place, command);
    actions.push_back(static_cast<Action>(place - alphabet_.begin()));
  }
  return actions;
}

Trace CacheMachine::trace(const Start& start, std::span<const Action> walk) const {
  Trace trace = start.trace;
  for (const Action action : walk) trace.commands.push_back(alphabet_[action]);
  return trace;
}

}  // namespace sesscheck::explore
