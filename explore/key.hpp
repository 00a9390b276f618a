// The bytes of a key: how numbers, times, flags and names of a world are written and read. Which fields there are, and what
// is left out, stands in form.cpp.
#pragma once

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

#include "explore/form.hpp"

namespace sesscheck::explore {

inline constexpr std::uint32_t shared_keys = 3;    // the first ticket keys: k1, k2, and those behind the callback
inline constexpr std::int64_t ordinary = 1 << 24;  // seconds; more is far from the present, or a long time

inline bool is_strange(std::int64_t seconds) { return seconds >= ordinary || seconds <= -ordinary; }

/// A writer of keys. Writer and Reader go through the same fields in the same order: pass().
struct Writer {
  static constexpr bool reads = false;
  std::vector<char>& out;  // larger than the key: a quarter of a search goes into writing keys
  const World& world;
  Numbering &identities, &sessions, &tickets, &secrets, &keys;
  std::int64_t present;  // what times are counted from; 0: they are dates
  bool tls1_3;
  std::uint32_t rows;    // of a table of the process; 1: there is none
  bool strange = false;  // something is far from the present, or longer than ordinary
  std::size_t size = 0;  // of the key so far

  void number(std::uint64_t n) {
    constexpr std::size_t longest = 10;
    if (size + longest > out.size()) out.resize(2 * out.size() + longest);
    for (; n >= 0x80; n >>= 7) out[size++] = static_cast<char>(n | 0x80);
    out[size++] = static_cast<char>(n);
  }
  template <class T>
  void value(const T& v) {
    number(static_cast<std::uint64_t>(v));
  }
  void integer(const std::int64_t& v) {
    number(static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63));
  }
  void seconds(const std::int64_t& v) {
    strange |= is_strange(v);
    integer(v);
  }
  void time(const Moment& t) {
    const auto distance =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(t.seconds) - static_cast<std::uint64_t>(present));
    seconds(distance);
    value(t.microseconds);
  }
  template <class... Flags>
  unsigned flags(const Flags&... flag) {
    unsigned bits = 0, at = 0;
    ((bits |= static_cast<unsigned>(flag) << at++), ...);
    number(bits);
    return bits;
  }
  template <class... Flags>
  unsigned changes(Flags... flag) {
    return flags(flag...);
  }

  void id(const Identity& old) {
    if (old < first_identity) return number(old);
    const auto [given, fresh] = identities.of(old);
    number(given);
    if (fresh) number(world.identities[old].length);
  }
  /// The number of an id; the last one, when it has none. And its row.
  [[nodiscard]] auto known(Identity id) const {
    return std::pair((id < first_identity ? id : identities.find(id)) - 1, id % rows);
  }
  [[nodiscard]] auto looks(const Session& s) const {
    return std::tuple(s.time, s.timeout, s.version, s.not_resumable, s.cipher, s.extended_master_secret, s.sha384, s.second_group,
                      s.early_data, s.id_context.length, s.id_context.letter, s.buffer.bytes, s.hint, s.data.length, s.data.letter, s.host_name,
                      s.protocol, s.verified, s.peer, s.of_server, known(s.id), secrets.find(s.secret));
  }
  [[nodiscard]] const Session& stored(const Stored& entry) const {
    return entry.reference != no_session ? world.sessions[entry.reference] : entry.bytes;
  }
  /// How many entries of each store have this secret.
  [[nodiscard]] std::vector<std::ptrdiff_t> shared(std::uint32_t secret) const {
    std::vector<std::ptrdiff_t> all;
    for (const Context& context : world.contexts)
      all.push_back(std::ranges::count(context.store, secret, [this](const Stored& entry) { return stored(entry).secret; }));
    return all;
  }
  /// Where an entry stands in a store: those whose id has a number first; the others by what they are, not by their
  /// age.
  [[nodiscard]] auto place(const Stored& entry) const {
    const Session& s = stored(entry);
    static const Ticket none;
    const Ticket& t = s.ticket != no_ticket ? world.tickets[s.ticket] : none;
    return std::tuple(known(entry.id), looks(s), tickets.find(s.ticket), t.stateful, known(t.hash), t.hint, looks(t.session));
  }
  void session(const SessionRef& old) { number(old == no_session ? 0 : sessions.of(old).first); }
  void ticket(const TicketRef& old) { number(old == no_ticket ? 0 : tickets.of(old).first); }
  void secret(const std::uint32_t& old) { number(old == 0 ? 0 : secrets.of(old).first); }
  void key(const std::uint32_t& old) { number(old <= shared_keys ? old : keys.of(old).first); }
};

/// A reader of keys, which fills a world that is empty but for its contexts.
struct Reader {
  static constexpr bool reads = true;
  std::string_view in;
  World& world;
  std::int64_t present;
  std::uint32_t rows;
  std::uint32_t sessions = 0, tickets = 0;  // greatest number met

  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(in.front());
      in.remove_prefix(1);
      n |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return n;
    }
  }
  template <class T>
  void value(T& v) {
    v = static_cast<T>(number());
  }
  void integer(std::int64_t& v) {
    const std::uint64_t n = number();
    v = static_cast<std::int64_t>(n >> 1 ^ -(n & 1));
  }
  void seconds(std::int64_t& v) { integer(v); }
  void time(Moment& t) {
    integer(t.seconds);
    t.seconds = static_cast<std::int64_t>(static_cast<std::uint64_t>(t.seconds) + static_cast<std::uint64_t>(present));
    value(t.microseconds);
  }
  template <class... Flags>
  unsigned flags(Flags&... flag) {
    const auto bits = static_cast<unsigned>(number());
    unsigned at = 0;
    ((flag = bits >> at++ & 1U), ...);
    return bits;
  }
  template <class... Flags>
  unsigned changes(Flags...) {
    return static_cast<unsigned>(number());
  }

  void id(Identity& id) {
    value(id);
    if (id < world.identities.size()) return;
    while (id >= world.identities.size()) identity();
    value(world.identities[id].length);
  }
  void identity() { world.identities.push_back({++world.names}); }
  void session(SessionRef& ref) {
    const auto n = static_cast<std::uint32_t>(number());
    ref = n == 0 ? no_session : n - 1;
    sessions = std::max(sessions, n);
  }
  void ticket(TicketRef& ref) {
    const auto n = static_cast<std::uint32_t>(number());
    ref = n == 0 ? no_ticket : n - 1;
    tickets = std::max(tickets, n);
  }
  void secret(std::uint32_t& secret) {
    value(secret);
    world.secrets = std::max(world.secrets, secret);
  }
  void key(std::uint32_t& key) {
    value(key);
    world.keys = std::max(world.keys, key);
  }
};

}  // namespace sesscheck::explore
