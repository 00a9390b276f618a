#include "explore/form.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "explore/key.hpp"

namespace sesscheck::explore {
namespace {

constexpr std::int64_t flush_periods = 255 * 256;
constexpr std::size_t accept_good = static_cast<std::size_t>(Counter::accept_good),
                      connect_good = static_cast<std::size_t>(Counter::connect_good);

/// The successes of one end as far as the automatic flush can tell: their number when a flush of either period is due
/// soon, else 1. (TLS 1.3 looks after counting: a flush of the last success can still be due, and one at 0, where
/// another context counted it.)
std::int64_t successes(std::int64_t number, bool tls1_3) {
  if (number == 0) return tls1_3 ? 0 : 1;
  const auto is_near = [number](std::int64_t period) {
    const std::int64_t past = number % period;
    return past == 0 || period - past <= far_from_flush;
  };
  return is_near(255) || is_near(256) ? number % flush_periods : 1;
}

// ---- the fields. Each struct is taken apart, so that one that gets another field does not compile before it is told
// here what becomes of that. T is the type that the name says, const for a Writer.

template <class A, class T>
void pass_id_context(A& a, T& id) {
  auto& [length, letter] = id;
  a.value(length);
  if (length != 0) a.value(letter);
}

template <class A, class T>
void pass_session(A& a, T& session) {
  auto& [id, version, id_context, buffer, time, timeout, not_resumable, cipher, extended_master_secret, sha384, second_group,
         early_data, secret, ticket, hint, data, host_name, protocol, verified, peer, of_server, own_id, misfiled, cached_in,
         library] = session;  // where there are caches, cached_in follows from them; there is one library
  a.id(id);
  bool has_more = !(buffer == IdContextBuffer(id_context));
  a.flags(not_resumable, cipher, extended_master_secret, sha384, second_group, early_data, of_server, misfiled, has_more, peer);
  a.value(version);
  pass_id_context(a, id_context);
  if (has_more)
    for (auto& byte : buffer.bytes) a.value(byte);
  else if constexpr (A::reads)
    buffer = IdContextBuffer(id_context);
  a.time(time);
  a.seconds(timeout);
  a.secret(secret);
  a.ticket(ticket);
  a.integer(hint);
  pass_id_context(a, data);
  a.value(host_name);
  a.value(protocol);
  a.value(verified);
  a.value(own_id);
  if (a.rows > 1) a.value(cached_in);
}

template <class A, class T>
void pass_ticket(A& a, T& ticket) {
  auto& [hash, stateful, keys, session, hint] = ticket;
  a.id(hash);
  a.flags(stateful);
  a.key(keys);
  pass_session(a, session);
  a.integer(hint);
}

/// Those that are not as usual.
template <class A, class T>
void pass_settings(A& a, T& settings, const Settings& usual) {
  std::uint32_t changed = 0;
  static_assert(setting_count <= 32);
  for (std::size_t i = 0; i < setting_count; ++i)
    if (const auto which = static_cast<Setting>(i); settings[which] != usual[which]) changed |= 1U << i;
  if constexpr (A::reads) settings = usual;
  a.value(changed);
  for (std::size_t i = 0; i < setting_count; ++i)
    if (changed >> i & 1U) a.value(settings[static_cast<Setting>(i)]);
}

template <class A, class T>
void pass_callbacks(A& a, T& callbacks) {
  auto& [new_session, get_session, remove_session] = callbacks;
  a.value(new_session);
  a.value(get_session);
  a.value(remove_session);
}

/// When ticket keys give way to others, if they do.
template <class A, class T>
void pass_until(A& a, T& until) {
  bool unused = until == 0, for_good = until == TicketKeys::for_good;
  a.flags(unused, for_good);
  Moment at{until, 0};
  if (!unused && !for_good) a.time(at);
  if constexpr (A::reads) until = unused ? 0 : for_good ? TicketKeys::for_good : at.seconds;
}

/// All but its store. What is as in the beginning is not told; `setup` never changes.
template <class A, class T>
void pass_context(A& a, T& context, const Context& beginning) {
  auto& [setup, letter, mode, size, timeout, id_context, verify_peer, callbacks, settings, own_keys, old_keys, counters, cache,
         since_flush, store, answer] = context;
  const unsigned changed = a.changes(mode != beginning.mode, size != beginning.size, timeout != beginning.timeout,
                                     !(id_context == beginning.id_context), verify_peer != beginning.verify_peer,
                                     !(callbacks == beginning.callbacks), !(settings == beginning.settings),
                                     own_keys.until != beginning.own_keys.until || old_keys.number != 0);
  if (changed & 1U) a.integer(mode);
  if (changed & 2U) a.integer(size);
  if (changed & 4U) a.seconds(timeout);
  if (changed & 8U) pass_id_context(a, id_context);
  if (changed & 16U) a.value(verify_peer);
  if (changed & 32U) pass_callbacks(a, callbacks);
  if (changed & 64U) pass_settings(a, settings, beginning.settings);
  if (changed & 128U) {  // what numbers of its own keys there are follows from its place
    pass_until(a, own_keys.until);
    a.key(old_keys.number);
    pass_until(a, old_keys.until);
  }
  for (const auto& [good, all] : {std::pair(accept_good, Counter::accept), std::pair(connect_good, Counter::connect)}) {
    if constexpr (A::reads) {
      a.value(counters[good]);
      counters[static_cast<std::size_t>(all)] = counters[good];
    } else {
      a.value(successes(counters[good], a.tls1_3));
    }
  }
  std::uint64_t sessions = cache.size();
  a.value(sessions);
  if constexpr (A::reads) cache.resize(sessions);
  for (auto& ref : cache) a.session(ref);
  a.integer(since_flush);
  a.session(answer);
}

constexpr std::size_t few = 16;  // entries of a store: to be put in order one after the other

template <class A, class T>
void pass_store(A& a, T& context) {
  if (context.setup.store == Store::none) return;
  std::uint64_t size = context.store.size();
  a.value(size);
  const auto pass_entry = [&](auto& entry) {
    auto& [id, reference, bytes] = entry;
    a.id(id);
    if (context.setup.store == Store::references)
      a.session(reference);
    else
      pass_session(a, bytes);
  };
  if constexpr (A::reads) {
    context.store.resize(size);
    for (Stored& entry : context.store) entry = {}, pass_entry(entry);
  } else {
    std::vector<const Stored*> entries;
    for (const Stored& entry : context.store) entries.push_back(&entry);
    const auto place = [&](const Stored* entry) {
      return std::tuple(a.place(*entry), size > few ? std::vector<std::ptrdiff_t>() : a.shared(a.stored(*entry).secret));
    };
    if (size > few) std::ranges::stable_sort(entries, {}, place);
    for (auto next = entries.begin(); next != entries.end(); ++next) {
      // One that was passed gives a number to its secret, which those after it may share.
      if (size <= few && size > 1) {
        const auto least = std::ranges::min_element(next, entries.end(), {}, place);
        std::rotate(next, least, least + 1);
      }
      pass_entry(**next);
    }
  }
}

template <class A, class T>
void pass_messages(A& a, T& messages) {
  std::uint64_t size = messages.size();
  a.value(size);
  if constexpr (A::reads) messages.resize(size);
  for (auto& message : messages) {
    auto& [kind, ticket, alert, id, unreadable, again] = message;
    a.value(kind);
    a.ticket(ticket);
    a.value(alert);
    a.id(id);
    a.value(unreadable);
    a.flags(again);
  }
}

template <class A, class T>
void pass_side(A& a, T& side) {
  auto& [context, current, settings, id_context, verify_peer, session, verified, state, reused, error, sent_shutdown,
         received_shutdown, refuses_old, lost, close_unread, alert_unread, failed_late, reads_early_data, in_early_data,
         reading_refused, asked_late, has_read, datagrams, sent, waits, timer, timeouts] = side;
  a.value(context);
  a.value(current);
  pass_settings(a, settings, Settings{});
  pass_id_context(a, id_context);
  a.session(session);
  a.value(verified);
  a.value(state);
  a.value(error);
  a.flags(verify_peer, reused, sent_shutdown, received_shutdown, refuses_old, lost, close_unread, alert_unread, failed_late,
          reads_early_data, in_early_data, reading_refused, asked_late, has_read, datagrams, waits);
  pass_messages(a, sent);
  if (!waits) return;
  a.time(timer);
  a.value(timeouts);
}

template <class A, class T>
void pass_hello(A& a, T& hello) {
  auto& [id, invented, ticket_extension, ticket, psk, early_data, extended_master_secret, ciphers, age] = hello;
  a.id(id);
  a.flags(invented, ticket_extension, psk, early_data, extended_master_secret);
  a.ticket(ticket);
  pass_settings(a, ciphers, Settings{});
  a.value(age);
}

template <class A, class T>
void pass_connection(A& a, T& connection) {
  auto& [open, started, established, renegotiating, renewing, asked, fresh_wanted, replaced, other_keys, stuck, client, server, to_client,
         to_server, hello, early, again, version, extended_master_secret, sha384, retried, secret, offered, ticket_expected,
         resuming, answered, tickets_sent, early_accepted, name_taken, protocol, early_status] = connection;
  a.flags(open);
  if (!open) return;
  a.flags(started, established, renegotiating, renewing, asked, fresh_wanted, replaced, other_keys, stuck, early, again,
          extended_master_secret, sha384, retried, offered, ticket_expected, resuming, early_accepted, name_taken);
  a.value(protocol);
  pass_side(a, client);
  pass_side(a, server);
  pass_messages(a, to_client);
  pass_messages(a, to_server);
  pass_hello(a, hello);
  a.value(version);
  a.secret(secret);
  a.id(answered);
  a.value(tickets_sent);
  a.value(early_status);
}

template <class A, class T>
void pass_table(A& a, T& table) {
  for (auto& [copies, next] : table) {
    const auto is_free = [](SessionRef copy) { return copy == no_session; };
    bool fresh = next == 0 && std::ranges::all_of(copies, is_free);
    a.flags(fresh);
    if constexpr (A::reads)
      if (fresh) copies.fill(no_session), next = 0;
    if (fresh) continue;
    a.value(next);
    for (auto& copy : copies) a.session(copy);
  }
}

/// What can be used, but for the stores; what is met in it follows. Names and numbers given so far begin anew, and no
/// callback is running between two commands.
template <class A, class T>
void pass_roots(A& a, T& world, const World& beginning) {
  auto& [now, certificates, sessions, tickets, contexts, visible, connections, table, held, identities, names, secrets, keys, spoilt,
         calling_back] = world;
  a.value(now.microseconds);
  a.flags(spoilt);
  std::uint64_t number = contexts.size();
  a.value(number);
  if constexpr (A::reads) contexts.resize(number);
  for (std::size_t i = 0; i < number; ++i) {
    auto& c = contexts[i];
    auto letter = i < visible ? static_cast<std::uint8_t>(i) : c.letter;
    if (i >= visible) a.value(letter);  // freed, and still in use
    if constexpr (A::reads) c = beginning.contexts[letter], c.own_keys.number = ++keys;
    pass_context(a, c, beginning.contexts[letter]);
  }
  for (std::size_t slot = 1; slot <= slots_max; ++slot) a.session(held[slot]);
  for (auto& connection : connections) pass_connection(a, connection);
  if (a.rows > 1) pass_table(a, table);
}

/// Whether the context is seen, or a connection uses it: one that was freed lives on that long.
bool is_used(const World& w, std::size_t i) {
  return i < w.visible || std::ranges::any_of(w.connections, [i](const Connection& c) {
           return c.open &&
                  (c.client.context == i || c.client.current == i || c.server.context == i || c.server.current == i);
         });
}

bool has_forgotten_contexts(const World& w) {
  for (std::size_t i = w.visible; i < w.contexts.size(); ++i)
    if (!is_used(w, i)) return true;
  return false;
}

World without_forgotten_contexts(World w) {
  std::vector<std::uint8_t> moved(w.contexts.size(), no_context);
  std::vector<Context> kept;
  for (std::size_t i = 0; i < w.contexts.size(); ++i) {
    if (!is_used(w, i)) continue;
    moved[i] = static_cast<std::uint8_t>(kept.size());
    kept.push_back(std::move(w.contexts[i]));
  }
  w.contexts = std::move(kept);
  for (Connection& c : w.connections)
    for (Side* side : {&c.client, &c.server})
      for (std::uint8_t* index : {&side->context, &side->current})
        if (c.open) *index = moved[*index];
  return w;
}

}  // namespace

void Numbering::reset(std::uint32_t first, std::uint32_t rows) {
  for (const std::uint32_t old : order_) given_[old] = 0;
  order_.clear();
  next_ = first, rows_ = rows;
}

std::pair<std::uint32_t, bool> Numbering::of(std::uint32_t old) {
  if (old >= given_.size()) given_.resize(2 * old + 8);
  if (given_[old] != 0) return {given_[old], false};
  order_.push_back(old);
  if (rows_ > 1)
    while (next_ % rows_ != old % rows_) ++next_;
  return {given_[old] = next_++, true};
}

Form::Form(World beginning, bool tls1_3, bool in_table)
    : beginning_(std::move(beginning)),
      tls1_3_(tls1_3),
      always_dated_(std::ranges::any_of(beginning_.contexts, [](const Context& c) { return is_strange(c.timeout); })),
      rows_(in_table ? static_cast<std::uint32_t>(beginning_.table.size()) : 1) {}

bool Form::try_write(const World& world, std::string& key, bool dated) {
  identities_.reset(first_identity, rows_);
  sessions_.reset(1);
  tickets_.reset(1);
  secrets_.reset(1);
  keys_.reset(shared_keys + 1);
  for (const Context& c : world.contexts) keys_.of(c.own_keys.number);
  Writer a{bytes_, world, identities_, sessions_, tickets_, secrets_, keys_, dated ? 0 : world.now.seconds, tls1_3_, rows_};
  a.integer(dated ? world.now.seconds : 0);
  if (rows_ > 1) a.value(world.identities.size() % rows_);  // where the next id falls
  std::size_t sessions = 0, tickets = 0;
  const auto pass_met = [&] {
    for (; sessions < sessions_.order().size(); ++sessions)
      pass_session(a, world.sessions[sessions_.order()[sessions]]);
    for (; tickets < tickets_.order().size(); ++tickets) pass_ticket(a, world.tickets[tickets_.order()[tickets]]);
  };
  pass_roots(a, world, beginning_);
  pass_met();  // before the stores, so that as many of their ids as can be have numbers
  for (std::size_t i = 0; i < world.visible; ++i) pass_store(a, world.contexts[i]);
  pass_met();
  key.assign(bytes_.data(), a.size);
  return dated || !a.strange;
}

void Form::write(const World& world, std::string& key) {
  if (has_forgotten_contexts(world)) return write(without_forgotten_contexts(world), key);
  if (always_dated_ || !try_write(world, key, false)) try_write(world, key, true);
}

Identity Form::renamed(Identity id) const { return id < first_identity ? id : identities_.find(id); }

void Form::read(std::string_view key, World& world) const {
  world.names = first_identity - 1;
  world.identities.assign(beginning_.identities.begin(), beginning_.identities.end());
  for (Identity id = 1; id < first_identity; ++id) world.identities[id].name = id == zero_identity ? 0 : id;
  world.secrets = 0;
  world.keys = shared_keys;
  world.certificates = beginning_.certificates;
  world.visible = beginning_.visible;
  world.calling_back = false;
  world.held[0] = no_session;
  for (Connection& c : world.connections) c = {};

  Reader a{key, world, epoch.seconds, rows_};
  std::int64_t date = 0;
  a.integer(date);
  if (date != 0) a.present = 0;
  world.now.seconds = date != 0 ? date : epoch.seconds;
  std::size_t next_falls = 0;
  if (rows_ > 1) a.value(next_falls);
  world.sessions.clear();
  world.tickets.clear();
  const auto pass_met = [&] {
    while (world.sessions.size() < a.sessions) pass_session(a, world.sessions.emplace_back());
    while (world.tickets.size() < a.tickets) pass_ticket(a, world.tickets.emplace_back());
  };
  pass_roots(a, world, beginning_);
  pass_met();
  for (std::size_t i = 0; i < world.visible; ++i) pass_store(a, world.contexts[i]);
  pass_met();
  if (rows_ == 1) {
    for (std::uint8_t i = 0; i < world.contexts.size(); ++i)
      for (const SessionRef ref : world.contexts[i].cache) world.sessions[ref].cached_in = i;
  } else {
    while (world.identities.size() % rows_ != next_falls) a.identity();
  }
}

}  // namespace sesscheck::explore
