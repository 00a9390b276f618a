// A C program that shows a difference: OpenSSL headers only, nothing of sesscheck.
//
// It plays the trace, prints what it saw and what was expected, and exits with 1 when the difference is there, 0 when not.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/lockstep.hpp"
#include "model/command.hpp"

namespace sesscheck {

struct Reproduction {
  std::vector<std::string> head;  ///< lines for the comment at the top
  std::string expected_by;        ///< who says so: "the manual", "openssl-3.0"
};

/// The program for the first of `fields` that a C program can see. The trace ends at the command that shows it (what
/// follows is left out). Empty when none of them can be seen from C, such as a crash: then the program only plays the trace.
std::string reproduce(const Trace& trace, std::size_t command, std::size_t repetition,
                      std::span<const FieldDifference> fields, const Reproduction& about);

}  // namespace sesscheck
