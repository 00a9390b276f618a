#include "sut/wolfssl/transport.hpp"

#include <algorithm>
#include <vector>

namespace sesscheck::wolfssl {
namespace {

constexpr int want_read = -2;  // WOLFSSL_CBIO_ERR_WANT_READ

/// What a BIO* points to: bytes on their way.
using Pipe = std::vector<unsigned char>;
Pipe& pipe_of(BIO* bio) { return *reinterpret_cast<Pipe*>(bio); }

int read_pipe(BIO* bio, void* bytes, int length) {
  Pipe& pipe = pipe_of(bio);
  const auto part = std::min(pipe.size(), static_cast<std::size_t>(std::max(length, 0)));
  std::copy_n(pipe.begin(), part, static_cast<unsigned char*>(bytes));
  pipe.erase(pipe.begin(), pipe.begin() + static_cast<std::ptrdiff_t>(part));
  return static_cast<int>(part);
}

int write_pipe(BIO* bio, const void* bytes, int length) {
  const auto* from = static_cast<const unsigned char*>(bytes);
  pipe_of(bio).insert(pipe_of(bio).end(), from, from + length);
  return length;
}

long control_pipe(BIO* bio, int what, long, void* to) {
  Pipe& pipe = pipe_of(bio);
  if (what == BIO_CTRL_RESET) pipe.clear();
  if (what == BIO_CTRL_INFO) *static_cast<unsigned char**>(to) = pipe.data();
  return what == BIO_CTRL_PENDING || what == BIO_CTRL_INFO ? static_cast<long>(pipe.size()) : 1;
}

int receive(SSL*, char* bytes, int length, void* from) {
  const int got = read_pipe(static_cast<BIO*>(from), bytes, length);
  return got == 0 ? want_read : got;
}
int send(SSL*, char* bytes, int length, void* to) { return write_pipe(static_cast<BIO*>(to), bytes, length); }

struct Own {
  void (*set_receive)(SSL*, int (*)(SSL*, char*, int, void*));
  void (*set_send)(SSL*, int (*)(SSL*, char*, int, void*));
  void (*set_receive_from)(SSL*, void*);
  void (*set_send_to)(SSL*, void*);
} own;

void set_pipes(SSL* ssl, BIO* in, BIO* out) {
  own.set_receive(ssl, receive);
  own.set_send(ssl, send);
  own.set_receive_from(ssl, in);
  own.set_send_to(ssl, out);
}

}  // namespace

void fill_transport(openssl::Table& table, const openssl::Libraries& libraries) {
  own.set_receive = libraries.ssl<decltype(own.set_receive)>("wolfSSL_SSLSetIORecv");
  own.set_send = libraries.ssl<decltype(own.set_send)>("wolfSSL_SSLSetIOSend");
  own.set_receive_from = libraries.ssl<decltype(own.set_receive_from)>("wolfSSL_SetIOReadCtx");
  own.set_send_to = libraries.ssl<decltype(own.set_send_to)>("wolfSSL_SetIOWriteCtx");
  table.SSL_set_bio = set_pipes;
  table.BIO_s_mem = []() -> const BIO_METHOD* { return nullptr; };
  table.BIO_new = [](const BIO_METHOD*) { return reinterpret_cast<BIO*>(new Pipe); };
  table.BIO_free = [](BIO* bio) {
    delete &pipe_of(bio);
    return 1;
  };
  table.BIO_up_ref = [](BIO*) { return 1; };  // connections do not own them
  table.BIO_read = read_pipe;
  table.BIO_write = write_pipe;
  table.BIO_ctrl = control_pipe;
}

}  // namespace sesscheck::wolfssl
