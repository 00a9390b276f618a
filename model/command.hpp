// What a caller can do: the Setup a trace starts with, and the Commands that follow.
//
// Plain values. Every command is always applicable: one that has no subject (removing a session that no one holds) does
// nothing, so that any sub-sequence of a trace is a trace.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/settings.hpp"

namespace sesscheck {

inline constexpr std::uint8_t contexts_max = 4;      ///< contexts A to D
inline constexpr std::uint8_t slots_max = 6;         ///< sessions in the application's hands: h1 to h6; 0 is "none"
inline constexpr std::uint8_t made_ids_max = 4;      ///< distinct ids a hand-made session can have
inline constexpr std::uint8_t long_id = made_ids_max + 1;  ///< set_session_id: one of 33 bytes, which no session can have
inline constexpr std::uint16_t repeat_max = 1024;    ///< one connect command stands for at most so many connections
inline constexpr std::uint8_t connections_max = 3;   ///< connections that stay open: c1 to c3
inline constexpr std::uint8_t flights_max = 6;       ///< more than any handshake has: a TLS 1.3 one with a retry
inline constexpr std::uint8_t id_context_max = 32;   ///< SSL_MAX_SID_CTX_LENGTH
inline constexpr std::uint8_t id_context_trace_max = 40;  ///< longest one a trace can try to set

/// Cache mode bits, with OpenSSL's numbers (ssl.h, SSL_SESS_CACHE_*).
namespace mode {
inline constexpr std::int64_t off = 0, client = 1, server = 2, both = 3, no_auto_clear = 0x80, no_internal_lookup = 0x100,
                              no_internal_store = 0x200, no_internal = 0x300, update_time = 0x400;
}

/// A session id context of `length` bytes, all equal to `letter`: "aaa" is a prefix of "aaaa" and differs from "bbb".
struct IdContext {
  std::uint8_t length = 0;
  char letter = 'a';
  bool operator==(const IdContext& other) const {
    return length == other.length && (length == 0 || letter == other.letter);
  }
};

enum class NewCallback : std::uint8_t { absent, returns_zero, returns_one };
/// What the callback makes of *copy: 1 asks the library to take a reference, 0 hands one over. It is 1 before, and
/// `untouched` leaves it so.
enum class GetCallback : std::uint8_t { absent, copy_zero, copy_one, untouched };
enum class RemoveCallback : std::uint8_t { absent, present };
/// What stands behind the callbacks: nothing, one that keeps references, one that keeps i2d_SSL_SESSION bytes.
enum class Store : std::uint8_t { none, references, serialised };

struct Callbacks {
  NewCallback new_session = NewCallback::absent;
  GetCallback get_session = GetCallback::absent;
  RemoveCallback remove_session = RemoveCallback::absent;
  bool operator==(const Callbacks&) const = default;
};

/// How a context is configured when a trace begins; what is empty is left to the library's default.
struct ContextSetup {
  std::optional<std::int64_t> mode, size, timeout;  ///< timeout in seconds
  IdContext id_context;
  bool verify_peer = false;
  Callbacks callbacks;
  Store store = Store::none;
  Settings settings;
  bool operator==(const ContextSetup&) const = default;
};

struct Setup {
  bool certificates = false;  ///< TLS 1.2 and below: ECDHE with an ECDSA certificate instead of plain PSK
  std::vector<ContextSetup> contexts = std::vector<ContextSetup>(1);  ///< 1 to contexts_max
  bool operator==(const Setup&) const = default;
};

enum class Op : std::uint8_t {
  connect,              ///< a whole connection between two contexts, from SSL_new to SSL_free
  set_mode,             ///< SSL_CTX_set_session_cache_mode
  set_size,             ///< SSL_CTX_sess_set_cache_size
  set_timeout,          ///< SSL_CTX_set_timeout
  set_id_context,       ///< SSL_CTX_set_session_id_context
  set_verify_peer,      ///< SSL_CTX_set_verify
  set_callbacks,        ///< SSL_CTX_sess_set_new_cb, _get_cb, _remove_cb
  configure,            ///< one Setting of a context gets another value; what SSL_new copied stays as it was
  add,                  ///< SSL_CTX_add_session
  remove,               ///< SSL_CTX_remove_session
  flush,                ///< SSL_CTX_flush_sessions
  advance,              ///< the clock moves forward
  set_session_time,     ///< SSL_SESSION_set_time
  set_session_timeout,  ///< SSL_SESSION_set_timeout
  set_session_id_context,  ///< SSL_SESSION_set1_id_context
  make,                 ///< SSL_SESSION_new, with id, version and session id context set by hand
  dup,                  ///< SSL_SESSION_dup
  serialise,            ///< i2d_SSL_SESSION and d2i_SSL_SESSION: a second object of the same bytes
  drop,                 ///< SSL_SESSION_free
  answer,               ///< the store hands out a copy of a held session at the next get_session_cb, whatever the id
  lose,                 ///< the external store loses all it has
  renew,                ///< SSL_CTX_free, and the context anew as the Setup says; its store lives on
  open,                 ///< SSL_new at both ends; it takes the place of an open connection of this name
  deliver,              ///< the handshake goes on: so many flights pass, tickets and alerts included
  offer,                ///< SSL_set_session at the client's end, at any time
  take,                 ///< SSL_get1_session of one end
  renegotiate,          ///< SSL_renegotiate or SSL_renegotiate_abbreviated at one end
  new_ticket,           ///< SSL_new_session_ticket at the server's end
  shut,                 ///< SSL_shutdown at one end
  garble,               ///< a broken record reaches one end, which answers with a fatal alert
  hang_up,              ///< the transport of one end ends
  clear,                ///< SSL_clear at both ends, for another handshake over a new transport
  close,                ///< SSL_free at both ends
  set_session_data,     ///< SSL_SESSION_set1_ticket_appdata
  rewind,               ///< the clock goes back
  set_session_id,       ///< SSL_SESSION_set1_id
  set_session_version,  ///< SSL_SESSION_set_protocol_version
  verify_client,        ///< SSL_verify_client_post_handshake at the server's end, and the client's answer
  set_session_host_name,   ///< SSL_SESSION_set1_hostname
  set_session_protocol,    ///< SSL_SESSION_set1_alpn_selected
  set_session_early_data,  ///< SSL_SESSION_set_max_early_data
  count
};

/// Whether it is about a connection that stays open.
constexpr bool is_on_connection(Op op) { return (op >= Op::open && op <= Op::close) || op == Op::verify_client; }

/// How one end leaves a connection.
enum class End : std::uint8_t { shutdown, quiet, none };

/// A number that may count from the present second ("now+10").
struct Number {
  std::int64_t value = 0;
  bool from_now = false;
  bool operator==(const Number&) const = default;
  /// What it means when the present second is `now`; wraps, so that every number means something.
  [[nodiscard]] std::int64_t at(std::int64_t now) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) + static_cast<std::uint64_t>(from_now ? now : 0));
  }
};

/// One command. A field that its Op does not use keeps its default (see trace/fields.hpp).
struct Command {
  Op op = Op::advance;
  std::uint8_t context = 0;  ///< the context it acts on; for `connect` and `open` the server's
  std::uint8_t client = 0;   ///< connect, open: the client's context
  std::uint8_t connection = 0;  ///< 0 to connections_max - 1, for commands on an open connection
  bool at_server = false;       ///< which end of it
  std::uint8_t slot = 0;     ///< the held session it acts on; connect, open, offer: what the client offers
  std::uint8_t keep = 0;     ///< dup, serialise, take: where it goes; connect: where the client's session is kept
  std::uint8_t keep_server = 0;         ///< connect: where the server's session is kept
  std::uint8_t flights = flights_max;   ///< connect, deliver: flights that are delivered; then connect breaks off
  End client_end = End::shutdown, server_end = End::shutdown;
  std::optional<IdContext> id_context;  ///< connect, open: set on the server's SSL; else what the command sets
  Callbacks callbacks;
  Setting setting = Setting::version_min;  ///< configure
  bool early = false;        ///< connect, open: the client sends early data, when its session allows that
  Number number;             ///< seconds; microseconds for `advance` and `rewind`; the mode bits; a size; an id of `make`; the value
                             ///< of a setting; renegotiate: 1 is abbreviated
  std::uint16_t repeat = 1;  ///< connect: so many times, each compared
  bool operator==(const Command&) const = default;
};

struct Trace {
  Setup setup;
  std::vector<Command> commands;
  bool operator==(const Trace&) const = default;
};

}  // namespace sesscheck
