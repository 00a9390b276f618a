// What a caller could see after a command, through the public API alone.
//
// A session is seen by its name: 1, 2, ... in the order in which ids first became visible; 0 is the empty id.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "model/command.hpp"
#include "model/lacks.hpp"

namespace sesscheck {

using Name = std::uint32_t;

/// Error reasons, with OpenSSL's own numbers (sslerr.h); 1000 + n is a received alert n.
namespace error {
inline constexpr std::uint16_t
    none = 0, inconsistent_extms = 104, bad_extension = 110, length_mismatch = 159, length_too_short = 160, too_much_early_data = 164,
    no_ciphers_available = 181, bad_cipher = 186, no_protocols_available = 191, no_shared_cipher = 193,
    old_session_cipher_not_returned = 197,
    session_version_mismatch = 210, required_cipher_missing = 215, unsolicited_extension = 217, cipher_digest_changed = 218,
    inconsistent_early_data_protocol = 222, inconsistent_early_data_name = 231, bad_early_data = 233, unexpected_message = 244,
    unexpected_record = 245, binder_does_not_verify = 253, should_not_have_been_called = 257,
    unsupported_protocol = 258, internal = 259,
    wrong_cipher_returned = 261, wrong_ssl_version = 266, wrong_version_number = 267, session_in_different_context = 272,
    id_context_too_long = 273, id_context_uninitialized = 277, bad_record_mac = 281, invalid_context = 282, invalid_config = 283, unexpected_eof = 294,
    session_id_callback_failed = 301, session_id_conflict = 302, session_id_bad_length = 303,
    read_timeout_expired = 312, record_layer_failure = 313, id_too_long = 408, alert = 1000,
    unsaid = 999;  ///< inside of the model: an error that leaves nothing on the error queue, seen as none
}
namespace alert {
inline constexpr std::uint16_t
    unexpected_message = 10, bad_record_mac = 20, handshake_failure = 40, illegal_parameter = 47, decode_error = 50,
    decrypt_error = 51, protocol_version = 70, internal_error = 80, unsupported_extension = 110;
}

struct SessionView {
  Name name = 0;
  bool resumable = false;       ///< SSL_SESSION_is_resumable
  bool ticket = false;          ///< SSL_SESSION_has_ticket
  bool early_data = false;      ///< SSL_SESSION_get_max_early_data is not 0
  std::uint8_t version = 0;     ///< SSL_SESSION_get_protocol_version: 1 to 4 for TLS 1.0 to 1.3, 5 for DTLS 1.2, 0 is none
  std::int64_t time = 0;        ///< SSL_SESSION_get_time, seconds
  std::int64_t timeout = 0;     ///< SSL_SESSION_get_timeout, seconds
  std::int64_t hint = 0;        ///< SSL_SESSION_get_ticket_lifetime_hint, seconds
  IdContext id_context = {};    ///< SSL_SESSION_get0_id_context
  IdContext data = {};          ///< SSL_SESSION_get0_ticket_appdata
  std::uint8_t host_name = 0;   ///< SSL_SESSION_get0_hostname: a value of Setting::host_name
  Alpn protocol = Alpn::none;   ///< SSL_SESSION_get0_alpn_selected: one, or none
  bool peer = false;            ///< SSL_SESSION_get0_peer: it has the other end's certificate
  bool operator==(const SessionView&) const = default;
};

/// The order of sessions in an observation: by name. Several may have none: whatever tells them apart, both sides see.
inline bool precedes(const SessionView& a, const SessionView& b) {
  if (a.name != b.name) return a.name < b.name;  // which is nearly all there is to it: caches of hundreds are put in order
  const auto rest = [](const SessionView& s) {
    return std::tuple(s.version, s.time, s.timeout, s.resumable, s.ticket, s.early_data, s.hint, s.id_context.length,
                      s.id_context.letter, s.data.length, s.data.letter, s.host_name, s.protocol, s.peer);
  };
  return rest(a) < rest(b);
}

/// SSL_CTX_sess_number(3), all eleven counters.
enum class Counter : std::uint8_t {
  connect, connect_good, connect_renegotiate, accept, accept_good, accept_renegotiate,
  hits, cb_hits, misses, timeouts, cache_full, count
};
inline constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count);

struct ContextView {
  std::int64_t mode = 0, size = 0, timeout = 0;  ///< as the get functions return them
  std::int64_t number = 0;                       ///< SSL_CTX_sess_number
  std::array<std::int64_t, counter_count> counters{};
  std::vector<SessionView> cached;  ///< the internal cache (SSL_CTX_sessions), by name
  std::vector<SessionView> stored;  ///< the external store, by name; a serialised entry shows its name only
  bool operator==(const ContextView&) const = default;
};

enum class Handshake : std::uint8_t { none, unfinished, failed, done };

/// SSL_get_verify_result; what it is that a certificate is refused for is not told.
enum class Verified : std::uint8_t { ok, unspecified, refused };

struct EndView {
  Handshake state = Handshake::none;
  bool reused = false;      ///< SSL_session_reused
  std::uint16_t error = 0;  ///< reason of the failure
  Name session = 0;         ///< the session at this end, once done
  Verified verified = Verified::ok;  ///< once done
  bool operator==(const EndView&) const = default;
};

/// What a callback of SSL_CTX_set_generate_session_id saw, if it was called; bits.
namespace generating {
inline constexpr std::uint8_t called = 1;
inline constexpr std::uint8_t taken = 2;      ///< SSL_has_matching_session_id said so, of the id of GenerateId::same
inline constexpr std::uint8_t not_empty = 4;  ///< the place for the id was not filled with 0
}

struct ConnectionView {
  EndView client, server;
  std::uint8_t version = 0;      ///< SSL_version of the server's end once it is done: 1 to 4 for TLS 1.0 to 1.3, 5 for DTLS 1.2
  std::uint8_t early_data = 0;   ///< SSL_get_early_data_status at the client: 0 not sent, 1 rejected, 2 accepted
  std::uint8_t tickets = 0;      ///< NewSessionTicket messages that the client took in this command
  std::uint8_t offered_id_length = 0, answered_id_length = 0;  ///< session id bytes in ClientHello and ServerHello
  std::uint8_t id_callback = 0;  ///< bits of `generating`, of all the times that it was called in this command
  bool operator==(const ConnectionView&) const = default;
};

/// One callback, in the order in which they ran.
struct Event {
  enum class Kind : std::uint8_t { new_session, get_session, remove_session, call };  ///< call: one made by a callback
  Kind kind = Kind::new_session;
  std::uint8_t context = 0;
  Name session = 0;       ///< the session passed, or whose id was asked for
  bool answered = false;  ///< get_session: something was returned ...
  Name answer = 0;        ///< ... and this it was; call: what the call returned
  bool operator==(const Event&) const = default;
};

enum class Status : std::uint8_t {
  done,
  unspecified,  ///< outside the API contract, executed by neither side
  crashed,      ///< the library died here
  hung
};

struct Observation {
  Status status = Status::done;
  /// What the call returned; connect: 1 when both ends finished; set_callbacks: 1 when the get functions return what was
  /// set; configure num_tickets: what SSL_CTX_get_num_tickets returned before.
  std::int64_t result = 0;
  std::uint16_t error = 0;  ///< reason on the error queue after the call
  ConnectionView connection;  ///< the one that the command was about
  std::int64_t live = 0;      ///< SSL_SESSION objects that exist (SSL_SESSION_get_ex_new_index counts them)
  std::vector<Event> log;
  std::vector<ContextView> contexts;
  std::array<std::optional<SessionView>, slots_max> held;
  Lacks lacks;  ///< of who saw it: such views are empty here, and not compared
  bool operator==(const Observation&) const = default;
};

}  // namespace sesscheck
