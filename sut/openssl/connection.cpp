// Connections between two contexts, both ends in this thread: at one go, and those that stay open.
#include <algorithm>
#include <utility>

#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {
namespace {

// A record of application data that no key made; its version is that of TLS 1.2 and 1.3. In DTLS, epoch 1 and a number that
// no record has yet stand before its length.
constexpr unsigned char broken_record[5 + 32] = {
    SSL3_RT_APPLICATION_DATA, 3, 3, 0, 32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

constexpr std::ptrdiff_t epoch_offset = 3;
constexpr unsigned char epoch_and_number[8] = {0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff};

// What a mem BIO that is empty returns: to try again, or the end.
constexpr long try_again = -1, the_end = 0;

constexpr int request_and_answer = 2;  // flights

/// Counts the tickets that a client takes, in what is seen of the command that runs.
void count_tickets(int sent, int, int content, const void* message, std::size_t length, SSL*, void* seen) {
  if (!sent && content == SSL3_RT_HANDSHAKE && length != 0 &&
      *static_cast<const unsigned char*>(message) == SSL3_MT_NEWSESSION_TICKET)
    ++(*static_cast<Observation**>(seen))->connection.tickets;
}

}  // namespace

/// An SSL of the end's context, over empty pipes.
void Run::make_end(RealEnd& end, const Side& side, bool early) {
  end.ctx = contexts_[end.context].ctx;
  end.ssl = f_.SSL_new(end.ctx);
  end.side = side;
  end.wants_early = end.early = early;
  for (BIO* bio : {side.in, side.out}) {
    f_.BIO_ctrl(bio, BIO_CTRL_RESET, 0, nullptr);
    f_.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, try_again, nullptr);
    f_.BIO_up_ref(bio);  // SSL_set_bio takes a reference over
  }
  f_.SSL_set_bio(end.ssl, side.in, side.out);
}

/// False when the session to offer is out of reach.
bool Run::open(RealConnection& connection, const Wire& wire, const Command& command) {
  if (out_of_reach(command.slot, command.client)) return false;
  if (connection.open) close(connection, End::none, End::none);
  connection.open = true;
  connection.client.context = command.client;
  connection.server.context = command.context;
  at(connection.server, [&] {
    make_end(connection.server, wire.server, contexts_[command.context].settings.on(Setting::early_data));
    SSL* server = connection.server.ssl;
    f_.SSL_set_accept_state(server);
    if (!command.id_context) return;
    unsigned char bytes[id_context_trace_max];
    std::fill(std::begin(bytes), std::end(bytes), static_cast<unsigned char>(command.id_context->letter));
    f_.SSL_set_session_id_context(server, bytes, command.id_context->length);
    seen_->error = first_error();
  });
  at(connection.client, [&] {
    make_end(connection.client, wire.client, command.early);
    SSL* client = connection.client.ssl;
    const Settings& settings = contexts_[command.client].settings;
    f_.SSL_set_connect_state(client);
    f_.SSL_set_post_handshake_auth(client, 1);
    f_.SSL_set_msg_callback(client, count_tickets);
    f_.SSL_ctrl(client, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, &seen_);
    if (!settings.on(Setting::client_certificate)) f_.SSL_certs_clear(client);
    if (const std::uint8_t name = settings[Setting::host_name]; name != 0) {
      char host_name[] = {static_cast<char>('a' + name - 1), 0};
      f_.SSL_ctrl(client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_name);
    }
    if (command.slot != 0 && held_[command.slot]) f_.SSL_set_session(client, held_[command.slot]);
  });
  return true;
}

void Run::describe(const RealEnd& end, EndView& seen, std::uint8_t keep) {
  seen = end.view;
  if (end.view.state == Handshake::none) return;
  seen.reused = f_.SSL_session_reused(end.ssl) == 1;
  if (end.view.state != Handshake::done) return;
  SSL_SESSION* session = f_.SSL_get1_session(end.ssl);
  if (session) seen.session = names_.of(f_, session);
  const long result = f_.SSL_get_verify_result(end.ssl);
  seen.verified = result == X509_V_OK                ? Verified::ok
                  : result == X509_V_ERR_UNSPECIFIED ? Verified::unspecified
                                                     : Verified::refused;
  if (keep != 0)
    hold(keep, session);
  else
    f_.SSL_SESSION_free(session);
}

void Run::describe(RealConnection& connection, std::uint8_t keep, std::uint8_t keep_server) {
  ConnectionView& seen = seen_->connection;
  at(connection.client, [&] {
    describe(connection.client, seen.client, keep);
    seen.early_data = static_cast<std::uint8_t>(f_.SSL_get_early_data_status(connection.client.ssl));
  });
  at(connection.server, [&] {
    describe(connection.server, seen.server, keep_server);
    seen.version = seen.server.state == Handshake::done ? version_number(f_.SSL_version(connection.server.ssl)) : 0;
  });
}

void Run::leave(const RealEnd& end, End how) {
  if (end.view.state != Handshake::done || how == End::none) return;
  if (how == End::quiet) f_.SSL_set_quiet_shutdown(end.ssl, 1);
  f_.SSL_shutdown(end.ssl);
}

void Run::close(RealConnection& connection, End client_end, End server_end) {
  for (RealEnd* end : {&connection.client, &connection.server})
    at(*end, [&] {
      if (!connection.replaced) leave(*end, end == &connection.client ? client_end : server_end);
      f_.SSL_free(std::exchange(end->ssl, nullptr));
      end->ctx = end->current = nullptr;  // if it was replaced, it is gone now
    });
  connection = {};
}

void Run::connect(const Command& command) {
  RealConnection& connection = connections_[connections_max];
  if (!open(connection, equipment_.wires[connections_max], command)) return;
  deliver(connection, command.flights);
  describe(connection, command.keep, command.keep_server);
  close(connection, command.client_end, command.server_end);
  const ConnectionView& seen = seen_->connection;
  seen_->result = seen.client.state == Handshake::done && seen.server.state == Handshake::done;
}

/// For another handshake with the same SSLs, over a new transport.
void Run::clear(RealConnection& connection) {
  seen_->result = 1;
  for (RealEnd* end : {&connection.client, &connection.server})
    at(*end, [&] {
      if (f_.SSL_clear(end->ssl) != 1) seen_->result = 0;
      for (BIO* bio : {end->side.in, end->side.out}) {
        f_.BIO_ctrl(bio, BIO_CTRL_RESET, 0, nullptr);
        f_.BIO_ctrl(bio, BIO_C_SET_BUF_MEM_EOF_RETURN, try_again, nullptr);
      }
      end->view = {};
      end->early = false;  // SSL_clear does not reset that: a second SSL_read_early_data would be an error
    });
  connection.plain = true;
  connection.replaced = connection.shut = false;
}

/// A record of the connection's version, so that nothing but its bytes is wrong with it.
void Run::garble(RealEnd& end) {
  std::vector<unsigned char> record(std::begin(broken_record), std::end(broken_record));
  const int version = f_.SSL_version(end.ssl);
  if (version == DTLS1_2_VERSION) {
    record[1] = DTLS1_2_VERSION >> 8;
    record.insert(record.begin() + epoch_offset, std::begin(epoch_and_number), std::end(epoch_and_number));
  }
  record[2] = static_cast<unsigned char>(version == DTLS1_2_VERSION ? version : std::min(version, TLS1_2_VERSION));
  f_.BIO_write(end.side.in, record.data(), static_cast<int>(record.size()));
}

void Run::on_connection(const Command& command) {
  RealConnection& connection = connections_[command.connection];
  if (command.op == Op::open && !open(connection, equipment_.wires[command.connection], command)) return;
  if (!connection.open) return;
  RealEnd& end = command.at_server ? connection.server : connection.client;
  std::int64_t& result = seen_->result;
  const bool ends = command.op == Op::offer || command.op == Op::take || command.op == Op::clear || command.op == Op::close;
  if ((connection.replaced && !ends) || (connection.renegotiating && (command.op == Op::offer || command.op == Op::clear))) {  // SSL_set_session is for a connection that is to be established
    seen_->status = Status::unspecified;
    return;
  }
  switch (command.op) {
    case Op::deliver:
      deliver(connection, command.flights);
      result = connection.client.view.state == Handshake::done && connection.server.view.state == Handshake::done;
      if (result && waiting(connection.client) == 0 && waiting(connection.server) == 0)
        connection.renegotiating = false;
      break;
    case Op::offer:
      if (out_of_reach(command.slot, connection.client.context)) return;
      connection.replaced |= connection.client.view.state != Handshake::none;
      at(connection.client, [&] {
        result = f_.SSL_set_session(connection.client.ssl, command.slot ? held_[command.slot] : nullptr);
      });
      break;
    case Op::take:
      at(end, [&] {
        SSL_SESSION* session = f_.SSL_get1_session(end.ssl);
        result = session != nullptr;
        if (command.keep != 0)
          hold(command.keep, session);
        else
          f_.SSL_SESSION_free(session);
      });
      break;
    case Op::renegotiate:
      if (!connection.quiet()) break;
      at(end, [&] {
        result = command.number.value == 1 ? f_.SSL_renegotiate_abbreviated(end.ssl) : f_.SSL_renegotiate(end.ssl);
        seen_->error = first_error();
        if (result != 1) return;
        connection.renegotiating = true;
        speak(end);
      });
      break;
    case Op::new_ticket:
      if (!connection.quiet()) break;
      at(connection.server, [&] {
        result = f_.SSL_new_session_ticket ? f_.SSL_new_session_ticket(connection.server.ssl) : 0;
        seen_->error = first_error();
        if (result == 1) speak(connection.server);
      });
      break;
    case Op::verify_client:
      if (!connection.quiet() || waiting(connection.client) != 0 || waiting(connection.server) != 0) break;
      at(connection.server, [&] {
        result = f_.SSL_verify_client_post_handshake(connection.server.ssl);
        seen_->error = first_error();
        if (result == 1) speak(connection.server);
      });
      if (result == 1) deliver(connection, request_and_answer);
      break;
    case Op::shut:
      if (connection.renegotiating) break;
      connection.shut |= end.view.state == Handshake::done;
      at(end, [&] {
        f_.SSL_set_quiet_shutdown(end.ssl, command.client_end == End::quiet);
        result = f_.SSL_shutdown(end.ssl);
        f_.SSL_set_quiet_shutdown(end.ssl, 0);
        f_.ERR_clear_error();
      });
      break;
    case Op::garble:
      if (end.view.state != Handshake::done || connection.renegotiating) break;
      at(end, [&] {
        garble(end);
        advance(connection, end);
      });
      break;
    case Op::hang_up:
      if (end.view.state != Handshake::done || connection.renegotiating) break;
      connection.shut = true;
      at(end, [&] {
        f_.BIO_ctrl(end.side.in, BIO_C_SET_BUF_MEM_EOF_RETURN, the_end, nullptr);
        advance(connection, end);
      });
      break;
    case Op::clear: clear(connection); break;
    default: break;
  }
  each([&] {
    if (seen_->error == error::none) seen_->error = first_error();
  });
  describe(connection, 0, 0);
  if (command.op == Op::close) close(connection, command.client_end, command.server_end);
}

}  // namespace sesscheck::openssl
