// What a context is told beside its cache: the Settings, and the few things that every context needs.
#include <algorithm>
#include <cstring>
#include <string>

#include "sut/openssl/certificate.hpp"
#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {
namespace {

constexpr unsigned char psk_key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr char psk_identity[] = "p";
constexpr unsigned char callback_key_name[16] = {'t', 'i', 'c', 'k', 'e', 't', ' ', 'c', 'a', 'l', 'l', 'b', 'a', 'c', 'k'};
constexpr unsigned char callback_key[32] = {7};
constexpr std::size_t key_name_length = sizeof callback_key_name, iv_length = 16;
constexpr long early_data_max = 16384;
constexpr unsigned char protocols[] = {1, 'a', 1, 'b'};  // of Alpn::both; each one after its length

/// Suites by CipherChoice, for TLS 1.2 and, if need be, for what is older.
struct Suites {
  const char *tls1_2, *older;
};
constexpr Suites psk_suites[] = {{"PSK-AES128-GCM-SHA256", "PSK-AES128-CBC-SHA"},
                                 {"PSK-AES256-GCM-SHA384", "PSK-AES256-CBC-SHA"}};
constexpr Suites certificate_suites[] = {{"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"},
                                         {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-SHA"}};

int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

}  // namespace

// Each value of a setting has a function of its own: SSL_new copies some, and what it copied must not change later.
struct SettingCallback {
  // TLS 1.3 is without external PSKs here; it asks a client before the version is known, a server with each ticket.
  static unsigned int psk_client(SSL* ssl, const char*, char* identity, unsigned int identity_max, unsigned char* key,
                                 unsigned int key_max) {
    if (Run::running->f_.SSL_version(ssl) == TLS1_3_VERSION) return 0;
    if (identity_max < sizeof psk_identity || key_max < sizeof psk_key) return 0;
    std::memcpy(identity, psk_identity, sizeof psk_identity);
    std::memcpy(key, psk_key, sizeof psk_key);
    return sizeof psk_key;
  }

  // (A ticket may well begin with the bytes of this identity and a zero: one in 65536 does.)
  static unsigned int psk_server(SSL* ssl, const char* identity, unsigned char* key, unsigned int key_max) {
    if (Run::running->f_.SSL_version(ssl) == TLS1_3_VERSION) return 0;
    if (std::strcmp(identity, psk_identity) != 0 || key_max < sizeof psk_key) return 0;
    std::memcpy(key, psk_key, sizeof psk_key);
    return sizeof psk_key;
  }

  template <TicketCallback answer>
  static int ticket_key(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, HMAC_CTX* hmac, int issues) {
    const Table& f = Run::running->f_;
    if (issues) {
      if (answer == TicketCallback::issues_none) return 0;
      std::memcpy(name, callback_key_name, key_name_length);
      f.RAND_bytes(iv, iv_length);
      f.EVP_EncryptInit_ex(cipher, f.EVP_aes_256_cbc(), nullptr, callback_key, iv);
      f.HMAC_Init_ex(hmac, callback_key, sizeof callback_key, f.EVP_sha256(), nullptr);
      return 1;
    }
    if (answer == TicketCallback::fails) return -1;
    if (answer == TicketCallback::unknown || std::memcmp(name, callback_key_name, key_name_length) != 0) return 0;
    f.HMAC_Init_ex(hmac, callback_key, sizeof callback_key, f.EVP_sha256(), nullptr);
    f.EVP_DecryptInit_ex(cipher, f.EVP_aes_256_cbc(), nullptr, callback_key, iv);
    return answer == TicketCallback::renews ? 2 : 1;
  }

  template <GenerateId kind>
  static int generate_id(SSL* ssl, unsigned char* id, unsigned int* length) {
    constexpr unsigned int longest = 32, short_one = 8;
    Run::running->note_id_callback(ssl, std::all_of(id, id + *length, [](unsigned char byte) { return byte == 0; }));
    switch (kind) {
      case GenerateId::unique: Run::running->f_.RAND_bytes(id, longest); break;
      case GenerateId::same: std::copy(same_id().bytes.begin(), same_id().bytes.end(), id); break;
      case GenerateId::short_one:
        Run::running->f_.RAND_bytes(id, short_one);
        *length = short_one;
        break;
      case GenerateId::empty: *length = 0; break;
      case GenerateId::too_long: *length = longest + 1; break;
      default: return 0;
    }
    return 1;
  }

  // OpenSSL calls the first one at a client's end too.
  static int server_name(SSL* ssl, int*, void* to) {
    if (Run::running->f_.SSL_is_server(ssl)) Run::running->switch_context(ssl, reinterpret_cast<std::uintptr_t>(to));
    return SSL_TLSEXT_ERR_OK;
  }
  static int client_hello(SSL* ssl, int*, void* to) {
    Run::running->switch_context(ssl, reinterpret_cast<std::uintptr_t>(to));
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  static int not_resumable(SSL*, int) { return 1; }

  /// The first one that both ends speak, if there is one.
  static int protocol(SSL*, const unsigned char** selected, unsigned char* length, const unsigned char* offered,
                      unsigned int offered_length, void* ours) {
    for (std::uintptr_t i = 0; i < 2; ++i) {
      const unsigned char* const last = offered + offered_length;
      const unsigned char* const found = std::find(offered, last, protocols[2 * i + 1]);
      if ((reinterpret_cast<std::uintptr_t>(ours) >> i & 1) == 0 || found == last) continue;
      *selected = found, *length = 1;
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
  }
};

/// A callback that makes a session id asks for one that it knows, too.
void Run::note_id_callback(SSL* ssl, bool empty) {
  std::uint8_t& seen = seen_->connection.id_callback;
  seen |= generating::called;
  if (f_.SSL_has_matching_session_id(ssl, same_id().bytes.data(), same_id().bytes.size())) seen |= generating::taken;
  if (!empty) seen |= generating::not_empty;
}

void Run::switch_context(SSL* ssl, std::uintptr_t to) {
  if (to > contexts_.size()) return;
  f_.SSL_set_SSL_CTX(ssl, contexts_[to - 1].ctx);
  for (RealConnection& connection : connections_)
    if (connection.server.ssl == ssl) connection.server.current = contexts_[to - 1].ctx;
}

void Run::make_context(std::uint8_t index) {
  RealContext& context = contexts_[index];
  const ContextSetup& setup = context.setup;
  SSL_CTX* ctx = context.ctx = f_.SSL_CTX_new(setup.settings.on(Setting::transport) ? f_.DTLS_method() : f_.TLS_method());
  f_.SSL_CTX_set_options(ctx, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);  // as 1.1.1 does; else 3.0 refuses it
  f_.SSL_CTX_set_psk_client_callback(ctx, SettingCallback::psk_client);
  f_.SSL_CTX_set_psk_server_callback(ctx, SettingCallback::psk_server);

  context.settings = setup.settings;
  context.own_keys.reset();
  context.level_lowered = false;
  apply_versions(index);
  apply_ciphers(index);
  if (needs_certificate_) load_certificate(index);
  const Settings library_default;  // but for these
  for (const SettingInfo& row : setting_table()) {
    const Setting setting = row.setting;
    if (setting == Setting::version_min || setting == Setting::version_max || setting == Setting::cipher ||
        setting == Setting::transport)
      continue;
    if (setting == Setting::tickets || context.settings[setting] != library_default[setting]) apply(index, setting);
  }

  if (setup.mode) f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, *setup.mode, nullptr);
  if (setup.size) f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_SIZE, *setup.size, nullptr);
  if (setup.timeout) f_.SSL_CTX_set_timeout(ctx, *setup.timeout);
  unsigned char id_context[id_context_trace_max];
  std::fill(std::begin(id_context), std::end(id_context), static_cast<unsigned char>(setup.id_context.letter));
  f_.SSL_CTX_set_session_id_context(ctx, id_context, setup.id_context.length);
  f_.SSL_CTX_set_verify(ctx, setup.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, accept_any_certificate);
  set_callbacks(index, setup.callbacks);
  f_.ERR_clear_error();
}

void Run::configure(std::uint8_t index, Setting setting, std::int64_t value) {
  const auto last = static_cast<std::int64_t>(info(setting).values.size()) - 1;
  contexts_[index].settings[setting] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, last));
  apply(index, setting);
}

void Run::option(std::uint8_t index, std::uint64_t bit, bool set) {
  if (set)
    f_.SSL_CTX_set_options(contexts_[index].ctx, bit);
  else
    f_.SSL_CTX_clear_options(contexts_[index].ctx, bit);
}

/// Tells the library what contexts_[index].settings says.
void Run::apply(std::uint8_t index, Setting setting) {
  using Own = SettingCallback;
  const RealContext& context = contexts_[index];
  SSL_CTX* ctx = context.ctx;
  const std::uint8_t value = context.settings[setting];
  const bool on = value != 0;
  const auto number = reinterpret_cast<void*>(std::uintptr_t{value});
  switch (setting) {
    case Setting::transport:
      f_.SSL_CTX_set_ssl_version(ctx, on ? f_.DTLS_method() : f_.TLS_method());
      for (const int bound : {SSL_CTRL_SET_MIN_PROTO_VERSION, SSL_CTRL_SET_MAX_PROTO_VERSION})
        f_.SSL_CTX_ctrl(ctx, bound, 0, nullptr);  // one of TLS and one of DTLS are refused together
      [[fallthrough]];
    case Setting::version_min:
    case Setting::version_max:
      apply_versions(index);
      apply_ciphers(index);
      break;
    case Setting::cipher: apply_ciphers(index); break;
    case Setting::groups: apply_groups(index); break;
    case Setting::tickets: option(index, SSL_OP_NO_TICKET, !on); break;
    case Setting::anti_replay: option(index, SSL_OP_NO_ANTI_REPLAY, !on); break;
    case Setting::extended_master_secret: option(index, SSL_OP_NO_EXTENDED_MASTER_SECRET, !on); break;
    case Setting::middlebox_compat: option(index, SSL_OP_ENABLE_MIDDLEBOX_COMPAT, on); break;
    case Setting::ignore_eof: option(index, SSL_OP_IGNORE_UNEXPECTED_EOF, on); break;
    case Setting::renegotiation_resumes: option(index, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION, !on); break;
    case Setting::num_tickets: f_.SSL_CTX_set_num_tickets(ctx, value); break;
    case Setting::early_data: f_.SSL_CTX_set_max_early_data(ctx, on ? early_data_max : 0); break;
    case Setting::ticket_keys: apply_ticket_keys(index); break;
    case Setting::ticket_callback: {
      using enum TicketCallback;
      static constexpr decltype(&Own::ticket_key<known>) by_value[] = {
          nullptr, Own::ticket_key<known>, Own::ticket_key<renews>, Own::ticket_key<unknown>,
          Own::ticket_key<issues_none>, Own::ticket_key<fails>};
      f_.SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB, reinterpret_cast<void (*)()>(by_value[value]));
      break;
    }
    case Setting::generate_id: {
      using enum GenerateId;
      static constexpr GEN_SESSION_CB by_value[] = {
          nullptr, Own::generate_id<unique>, Own::generate_id<same>, Own::generate_id<short_one>,
          Own::generate_id<empty>, Own::generate_id<too_long>, Own::generate_id<fails>};
      f_.SSL_CTX_set_generate_session_id(ctx, by_value[value]);
      break;
    }
    case Setting::server_name:
      f_.SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                               on ? reinterpret_cast<void (*)()>(Own::server_name) : nullptr);
      f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, number);
      break;
    case Setting::client_hello: f_.SSL_CTX_set_client_hello_cb(ctx, on ? Own::client_hello : nullptr, number); break;
    case Setting::not_resumable:
      f_.SSL_CTX_set_not_resumable_session_callback(ctx, on ? Own::not_resumable : nullptr);
      break;
    case Setting::alpn:
      f_.SSL_CTX_set_alpn_protos(ctx, protocols + (value == static_cast<std::uint8_t>(Alpn::second) ? 2 : 0),
                                 value == static_cast<std::uint8_t>(Alpn::both) ? 4 : on ? 2 : 0);
      f_.SSL_CTX_set_alpn_select_cb(ctx, on ? Own::protocol : nullptr, number);
      break;
    case Setting::client_certificate:  // else a client gives up what its SSL has (connection.cpp)
      if (on) load_certificate(index);
      break;
    case Setting::host_name:  // an SSL's, not a context's (connection.cpp)
    case Setting::store_of: case Setting::new_calls: case Setting::get_calls: case Setting::remove_calls: case Setting::count: break;
  }
}

void Run::apply_versions(std::uint8_t index) {
  const RealContext& context = contexts_[index];
  f_.SSL_CTX_ctrl(context.ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, protocol_version[static_cast<std::size_t>(context.settings.lowest())],
                  nullptr);
  f_.SSL_CTX_ctrl(context.ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, protocol_version[static_cast<std::size_t>(context.settings.highest())],
                  nullptr);
  if (needs_certificate_ || context.settings.highest() != Version::tls1_3) return;
  needs_certificate_ = true;
  load_certificates();
}

void Run::apply_ciphers(std::uint8_t index) {
  RealContext& context = contexts_[index];
  const bool old = context.settings.lowest() < Version::tls1_2;
  const Suites* suites = certificates_ ? certificate_suites : psk_suites;
  const auto choice = context.settings.as<CipherChoice>(Setting::cipher);
  std::string list, list_1_3;
  const auto add = [&](const Suites& suite, const char* suite_1_3) {
    if (!list.empty()) list += ':', list_1_3 += ':';
    list += few_suites_ && !certificates_ ? suite.older : suite.tls1_2;
    if (old) list += std::string(":") + suite.older;
    list_1_3 += suite_1_3;
  };
  if (choice != CipherChoice::sha384) add(suites[0], "TLS_AES_128_GCM_SHA256");
  if (choice != CipherChoice::sha256) add(suites[1], "TLS_AES_256_GCM_SHA384");
  if (few_suites_ && !certificates_) list += ":PSK-CHACHA20-POLY1305";  // the one that Debian's wolfSSL has
  if (old) list += ":@SECLEVEL=0";  // which 3.0 wants for TLS 1.0 and 1.1
  else if (context.level_lowered) list += ":@SECLEVEL=2";
  context.level_lowered |= old;
  f_.SSL_CTX_set_cipher_list(context.ctx, list.c_str());
  f_.SSL_CTX_set_ciphersuites(context.ctx, list_1_3.c_str());
}

void Run::apply_groups(std::uint8_t index) {
  const bool both = contexts_[index].settings.as<Groups>(Setting::groups) == Groups::both;
  char list[] = "X25519:P-256";  // not const: what the library's interface asks for
  f_.SSL_CTX_ctrl(contexts_[index].ctx, SSL_CTRL_SET_GROUPS_LIST, 0, both ? list : std::strrchr(list, ':') + 1);
}

/// The library's own keys are random: they are read before others take their place, to be there when they come back.
void Run::apply_ticket_keys(std::uint8_t index) {
  RealContext& context = contexts_[index];
  TicketKeys keys{};
  if (!context.own_keys) {
    f_.SSL_CTX_ctrl(context.ctx, SSL_CTRL_GET_TLSEXT_TICKET_KEYS, keys.size(), keys.data());
    context.own_keys = keys;
  }
  if (context.settings.on(Setting::ticket_keys))
    keys.fill(static_cast<unsigned char>('0' + context.settings[Setting::ticket_keys]));
  else
    keys = *context.own_keys;
  f_.SSL_CTX_ctrl(context.ctx, SSL_CTRL_SET_TLSEXT_TICKET_KEYS, keys.size(), keys.data());
}

void Run::load_certificates() {
  for (std::uint8_t index = 0; index < contexts_.size(); ++index)
    if (contexts_[index].ctx) load_certificate(index);
}

/// The certificate, and what else a handshake with key shares needs.
void Run::load_certificate(std::uint8_t index) {
  if (!equipment_.certificate) {
    const unsigned char* cursor = test_certificate;
    equipment_.certificate = f_.d2i_X509(nullptr, &cursor, sizeof test_certificate);
    cursor = test_key;
    equipment_.key = f_.d2i_AutoPrivateKey(nullptr, &cursor, sizeof test_key);
  }
  SSL_CTX* ctx = contexts_[index].ctx;
  f_.SSL_CTX_use_certificate(ctx, equipment_.certificate);
  f_.SSL_CTX_use_PrivateKey(ctx, equipment_.key);
  apply_groups(index);
}

}  // namespace sesscheck::openssl
