// The parts of a reproducer that only some traces need: settings, tickets, early data, connections that stay open.
#pragma once

namespace sesscheck::c_parts {

inline constexpr const char* psk_callbacks = R"(
/* A pre-shared key: the cheapest handshake, and a normal citizen of the cache. */
static unsigned int psk_client(SSL *s, const char *hint, char *id, unsigned int n, unsigned char *key, unsigned int m) {
  (void)s, (void)hint, (void)n, (void)m;
  strcpy(id, "p");
  memset(key, 7, 16);
  return 16;
}
static unsigned int psk_server(SSL *s, const char *id, unsigned char *key, unsigned int m) {
  (void)s, (void)id, (void)m;
  memset(key, 7, 16);
  return 16;
}
)";

inline constexpr const char* psk_up_to_tls1_2 = R"(
static unsigned int psk_client(SSL *s, const char *hint, char *id, unsigned int n, unsigned char *key, unsigned int m) {
  (void)hint, (void)n, (void)m;
  if (SSL_version(s) == TLS1_3_VERSION) return 0; /* which has certificates here */
  strcpy(id, "p");
  memset(key, 7, 16);
  return 16;
}
static unsigned int psk_server(SSL *s, const char *id, unsigned char *key, unsigned int m) {
  (void)s, (void)m;
  if (strcmp(id, "p") != 0) return 0; /* a ticket of TLS 1.3 */
  memset(key, 7, 16);
  return 16;
}
)";

inline constexpr const char* certificate = R"(
static void certificate(SSL_CTX *ctx) { /* self-signed, made once */
  static EVP_PKEY *key;
  static X509 *cert;
  if (!cert) {
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY_keygen_init(make);
    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(make, NID_X9_62_prime256v1);
    EVP_PKEY_keygen(make, &key);
    EVP_PKEY_CTX_free(make);
    cert = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 1000000000);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
  }
  SSL_CTX_use_certificate(ctx, cert);
  SSL_CTX_use_PrivateKey(ctx, key);
}
)";

inline constexpr const char* accept_any = R"(static int accept_any(int ok, X509_STORE_CTX *store) {
  (void)ok, (void)store;
  return 1;
}
)";

inline constexpr const char* ticket_keys = R"(static void ticket_keys(SSL_CTX *ctx, int letter) {
  unsigned char keys[80];
  memset(keys, letter, sizeof keys);
  SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys);
}
)";

inline constexpr const char* ticket_callback_arguments =
    "(SSL *s, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int issues)";
inline constexpr const char* ticket_callback =
    R"(/* The ticket key callback. 1: knows all, 2: renews what it reads, 3: reads none, 4: issues none, 5: fails to read. */
static int ticket_key(int how, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int issues) {
  static unsigned char key[32] = "the key of the callback";
  OSSL_PARAM hmac[] = {OSSL_PARAM_octet_string("key", key, 32), OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END};
  if (issues ? how == 4 : how == 3) return 0;
  if (!issues && how == 5) return -1;
  if (issues) memcpy(name, "ticket callback ", 16), RAND_bytes(iv, 16);
  if (memcmp(name, "ticket callback ", 16) != 0) return 0;
  EVP_MAC_CTX_set_params(mac, hmac);
  EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key, iv, issues);
  return issues || how != 2 ? 1 : 2;
}
)";

/// By GenerateId.
inline constexpr const char* id_callbacks[] = {
    "",
    R"(static int id_unique(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s;
  return RAND_bytes(id, *n);
}
)",
    R"(static int id_same(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s;
  memset(id, 's', *n);
  return 1;
}
)",
    R"(static int id_short(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s;
  *n = 8;
  return RAND_bytes(id, 8);
}
)",
    R"(static int id_empty(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s, (void)id;
  *n = 0;
  return 1;
}
)",
    R"(static int id_too_long(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s, (void)id;
  *n = 33;
  return 1;
}
)",
    R"(static int id_fails(SSL *s, unsigned char *id, unsigned int *n) {
  (void)s, (void)id, (void)n;
  return 0;
}
)"};

inline constexpr const char* take_protocol = R"(static int take_protocol(SSL *s, const unsigned char **out, unsigned char *length, const unsigned char *in, unsigned int n, void *ours) {
  const char *p;
  (void)s, *length = 1;
  for (p = ours; *p; p++)
    if ((*out = memchr(in, *p, n)) != NULL) return SSL_TLSEXT_ERR_OK;
  return SSL_TLSEXT_ERR_NOACK;
}
)";

inline constexpr const char* describe_unnamed = R"(
static void describe(const SSL_SESSION *s, const char *absent, char *text, size_t size) {
  int version = s ? SSL_SESSION_get_protocol_version(s) : 0;
  char hint[40] = "", tls[20] = "";
  if (s && SSL_SESSION_has_ticket(s)) snprintf(hint, sizeof hint, " ticket hint=%lu", SSL_SESSION_get_ticket_lifetime_hint(s));
  if (version == DTLS1_2_VERSION) snprintf(tls, sizeof tls, " DTLS 1.2");
  else if (version && version != TLS1_2_VERSION) snprintf(tls, sizeof tls, " TLS 1.%d", version - TLS1_VERSION);
  if (!s)
    snprintf(text, size, "%s", absent);
  else
    snprintf(text, size, "time=%+ld timeout=%ld%s%s%s%s%s", (long)(SSL_SESSION_get_time(s) - 1700000000),
             (long)SSL_SESSION_get_timeout(s), SSL_SESSION_is_resumable(s) ? "" : " not resumable", tls, hint,
             SSL_SESSION_get_max_early_data(s) ? " early-data" : "", contents(s));
}
)";

// Callbacks with nothing behind them, X as in reproduce_parts.hpp.
inline constexpr const char* new_callback_storeless = R"c(static int new_X_answer = 1;
static int new_X(SSL *s, SSL_SESSION *sess) {
  (void)s, (void)sess;
  snprintf(slot(), 64, "X: new");
CALLS_new  return new_X_answer;
}
)c";
inline constexpr const char* get_callback_storeless = R"c(static int get_X_copy = 1;
static SSL_SESSION *answer_X;
static SSL_SESSION *get_X(SSL *s, const unsigned char *id, int n, int *copy) {
  SSL_SESSION *r = answer_X;
  (void)s, (void)id, (void)n;
  answer_X = NULL;
COPY  snprintf(slot(), 64, "X: get -> %s", r ? "session" : "nothing");
CALLS_get  return r;
}
)c";
inline constexpr const char* remove_callback_storeless = R"c(static void remove_X(SSL_CTX *c, SSL_SESSION *sess) {
  (void)c, (void)sess;
  snprintf(slot(), 64, "X: remove");
CALLS_remove}
)c";

inline constexpr const char* calls = R"(
/* 1: add h1, 2: remove h1, 3: flush, 4: mode OFF; 5 to 7: add, remove, flush on the other context. */
static void call(const char *name, SSL_CTX *ctx, SSL_CTX *other, int what) {
  static int calling;
  int answer = 0;
  if (ctx && what > 4) ctx = other, what -= 4;
  if (!ctx || !what || calling || (what < 3 && !HELD)) return;
  calling = 1;
  if (what == 1) answer = SSL_CTX_add_session(ctx, HELD);
  if (what == 2) answer = SSL_CTX_remove_session(ctx, HELD);
  if (what == 3) SSL_CTX_flush_sessions(ctx, now);
  if (what == 4) SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  calling = 0;
  snprintf(slot(), 64, "%s: calls the library -> %d", name, answer);
}
)";

// --- connections ---------------------------------------------------------------------------------------------------
// Lines that begin with a mark are there when the trace needs them: see Program::part.

inline constexpr const char* connections = R"(
enum { none, unfinished, failed, finished };
struct end { SSL *ssl; BIO *in, *out; int state;@early  int early;@@error  int error;@ };
struct connection { struct end client, server;@shut  int shut;@@renegotiate  int renegotiating;@ };
@reuse static int client_reused, server_reused;
@error static int first_error(void) {
@error   unsigned long e;
@error   int found = 0;
@error   while ((e = ERR_get_error()))
@error     if (!found && ERR_GET_LIB(e) == ERR_LIB_SSL) found = ERR_GET_REASON(e) & 0xfff;
@error   return found;
@error }
static void went(struct end *e, int result) { /* what the result of a handshake function means */
  int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(e->ssl, result);
  e->state = result == 1 ? finished : why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL ? failed : unfinished;
}
@early static int handshake(struct end *e) {
@early   char bytes[16];
@early   size_t n;
@early   int got = SSL_READ_EARLY_DATA_SUCCESS;
@early   SSL_SESSION *s = SSL_get_session(e->ssl);
@early   if (e->early && SSL_is_server(e->ssl)) {
@early     while (got != SSL_READ_EARLY_DATA_FINISH)
@early       if ((got = SSL_read_early_data(e->ssl, bytes, sizeof bytes, &n)) == SSL_READ_EARLY_DATA_ERROR) return 0;
@early   } else if (e->early && s && SSL_SESSION_get_max_early_data(s) && SSL_SESSION_is_resumable(s) &&
@early              SSL_get_max_proto_version(e->ssl) == TLS1_3_VERSION) {
@early     if (SSL_write_early_data(e->ssl, "x", 1, &n) != 1) return 0;
@early   }
@early   e->early = 0;
@early   return SSL_do_handshake(e->ssl);
@early }
static void advance(struct end *e) { /* one end goes on with what it has received */
  char byte;
  int result, why;
  if (e->state == failed) return;
@early   if (e->state != finished) went(e, handshake(e));
@late   if (e->state != finished) went(e, SSL_do_handshake(e->ssl));
  if (e->state == finished) {
    while ((result = SSL_read(e->ssl, &byte, 1)) > 0) {
    }
    why = SSL_get_error(e->ssl, result);
    e->state = why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL ? failed : SSL_in_init(e->ssl) ? unfinished : finished;
  }
@error   e->error = first_error();
@noerror   ERR_clear_error();
}
static void deliver(struct connection *c, int flights) {
  char bytes[16384];
  int to_server = 1;
  if (c->client.state == none) advance(&c->client);
  for (; flights > 0; flights--, to_server = !to_server) {
    if (!BIO_ctrl_pending((to_server ? &c->client : &c->server)->out)) to_server = !to_server;
    struct end *from = to_server ? &c->client : &c->server, *to = to_server ? &c->server : &c->client;
    int n = BIO_read(from->out, bytes, sizeof bytes);
    if (n <= 0) break;
    BIO_write(to->in, bytes, n);
    advance(to);
  }
@renegotiate   if (c->client.state == finished && c->server.state == finished && !BIO_ctrl_pending(c->client.out) &&
@renegotiate       !BIO_ctrl_pending(c->server.out))
@renegotiate     c->renegotiating = 0;
@reuse   client_reused = SSL_session_reused(c->client.ssl), server_reused = SSL_session_reused(c->server.ssl);
}
static void open_end(struct end *e, SSL_CTX *ctx) {
  e->ssl = SSL_new(ctx), e->in = BIO_new(BIO_s_mem()), e->out = BIO_new(BIO_s_mem()), e->state = none;
@error   e->error = 0;
  SSL_set_bio(e->ssl, e->in, e->out);
}
static void open_connection(struct connection *c, SSL_CTX *client, SSL_CTX *server, SSL_SESSION *offer@early , int early@@idcontext , const char *id_context@) {
  open_end(&c->client, client);
  open_end(&c->server, server);
  SSL_set_connect_state(c->client.ssl);
  SSL_set_accept_state(c->server.ssl);
@verify_client   SSL_set_post_handshake_auth(c->client.ssl, 1);
@shut   c->shut = 0;
@renegotiate   c->renegotiating = 0;
@early   c->client.early = early, c->server.early = SSL_CTX_get_max_early_data(server) > 0;
@nocertificate   SSL_certs_clear(c->client.ssl);
@somecertificate   if (!shows_certificate) SSL_certs_clear(c->client.ssl);
@hostname   if (host_name) SSL_set_tlsext_host_name(c->client.ssl, host_name);
@idcontext   if (id_context) SSL_set_session_id_context(c->server.ssl, (const unsigned char *)id_context, strlen(id_context));
  if (offer) SSL_set_session(c->client.ssl, offer);
}
@close static void close_end(struct end *e@ends , int how@) {@ends  /* 0: SSL_shutdown, 1: quiet, 2: not at all */@
@ends   if (e->state == finished && how == 1) SSL_set_quiet_shutdown(e->ssl, 1);
@close   if (e->state == finished@ends  && how != 2@) SSL_shutdown(e->ssl);
@close   SSL_free(e->ssl);
@close }
@close static void close_connection(struct connection *c@ends , int client_end, int server_end@) {
@close   close_end(&c->client@ends , client_end@);
@close   close_end(&c->server@ends , server_end@);
@close   ERR_clear_error();
@close }
@keep static void keep_session(struct end *e, SSL_SESSION **keep) {
@keep   if (e->state != finished || !keep) return;
@keep   SSL_SESSION_free(*keep);
@keep   *keep = SSL_get1_session(e->ssl);
@keep }
@connect static struct connection c0; /* the last one that did not stay open */
@connect static void connect_to(SSL_CTX *client, SSL_CTX *server, SSL_SESSION *offer@keep , SSL_SESSION **keep, SSL_SESSION **server_keep@,
@connect                        int flights@ends , int client_end, int server_end@@early , int early@@idcontext , const char *id_context@) {
@connect   open_connection(&c0, client, server, offer@early , early@@idcontext , id_context@);
@connect   deliver(&c0, flights);
@keep   keep_session(&c0.client, keep);
@keep   keep_session(&c0.server, server_keep);
@connect   close_connection(&c0@ends , client_end, server_end@);
@connect }
@renegotiate static long renegotiate(struct connection *c, struct end *e, int abbreviated) {
@renegotiate   if (c->client.state != finished || c->server.state != finished || c->shut || c->renegotiating) return 0;
@renegotiate   if ((abbreviated ? SSL_renegotiate_abbreviated(e->ssl) : SSL_renegotiate(e->ssl)) != 1) return 0;
@renegotiate   c->renegotiating = 1;
@renegotiate   went(e, SSL_do_handshake(e->ssl));
@renegotiate   return 1;
@renegotiate }
@new_ticket static long new_ticket(struct connection *c) {
@new_ticket   if (c->client.state != finished || c->server.state != finished || c->shut || SSL_new_session_ticket(c->server.ssl) != 1) return 0;
@new_ticket   went(&c->server, SSL_do_handshake(c->server.ssl));
@new_ticket   return 1;
@new_ticket }
@verify_client static long verify_client(struct connection *c) {
@verify_client   if (c->client.state != finished || c->server.state != finished || c->shut || BIO_ctrl_pending(c->client.out) ||
@verify_client       BIO_ctrl_pending(c->server.out) || SSL_verify_client_post_handshake(c->server.ssl) != 1)
@verify_client     return 0;
@verify_client   went(&c->server, SSL_do_handshake(c->server.ssl));
@verify_client   deliver(c, 2);
@verify_client   return 1;
@verify_client }
@shut_function static long shut(struct connection *c, struct end *e, int quiet) {
@shut_function   long done;
@shut_function   if (e->state == finished) c->shut = 1;
@shut_function   SSL_set_quiet_shutdown(e->ssl, quiet);
@shut_function   done = SSL_shutdown(e->ssl);
@shut_function   SSL_set_quiet_shutdown(e->ssl, 0);
@shut_function   ERR_clear_error();
@shut_function   return done;
@shut_function }
@garble static void garble(struct end *e) { /* a record that no key made */
@garble   unsigned char record[37] = {23, 3, SSL_version(e->ssl) < TLS1_2_VERSION ? SSL_version(e->ssl) & 255 : 3, 0, 32};
@garble   BIO_write(e->in, record, sizeof record);
@garble   advance(e);
@garble }
@clear static void clear_end(struct end *e) { /* for another handshake */
@clear   SSL_clear(e->ssl);
@clear   BIO_reset(e->in);
@clear   BIO_reset(e->out);
@clear   BIO_set_mem_eof_return(e->in, -1);
@clear   e->state = none;
@clear_early   e->early = 0;
@clear }
)";

}  // namespace sesscheck::c_parts
