// A system under test: something that carries out a Trace and tells what a caller sees after each command.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/command.hpp"
#include "model/observation.hpp"

namespace sesscheck {

/// The library cannot be run at all: not a library, a symbol missing, died at load. One line, says what to do.
struct SutError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Sut {
 public:
  virtual ~Sut() = default;

  /// The version string that the library itself reports.
  [[nodiscard]] virtual std::string version() const = 0;

  /// What it does not have: such commands do nothing, and what cannot be seen is empty.
  [[nodiscard]] virtual Lacks lacks() const { return {}; }

  /// Carries out the trace in a fresh world. One observation for each single command (a connect of repeat n counts n
  /// times), written over `seen`, whose memory is reused. When the library dies, the last one says so and is the last.
  /// Throws SutError when the library cannot be run.
  virtual void run(const Trace& trace, std::vector<Observation>& seen) = 0;
};

/// Called for each observation as soon as it is complete; it is overwritten afterwards.
using ObservationSink = std::function<void(const Observation&)>;

}  // namespace sesscheck
