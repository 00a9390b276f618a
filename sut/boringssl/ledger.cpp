#include "sut/boringssl/ledger.hpp"

#include <map>
#include <unordered_map>

#include "sut/openssl/names.hpp"

namespace sesscheck::boringssl {
namespace {

using openssl::SessionId;
using NewCallback = int (*)(SSL*, SSL_SESSION*);
using GetCallback = SSL_SESSION* (*)(SSL*, const unsigned char*, int, int*);
using RemoveCallback = void (*)(SSL_CTX*, SSL_SESSION*);

/// A context as far as its cache goes.
struct Page {
  NewCallback created = nullptr;
  GetCallback asked = nullptr;
  RemoveCallback removed = nullptr;
  std::map<SessionId, SSL_SESSION*> cached;
};

/// The library's own functions.
struct Own {
  decltype(&::SSL_CTX_new) SSL_CTX_new;
  decltype(&::SSL_new) SSL_new;
  decltype(&::SSL_free) SSL_free;
  decltype(&::SSL_is_server) SSL_is_server;
  decltype(&::SSL_SESSION_get_id) SSL_SESSION_get_id;
  decltype(&::SSL_CTX_add_session) SSL_CTX_add_session;
  decltype(&::SSL_CTX_sess_set_new_cb) SSL_CTX_sess_set_new_cb;
  decltype(&::SSL_CTX_sess_set_get_cb) SSL_CTX_sess_set_get_cb;
  decltype(&::SSL_CTX_sess_set_remove_cb) SSL_CTX_sess_set_remove_cb;
  int (*mode)(const SSL_CTX*);
} own;

std::unordered_map<const SSL_CTX*, Page> pages;
std::unordered_map<const SSL*, SSL_CTX*> made_from;  // the context whose cache and callbacks a connection uses

SessionId id_of(const SSL_SESSION* session) {
  unsigned int length = 0;
  const unsigned char* id = own.SSL_SESSION_get_id(session, &length);
  return {id, length};
}

bool stores(const SSL_CTX* ctx) { return !(own.mode(ctx) & SSL_SESS_CACHE_NO_INTERNAL_STORE); }

int on_new(SSL* ssl, SSL_SESSION* session) {
  SSL_CTX* ctx = made_from.at(ssl);
  Page& page = pages[ctx];
  if (own.SSL_is_server(ssl) && stores(ctx)) page.cached[id_of(session)] = session;
  return page.created ? page.created(ssl, session) : 0;
}

SSL_SESSION* on_get(SSL* ssl, const unsigned char* id, int length, int* copy) {
  SSL_CTX* ctx = made_from.at(ssl);
  Page& page = pages[ctx];
  SSL_SESSION* found = page.asked(ssl, id, length, copy);
  if (found && stores(ctx)) page.cached[id_of(found)] = found;
  return found;
}

void on_remove(SSL_CTX* ctx, SSL_SESSION* session) {
  Page& page = pages[ctx];
  page.cached.erase(id_of(session));
  if (page.removed) page.removed(ctx, session);
}

SSL_CTX* make_context(const SSL_METHOD* method) {
  SSL_CTX* ctx = own.SSL_CTX_new(method);
  pages[ctx] = {};
  own.SSL_CTX_sess_set_new_cb(ctx, on_new);
  own.SSL_CTX_sess_set_remove_cb(ctx, on_remove);
  return ctx;
}

SSL* make_connection(SSL_CTX* ctx) {
  SSL* ssl = own.SSL_new(ctx);
  made_from[ssl] = ctx;
  return ssl;
}

void free_connection(SSL* ssl) {
  own.SSL_free(ssl);
  made_from.erase(ssl);
}

int add(SSL_CTX* ctx, SSL_SESSION* session) {
  pages[ctx].cached[id_of(session)] = session;  // what has to leave for it leaves afterwards
  return own.SSL_CTX_add_session(ctx, session);
}

// In the place of the library's hash table, the context stands for itself.
decltype(::SSL_CTX_sessions(nullptr)) sessions(SSL_CTX* ctx) {
  return reinterpret_cast<decltype(::SSL_CTX_sessions(nullptr))>(ctx);
}
void* retrieve(OPENSSL_LHASH* of, const void* session) {
  const Page& page = pages[reinterpret_cast<SSL_CTX*>(of)];
  const auto found = page.cached.find(id_of(static_cast<const SSL_SESSION*>(session)));
  return found == page.cached.end() ? nullptr : found->second;
}
/// The ledger is what ought to be there, and no evidence: it is not shown.
void show_none(OPENSSL_LHASH*, OPENSSL_LH_DOALL_FUNCARG, void*) {}

}  // namespace

void keep_ledger(openssl::Table& table, const openssl::Libraries& libraries) {
#define SESSCHECK_OWN(name) own.name = libraries.ssl<decltype(own.name)>(#name);
  SESSCHECK_OWN(SSL_CTX_new)
  SESSCHECK_OWN(SSL_new)
  SESSCHECK_OWN(SSL_free)
  SESSCHECK_OWN(SSL_is_server)
  SESSCHECK_OWN(SSL_SESSION_get_id)
  SESSCHECK_OWN(SSL_CTX_add_session)
  SESSCHECK_OWN(SSL_CTX_sess_set_new_cb)
  SESSCHECK_OWN(SSL_CTX_sess_set_get_cb)
  SESSCHECK_OWN(SSL_CTX_sess_set_remove_cb)
#undef SESSCHECK_OWN
  own.mode = libraries.ssl<decltype(own.mode)>("SSL_CTX_get_session_cache_mode");
  table.SSL_CTX_new = make_context;
  table.SSL_new = make_connection;
  table.SSL_free = free_connection;
  table.SSL_CTX_add_session = add;
  table.SSL_CTX_sess_set_new_cb = [](SSL_CTX* ctx, NewCallback callback) { pages[ctx].created = callback; };
  table.SSL_CTX_sess_set_get_cb = [](SSL_CTX* ctx, GetCallback callback) {
    pages[ctx].asked = callback;
    own.SSL_CTX_sess_set_get_cb(ctx, callback ? on_get : nullptr);
  };
  table.SSL_CTX_sess_set_remove_cb = [](SSL_CTX* ctx, RemoveCallback callback) { pages[ctx].removed = callback; };
  table.SSL_CTX_sess_get_new_cb = [](SSL_CTX* ctx) { return pages[ctx].created; };
  table.SSL_CTX_sess_get_get_cb = [](SSL_CTX* ctx) { return pages[ctx].asked; };
  table.SSL_CTX_sess_get_remove_cb = [](SSL_CTX* ctx) { return pages[ctx].removed; };
  table.SSL_CTX_sessions = sessions;
  table.OPENSSL_LH_retrieve = retrieve;
  table.OPENSSL_LH_doall_arg = show_none;
}

}  // namespace sesscheck::boringssl
