#include "check/reproduce_settings.hpp"

#include <algorithm>

#include "check/reproduce_open.hpp"

namespace sesscheck {
namespace {

constexpr const char* version_names[] = {"TLS1_VERSION", "TLS1_1_VERSION", "TLS1_2_VERSION", "TLS1_3_VERSION", "DTLS1_2_VERSION"};
constexpr const char* methods[] = {"TLS_method()", "DTLS_method()"};
constexpr const char* ticket_words[] = {"", "known", "renews", "unknown", "issues_none", "fails"};
constexpr const char* alpn_protocols[] = {"", "a", "b", "ab"};
constexpr const char* id_words[] = {"", "unique", "same", "short", "empty", "too_long", "fails"};
constexpr char first_own_keys = 'a';

bool names_version(Setting setting) {
  return setting == Setting::version_min || setting == Setting::version_max || setting == Setting::transport;
}

std::string number(std::uint8_t value) { return std::to_string(int{value}); }

}  // namespace

SettingsInC::SettingsInC(const Trace& trace) : trace_(trace), certificate_(trace.setup.certificates) {
  for (const ContextSetup& c : trace.setup.contexts) {
    now_.push_back(c.settings);
    lowered_.push_back(false);
    for (const SettingInfo& row : setting_table())
      if (c.settings[row.setting] != row.usual) mentioned_[static_cast<std::size_t>(row.setting)] = true;
    tls1_3_ |= c.settings.highest() == Version::tls1_3;
    only_tls1_3_ &= c.settings.highest() == Version::tls1_3;
    same_versions_ &= c.settings.lowest() == trace.setup.contexts[0].settings.lowest() &&
                      c.settings.highest() == trace.setup.contexts[0].settings.highest() &&
                      c.settings.lowest() >= Version::tls1_2;
    verifies_ |= c.verify_peer;
  }
  for (const Command& c : trace.commands) {
    if (c.op == Op::configure) mentioned_[static_cast<std::size_t>(c.setting)] = true;
    const bool version = c.op == Op::configure && names_version(c.setting);
    only_tls1_3_ &= !version;
    same_versions_ &= !version;
    tls1_3_ |= version && c.setting != Setting::transport && c.number.value == static_cast<std::int64_t>(Version::tls1_3);
    early_ |= c.early;
    verifies_ |= c.op == Op::set_verify_peer && c.number.value != 0;
    renegotiates_ |= c.op == Op::renegotiate;
    if (is_on_connection(c.op)) simple_ = false;
  }
  early_ |= mentions(Setting::early_data);
  certificate_ |= tls1_3_ || mentions(Setting::client_certificate);
  simple_ &= !early_ && !mentions(Setting::host_name) && !tls1_3_ && !(verifies_ && certificate_);
  plain_ = simple_ && std::ranges::none_of(mentioned_, [](bool is) { return is; });
  own_keys_.assign(trace.setup.contexts.size(), first_own_keys);
}

bool SettingsInC::calls() const {
  return mentions(Setting::new_calls) || mentions(Setting::get_calls) || mentions(Setting::remove_calls);
}

bool SettingsInC::uses_value(Setting setting, std::uint8_t value) const {
  return std::ranges::any_of(trace_.setup.contexts, [&](const ContextSetup& c) { return c.settings[setting] == value; }) ||
         std::ranges::any_of(trace_.commands, [&](const Command& c) {
           return c.op == Op::configure && c.setting == setting && c.number.value == value;
         });
}

std::string SettingsInC::context_function() const {
  std::string text;
  const bool psk = !trace_.setup.certificates && !only_tls1_3_;
  if (psk) text += tls1_3_ ? c_parts::psk_up_to_tls1_2 : c_parts::psk_callbacks;
  if (certificate_) text += c_parts::certificate;
  if (verifies_ && certificate_) text += c_parts::accept_any;
  if (mentions(Setting::ticket_keys)) text += c_parts::ticket_keys;
  const Settings usual;
  const Settings& first = same_versions_ ? trace_.setup.contexts[0].settings : usual;
  text += std::string("static SSL_CTX *context(void) { /* ") + (first.highest() == Version::tls1_2 ? "TLS 1.2 with session ids, no tickets" : "no stateless tickets") +
          (plain_ ? "" : ", unless more is said") + " */\n" + "  SSL_CTX *ctx = SSL_CTX_new(" + methods[first[Setting::transport]] + ");\n" +
          "  SSL_CTX_set_min_proto_version(ctx, " + version_names[static_cast<int>(first.lowest())] + ");\n" +
          "  SSL_CTX_set_max_proto_version(ctx, " + version_names[static_cast<int>(first.highest())] + ");\n" +
          "  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET" + (renegotiates_ ? " | SSL_OP_ALLOW_CLIENT_RENEGOTIATION" : "") + ");\n";
  if (!only_tls1_3_)
    text += std::string("  SSL_CTX_set_cipher_list(ctx, \"") +
            (trace_.setup.certificates ? "ECDHE-ECDSA-AES128-GCM-SHA256" : "PSK-AES128-GCM-SHA256") + "\");\n";
  if (tls1_3_) text += "  SSL_CTX_set_ciphersuites(ctx, \"TLS_AES_128_GCM_SHA256\");\n";
  if (psk)
    text += "  SSL_CTX_set_psk_client_callback(ctx, psk_client);\n"
            "  SSL_CTX_set_psk_server_callback(ctx, psk_server);\n";
  if (certificate_) text += "  certificate(ctx);\n";
  return text + "  return ctx;\n}\n";
}

std::string SettingsInC::callback_functions() const {
  std::string text;
  if (mentions(Setting::ticket_callback)) {
    text += c_parts::ticket_callback;
    for (std::uint8_t value = 1; value < std::size(ticket_words); ++value)
      if (uses_value(Setting::ticket_callback, value))
        text += "static int ticket_" + std::string(ticket_words[value]) + c_parts::ticket_callback_arguments +
                " {\n  (void)s;\n  return ticket_key(" + std::to_string(int{value}) + ", name, iv, cipher, mac, issues);\n}\n";
  }
  for (std::uint8_t value = 1; value < std::size(id_words); ++value)
    if (uses_value(Setting::generate_id, value)) text += c_parts::id_callbacks[value];
  for (std::uint8_t to = 1; to <= trace_.setup.contexts.size(); ++to) {
    const std::string x = context_name(static_cast<std::uint8_t>(to - 1));
    if (uses_value(Setting::server_name, to))
      text += "static int server_name_to_" + x + "(SSL *s, int *alert, void *arg) {\n  (void)alert, (void)arg;\n" +
              "  if (SSL_is_server(s)) SSL_set_SSL_CTX(s, " + x + ");\n  return SSL_TLSEXT_ERR_OK;\n}\n";
    if (uses_value(Setting::client_hello, to))
      text += "static int client_hello_to_" + x + "(SSL *s, int *alert, void *arg) {\n  (void)alert, (void)arg;\n" +
              "  SSL_set_SSL_CTX(s, " + x + ");\n  return SSL_CLIENT_HELLO_SUCCESS;\n}\n";
  }
  if (mentions(Setting::alpn)) text += c_parts::take_protocol;
  if (mentions(Setting::not_resumable))
    text += "static int not_resumable(SSL *s, int forward_secure) {\n  (void)s, (void)forward_secure;\n  return 1;\n}\n";
  return text.empty() ? text : "\n" + text;
}

std::string SettingsInC::host_name(std::uint8_t index) const {
  const std::uint8_t value = now_[index][Setting::host_name];
  return value == 0 ? "NULL" : '"' + std::string(info(Setting::host_name).values[value]) + '"';
}

std::string SettingsInC::ciphers(std::uint8_t index) const {
  const Settings& s = now_[index];
  const bool old = s.lowest() < Version::tls1_2, ecdsa = trace_.setup.certificates;
  const auto choice = s.as<CipherChoice>(Setting::cipher);
  std::string list;
  for (const bool sha384 : {false, true}) {
    if (choice == (sha384 ? CipherChoice::sha256 : CipherChoice::sha384)) continue;
    const std::string stem = std::string(ecdsa ? "ECDHE-ECDSA" : "PSK") + (sha384 ? "-AES256" : "-AES128");
    list += (list.empty() ? "" : ":") + stem + (sha384 ? "-GCM-SHA384" : "-GCM-SHA256");
    if (old) list += ":" + stem + (ecdsa ? "-SHA" : "-CBC-SHA");
  }
  return list + (old ? ":@SECLEVEL=0" : lowered_[index] ? ":@SECLEVEL=2" : "");
}

std::vector<std::string> SettingsInC::apply(std::uint8_t index, Setting setting) const {
  const Settings& s = now_[index];
  const std::uint8_t value = s[setting];
  const std::string x = context_name(index);
  const auto option = [&](const std::string& bit, bool set) {
    return std::vector<std::string>{std::string("SSL_CTX_") + (set ? "set" : "clear") + "_options(" + x + ", " + bit + ")"};
  };
  const auto call = [&](const std::string& function, const std::string& argument) {
    return std::vector<std::string>{function + "(" + x + ", " + argument + ")"};
  };
  const std::string list = "SSL_CTX_set_cipher_list(" + x + ", \"" + ciphers(index) + "\")";
  switch (setting) {
    case Setting::version_min:
    case Setting::version_max:
    case Setting::transport: {
      std::vector<std::string> all;
      if (setting == Setting::transport) {  // one bound of TLS and one of DTLS are refused together
        all = call("SSL_CTX_set_ssl_version", methods[value]);
        all.push_back("SSL_CTX_set_min_proto_version(" + x + ", 0)");
        all.push_back("SSL_CTX_set_max_proto_version(" + x + ", 0)");
      }
      all.push_back("SSL_CTX_set_min_proto_version(" + x + ", " + version_names[static_cast<int>(s.lowest())] + ")");
      all.push_back("SSL_CTX_set_max_proto_version(" + x + ", " + version_names[static_cast<int>(s.highest())] + ")");
      if (s.lowest() < Version::tls1_2 || lowered_[index] || setting == Setting::transport) all.push_back(list);
      return all;
    }
    case Setting::cipher: {
      static constexpr const char* suites[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"};
      std::vector<std::string> all = {list};
      if (tls1_3_) all.push_back("SSL_CTX_set_ciphersuites(" + x + ", \"" + suites[value] + "\")");
      return all;
    }
    case Setting::groups: return call("SSL_CTX_set1_groups_list", value ? "\"P-256\"" : "\"X25519:P-256\"");
    case Setting::tickets: return option("SSL_OP_NO_TICKET", value == 0);
    case Setting::anti_replay: return option("SSL_OP_NO_ANTI_REPLAY", value == 0);
    case Setting::extended_master_secret: return option("SSL_OP_NO_EXTENDED_MASTER_SECRET", value == 0);
    case Setting::middlebox_compat: return option("SSL_OP_ENABLE_MIDDLEBOX_COMPAT", value != 0);
    case Setting::ignore_eof: return option("SSL_OP_IGNORE_UNEXPECTED_EOF", value != 0);
    case Setting::renegotiation_resumes: return option("SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION", value == 0);
    case Setting::num_tickets: return call("SSL_CTX_set_num_tickets", number(value));
    case Setting::early_data: return call("SSL_CTX_set_max_early_data", value ? "16384" : "0");
    case Setting::ticket_keys:
      return call("ticket_keys", std::string("'") + (value ? static_cast<char>('0' + value) : own_keys_[index]) + "'");
    case Setting::ticket_callback:
      return call("SSL_CTX_set_tlsext_ticket_key_evp_cb", value ? "ticket_" + std::string(ticket_words[value]) : "NULL");
    case Setting::generate_id:
      return call("SSL_CTX_set_generate_session_id", value ? "id_" + std::string(id_words[value]) : "NULL");
    case Setting::server_name:
      return call("SSL_CTX_set_tlsext_servername_callback",
                  value ? "server_name_to_" + context_name(static_cast<std::uint8_t>(value - 1)) : "NULL");
    case Setting::client_hello:
      return call("SSL_CTX_set_client_hello_cb",
                  (value ? "client_hello_to_" + context_name(static_cast<std::uint8_t>(value - 1)) : "NULL") + ", NULL");
    case Setting::not_resumable:
      return call("SSL_CTX_set_not_resumable_session_callback", value ? "not_resumable" : "NULL");
    case Setting::alpn: {
      static constexpr const char* lists[] = {"NULL, 0", "\"\\1a\", 2", "\"\\1b\", 2", "\"\\1a\\1b\", 4"};
      return {"SSL_CTX_set_alpn_protos(" + x + ", (const unsigned char *)" + lists[value] + ")",
              "SSL_CTX_set_alpn_select_cb(" + x + (value ? ", take_protocol, \"" + std::string(alpn_protocols[value]) + "\")" : ", NULL, NULL)")};
    }
    case Setting::store_of: return {"of_" + x + " = store_" + (value ? context_name(static_cast<std::uint8_t>(value - 1)) : x)};
    case Setting::new_calls: return {"new_" + x + "_calls = " + number(value)};
    case Setting::get_calls: return {"get_" + x + "_calls = " + number(value)};
    case Setting::remove_calls: return {"remove_" + x + "_calls = " + number(value)};
    case Setting::client_certificate: case Setting::host_name: case Setting::count: break;  // of each connection
  }
  return {};
}

std::vector<std::string> SettingsInC::setup(std::uint8_t index) {
  const Settings usual;
  now_[index] = trace_.setup.contexts[index].settings;
  ++own_keys_[index];
  lowered_[index] = false;
  std::vector<std::string> all;
  for (const SettingInfo& row : setting_table()) {
    const bool versions_done = row.setting == Setting::version_max && now_[index][Setting::version_min] != usual[Setting::version_min];
    const bool always = mentions(row.setting) && (row.setting == Setting::ticket_keys || row.setting == Setting::groups);
    const bool version = names_version(row.setting);
    if ((now_[index][row.setting] == usual[row.setting] && !always) || versions_done || (version && same_versions_)) continue;
    for (std::string& line : apply(index, row.setting)) all.push_back(std::move(line));
  }
  lowered_[index] = now_[index].lowest() < Version::tls1_2;
  return all;
}

std::vector<std::string> SettingsInC::configure(std::uint8_t index, Setting setting, std::uint8_t value) {
  now_[index][setting] = value;
  std::vector<std::string> all = apply(index, setting);
  if (now_[index].lowest() < Version::tls1_2) lowered_[index] = true;
  return all;
}

}  // namespace sesscheck
