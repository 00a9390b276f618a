// Settings: what a context can be told beside the session cache itself, as far as the cache notices.
//
// Each is one small number with a word for each value, one row of one table (settings.cpp). The model, the library's
// adapter, the notation and the generators all follow that table.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sesscheck {

enum class Setting : std::uint8_t {
  version_min,             ///< SSL_CTX_set_min_proto_version
  version_max,             ///< SSL_CTX_set_max_proto_version
  tickets,                 ///< off: SSL_OP_NO_TICKET
  num_tickets,             ///< SSL_CTX_set_num_tickets
  early_data,              ///< SSL_CTX_set_max_early_data; a server reads what arrives with SSL_read_early_data
  anti_replay,             ///< off: SSL_OP_NO_ANTI_REPLAY
  ticket_keys,             ///< SSL_CTX_set_tlsext_ticket_keys; own: those that SSL_CTX_new draws
  ticket_callback,         ///< SSL_CTX_set_tlsext_ticket_key_cb, and what it answers
  extended_master_secret,  ///< off: SSL_OP_NO_EXTENDED_MASTER_SECRET
  cipher,                  ///< AES128 with SHA256, AES256 with SHA384, or both, the former first
  groups,                  ///< key shares: one that a client guesses, one that needs a HelloRetryRequest, or both
  generate_id,             ///< SSL_CTX_set_generate_session_id, and what it makes
  server_name,             ///< SSL_CTX_set_tlsext_servername_callback: SSL_set_SSL_CTX to this context
  client_hello,            ///< SSL_CTX_set_client_hello_cb: the same, earlier
  client_certificate,      ///< a client has a certificate to show
  middlebox_compat,        ///< off: no SSL_OP_ENABLE_MIDDLEBOX_COMPAT, no invented session id in a TLS 1.3 ClientHello
  ignore_eof,              ///< SSL_OP_IGNORE_UNEXPECTED_EOF
  renegotiation_resumes,   ///< off: SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION
  not_resumable,           ///< SSL_CTX_set_not_resumable_session_callback returns 1
  new_calls,               ///< what new_session_cb does besides
  get_calls,               ///< what get_session_cb does besides
  remove_calls,            ///< what remove_session_cb does besides
  host_name,               ///< SSL_set_tlsext_host_name at a client's end; a server that has a servername callback takes it
  alpn,                    ///< SSL_CTX_set_alpn_protos, SSL_CTX_set_alpn_select_cb: what a client offers, what a server takes
  store_of,                ///< the external store is that of another context, as this one was set up
  transport,               ///< datagram: SSL_CTX_set_ssl_version(DTLS_method()), DTLS 1.2 alone, whatever the versions are
  count
};
inline constexpr std::size_t setting_count = static_cast<std::size_t>(Setting::count);

enum class Version : std::uint8_t { tls1_0, tls1_1, tls1_2, tls1_3, dtls1_2 };
/// What SSL_CTX_set_tlsext_ticket_key_cb's callback returns: `known` 1 both ways, `renews` 2 for a ticket, `unknown` 0 for
/// a ticket, `issues_none` 0 for a new one, `fails` -1 for a ticket.
enum class TicketCallback : std::uint8_t { absent, known, renews, unknown, issues_none, fails };
enum class CipherChoice : std::uint8_t { sha256, sha384, both };
enum class Groups : std::uint8_t { both, second };
enum class GenerateId : std::uint8_t { library, unique, same, short_one, empty, too_long, fails };
/// What a callback calls on the context that it was called for, before it returns: SSL_CTX_add_session or
/// SSL_CTX_remove_session of what h1 holds, SSL_CTX_flush_sessions at this second, SSL_CTX_set_session_cache_mode(OFF).
/// The others call the same on the next context.
enum class Calls : std::uint8_t { nothing, add, remove, flush, mode_off, add_other, remove_other, flush_other };
/// On which of so many contexts that is, where `index` is the callback's own.
inline std::uint8_t called_on(std::uint8_t index, Calls calls, std::size_t contexts) {
  return calls < Calls::add_other ? index : static_cast<std::uint8_t>((index + 1U) % contexts);
}
/// What is called there: add, remove or flush.
inline Calls without_other(Calls calls) {
  constexpr auto step = static_cast<std::uint8_t>(Calls::add_other) - static_cast<std::uint8_t>(Calls::add);
  return calls < Calls::add_other ? calls : static_cast<Calls>(static_cast<std::uint8_t>(calls) - step);
}
/// The protocols that a context speaks, a bit for each; a server takes the first one that both do.
enum class Alpn : std::uint8_t { none, first, second, both };
inline constexpr std::uint8_t stay = 0;  ///< server_name, client_hello: no switch; n is the n-th context

struct SettingInfo {
  Setting setting;
  std::string_view name;                 ///< as in traces: "version-min"
  std::vector<std::string_view> values;  ///< by number
  std::uint8_t usual;                    ///< when nothing is said
  std::string_view meaning;              ///< one line
};
std::span<const SettingInfo> setting_table();  ///< by Setting
const SettingInfo& info(Setting setting);

/// A value for each Setting. What is usual here: TLS 1.2 with session ids alone (no tickets); else OpenSSL's defaults.
class Settings {
 public:
  Settings();
  [[nodiscard]] std::uint8_t operator[](Setting setting) const { return values_[static_cast<std::size_t>(setting)]; }
  std::uint8_t& operator[](Setting setting) { return values_[static_cast<std::size_t>(setting)]; }
  [[nodiscard]] bool on(Setting setting) const { return (*this)[setting] != 0; }
  template <class Value>
  [[nodiscard]] Value as(Setting setting) const { return static_cast<Value>((*this)[setting]); }
  [[nodiscard]] Version lowest() const { return on(Setting::transport) ? Version::dtls1_2 : as<Version>(Setting::version_min); }
  /// Not below the lowest one: no pair of values leaves a context without any version.
  [[nodiscard]] Version highest() const { return std::max(lowest(), as<Version>(Setting::version_max)); }
  bool operator==(const Settings&) const = default;

 private:
  std::array<std::uint8_t, setting_count> values_{};
};

}  // namespace sesscheck
