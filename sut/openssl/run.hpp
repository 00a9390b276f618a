// One trace on one library: the real counterpart of model/world.hpp and model/step.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/world.hpp"
#include "sut/openssl/table.hpp"

namespace sesscheck::openssl {

/// Gives each session id the name under which it was first seen.
class Names {
 public:
  Name of(const Table& f, const SSL_SESSION* session);
  Name of(const unsigned char* id, std::size_t length);

 private:
  struct Id {
    std::array<unsigned char, 32> bytes{};
    bool operator==(const Id&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Id& id) const;
  };
  std::unordered_map<Id, Name, Hash> names_;
};

/// An entry of an external store; owns its reference or its bytes.
struct StoredSession {
  Name name = 0;
  SSL_SESSION* reference = nullptr;
  std::vector<unsigned char> bytes;
};

struct RealContext {
  ContextSetup setup;
  SSL_CTX* ctx = nullptr;
  Callbacks callbacks;
  std::vector<StoredSession> store;  // by name
  SSL_SESSION* answer = nullptr;     // what the next get_session_cb returns
};

/// The wire, reused by every connection: what each end has written, and what has been delivered to it. They are apart
/// because an end that fails leaves unread what was delivered.
struct Wire {
  BIO *client_in = nullptr, *client_out = nullptr, *server_in = nullptr, *server_out = nullptr;
  [[nodiscard]] std::array<BIO*, 4> all() const { return {client_in, client_out, server_in, server_out}; }
};

class Run {
 public:
  Run(const Table& f, const Wire& wire, const Setup& setup);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Carries out one command once and describes what is seen.
  void step(const Command& command, Observation& seen);

 private:
  friend struct Callback;

  // contexts and sessions (run.cpp)
  SSL_CTX* make_context(std::uint8_t index);
  void set_callbacks(std::uint8_t index, const Callbacks& callbacks);
  void on_context(const Command& command);
  void on_session(const Command& command);
  void make(const Command& command);
  void serialise(const Command& command);
  void hold(std::uint8_t slot, SSL_SESSION* session);  // takes the reference over
  [[nodiscard]] bool cached_elsewhere(std::uint8_t index, SSL_SESSION* session) const;
  std::uint16_t first_error();
  void observe();
  SessionView view(const SSL_SESSION* session);

  // connections (connection.cpp)
  void connect(const Command& command);
  void handshake(SSL* client, SSL* server, int flights);
  void advance_end(SSL* ssl, EndView& end);
  void describe(SSL* ssl, EndView& end, std::uint8_t keep);
  void leave(SSL* ssl, const EndView& end, End how);

  // callbacks (callbacks.cpp)
  int on_new(std::uint8_t index, SSL_SESSION* session);
  SSL_SESSION* on_get(std::uint8_t index, const unsigned char* id, int length, int* copy);
  void on_remove(std::uint8_t index, SSL_SESSION* session);
  SSL_SESSION* take_from_store(std::uint8_t index, Name asked);
  static void discard(const Table& f, StoredSession& entry);

  const Table& f_;
  const Wire& wire_;
  bool certificates_;
  Moment now_ = epoch;
  Names names_;
  std::vector<RealContext> contexts_;
  std::array<SSL_SESSION*, slots_max + 1> held_{};
  std::vector<SSL_SESSION*> to_free_;  // references that a callback kept until the command is over
  std::vector<unsigned char> flight_;
  Observation* seen_ = nullptr;
};

}  // namespace sesscheck::openssl
