// How a C program sees what differs.
#pragma once

#include <string>

#include "check/lockstep.hpp"

namespace sesscheck {

/// Code that fills `saw` with a field as text, and what the other side says of it. No code when C cannot see it.
struct Sight {
  std::string code, expected;
  bool describes = false, finds = false, logs = false, reuse = false, errors = false;  ///< parts that the code needs
};

/// What a program can see. A plain one names sessions s1, s2, ... as a report does; one with tickets or open connections
/// tells none apart, for it does not see all ids in the order in which they were made.
struct Seeing {
  bool plain = true;              ///< sessions have names
  bool simple = true;             ///< connections do not stay open
  std::string connection = "c0";  ///< not simple: the connection of the last command
};

Sight sight(const FieldDifference& difference, const Seeing& seeing);

}  // namespace sesscheck
