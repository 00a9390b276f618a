// The canonical form of a World: all that can make a difference, as few bytes, and nothing else.
//
// Two worlds of one Form that have the same key behave equally: the same commands show the same, but for the names of
// sessions, the date, and what counters had counted before. docs/explore.md says what is left out, and why it may be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/step.hpp"

namespace sesscheck::explore {

/// An automatic flush that is further away than so many successful connections is far: how far makes no difference.
/// Worlds of one key behave equally for so many successful connections.
inline constexpr std::int64_t far_from_flush = 100;

/// Numbers given as they are asked for, from `first` on; as much above a multiple of `rows` as the old ones. (0 is none.)
class Numbering {
 public:
  void reset(std::uint32_t first, std::uint32_t rows = 1);
  /// The number of `old`, and whether it is given just now.
  std::pair<std::uint32_t, bool> of(std::uint32_t old);
  [[nodiscard]] std::uint32_t find(std::uint32_t old) const { return old < given_.size() ? given_[old] : 0; }
  /// What was given a number, in that order. It grows.
  [[nodiscard]] const std::vector<std::uint32_t>& order() const { return order_; }

 private:
  std::vector<std::uint32_t> given_, order_;
  std::uint32_t next_ = 0, rows_ = 1;
};

class Form {
 public:
  /// Of worlds that began as this one. `tls1_3`: one of its contexts may speak TLS 1.3 some day. `in_table`: sessions are
  /// cached in a table of the process (Rule::cache_place), in a row that goes by the number of the id.
  explicit Form(World beginning, bool tls1_3 = true, bool in_table = false);

  /// Writes the key of a world, which is between two commands, over `key`.
  void write(const World& world, std::string& key);
  /// After write(): the number that an identity of that world has in the key; 0: nothing refers to it any more.
  [[nodiscard]] Identity renamed(Identity id) const;

  /// Makes the world of a key over `world`, whose memory is reused. Identity n has the name n, and it is the epoch,
  /// unless something in that world is far from its present: that has a date.
  void read(std::string_view key, World& world) const;

 private:
  bool try_write(const World& world, std::string& key, bool dated);

  World beginning_;
  bool tls1_3_, always_dated_;
  std::uint32_t rows_;  // of the table; 1: there is none
  Numbering identities_, sessions_, tickets_, secrets_, keys_;
  std::vector<char> bytes_;  // a key is written here
};

}  // namespace sesscheck::explore
