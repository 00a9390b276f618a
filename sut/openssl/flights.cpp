// How an end of a connection goes on, and what passes between the two, flight by flight.
#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {
namespace {

// Where a hello keeps the length of its session id: record header, handshake header, version, random. Those two headers
// are longer in DTLS.
constexpr std::size_t hello_type_offset = 5, hello_random_offset = 5 + 4 + 2, hello_id_length_offset = hello_random_offset + 32;
constexpr std::size_t longer_record_header = 8, longer_headers = 8 + 8;
// A HelloRetryRequest is a ServerHello with this for a random (RFC 8446, 4.1.3); so much of it is enough.
constexpr unsigned char retry_random[8] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11};

/// Each record of DTLS is a datagram of its own; a stream arrives whole.
std::size_t first_datagram(std::span<const unsigned char> flight) {
  constexpr std::size_t header = 13;  // ends with the length of what follows
  if (flight.size() < header || flight[1] != DTLS1_VERSION_MAJOR) return flight.size();
  return std::min(flight.size(), header + (std::size_t{flight[header - 2]} << 8 | flight[header - 1]));
}

}  // namespace

std::size_t Run::pending(BIO* bio) const { return static_cast<std::size_t>(f_.BIO_ctrl(bio, BIO_CTRL_PENDING, 0, nullptr)); }

/// The first ClientHello and the first ServerHello of a command.
void Run::note_hellos(const RealConnection& connection, BIO* from) {
  if (!connection.plain) return;
  const unsigned char* flight = nullptr;
  const long length = f_.BIO_ctrl(from, BIO_CTRL_INFO, 0, &flight);
  if (length <= static_cast<long>(hello_id_length_offset) || flight[0] != SSL3_RT_HANDSHAKE) return;
  const bool datagrams = flight[1] == DTLS1_VERSION_MAJOR;
  if (datagrams && length <= static_cast<long>(hello_id_length_offset + longer_headers)) return;
  const unsigned char type = flight[hello_type_offset + (datagrams ? longer_record_header : 0)];
  if (datagrams) flight += longer_headers;
  if (type == SSL3_MT_CLIENT_HELLO && !std::exchange(offer_noted_, true))
    seen_->connection.offered_id_length = flight[hello_id_length_offset];
  const bool retry = std::memcmp(flight + hello_random_offset, retry_random, sizeof retry_random) == 0;
  if (type == SSL3_MT_SERVER_HELLO && !retry && !std::exchange(answer_noted_, true))
    seen_->connection.answered_id_length = flight[hello_id_length_offset];
}

/// Moves flights until nothing is said any more, or so many have passed. The client begins.
void Run::deliver(RealConnection& connection, int flights) {
  RealEnd &client = connection.client, &server = connection.server;
  if (client.view.state == Handshake::none) at(client, [&] { advance(connection, client); });
  bool to_server = true;
  for (int number = 1;; ++number, to_server = !to_server) {
    if (waiting(to_server ? client : server) == 0) to_server = !to_server;
    RealEnd &from = to_server ? client : server, &to = to_server ? server : client;
    if (waiting(from) == 0) return;
    at(from, [&] {
      note_hellos(connection, from.side.out);
      if (number > flights) return;
      flight_.resize(waiting(from));
      f_.BIO_read(from.side.out, flight_.data(), static_cast<int>(flight_.size()));
    });
    if (number > flights) return;
    at(to, [&] {
      for (std::span<const unsigned char> rest = flight_; !rest.empty();) {
        const std::size_t length = first_datagram(rest);
        f_.BIO_write(to.side.in, rest.data(), static_cast<int>(length));
        rest = rest.subspan(length);
        advance(connection, to);
      }
      flight_.clear();
    });
  }
}

/// Lets one end go on with what it has received. One that has failed does not.
void Run::advance(RealConnection& connection, RealEnd& end) {
  if (end.view.state == Handshake::failed) return;
  const std::uint8_t tickets = seen_->connection.tickets;
  if (end.view.state == Handshake::done) {
    read(end);
  } else {
    go_on(end, shake(end));
    if (end.view.state == Handshake::done && pending(end.side.in) != 0) read(end);  // tickets, most of all
  }
  end.view.error = first_error();
  // 1.1.1 shows a message of DTLS, which comes alone, before it refuses it: that ticket was not taken.
  if (end.view.error == error::unexpected_message && f_.SSL_version(end.ssl) == DTLS1_2_VERSION)
    seen_->connection.tickets = tickets;
  if (end.view.state == Handshake::done) connection.plain = false;
}

/// Writes what an end was told to say; when that is the beginning of a handshake, the handshake is open again.
void Run::speak(RealEnd& end) {
  go_on(end, f_.SSL_do_handshake(end.ssl));
  end.view.error = first_error();
}

/// What the result of a handshake function tells.
void Run::go_on(RealEnd& end, int result) {
  const int why = result == 1 ? SSL_ERROR_NONE : f_.SSL_get_error(end.ssl, result);
  if (result == 1)
    end.view.state = Handshake::done;
  else if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
    end.view.state = Handshake::failed;
  else
    end.view.state = Handshake::unfinished;
}

/// The handshake as far as it goes, with early data. Returns as SSL_do_handshake does.
int Run::shake(RealEnd& end) {
  unsigned char bytes[16];
  std::size_t length = 0;
  if (end.early && f_.SSL_is_server(end.ssl)) {
    for (int got = SSL_READ_EARLY_DATA_SUCCESS; got != SSL_READ_EARLY_DATA_FINISH;) {
      got = f_.SSL_read_early_data(end.ssl, bytes, sizeof bytes, &length);
      if (got == SSL_READ_EARLY_DATA_ERROR) return 0;
    }
  } else if (end.early) {
    const SSL_SESSION* session = f_.SSL_get_session(end.ssl);
    if (session && f_.SSL_SESSION_get_max_early_data(session) > 0 && f_.SSL_SESSION_is_resumable(session) == 1 &&
        f_.SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION &&
        f_.SSL_ctrl(end.ssl, SSL_CTRL_GET_MAX_PROTO_VERSION, 0, nullptr) == TLS1_3_VERSION &&
        f_.SSL_write_early_data(end.ssl, "x", 1, &length) != 1)
      return 0;
  }
  end.early = false;
  return f_.SSL_do_handshake(end.ssl);
}

/// Reads all that has arrived; that also carries a renegotiation on.
void Run::read(RealEnd& end) {
  unsigned char byte;
  int result;
  do result = f_.SSL_read(end.ssl, &byte, 1);
  while (result > 0);
  const int why = f_.SSL_get_error(end.ssl, result);
  if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL)
    end.view.state = Handshake::failed;
  else
    end.view.state = f_.SSL_in_init(end.ssl) ? Handshake::unfinished : Handshake::done;
}

}  // namespace sesscheck::openssl
