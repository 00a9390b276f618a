// What came of each world, kept in a file as soon as it is known: an exploration that was interrupted goes on from it.
#pragma once

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "explore/exploration.hpp"

namespace sesscheck::explore {

class Journal {
 public:
  /// Reads the file, if it is there, and appends to it from now on; without a name it keeps nothing. `title` says what
  /// it is of. Throws std::runtime_error when the file is another exploration's, or cannot be written.
  Journal(const std::string& file, const std::string& title);

  [[nodiscard]] std::optional<Outcome> find(const std::string& world) const;
  void add(const std::string& world, const Outcome& outcome);

 private:
  std::map<std::string, Outcome> known_;
  std::ofstream out_;
};

}  // namespace sesscheck::explore
