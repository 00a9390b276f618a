#include "audit/account.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "check/explain.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck {
namespace {

constexpr std::size_t cases_max = 300, of_a_kind_max = 60, long_ones_max = 12;
constexpr std::size_t settle_every = 100;      // cases that are kept
constexpr std::size_t long_trace = 120;        // single commands; observations of such a trace take megabytes
constexpr std::size_t explained_at_once = 24;  // cases of different kinds that are searched before giving up
constexpr int of_a_kind_explained = 4;
constexpr std::size_t evidence_max = 6'000;  // traces that one set of Rules is held against
constexpr std::size_t witnesses_max = 16;

/// "A.cache.s2" is "cache.s", and so is "A.cache.(no id)"; "callback[1]" is "callback[]".
std::string without_numbers(const std::string& field) {
  std::string text =
      field.size() > 2 && field[1] == '.' && field[0] >= 'A' && field[0] <= 'D' ? field.substr(2) : field;
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  constexpr std::string_view nameless = "(no id)";
  if (text.ends_with(nameless)) text.replace(text.size() - nameless.size(), nameless.size(), "s");
  return text;
}

/// The trace up to and including its first difference.
Trace cut(const Trace& trace, const Difference& difference) {
  Trace start = trace;
  start.commands.resize(difference.command + 1);
  start.commands.back().repeat = static_cast<std::uint16_t>(difference.repetition + 1);
  return start;
}

}  // namespace

std::string signature(const Trace& trace, const Difference& difference) {
  std::set<std::string> fields;
  for (const FieldDifference& f : difference.fields) {
    fields.insert(without_numbers(f.field));
    // Of a death it matters where, not what is missing because of it.
    if (f.field == "status") fields = {"status " + f.library};
    if (f.field == "status") break;
  }
  // What the application holds, and how many there are, follow from what the cache holds.
  if (fields.size() > 1) fields.erase("h");
  if (fields.contains("cache.s")) fields.erase("sess_number");
  // A setting that reads wrongly does so after every command.
  const bool settings =
      std::ranges::all_of(fields, [](const std::string& f) { return f == "mode" || f == "size" || f == "timeout"; });
  std::string text(settings ? "" : info(trace.commands[difference.command].op).name);
  for (const std::string& field : fields) text += " " + field;
  return text;
}

std::size_t Account::count(const std::string& wanted) const {
  const auto known = counts_.find(wanted);
  return known == counts_.end() ? 0 : known->second;
}

void Account::disagreed(Case found) {
  ++disagreements_;
  ++counts_[found.signature];
  if (cases_.size() >= next_settling_) {
    const Rules before = established_;
    settle();
    next_settling_ = cases_.size() + settle_every;
    if (established_ != before) kept_.clear();
  }
  // A library far from what was expected: of what is accounted for already no more is needed. What is left is of the kind
  // that it is beside the established Rules, however many others look like it beside the expected ones.
  std::string kind = found.signature;
  if (cases_.size() >= settle_every && !found.died()) {
    const auto left = lockstep(found.trace, established_, found.run.seen);
    if (!left) return;
    kind = signature(found.trace, *left);
  }
  std::size_t& so_many = kept_[kind];
  const bool is_long = found.run.seen.size() > long_trace;
  if (cases_.size() >= cases_max || so_many >= of_a_kind_max) return;
  if (is_long && so_many > 0 && long_ones_ >= long_ones_max) return;
  ++so_many;
  long_ones_ += is_long;
  cases_.push_back(std::move(found));
}

bool Account::contradicts(const Agreed& evidence, const Rules& rules) const {
  const Trace trace = retell_(evidence.number);
  return lockstep(trace, rules, predict(trace, expected_)).has_value();
}

/// False when something that was seen contradicts these Rules: a trace, or the beginning of one, that the expected
/// Rules account for and these do not.
bool Account::allowed(const Rules& rules) {
  std::bitset<rule_count> changed;
  for (const Choice change : differences(expected_, rules)) changed.set(static_cast<std::size_t>(change.rule));
  for (const Agreed& w : witnesses_)
    if ((w.asked & changed).any() && contradicts(w, rules)) return false;
  for (const Case& c : cases_)
    if (const auto difference = lockstep(c.trace, rules, c.run.seen); difference && difference->step < c.agreed_steps)
      return false;
  std::size_t held_against = 0;
  for (const Agreed& evidence : agreed_) {
    if ((evidence.asked & changed).none()) continue;
    if (++held_against > evidence_max) break;
    if (!contradicts(evidence, rules)) continue;
    witnesses_.push_front(evidence);
    if (witnesses_.size() > witnesses_max) witnesses_.pop_back();
    return false;
  }
  return true;
}

Account::Score Account::score(const Rules& rules) const {
  Score total;
  for (const Case& c : cases_) {
    const auto difference = lockstep(c.trace, rules, c.run.seen);
    if (!difference)
      ++total.cases, ++total.steps;  // also a death, when these Rules foretell it
    else if (!c.died())
      total.steps += static_cast<double>(difference->step) / static_cast<double>(c.run.seen.size());
  }
  return total;
}

/// One change, or some, that account for more and are not contradicted.
bool Account::improve(Rules& rules) {
  const Score now = score(rules);
  std::vector<const Case*> open;
  for (const Case& c : cases_)
    if (!c.died() && lockstep(c.trace, rules, c.run.seen)) open.push_back(&c);
  std::ranges::stable_sort(open, {}, [](const Case* c) { return c->run.seen.size(); });

  std::map<std::string, int> tried;
  for (const Case* c : open) {
    const auto difference = lockstep(c->trace, rules, c->run.seen);
    if (++tried[signature(c->trace, *difference)] > of_a_kind_explained) continue;
    if (tried.size() > explained_at_once) break;
    const Trace start = cut(c->trace, *difference);
    const auto seen = std::span(c->run.seen).first(std::min(difference->step + 1, c->run.seen.size()));

    // One change: the best of all that explain this case.
    std::optional<Rules> best;
    Score best_score = now;
    for (const RuleInfo& row : rule_table())
      for (std::uint8_t value = 0; value < row.values.size(); ++value) {
        const Choice change{row.rule, value};
        const Rules changed = rules.with(change);
        if (rules.says(change) || lockstep(start, changed, seen)) continue;
        const Score reached = score(changed);
        if (!(reached > best_score)) continue;
        if (allowed(changed))
          best = changed, best_score = reached;
        else if (std::ranges::find(nearly_, change) == nearly_.end())
          nearly_.push_back(change);
      }
    // Several at once.
    if (!best) {
      const auto acceptable = [&](const Rules& changed) { return score(changed) > now && allowed(changed); };
      if (const auto changes = explain(start, rules, seen, acceptable)) {
        Rules changed = rules;
        for (const Choice change : *changes) changed.set(change);
        if (score(changed) > now && allowed(changed)) best = changed;
      }
    }
    if (!best) continue;
    rules = *best;
    return true;
  }
  return false;
}

/// Two that hide each other in some trace: each alone is contradicted by it, both together are not.
bool Account::improve_by_pairs(Rules& rules) {
  const Score now = score(rules);
  for (std::size_t i = 0; i < nearly_.size(); ++i)
    for (std::size_t j = i + 1; j < nearly_.size(); ++j) {
      const Rules both = rules.with(nearly_[i]).with(nearly_[j]);
      if (!(score(both) > now) || !allowed(both)) continue;
      rules = both;
      return true;
    }
  return false;
}

void Account::thin(Rules& rules) {
  for (const Choice change : differences(expected_, rules)) {
    const Rules without = rules.with({change.rule, expected_.value(change.rule)});
    if (score(without) >= score(rules) && allowed(without)) rules = without;
  }
}

void Account::settle() {
  Rules rules = expected_;
  nearly_.clear();
  if (established_ != expected_ && score(established_) > score(expected_) && allowed(established_))
    rules = established_;
  while (improve(rules) || improve_by_pairs(rules)) {
  }
  thin(rules);
  established_ = rules;
}

}  // namespace sesscheck
