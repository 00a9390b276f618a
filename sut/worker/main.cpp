// sesscheck-worker: loads one library and runs traces on it, until its parent closes the socket.
//
// Started by WorkerSut (process.cpp) only: sesscheck-worker LIBSSL LIBCRYPTO SOCKET MEMORY LIBRARY PEER. SOCKET, MEMORY
// and PEER are numbers of open file descriptors; PEER leads to the worker of the other library (sut/peer.hpp), and is -1
// where there is one library. LIBRARY says which of two this one is.
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#endif
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "sut/boringssl/shim.hpp"
#include "sut/openssl/driver.hpp"
#include "sut/openssl/table.hpp"
#include "sut/wolfssl/shim.hpp"
#include "sut/worker/channel.hpp"
#include "sut/worker/serve.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

namespace sesscheck::worker {
namespace {

class Link final : public Peer {
 public:
  explicit Link(Fd socket) : socket_(std::move(socket)) {}
  void send(std::span<const std::uint8_t> message) override {
    if (!send_request(socket_.get(), message, buffer_)) throw PeerLost();
  }
  void receive(std::vector<std::uint8_t>& message) override {
    // To yield time after time would be to wait for every other process of a busy machine, at each turn.
    if (!receive_request(socket_.get(), message, false)) throw PeerLost();
  }

 private:
  Fd socket_;
  std::vector<std::uint8_t> buffer_;
};

std::unique_ptr<openssl::Table> table_of(const openssl::Libraries& libraries) {
  if (wolfssl::is(libraries)) return wolfssl::shim(libraries);
  auto table = boringssl::is(libraries) ? boringssl::shim(libraries) : std::make_unique<openssl::Table>();
  openssl::complete(*table, libraries);
  return table;
}

void load_and_serve(const char* libssl, const char* libcrypto, int socket, Channel& channel, Peer* peer, Library own) {
  const openssl::Libraries libraries(libssl, libcrypto);
  const auto table = table_of(libraries);
  openssl::Driver driver(*table, peer, own);
  channel.set_message(driver.version());
  channel.set_lacks(driver.lacks());
  if (!send_signal(socket, Signal::ready)) return;
  const Apart apart = table->keeps_state ? Apart::every_trace : peer != nullptr ? Apart::none : Apart::long_beginnings;
  serve(driver, apart, socket, channel);
}

#if __has_include(<execinfo.h>)
/// The last words of a worker that hangs: the calls that it is in, innermost first.
void tell_where(int) {
  constexpr std::string_view text = "sesscheck-worker: told to end; it was in\n";
  constexpr int frames_max = 48;
  void* frames[frames_max];
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::backtrace_symbols_fd(frames, ::backtrace(frames, frames_max), STDERR_FILENO);
  ::_exit(1);
}

void expect_the_question() {
  void* frame = nullptr;
  (void)::backtrace(&frame, 1);  // loads what it needs: in the handler there may be no memory to be had
  struct sigaction action {};
  action.sa_handler = tell_where;
  ::sigaction(where_are_you, &action, nullptr);
}
#else
void expect_the_question() {}
#endif

int run(char** argv) {
  expect_the_question();
  Fd socket(std::atoi(argv[3]));
  Channel channel = Channel::attach(Fd(std::atoi(argv[4])));
  const auto own = static_cast<Library>(std::atoi(argv[5]));
  const int other = std::atoi(argv[6]);
  for (const int fd : {socket.get(), channel.fd(), other}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  Link peer{Fd(other)};
  try {
    load_and_serve(argv[1], argv[2], socket.get(), channel, other < 0 ? nullptr : &peer, own);
    return 0;
  } catch (const PeerLost&) {
    (void)send_signal(socket.get(), Signal::alone);
    return 1;
  } catch (const std::bad_alloc&) {
    // The traces are small: a library has eaten the memory, or spoilt the heap. That is an observation, not an error.
    std::fputs("sesscheck-worker: out of memory\n", stderr);
    std::abort();
  } catch (const std::exception& e) {
    channel.set_message(e.what());
    (void)send_signal(socket.get(), Signal::failed);
    return 1;
  }
}

}  // namespace
}  // namespace sesscheck::worker

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fputs("sesscheck-worker is started by sesscheck, not by hand\n", stderr);
    return 2;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // also a worker that hangs goes with its parent
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
#if !defined(SANITIZED)
  // A library in an endless loop can eat the machine's memory before its time is up. (Sanitizers reserve far more.)
  const rlimit memory{rlim_t{4} << 30, rlim_t{4} << 30};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  ::setenv("OPENSSL_CONF", "/dev/null", 1);  // the machine's configuration must not decide what is observed
  try {
    return sesscheck::worker::run(argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
