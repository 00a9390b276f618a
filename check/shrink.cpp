#include "check/shrink.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "model/trace/fields.hpp"

namespace sesscheck {
namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::size_t pairs_up_to = 12;  // commands

/// Every change that is tried makes a trace simpler by a measure of its own kind, never back: so shrinking ends.
class Shrinker {
 public:
  Shrinker(Trace failing, const std::function<bool(const Trace&)>& still_fails, std::size_t tries_max)
      : best_(std::move(failing)), still_fails_(still_fails), tries_max_(tries_max) {}

  Trace run();
  ShrinkStats stats;

 private:
  [[nodiscard]] bool exhausted() const { return stats.tries >= limit_; }
  bool attempt(Trace candidate);
  template <class Change>
  bool attempt_change(const Change& change) {
    Trace candidate = best_;
    change(candidate);
    return attempt(std::move(candidate));
  }
  template <class Change>
  bool attempt_command(std::size_t i, const Change& change) {
    return attempt_change([&](Trace& t) { change(t.commands[i]); });
  }
  template <class Put>
  void lower(std::int64_t value, std::int64_t lowest, const Put& put);

  void cut();
  bool cut_single();
  bool cut_pair();
  void simplify();
  void merge_neighbours();
  void move_into_setup();
  void drop_contexts();
  void join_contexts();
  void simplify_setup();
  void simplify_settings();
  void simplify_command(std::size_t i);
  void simplify_number(std::size_t i, Field field);
  void simplify_duration(std::size_t i);
  void lower_slots();
  void lower_connections();

  Trace best_;
  const std::function<bool(const Trace&)>& still_fails_;
  std::size_t tries_max_, limit_ = tries_max_;
};

bool Shrinker::attempt(Trace candidate) {
  if (exhausted() || candidate == best_) return false;
  ++stats.tries;
  if (!still_fails_(candidate)) return false;
  ++stats.accepted;
  best_ = std::move(candidate);
  return true;
}

// --- commands ------------------------------------------------------------------------------------------------------

/// Chunks of half the trace down to single commands, the last ones first: what comes after a failure is idle.
void Shrinker::cut() {
  if (best_.commands.empty() || attempt_change([](Trace& t) { t.commands.clear(); })) return;
  for (std::size_t chunk = best_.commands.size() / 2; chunk > 1; chunk /= 2) {
    for (std::size_t end = best_.commands.size(); end > 0;) {
      const std::size_t start = end > chunk ? end - chunk : 0;
      attempt_change([&](Trace& t) {
        t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(start),
                         t.commands.begin() + static_cast<std::ptrdiff_t>(end));
      });
      end = start;
    }
  }
  do {
    while (cut_single()) {
    }
  } while (cut_pair());
}

/// One pass; true when something went (and what was needed before may not be any more).
bool Shrinker::cut_single() {
  bool any = false;
  for (std::size_t i = best_.commands.size(); i-- > 0;)
    any |= attempt_change([&](Trace& t) { t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(i)); });
  return any;
}

/// Two that only matter together, such as a fault and its repair; worth the tries when few are left.
bool Shrinker::cut_pair() {
  const std::size_t n = best_.commands.size();
  if (n > pairs_up_to) return false;
  for (std::size_t second = n; second-- > 1;) {
    for (std::size_t first = second; first-- > 0;) {
      if (attempt_change([&](Trace& t) {
            t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(second));
            t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(first));
          }))
        return true;
    }
  }
  return false;
}

/// One command that says what two say, if there is one.
std::optional<Command> merged(Command first, const Command& second) {
  if ((first.op == Op::advance || first.op == Op::rewind) && second.op == first.op) {
    first.number.value = std::min(first.number.value + second.number.value, duration_max);
    return first;
  }
  if (first.op == Op::deliver && second.op == Op::deliver && first.connection == second.connection) {
    first.flights = static_cast<std::uint8_t>(std::min<int>(first.flights + second.flights, flights_max));
    return first;
  }
  const int both = first.repeat + second.repeat;
  first.repeat = second.repeat;
  if (first.op != Op::connect || first != second || both > repeat_max) return std::nullopt;
  first.repeat = static_cast<std::uint16_t>(both);
  return first;
}

void Shrinker::merge_neighbours() {
  for (std::size_t i = best_.commands.size(); i-- > 1;) {
    if (const auto one = merged(best_.commands[i - 1], best_.commands[i]))
      attempt_change([&](Trace& t) {
        t.commands[i - 1] = *one;
        t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(i));
      });
  }
}

/// The setup as if the command, which configures a context, had been part of it; nothing for other commands.
std::optional<ContextSetup> with(ContextSetup setup, const Command& c) {
  switch (c.op) {
    case Op::set_mode: setup.mode = c.number.value; break;
    case Op::set_size: setup.size = c.number.value; break;
    case Op::set_timeout: setup.timeout = c.number.value; break;
    case Op::set_id_context: setup.id_context = *c.id_context; break;
    case Op::set_verify_peer: setup.verify_peer = c.number.value != 0; break;
    case Op::set_callbacks: setup.callbacks = c.callbacks; break;
    case Op::configure: setup.settings[c.setting] = static_cast<std::uint8_t>(c.number.value); break;
    default: return std::nullopt;
  }
  return setup;
}

/// A context that is configured from the beginning is simpler than one that changes.
void Shrinker::move_into_setup() {
  for (std::size_t i = best_.commands.size(); i-- > 0;) {
    const Command& c = best_.commands[i];
    const auto setup = with(best_.setup.contexts[c.context], c);
    if (!setup) continue;
    attempt_change([&](Trace& t) {
      t.setup.contexts[c.context] = *setup;
      t.commands.erase(t.commands.begin() + static_cast<std::ptrdiff_t>(i));
    });
  }
}

// --- values --------------------------------------------------------------------------------------------------------

/// The least value that still fails, by bisection and then one by one; `put` writes a value into a trace.
template <class Put>
void Shrinker::lower(std::int64_t value, std::int64_t lowest, const Put& put) {
  const auto accepts = [&](std::int64_t v) { return attempt_change([&](Trace& t) { put(t, v); }); };
  if (value <= lowest || accepts(lowest)) return;
  std::int64_t fails_at = value;
  for (std::int64_t low = lowest; fails_at - low > 1;) {
    const std::int64_t middle = low + (fails_at - low) / 2;
    (accepts(middle) ? fails_at : low) = middle;
  }
}

/// A length is simpler when it is whole seconds, then when it is shorter.
void Shrinker::simplify_duration(std::size_t i) {
  const auto put = [&](std::int64_t v) {
    const std::int64_t old = best_.commands[i].number.value;
    if (v >= 0 && std::pair(v % million != 0, v) < std::pair(old % million != 0, old))
      attempt_command(i, [&](Command& c) { c.number.value = v; });
  };
  const std::int64_t old = best_.commands[i].number.value;
  for (const std::int64_t v :
       {std::int64_t{0}, million, 10 * million, old / million * million, old / million * million + million})
    put(v);
  const std::int64_t now = best_.commands[i].number.value;
  if (now % million == 0)
    lower(now / million, 0, [&](Trace& t, std::int64_t v) { t.commands[i].number.value = v * million; });
  else
    for (const std::int64_t v : {std::int64_t{1}, million / 2, now % million, now / 2, now - million}) put(v);
}

/// Towards 0. Huge numbers stay themselves or become ordinary: a bound such as 9223372036854774807 is not simpler.
void Shrinker::simplify_number(std::size_t i, Field field) {
  const auto at = [&]() -> Number& { return best_.commands[i].number; };
  const auto magnitude = [](std::int64_t v) {
    return v < 0 ? -static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
  };
  if (at().from_now) attempt_command(i, [](Command& c) { c.number.from_now = false; });
  if (at().from_now) attempt_command(i, [](Command& c) { c.number = {0, false}; });
  for (const std::int64_t v : {0, 1, -1, 10, 7200})
    if (magnitude(v) < magnitude(at().value) && attempt_command(i, [&](Command& c) { set_field(c, field, v); })) break;
  const std::int64_t now = at().value;
  if (now > 1 && now <= million) lower(now, 1, [&](Trace& t, std::int64_t v) { t.commands[i].number.value = v; });
  if (now < -1 && now >= -million) lower(-now, 1, [&](Trace& t, std::int64_t v) { t.commands[i].number.value = -v; });
}

std::optional<std::int64_t> without_bit(std::int64_t bits, unsigned bit) {
  const auto all = static_cast<std::uint64_t>(bits);
  const std::uint64_t mask = std::uint64_t{1} << bit;
  if ((all & mask) == 0) return std::nullopt;
  return static_cast<std::int64_t>(all & ~mask);
}

/// Simpler: empty, then shorter, then of letter 'a'.
std::array<IdContext, 4> simpler(const IdContext& id) {
  return {IdContext{},
          {std::min<std::uint8_t>(id.length, 1), 'a'},
          {std::min<std::uint8_t>(id.length, 1), id.letter},
          {id.length, 'a'}};
}

/// How plain a value of a Setting is: 0 is the usual one, the others follow in their order.
std::uint64_t plainness(Setting setting, std::uint64_t value) {
  const std::uint64_t usual = info(setting).usual;
  return value == usual ? 0 : value < usual ? value + 1 : value;
}

/// All that are plainer than this one, the plainest first.
std::vector<std::uint8_t> plainer(Setting setting, std::uint64_t than) {
  std::vector<std::uint8_t> values;
  for (std::uint8_t value = 0; value <= setting_max(setting); ++value)
    if (plainness(setting, value) < plainness(setting, than)) values.push_back(value);
  std::ranges::sort(values, {}, [&](std::uint8_t value) { return plainness(setting, value); });
  return values;
}

void Shrinker::simplify_command(std::size_t i) {
  const OpInfo& op = info(best_.commands[i].op);
  for (const Field field : op.optional)
    attempt_change([&](Trace& t) { t.commands[i] = with_default(t.commands[i], field); });

  const auto each = [&](Field field) {
    const Command& now = best_.commands[i];
    switch (field) {
      case Field::number:
      case Field::moment: simplify_number(i, field); break;
      case Field::duration: simplify_duration(i); break;
      case Field::repeat:
        lower(now.repeat, 1, [&](Trace& t, std::int64_t v) { t.commands[i].repeat = static_cast<std::uint16_t>(v); });
        break;
      case Field::host_name:
      case Field::protocol: attempt_command(i, [](Command& c) { c.number.value = 0; }); break;
      case Field::version:  // as most sessions have it
        if (now.number.value != static_cast<std::int64_t>(Version::tls1_2))
          attempt_command(i, [](Command& c) { c.number.value = static_cast<std::int64_t>(Version::tls1_2); });
        break;
      case Field::made_id:  // 1 is the plain one: 0 makes an empty id
        if (now.number.value > 1)
          lower(now.number.value, 1, [&](Trace& t, std::int64_t v) { t.commands[i].number.value = v; });
        break;
      case Field::mode:
        attempt_command(i, [](Command& c) { c.number.value = 0; });
        for (unsigned bit = 64; bit-- > 0;)
          if (const auto fewer = without_bit(best_.commands[i].number.value, bit))
            attempt_command(i, [&](Command& c) { c.number.value = *fewer; });
        break;
      case Field::id_context:
      case Field::data:
      case Field::ssl_id_context:
        if (now.id_context)
          for (const IdContext& id : simpler(IdContext(*now.id_context)))
            if (std::pair(id.length, id.letter) <
                std::pair(best_.commands[i].id_context->length, best_.commands[i].id_context->letter))
              attempt_command(i, [&](Command& c) { c.id_context = id; });
        break;
      case Field::setting_value:
        for (const std::uint8_t value : plainer(now.setting, static_cast<std::uint64_t>(now.number.value)))
          if (attempt_command(i, [&](Command& c) { c.number.value = value; })) break;
        break;
      case Field::end: attempt_command(i, [](Command& c) { c.at_server = false; }); break;
      case Field::offered: attempt_command(i, [](Command& c) { c.slot = 0; }); break;
      default: break;
    }
  };
  for (const Field field : op.positional) each(field);
  for (const Field field : op.optional) each(field);
}

// --- setup, contexts and slots -------------------------------------------------------------------------------------

/// Every place in a trace that names a context by its number from 1: those Settings, in the setup and in commands.
template <class Visit>
void visit_named_contexts(Trace& t, const Visit& visit) {
  for (const Setting setting : {Setting::server_name, Setting::client_hello, Setting::store_of})
    for (ContextSetup& context : t.setup.contexts)
      if (context.settings.on(setting)) visit(context.settings[setting]);
  for (Command& c : t.commands) {
    if (c.op != Op::configure || !names_context(c.setting) || c.number.value == 0) continue;
    auto index = static_cast<std::uint8_t>(c.number.value);
    visit(index);
    c.number.value = index;
  }
}

/// Contexts that nothing names go, and those behind them move up.
void Shrinker::drop_contexts() {
  for (std::size_t i = best_.setup.contexts.size(); i-- > 0 && best_.setup.contexts.size() > 1;) {
    const auto uses = [&](const Command& c) {
      const auto is = [&](Field field) {
        return (field == Field::context || field == Field::client) &&
               field_value(c, field) == static_cast<std::int64_t>(i);
      };
      return std::ranges::any_of(info(c.op).positional, is);
    };
    if (std::ranges::any_of(best_.commands, uses)) continue;
    bool named = false;
    visit_named_contexts(best_, [&](std::uint8_t index) { named |= index == i + 1; });
    if (named) continue;
    attempt_change([&](Trace& t) {
      visit_named_contexts(t, [&](std::uint8_t& index) { index -= index > i ? 1 : 0; });
      t.setup.contexts.erase(t.setup.contexts.begin() + static_cast<std::ptrdiff_t>(i));
      for (Command& c : t.commands) {
        if (c.context > i) --c.context;
        if (c.client > i) --c.client;
      }
    });
  }
}

/// One setting after the other: of all contexts at once, since two ends must fit; then of each.
void Shrinker::simplify_settings() {
  for (const SettingInfo& row : setting_table()) {
    const Setting s = row.setting;
    if (attempt_change([&](Trace& t) {
          for (ContextSetup& context : t.setup.contexts) context.settings[s] = row.usual;
        }))
      continue;
    for (std::size_t i = 0; i < best_.setup.contexts.size(); ++i)
      for (const std::uint8_t value : plainer(s, best_.setup.contexts[i].settings[s]))
        if (attempt_change([&](Trace& t) { t.setup.contexts[i].settings[s] = value; })) break;
  }
}

void Shrinker::simplify_setup() {
  attempt_change([](Trace& t) { t.setup.certificates = false; });
  for (std::size_t i = 0; i < best_.setup.contexts.size(); ++i) {
    const auto attempt_context = [&](auto change) {
      return attempt_change([&](Trace& t) { change(t.setup.contexts[i]); });
    };
    if (attempt_context([](ContextSetup& c) { c = {}; })) continue;
    attempt_context([](ContextSetup& c) { c.callbacks = {}, c.store = Store::none; });
    attempt_context([](ContextSetup& c) { c.store = Store::none; });
    attempt_context([](ContextSetup& c) { c.store = std::min(c.store, Store::references); });
    attempt_context([](ContextSetup& c) { c.callbacks.new_session = NewCallback::absent; });
    attempt_context([](ContextSetup& c) { c.callbacks.get_session = GetCallback::absent; });
    attempt_context([](ContextSetup& c) { c.callbacks.remove_session = RemoveCallback::absent; });
    attempt_context([](ContextSetup& c) { c.verify_peer = false; });
    attempt_context([](ContextSetup& c) { c.mode.reset(); });
    attempt_context([](ContextSetup& c) { c.size.reset(); });
    attempt_context([](ContextSetup& c) { c.timeout.reset(); });
    for (const IdContext& id : simpler(IdContext(best_.setup.contexts[i].id_context)))
      if (const IdContext& now = best_.setup.contexts[i].id_context;
          std::pair(id.length, id.letter) < std::pair(now.length, now.letter))
        attempt_context([&](ContextSetup& c) { c.id_context = id; });

    if (best_.setup.contexts[i].mode)
      for (unsigned bit = 64; bit-- > 0;)
        if (const auto fewer = without_bit(*best_.setup.contexts[i].mode, bit))
          attempt_context([&](ContextSetup& c) { c.mode = fewer; });
    for (std::optional<std::int64_t> ContextSetup::*const field : {&ContextSetup::size, &ContextSetup::timeout}) {
      const std::optional<std::int64_t> now = best_.setup.contexts[i].*field;
      if (!now) continue;
      if (*now > 1 && *now <= million)
        lower(*now, 1, [&](Trace& t, std::int64_t v) { t.setup.contexts[i].*field = v; });
      else if (*now > million)
        for (const std::int64_t v : {1, 10, 7200})
          if (attempt_context([&](ContextSetup& c) { c.*field = v; })) break;
    }
  }
}

/// One context takes over what a higher one of the same role did: no connection gets the same context at both ends.
void Shrinker::join_contexts() {
  for (auto from = static_cast<std::uint8_t>(best_.setup.contexts.size() - 1); from > 0; --from) {
    for (std::uint8_t to = 0; to < from; ++to) {
      const auto meets = [&](const Command& c) {
        return (c.op == Op::connect || c.op == Op::open) && std::minmax(c.context, c.client) == std::minmax(to, from);
      };
      if (std::ranges::any_of(best_.commands, meets)) continue;
      if (attempt_change([&](Trace& t) {
            for (Command& c : t.commands)
              for (std::uint8_t* const index : {&c.context, &c.client})
                if (*index == from) *index = to;
            visit_named_contexts(t, [&](std::uint8_t& index) {
              if (index == from + 1) index = static_cast<std::uint8_t>(to + 1);
            });
          }))
        break;
    }
  }
}

/// One slot takes over what a higher one held: renumbers, and joins where that does no harm.
void Shrinker::lower_slots() {
  for (std::uint8_t from = slots_max; from > 1; --from) {
    for (std::uint8_t to = 1; to < from; ++to) {
      const auto move = [&](std::uint8_t& slot) {
        if (slot == from) slot = to;
      };
      if (attempt_change([&](Trace& t) {
            for (Command& c : t.commands) move(c.slot), move(c.keep), move(c.keep_server);
          }))
        break;
    }
  }
}

/// The same for open connections.
void Shrinker::lower_connections() {
  for (std::uint8_t from = connections_max - 1; from > 0; --from)
    for (std::uint8_t to = 0; to < from; ++to)
      if (attempt_change([&](Trace& t) {
            for (Command& c : t.commands)
              if (c.connection == from) c.connection = to;
          }))
        break;
}

void Shrinker::simplify() {
  merge_neighbours();
  move_into_setup();
  drop_contexts();  // before joining, which leaves the rest to the next round
  join_contexts();
  simplify_setup();
  simplify_settings();
  for (std::size_t i = 0; i < best_.commands.size(); ++i) simplify_command(i);
  lower_slots();
  lower_connections();
}

Trace Shrinker::run() {
  for (bool changed = true; changed && !exhausted();) {
    const std::size_t before = stats.accepted;
    limit_ = tries_max_;
    cut();
    limit_ -= std::min(tries_max_ / 4, 2 * best_.commands.size());  // what a last cut will take
    simplify();
    changed = stats.accepted != before;
  }
  limit_ = tries_max_;
  while (cut_single()) {
  }
  stats.minimal = best_.commands.empty() || !exhausted();
  return std::move(best_);
}

}  // namespace

Trace shrink(Trace failing, const std::function<bool(const Trace&)>& still_fails, std::size_t tries_max,
             ShrinkStats* stats) {
  Shrinker shrinker(std::move(failing), still_fails, tries_max);
  Trace small = shrinker.run();
  if (stats != nullptr) *stats = shrinker.stats;
  return small;
}

}  // namespace sesscheck
