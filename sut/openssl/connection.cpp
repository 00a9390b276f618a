// A connection between two contexts, both ends in this thread, flight by flight.
#include <utility>

#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {
namespace {

// Where a hello keeps the length of its session id: record header, handshake header, version, random.
constexpr std::size_t hello_type_offset = 5, hello_id_length_offset = 5 + 4 + 2 + 32;

void note_id_length(const std::vector<unsigned char>& flight, unsigned char hello, std::uint8_t& length) {
  if (flight.size() > hello_id_length_offset && flight[0] == SSL3_RT_HANDSHAKE && flight[hello_type_offset] == hello)
    length = flight[hello_id_length_offset];
}

}  // namespace

/// Lets one end go on with what it has received.
void Run::advance_end(SSL* ssl, EndView& end) {
  const int result = f_.SSL_do_handshake(ssl);
  const int why = result == 1 ? SSL_ERROR_NONE : f_.SSL_get_error(ssl, result);
  if (result == 1)
    end.state = Handshake::done;
  else if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
    end.state = Handshake::failed;
  else
    end.state = Handshake::unfinished;
  end.error = first_error();
}

/// Moves flights until nothing is said any more, or the connection breaks.
void Run::handshake(SSL* client, SSL* server, int flights) {
  ConnectionView& view = seen_->connection;
  advance_end(client, view.client);
  bool to_server = true;
  for (int number = 1;; ++number, to_server = !to_server) {
    BIO* from = to_server ? wire_.client_out : wire_.server_out;
    flight_.resize(static_cast<std::size_t>(f_.BIO_ctrl(from, BIO_CTRL_PENDING, 0, nullptr)));
    if (flight_.empty()) return;
    f_.BIO_read(from, flight_.data(), static_cast<int>(flight_.size()));
    note_id_length(flight_, SSL3_MT_CLIENT_HELLO, view.offered_id_length);
    note_id_length(flight_, SSL3_MT_SERVER_HELLO, view.answered_id_length);
    if (number > flights) return;
    f_.BIO_write(to_server ? wire_.server_in : wire_.client_in, flight_.data(), static_cast<int>(flight_.size()));
    if (to_server)
      advance_end(server, view.server);
    else
      advance_end(client, view.client);
  }
}

void Run::describe(SSL* ssl, EndView& end, std::uint8_t keep) {
  if (end.state == Handshake::none) return;
  end.reused = f_.SSL_session_reused(ssl) == 1;
  if (end.state != Handshake::done) return;
  SSL_SESSION* session = f_.SSL_get1_session(ssl);
  end.session = names_.of(f_, session);
  if (keep != 0)
    hold(keep, session);
  else
    f_.SSL_SESSION_free(session);
}

void Run::leave(SSL* ssl, const EndView& end, End how) {
  if (end.state != Handshake::done || how == End::none) return;
  if (how == End::quiet) f_.SSL_set_quiet_shutdown(ssl, 1);
  f_.SSL_shutdown(ssl);
}

void Run::connect(const Command& command) {
  SSL* client = f_.SSL_new(contexts_[command.client].ctx);
  SSL* server = f_.SSL_new(contexts_[command.context].ctx);
  for (BIO* bio : wire_.all()) {
    f_.BIO_ctrl(bio, BIO_CTRL_RESET, 0, nullptr);
    f_.BIO_up_ref(bio);  // SSL_set_bio takes a reference over
  }
  f_.SSL_set_bio(client, wire_.client_in, wire_.client_out);
  f_.SSL_set_bio(server, wire_.server_in, wire_.server_out);
  f_.SSL_set_connect_state(client);
  f_.SSL_set_accept_state(server);
  if (command.id_context) {
    unsigned char bytes[id_context_trace_max];
    std::fill(std::begin(bytes), std::end(bytes), static_cast<unsigned char>(command.id_context->letter));
    f_.SSL_set_session_id_context(server, bytes, command.id_context->length);
    seen_->error = first_error();
  }
  if (held_[command.slot]) f_.SSL_set_session(client, held_[command.slot]);

  ConnectionView& view = seen_->connection;
  handshake(client, server, command.flights);
  describe(client, view.client, command.keep);
  describe(server, view.server, command.keep_server);
  leave(client, view.client, command.client_end);
  leave(server, view.server, command.server_end);
  f_.SSL_free(client);
  f_.SSL_free(server);
  seen_->result = view.client.state == Handshake::done && view.server.state == Handshake::done;
}

}  // namespace sesscheck::openssl
