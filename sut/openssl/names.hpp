// Session ids, and the names under which observations show them.
//
// One command can make several ids visible at once, in no order of its own (that of a hash table). So names are given
// when a command is over, to all ids that it showed for the first time, in the order in which they were made.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/observation.hpp"
#include "sut/openssl/table.hpp"

namespace sesscheck::openssl {

/// The bytes of a session id; shorter ones are followed by zeros, none at all is the empty id.
struct SessionId {
  std::array<unsigned char, 32> bytes{};
  auto operator<=>(const SessionId&) const = default;

  SessionId() = default;
  SessionId(const unsigned char* id, std::size_t length);
  SessionId(const Table& f, const SSL_SESSION* session);
};

/// The n-th id of those that `make` can give.
SessionId made_id(std::uint8_t n);
/// What GenerateId::same always gives.
const SessionId& same_id();

class Names {
  /// When an id was made, among all.
  struct Order {
    enum class Origin : std::uint8_t { made, same, random } origin = Origin::random;
    std::uint64_t number = 0;
    bool hash = false;  ///< a client's: the hash of a ticket, which came before it
    auto operator<=>(const Order&) const = default;
  };

 public:
  /// The id's name; while it has none, a number that settle() replaces.
  Name of(const SessionId& id);
  Name of(const Table& f, const SSL_SESSION* session);
  /// Names what has been asked for since the last time, and puts the names into the observation.
  void settle(Observation& seen);

  /// What is to be named, for another worker, which has a part of it already: both will give the same names.
  struct Told {
    SessionId id;
    Order order;
  };
  [[nodiscard]] std::vector<Told> fresh() const;
  void learn(const std::vector<Told>& fresh);

 private:
  struct Hash {
    std::size_t operator()(const SessionId& id) const;
  };
  static Order order_of(const SessionId& id);
  static Order order_of_ticket(const unsigned char* ticket, std::size_t length);

  struct Fresh {
    Order order;
    std::pair<const SessionId, Name>* named;  ///< in names_
  };

  std::unordered_map<SessionId, Name, Hash> names_;
  std::vector<Fresh> fresh_;
  std::vector<Name> given_;  // by number in fresh_
  Name last_ = 0;
};

}  // namespace sesscheck::openssl
