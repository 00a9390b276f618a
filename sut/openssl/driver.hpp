// OpenSSL (1.1.1 to 4.x) as a system under test, in this process.
//
// Needs the virtual clock (sut/clock.hpp) and knows nothing of processes.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "model/library.hpp"
#include "sut/peer.hpp"
#include "sut/sut.hpp"

namespace sesscheck::openssl {

struct Table;  // the library's functions (table.hpp)
struct Equipment;
class Run;

/// Runs traces on one loaded library. One driver in a process.
class Driver {
 public:
  /// With a `peer`, this is the `own` one of two libraries; else there is one.
  explicit Driver(const Table& table, Peer* peer = nullptr, Library own = Library::of_servers);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  [[nodiscard]] std::string version() const;
  [[nodiscard]] const Lacks& lacks() const;
  void run(const Trace& trace, const ObservationSink& sink);

  /// The same in steps: a fresh world, commands, and the end of it.
  void begin(const Setup& setup);
  void go_on(std::span<const Command> commands, const ObservationSink& sink);
  void end();

 private:
  const Table& f_;
  Peer* const peer_;
  const Library own_;
  std::unique_ptr<Equipment> equipment_;
  std::unique_ptr<Run> run_;
  Observation seen_;  // its memory is reused
};

}  // namespace sesscheck::openssl
