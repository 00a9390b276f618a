#include "fuzz/mutate.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "fuzz/mutation.hpp"

namespace sesscheck::fuzz {

Trace Mutation::run() {
  using Change = void (Mutation::*)();
  static constexpr Random::Weighted<Change> changes[] = {
      {24, &Mutation::change_argument}, {12, &Mutation::insert_run},   {12, &Mutation::insert_one},
      {10, &Mutation::aim},             {9, &Mutation::cut},           {8, &Mutation::duplicate},
      {5, &Mutation::swap},             {5, &Mutation::change_op},     {6, &Mutation::change_setup},
      {6, &Mutation::change_settings},  {4, &Mutation::pull_apart},    {1, &Mutation::towards_flush},
      {2, &Mutation::change_contexts}};
  const Trace before = t_;
  if (r.chance(80)) calm();
  for (std::int64_t n = r.weighted<std::int64_t>({{50, 1}, {25, 2}, {15, 3}, {10, 4}}); n > 0 || t_ == before; --n) {
    if (n < -8) break;  // some traces are hard to change: one full of commands without arguments
    (this->*r.weighted<Change>(changes))();
    t_ = bounded(normalise(t_), bounds_);
  }
  return std::move(t_);
}

// ---- the sequence

std::size_t Mutation::insert(std::size_t place, const std::vector<Command>& commands) {
  t_.commands.insert(at(place), commands.begin(), commands.end());
  if (t_.commands.size() <= bounds_.commands) return place;
  // What does not fit is taken from the trace as it was, not from what was inserted.
  const std::size_t before = std::min(place, t_.commands.size() - bounds_.commands);
  t_.commands.erase(at(0), at(before));
  return place - before;
}

void Mutation::insert_run() {
  Shape shape;
  shape.commands_min = 1, shape.commands_max = 10, shape.cadence_percent = 0;
  const Trace run = generate(r, shape);
  if (empty() && r.chance(80)) t_.setup = run.setup;
  insert(some_place(), run.commands);
}

void Mutation::insert_one() {
  Command command;
  command.op = r.chance(40) ? Op::connect : static_cast<Op>(r.below(static_cast<std::uint64_t>(Op::count)));
  const std::size_t index = insert(some_place(), {normalise(command)});
  const OpInfo& op = info(t_.commands[index].op);
  for (const Field field : op.positional) set_some_value(index, field);
  for (const Field field : op.optional)
    if (field != Field::repeat && r.chance(field == Field::offer || field == Field::keep ? 60
                                           : field == Field::early                        ? 30
                                                                                          : 10))
      set_some_value(index, field);
}

void Mutation::cut() {
  if (empty()) return;
  const std::size_t first = some_index();
  const std::size_t length = 1 + (r.chance(70) ? 0 : r.below(t_.commands.size() - first));
  t_.commands.erase(at(first), at(std::min(first + length, t_.commands.size())));
}

void Mutation::duplicate() {
  if (empty()) return;
  const std::size_t first = some_index();
  const std::size_t length = std::min<std::size_t>(1 + r.below(6), t_.commands.size() - first);
  const std::vector<Command> part(at(first), at(first + length));
  insert(r.chance(50) ? first + length : some_place(), part);
}

void Mutation::swap() {
  if (t_.commands.size() > 1) std::swap(t_.commands[some_index()], t_.commands[some_index()]);
}

/// A connection at one go becomes one that stays open: what follows may then happen while it is on its way.
void Mutation::pull_apart() {
  std::vector<std::size_t> connects;
  for (std::size_t i = 0; i < t_.commands.size(); ++i)
    if (t_.commands[i].op == Op::connect) connects.push_back(i);
  if (connects.empty()) return;
  const std::size_t index = r.pick(connects);
  const Command whole = t_.commands[index];
  const auto name = static_cast<std::uint8_t>(r.below(connections_max));
  const auto part = [&](Op op) {
    Command c;
    c.op = op, c.connection = name;
    return c;
  };
  Command open = whole;
  open.op = Op::open, open.connection = name;
  std::vector<Command> first = {open}, rest = {part(Op::deliver)};
  if (r.chance(70)) {
    first.push_back(part(Op::deliver));
    first.back().flights = static_cast<std::uint8_t>(r.between(1, 4));
  }
  for (const bool at_server : {false, true}) {
    Command take = part(Op::take);
    take.at_server = at_server, take.keep = at_server ? whole.keep_server : whole.keep;
    if (take.keep != 0) rest.push_back(take);
  }
  Command close = part(Op::close);
  close.client_end = whole.client_end, close.server_end = whole.server_end;
  rest.push_back(close);
  for (Command& c : rest) c = normalise(c);
  // The rest comes after some of the commands that follow; it goes in first, so that the index stays right.
  t_.commands.insert(at(index + 1 + r.below(std::min<std::size_t>(5, t_.commands.size() - index))), rest.begin(),
                     rest.end());
  t_.commands[index] = normalise(first.front());
  if (first.size() > 1) t_.commands.insert(at(index + 1), normalise(first.back()));
}

void Mutation::change_op() {
  if (empty()) return;
  // Contexts and slots stay: the new command acts on what the old one acted on.
  t_.commands[some_index()].op = static_cast<Op>(r.below(static_cast<std::uint64_t>(Op::count)));
}

/// Repetitions cost nearly all the time of a trace that has them, and show little once a flush was reached: most of the
/// descendants of such a trace lose them.
void Mutation::calm() {
  for (Command& c : t_.commands) c.repeat = std::min<std::uint16_t>(c.repeat, 3);
}

// ---- the setup

void Mutation::change_setup() {
  ContextSetup& c = t_.setup.contexts[r.below(t_.setup.contexts.size())];
  switch (r.below(8)) {
    case 0: c.mode = c.mode.value_or(default_mode) ^ r.pick(std::span(mode_bits)); break;
    case 1: c.size = r.pick<std::int64_t>({0, 1, 2, 2, 3, 4, -1, default_size}); break;
    case 2:
      c.timeout = r.pick<std::int64_t>({0, 1, 2, 5, 10, 300, -1, std::numeric_limits<std::int64_t>::max()});
      break;
    case 3: c.id_context = {r.pick<std::uint8_t>({0, 1, 1, 2, 32, 33}), r.pick({'a', 'a', 'b'})}; break;
    case 4: c.verify_peer = !c.verify_peer; break;
    case 5:
      c.callbacks = {static_cast<NewCallback>(r.below(3)), static_cast<GetCallback>(r.below(4)),
                     static_cast<RemoveCallback>(r.below(2))};
      break;
    case 6: c.store = static_cast<Store>(r.below(3)); break;
    default:
      if (r.chance(50))
        c = {};
      else
        t_.setup.certificates = r.chance(15);  // they are slow, and change little
  }
}

/// One setting of one context; often of all, since two ends must fit.
void Mutation::change_settings() {
  const Setting setting = static_cast<Setting>(r.below(setting_count));
  const auto value = static_cast<std::uint8_t>(r.below(setting_max(setting) + 1U));
  const std::size_t only = r.below(t_.setup.contexts.size());
  const bool all = r.chance(50);
  for (std::size_t i = 0; i < t_.setup.contexts.size(); ++i)
    if (all || i == only) t_.setup.contexts[i].settings[setting] = r.chance(15) ? info(setting).usual : value;
  if ((setting == Setting::version_min || setting == Setting::version_max) && r.chance(60))
    for (ContextSetup& c : t_.setup.contexts) c.settings[Setting::version_min] = c.settings[Setting::version_max];
}

void Mutation::change_contexts() {
  auto& contexts = t_.setup.contexts;
  if (contexts.size() > 1 && r.chance(40))
    contexts.pop_back();
  else if (contexts.size() < contexts_max)
    contexts.push_back(r.chance(50) ? contexts.front() : ContextSetup{});
}

Trace mutate(const Trace& trace, Random& random, const Bounds& bounds) { return Mutation(trace, random, bounds).run(); }

Trace cross(const Trace& first, const Trace& second, Random& random, const Bounds& bounds) {
  const auto some = [&](std::size_t size) { return static_cast<std::ptrdiff_t>(random.below(size + 1)); };
  Trace out;
  out.setup = random.chance(75) ? first.setup : second.setup;
  const std::ptrdiff_t head = some(first.commands.size());
  const std::ptrdiff_t from = some(second.commands.size());
  out.commands.assign(first.commands.begin(), first.commands.begin() + head);
  if (random.chance(50)) {  // first's head, second's tail
    out.commands.insert(out.commands.end(), second.commands.begin() + from, second.commands.end());
  } else {  // a part of the second in the middle of the first
    const std::ptrdiff_t length =
        some(std::min<std::size_t>(second.commands.size() - static_cast<std::size_t>(from), 12));
    out.commands.insert(out.commands.end(), second.commands.begin() + from, second.commands.begin() + from + length);
    out.commands.insert(out.commands.end(), first.commands.begin() + head, first.commands.end());
  }
  return bounded(normalise(out), bounds);
}

}  // namespace sesscheck::fuzz
