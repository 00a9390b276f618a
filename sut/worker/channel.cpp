#include "sut/worker/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>

#include "sut/sut.hpp"
#include "sut/worker/wire.hpp"

namespace sesscheck::worker {
namespace {

constexpr std::size_t header_bytes = 4096;
// Either side looks so many times for what it waits for, and yields in between, before it sleeps: to be woken takes
// some 50 us on a virtual machine, and most messages come sooner.
constexpr int looks_max = 128;
constexpr std::size_t kept_bytes = std::size_t{16} << 20;  // trim() gives back what is beyond

[[noreturn]] void fail(const char* what) {
  throw SutError(std::string("worker: ") + what + ": " + std::strerror(errno));
}

/// The child's standard streams are put over 0 to 2, so nothing that it is given may be there.
Fd above_standard_streams(Fd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (moved.get() < 0) fail("fcntl");
  return moved;
}

/// recv() that never waits; negative with EAGAIN when there is nothing.
ssize_t look(int socket, std::uint8_t& byte, int flags) {
  ssize_t got = 0;
  do got = ::recv(socket, &byte, 1, MSG_DONTWAIT | flags);
  while (got < 0 && errno == EINTR);
  return got;
}

bool receive_all(int socket, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

void Fd::reset() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

Fd make_memory_file(const char* name) {
  Fd file(::memfd_create(name, MFD_CLOEXEC));
  if (file.get() < 0) fail("memfd_create");
  return above_standard_streams(std::move(file));
}

std::pair<Fd, Fd> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  Fd first(ends[0]), second(ends[1]);
  return {above_standard_streams(std::move(first)), above_standard_streams(std::move(second))};
}

bool send_all(int socket, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

bool send_request(int socket, std::span<const std::uint8_t> trace, std::vector<std::uint8_t>& buffer) {
  if (trace.size() > std::numeric_limits<std::uint32_t>::max()) throw SutError("worker: a trace of more than 4 GiB");
  const auto length = static_cast<std::uint32_t>(trace.size());
  buffer.resize(sizeof length);
  std::memcpy(buffer.data(), &length, sizeof length);
  buffer.insert(buffer.end(), trace.begin(), trace.end());
  return send_all(socket, buffer);
}

bool receive_request(int socket, std::vector<std::uint8_t>& trace, bool eagerly) {
  std::uint32_t length = 0;
  std::uint8_t prefix[sizeof length];
  std::uint8_t first = 0;
  for (int i = 0; eagerly && i < looks_max && look(socket, first, MSG_PEEK) < 0 && errno == EAGAIN; ++i) ::sched_yield();
  if (!receive_all(socket, prefix)) return false;
  std::memcpy(&length, prefix, sizeof length);
  trace.resize(length);
  return receive_all(socket, trace);
}

Wait receive_signal(int socket, std::chrono::steady_clock::time_point deadline, Signal& signal) {
  for (int looks = 0;; ++looks) {
    std::uint8_t byte = 0;
    const ssize_t got = look(socket, byte, 0);
    if (got >= 0 || errno != EAGAIN) {
      signal = static_cast<Signal>(byte);
      const bool known = signal == Signal::ready || signal == Signal::done || signal == Signal::alone || signal == Signal::failed;
      return got == 1 && known ? Wait::signalled : Wait::closed;
    }
    if (looks < looks_max) {
      ::sched_yield();
      continue;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return Wait::expired;
    pollfd wait{socket, POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, std::numeric_limits<int>::max())));
  }
}

/// At the front of the memory. The parent trusts none of it: the library shares the worker's address space.
struct Channel::Header {
  std::atomic<std::uint32_t> begun;
  std::atomic<std::uint32_t> count;  ///< observations that are complete; written last
  std::atomic<std::uint64_t> bytes;  ///< what they take
  std::atomic<pid_t> at_work;
  std::atomic<std::uint32_t> message_length;
  Lacks lacks;
  char message[2048];
};

Channel::Channel(Fd memory, void* base, std::size_t bytes) : memory_(std::move(memory)), base_(base), bytes_(bytes) {
  static_assert(sizeof(Header) <= header_bytes && std::is_trivially_copyable_v<Lacks> && std::atomic<std::uint64_t>::is_always_lock_free);
}

Channel::Channel(Channel&& other) noexcept
    : memory_(std::move(other.memory_)), base_(std::exchange(other.base_, nullptr)), bytes_(other.bytes_) {}

Channel::~Channel() {
  if (base_ != nullptr) ::munmap(base_, bytes_);
}

Channel Channel::create(std::size_t bytes) {
  Fd memory = make_memory_file("sesscheck-observations");
  if (::ftruncate(memory.get(), static_cast<off_t>(std::max(bytes, 2 * header_bytes))) != 0) fail("ftruncate");
  return attach(std::move(memory));  // zeroes, which is a valid Header
}

Channel Channel::attach(Fd memory) {
  struct stat file {};
  if (::fstat(memory.get(), &file) != 0) fail("shared memory");
  const auto bytes = static_cast<std::size_t>(file.st_size);
  if (bytes < 2 * header_bytes) throw SutError("worker: shared memory is too small");
  void* base = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory.get(), 0);
  if (base == MAP_FAILED) fail("mmap");
  return {std::move(memory), base, bytes};
}

Channel::Header& Channel::header() const { return *static_cast<Header*>(base_); }

std::span<std::uint8_t> Channel::body() const {
  return {static_cast<std::uint8_t*>(base_) + header_bytes, bytes_ - header_bytes};
}

Channel::Mark Channel::mark() const {
  return {header().count.load(std::memory_order_relaxed), header().bytes.load(std::memory_order_relaxed)};
}

void Channel::set_at_work() { header().at_work.store(::getpid(), std::memory_order_relaxed); }

pid_t Channel::at_work() const { return header().at_work.load(std::memory_order_relaxed); }

void Channel::begin(std::uint32_t request, Mark mark) {
  header().count.store(mark.count, std::memory_order_relaxed);
  header().bytes.store(mark.bytes, std::memory_order_relaxed);
  set_at_work();
  header().begun.store(request, std::memory_order_release);
}

void Channel::append(const Observation& observation) {
  const std::size_t used = std::min<std::size_t>(header().bytes.load(std::memory_order_relaxed), body().size());
  std::span<std::uint8_t> room = body().subspan(used);
  if (!encode(observation, room)) {
    throw SutError("observations of one trace exceed " + std::to_string(bytes_ >> 10) +
                   " KiB: fewer connections, or a smaller cache");
  }
  header().bytes.store(body().size() - room.size(), std::memory_order_relaxed);
  header().count.fetch_add(1, std::memory_order_release);
}

void Channel::set_message(std::string_view text) {
  text = text.substr(0, sizeof header().message);
  std::memcpy(header().message, text.data(), text.size());
  header().message_length.store(static_cast<std::uint32_t>(text.size()), std::memory_order_release);
}

void Channel::set_lacks(const Lacks& lacks) { header().lacks = lacks; }

std::uint32_t Channel::begun() const { return header().begun.load(std::memory_order_acquire); }

bool Channel::read(std::vector<Observation>& seen) const {
  const std::size_t count = header().count.load(std::memory_order_acquire);
  const std::size_t used = header().bytes.load(std::memory_order_relaxed);
  std::span<const std::uint8_t> bytes = body().first(std::min(used, body().size()));
  if (count > bytes.size()) {  // each takes more than a byte
    seen.clear();
    return false;
  }
  seen.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!decode(bytes, seen[i])) {
      seen.resize(i);
      return false;
    }
  }
  return true;
}

std::string Channel::message() const {
  const std::size_t length = header().message_length.load(std::memory_order_acquire);
  return {header().message, std::min(length, sizeof header().message)};
}

Lacks Channel::lacks() const { return header().lacks; }

void Channel::trim() {
  if (header().bytes.load(std::memory_order_relaxed) <= kept_bytes || bytes_ <= header_bytes + kept_bytes) return;
  // Failure only means that the memory stays in use.
  (void)::madvise(static_cast<std::uint8_t*>(base_) + header_bytes + kept_bytes, bytes_ - header_bytes - kept_bytes,
                  MADV_REMOVE);
}

}  // namespace sesscheck::worker
