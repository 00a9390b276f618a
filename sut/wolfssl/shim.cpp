#include "sut/wolfssl/shim.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "model/observation.hpp"
#include "sut/wolfssl/random.hpp"
#include "sut/wolfssl/transport.hpp"

namespace sesscheck::wolfssl {
namespace {

using openssl::Libraries;
using openssl::Table;

// Functions of OpenSSL's types under another name.
#define SESSCHECK_RENAMED_FUNCTIONS(X)                                                                                  \
  X(TLS_method, wolfSSLv23_method) X(SSL_CTX_new, wolfSSL_CTX_new) X(SSL_CTX_free, wolfSSL_CTX_free)                    \
  X(SSL_CTX_set_verify, wolfSSL_CTX_set_verify) X(SSL_CTX_set_session_id_context, wolfSSL_CTX_set_session_id_context)  \
  X(SSL_CTX_add_session, wolfSSL_CTX_add_session) X(SSL_CTX_remove_session, wolfSSL_SSL_CTX_remove_session)            \
  X(SSL_CTX_flush_sessions, wolfSSL_flush_sessions) X(SSL_CTX_use_certificate, wolfSSL_CTX_use_certificate)            \
  X(SSL_CTX_use_PrivateKey, wolfSSL_CTX_use_PrivateKey)                                                                \
  X(SSL_CTX_set_psk_client_callback, wolfSSL_CTX_set_psk_client_callback)                                              \
  X(SSL_CTX_set_psk_server_callback, wolfSSL_CTX_set_psk_server_callback)                                              \
  X(SSL_free, wolfSSL_free) X(SSL_set_connect_state, wolfSSL_set_connect_state)                                        \
  X(SSL_set_accept_state, wolfSSL_set_accept_state) X(SSL_certs_clear, wolfSSL_certs_clear)                            \
  X(SSL_is_server, wolfSSL_is_server) X(SSL_in_init, wolfSSL_SSL_in_init) X(SSL_version, wolfSSL_version)              \
  X(SSL_read, wolfSSL_read) X(SSL_set_session, wolfSSL_set_session) X(SSL_get_session, wolfSSL_get_session)            \
  X(SSL_get1_session, wolfSSL_get1_session) X(SSL_set_session_id_context, wolfSSL_set_session_id_context)              \
  X(SSL_session_reused, wolfSSL_session_reused) X(SSL_shutdown, wolfSSL_shutdown)                                      \
  X(SSL_set_quiet_shutdown, wolfSSL_set_quiet_shutdown) X(SSL_SESSION_new, wolfSSL_SESSION_new)                        \
  X(SSL_SESSION_free, wolfSSL_SESSION_free) X(SSL_SESSION_up_ref, wolfSSL_SESSION_up_ref)                              \
  X(SSL_SESSION_get_id, wolfSSL_SESSION_get_id) X(SSL_SESSION_get_time, wolfSSL_SESSION_get_time)                      \
  X(SSL_SESSION_get_timeout, wolfSSL_SESSION_get_timeout) X(SSL_SESSION_is_resumable, wolfSSL_SESSION_is_resumable)    \
  X(SSL_SESSION_has_ticket, wolfSSL_SESSION_has_ticket)                                                                \
  X(d2i_X509, wolfSSL_d2i_X509) X(X509_free, wolfSSL_X509_free) X(d2i_AutoPrivateKey, wolfSSL_d2i_AutoPrivateKey)      \
  X(EVP_PKEY_free, wolfSSL_EVP_PKEY_free)

// Those of other types, or that are called with something between.
#define SESSCHECK_OWN_FUNCTIONS(X)                                                         \
  X(int, Init, void)                                                                       \
  X(const char*, lib_version, void)                                                        \
  X(int, CTX_set_min_proto_version, SSL_CTX*, int)                                         \
  X(int, CTX_set_max_proto_version, SSL_CTX*, int)                                         \
  X(long, CTX_set_options, SSL_CTX*, long)                                                 \
  X(int, CTX_set_cipher_list, SSL_CTX*, const char*)                                       \
  X(int, CTX_set_timeout, SSL_CTX*, unsigned int)                                          \
  X(long, SSL_CTX_get_timeout, const SSL_CTX*)                                             \
  X(long, CTX_get_session_cache_mode, SSL_CTX*)                                            \
  X(long, CTX_set_session_cache_mode, SSL_CTX*, long)                                      \
  X(long, CTX_sess_get_cache_size, SSL_CTX*)                                               \
  X(long, CTX_sess_set_cache_size, SSL_CTX*, long)                                         \
  X(void, CTX_sess_set_new_cb, SSL_CTX*, NewCallback)                                      \
  X(void, CTX_sess_set_get_cb, SSL_CTX*, GetCallback)                                      \
  X(void, CTX_sess_set_remove_cb, SSL_CTX*, RemoveCallback)                                \
  X(int, SSL_do_handshake, SSL*)                                                           \
  X(int, get_error, SSL*, int)                                                             \
  X(int, get_alert_history, SSL*, AlertHistory*)                                           \
  X(SSL_SESSION*, SESSION_dup, SSL_SESSION*)                                               \
  X(long, SSL_SESSION_set_timeout, SSL_SESSION*, long)                                     \
  X(int, i2d_SSL_SESSION, SSL_SESSION*, unsigned char**)                                   \
  X(SSL_SESSION*, d2i_SSL_SESSION, SSL_SESSION**, const unsigned char**, long)             \
  X(void, ERR_clear_error, void)

using NewCallback = int (*)(SSL*, SSL_SESSION*);
using GetCallback = SSL_SESSION* (*)(SSL*, const unsigned char*, int, int*);
using RemoveCallback = void (*)(SSL_CTX*, SSL_SESSION*);
/// Their WOLFSSL_ALERT_HISTORY.
struct AlertHistory {
  struct {
    int code, level;
  } received, sent;
};

struct Own {
#define SESSCHECK_SLOT(result, name, ...) result (*name)(__VA_ARGS__);
  SESSCHECK_OWN_FUNCTIONS(SESSCHECK_SLOT)
#undef SESSCHECK_SLOT
  decltype(&::SSL_new) new_connection;
} own;

/// What they have no functions to ask for.
struct Set {
  NewCallback created = nullptr;
  GetCallback asked = nullptr;
  RemoveCallback removed = nullptr;
};
std::map<const SSL_CTX*, Set> callbacks;

// Their numbers, where they are not OpenSSL's.
constexpr long no_ticket = 0x80000, no_auto_clear = 0x8;
constexpr int want_read = 2, want_write = 3, fatal_alert_received = -313, bad_argument = -173;

constexpr const char* psk_suite = "PSK-CHACHA20-POLY1305";  // the one plain PSK suite of Debian's build
constexpr const char* certificate_suite = "ECDHE-ECDSA-AES128-GCM-SHA256";

/// What the last handshake function that failed said: a reason that has not been asked for yet.
std::uint16_t reason = 0;
int last_why = SSL_ERROR_NONE;

std::uint16_t translated(SSL* ssl, int why) {
  constexpr std::pair<int, std::uint16_t> reasons[] = {
      {-304, error::bad_record_mac},  // VERIFY_FINISHED_ERROR
      {-305, error::bad_record_mac},  // VERIFY_MAC_ERROR
      {-312, error::bad_record_mac},  // DECRYPT_ERROR
  };
  constexpr std::uint16_t unknown = 3000;
  if (why == fatal_alert_received) {
    AlertHistory history{};
    own.get_alert_history(ssl, &history);
    return static_cast<std::uint16_t>(error::alert + history.received.code);
  }
  for (const auto& [theirs, ours] : reasons)
    if (theirs == why) return ours;
  return static_cast<std::uint16_t>(unknown - why);
}

int handshake(SSL* ssl) {
  const int result = own.SSL_do_handshake(ssl);
  const int why = result == 1 ? SSL_ERROR_NONE : own.get_error(ssl, result);
  last_why = why == want_read || why == want_write ? SSL_ERROR_WANT_READ : result == 1 ? SSL_ERROR_NONE : SSL_ERROR_SSL;
  if (last_why == SSL_ERROR_SSL) reason = translated(ssl, why);
  return result;
}

/// NO_AUTO_CLEAR is another bit. The two change places, either way, so that what means nothing still does.
long translated_mode(long mode) {
  return (mode & ~(mode::no_auto_clear | no_auto_clear)) | (mode & mode::no_auto_clear ? no_auto_clear : 0) |
         (mode & no_auto_clear ? mode::no_auto_clear : 0);
}

long context_control(SSL_CTX* ctx, int what, long number, void*) {
  switch (what) {
    case SSL_CTRL_GET_SESS_CACHE_MODE: return translated_mode(own.CTX_get_session_cache_mode(ctx));
    case SSL_CTRL_SET_SESS_CACHE_MODE: return own.CTX_set_session_cache_mode(ctx, translated_mode(number));
    case SSL_CTRL_GET_SESS_CACHE_SIZE: return own.CTX_sess_get_cache_size(ctx);
    case SSL_CTRL_SET_SESS_CACHE_SIZE: return own.CTX_sess_set_cache_size(ctx, number);
    case SSL_CTRL_SET_MIN_PROTO_VERSION: return own.CTX_set_min_proto_version(ctx, static_cast<int>(number));
    case SSL_CTRL_SET_MAX_PROTO_VERSION: return own.CTX_set_max_proto_version(ctx, static_cast<int>(number));
    default: return 0;
  }
}

void fill_functions_with_other_types(Table& t) {
  t.SSL_CTX_ctrl = context_control;
  t.SSL_CTX_set_options = [](SSL_CTX* ctx, decltype(SSL_CTX_get_options(nullptr)) options) {
    if (options & SSL_OP_NO_TICKET) own.CTX_set_options(ctx, no_ticket);
    return options;
  };
  t.SSL_CTX_set_cipher_list = [](SSL_CTX* ctx, const char* names) {
    return own.CTX_set_cipher_list(ctx, std::string_view(names).starts_with("PSK") ? psk_suite : certificate_suite);
  };
  t.SSL_CTX_set_timeout = [](SSL_CTX* ctx, long seconds) -> long {
    const int before = own.CTX_set_timeout(ctx, static_cast<unsigned int>(seconds));
    return before == bad_argument ? bad_argument : long{static_cast<std::uint32_t>(before)};
  };
  t.SSL_CTX_get_timeout = [](const SSL_CTX* ctx) { return own.SSL_CTX_get_timeout(ctx); };
  t.SSL_CTX_sess_set_new_cb = [](SSL_CTX* ctx, NewCallback callback) {
    own.CTX_sess_set_new_cb(ctx, callbacks[ctx].created = callback);
  };
  t.SSL_CTX_sess_set_get_cb = [](SSL_CTX* ctx, GetCallback callback) {
    own.CTX_sess_set_get_cb(ctx, callbacks[ctx].asked = callback);
  };
  t.SSL_CTX_sess_set_remove_cb = [](SSL_CTX* ctx, RemoveCallback callback) {
    own.CTX_sess_set_remove_cb(ctx, callbacks[ctx].removed = callback);
  };
  t.SSL_new = [](SSL_CTX* ctx) {
    begin_connection();
    return own.new_connection(ctx);
  };
  t.SSL_do_handshake = handshake;
  t.SSL_get_error = [](const SSL*, int) { return last_why; };
  t.ERR_get_error = []() -> unsigned long {
    const std::uint16_t told = std::exchange(reason, 0);
    return told == 0 ? 0 : static_cast<unsigned long>(ERR_LIB_SSL) << 24 | told;
  };
  t.ERR_clear_error = [] {
    reason = 0;
    own.ERR_clear_error();
  };
  t.SSL_SESSION_dup = [](const SSL_SESSION* session) { return own.SESSION_dup(const_cast<SSL_SESSION*>(session)); };
  t.SSL_SESSION_set_timeout = [](SSL_SESSION* session, long seconds) -> long {
    return own.SSL_SESSION_set_timeout(session, seconds) == 1;  // else a negative number
  };
  t.i2d_SSL_SESSION = reinterpret_cast<decltype(t.i2d_SSL_SESSION)>(own.i2d_SSL_SESSION);
  t.d2i_SSL_SESSION = own.d2i_SSL_SESSION;
  t.OpenSSL_version = [](int) {
    static const std::string version = std::string("wolfSSL ") + own.lib_version();
    return version.c_str();
  };
  t.CRYPTO_free = [](void* memory, const char*, int) { std::free(memory); };
  t.RAND_set_rand_method = [](const RAND_METHOD*) { return 1; };  // see random.hpp
  t.keeps_state = true;
}

/// For what `lacks` names. What a trace cannot ask for is still called with the values that it has in every library.
void fill_functions_that_are_lacking(Table& t) {
  t.SSL_CTX_sess_get_new_cb = [](SSL_CTX* ctx) { return callbacks[ctx].created; };
  t.SSL_CTX_sess_get_get_cb = [](SSL_CTX* ctx) { return callbacks[ctx].asked; };
  t.SSL_CTX_sess_get_remove_cb = [](SSL_CTX* ctx) { return callbacks[ctx].removed; };
  t.SSL_CTX_set_ciphersuites = [](SSL_CTX*, const char*) { return 1; };
  t.SSL_set_msg_callback = [](SSL*, void (*)(int, int, int, const void*, size_t, SSL*, void*)) {};
  t.SSL_ctrl = [](SSL*, int, long, void*) -> long { return 0; };
  t.SSL_get_early_data_status = [](const SSL*) { return SSL_EARLY_DATA_NOT_SENT; };
  t.SSL_SESSION_get_max_early_data = [](const SSL_SESSION*) -> std::uint32_t { return 0; };
  t.SSL_SESSION_get_ticket_lifetime_hint = [](const SSL_SESSION*) { return 0UL; };  // of tickets; theirs tells the timeout
  t.SSL_SESSION_get_protocol_version = [](const SSL_SESSION*) { return TLS1_2_VERSION; };  // no other is compared
  t.SSL_CTX_sessions = [](decltype(t.SSL_CTX_new(nullptr))) -> decltype(::SSL_CTX_sessions(nullptr)) { return nullptr; };
  t.OPENSSL_LH_retrieve = [](OPENSSL_LHASH*, const void*) -> void* { return nullptr; };  // what is cached is never an application's object
  t.SSL_set_post_handshake_auth = [](SSL*, int) {};
  t.SSL_get_verify_result = [](const SSL*) -> long { return X509_V_OK; };
  t.SSL_SESSION_get0_id_context = [](const SSL_SESSION*, unsigned int* length) -> const unsigned char* {
    return *length = 0, nullptr;  // theirs returns the session id
  };
  t.SSL_SESSION_get0_hostname = [](const SSL_SESSION*) -> const char* { return nullptr; };
  t.SSL_SESSION_get0_peer = [](SSL_SESSION*) -> X509* { return nullptr; };
  t.SSL_SESSION_get0_alpn_selected = [](const SSL_SESSION*, const unsigned char**, std::size_t* length) { *length = 0; };
  t.SSL_SESSION_get0_ticket_appdata = [](SSL_SESSION*, void**, std::size_t* length) { return *length = 0, 1; };
  t.CRYPTO_get_ex_new_index = [](int, long, void*, CRYPTO_EX_new*, CRYPTO_EX_dup*, CRYPTO_EX_free*) { return 0; };
}

// Compared are whole connections of TLS 1.2 with session ids; one that stays open would have to be modelled in more than
// its sessions. A callback that calls the library hangs (5.7, 5.9). Its counters, and sess_number, are always 0.
constexpr Lacks wolfssl_lacks = {
    {Op::make, Op::open, Op::deliver, Op::offer, Op::take, Op::renegotiate, Op::new_ticket, Op::shut, Op::garble, Op::hang_up,
     Op::clear, Op::close, Op::verify_client, Op::set_session_data, Op::set_session_id, Op::set_session_version,
     Op::set_session_host_name, Op::set_session_protocol, Op::set_session_early_data},
    {Setting::transport, Setting::version_min, Setting::version_max, Setting::tickets, Setting::num_tickets, Setting::early_data,
     Setting::anti_replay, Setting::ticket_keys, Setting::ticket_callback, Setting::extended_master_secret, Setting::cipher,
     Setting::groups, Setting::generate_id, Setting::server_name, Setting::client_hello, Setting::client_certificate,
     Setting::middlebox_compat, Setting::ignore_eof, Setting::renegotiation_resumes, Setting::not_resumable,
     Setting::new_calls, Setting::get_calls, Setting::remove_calls, Setting::host_name, Setting::alpn},
    {View::counters, View::cached, View::number, View::live, View::getters, View::verified,
     View::id_context}};
constexpr Lacks lacks_of_5_5 = {{Op::set_session_time, Op::set_session_id_context}, {}, {}};

}  // namespace

bool is(const Libraries& libraries) { return libraries.find_ssl("wolfSSL_CTX_add_session") != nullptr; }

std::unique_ptr<Table> shim(const Libraries& libraries) {
#define SESSCHECK_FIND(result, name, ...) own.name = libraries.ssl<decltype(own.name)>("wolfSSL_" #name);
  SESSCHECK_OWN_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
  own.new_connection = libraries.ssl<decltype(own.new_connection)>("wolfSSL_new");
  auto table = std::make_unique<Table>();
#define SESSCHECK_FIND(name, theirs) table->name = libraries.ssl<decltype(table->name)>(#theirs);
  SESSCHECK_RENAMED_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
  fill_functions_with_other_types(*table);
  fill_functions_that_are_lacking(*table);
  fill_transport(*table, libraries);
  find_hash(libraries);
  table->lacks = wolfssl_lacks;
  void* const set_time = libraries.find_ssl("wolfSSL_SESSION_set_time");
  table->SSL_SESSION_set_time = reinterpret_cast<decltype(table->SSL_SESSION_set_time)>(set_time);
  void* const set_id_context = libraries.find_ssl("wolfSSL_SESSION_set1_id_context");
  table->SSL_SESSION_set1_id_context = reinterpret_cast<decltype(table->SSL_SESSION_set1_id_context)>(set_id_context);
  if (!set_time || !set_id_context) table->lacks = wolfssl_lacks | lacks_of_5_5;
  own.Init();
  return table;
}

}  // namespace sesscheck::wolfssl
