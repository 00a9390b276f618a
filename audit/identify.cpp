#include "audit/identify.hpp"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <variant>

#include "audit/candidates.hpp"
#include "audit/directed.hpp"
#include "audit/findings.hpp"
#include "check/generate.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

constexpr std::size_t ways_foretold = 64;       // of a trace that may be carried out; one with more is foretold in part
constexpr std::size_t ways_followed = 512;      // of those that agree with what was seen
constexpr std::size_t good_enough_after = 50;   // traces looked at, when one was found that halves the candidates
constexpr double nothing = 1e-9;                // bits
constexpr std::size_t long_trace = 60;          // commands: to be looked at when no shorter one will do
constexpr std::size_t first_generated = 400;    // short traces that are there from the beginning, beside the corpus
constexpr std::size_t shrinking_tries = 400;
constexpr int any_order_tries = 6;
constexpr std::size_t drawn_at_once = 5;        // candidates that are asked one by one ...
constexpr std::size_t drawn_again_after = 250;  // ... and traces that they are asked about
constexpr int idle_max = 20;                    // experiments that refuted none of them
// No order comes by chance here, neither by age nor by id.
constexpr const char* flush_of_eight =
    "context A remove\ncontext B\nconnect B A keep=h1\nconnect B A keep=h2\nconnect B A x6\n"
    "remove A h1\nadd A h1\nremove A h2\nadd A h2\nflush A 0\n";
constexpr double cost_of_a_command = 0.002;  // bits: of two that split alike, the short one

class Identifier {
 public:
  Identifier(Fleet& fleet, const IdentifyOptions& options)
      : fleet_(fleet), options_(options), lab_(fleet.factory()),
        lacks_(fleet.factory()(patience_at_first).sut->lacks()), candidates_(lacks_) {}

  Identity run() {
    try {
      fill_pool();
      while (!stopped() && from_pool()) {
      }
      search();
      go_back();
      ask_some();
      go_back();
      if (order_was_certain_ > 0) ask_for_order();
      result_.rules = candidates_.nearest(nearest_profile().rules);
      check();
      look_again();
    } catch (const SutError& error) {
      if (result_.experiments.empty()) throw;
      result_.failure = error.what();
      result_.rules = candidates_.nearest(nearest_profile().rules);
    }
    name();
    place();
    result_.interrupted = stopped();
    return std::move(result_);
  }

 private:
  /// A trace that may be worth carrying out.
  struct Offer {
    std::string source;
    Trace trace;
    std::size_t commands = 0;
    double worth = 0;
    std::bitset<rule_count> open{};  // it depends on these
    bool stale = true, used = false;
  };

  [[nodiscard]] bool stopped() const { return options_.stop && *options_.stop; }
  void tell(std::string_view stage, std::size_t done, std::size_t wanted = 0) const {
    if (options_.progress) options_.progress({stage, done, wanted, candidates_.bits()});
  }

  // --- experiments ---------------------------------------------------------------------------------------------------

  void fill_pool() {
    for (const DirectedTrace& directed : directed_traces()) pool_.push_back({std::string(directed.file), restricted(directed.trace, lacks_)});
    Random random(options_.seed * 1'000'003);
    Shape shape = Shape::short_traces();
    shape.lacks = lacks_;
    for (std::size_t i = 0; i < first_generated; ++i) pool_.push_back({"generated", generate(random, shape)});
    for (Offer& offer : pool_) offer.commands = single_commands(offer.trace);
    std::ranges::stable_sort(pool_, {}, &Offer::commands);
  }

  static double worth(const Split& split, const Trace& trace) {
    if (split.bits < nothing) return 0;
    return std::max(nothing, split.bits - cost_of_a_command * static_cast<double>(single_commands(trace)));
  }

  /// The best of what is there. False when nothing there splits the candidates.
  bool from_pool() {
    Offer* best = nullptr;
    std::size_t looked_at = 0;
    for (Offer& offer : pool_) {
      if (offer.stale) {
        const Split split = candidates_.split(offer.trace, ways_foretold);
        offer.worth = worth(split, offer.trace);
        offer.open = split.open;
        offer.stale = false;
        ++looked_at;
      }
      if (offer.worth > 0 && (!best || offer.worth > best->worth)) best = &offer;
      if (best && offer.commands > long_trace) break;
      if (best && best->worth > 0.9 && looked_at >= good_enough_after) break;
    }
    if (!best) return false;
    best->worth = 0;  // until something is decided that it depends on
    best->used = true;
    carry_out(best->source, best->trace);
    return true;
  }

  /// Random traces, for what nothing in the pool brings about under Rules like these.
  void search() {
    Random random(options_.seed * 7'368'787);
    Shape shapes[] = {Shape::short_traces(), {}};
    for (Shape& shape : shapes) shape.lacks = lacks_;
    for (std::size_t i = 0; i < options_.generated && !stopped() && candidates_.undecided().any(); ++i) {
      Trace trace = generate(random, shapes[i % 2]);
      tell("searching", i, options_.generated);
      const double bits = candidates_.split(trace, ways_foretold).bits;
      if (bits < nothing) continue;
      trace = shrink(
          trace,
          [&](const Trace& smaller) { return candidates_.split(smaller, ways_foretold).bits > bits - nothing; }, shrinking_tries);
      carry_out("generated", trace);
      while (!stopped() && from_pool()) {
      }
    }
  }

  /// Experiments that could not be followed to the end when too much was open, now that less is.
  void go_back() {
    for (Experiment& experiment : result_.experiments) {
      if (experiment.accounted || stopped()) continue;
      const std::vector<Observation> seen = lab_.run(experiment.trace);
      result_.commands += seen.size();
      experiment.accounted = candidates_.learn(experiment.trace, seen, ways_followed) == Candidates::Learnt::all;
    }
  }

  /// Candidates drawn by chance, as different from each other as what is known allows. They are of one mind about the order
  /// of removals: no single trace decides about that (look_at_order).
  [[nodiscard]] std::vector<Rules> draw(Random& random) const {
    std::vector<Rules> drawn;
    for (std::size_t i = 0; i < drawn_at_once; ++i) {
      Rules rules;
      for (const RuleInfo& row : rule_table())
        rules.set({row.rule, static_cast<std::uint8_t>(random.below(row.values.size()))});
      if (i > 0) rules.set({Rule::removal_order, drawn.front().value(Rule::removal_order)});
      drawn.push_back(candidates_.nearest(rules));
    }
    return drawn;
  }

  /// A split follows so many ways and no more. Whole candidates tell what lies behind: many Rules that are open together.
  void ask_some() {
    Random random(options_.seed * 15'485'863);
    Shape shape;
    shape.lacks = lacks_;
    std::vector<Rules> some;
    int idle = 0;
    for (std::size_t i = 0; i < options_.generated && idle < idle_max && !stopped() && candidates_.undecided().any(); ++i) {
      if (i % drawn_again_after == 0) some = draw(random);
      tell("comparing candidates", i, options_.generated);
      const auto differ = [&](const Trace& trace) {
        const std::vector<Observation> first = simulate(trace, some.front(), {}, lacks_);
        return std::any_of(some.begin() + 1, some.end(), [&](const Rules& other) { return lockstep(trace, other, first).has_value(); });
      };
      Trace trace = generate(random, shape);
      if (!differ(trace)) continue;
      trace = shrink(trace, differ, shrinking_tries);
      carry_out("generated", trace);
      if (std::ranges::all_of(some, [&](const Rules& rules) { return candidates_.allow(rules); })) ++idle;
      while (!stopped() && from_pool()) {
      }
      some = draw(random);
    }
  }

  void carry_out(const std::string& source, const Trace& trace) {
    const Split split = candidates_.split(trace, ways_foretold);
    const std::bitset<rule_count> open = candidates_.undecided();
    Experiment experiment{source, trace, split.bits, candidates_.bits(), 0, {}, true};
    const std::vector<Observation> seen = lab_.run(trace);
    result_.commands += seen.size();
    experiment.accounted = candidates_.learn(trace, seen, ways_followed) == Candidates::Learnt::all;
    look_at_order(trace, split, seen);
    experiment.after = candidates_.bits();
    const std::bitset<rule_count> decided = open & ~candidates_.undecided();
    for (const RuleInfo& row : rule_table())
      if (decided.test(static_cast<std::size_t>(row.rule))) experiment.decided.push_back(row.rule);
    result_.experiments.push_back(std::move(experiment));
    for (Offer& offer : pool_)
      if ((offer.open & (offer.used ? decided : decided | split.open)).any()) offer.stale = true;
    tell("experiments", result_.experiments.size());
  }

  [[nodiscard]] bool order_is_open() const {
    return candidates_.possible(reported_in_any_order) && !candidates_.decided(Rule::removal_order);
  }
  /// Any order allows a certain one as well. Who keeps to that where any other could have come does so on purpose.
  void look_at_order(const Trace& trace, const Split& split, const std::vector<Observation>& seen) {
    if (!order_is_open()) return;
    const auto foretold = [&](const Way& way) {
      return std::ranges::equal(simulate(restricted(trace, lacks_), way.rules), seen, alike);
    };
    if (!split.whole || !split.open.test(static_cast<std::size_t>(Rule::removal_order))) return;
    if (std::ranges::any_of(split.ways, foretold) &&
        !std::ranges::any_of(split.ways, [&](const Way& w) { return w.rules.says(reported_in_any_order) && foretold(w); }))
      ++order_was_certain_;
    if (order_was_certain_ == any_order_tries) ask_for_order();
  }
  /// Six traces may show one and the same coincidence: two sessions whose ids are near to each other.
  void ask_for_order() {
    if (!order_is_open()) return;
    carry_out("a flush of eight", restricted(std::get<Trace>(parse(flush_of_eight)), lacks_));
    if (order_is_open() && result_.experiments.back().accounted) candidates_.exclude(reported_in_any_order);
  }

  // --- checking ------------------------------------------------------------------------------------------------------

  /// Random traces beside what was found: what it does not account for is accounted for all together.
  void check() {
    if (options_.commands == 0 || stopped()) return;
    AuditOptions audit_options;
    audit_options.expected = result_.rules;
    audit_options.seed = options_.seed;
    audit_options.commands = options_.commands;
    audit_options.lacks = lacks_;
    audit_options.deviations = false;
    audit_options.stop = options_.stop;
    audit_options.progress = [this](const AuditProgress& p) { tell("checking", p.done, p.wanted); };
    AuditResult checked = audit(fleet_, audit_options);
    result_.commands += checked.commands;
    result_.failure = checked.failure;
    for (Surprise& surprise : checked.surprises) {
      if (surprise.kind != Surprise::Kind::rule) {
        result_.findings.push_back(std::move(surprise));
        continue;
      }
      for (const Choice choice : *surprise.explanation) {
        result_.rules.set(choice);
        corrected_.set(static_cast<std::size_t>(choice.rule));
        result_.experiments.push_back({"random", surprise.trace, 0, candidates_.bits(), candidates_.bits(), {choice.rule}, true});
      }
    }
  }

  /// Experiments that no candidate accounted for, or not to the end, where the random traces did not come upon the same.
  void look_again() {
    const Account::Retell none = [](std::size_t) { return Trace{}; };
    Account odd(result_.rules, none, lacks_);
    for (Experiment& experiment : result_.experiments) {
      if (experiment.accounted || stopped()) continue;
      Run run;
      run.seen = lab_.run_fresh(experiment.trace);
      run.last_words = lab_.last_words();
      result_.commands += run.seen.size();
      const auto difference = lockstep(experiment.trace, result_.rules, run.seen);
      experiment.accounted = !difference;
      if (difference)
        odd.disagreed({experiment.trace, run, result_.commands, difference->step, signature(experiment.trace, *difference)});
    }
    Findings findings(fleet_.factory(), odd, none, options_.stop);
    for (Surprise& surprise : findings.unexplained([this](std::size_t done, std::size_t wanted) { tell("shrinking", done, wanted); }))
      if (std::ranges::find(result_.findings, surprise.shown.signature, [](const Surprise& s) { return s.shown.signature; }) ==
          result_.findings.end())
        result_.findings.push_back(std::move(surprise));
  }

  // --- what was found ------------------------------------------------------------------------------------------------

  void name() {
    for (const RuleInfo& row : rule_table()) {
      tell("shrinking", static_cast<std::size_t>(row.rule), rule_count);
      IdentifiedRule found{row.rule, result_.rules.value(row.rule), {}, {}, {}};
      for (std::uint8_t value = 0; value < row.values.size(); ++value) {
        if (value == found.value) continue;
        const bool open = candidates_.possible({row.rule, value}) && !corrected_.test(static_cast<std::size_t>(row.rule));
        auto proof = prove(result_.rules.with({row.rule, value}), value);
        auto together = open && proof ? possible_together({row.rule, value}) : std::vector<Choice>{};
        if (!together.empty())
          found.together.push_back(std::move(together));
        else if (proof)
          found.proofs.push_back(std::move(*proof));
        else if (open)
          found.same.push_back(value);
      }
      result_.of.push_back(std::move(found));
    }
  }

  /// What else has to change, if this choice is to account for all experiments as well; empty when nothing makes it.
  [[nodiscard]] std::vector<Choice> possible_together(Choice choice) const {
    Candidates left = candidates_;
    for (std::uint8_t value = 0; value < info(choice.rule).values.size(); ++value)
      if (value != choice.value) left.exclude({choice.rule, value});
    const Rules other = left.nearest(result_.rules);
    if (!other.says(choice) || !left.allow(other) ||
        std::ranges::any_of(result_.experiments, [&](const Experiment& e) { return differs(e.trace, other); }))
      return {};
    std::vector<Choice> changes = differences(result_.rules, other);
    std::ranges::stable_partition(changes, [&](Choice change) { return change == choice; });
    return changes;
  }

  [[nodiscard]] bool differs(const Trace& trace, const Rules& other) const {
    return lockstep(trace, other, simulate(trace, result_.rules, {}, lacks_)).has_value();
  }

  /// The first experiment in which these other Rules would have made a difference, made short.
  std::optional<Proof> prove(const Rules& other, std::uint8_t refuted) {
    for (std::size_t i = 0; i < result_.experiments.size(); ++i) {
      const Trace& whole = result_.experiments[i].trace;
      if (!differs(whole, other)) continue;
      const auto still = [&](const Trace& trace) { return differs(trace, other); };
      Proof proof{refuted, i, stopped() ? whole : shrink(whole, still, shrinking_tries), {}};
      // The model says that so much will do; the library has the last word.
      if (!confirmed(proof.trace)) proof.trace = whole;
      proof.shown = show(proof.trace, other, simulate(proof.trace, result_.rules, {}, lacks_));
      return proof;
    }
    return std::nullopt;
  }

  bool confirmed(const Trace& trace) {
    if (!result_.failure.empty()) return false;
    const std::vector<Observation> seen = lab_.run(trace);
    result_.commands += seen.size();
    return !lockstep(trace, result_.rules, seen);
  }

  [[nodiscard]] std::size_t distance(const Profile& profile) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        rule_table(), [&](const RuleInfo& row) { return !candidates_.possible({row.rule, profile.rules.value(row.rule)}); }));
  }
  [[nodiscard]] const Profile& nearest_profile() const {
    return *std::ranges::min_element(profiles(), {}, [this](const Profile& p) { return distance(p); });
  }

  /// Beside what is known.
  void place() {
    const auto far = [&](const Profile& profile) {
      return std::ranges::count_if(result_.of, [&](const IdentifiedRule& found) { return !fits(found, profile.rules); });
    };
    const auto least = far(*std::ranges::min_element(profiles(), {}, far));
    for (const Profile& profile : profiles())
      if (far(profile) == least) result_.nearest.push_back(profile.name);
    const Rules near = *find_profile(result_.nearest.front());
    for (const IdentifiedRule& found : result_.of) {
      if (!fits(found, near)) result_.differing.push_back({found.rule, found.value});
      if (std::ranges::none_of(profiles(), [&](const Profile& p) { return fits(found, p.rules); }))
        result_.unknown.push_back({found.rule, found.value});
    }
  }
  static bool fits(const IdentifiedRule& found, const Rules& rules) {
    const std::uint8_t value = rules.value(found.rule);
    return value == found.value || std::ranges::find(found.same, value) != found.same.end() ||
           std::ranges::any_of(found.together, [&](const std::vector<Choice>& changes) {
             return std::ranges::all_of(changes, [&](Choice choice) { return rules.says(choice); });
           });
  }

  Fleet& fleet_;
  const IdentifyOptions& options_;
  Lab lab_;
  const Lacks lacks_;
  Candidates candidates_;
  std::vector<Offer> pool_;
  std::bitset<rule_count> corrected_;  // by the check
  int order_was_certain_ = 0;
  Identity result_;
};

}  // namespace

Identity identify(Fleet& fleet, const IdentifyOptions& options) { return Identifier(fleet, options).run(); }

}  // namespace sesscheck
