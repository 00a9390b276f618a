// What a command says: its arguments, and the values worth trying.
#include <algorithm>
#include <limits>
#include <span>

#include "fuzz/mutation.hpp"

namespace sesscheck::fuzz {
namespace {

constexpr std::int64_t million = 1'000'000, latest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t reach = 1'000'000'000;  // seconds around the present in which deadlines are aimed at

}  // namespace

/// The model's world in which a command will find itself.
World Mutation::world_before(std::size_t index) {
  const Rules rules = Rules::openssl_3_0();
  Observation seen;
  Because because;
  World world = begin(t_.setup, rules, because);
  for (std::size_t i = 0; i < index && i < t_.commands.size(); ++i)
    for (int n = 0; n < t_.commands[i].repeat; ++n) step(world, t_.commands[i], rules, seen, because);
  return world;
}

/// Microseconds from now to the deadline of one of the sessions in a context's cache or in the application's hands.
std::optional<std::int64_t> Mutation::deadline_from(const World& world, std::uint8_t context) {
  std::vector<std::int64_t> found;
  const auto look = [&](SessionRef ref) {
    if (ref == no_session) return;
    const Session& s = world.sessions[ref];
    const auto near = [&](std::int64_t v) { return v > -reach && v < reach; };
    if (s.time.seconds < 0 || !near(s.time.seconds - world.now.seconds) || !near(s.timeout)) return;
    found.push_back((s.time.seconds - world.now.seconds + s.timeout) * million + s.time.microseconds -
                    world.now.microseconds);
  };
  std::ranges::for_each(world.contexts[context].cache, look);
  std::ranges::for_each(world.held, look);
  if (found.empty()) return std::nullopt;
  return r.pick(found);
}

std::int64_t Mutation::some_number(const World& world, const Command& command) {
  const Context& context = world.contexts[command.context];
  const auto cached = static_cast<std::int64_t>(context.cache.size());
  const std::int64_t value = r.pick({command.number.value, cached, context.size, context.timeout, std::int64_t{0},
                                     std::int64_t{1}, std::int64_t{2}, std::int64_t{10}, std::int64_t{300}, latest});
  return value == latest ? value : value + r.pick<std::int64_t>({-1, 0, 0, 1});
}

void Mutation::set_some_value(std::size_t index, Field field) {
  Command& c = t_.commands[index];
  const FieldInfo& row = info(field);
  switch (field) {
    case Field::number: set_field(c, field, some_number(world_before(index), c)); break;
    case Field::mode: {
      const World world = world_before(index);
      const std::int64_t now = r.chance(50) ? c.number.value : world.contexts[c.context].mode;
      c.number.value = now ^ r.pick(std::span(mode_bits));
      break;
    }
    case Field::moment: {
      const World world = world_before(index);
      const auto deadline = deadline_from(world, c.context);
      if (deadline && r.chance(70))
        c.number = {*deadline / million + r.pick<std::int64_t>({-1, 0, 0, 1}), true};
      else if (r.chance(70))
        c.number = {r.between(-400, 400), true};
      else
        c.number = {some_number(world, c), false};
      break;
    }
    case Field::duration: {
      const World world = world_before(index);
      const auto deadline = deadline_from(world, static_cast<std::uint8_t>(r.below(t_.setup.contexts.size())));
      if (deadline && *deadline > 0 && r.chance(70))
        set_field(c, field, *deadline + r.pick<std::int64_t>({-million, -1, 0, 0, 1, million}));
      else
        set_field(c, field, r.between(1, 20) * (r.chance(80) ? million : 100'000));
      break;
    }
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context:
      c.id_context = IdContext{r.pick<std::uint8_t>({0, 1, 1, 2, 3, 31, 32, 33}), r.pick({'a', 'a', 'b'})};
      if (field == Field::ssl_id_context && r.chance(30)) c.id_context.reset();
      break;
    case Field::repeat: c.repeat = static_cast<std::uint16_t>(r.chance(95) ? r.between(1, 4) : r.between(1, 40)); break;
    case Field::flights:
      c.flights = static_cast<std::uint8_t>(r.chance(50) ? flights_max : r.between(c.op == Op::deliver, 4));
      break;
    case Field::setting: set_field(c, field, r.between(row.min, row.max)); [[fallthrough]];
    case Field::setting_value:
      set_field(c, Field::setting_value, r.between(0, field_max(c, Field::setting_value)));
      break;
    case Field::context:
    case Field::client: set_field(c, field, static_cast<std::int64_t>(r.below(t_.setup.contexts.size()))); break;
    default:
      // Low slots first: few sessions in play make meetings likely.
      set_field(c, field,
                r.chance(60) ? std::min(row.max, r.between(row.min, row.min + 2)) : r.between(row.min, field_max(c, field)));
  }
}

void Mutation::change_argument() {
  if (empty()) return;
  const std::size_t index = some_index();
  const OpInfo& op = info(t_.commands[index].op);
  const std::size_t all = op.positional.size() + op.optional.size();
  if (all == 0) return;
  const std::size_t which = r.below(all);
  const Field field = which < op.positional.size() ? op.positional[which] : op.optional[which - op.positional.size()];
  if (which >= op.positional.size() && r.chance(25))
    t_.commands[index] = with_default(t_.commands[index], field);
  else
    set_some_value(index, field);
}

/// Moves the clock to a deadline, or just beside it.
void Mutation::aim() {
  const std::size_t place = some_place();
  const World world = world_before(place);
  const auto deadline = deadline_from(world, static_cast<std::uint8_t>(r.below(t_.setup.contexts.size())));
  if (!deadline) return;
  Command advance;
  advance.op = Op::advance;
  advance.number.value = *deadline + r.pick<std::int64_t>({-million, -1, 0, 0, 1, million});
  if (advance.number.value < 0) advance.op = Op::rewind, advance.number.value = -advance.number.value;
  insert(place, {normalise(advance)});
}

/// Repeats a connect until just before, at or just after an automatic flush of either period.
void Mutation::towards_flush() {
  std::vector<std::size_t> connects;
  for (std::size_t i = 0; i < t_.commands.size(); ++i)
    if (t_.commands[i].op == Op::connect) connects.push_back(i);
  if (connects.empty()) return;
  const std::size_t index = r.pick(connects);
  const World world = world_before(index);
  Command& c = t_.commands[index];
  const bool at_server = r.chance(70);
  const std::int64_t done =
      world.contexts[at_server ? c.context : c.client]
          .counters[static_cast<std::size_t>(at_server ? Counter::accept_good : Counter::connect_good)];
  const std::int64_t target = r.chance(80) ? r.between(253, 257) : r.between(509, 513);
  if (target > done) c.repeat = static_cast<std::uint16_t>(target - done);
}

}  // namespace sesscheck::fuzz
