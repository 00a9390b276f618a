#include "audit/findings.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "check/shrink.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kinds_max = 16;       // of unexplained differences that are shrunk; the rest is counted
constexpr auto shrinking_max = 10s;         // of one of them ...
constexpr auto shrinking_a_hang_max = 25s;  // ... which takes its time at every try
constexpr auto all_max = 50s;               // of all
constexpr Patience patience_confirming{5'000}, patience_shrinking{700};
constexpr std::size_t shortest_of = 20;  // cases that show a Rule; the shortest of them is shrunk

Status death_of(const std::vector<Observation>& seen) {
  if (seen.empty()) return Status::done;
  const Status last = seen.back().status;
  return last == Status::crashed || last == Status::hung ? last : Status::done;
}

/// The fields of a signature: all its words but the command.
std::set<std::string> fields_of(const Shown& shown) {
  std::istringstream words(shown.signature.substr(std::min(shown.signature.find(' '), shown.signature.size())));
  return {std::istream_iterator<std::string>(words), {}};
}

/// What a sanitizer says in one line of a death; empty when none did.
std::string diagnosis(const std::string& last_words) {
  const std::size_t at = last_words.find("SUMMARY: ");
  return at == std::string::npos ? "" : last_words.substr(at, last_words.find('\n', at) - at);
}

/// Whether two surprises are believed to have one explanation: they look alike; or all that differs in the one differs in
/// the other as well, whatever the command; or they died of the same.
bool one_explanation(const Surprise& a, const Surprise& b) {
  if (a.kind != b.kind || a.repeats != b.repeats) return false;
  if (a.shown.signature == b.shown.signature) return true;
  if (a.repeats != Repeats::alone) return false;
  if (a.kind == Surprise::Kind::died)
    return !diagnosis(a.last_words).empty() && diagnosis(a.last_words) == diagnosis(b.last_words);
  const std::set<std::string> of_a = fields_of(a.shown), of_b = fields_of(b.shown);
  return std::ranges::includes(of_a, of_b) || std::ranges::includes(of_b, of_a);
}

/// Puts a surprise to one that it has its explanation in common with, as one more of its kind or as another symptom. The
/// shorter one leads.
void join(Surprise& known, Surprise other) {
  if (single_commands(other.trace) < single_commands(known.trace)) {
    std::swap(known, other);
    known.symptoms = std::move(other.symptoms);
  }
  known.found_after = std::min(known.found_after, other.found_after);
  known.symptoms.push_back({std::move(other.trace), std::move(other.shown), other.count});
  std::vector<Symptom> different;
  for (Symptom& symptom : known.symptoms) {
    const auto same = std::ranges::find(different, symptom.shown.signature, [](const Symptom& s) { return s.shown.signature; });
    if (symptom.shown.signature == known.shown.signature)
      known.count += symptom.count;
    else if (same != different.end())
      same->count += symptom.count;
    else
      different.push_back(std::move(symptom));
  }
  known.symptoms = std::move(different);
}

}  // namespace

Shown show(const Trace& trace, const Rules& rules, const std::vector<Observation>& seen) {
  Shown shown;
  const auto difference = lockstep(trace, rules, seen, [&](const Step& step) { shown.reasons = step.because.reasons; });
  if (!difference) return {};
  shown.command = difference->command, shown.repetition = difference->repetition;
  shown.command_text = to_text(trace.commands[difference->command]);
  shown.fields = difference->fields;
  shown.signature = signature(trace, *difference);
  return shown;
}

/// A death stays a death, and a crash a crash: another difference on the way is another finding. A library that dies when
/// everything is given up may do so without a command; such a trace has no step to show it at.
bool Findings::wrong(const Trace& trace, const std::vector<Observation>& seen, Status death) const {
  if (trace.commands.empty()) return false;
  if (death != Status::done) return death_of(seen) == death;
  return death_of(seen) == Status::done && lockstep(trace, account_.established(), seen);
}

void Findings::shrink_to_choice(Trace& trace, Shown& shown, const Rules& without) {
  const Rules& real = account_.established();
  until_ = Clock::now() + shrinking_max;
  lab_.set_patience(patience_confirming);
  const std::function<bool(const Trace&)> shows = [&](const Trace& candidate) {
    if (stopped() || Clock::now() > until_) return false;
    if (!lockstep(candidate, without, account_.predict(candidate, real))) return false;
    return !lockstep(candidate, real, lab_.run(candidate));
  };
  if (shows(trace)) trace = shrink(trace, shows);
  shown = show(trace, without, lab_.run_fresh(trace));
}

std::vector<Surprise> Findings::explained() {
  std::vector<Surprise> all;
  const Rules &expected = account_.expected(), &real = account_.established();
  for (const Choice change : differences(expected, real)) {
    const Rules without = real.with({change.rule, expected.value(change.rule)});
    Surprise surprise;
    surprise.kind = Surprise::Kind::rule;
    surprise.explanation = {change};
    surprise.count = 0;
    for (const Case& c : account_.cases()) {
      if (c.died() || lockstep(c.trace, real, c.run.seen) || !lockstep(c.trace, without, c.run.seen)) continue;
      if (surprise.count == 0) surprise.found_after = c.found_after;
      if (surprise.count == 0 ||
          (surprise.count < shortest_of && single_commands(c.trace) < single_commands(surprise.trace)))
        surprise.trace = c.trace;
      ++surprise.count;
    }
    if (surprise.count == 0) continue;
    try {
      shrink_to_choice(surprise.trace, surprise.shown, without);
    } catch (const SutError&) {  // the library cannot be asked any more; what was found stands
      surprise.shown = show(surprise.trace, without, account_.predict(surprise.trace, real));
      surprise.repeats = Repeats::untried;
    }
    all.push_back(std::move(surprise));
  }
  return all;
}

std::vector<Surprise> Findings::unexplained(const Tell& tell) {
  // One of each kind; deaths first.
  std::map<std::string, const Case*> kinds;
  std::map<std::string, std::size_t> first_found;
  for (const Case& c : account_.cases()) {
    if (!lockstep(c.trace, account_.established(), c.run.seen)) continue;
    // A short trace; and one behind few others, in case they are needed to see it again.
    const auto cost = [](const Case& k) { return single_commands(k.trace) + k.run.before.size() / 2; };
    const Case*& best = kinds[c.signature];
    if (!best || cost(c) < cost(*best)) best = &c;
    first_found.emplace(c.signature, c.found_after);
  }
  std::vector<const Case*> order;
  for (const auto& [kind, c] : kinds) order.push_back(c);
  std::ranges::stable_sort(order, {}, [&](const Case* c) { return std::pair(!c->died(), first_found[c->signature]); });

  std::vector<Surprise> all;
  const auto until = Clock::now() + all_max;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Case& c = *order[i];
    if (tell) tell(i, order.size());
    const bool enough = i >= kinds_max || Clock::now() >= until;
    if (enough && !stopped()) {
      all.back().not_investigated += account_.count(c.signature);
      continue;
    }
    Surprise surprise = as_found(c);
    if (!stopped()) try {
        surprise = investigate(c);
      } catch (const SutError&) {  // the library cannot be asked any more; what was found stands
      }
    surprise.found_after = first_found[c.signature];
    surprise.count = account_.count(c.signature);
    // Once shrunk, many are one.
    const auto same = std::ranges::find_if(all, [&](const Surprise& known) { return one_explanation(known, surprise); });
    if (same == all.end())
      all.push_back(std::move(surprise));
    else
      join(*same, std::move(surprise));
  }
  return all;
}

/// Without asking the library again.
Surprise Findings::as_found(const Case& found) const {
  Surprise surprise;
  surprise.kind = found.died() ? Surprise::Kind::died : Surprise::Kind::unexplained;
  surprise.trace = found.trace;
  surprise.shown = show(found.trace, account_.established(), found.run.seen);
  surprise.last_words = found.run.last_words;
  surprise.repeats = Repeats::untried;
  return surprise;
}

/// Does it happen again? Alone in a new process, or behind the traces that went before it, or not at all.
Surprise Findings::investigate(const Case& found) {
  Surprise surprise = as_found(found);
  surprise.repeats = Repeats::alone;
  const Status death = death_of(found.run.seen);

  lab_.set_patience(patience_confirming);
  std::vector<Observation> seen = lab_.run_fresh(found.trace);
  Status now = death_of(seen);
  if (death == Status::done && now != Status::done)
    surprise.kind = Surprise::Kind::died;  // it was worse than it looked
  if (wrong(found.trace, seen, now) && (death == Status::done || now == death)) {
    shrink_alone(surprise, now);
    seen = lab_.run_fresh(surprise.trace);
  } else {
    find_accomplices(found, surprise, death);
    seen = surprise.repeats == Repeats::after_others ? lab_.run_after(surprise.before, surprise.trace) : found.run.seen;
  }
  if (death_of(seen) != Status::done && surprise.repeats != Repeats::once) surprise.last_words = lab_.last_words();
  surprise.shown = show(surprise.trace, account_.established(), seen);
  if (surprise.shown.fields.empty()) {  // it comes and goes: what was seen first is what there is to show
    surprise.repeats = Repeats::once;
    surprise.trace = found.trace;
    surprise.shown = show(found.trace, account_.established(), found.run.seen);
  }
  return surprise;
}

void Findings::shrink_alone(Surprise& surprise, Status death) {
  lab_.set_patience(patience_shrinking);
  until_ = Clock::now() + (death == Status::hung ? shrinking_a_hang_max : shrinking_max);
  const std::function<bool(const Trace&)> still = [&](const Trace& candidate) {
    if (stopped() || Clock::now() > until_) return false;
    // What earlier candidates did to the process must not decide: what goes wrong there goes wrong in a new one, too.
    if (death == Status::hung) return wrong(candidate, lab_.run_fresh(candidate), death);
    return wrong(candidate, lab_.run(candidate), death) && wrong(candidate, lab_.run_fresh(candidate), death);
  };
  if (still(surprise.trace)) surprise.trace = shrink(surprise.trace, still);
  lab_.set_patience(patience_confirming);
}

void Findings::find_accomplices(const Case& found, Surprise& surprise, Status death) {
  surprise.repeats = Repeats::once;
  std::vector<Trace> before;
  until_ = Clock::now() + shrinking_max;
  const auto again = [&](const std::vector<Trace>& others, const Trace& trace) {
    return !stopped() && Clock::now() < until_ && wrong(trace, lab_.run_after(others, trace), death);
  };
  // The last one before it, the last two, four, ...
  const std::vector<std::size_t>& numbers = found.run.before;
  for (std::size_t n = 1;; n *= 2) {
    n = std::min(n, numbers.size());
    before.clear();
    for (std::size_t i = numbers.size() - n; i < numbers.size(); ++i) before.push_back(retell_(numbers[i]));
    if (n > 0 && again(before, found.trace)) break;
    if (n == numbers.size()) return;
  }
  surprise.repeats = Repeats::after_others;
  for (std::size_t chunk = std::max<std::size_t>(before.size() / 2, 1); chunk > 0; chunk /= 2)
    for (std::size_t end = before.size(); end > 0;) {
      const std::size_t start = end > chunk ? end - chunk : 0;
      std::vector<Trace> fewer = before;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(start), fewer.begin() + static_cast<std::ptrdiff_t>(end));
      if (!fewer.empty() && again(fewer, found.trace)) before = std::move(fewer);
      end = start;
    }
  surprise.trace = shrink(
      surprise.trace, [&](const Trace& t) { return again(before, t); }, 300);
  for (std::size_t i = 0; i < before.size() && before.size() <= 3; ++i)
    before[i] = shrink(
        before[i],
        [&](const Trace& t) {
          std::vector<Trace> others = before;
          others[i] = t;
          return again(others, surprise.trace);
        },
        300);
  surprise.before = std::move(before);
}

}  // namespace sesscheck
