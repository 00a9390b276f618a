#include "invariants/history.hpp"

#include <algorithm>

#include "model/machine.hpp"

namespace sesscheck::invariants {
namespace {

void join(IdContexts& known, const IdContexts& more) {
  for (const IdContext& one : more)
    if (std::ranges::find(known, one) == known.end()) known.push_back(one);
}

History::Known made(const ContextSetup& setup) {
  const bool fits = setup.id_context.length <= id_context_max;
  return {setup, setup.callbacks, fits ? setup.id_context : IdContext{}, setup.verify_peer, std::nullopt, {}, {}};
}

}  // namespace

const SessionView* find(const std::vector<SessionView>& sessions, Name name) {
  const auto place = std::ranges::find(sessions, name, &SessionView::name);
  return place == sessions.end() ? nullptr : &*place;
}

Long deadline(const SessionView& session) { return static_cast<Long>(session.time) + session.timeout; }

const SessionView* Scene::held() const {
  if (command.slot == 0 || !before.held[command.slot - 1U]) return nullptr;
  return &*before.held[command.slot - 1U];
}

const Event* Scene::asked(std::uint8_t context) const {
  for (const Event& event : after.log)
    if (event.kind == Event::Kind::get_session && event.context == context) return &event;
  return nullptr;
}

IdContext Scene::id_context() const {
  const bool own = command.id_context && command.id_context->length <= id_context_max;
  return own ? *command.id_context : history.context(command.context).id_context;
}

std::int64_t Scene::grew(std::uint8_t context, Counter counter) const {
  const auto index = static_cast<std::size_t>(counter);
  return after.contexts[context].counters[index] - before.contexts[context].counters[index];
}

History::History(const Setup& setup) : microseconds_(epoch.seconds * 1'000'000 + epoch.microseconds) {
  for (const ContextSetup& context : setup.contexts) contexts_.push_back(made(context));
}

History History::of(const World& world) {
  History history;
  const auto name = [&](Identity id) { return world.identities[id].name; };
  for (std::size_t i = 0; i < world.visible; ++i) {
    const Context& c = world.contexts[i];
    Known& known = history.contexts_.emplace_back(Known{c.setup, c.callbacks, c.id_context, c.verify_peer, {}, {}, {}});
    const auto have = [&](const Session& s) { join(known.id_contexts[name(s.id)], {s.id_context}); };
    for (const SessionRef ref : c.cache) have(world.sessions[ref]);
    const auto seen = [&](const Session& s) {
      return SessionView{.name = name(s.id), .resumable = Machine::resumable(s), .time = s.time.seconds, .timeout = s.timeout};
    };
    for (const Stored& entry : c.store) {
      have(entry.reference != no_session ? world.sessions[entry.reference] : entry.bytes);
      if (entry.reference == no_session) known.stored.push_back(seen(entry.bytes));
    }
    if (c.answer != no_session) {
      const Session& s = world.sessions[c.answer];
      have(s);
      known.answer = seen(s);
    }
    history.full_[i] = c.counters[static_cast<std::size_t>(Counter::accept_good)];
  }
  for (std::size_t slot = 1; slot <= slots_max; ++slot)
    if (const SessionRef ref = world.held[slot]; ref != no_session)
      history.held_[slot] = {world.sessions[ref].id_context};
  history.made_.insert(0);
  for (Identity id = 1; id <= made_ids_max; ++id)
    if (world.identities[id].name != 0) history.made_.insert(name(id));
  history.microseconds_ = world.now.seconds * 1'000'000 + world.now.microseconds;
  history.newest_ = world.names;
  return history;
}

Observation History::before_the_first(const Setup& setup) {
  Observation nothing;
  for (const ContextSetup& context : setup.contexts) {
    ContextView view;
    view.mode = context.mode.value_or(default_mode) & 0xffffffff;
    view.size = context.size.value_or(-1) >= 0 ? *context.size : default_size;
    view.timeout = context.timeout.value_or(timeout_unknown);
    nothing.contexts.push_back(view);
  }
  return nothing;
}

void History::record(const Command& command, const Observation& before, const Observation& after) {
  switch (command.op) {
    case Op::connect: record_connect(command, before, after); break;
    case Op::advance: microseconds_ += command.number.value; break;
    case Op::rewind: microseconds_ = std::max<std::int64_t>(microseconds_ - command.number.value, 1'000'000); break;
    case Op::set_id_context:
      if (after.result == 1) contexts_[command.context].id_context = *command.id_context;
      break;
    case Op::set_verify_peer: contexts_[command.context].verify_peer = command.number.value != 0; break;
    case Op::set_callbacks: contexts_[command.context].callbacks = command.callbacks; break;
    case Op::renew: {
      Known& old = contexts_[command.context];
      Known fresh = made(old.setup);
      fresh.answer = old.answer;
      fresh.id_contexts = std::move(old.id_contexts);  // the store lives on
      old = std::move(fresh);
      resumed_[command.context] = full_[command.context] = 0;
      break;
    }
    case Op::make:
      held_[command.slot] = {after.result == 1 ? *command.id_context : IdContext{}};
      if (after.held[command.slot - 1U]) made_.insert(after.held[command.slot - 1U]->name);
      break;
    default:
      if (command.slot != 0 && before.held[command.slot - 1U]) record_held(command, before, after);
      break;
  }
  see_names(after);
}

void History::record_connect(const Command& command, const Observation& before, const Observation& after) {
  const EndView &client = after.connection.client, &server = after.connection.server;
  Known &at_server = contexts_[command.context], &at_client = contexts_[command.client];
  const IdContext in_force = Scene{command, before, after, *this}.id_context();
  for (const Event& event : after.log)
    if (event.kind == Event::Kind::get_session) contexts_[event.context].answer.reset();

  const bool client_done = client.state == Handshake::done, server_done = server.state == Handshake::done;
  if (server_done) ++(server.reused ? resumed_ : full_)[command.context];
  if (server_done && !server.reused) join(at_server.id_contexts[server.session], {in_force});
  if (client_done && !client.reused) join(at_client.id_contexts[client.session], {at_client.id_context});
  const IdContexts clients = client.reused ? held_[command.slot] : IdContexts{at_client.id_context};
  if (client_done && command.keep != 0) held_[command.keep] = clients;
  if (server_done && command.keep_server != 0) held_[command.keep_server] = at_server.id_contexts[server.session];
}

/// Commands on a session that is there.
void History::record_held(const Command& command, const Observation& before, const Observation& after) {
  const SessionView& session = *before.held[command.slot - 1U];
  switch (command.op) {
    case Op::dup: held_[command.keep] = held_[command.slot]; break;
    case Op::serialise:
      if (after.result == 1) held_[command.keep] = held_[command.slot];
      break;
    case Op::add: join(contexts_[command.context].id_contexts[session.name], held_[command.slot]); break;
    case Op::answer:
      contexts_[command.context].answer = session;
      join(contexts_[command.context].id_contexts[session.name], held_[command.slot]);
      break;
    case Op::set_session_id_context:
      if (after.result != 1) break;
      for (Known& context : contexts_)
        if (const auto known = context.id_contexts.find(session.name); known != context.id_contexts.end())
          join(known->second, {*command.id_context});
      for (std::size_t slot = 1; slot <= slots_max; ++slot)
        if (before.held[slot - 1] && before.held[slot - 1]->name == session.name)
          join(held_[slot], {*command.id_context});
      break;
    default: break;
  }
}

void History::see_names(const Observation& seen) {
  const auto see = [this](Name name) { newest_ = std::max(newest_, name); };
  see(seen.connection.client.session);
  see(seen.connection.server.session);
  for (const Event& event : seen.log) see(event.session), see(event.answer);
  for (const ContextView& context : seen.contexts)
    for (const auto* list : {&context.cached, &context.stored})
      for (const SessionView& session : *list) see(session.name);
  for (const auto& held : seen.held)
    if (held) see(held->name);
}

}  // namespace sesscheck::invariants
