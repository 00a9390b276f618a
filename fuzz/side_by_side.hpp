// Model and linked-in OpenSSL, command by command, in one process: what the fuzz targets and the crash tool share.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "model/step.hpp"
#include "sut/openssl/driver.hpp"

namespace sesscheck::fuzz {

/// What a caller sees of a run. Runs in real time; virtual time holds only inside the library.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// Before a single command; the world is the model's.
  virtual void before(const World& world, const Command& command) = 0;
  /// After it, when both sides have carried it out.
  virtual void after(const Because& because) = 0;
  /// They differ. Called once, for the first difference; the rest of the trace is not compared.
  virtual void differs(std::size_t command, std::size_t repetition, const Because& because, const Observation& model,
                       const Observation& library) = 0;
};

/// One in a process.
class SideBySide {
 public:
  explicit SideBySide(const Rules& rules);
  ~SideBySide();

  [[nodiscard]] std::string version() const { return driver_->version(); }
  /// Ends before a command at which the library would end this process (see `survivable`).
  void run(const Trace& trace, Watcher& watcher);

 private:
  Trace survivable(const Trace& trace);

  Rules rules_;
  std::unique_ptr<openssl::Table> table_;
  std::unique_ptr<openssl::Driver> driver_;
  Observation model_;  // its memory is reused
  Because because_;
};

/// The trace and where the two sides differ, for people.
std::string report(const Trace& trace, std::size_t command, std::size_t repetition, const Because& because,
                   const Observation& model, const Observation& library);

}  // namespace sesscheck::fuzz
