// The state of the session-cache machine: contexts with their caches and stores, sessions, the clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// A point in virtual time.
struct Moment {
  std::int64_t seconds = 0;
  std::int32_t microseconds = 0;
  auto operator<=>(const Moment&) const = default;
};

/// The clock so many microseconds later, or earlier: as far as the first second of 1970.
inline Moment moved(Moment from, std::int64_t microseconds) {
  constexpr std::int64_t million = 1'000'000;
  microseconds += from.microseconds;
  const std::int64_t seconds = microseconds / million - (microseconds % million < 0 ? 1 : 0);
  const Moment to{from.seconds + seconds, static_cast<std::int32_t>(microseconds - seconds * million)};
  return std::max(to, Moment{1, 0});
}

/// When every trace begins.
inline constexpr Moment epoch{1'700'000'000, 0};

inline constexpr std::int64_t default_mode = mode::server;
inline constexpr std::int64_t default_size = 20480;

/// One value of session id bytes; 0 is the empty id. Ids are numbered as they are made, and named when they are first seen.
using Identity = std::uint32_t;
struct IdentityInfo {
  Name name = 0;             ///< 0 until someone can see it
  std::uint8_t length = 32;  ///< bytes
  bool operator==(const IdentityInfo&) const = default;
};
/// Ids that need no maker: those of `make` (1 to 4), the one of GenerateId::same, that one's hash, and 32 zeros.
inline constexpr Identity same_identity = made_ids_max + 1, same_hash = same_identity + 1, zero_identity = same_hash + 1,
                          first_identity = zero_identity + 1;

/// Index of a session object in World::sessions.
using SessionRef = std::uint32_t;
inline constexpr SessionRef no_session = UINT32_MAX;
/// Index of a ticket in World::tickets.
using TicketRef = std::uint32_t;
inline constexpr TicketRef no_ticket = UINT32_MAX;
inline constexpr std::uint8_t no_context = UINT8_MAX;

/// An id that a client made for want of another (Rule::client_without_id). It is not sent, at first.
enum class OwnId : std::uint8_t { none, kept, sent };

/// What a session keeps its id context in: behind a short one stands what a longer one has left there.
struct IdContextBuffer {
  std::array<char, id_context_max> bytes = {};

  IdContextBuffer() = default;
  explicit IdContextBuffer(const IdContext& value) { write(value); }
  void write(const IdContext& value) { std::fill_n(bytes.begin(), value.length, value.letter); }
  [[nodiscard]] bool begins_with(const IdContext& part) const {
    return std::all_of(bytes.begin(), bytes.begin() + part.length, [&](char byte) { return byte == part.letter; });
  }
  bool operator==(const IdContextBuffer&) const = default;
};

/// One SSL_SESSION object. Several objects can have the same id: a client's, a server's, copies.
struct Session {
  Identity id = 0;
  Version version = Version::tls1_2;
  IdContext id_context;
  IdContextBuffer buffer;                 ///< of the id context
  Moment time;
  std::int64_t timeout = 0;               ///< seconds
  bool not_resumable = false;
  bool cipher = true;                     ///< it has one; not a hand-made session, nor one whose handshake is young
  bool extended_master_secret = false;
  bool sha384 = false;                    ///< the hash of its cipher
  bool second_group = false;              ///< TLS 1.3: its key exchange was in the second of the Groups
  bool early_data = false;                ///< its ticket allows early data
  std::uint32_t secret = 0;               ///< two sessions that have the same can resume each other; 0: none yet
  TicketRef ticket = no_ticket;           ///< what a client holds to send
  std::int64_t hint = 0;                  ///< the ticket's lifetime as the server sent it, seconds
  IdContext data;                         ///< the application's (SSL_SESSION_set1_ticket_appdata)
  std::uint8_t host_name = 0;             ///< a value of Setting::host_name
  Alpn protocol = Alpn::none;             ///< that was agreed on
  Verified verified = Verified::ok;       ///< what came of the other end's certificate
  bool peer = false;                      ///< which it has
  bool of_server = false;                 ///< made at a server's end, where that matters (Rule::session_end)
  OwnId own_id = OwnId::none;
  bool misfiled = false;                  ///< cached, but not found there: its id is not what it was
  std::uint8_t cached_in = no_context;    ///< the context whose internal cache lists this object; in the table: whose remove_session_cb is told
  Library library = Library::of_servers;  ///< whose object it is, where there are two
  bool operator==(const Session&) const = default;
};

/// What is filled in only where a session is cached (Rule::off_session).
inline void leave_blank(Session& s) { s.time = {}, s.timeout = 0, s.id_context = {}, s.buffer = {}; }

/// A ticket as it is on the wire.
struct Ticket {
  Identity hash = 0;     ///< SHA-256 of it: the id of the client's session
  bool stateful = false; ///< it is the server's session id, and nothing else
  std::uint32_t keys = 0;       ///< those it is encrypted with
  Session session;              ///< what is encrypted; stateful: the session it stands for
  std::int64_t hint = 0;        ///< its lifetime as the server tells it, seconds
  bool operator==(const Ticket&) const = default;
};

/// What an external store keeps for one id: a reference to an object, or a copy of its bytes.
struct Stored {
  Identity id = 0;
  SessionRef reference = no_session;  ///< Store::references
  Session bytes;                      ///< Store::serialised
  bool operator==(const Stored&) const = default;
};

/// Ticket keys that a context uses, or has used.
struct TicketKeys {
  std::uint32_t number = 0;  ///< 0: none
  std::int64_t until = 0;    ///< when they give way to others (Rule::own_ticket_keys), seconds; 0: not in use yet
  static constexpr std::int64_t for_good = std::numeric_limits<std::int64_t>::max();  ///< never: the application has set keys
  bool operator==(const TicketKeys&) const = default;
};

/// One SSL_CTX and the store behind its callbacks.
struct Context {
  ContextSetup setup;  ///< as it was made, for `renew`
  std::uint8_t letter = 0;  ///< whose application it has: the index under which it was made
  std::int64_t mode = default_mode, size = default_size, timeout = 0;
  IdContext id_context;
  bool verify_peer = false;
  Callbacks callbacks;
  Settings settings;
  TicketKeys own_keys;             ///< those that the library drew
  TicketKeys old_keys;             ///< those that it drew before, which still read tickets
  std::array<std::int64_t, counter_count> counters{};
  std::vector<SessionRef> cache;   ///< from the next victim (front) to the last (back)
  std::int64_t since_flush = 0;    ///< sessions that its server stored (Rule::flush_counts)
  std::vector<Stored> store;       ///< by id
  SessionRef answer = no_session;  ///< what the next get_session_cb returns, whatever it is asked for
  bool operator==(const Context&) const = default;
};

/// What goes over the wire, as far as a session cache can tell.
struct Message {
  enum class Kind : std::uint8_t { hello_request, client_hello, retry, server_hello, finished, ticket, alert, close_notify };
  Kind kind = Kind::client_hello;
  TicketRef ticket = no_ticket;
  std::uint16_t alert = 0;
  Identity id = 0;         ///< the session id in a hello
  std::uint16_t unreadable = 0;  ///< an alert that cannot be read: the error that its reader reports instead
  bool again = false;            ///< DTLS: the first of a flight that is sent once more
  bool operator==(const Message&) const = default;
};

/// One end of a connection: an SSL. What SSL_new copied from the context is here; the rest is read there when it is needed.
struct Side {
  std::uint8_t context = 0;  ///< the context it was made from; its cache, counters and callbacks are used (session_ctx)
  std::uint8_t current = 0;  ///< the context that SSL_set_SSL_CTX put in its place
  Settings settings;
  IdContext id_context;
  bool verify_peer = false;
  SessionRef session = no_session;
  Verified verified = Verified::ok;  ///< what came of the other end's certificate, now or in the session
  Handshake state = Handshake::none;
  bool reused = false;
  std::uint16_t error = 0;
  bool sent_shutdown = false, received_shutdown = false;
  bool refuses_old = false;       ///< its security level is that of another context: no TLS 1.0 and 1.1
  bool lost = false;              ///< its transport ended, which was no error of the library's: still in use
  bool close_unread = false;      ///< lost, and then close_notify came: SSL_shutdown will read it; ...
  bool alert_unread = false;      ///< ... or a fatal alert
  bool failed_late = false;       ///< after its handshake was done, where that matters (Rule::shutdown_in_handshake)
  bool reads_early_data = false;  ///< a server between its answer and the client's last message: no longer "in init"
  bool in_early_data = false;     ///< its SSL_read_early_data has not come to an end, or its SSL_write_early_data has failed
  bool reading_refused = false;   ///< SSL_clear came then: SSL_read is an error from now on
  bool asked_late = false;        ///< a server that asked for a certificate after a handshake, which SSL_clear does not forget
  bool operator==(const Side&) const = default;
  bool has_read = false;          ///< a record of TLS (Rule::first_record)
  bool datagrams = false;         ///< its method is one of DTLS, whatever its versions are of (Rule::method_of_handshake)
  std::vector<Message> sent;      ///< DTLS: the first message of its last flight, until that is answered
  bool waits = false;             ///< DTLS: for that answer; ...
  Moment timer;                   ///< ... and when it is sent again, if none has come
  std::uint8_t timeouts = 0;      ///< DTLS: so many times it was
  [[nodiscard]] bool in_use() const { return state == Handshake::done || lost || (reads_early_data && state == Handshake::unfinished); }
};

/// What a ClientHello proposes.
struct Hello {
  Identity id = 0;
  bool invented = false;          ///< the id is none of a session: middlebox compatibility of TLS 1.3
  bool ticket_extension = false;  ///< TLS 1.2: the client takes tickets
  TicketRef ticket = no_ticket;   ///< TLS 1.2 ticket or TLS 1.3 identity
  bool psk = false;               ///< `ticket` is a TLS 1.3 identity
  bool early_data = false;
  bool extended_master_secret = false;
  Settings ciphers;               ///< the client's settings, for the ciphers that it lists
  std::uint32_t age = 0;          ///< of the TLS 1.3 identity, milliseconds
  bool operator==(const Hello&) const = default;
};

/// Whether a context's ciphers have one for this version and hash. Those for TLS 1.0 and 1.1 are there if the versions are.
inline bool has_cipher(const Settings& settings, Version version, bool sha384) {
  const auto choice = settings.as<CipherChoice>(Setting::cipher);
  return choice != (sha384 ? CipherChoice::sha256 : CipherChoice::sha384) &&
         (version >= Version::tls1_2 || settings.lowest() < Version::tls1_2);
}

/// A connection: two ends, the wire between them, and what they have agreed on.
struct Connection {
  bool open = false, started = false;
  bool established = false;  ///< one end at least is done: from here on, hellos cannot be read in passing
  bool renegotiating = false;  ///< a handshake within the connection, till it is over
  bool renewing = false;       ///< of the client: no session is proposed in it
  bool asked = false;          ///< of the server: it asked for it ...
  bool fresh_wanted = false;   ///< ... or did not; and wants a new session, in its opinion
  bool replaced = false;  ///< SSL_set_session came when it was in use: it must not go on
  bool other_keys = false;  ///< the client resumes a session that has another secret than the server's: it cannot read Finished
  bool stuck = false;     ///< DTLS: the client drops what it does not wait for, and waits
  Side client, server;
  std::vector<Message> to_client, to_server;
  Hello hello;
  bool early = false;  ///< the client would send early data
  bool again = false;  ///< after SSL_clear: no early data is read
  Version version = Version::tls1_2;
  bool extended_master_secret = false, sha384 = false, retried = false;
  std::uint32_t secret = 0;
  bool offered = false;           ///< the client selected a session for it
  bool ticket_expected = false;   ///< the server will issue a ticket
  bool resuming = false;          ///< the server's decision
  Identity answered = 0;          ///< the id in the ServerHello, up to TLS 1.2
  std::uint8_t tickets_sent = 0;
  bool early_accepted = false;    ///< the server's decision
  bool name_taken = false;        ///< the server's decision
  Alpn protocol = Alpn::none;     ///< the server's decision
  std::uint8_t early_status = 0;  ///< what the client knows of it, as in ConnectionView::early_data
  bool operator==(const Connection&) const = default;
};

/// A row of the session table that Rule::cache_place can put in the place of all caches.
struct TableRow {
  std::array<SessionRef, 3> copies{no_session, no_session, no_session};
  std::uint8_t next = 0;  ///< the place that is taken next, whatever is there
  bool operator==(const TableRow&) const = default;
};

struct World {
  Moment now = epoch;
  bool certificates = false;  ///< as in the Setup
  std::vector<Session> sessions;
  std::vector<Ticket> tickets;
  std::vector<Context> contexts;   ///< those of the Setup; then those that were freed while connections used them
  std::uint8_t visible = 0;        ///< the former
  std::array<Connection, connections_max> connections;
  std::array<TableRow, 11> table;
  std::array<SessionRef, slots_max + 1> held;  ///< by slot; [0] is never used
  std::vector<IdentityInfo> identities;
  Name names = 0;                              ///< names given so far
  std::uint32_t secrets = 0, keys = 3;         ///< numbers given so far; k1, k2 and the callback's keys are the first
  bool spoilt = false;                         ///< nothing is carried out any more (Rule::marked_session)
  bool calling_back = false;                   ///< a callback is calling the library
  bool operator==(const World&) const = default;
};

}  // namespace sesscheck
