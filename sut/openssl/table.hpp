// The functions of one libssl and its libcrypto, found at run time: no rebuild for another version.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED  // the plain old names exist in every version from 1.1.1 to 4.0

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "model/lacks.hpp"
#include "sut/sut.hpp"

namespace sesscheck::openssl {

// Functions and not macros: what OpenSSL's headers define as a macro (SSL_CTX_sess_number, ...) goes through SSL_CTX_ctrl.
// Since 3.4 some have _ex twins; the plain ones are still exported by 4.0.
#define SESSCHECK_SSL_FUNCTIONS(X)                                                                                   \
  X(TLS_method) X(DTLS_method) X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) X(SSL_CTX_callback_ctrl) X(SSL_CTX_set_options)       \
  X(SSL_CTX_clear_options) X(SSL_CTX_set_cipher_list) X(SSL_CTX_set_ciphersuites) X(SSL_CTX_set_verify)              \
  X(SSL_CTX_set_timeout) X(SSL_CTX_get_timeout) X(SSL_CTX_set_session_id_context) X(SSL_CTX_set_num_tickets)         \
  X(SSL_CTX_get_num_tickets) X(SSL_CTX_sess_get_new_cb) X(SSL_CTX_sess_get_get_cb) X(SSL_CTX_sess_get_remove_cb)     \
  X(SSL_has_matching_session_id)                                                                                     \
  X(SSL_CTX_set_max_early_data) X(SSL_CTX_set_generate_session_id) X(SSL_CTX_set_client_hello_cb)                    \
  X(SSL_CTX_set_not_resumable_session_callback) X(SSL_CTX_sess_set_new_cb) X(SSL_CTX_sess_set_get_cb)                \
  X(SSL_CTX_sess_set_remove_cb) X(SSL_CTX_sessions) X(SSL_CTX_add_session) X(SSL_CTX_remove_session)                 \
  X(SSL_CTX_flush_sessions) X(SSL_CTX_use_certificate) X(SSL_CTX_use_PrivateKey) X(SSL_CTX_set_psk_client_callback)  \
  X(SSL_CTX_set_psk_server_callback) X(SSL_new) X(SSL_free) X(SSL_clear) X(SSL_ctrl) X(SSL_set_bio)                    \
  X(SSL_set_connect_state) X(SSL_set_accept_state) X(SSL_set_msg_callback) X(SSL_set_SSL_CTX) X(SSL_certs_clear)     \
  X(SSL_is_server) X(SSL_in_init) X(SSL_version) X(SSL_do_handshake) X(SSL_read) X(SSL_read_early_data) X(SSL_write_early_data)       \
  X(SSL_get_early_data_status) X(SSL_set_post_handshake_auth) X(SSL_verify_client_post_handshake) X(SSL_renegotiate) X(SSL_renegotiate_abbreviated) X(SSL_set_session)                  \
  X(SSL_get_session) X(SSL_get1_session) X(SSL_set_session_id_context) X(SSL_session_reused) X(SSL_shutdown)         \
  X(SSL_set_quiet_shutdown) X(SSL_get_error) X(SSL_SESSION_new) X(SSL_SESSION_free) X(SSL_SESSION_up_ref)            \
  X(SSL_SESSION_dup) X(SSL_SESSION_get_id) X(SSL_SESSION_set1_id) X(SSL_SESSION_set1_id_context)                     \
  X(SSL_SESSION_get_protocol_version) X(SSL_SESSION_set_protocol_version) X(SSL_SESSION_get_time)                    \
  X(SSL_SESSION_set_time) X(SSL_SESSION_get_timeout) X(SSL_SESSION_set_timeout) X(SSL_SESSION_is_resumable)          \
  X(SSL_SESSION_has_ticket) X(SSL_SESSION_get0_ticket) X(SSL_SESSION_get_ticket_lifetime_hint)                       \
  X(SSL_SESSION_get_max_early_data) X(SSL_SESSION_set1_hostname) X(SSL_SESSION_set1_alpn_selected) X(SSL_SESSION_set_max_early_data) X(SSL_SESSION_get0_cipher) X(SSL_SESSION_get0_peer) X(SSL_SESSION_get0_id_context) X(SSL_SESSION_get0_hostname)                      \
  X(SSL_SESSION_get0_alpn_selected) X(SSL_SESSION_set1_ticket_appdata) X(SSL_SESSION_get0_ticket_appdata)            \
  X(SSL_CTX_set_alpn_protos) X(SSL_CTX_set_alpn_select_cb) X(SSL_get_verify_result) X(i2d_SSL_SESSION) X(d2i_SSL_SESSION)
/// Those that 1.1.1 has not, or those that came of it: null there.
#define SESSCHECK_SSL_FUNCTIONS_SOME(X) X(SSL_new_session_ticket) X(SSL_CTX_set_ssl_version)
#define SESSCHECK_CRYPTO_FUNCTIONS(X)                                                                                \
  X(OpenSSL_version) X(CRYPTO_free) X(CRYPTO_get_ex_new_index) X(ERR_get_error) X(ERR_clear_error)                   \
  X(RAND_set_rand_method) X(RAND_bytes) X(BIO_new) X(BIO_s_mem) X(BIO_free) X(BIO_read) X(BIO_write) X(BIO_ctrl)     \
  X(BIO_up_ref) X(OPENSSL_LH_doall_arg) X(OPENSSL_LH_retrieve) X(d2i_X509) X(X509_free) X(d2i_AutoPrivateKey)        \
  X(EVP_PKEY_free) X(EVP_aes_256_cbc) X(EVP_sha256) X(EVP_EncryptInit_ex) X(EVP_DecryptInit_ex) X(HMAC_Init_ex)

/// One slot for each function, named and typed like it.
struct Table {
#define SESSCHECK_SLOT(name) decltype(&::name) name = nullptr;
  SESSCHECK_SSL_FUNCTIONS(SESSCHECK_SLOT)
  SESSCHECK_SSL_FUNCTIONS_SOME(SESSCHECK_SLOT)
  SESSCHECK_CRYPTO_FUNCTIONS(SESSCHECK_SLOT)
#undef SESSCHECK_SLOT
  Lacks lacks;  ///< what this library does not have
  bool keeps_state = false;  ///< for the whole process: each trace needs one of its own
  bool may_ask_null_for_timeout = true;  ///< else SSL_SESSION_get_timeout reads what is there
  /// In 1.1.1 a remove callback that calls the library may spoil the lock that is held: it is not tried.
  [[nodiscard]] bool may_call_in_removal() const { return SSL_new_session_ticket != nullptr; }
};

/// A libssl and its libcrypto, loaded; they stay so.
class Libraries {
 public:
  /// `libcrypto` may be empty when libssl finds its own. Throws SutError (one line: which file, what is wrong).
  Libraries(const std::string& libssl, const std::string& libcrypto);

  /// A function by its name; null when there is none.
  [[nodiscard]] void* find_ssl(const char* name) const;
  [[nodiscard]] void* find_crypto(const char* name) const;
  /// The same for one that must be there. Throws SutError.
  template <class Function>
  [[nodiscard]] Function ssl(const char* name) const { return reinterpret_cast<Function>(there(find_ssl(name), name, libssl_)); }
  template <class Function>
  [[nodiscard]] Function crypto(const char* name) const {
    return reinterpret_cast<Function>(there(find_crypto(name), name, libcrypto_));
  }
  /// A libssl that has its libcrypto inside, or loads its own, must not be mixed with another one. Throws SutError.
  void check_that_they_match() const;

 private:
  static void* there(void* found, const char* name, const std::string& file);

  std::string libssl_, libcrypto_;
  void *ssl_ = nullptr, *crypto_ = nullptr;
};

/// Fills the slots that are still empty. Throws SutError.
void complete(Table& table, const Libraries& libraries);

}  // namespace sesscheck::openssl
