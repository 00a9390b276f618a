#include "model/settings.hpp"

namespace sesscheck {
namespace {

std::array<std::uint8_t, setting_count> usual_values() {
  std::array<std::uint8_t, setting_count> values{};
  for (const SettingInfo& row : setting_table()) values[static_cast<std::size_t>(row.setting)] = row.usual;
  return values;
}

}  // namespace

std::span<const SettingInfo> setting_table() {
  using S = Setting;
  using Words = std::vector<std::string_view>;
  static const Words off_on = {"off", "on"}, versions = {"1.0", "1.1", "1.2", "1.3"}, where = {"stay", "A", "B", "C", "D"},
                     calls = {"nothing", "add", "remove", "flush", "mode-off", "add-other", "remove-other", "flush-other"};
  static const std::vector<SettingInfo> table = {
      {S::version_min, "version-min", versions, 2, "the lowest TLS version"},
      {S::version_max, "version-max", versions, 2, "the highest TLS version"},
      {S::tickets, "tickets", off_on, 0, "session tickets; off is SSL_OP_NO_TICKET"},
      {S::num_tickets, "num-tickets", {"0", "1", "2", "3", "4"}, 2, "TLS 1.3 tickets after a full handshake"},
      {S::early_data, "early-data", off_on, 0, "a server offers and reads TLS 1.3 early data"},
      {S::anti_replay, "anti-replay", off_on, 1, "a ticket that allows early data is used once; off is SSL_OP_NO_ANTI_REPLAY"},
      {S::ticket_keys, "ticket-keys", {"own", "k1", "k2"}, 0, "the keys that tickets are encrypted with"},
      {S::ticket_callback, "ticket-callback", {"absent", "known", "renews", "unknown", "issues-none", "fails"}, 0,
       "the ticket key callback and what it answers"},
      {S::extended_master_secret, "ems", off_on, 1, "the extended master secret of TLS 1.2"},
      {S::cipher, "cipher", {"sha256", "sha384", "both"}, 0, "AES128 with SHA256, AES256 with SHA384, or both"},
      {S::groups, "groups", {"both", "second"}, 0, "second: a TLS 1.3 server must send a HelloRetryRequest"},
      {S::generate_id, "generate-id", {"library", "unique", "same", "short", "empty", "too-long", "fails"}, 0,
       "who makes session ids: the library, or a callback, and what that returns"},
      {S::server_name, "server-name", where, stay, "the servername callback switches to this context"},
      {S::client_hello, "client-hello", where, stay, "the ClientHello callback switches to this context"},
      {S::client_certificate, "client-certificate", off_on, 0, "a client answers a request for its certificate with one"},
      {S::middlebox_compat, "middlebox-compat", off_on, 1, "a TLS 1.3 ClientHello carries an invented session id"},
      {S::ignore_eof, "ignore-eof", off_on, 0, "an end of the transport without close_notify is none of an error"},
      {S::renegotiation_resumes, "renegotiation-resumes", off_on, 1,
       "a server resumes in a renegotiation; off is SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION"},
      {S::not_resumable, "not-resumable", off_on, 0, "the not_resumable_session callback returns 1"},
      {S::new_calls, "new-calls", calls, 0, "what new_session_cb calls on its context, or on the next one"},
      {S::get_calls, "get-calls", calls, 0, "what get_session_cb calls on its context, or on the next one"},
      {S::remove_calls, "remove-calls", calls, 0, "what remove_session_cb calls on its context, or on the next one"},
      {S::host_name, "host-name", {"none", "a", "b"}, 0, "the server name that a client sends"},
      {S::alpn, "alpn", {"none", "a", "b", "both"}, 0, "the protocols that a client offers and a server takes, a before b"},
      {S::store_of, "store-of", {"own", "A", "B", "C", "D"}, 0, "whose external store its callbacks use"},
      {S::transport, "transport", {"stream", "datagram"}, 0, "datagram: DTLS 1.2, whatever the versions are"},
  };
  return table;
}

const SettingInfo& info(Setting setting) { return setting_table()[static_cast<std::size_t>(setting)]; }

Settings::Settings() {
  static const auto usual = usual_values();
  values_ = usual;
}

}  // namespace sesscheck
