#include "check/generate.hpp"

#include <algorithm>
#include <utility>

#include "check/generator.hpp"

namespace sesscheck {
namespace generator {

void Generator::emit(const Command& command) {
  if (full() || shape_.lacks.command(command)) return;
  trace_.commands.push_back(command);
  for (int i = 0; i < command.repeat; ++i) step(world_, command, rules_, seen_, because_);
  follow(command);
}

/// What is kept here beside the model's world: who made a session with whom, and how far connections are.
void Generator::follow(const Command& c) {
  Open& at = open_[c.connection];
  switch (c.op) {
    case Op::connect:
      connections_ += c.repeat;
      made_with_[c.keep] = c.context;
      made_with_[c.keep_server] = no_context;  // it has no ticket to show
      break;
    case Op::dup:
    case Op::serialise: made_with_[c.keep] = made_with_[c.slot]; break;
    case Op::make: made_with_[c.slot] = no_context; break;
    case Op::open: at = {true, c.client, c.context, 0}; break;
    case Op::deliver: at.flights = std::min(at.flights + c.flights, int{flights_max}); break;
    case Op::take: made_with_[c.keep] = at.open && !c.at_server ? at.server : no_context; break;
    case Op::clear: at.flights = 0; break;
    case Op::close: at.open = false; break;
    case Op::configure: settings_[c.context][c.setting] = static_cast<std::uint8_t>(c.number.value); break;
    case Op::renew:
      settings_[c.context] = trace_.setup.contexts[c.context].settings;
      if (!settings_[c.context].on(Setting::ticket_keys))  // new keys of its own
        std::ranges::replace(made_with_, c.context, no_context);
      break;
    default: break;
  }
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
      r.weighted<GetCallback>({{15, GetCallback::absent}, {35, GetCallback::copy_zero}, {38, GetCallback::copy_one}, {12, GetCallback::untouched}}),
      r.weighted<RemoveCallback>({{30, RemoveCallback::absent}, {70, RemoveCallback::present}})};
}

ContextSetup Generator::context_setup(std::uint8_t index) {
  ContextSetup c;
  const bool client = contexts_ > 1 && is_client(index);
  const unsigned often = client ? 35 : 70;
  if (r.chance(client ? 50 : 45)) c.mode = some_mode(client);
  if (on(Family::sizes) && r.chance(often)) c.size = some_size();
  if ((on(Family::clock) || on(Family::timeouts)) && r.chance(often)) c.timeout = some_timeout();
  if (on(Family::id_contexts) && r.chance(often)) c.id_context = some_id_context();
  if (on(Family::verify)) c.verify_peer = r.chance(client ? 15 : 40);
  if ((on(Family::external) || on(Family::faults)) && r.chance(client ? 25 : 85)) {
    c.store = r.weighted<Store>({{12, Store::none}, {48, Store::references}, {40, Store::serialised}});
    c.callbacks = some_callbacks();
  }
  c.settings = some_settings(index, client);
  // What a callback calls shows where there is one.
  const Callbacks some = some_callbacks();
  if (c.settings.on(Setting::store_of) && c.callbacks == Callbacks{}) c.callbacks = some;
  if (c.settings.on(Setting::new_calls) && c.callbacks.new_session == NewCallback::absent)
    c.callbacks.new_session = some.new_session;
  if (c.settings.on(Setting::get_calls) && c.callbacks.get_session == GetCallback::absent)
    c.callbacks.get_session = some.get_session;
  if (c.settings.on(Setting::remove_calls)) c.callbacks.remove_session = RemoveCallback::present;
  if (shape_.size_max > 0) c.size = allowed_size(c.size.value_or(0));
  return c;
}

void Generator::choose_setup() {
  trace_.setup.certificates = r.chance(static_cast<unsigned>(shape_.certificates_percent));
  if (on(Family::client_certificates) && shape_.certificates_percent > 0) {  // only they ask for one in return
    trace_.setup.certificates |= r.chance(30);
    set(Family::verify, true);
  }
  const bool switches = on(Family::switches);  // to another server
  contexts_ = switches ? r.weighted<std::size_t>({{15, 2}, {50, 3}, {35, 4}})
                       : r.weighted<std::size_t>({{5, 1}, {60, 2}, {18, 3}, {17, 4}});
  trace_.setup.contexts.clear();
  for (std::size_t i = 0; i < contexts_; ++i)
    trace_.setup.contexts.push_back(context_setup(static_cast<std::uint8_t>(i)));
  if (shape_.session_ids_only)
    for (ContextSetup& context : trace_.setup.contexts) context.settings = Settings();
  for (const ContextSetup& context : trace_.setup.contexts)
    if (const std::uint8_t whose = context.settings[Setting::store_of]; whose != 0 && trace_.setup.contexts[whose - 1U].store == Store::none)
      trace_.setup.contexts[whose - 1U].store = r.pick({Store::references, Store::serialised});
  trace_.setup = restricted(trace_.setup, shape_.lacks);
}

// --- subjects ------------------------------------------------------------------------------------------------------

/// A and C are servers, B and D clients, unless this trace mixes roles.
std::uint8_t Generator::some_end(bool client) {
  if (contexts_ == 1) return 0;
  if (on(Family::mixed_roles) ? r.chance(50) : r.chance(2)) return some_context();
  const std::size_t pairs = client ? contexts_ / 2 : (contexts_ + 1) / 2;
  return static_cast<std::uint8_t>(2 * r.below(pairs) + (client ? 1 : 0));
}

const Session* Generator::held(std::uint8_t slot) const {
  const SessionRef ref = world_.held[slot];
  return ref == no_session ? nullptr : &world_.sessions[ref];
}

bool Generator::known(const Context& context, const Session& session) const {
  const std::uint8_t whose = context.settings[Setting::store_of];
  const std::vector<Stored>& store = whose == 0 ? context.store : world_.contexts[whose - 1U].store;
  return std::ranges::any_of(context.cache, [&](SessionRef at) { return world_.sessions[at].id == session.id; }) ||
         std::ranges::any_of(store, [&](const Stored& entry) { return entry.id == session.id; });
}

/// Whether this server may resume it: it has it, or a ticket that a session may hold is its own.
bool Generator::promising(std::uint8_t slot, std::uint8_t server) const {
  if (known(world_.contexts[server], *held(slot))) return true;
  return protocol_ != Protocol::ids && made_with_[slot] == server;
}

/// Slots of sessions that a context's own cache lists: the very objects.
std::vector<std::uint8_t> Generator::held_and_cached(std::uint8_t context) const {
  std::vector<std::uint8_t> slots;
  for (std::uint8_t slot = 1; slot <= slots_max; ++slot)
    if (const Session* session = held(slot); session != nullptr && session->cached_in == context) slots.push_back(slot);
  return slots;
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
  std::vector<std::uint8_t> resumable, likely;
  for (std::uint8_t slot = 1; slot <= slots_max; ++slot) {
    const Session* session = held(slot);
    if (session == nullptr || !offerable(*session) || (session->not_resumable && !r.chance(10))) continue;
    resumable.push_back(slot);
    if (promising(slot, server)) likely.push_back(slot);
  }
  if (!likely.empty() && r.chance(82)) return r.pick(likely);
  if (resumable.empty() || (protocol_ != Protocol::ids && r.chance(50))) return 0;
  return r.pick(resumable);
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
  choose_families();
  choose_protocol();
  choose_setup();
  made_with_.fill(no_context);
  for (const ContextSetup& context : trace_.setup.contexts) settings_.push_back(context.settings);
  world_ = begin(trace_.setup, rules_, because_);
  length_ = static_cast<std::size_t>(r.between(shape_.commands_min, shape_.commands_max));

  std::vector<Random::Weighted<void (Generator::*)()>> choices;
  const auto choose_moves = [&] {
    choices.clear();
    for (const Move& move : moves())
      if (on(move.family) && (move.family != Family::made || handmade_)) choices.emplace_back(move.weight, move.make);
  };
  choose_moves();
  std::size_t next_phase = static_cast<std::size_t>(shape_.phase);

  const bool with_cadence = r.chance(static_cast<unsigned>(shape_.cadence_percent));
  const std::size_t cadence_at = r.below(length_ / 2 + 1);
  if (with_cadence) length_ = std::max(length_, cadence_at + 15);
  bool cadence_done = false;
  while (!full()) {
    const std::size_t before = trace_.commands.size();
    if (shape_.phase > 0 && before >= next_phase) {
      choose_families();
      choose_moves();
      if (r.chance(75)) heal();
      next_phase = before + static_cast<std::size_t>(shape_.phase);
    }
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
