// The traces of corpus/, compiled in: whatever the seed, they bring every outcome of the model about.
#pragma once

#include <span>
#include <string_view>

#include "model/command.hpp"

namespace sesscheck {

struct DirectedTrace {
  std::string_view file;  ///< below corpus/
  Trace trace;
};

/// Short ones first. A file that cannot be parsed is left out (the tests of the corpus complain about it).
std::span<const DirectedTrace> directed_traces();

}  // namespace sesscheck
