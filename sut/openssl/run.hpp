// One trace on one library: the real counterpart of model/world.hpp and model/step.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/library.hpp"
#include "model/world.hpp"
#include "sut/openssl/names.hpp"
#include "sut/openssl/table.hpp"
#include "sut/peer.hpp"

namespace sesscheck::openssl {

/// An entry of an external store; owns its reference or its bytes.
struct StoredSession {
  SessionId id;
  SSL_SESSION* reference = nullptr;
  std::vector<unsigned char> bytes;
};

using TicketKeys = std::array<unsigned char, 80>;

struct RealContext {
  ContextSetup setup;
  SSL_CTX* ctx = nullptr;  // null while it is being freed
  Callbacks callbacks;
  Settings settings;                         // as they are now
  std::optional<TicketKeys> own_keys;        // those of SSL_CTX_new, once others took their place
  std::vector<StoredSession> store;          // by id
  SSL_SESSION* answer = nullptr;             // what the next get_session_cb returns
  bool level_lowered = false;                // for TLS 1.0 and 1.1: its security level is not the library's default any more
};

/// One end's side of the wire: what has been delivered to it, and what it has written. They are apart because an end
/// that fails leaves unread what was delivered.
struct Side {
  BIO *in = nullptr, *out = nullptr;
};
struct Wire {
  Side client, server;
};

/// What every trace uses again.
struct Equipment {
  explicit Equipment(const Table& table);
  ~Equipment();
  Equipment(const Equipment&) = delete;
  Equipment& operator=(const Equipment&) = delete;

  const Table& f;
  std::array<Wire, connections_max + 1> wires;  ///< by connection; the last one is that of `connect`
  X509* certificate = nullptr;                  ///< once it was needed
  EVP_PKEY* key = nullptr;
};
/// The library's numbers, by Version.
inline constexpr std::array<int, 5> protocol_version = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION, DTLS1_2_VERSION};
/// 1 to 4 for TLS 1.0 to 1.3, 5 for DTLS 1.2, else 0.
constexpr std::uint8_t version_number(int protocol) {
  const auto place = std::ranges::find(protocol_version, protocol);
  return place == protocol_version.end() ? 0 : static_cast<std::uint8_t>(place - protocol_version.begin() + 1);
}
/// SSL_SESSION objects of this process.
std::int64_t sessions_alive();

/// What both workers know of an end and of a connection, where there are two libraries.
struct EndState {
  std::uint8_t context = 0;
  EndView view;              // without `reused` and `session`, which are looked up
  std::size_t written = 0;   // bytes that are not delivered yet, of an end in the other worker
};
struct ConnectionState {
  bool open = false;
  bool replaced = false;  // SSL_set_session came when it was in use
  bool shut = false;      // one end was told to close
  bool renegotiating = false;
  bool plain = true;  // no handshake has been done over this transport: hellos can be read
};

struct RealEnd : EndState {
  SSL* ssl = nullptr;  // null in the other worker
  SSL_CTX* ctx = nullptr;  // what its SSL was made from
  SSL_CTX* current = nullptr;  // what SSL_set_SSL_CTX put in its place, if anything: it lives as long as the SSL, too
  Side side;
  bool wants_early = false;  // of each handshake: a client writes early data, a server reads it
  bool early = false;        // that is still to be done
};

struct RealConnection : ConnectionState {
  RealEnd client, server;
  /// Established, and nothing is under way: what is told to go on can.
  [[nodiscard]] bool quiet() const {
    return client.view.state == Handshake::done && server.view.state == Handshake::done && !shut && !renegotiating;
  }
};

class Run {
 public:
  /// With a `peer`, this is the `own` one of two libraries; else there is one.
  Run(const Table& f, Equipment& equipment, const Setup& setup, Peer* peer, Library own);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Carries out one command once and describes what is seen.
  void step(const Command& command, Observation& seen);

 private:
  friend struct Callback;
  friend struct SettingCallback;

  // two libraries (turn.cpp)
  /// Lets the worker of this library do something; both know then what came of it. Not from within a callback.
  template <class Act>
  void at(Library library, Act act) {
    if (peer_ && library != own_) return hear();
    act();
    if (peer_) tell();
  }
  template <class Act>
  void at(const RealEnd& end, Act act) { at(library_of(end.context), act); }
  /// Each library in turn; if there is one, that one.
  template <class Act>
  void each(Act act) {
    if (!peer_) return act();
    at(Library::of_clients, act);
    at(Library::of_servers, act);
  }
  [[nodiscard]] bool mine(std::uint8_t context) const { return !peer_ || library_of(context) == own_; }
  [[nodiscard]] bool out_of_reach(std::uint8_t slot, std::uint8_t context);
  template <class Parcel>
  void pass(Parcel& parcel);
  void tell();
  void hear();

  // contexts and sessions (run.cpp)
  void on_context(const Command& command);
  void on_session(const Command& command);
  void without_session(const Command& command);
  void make(const Command& command);
  void serialise(const Command& command);
  void hold(std::uint8_t slot, SSL_SESSION* session);  // takes the reference over
  [[nodiscard]] const SSL_SESSION* cached(const SSL_CTX* ctx, const SSL_SESSION* like) const;
  [[nodiscard]] const SSL_CTX* cache_of(const SSL_SESSION* session) const;
  [[nodiscard]] bool cached_elsewhere(const SSL_CTX* ctx, const SSL_SESSION* session) const;
  [[nodiscard]] const SSL_CTX* made_from(const SSL* ssl) const;
  [[nodiscard]] bool unfinished(std::uint8_t index, SSL_SESSION* session) const;
  [[nodiscard]] bool in_use(const SSL_SESSION* session) const;
  void rename(const Command& command);
  std::uint16_t first_error();
  void observe();
  void look();
  SessionView view(const SSL_SESSION* session);

  // settings (settings.cpp)
  void make_context(std::uint8_t index);
  void configure(std::uint8_t index, Setting setting, std::int64_t value);
  void apply(std::uint8_t index, Setting setting);
  void apply_versions(std::uint8_t index);
  void apply_ciphers(std::uint8_t index);
  void apply_groups(std::uint8_t index);
  void apply_ticket_keys(std::uint8_t index);
  void option(std::uint8_t index, std::uint64_t bit, bool set);
  void load_certificate(std::uint8_t index);
  void load_certificates();
  void switch_context(SSL* ssl, std::uintptr_t to);
  void note_id_callback(SSL* ssl, bool empty);

  // a connection at one go, and those that stay open (connection.cpp)
  void connect(const Command& command);
  void on_connection(const Command& command);
  bool open(RealConnection& connection, const Wire& wire, const Command& command);
  void make_end(RealEnd& end, const Side& side, bool early);
  void clear(RealConnection& connection);
  void garble(RealEnd& end);
  void close(RealConnection& connection, End client_end, End server_end);
  void leave(const RealEnd& end, End how);
  void describe(RealConnection& connection, std::uint8_t keep, std::uint8_t keep_server);
  void describe(const RealEnd& end, EndView& seen, std::uint8_t keep);

  // how an end goes on, and what passes between the two (flights.cpp)
  void deliver(RealConnection& connection, int flights);
  void advance(RealConnection& connection, RealEnd& end);
  void speak(RealEnd& end);
  void go_on(RealEnd& end, int result);
  int shake(RealEnd& end);
  void read(RealEnd& end);
  void note_hellos(const RealConnection& connection, BIO* from);
  [[nodiscard]] std::size_t pending(BIO* bio) const;
  /// Bytes that an end has written and the other one has not got.
  [[nodiscard]] std::size_t waiting(const RealEnd& end) const { return end.ssl ? pending(end.side.out) : end.written; }

  // callbacks (callbacks.cpp)
  /// Whether the get functions return what was set.
  bool set_callbacks(std::uint8_t index, const Callbacks& callbacks);
  RealContext& store_of(std::uint8_t index);
  int on_new(std::uint8_t index, SSL_SESSION* session);
  SSL_SESSION* on_get(std::uint8_t index, const SSL* ssl, const unsigned char* id, int length, int* copy);
  void on_remove(std::uint8_t index, SSL_CTX* ctx, SSL_SESSION* session);
  void call_from_callback(std::uint8_t index, Setting which);
  SSL_SESSION* take_from_store(std::uint8_t index, const SSL* ssl, const SessionId& asked);
  static void discard(const Table& f, StoredSession& entry);

  static Run* running;  // the library's callbacks carry no argument of ours

  const Table& f_;
  Equipment& equipment_;
  Peer* const peer_;
  const Library own_;
  bool certificates_;      // cipher suites of TLS 1.2 and below use them
  bool few_suites_ = false;  // one of two libraries lacks the newer PSK suites
  bool needs_certificate_;  // as all contexts have it, a servername callback can switch to any
  std::int64_t alive_before_ = sessions_alive();
  Moment now_ = epoch;
  Names names_;
  std::vector<RealContext> contexts_;
  std::array<RealConnection, connections_max + 1> connections_;  // the last one is that of `connect`
  std::array<SSL_SESSION*, slots_max + 1> held_{};
  std::array<std::optional<Library>, slots_max + 1> holders_{};  // whose session is in a slot
  std::vector<SSL_SESSION*> to_free_;  // references that a callback kept until the command is over
  bool spoilt_ = false;                // a cached session has lost its id: a flush would free it, and still list it
  bool calling_ = false;               // a callback calls the library
  bool offer_noted_ = false, answer_noted_ = false;  // in this command
  bool observing_ = false;             // what is told is what is seen when a command is over
  std::vector<unsigned char> flight_;
  std::vector<std::uint8_t> message_;  // of the other worker
  Observation* seen_ = nullptr;
};

}  // namespace sesscheck::openssl
