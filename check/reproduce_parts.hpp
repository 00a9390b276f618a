// The fixed parts of a reproducer, in C. Each is left out when the trace has no use for it.
#pragma once

namespace sesscheck::c_parts {

inline constexpr const char* includes = R"(#include <openssl/err.h>
#include <openssl/lhash.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
)";

inline constexpr const char* clock = R"(#include <sys/time.h>

/* Virtual time: the library calls these. */
static time_t now = 1700000000;
static long now_us;
time_t time(time_t *t) { return t ? (*t = now) : now; }
int gettimeofday(struct timeval *tv, void *tz) {
  (void)tz;
  tv->tv_sec = now;
  tv->tv_usec = now_us;
  return 0;
}
)";

inline constexpr const char* names = R"(
/* Sessions are s1, s2, ... in the order in which their ids are first seen. */
static unsigned char ids[4096][32];
static int id_count;
static int name_id(const unsigned char *id, unsigned int n) {
  unsigned char key[32] = {0};
  int i;
  if (n == 0) return 0;
  memcpy(key, id, n);
  for (i = 0; i < id_count; i++)
    if (memcmp(ids[i], key, 32) == 0) return i + 1;
  memcpy(ids[id_count], key, 32);
  return ++id_count;
}
static int name(const SSL_SESSION *s) {
  unsigned int n;
  const unsigned char *id = SSL_SESSION_get_id(s, &n);
  return name_id(id, n);
}
)";

inline constexpr const char* contents = R"(
static const char *contents(const SSL_SESSION *s) { /* what else a session carries */
  static char text[200];
  char *to = text;
  unsigned int n;
  size_t length;
  const unsigned char *bytes = SSL_SESSION_get0_id_context(s, &n);
  const char *host_name = SSL_SESSION_get0_hostname(s);
  void *data;
  *to = 0;
  if (n) to += sprintf(to, " id-context=\"%.*s\"", (int)n, (const char *)bytes);
  if (host_name) to += sprintf(to, " host-name=%s", host_name);
  SSL_SESSION_get0_alpn_selected(s, &bytes, &length);
  if (length) to += sprintf(to, " alpn=%.*s", (int)length, (const char *)bytes);
  SSL_SESSION_get0_ticket_appdata((SSL_SESSION *)s, &data, &length);
  if (length) to += sprintf(to, " data=\"%.*s\"", (int)length, (const char *)data);
  if (SSL_SESSION_get0_peer((SSL_SESSION *)s)) sprintf(to, " peer");
  return text;
}
)";

inline constexpr const char* describe = R"(
static void describe(const SSL_SESSION *s, const char *absent, char *text, size_t size) {
  if (!s)
    snprintf(text, size, "%s", absent);
  else
    snprintf(text, size, "s%d time=%+ld timeout=%ld%s%s", name(s), (long)(SSL_SESSION_get_time(s) - 1700000000),
             (long)SSL_SESSION_get_timeout(s), SSL_SESSION_is_resumable(s) ? "" : " not resumable", contents(s));
}
)";

inline constexpr const char* find_cached = R"(
static int wanted;
static SSL_SESSION *found;
static void look(void *s) {
  if (name(s) == wanted) found = s;
}
static SSL_SESSION *cached(SSL_CTX *ctx, int which) {
  wanted = which, found = NULL;
  OPENSSL_LH_doall((OPENSSL_LHASH *)SSL_CTX_sessions(ctx), look);
  return found;
}
)";

inline constexpr const char* log = R"(
static char callbacks[64][64]; /* what the callbacks of the last command were told */
static int callback_count;
static char *slot(void) { return callbacks[callback_count < 63 ? callback_count++ : 63]; }
)";

// A store and its callbacks. X is the context's name; STORE and GET are what its kind of store does.
inline constexpr const char* store = R"c(
static SSL_SESSION *store_X[4097]; /* the store of X; the index is a session's name */
)c";

inline constexpr const char* new_callback = R"c(static int new_X_answer = 1;
static int new_X(SSL *s, SSL_SESSION *sess) {
  (void)s, (void)sess;
  snprintf(slot(), 64, "X: new(s%d)", name(sess));
STORECALLS_new  return new_X_answer;
}
)c";

inline constexpr const char* get_callback = R"c(static int get_X_copy = 1;
static SSL_SESSION *answer_X;
static SSL_SESSION *get_X(SSL *s, const unsigned char *id, int n, int *copy) {
  int which = name_id(id, n);
  SSL_SESSION *r = answer_X;
  (void)s;
  answer_X = NULL;
  if (!r) {
    r = store_X[which];
GET  }
COPY  if (r) snprintf(slot(), 64, "X: get(s%d) -> s%d", which, name(r));
  else snprintf(slot(), 64, "X: get(s%d) -> nothing", which);
CALLS_get  return r;
}
)c";

inline constexpr const char* remove_callback = R"c(static void remove_X(SSL_CTX *c, SSL_SESSION *sess) {
  (void)c;
  snprintf(slot(), 64, "X: remove(s%d)", name(sess));
  store_X[name(sess)] = NULL;
CALLS_remove}
)c";

inline constexpr const char* through_bytes = R"(
static SSL_SESSION *through_bytes(SSL_SESSION *s) { /* i2d and d2i: another object of the same bytes */
  unsigned char der[4096], *to = der;
  const unsigned char *from = der;
  int n = i2d_SSL_SESSION(s, &to);
  return n > 0 ? d2i_SSL_SESSION(NULL, &from, n) : NULL;
}
)";

// Lines that begin with a mark are there when the trace needs them: see Program::part.
inline constexpr const char* connection = R"(
static int client_done, server_done;
@reuse static int client_reused, server_reused;
static void deliver(BIO *from, BIO *to) {
  char bytes[16384];
  int n;
  while ((n = BIO_read(from, bytes, sizeof bytes)) > 0) BIO_write(to, bytes, n);
}
@ends static void leave(SSL *s, int done, int how) { /* 0: SSL_shutdown, 1: quiet, 2: not at all */
@ends   if (!done || how == 2) return;
@ends   SSL_set_quiet_shutdown(s, how);
@ends   SSL_shutdown(s);
@ends }
@keep static void keep_session(SSL *s, int done, SSL_SESSION **keep) {
@keep   if (!done || !keep) return;
@keep   SSL_SESSION_free(*keep);
@keep   *keep = SSL_get1_session(s);
@keep }
static void connect_to(SSL_CTX *c, SSL_CTX *s, SSL_SESSION *offer@keep , SSL_SESSION **keep, SSL_SESSION **server_keep@,
                       int flights@ends , int client_end, int server_end@@idcontext , const char *id_context@) {
  SSL *client = SSL_new(c), *server = SSL_new(s);
  BIO *ci = BIO_new(BIO_s_mem()), *co = BIO_new(BIO_s_mem()), *si = BIO_new(BIO_s_mem()), *so = BIO_new(BIO_s_mem());
  int flight;
  SSL_set_bio(client, ci, co);
  SSL_set_bio(server, si, so);
@idcontext   if (id_context) SSL_set_session_id_context(server, (const unsigned char *)id_context, strlen(id_context));
  if (offer) SSL_set_session(client, offer);
  client_done = SSL_connect(client) == 1, server_done = 0;
  for (flight = 1; flight <= flights && BIO_ctrl_pending(flight % 2 ? co : so) > 0; flight++) {
    deliver(flight % 2 ? co : so, flight % 2 ? si : ci);
    if (flight % 2)
      server_done = SSL_accept(server) == 1;
    else
      client_done = SSL_connect(client) == 1;
  }
@reuse   client_reused = SSL_session_reused(client), server_reused = SSL_session_reused(server);
@names   if (server_done) name(SSL_get_session(server));
@keep   keep_session(client, client_done, keep);
@keep   keep_session(server, server_done, server_keep);
@tidy   if (client_done) SSL_shutdown(client);
@tidy   if (server_done) SSL_shutdown(server);
@ends   leave(client, client_done, client_end);
@ends   leave(server, server_done, server_end);
  SSL_free(client);
  SSL_free(server);
  ERR_clear_error();
}
)";

}  // namespace sesscheck::c_parts
