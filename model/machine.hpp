// Inside of the model: the operations that `step` is made of, each concern in one file.
//   session.cpp     what a session carries, when it expires, how it is copied
//   cache.cpp       add, remove, flush: the internal cache and what leaves it
//   table.cpp       a cache of the whole process: a table of copies
//   store.cpp       the external store behind the three callbacks
//   storing.cpp     the end of a handshake: who stores the session, and the automatic flush
//   ticket.cpp      session tickets: issued, encrypted, read
//   server.cpp      a ClientHello: what is looked up, what is resumed, what is new
//   client.cpp      what a client offers, and what it makes of the answer
//   connection.cpp  a connection's life: opened, delivered, ended
//   datagram.cpp    DTLS: flights that are sent again
//   step.cpp        one command, and what is seen after it
#pragma once

#include <span>
#include <optional>
#include <vector>

#include "model/step.hpp"

namespace sesscheck {

/// When a session stops being valid. A deadline beyond the range of the clock never comes; such ones are ordered by what
/// is left over.
struct Deadline {
  bool never = false;
  Moment at;
  auto operator<=>(const Deadline&) const = default;
};

inline constexpr std::int64_t week = 7 * 24 * 60 * 60;  ///< seconds; TLS 1.3 allows no longer lifetime hint

struct Machine {
  World& world;
  const Rules& rules;
  Observation& seen;
  Because& because;
  bool evicting = false;
  bool copied_in = false;  ///< what a server found, and did not resume, is a copy's concern: see report_freed
  std::vector<SessionRef> let_go = {};  ///< what the application frees when this command is over
  Connection whole = {};                        ///< that of a connect command: no other command has it
  std::span<const SessionRef> unreported = {};  ///< victims of this command whose remove_session_cb is still to come
  Library turn = Library::of_servers;           ///< whose Rules are asked, where there are two libraries

  // --- decisions ---------------------------------------------------------------------------------------------------
  /// Asks a Rule, and remembers that it was asked.
  bool says(Choice choice);
  /// What the peer does is no evidence for any clause.
  void note(Reason reason) {
    if (!peers_turn() || info(reason).clauses.empty()) because.add(reason);
  }
  /// From here on it is this context's library that acts.
  void pass_to(std::uint8_t index) { turn = library_of(context(index).letter); }
  [[nodiscard]] bool peers_turn() const { return rules.peer() == turn; }
  /// A session is an object of one library; one that is of another than this context cannot be had there.
  bool out_of_reach(SessionRef ref, std::uint8_t index);

  // --- sessions and time (session.cpp) -----------------------------------------------------------------------------
  Session& session(SessionRef ref) { return world.sessions[ref]; }
  SessionRef create(const Session& value);
  Identity new_identity(std::uint8_t length = 32);
  [[nodiscard]] std::uint8_t id_length(Identity id) const { return id == 0 ? 0 : world.identities[id].length; }
  Moment now();
  Deadline deadline(const Session& session);
  bool expired(const Session& session, Moment at, bool in_flush = false);
  std::int64_t kept(std::int64_t seconds);
  std::int64_t kept_timeout(std::int64_t seconds);
  Moment age(const Session& session);
  [[nodiscard]] static bool resumable(const Session& s) {
    return !s.not_resumable && ((s.id != 0 && s.own_id != OwnId::kept) || s.ticket != no_ticket);
  }
  std::int64_t default_timeout();
  Session negotiated(const Side& side, Version version);
  SessionRef dup(SessionRef original);
  SessionRef copied(SessionRef original);
  SessionRef renewed(SessionRef original);
  Session serialised(const Session& original);
  void rebase(Session& session);
  void set_time(SessionRef ref, Moment time);
  std::int64_t set_timeout(SessionRef ref, std::int64_t seconds);

  // --- internal cache (cache.cpp) ----------------------------------------------------------------------------------
  SessionRef find(const Context& context, Identity id, Version version);
  [[nodiscard]] bool cached_anywhere(Identity id) const;
  [[nodiscard]] bool unfinished(SessionRef ref, std::uint8_t context);
  [[nodiscard]] bool in_use(SessionRef ref) const;
  bool add(std::uint8_t context, SessionRef ref);
  bool remove(std::uint8_t context, SessionRef ref);
  void flush(std::uint8_t context, Moment at, bool all);
  void reposition(SessionRef ref);
  void insert(std::uint8_t context, SessionRef ref);
  void take_out(std::uint8_t context, SessionRef ref);
  void mark_removed(SessionRef ref);
  void report_removed(std::uint8_t context, std::vector<SessionRef> gone, bool flushed);

  // --- a cache of the whole process (table.cpp) ---------------------------------------------------------------------
  SessionRef find_in_table(Identity id, bool of_server, bool searching);
  bool add_to_table(std::uint8_t context, SessionRef ref);
  void take_from_table(SessionRef copy);

  // --- external store and callbacks (store.cpp) --------------------------------------------------------------------
  Context& store_of(std::uint8_t letter);
  void call_new(std::uint8_t context, SessionRef ref);
  SessionRef call_get(std::uint8_t context, Identity asked);
  void call_remove(std::uint8_t context, Identity removed, bool locked = false);
  void tell_removed(std::uint8_t letter, Identity removed);
  void call_back(std::uint8_t context, Setting which, bool locked);

  // --- the end of a handshake (storing.cpp) ------------------------------------------------------------------------
  void flush_by_count(std::uint8_t context);
  bool stores(const Side& side, bool at_server);
  bool cacheable(const Side& side, bool at_server, bool is_new);
  void store(const Side& side, bool at_server, bool tls1_3);
  void update_cache(const Side& side, bool at_server, Version version);
  void count(std::uint8_t context, Counter counter, int number = 1);

  // --- tickets (ticket.cpp) ----------------------------------------------------------------------------------------
  void rotate_keys(Context& c);
  void settle_keys(Context& c);
  bool issue_ticket(Connection& c);
  void issue_tickets(Connection& c);
  void verify_client(Connection& c);
  struct Opened {
    enum class Result : std::uint8_t { unreadable, good, renew, fatal } result = Result::unreadable;
    SessionRef session = no_session;
  };
  Opened open_ticket(std::uint8_t context, TicketRef ticket, Identity hello_id);

  // --- connections (connection.cpp; server.cpp; client.cpp) --------------------------------------------------------
  void connect(const Command& command);
  void on_connection(const Command& command);
  bool open(Connection& c, const Command& command);
  bool able_to_begin(Connection& c);
  void deliver(Connection& c, int flights);
  void note_hello(const Message& message);
  void leave(Connection& c, End client_end, End server_end);
  void select(Side& side, SessionRef ref);
  void verify(Side& side, bool shown);
  void close_one(Side& side);
  bool is_held(SessionRef ref) const;
  void report_freed(const Connection& c, const Side& side);
  void retire(std::uint8_t context);
  void release(std::uint8_t context);
  void reuse(Connection& c);
  std::int64_t shut(Connection& c, bool at_server, End how);
  void hang_up(Connection& c, bool at_server);
  void renegotiate(Connection& c, bool at_server, bool abbreviated);
  void begin_again(Connection& c);
  void receive(Connection& c, bool at_server);
  void fail(Connection& c, bool at_server, std::uint16_t reason, std::uint16_t alert);
  void receive_alert(Connection& c, bool at_server, std::uint16_t alert);
  void show(const Connection& c);

  // --- DTLS (datagram.cpp) -----------------------------------------------------------------------------------------
  bool fit_to_begin(Connection& c, bool at_server);
  void keep_flight(Side& side, Message first, bool waits);
  static void answered(Side& side);
  void resend(Connection& c, bool at_server);
  void answer_again(Connection& c, bool at_server, Message::Kind kind);

  std::optional<Identity> generate_id(Connection& c, Version version);
  void on_client_hello(Connection& c);
  void on_client_finished(Connection& c);
  void send_client_hello(Connection& c);
  void replace_offered(Side& side, Version version);
  void on_server_hello(Connection& c);
  bool take_extensions(Connection& c);
  void on_server_finished(Connection& c);
  void on_ticket(Connection& c, TicketRef ticket);

  Context& context(std::uint8_t index) { return world.contexts[index]; }
};

}  // namespace sesscheck
