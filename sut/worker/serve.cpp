#include "sut/worker/serve.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "model/trace/bytes.hpp"

namespace sesscheck::worker {
namespace {

constexpr int long_repeat = 100;  // connections: as much as twenty forks

/// How many of its first commands make the long beginning of a trace; 0: it has none.
std::size_t long_beginning(const Trace& trace) {
  const auto last = std::find_if(trace.commands.rbegin(), trace.commands.rend(),
                                 [](const Command& command) { return command.repeat >= long_repeat; });
  return static_cast<std::size_t>(trace.commands.rend() - last);
}

bool begin_alike(const Trace& one, const Trace& other, std::size_t commands) {
  return one.setup == other.setup && one.commands.size() >= commands && other.commands.size() >= commands &&
         std::equal(one.commands.begin(), one.commands.begin() + static_cast<std::ptrdiff_t>(commands), other.commands.begin());
}

/// 0 in the child.
pid_t child() {
  const pid_t pid = ::fork();
  if (pid < 0) throw SutError("cannot start a process");
  if (pid == 0) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

/// Waits for the child, and dies if and as it did.
void outlive(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
  }
  if (WIFSIGNALED(status)) ::kill(::getpid(), WTERMSIG(status));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) ::_exit(1);
}

class Server {
 public:
  Server(openssl::Driver& driver, Apart apart, int socket, Channel& channel)
      : driver_(driver), apart_(apart), socket_(socket), channel_(channel) {}

  void serve() {
    Trace before;
    for (bool more = receive_request(socket_, request_); more;) {
      Trace trace = from_bytes(request_);
      const std::size_t beginning = apart_ == Apart::none ? 0 : long_beginning(trace);
      if (beginning != 0 && begin_alike(trace, before, beginning)) {
        more = serve_from(trace, beginning);
      } else {
        channel_.begin(++number_);
        run(trace);
        more = send_signal(socket_, Signal::done) && receive_request(socket_, request_);
      }
      before = std::move(trace);
    }
  }

 private:
  void run(const Trace& trace) {
    if (apart_ == Apart::every_trace)
      in_child([&] { driver_.run(trace, sink_); });
    else
      driver_.run(trace, sink_);
  }

  template <class Act>
  void in_child(Act act) {
    const pid_t pid = child();
    if (pid != 0) return outlive(pid);
    channel_.set_at_work();
    act();
    ::_exit(0);
  }

  /// This trace and those that come and begin alike. The request that does not is in `request_` then; false when none
  /// will come.
  bool serve_from(const Trace& trace, std::size_t beginning) {
    auto [mine, theirs] = make_socket_pair();
    const pid_t keeper = child();
    if (keeper == 0) keep(trace, beginning, theirs.get());
    theirs.reset();
    const bool more = receive_request(mine.get(), request_, false);
    outlive(keeper);
    number_ = channel_.begun();
    return more;
  }

  /// The process that keeps the beginning. It is never cleaned up: each trace is, beginning and all.
  [[noreturn]] void keep(const Trace& first, std::size_t beginning, int next) {
    channel_.begin(++number_);
    driver_.begin(first.setup);
    driver_.go_on(std::span(first.commands).first(beginning), sink_);
    const Channel::Mark mark = channel_.mark();
    for (Trace trace = first;;) {
      in_child([&] {
        driver_.go_on(std::span(trace.commands).subspan(beginning), sink_);
        driver_.end();
      });
      if (!send_signal(socket_, Signal::done) || !receive_request(socket_, request_)) ::_exit(0);
      trace = from_bytes(request_);
      if (!begin_alike(trace, first, beginning)) break;
      channel_.begin(++number_, mark);
    }
    (void)send_request(next, request_, buffer_);
    ::_exit(0);
  }

  openssl::Driver& driver_;
  const Apart apart_;
  const int socket_;
  Channel& channel_;
  const ObservationSink sink_ = [this](const Observation& observation) { channel_.append(observation); };
  std::vector<std::uint8_t> request_, buffer_;
  std::uint32_t number_ = 0;  // of the request
};

}  // namespace

bool send_signal(int socket, Signal signal) {
  const auto byte = static_cast<std::uint8_t>(signal);
  return send_all(socket, {&byte, 1});
}

void serve(openssl::Driver& driver, Apart apart, int socket, Channel& channel) {
  Server(driver, apart, socket, channel).serve();
}

}  // namespace sesscheck::worker
