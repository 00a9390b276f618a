#include "sut/boringssl/shim.hpp"

#include <cstring>
#include <string>
#include <string_view>

#include "sut/boringssl/errors.hpp"
#include "sut/boringssl/ledger.hpp"

namespace sesscheck::boringssl {
namespace {

using openssl::Libraries;
using openssl::Table;

// What OpenSSL has as a macro, or with other types. Their own types, so that no half of a register is left to chance;
// and an underscore at the end of each name, so that no macro takes it.
#define SESSCHECK_OWN_FUNCTIONS(X)                                                                 \
  X(int, SSL_CTX_get_session_cache_mode, const SSL_CTX*)                                           \
  X(int, SSL_CTX_set_session_cache_mode, SSL_CTX*, int)                                            \
  X(unsigned long, SSL_CTX_sess_get_cache_size, const SSL_CTX*)                                    \
  X(unsigned long, SSL_CTX_sess_set_cache_size, SSL_CTX*, unsigned long)                           \
  X(std::size_t, SSL_CTX_sess_number, const SSL_CTX*)                                              \
  X(int, SSL_CTX_sess_connect, const SSL_CTX*)                                                     \
  X(int, SSL_CTX_sess_connect_good, const SSL_CTX*)                                                \
  X(int, SSL_CTX_sess_connect_renegotiate, const SSL_CTX*)                                         \
  X(int, SSL_CTX_sess_accept, const SSL_CTX*)                                                      \
  X(int, SSL_CTX_sess_accept_good, const SSL_CTX*)                                                 \
  X(int, SSL_CTX_sess_accept_renegotiate, const SSL_CTX*)                                          \
  X(int, SSL_CTX_sess_hits, const SSL_CTX*)                                                        \
  X(int, SSL_CTX_sess_cb_hits, const SSL_CTX*)                                                     \
  X(int, SSL_CTX_sess_misses, const SSL_CTX*)                                                      \
  X(int, SSL_CTX_sess_timeouts, const SSL_CTX*)                                                    \
  X(int, SSL_CTX_sess_cache_full, const SSL_CTX*)                                                  \
  X(std::uint32_t, SSL_CTX_get_timeout, const SSL_CTX*)                                            \
  X(std::uint32_t, SSL_CTX_set_timeout, SSL_CTX*, std::uint32_t)                                   \
  X(int, SSL_CTX_set_min_proto_version, SSL_CTX*, std::uint16_t)                                   \
  X(int, SSL_CTX_set_max_proto_version, SSL_CTX*, std::uint16_t)                                   \
  X(std::uint16_t, SSL_get_max_proto_version, const SSL*)                                          \
  X(int, SSL_CTX_set_cipher_list, SSL_CTX*, const char*)                                           \
  X(int, SSL_CTX_set1_curves_list, SSL_CTX*, const char*)                                          \
  X(int, SSL_CTX_set_session_id_context, SSL_CTX*, const std::uint8_t*, std::size_t)               \
  X(int, SSL_set_session_id_context, SSL*, const std::uint8_t*, std::size_t)                       \
  X(int, SSL_CTX_get_tlsext_ticket_keys, SSL_CTX*, void*, std::size_t)                             \
  X(int, SSL_CTX_set_tlsext_ticket_keys, SSL_CTX*, const void*, std::size_t)                       \
  X(int, SSL_CTX_set_tlsext_ticket_key_cb, SSL_CTX*, void (*)())                                   \
  X(int, SSL_CTX_set_tlsext_servername_callback, SSL_CTX*, void (*)())                             \
  X(int, SSL_CTX_set_tlsext_servername_arg, SSL_CTX*, void*)                                       \
  X(void, SSL_set_msg_callback_arg, SSL*, void*)                                                   \
  X(SSL_SESSION*, SSL_SESSION_new, const SSL_CTX*)                                                 \
  X(int, SSL_SESSION_set1_id, SSL_SESSION*, const std::uint8_t*, std::size_t)                      \
  X(int, SSL_SESSION_set1_id_context, SSL_SESSION*, const std::uint8_t*, std::size_t)              \
  X(std::uint32_t, SSL_SESSION_get_timeout, const SSL_SESSION*)                                    \
  X(std::uint32_t, SSL_SESSION_set_timeout, SSL_SESSION*, std::uint32_t)                           \
  X(std::uint64_t, SSL_SESSION_get_time, const SSL_SESSION*)                                       \
  X(std::uint64_t, SSL_SESSION_set_time, SSL_SESSION*, std::uint64_t)                              \
  X(std::uint32_t, SSL_SESSION_get_ticket_lifetime_hint, const SSL_SESSION*)                       \
  X(std::uint16_t, SSL_SESSION_get_protocol_version, const SSL_SESSION*)                           \
  X(int, SSL_SESSION_set_protocol_version, SSL_SESSION*, std::uint16_t)                            \
  X(int, SSL_SESSION_early_data_capable, const SSL_SESSION*)                                       \
  X(int, SSL_SESSION_to_bytes, const SSL_SESSION*, std::uint8_t**, std::size_t*)                   \
  X(SSL_SESSION*, d2i_SSL_SESSION, SSL_SESSION**, const std::uint8_t**, long)                      \
  X(int, SSL_early_data_accepted, const SSL*)

struct Own {
#define SESSCHECK_SLOT(result, name, ...) result (*name##_)(__VA_ARGS__);
  SESSCHECK_OWN_FUNCTIONS(SESSCHECK_SLOT)
#undef SESSCHECK_SLOT
  decltype(&::ERR_get_error) ERR_get_error;
  decltype(&::CRYPTO_free) CRYPTO_free;
  SSL_CTX* plain;  ///< for SSL_SESSION_new, which wants one, whichever
} own;

constexpr std::size_t key_name_bytes = 16, key_bytes = 16;  // of a ticket: theirs are AES-128 and as much for the HMAC
constexpr std::size_t ticket_keys_bytes = key_name_bytes + 2 * key_bytes;

long context_control(SSL_CTX* ctx, int what, long number, void* pointer) {
  switch (what) {
    case SSL_CTRL_GET_SESS_CACHE_MODE: return static_cast<std::uint32_t>(own.SSL_CTX_get_session_cache_mode_(ctx));
    case SSL_CTRL_SET_SESS_CACHE_MODE:  // bits, and no number that could be below 0
      return static_cast<std::uint32_t>(own.SSL_CTX_set_session_cache_mode_(ctx, static_cast<int>(number)));
    case SSL_CTRL_GET_SESS_CACHE_SIZE: return static_cast<long>(own.SSL_CTX_sess_get_cache_size_(ctx));
    case SSL_CTRL_SET_SESS_CACHE_SIZE:
      return static_cast<long>(own.SSL_CTX_sess_set_cache_size_(ctx, static_cast<unsigned long>(number)));
    case SSL_CTRL_SESS_NUMBER: return static_cast<long>(own.SSL_CTX_sess_number_(ctx));
    case SSL_CTRL_SESS_CONNECT: return own.SSL_CTX_sess_connect_(ctx);
    case SSL_CTRL_SESS_CONNECT_GOOD: return own.SSL_CTX_sess_connect_good_(ctx);
    case SSL_CTRL_SESS_CONNECT_RENEGOTIATE: return own.SSL_CTX_sess_connect_renegotiate_(ctx);
    case SSL_CTRL_SESS_ACCEPT: return own.SSL_CTX_sess_accept_(ctx);
    case SSL_CTRL_SESS_ACCEPT_GOOD: return own.SSL_CTX_sess_accept_good_(ctx);
    case SSL_CTRL_SESS_ACCEPT_RENEGOTIATE: return own.SSL_CTX_sess_accept_renegotiate_(ctx);
    case SSL_CTRL_SESS_HIT: return own.SSL_CTX_sess_hits_(ctx);
    case SSL_CTRL_SESS_CB_HIT: return own.SSL_CTX_sess_cb_hits_(ctx);
    case SSL_CTRL_SESS_MISSES: return own.SSL_CTX_sess_misses_(ctx);
    case SSL_CTRL_SESS_TIMEOUTS: return own.SSL_CTX_sess_timeouts_(ctx);
    case SSL_CTRL_SESS_CACHE_FULL: return own.SSL_CTX_sess_cache_full_(ctx);
    case SSL_CTRL_SET_MIN_PROTO_VERSION: return own.SSL_CTX_set_min_proto_version_(ctx, static_cast<std::uint16_t>(number));
    case SSL_CTRL_SET_MAX_PROTO_VERSION: return own.SSL_CTX_set_max_proto_version_(ctx, static_cast<std::uint16_t>(number));
    case SSL_CTRL_SET_GROUPS_LIST: return own.SSL_CTX_set1_curves_list_(ctx, static_cast<const char*>(pointer));
    case SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG: return own.SSL_CTX_set_tlsext_servername_arg_(ctx, pointer);
    case SSL_CTRL_GET_TLSEXT_TICKET_KEYS: return own.SSL_CTX_get_tlsext_ticket_keys_(ctx, pointer, ticket_keys_bytes);
    case SSL_CTRL_SET_TLSEXT_TICKET_KEYS: return own.SSL_CTX_set_tlsext_ticket_keys_(ctx, pointer, ticket_keys_bytes);
    default: return 0;
  }
}

long context_callback(SSL_CTX* ctx, int what, void (*callback)()) {
  switch (what) {
    case SSL_CTRL_SET_TLSEXT_TICKET_KEY_CB: return own.SSL_CTX_set_tlsext_ticket_key_cb_(ctx, callback);
    case SSL_CTRL_SET_TLSEXT_SERVERNAME_CB: return own.SSL_CTX_set_tlsext_servername_callback_(ctx, callback);
    default: return 0;
  }
}

long connection_control(SSL* ssl, int what, long, void* pointer) {
  switch (what) {
    case SSL_CTRL_SET_MSG_CALLBACK_ARG: own.SSL_set_msg_callback_arg_(ssl, pointer); return 1;
    case SSL_CTRL_GET_MAX_PROTO_VERSION: return own.SSL_get_max_proto_version_(ssl);
    default: return 0;
  }
}

/// Their only plain PSK suites are CBC ones; and there are no security levels.
int cipher_list(SSL_CTX* ctx, const char* names) {
  std::string list = names;
  const auto replace = [&list](std::string_view name, std::string_view by) {
    for (auto at = list.find(name); at != std::string::npos; at = list.find(name)) list.replace(at, name.size(), by);
  };
  replace("PSK-AES128-GCM-SHA256", "PSK-AES128-CBC-SHA");
  replace("PSK-AES256-GCM-SHA384", "PSK-AES256-CBC-SHA");
  replace(":@SECLEVEL=0", "");
  replace(":@SECLEVEL=2", "");
  return own.SSL_CTX_set_cipher_list_(ctx, list.c_str());
}

/// Theirs writes to *out, and never allocates.
int to_bytes(SSL_SESSION* session, unsigned char** out) {
  std::uint8_t* bytes = nullptr;
  std::size_t length = 0;
  if (!own.SSL_SESSION_to_bytes_(session, &bytes, &length)) return -1;
  if (out && !*out) {
    *out = bytes;
    return static_cast<int>(length);
  }
  if (out) {
    std::memcpy(*out, bytes, length);
    *out += length;
  }
  own.CRYPTO_free(bytes, "", 0);
  return static_cast<int>(length);
}

/// There is none; but bytes can be copied.
SSL_SESSION* copy(const SSL_SESSION* session) {
  std::uint8_t* bytes = nullptr;
  std::size_t length = 0;
  if (!own.SSL_SESSION_to_bytes_(session, &bytes, &length)) return nullptr;
  const std::uint8_t* cursor = bytes;
  SSL_SESSION* same = own.d2i_SSL_SESSION_(nullptr, &cursor, static_cast<long>(length));
  own.CRYPTO_free(bytes, "", 0);
  return same;
}

void fill_functions_with_other_types(Table& t) {
  t.SSL_CTX_ctrl = context_control;
  t.SSL_CTX_callback_ctrl = context_callback;
  t.SSL_ctrl = connection_control;
  t.SSL_CTX_set_cipher_list = cipher_list;
  t.SSL_CTX_get_timeout = [](const SSL_CTX* ctx) -> long { return own.SSL_CTX_get_timeout_(ctx); };
  t.SSL_CTX_set_timeout = [](SSL_CTX* ctx, long seconds) -> long {
    return own.SSL_CTX_set_timeout_(ctx, static_cast<std::uint32_t>(seconds));
  };
  t.SSL_CTX_set_session_id_context = [](SSL_CTX* ctx, const unsigned char* bytes, unsigned int length) {
    return own.SSL_CTX_set_session_id_context_(ctx, bytes, length);
  };
  t.SSL_set_session_id_context = [](SSL* ssl, const unsigned char* bytes, unsigned int length) {
    return own.SSL_set_session_id_context_(ssl, bytes, length);
  };
  t.SSL_SESSION_new = [] { return own.SSL_SESSION_new_(own.plain); };
  t.SSL_SESSION_dup = copy;
  t.SSL_SESSION_set1_id = [](SSL_SESSION* session, const unsigned char* bytes, unsigned int length) {
    return own.SSL_SESSION_set1_id_(session, bytes, length);
  };
  t.SSL_SESSION_set1_id_context = [](SSL_SESSION* session, const unsigned char* bytes, unsigned int length) {
    return own.SSL_SESSION_set1_id_context_(session, bytes, length);
  };
  t.SSL_SESSION_get_protocol_version = [](const SSL_SESSION* session) -> int {
    return own.SSL_SESSION_get_protocol_version_(session);
  };
  t.SSL_SESSION_set_protocol_version = [](SSL_SESSION* session, int version) {
    return own.SSL_SESSION_set_protocol_version_(session, static_cast<std::uint16_t>(version));
  };
  t.SSL_SESSION_get_time = [](const SSL_SESSION* session) { return static_cast<long>(own.SSL_SESSION_get_time_(session)); };
  t.SSL_SESSION_set_time = [](SSL_SESSION* session, long seconds) {
    return static_cast<long>(own.SSL_SESSION_set_time_(session, static_cast<std::uint64_t>(seconds)));
  };
  t.SSL_SESSION_get_timeout = [](const SSL_SESSION* session) -> long { return own.SSL_SESSION_get_timeout_(session); };
  t.SSL_SESSION_set_timeout = [](SSL_SESSION* session, long seconds) -> long {
    return own.SSL_SESSION_set_timeout_(session, static_cast<std::uint32_t>(seconds));
  };
  t.SSL_SESSION_get_ticket_lifetime_hint = [](const SSL_SESSION* session) -> unsigned long {
    return own.SSL_SESSION_get_ticket_lifetime_hint_(session);
  };
  t.SSL_SESSION_get_max_early_data = [](const SSL_SESSION* session) -> std::uint32_t {
    return static_cast<std::uint32_t>(own.SSL_SESSION_early_data_capable_(session));
  };
  t.SSL_get_early_data_status = [](const SSL* ssl) {
    return own.SSL_early_data_accepted_(ssl) ? SSL_EARLY_DATA_ACCEPTED : SSL_EARLY_DATA_NOT_SENT;
  };
  t.i2d_SSL_SESSION = reinterpret_cast<decltype(t.i2d_SSL_SESSION)>(to_bytes);
  t.ERR_get_error = [] { return translated(own.ERR_get_error()); };
  t.RAND_bytes = ::RAND_bytes;  // ours (random.cpp)
}

/// For what `lacks` names. What a trace cannot ask for is still called with the values that it has in every library.
void fill_functions_that_are_lacking(Table& t) {
  t.SSL_CTX_set_ciphersuites = [](SSL_CTX*, const char*) { return 1; };
  t.SSL_CTX_set_generate_session_id = [](SSL_CTX*, GEN_SESSION_CB) { return 0; };
  t.SSL_CTX_set_client_hello_cb = [](SSL_CTX*, SSL_client_hello_cb_fn, void*) {};
  t.SSL_CTX_set_not_resumable_session_callback = [](SSL_CTX*, int (*)(SSL*, int)) {};
  t.SSL_CTX_set_max_early_data = [](SSL_CTX*, std::uint32_t) { return 0; };
  t.SSL_read_early_data = [](SSL*, void*, std::size_t, std::size_t*) { return SSL_READ_EARLY_DATA_ERROR; };
  t.SSL_write_early_data = [](SSL*, const void*, std::size_t, std::size_t*) { return 0; };
  t.SSL_has_matching_session_id = [](const SSL*, const unsigned char*, unsigned int) { return 0; };
  t.SSL_CTX_set_num_tickets = [](SSL_CTX*, std::size_t) { return 1; };
  t.SSL_CTX_get_num_tickets = [](const SSL_CTX*) { return std::size_t{0}; };
  t.SSL_set_post_handshake_auth = [](SSL*, int) {};
  t.SSL_verify_client_post_handshake = [](SSL*) { return 0; };
  t.SSL_renegotiate_abbreviated = [](SSL*) { return 0; };
  t.SSL_SESSION_get0_hostname = [](const SSL_SESSION*) -> const char* { return nullptr; };
  t.SSL_SESSION_get0_peer = [](SSL_SESSION*) -> X509* { return nullptr; };
  t.SSL_SESSION_get0_alpn_selected = [](const SSL_SESSION*, const unsigned char**, std::size_t* length) { *length = 0; };
  t.SSL_SESSION_set1_hostname = [](SSL_SESSION*, const char*) { return 0; };
  t.SSL_SESSION_set1_alpn_selected = [](SSL_SESSION*, const unsigned char*, std::size_t) { return 0; };
  t.SSL_SESSION_set_max_early_data = [](SSL_SESSION*, std::uint32_t) { return 0; };
  t.SSL_SESSION_set1_ticket_appdata = [](SSL_SESSION*, const void*, std::size_t) { return 0; };
  t.SSL_SESSION_get0_ticket_appdata = [](SSL_SESSION*, void**, std::size_t* length) { *length = 0; return 1; };
  // Its objects are counted where they end, but not where they begin.
  t.CRYPTO_get_ex_new_index = [](int, long, void*, CRYPTO_EX_new*, CRYPTO_EX_dup*, CRYPTO_EX_free*) { return 0; };
}

// What both lack: OpenSSL's inventions, and what they have as another interface. SSL_set_session on a connection in use
// ends the process; a TLS 1.2 server of theirs does not renegotiate; a ticket key callback cannot decline to issue a
// ticket. What is not modelled is left out as well: versions other than TLS 1.2, DTLS, and the other objects that
// SSL_get1_session shows in mid-handshake.
constexpr Lacks both_lack = {
    {Op::set_session_data, Op::set_session_id, Op::set_session_version, Op::set_session_host_name, Op::set_session_protocol,
     Op::set_session_early_data, Op::dup, Op::offer, Op::take, Op::clear, Op::renegotiate, Op::new_ticket, Op::verify_client},
    {Setting::num_tickets, Setting::early_data, Setting::anti_replay, Setting::extended_master_secret, Setting::cipher, Setting::generate_id,
     Setting::client_hello, Setting::middlebox_compat, Setting::ignore_eof, Setting::renegotiation_resumes, Setting::not_resumable,
     Setting::host_name, Setting::alpn, Setting::transport,
     {Setting::version_min, 0}, {Setting::version_min, 1}, {Setting::version_min, 3}, {Setting::version_max, 0},
     {Setting::version_max, 1}, {Setting::version_max, 3}, {Setting::ticket_callback, static_cast<std::uint8_t>(TicketCallback::issues_none)}},
    {View::cached, View::live, View::verified}};
constexpr Lacks boringssl_lacks = {{}, {}, {View::counters}};  // its functions are there, and return 0

}  // namespace

bool is(const Libraries& libraries) {
  return libraries.find_ssl("SSL_magic_pending_session_ptr") && !libraries.find_ssl("SSL_CTX_ctrl");
}

std::unique_ptr<Table> shim(const Libraries& libraries) {
#define SESSCHECK_FIND(result, name, ...) own.name##_ = libraries.ssl<decltype(own.name##_)>(#name);
  SESSCHECK_OWN_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
  own.ERR_get_error = libraries.crypto<decltype(own.ERR_get_error)>("ERR_get_error");
  own.CRYPTO_free = libraries.crypto<decltype(own.CRYPTO_free)>("CRYPTO_free");
  own.plain = libraries.ssl<decltype(&::SSL_CTX_new)>("SSL_CTX_new")(libraries.ssl<decltype(&::TLS_method)>("TLS_method")());

  auto table = std::make_unique<Table>();
  fill_functions_with_other_types(*table);
  fill_functions_that_are_lacking(*table);
  table->may_ask_null_for_timeout = false;
  keep_ledger(*table, libraries);
  const std::string_view version = libraries.crypto<decltype(&::OpenSSL_version)>("OpenSSL_version")(OPENSSL_VERSION);
  table->lacks = version.starts_with("AWS-LC") ? both_lack : both_lack | boringssl_lacks;
  return table;
}

}  // namespace sesscheck::boringssl
