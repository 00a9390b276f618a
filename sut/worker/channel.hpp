// What runs between a worker and its parent: one socket, and one shared memory.
//
// Over the socket go the request (a trace as bytes, behind its length) and, for each request, one Signal back. The
// observations are in the shared memory, each complete as soon as the library has finished the command, so that the
// parent has them whatever becomes of the worker.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/observation.hpp"

namespace sesscheck::worker {

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return number_; }
  void reset();

 private:
  int number_ = -1;
};

/// A file in memory, close-on-exec, never one of the numbers 0 to 2. Throws SutError.
[[nodiscard]] Fd make_memory_file(const char* name);
/// Two connected stream sockets, close-on-exec, never one of the numbers 0 to 2. Throws SutError.
[[nodiscard]] std::pair<Fd, Fd> make_socket_pair();

/// The one byte that a worker sends.
enum class Signal : std::uint8_t {
  ready = 'r',  ///< the library is loaded; message() is its version
  done = 'd',   ///< the trace is finished
  alone = 'a',  ///< it cannot be finished: the worker of the other library is gone; the worker leaves
  failed = 'f'  ///< it cannot be done; message() is why, and the worker leaves
};

/// What a parent sends a worker that does not answer: it writes where it is to its stderr, and ends.
inline constexpr int where_are_you = SIGUSR1;

/// True when all bytes are sent. A peer that is gone is `false`, never SIGPIPE.
[[nodiscard]] bool send_all(int socket, std::span<const std::uint8_t> bytes);

/// Sends the bytes (of a trace; what two workers tell each other) behind their length; `buffer` is memory to be reused.
[[nodiscard]] bool send_request(int socket, std::span<const std::uint8_t> trace, std::vector<std::uint8_t>& buffer);
/// Waits for a whole request; false at the end of the stream. Eagerly: looks for it some times before it sleeps.
[[nodiscard]] bool receive_request(int socket, std::vector<std::uint8_t>& trace, bool eagerly = true);

enum class Wait : std::uint8_t { signalled, closed, expired };
/// Waits for one Signal until `deadline`. `closed` also stands for a byte that is no Signal.
[[nodiscard]] Wait receive_signal(int socket, std::chrono::steady_clock::time_point deadline, Signal& signal);

/// The shared memory, seen from either side. Pages are taken as they are written.
class Channel {
 public:
  static constexpr std::size_t default_bytes = std::size_t{256} << 20;

  /// Parent: new memory of so many bytes. Throws SutError.
  static Channel create(std::size_t bytes = default_bytes);
  /// Worker: the memory behind a descriptor it was given. Throws SutError.
  static Channel attach(Fd memory);
  Channel(Channel&& other) noexcept;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();

  [[nodiscard]] int fd() const { return memory_.get(); }

  /// Worker: how much has been appended.
  struct Mark {
    std::uint32_t count = 0;  ///< observations
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Mark mark() const;
  /// Worker: forgets all observations, or those behind the mark; the `request`-th request has been read, and it is this
  /// process that is at work.
  void begin(std::uint32_t request, Mark mark);
  void begin(std::uint32_t request) { begin(request, Mark{}); }
  /// A child of the worker: it is this process that is at work.
  void set_at_work();
  /// Worker: one more observation, visible to the parent at once. Throws SutError when the memory is full.
  void append(const Observation& observation);
  /// Worker: the text that goes with the next Signal; what is too long is cut.
  void set_message(std::string_view text);
  /// Worker: what the library lacks, before it is ready.
  void set_lacks(const Lacks& lacks);

  /// Parent: the number of the last request that the worker has read.
  [[nodiscard]] std::uint32_t begun() const;
  /// Parent: the process that is at work, as the memory says: the worker, or a child of it.
  [[nodiscard]] pid_t at_work() const;
  /// Parent: all observations, over those in `seen`. False when they are damaged; `seen` then has those before.
  [[nodiscard]] bool read(std::vector<Observation>& seen) const;
  [[nodiscard]] std::string message() const;
  [[nodiscard]] Lacks lacks() const;
  /// Parent, while the worker waits: gives memory back after a very long trace.
  void trim();

 private:
  struct Header;
  Channel(Fd memory, void* base, std::size_t bytes);
  [[nodiscard]] Header& header() const;
  [[nodiscard]] std::span<std::uint8_t> body() const;

  Fd memory_;
  void* base_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace sesscheck::worker
