// One command on one world, and what is seen after it.
#include "model/step.hpp"

#include <algorithm>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

constexpr std::int64_t mode_mask = 0xffffffff;  // the mode is kept in 32 bits

constexpr std::int64_t table_size = 33;

std::int64_t set_mode(Machine& m, Context& c, std::int64_t bits) {
  if (m.says(mode_replaced)) return std::exchange(c.mode, bits & mode_mask);
  if (bits == mode::off) c.mode = (c.mode & ~mode::server) | (m.says(mode_only_added) ? mode::no_internal : 0);
  c.mode |= bits & (mode::no_auto_clear | mode::no_internal);
  return 1;
}

std::int64_t set_size(Machine& m, Context& c, std::int64_t size) {
  if (m.says(cached_in_process)) return table_size;
  return size < 0 && m.says(negative_size_ignored) ? 0 : std::exchange(c.size, size);
}

std::int64_t set_timeout(Machine& m, Context& c, std::int64_t seconds) {
  constexpr std::int64_t week = 604'800, bad_argument = -173;
  const std::int64_t kept = m.kept_timeout(seconds);
  const bool error = kept > week && m.says(long_timeout_is_error);
  const std::int64_t before = std::exchange(c.timeout, kept == 0 && m.says(zero_timeout_is_default) ? m.default_timeout() : kept);
  return error ? bad_argument : before;
}

bool set_id_context(IdContext& target, const IdContext& value) {
  if (value.length > id_context_max) return false;
  target = value;
  return true;
}

Context made(Machine& m, const ContextSetup& setup, std::uint8_t letter) {
  Context c;
  c.setup = setup;
  c.letter = letter;
  if (!setup.timeout) c.timeout = m.default_timeout();
  if (m.says(cached_in_process)) c.size = table_size;
  if (setup.mode) set_mode(m, c, *setup.mode);
  if (setup.size) set_size(m, c, *setup.size);
  if (setup.timeout) set_timeout(m, c, *setup.timeout);
  set_id_context(c.id_context, setup.id_context);
  c.verify_peer = setup.verify_peer;
  c.callbacks = setup.callbacks;
  c.settings = setup.settings;
  c.own_keys = {++m.world.keys};
  return c;
}

/// SSL_CTX_free, and a new one. While connections use the old one it lives on, out of sight.
void renew(Machine& m, std::uint8_t index) {
  m.note(Reason::context_freed);
  m.retire(index);
  Context& old = m.context(index);
  Context fresh = made(m, old.setup, index);
  fresh.store = std::move(old.store);
  fresh.answer = old.answer;
  old = std::move(fresh);
}

void set_id_context_of(Machine& m, IdContext& target, const IdContext& value) {
  m.seen.result = set_id_context(target, value);
  if (m.seen.result == 0) {
    m.note(Reason::too_long_id_context);
    if (m.says(long_id_context_is_error)) m.seen.error = error::id_context_too_long;
  }
}

void make(Machine& m, const Command& command) {
  World& w = m.world;
  const auto which = static_cast<std::size_t>(command.number.value);
  Session s;
  s.id = static_cast<Identity>(which);
  s.cipher = false;
  s.verified = Verified::unspecified;
  s.time = m.now();
  s.timeout = m.says(made_timeout_304) ? 304 : 7200;
  set_id_context_of(m, s.id_context, *command.id_context);
  w.held[command.slot] = m.create(s);
}

/// Commands on a context.
void on_context(Machine& m, const Command& command) {
  Context& c = m.context(command.context);
  m.pass_to(command.context);
  m.because.peers_client = m.because.peers_server = m.peers_turn();
  switch (command.op) {
    case Op::set_mode:
      m.note(Reason::mode_set);
      m.seen.result = set_mode(m, c, command.number.value);
      break;
    case Op::set_size: m.seen.result = set_size(m, c, command.number.value); break;
    case Op::set_timeout: m.seen.result = set_timeout(m, c, command.number.value); break;
    case Op::set_id_context: set_id_context_of(m, c.id_context, *command.id_context); break;
    case Op::set_verify_peer: c.verify_peer = command.number.value != 0; break;
    case Op::set_callbacks:
      c.callbacks = command.callbacks;
      m.seen.result = 1;
      break;
    case Op::configure:
      if (command.setting == Setting::num_tickets) m.seen.result = c.settings[command.setting];
      c.settings[command.setting] = static_cast<std::uint8_t>(command.number.value);
      if (command.setting == Setting::ticket_keys) m.settle_keys(c);
      break;
    case Op::flush: {
      const std::int64_t at = command.number.at(m.world.now.seconds);
      m.note(at == 0 ? Reason::flushed_all : Reason::flushed_explicitly);
      m.flush(command.context, {m.kept(at), 0}, at == 0);
      break;
    }
    case Op::lose: m.store_of(command.context).store.clear(); break;
    case Op::renew: renew(m, command.context); break;
    default: break;
  }
}

/// SSL_SESSION_set1_id and _set_protocol_version. A cache looks for a session where its id was when it was added: one that
/// is cached must keep it, and be the only one of its id and version; one that a connection uses may yet be cached. And its
/// cipher must do for its version: those of TLS 1.0 and 1.1 are the same, those of TLS and DTLS 1.2, too, and TLS 1.3 wants
/// no more of it than the hash.
void rename(Machine& m, SessionRef ref, const Command& command) {
  Session& s = m.session(ref);
  const bool id = command.op == Op::set_session_id;
  if (id && command.number.value == long_id) {
    m.note(Reason::too_long_id);
    m.seen.error = error::id_too_long;
    return;
  }
  const auto version = static_cast<Version>(command.number.value);
  const bool cached = s.cached_in != no_context;
  const bool fits = id || version == s.version || !s.cipher || std::max(version, s.version) < Version::tls1_2 ||
                    (std::min(version, s.version) >= Version::tls1_2 && s.version != Version::tls1_3);
  const auto taken = [&] { return version != s.version && m.find(m.context(s.cached_in), s.id, version) != no_session; };
  const bool emptied = id && command.number.value == 0 && s.ticket != no_ticket;  // what is cached without an id may get one when it is used (F15)
  if (!fits || emptied || (cached && (id || taken())) || m.in_use(ref)) {
    m.note(Reason::outside_contract);
    m.seen.status = Status::unspecified;
    return;
  }
  m.note(cached ? Reason::renamed_cached : Reason::renamed);
  id ? void(s.id = static_cast<Identity>(command.number.value)) : void(s.version = version);
  m.seen.result = 1;
}

/// Commands on a session in the application's hands; there is one.
void on_session(Machine& m, const Command& command) {
  World& w = m.world;
  const SessionRef ref = w.held[command.slot];
  m.turn = m.session(ref).library;
  m.because.peers_client = m.because.peers_server = m.peers_turn();
  const bool in_context = command.op == Op::add || command.op == Op::remove || command.op == Op::answer;
  if (in_context && m.out_of_reach(ref, command.context)) {
    m.seen.status = Status::unspecified;
    return;
  }
  switch (command.op) {
    case Op::add: {
      const std::uint8_t owner = m.session(ref).cached_in;
      // SSL_set_session(3): one object, one SSL_CTX. And what is cached without an id must not get one afterwards.
      if ((owner != no_context && owner != command.context) || m.unfinished(ref, command.context)) {
        m.note(Reason::outside_contract);
        m.seen.status = Status::unspecified;
        break;
      }
      if (m.context(command.context).mode & mode::no_internal_store) m.note(Reason::added_despite_flag);
      m.seen.result = m.add(command.context, ref);
      break;
    }
    case Op::remove: m.seen.result = m.remove(command.context, ref); break;
    case Op::set_session_time: {
      const std::int64_t time = command.number.at(w.now.seconds);
      if (time < 0 && m.says(times_in_32_bits)) break;
      m.set_time(ref, {time, 0});
      m.seen.result = m.says(set_time_returns_time) ? time : 1;
      break;
    }
    case Op::set_session_timeout: m.seen.result = m.set_timeout(ref, command.number.value); break;
    case Op::set_session_id_context: {
      Session& s = m.session(ref);
      set_id_context_of(m, s.id_context, *command.id_context);
      if (m.seen.result == 0) break;
      if (!m.says(client_context_hides_session)) s.buffer = {};  // where nothing asks what stands behind it
      s.buffer.write(s.id_context);
      break;
    }
    case Op::set_session_id:
    case Op::set_session_version: rename(m, ref, command); break;
    case Op::set_session_host_name: case Op::set_session_protocol: case Op::set_session_early_data: {
      Session& s = m.session(ref);
      if (command.op == Op::set_session_host_name) s.host_name = static_cast<std::uint8_t>(command.number.value);
      if (command.op == Op::set_session_protocol) s.protocol = static_cast<Alpn>(command.number.value);
      if (command.op == Op::set_session_early_data) s.early_data = command.number.value != 0;
      m.seen.result = 1;
      break;
    }
    case Op::set_session_data:
      m.session(ref).data = *command.id_context;
      m.seen.result = 1;
      break;
    case Op::dup:
      w.held[command.keep] = m.dup(ref);
      m.seen.result = 1;
      break;
    case Op::serialise:  // i2d_SSL_SESSION refuses a session that has no cipher: a hand-made one
      if (!m.session(ref).cipher) break;
      w.held[command.keep] = m.create(m.serialised(m.session(ref)));
      m.seen.result = 1;
      break;
    case Op::drop: w.held[command.slot] = no_session; break;
    case Op::answer: m.context(command.context).answer = m.dup(ref); break;
    default: break;
  }
}

SessionView view(const Session& s) {
  SessionView v;
  v.name = s.id;
  v.resumable = Machine::resumable(s);
  v.ticket = s.ticket != no_ticket;
  v.early_data = s.early_data;
  v.version = static_cast<std::uint8_t>(s.version) + 1;
  v.time = s.time.seconds, v.timeout = s.timeout, v.hint = s.hint;
  v.id_context = s.id_context, v.data = s.data, v.host_name = s.host_name, v.protocol = s.protocol, v.peer = s.peer;
  return v;
}

/// What is seen, with identities still in place of names.
void look(const World& w, Observation& seen) {
  seen.contexts.resize(w.visible);
  for (std::size_t i = 0; i < w.visible; ++i) {
    const Context& c = w.contexts[i];
    ContextView& v = seen.contexts[i];
    v.mode = c.mode, v.size = c.size, v.timeout = c.timeout;
    v.number = static_cast<std::int64_t>(c.cache.size());
    v.counters = c.counters;
    v.cached.clear();
    for (const SessionRef ref : c.cache) v.cached.push_back(view(w.sessions[ref]));
    v.stored.clear();
    for (const Stored& entry : c.store)
      v.stored.push_back(entry.reference != no_session ? view(w.sessions[entry.reference])
                                                       : SessionView{.name = entry.id, .resumable = true});
  }
  for (std::size_t slot = 1; slot <= slots_max; ++slot) {
    const SessionRef ref = w.held[slot];
    seen.held[slot - 1] = ref == no_session ? std::nullopt : std::optional(view(w.sessions[ref]));
  }
}

/// Calls `use` for every name in an observation.
template <class Use>
void each_name(Observation& seen, Use use) {
  for (Event& event : seen.log) use(event.session), event.kind == Event::Kind::get_session ? use(event.answer) : void();
  use(seen.connection.client.session);
  use(seen.connection.server.session);
  for (ContextView& context : seen.contexts) {
    for (SessionView& s : context.cached) use(s.name);
    for (SessionView& s : context.stored) use(s.name);
  }
  for (std::optional<SessionView>& s : seen.held)
    if (s) use(s->name);
}

/// Names the ids that are seen for the first time, in the order in which they were made, and puts names everywhere.
void give_names(World& w, Observation& seen) {
  std::vector<Identity> fresh;
  each_name(seen, [&](Name& id) {
    if (id == zero_identity) id = 0;  // to the eye, no id at all
    if (id != 0 && w.identities[id].name == 0) fresh.push_back(id);
  });
  std::ranges::sort(fresh);
  for (const Identity id : fresh)
    if (w.identities[id].name == 0) w.identities[id].name = ++w.names;
  each_name(seen, [&](Name& id) { id = id == 0 ? 0 : w.identities[id].name; });
  const auto by_name = [](std::vector<SessionView>& list) {
    // It nearly always is in order, and sorting hundreds at every step would be the model's main cost.
    if (!std::ranges::is_sorted(list, precedes)) std::ranges::sort(list, precedes);
  };
  for (ContextView& context : seen.contexts) by_name(context.cached), by_name(context.stored);
}

/// Objects that something still refers to.
std::int64_t live(const World& w) {
  std::vector<bool> alive(w.sessions.size());
  const auto refer = [&](SessionRef ref) {
    if (ref != no_session) alive[ref] = true;
  };
  for (const Context& c : w.contexts) {
    std::ranges::for_each(c.cache, refer);
    for (const Stored& entry : c.store) refer(entry.reference);
    refer(c.answer);
  }
  std::ranges::for_each(w.held, refer);
  for (const Connection& c : w.connections) refer(c.client.session), refer(c.server.session);
  return std::ranges::count(alive, true);
}

}  // namespace

World begin(const Setup& setup, const Rules& rules, Because& because) {
  World w;
  w.certificates = setup.certificates;
  w.held.fill(no_session);
  w.identities.resize(first_identity);
  Observation unseen;
  Machine m{w, rules, unseen, because};
  for (const ContextSetup& context : setup.contexts) {
    m.turn = library_of(w.visible);
    w.contexts.push_back(made(m, context, w.visible++));
  }
  return w;
}

void step(World& world, const Command& command, const Rules& rules, Observation& seen, Because& because) {
  seen.status = Status::done;
  seen.result = 0;
  seen.error = error::none;
  seen.connection = {};
  seen.log.clear();
  because.clear();

  Machine m{world, rules, seen, because};
  if (world.spoilt) {
    seen.status = Status::unspecified;
    m.note(Reason::cache_spoilt);
  } else switch (command.op) {
    case Op::connect: m.connect(command); break;
    case Op::advance: world.now = moved(world.now, command.number.value); break;
    case Op::rewind:
      m.note(Reason::clock_back);
      world.now = moved(world.now, -command.number.value);
      break;
    case Op::make: make(m, command); break;
    case Op::add: case Op::remove: case Op::set_session_time: case Op::set_session_timeout:
    case Op::set_session_id_context: case Op::set_session_data: case Op::set_session_id: case Op::set_session_version:
    case Op::set_session_host_name: case Op::set_session_protocol: case Op::set_session_early_data:
    case Op::dup: case Op::serialise: case Op::drop: case Op::answer:
      if (world.held[command.slot] != no_session)
        on_session(m, command);
      else if (command.op == Op::set_session_timeout && m.says(null_timeout_undefined)) {  // a null pointer is read
        m.note(Reason::outside_contract);
        seen.status = Status::unspecified;
      }
      break;
    case Op::open: case Op::deliver: case Op::offer: case Op::take: case Op::renegotiate: case Op::new_ticket: case Op::verify_client:
    case Op::shut: case Op::garble: case Op::hang_up: case Op::clear: case Op::close:
      m.on_connection(command);
      break;
    default: on_context(m, command); break;
  }
  if (seen.status == Status::crashed) {  // no one is left to see anything else
    seen = {};
    seen.status = Status::crashed;
    return;
  }
  look(world, seen);
  give_names(world, seen);
  seen.live = live(world);
}

}  // namespace sesscheck
