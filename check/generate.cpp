#include "check/generate.hpp"

#include <algorithm>
#include <utility>

#include "check/generator.hpp"

namespace sesscheck {
namespace generator {

void Generator::emit(const Command& command) {
  if (full()) return;
  trace_.commands.push_back(command);
  for (int i = 0; i < command.repeat; ++i) step(world_, command, rules_, seen_, because_);
  if (command.op == Op::connect) connections_ += command.repeat;
}

// --- setup ---------------------------------------------------------------------------------------------------------

std::int64_t Generator::some_mode(bool is_client) {
  std::int64_t bits =
      is_client ? r.weighted<std::int64_t>({{50, mode::client}, {25, mode::both}, {10, mode::server}, {15, mode::off}})
                : r.weighted<std::int64_t>({{60, mode::server}, {18, mode::both}, {9, mode::client}, {13, mode::off}});
  for (const std::int64_t bit :
       {mode::no_auto_clear, mode::no_internal_lookup, mode::no_internal_store, mode::update_time})
    if (r.chance(18)) bits |= bit;
  if (r.chance(3)) bits |= r.pick<std::int64_t>({0x4, 0x8, 0x10, 0x800, 0x10000});
  return bits;
}

Callbacks Generator::some_callbacks() {
  return {
      r.weighted<NewCallback>(
          {{10, NewCallback::absent}, {30, NewCallback::returns_zero}, {60, NewCallback::returns_one}}),
      r.weighted<GetCallback>({{15, GetCallback::absent}, {35, GetCallback::copy_zero}, {50, GetCallback::copy_one}}),
      r.weighted<RemoveCallback>({{30, RemoveCallback::absent}, {70, RemoveCallback::present}})};
}

ContextSetup Generator::context_setup(bool is_client) {
  ContextSetup c;
  const unsigned often = is_client ? 35 : 70;
  if (r.chance(is_client ? 50 : 45)) c.mode = some_mode(is_client);
  if (on(Family::sizes) && r.chance(often)) c.size = some_size();
  if ((on(Family::clock) || on(Family::timeouts)) && r.chance(often)) c.timeout = some_timeout();
  if (on(Family::id_contexts) && r.chance(often)) c.id_context = some_id_context();
  if (on(Family::verify)) c.verify_peer = r.chance(is_client ? 15 : 40);
  if ((on(Family::external) || on(Family::faults)) && r.chance(is_client ? 25 : 85)) {
    c.store = r.weighted<Store>({{12, Store::none}, {48, Store::references}, {40, Store::serialised}});
    c.callbacks = some_callbacks();
  }
  return c;
}

void Generator::choose_setup() {
  trace_.setup.certificates = r.chance(12);
  const auto number = r.weighted<std::size_t>({{5, 1}, {60, 2}, {18, 3}, {17, 4}});
  trace_.setup.contexts.clear();
  for (std::size_t i = 0; i < number; ++i)
    trace_.setup.contexts.push_back(context_setup(number > 1 && is_client(static_cast<std::uint8_t>(i))));
}

// --- subjects ------------------------------------------------------------------------------------------------------

/// A and C are servers, B and D clients, unless this trace mixes roles.
std::uint8_t Generator::some_end(bool client) {
  const std::size_t number = world_.contexts.size();
  if (number == 1) return 0;
  if (on(Family::mixed_roles) ? r.chance(50) : r.chance(2)) return some_context();
  const std::size_t pairs = client ? number / 2 : (number + 1) / 2;
  return static_cast<std::uint8_t>(2 * r.below(pairs) + (client ? 1 : 0));
}

const Session* Generator::held(std::uint8_t slot) const {
  const SessionRef ref = world_.held[slot];
  return ref == no_session ? nullptr : &world_.sessions[ref];
}

bool Generator::known(const Context& context, Identity name) const {
  return std::ranges::any_of(context.cache, [&](SessionRef ref) { return world_.sessions[ref].id == name; }) ||
         std::ranges::any_of(context.store, [&](const Stored& entry) { return entry.id == name; });
}

std::uint8_t Generator::held_slot() {
  std::vector<std::uint8_t> slots;
  for (std::uint8_t slot = 1; slot <= slots_max; ++slot)
    if (held(slot) != nullptr) slots.push_back(slot);
  return slots.empty() || r.chance(3) ? any_slot() : r.pick(slots);
}

/// Low and empty slots first: few sessions in play make meetings likely.
std::uint8_t Generator::free_slot() {
  if (r.chance(25)) return static_cast<std::uint8_t>(1 + r.below(3));
  for (std::uint8_t slot = 1; slot <= slots_max; ++slot)
    if (held(slot) == nullptr) return slot;
  return any_slot();
}

/// A session to offer, mostly one that the server knows; 0 when there is none or the client comes afresh.
std::uint8_t Generator::slot_to_offer(std::uint8_t server) {
  if (r.chance(12)) return 0;
  std::vector<std::uint8_t> resumable, promising;
  for (std::uint8_t slot = 1; slot <= slots_max; ++slot) {
    const Session* session = held(slot);
    if (session == nullptr || session->id == 0 || (session->not_resumable && !r.chance(10))) continue;
    resumable.push_back(slot);
    if (known(world_.contexts[server], session->id)) promising.push_back(slot);
  }
  if (!promising.empty() && r.chance(82)) return r.pick(promising);
  return resumable.empty() ? 0 : r.pick(resumable);
}

/// Of the sessions in caches and hands; those out of the clock's reach are left out.
std::vector<Moment> Generator::deadlines() {
  std::vector<Moment> found;
  const auto look = [&](SessionRef ref) {
    if (ref == no_session) return;
    const Session& s = world_.sessions[ref];
    const std::int64_t reach = epoch.seconds + shape_.seconds_max;
    if (s.time.seconds < 0 || s.time.seconds > reach || s.timeout < -reach || s.timeout > reach) return;
    found.push_back({s.time.seconds + s.timeout, s.time.microseconds});
  };
  for (const Context& context : world_.contexts) std::ranges::for_each(context.cache, look);
  std::ranges::for_each(world_.held, look);
  return found;
}

// --- the whole -----------------------------------------------------------------------------------------------------

Trace Generator::run() {
  for (bool& family : on_) family = r.chance(static_cast<unsigned>(shape_.family_percent));
  on_[static_cast<std::size_t>(Family::mixed_roles)] = r.chance(12);
  choose_setup();
  world_ = begin(trace_.setup, rules_, because_);
  length_ = static_cast<std::size_t>(r.between(shape_.commands_min, shape_.commands_max));

  std::vector<Random::Weighted<void (Generator::*)()>> choices;
  for (const Move& move : moves())
    if (on(move.family)) choices.emplace_back(move.weight, move.make);

  const bool with_cadence = r.chance(static_cast<unsigned>(shape_.cadence_percent));
  const std::size_t cadence_at = r.below(length_ / 2 + 1);
  if (with_cadence) length_ = std::max(length_, cadence_at + 15);
  bool cadence_done = false;
  while (!full()) {
    const std::size_t before = trace_.commands.size();
    if (with_cadence && !cadence_done && trace_.commands.size() >= cadence_at) {
      cadence_done = true;
      cadence();
    } else if (choices.empty() || r.chance(static_cast<unsigned>(shape_.connect_percent))) {
      connect();
    } else {
      (this->*r.weighted<void (Generator::*)()>(choices))();
    }
    if (trace_.commands.size() == before) connect();  // a move that found nothing to do
  }
  return std::move(trace_);
}

}  // namespace generator

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

Trace generate(Random& random, const Shape& shape) { return generator::Generator(random, shape).run(); }

}  // namespace sesscheck
