#include "sut/worker/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "model/trace/bytes.hpp"
#include "model/trace/text.hpp"
#include "sut/worker/channel.hpp"

namespace sesscheck {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using worker::Channel;
using worker::Fd;
using worker::Signal;
using worker::Wait;

constexpr auto grace = 2s;          // for a worker to end by itself
constexpr auto telling_time = 1s;   // for one that hangs, to say where it is
constexpr int slices = 8;           // of a patience: how often a slow worker is looked after
constexpr std::size_t last_words_max = 16 * 1024;
constexpr off_t words_max = 1 << 20;         // what a chatty library may write before it is thrown away ...
constexpr std::uint32_t words_check = 4096;  // ... which is looked at once in so many traces

std::string find_worker() {
  if (const char* given = std::getenv("SESSCHECK_WORKER"); given != nullptr && *given != '\0') {
    if (::access(given, X_OK) == 0) return given;
    throw SutError(std::string("SESSCHECK_WORKER: cannot execute ") + given);
  }
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::string beside = (self.parent_path() / "sesscheck-worker").string();
  if (!failed && ::access(beside.c_str(), X_OK) == 0) return beside;
#ifdef SESSCHECK_WORKER_PATH
  if (::access(SESSCHECK_WORKER_PATH, X_OK) == 0) return SESSCHECK_WORKER_PATH;
#endif
  throw SutError("cannot find " + beside + ": set SESSCHECK_WORKER to the path of sesscheck-worker");
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return "killed by signal " + std::to_string(number) + " (" + ::strsignal(number) + ")";
  }
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

/// What a process has had of the processors, all its threads together.
std::chrono::nanoseconds processor_time(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0ns;
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Whether it waits for something other than a processor or a disk: a lock, a peer, a timer.
bool asleep(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_ends = line.rfind(") ");
  if (name_ends == std::string::npos || name_ends + 2 >= line.size()) return true;
  const char state = line[name_ends + 2];
  return state != 'R' && state != 'D';
}

/// "command 3: flush A 0", of the single command with this number.
std::string command_at(const Trace& trace, std::size_t single) {
  for (std::size_t i = 0; i < trace.commands.size(); ++i) {
    const Command& command = trace.commands[i];
    if (single < command.repeat) return "command " + std::to_string(i + 1) + ": " + to_text(command);
    single -= command.repeat;
  }
  return "cleaning up";
}

/// Attributes and actions of posix_spawn, freed with their owner.
struct SpawnPlan {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;

  SpawnPlan(int words, std::initializer_list<int> inherited) {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
    // Default signals whatever this process ignores or blocks, and a group of its own: ^C is for the parent, and must
    // not look like a crash of the library.
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, words, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
    // Onto itself: takes close-on-exec off, in the child alone.
    for (const int fd : inherited)
      if (fd >= 0) ::posix_spawn_file_actions_adddup2(&actions, fd, fd);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

}  // namespace

struct WorkerSut::Worker {
  std::string libssl, libcrypto;
  WorkerLimits limits;
  std::string version, last_words;
  Lacks lacks;
  std::vector<std::uint8_t> buffer;
  Library library = Library::of_servers;  ///< which of two it has
  std::unique_ptr<Worker> peer;           ///< that has the other one, if there are two

  // Of the process that runs now; none when pid < 0.
  pid_t pid = -1;
  int status = 0;  ///< of the last one that ended, as from waitpid
  Fd socket, words;
  std::optional<Channel> channel;
  std::uint32_t requests = 0;

  void spawn(const Fd& link);
  void load(const Fd& link);
  void start();
  /// How a worker is to end: by itself, at once, or as soon as it has said where it is.
  enum class Ending { itself, now, telling };
  void finish(Ending ending);
  void finish_both(Ending ending);
  [[nodiscard]] pid_t at_work() const;
  [[nodiscard]] std::chrono::nanoseconds computed() const {
    return processor_time(at_work()) + (peer ? processor_time(peer->at_work()) : 0ns);
  }
  /// And no one works for it.
  [[nodiscard]] bool sleeps() const { return asleep(at_work()) && (!peer || asleep(peer->at_work())); }
  [[nodiscard]] Wait wait(std::chrono::nanoseconds patience, Signal& signal) const;
  [[nodiscard]] std::string read_words() const;
  [[nodiscard]] bool ask(std::span<const std::uint8_t> request);
  [[nodiscard]] bool try_run(const Trace& trace, std::vector<Observation>& seen);
};

void WorkerSut::Worker::spawn(const Fd& link) {
  const std::string executable = find_worker();
  auto [mine, theirs] = worker::make_socket_pair();
  words = worker::make_memory_file("sesscheck-words");
  ::fcntl(words.get(), F_SETFL, O_APPEND);  // so that it can be emptied from here
  channel.emplace(Channel::create());
  const SpawnPlan plan(words.get(), {theirs.get(), channel->fd(), link.get()});
  const std::string numbers[] = {std::to_string(theirs.get()), std::to_string(channel->fd()),
                                 std::to_string(static_cast<int>(library)), std::to_string(link.get())};
  const char* argv[] = {executable.c_str(), libssl.c_str(),     libcrypto.c_str(),  numbers[0].c_str(),
                        numbers[1].c_str(), numbers[2].c_str(), numbers[3].c_str(), nullptr};
  const int failed =
      ::posix_spawn(&pid, executable.c_str(), &plan.actions, &plan.attributes, const_cast<char**>(argv), environ);
  if (failed != 0) {
    pid = -1;
    throw SutError("cannot start " + executable + ": " + std::strerror(failed));
  }
  socket = std::move(mine);
  requests = 0;
}

/// A worker that has loaded the library, or SutError; with its peer, if there is one, and a link between the two.
void WorkerSut::Worker::start() {
  if (!peer) return load(Fd());
  const auto [mine, theirs] = worker::make_socket_pair();
  load(mine);
  try {
    peer->load(theirs);
  } catch (const SutError&) {
    finish(Ending::now);
    throw;
  }
  lacks = peer->lacks = lacks | peer->lacks | Lacks::of_two_libraries();
}

void WorkerSut::Worker::load(const Fd& link) {
  spawn(link);
  Signal signal{};
  const Wait came = wait(limits.trace, signal);
  std::string problem;
  if (came == Wait::signalled && signal == Signal::ready) {
    std::string loaded = channel->message();
    lacks = channel->lacks();
    if (version.empty()) version = loaded;
    if (version == loaded) return;
    problem = "was " + version + ", and is now " + loaded + ": the file was replaced during the run";
    finish(Ending::now);
  } else if (came == Wait::signalled) {
    problem = channel->message();
    finish(Ending::itself);
  } else {
    finish(came == Wait::expired ? Ending::telling : Ending::itself);
    problem = came == Wait::expired ? "loading it does not end" : "loading it ends the worker: " + last_words;
  }
  if (problem.find(libssl) == std::string::npos) problem = libssl + ": " + problem;
  throw SutError(one_line(std::move(problem)));
}

/// The process that has the trace: this worker's, or a child of it. (A library may have spoilt what the memory says.)
pid_t WorkerSut::Worker::at_work() const {
  const pid_t told = pid > 0 ? channel->at_work() : 0;
  return told > 0 && ::getpgid(told) == pid ? told : pid;
}

/// The end of the process, however it is; nothing of it stays behind but its last words.
void WorkerSut::Worker::finish(Ending ending) {
  if (pid < 0) return;
  if (ending == Ending::telling) ::kill(at_work(), worker::where_are_you);
  bool kill_now = ending == Ending::now;
  socket.reset();
  if (kill_now) ::kill(pid, SIGKILL);
  // It may have closed its socket and live on, so the wait has an end.
  const auto deadline = steady_clock::now() + (ending == Ending::telling ? telling_time : grace);
  std::chrono::microseconds pause = 20us;
  pid_t ended = 0;
  for (;;) {
    ended = ::waitpid(pid, &status, kill_now ? 0 : WNOHANG);
    if (ended > 0 || (ended < 0 && errno != EINTR)) break;
    if (kill_now) continue;  // interrupted
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, 2ms);
    if (steady_clock::now() > deadline) {
      ::kill(pid, SIGKILL);
      kill_now = true;
    }
  }
  if (ended < 0) status = 0;
  pid = -1;
  // Where SIGCHLD is ignored the system keeps no status.
  last_words = (ended < 0 ? "ended" : describe(status)) + "\n" + read_words();
  words.reset();
}

void WorkerSut::Worker::finish_both(Ending ending) {
  finish(ending);
  if (peer) peer->finish(ending);
}

/// Its next Signal. A loaded machine keeps a worker waiting for a processor, and a trace that is slow for that reason is
/// not one that hangs: only the time that it computes is counted, and the time that it sleeps.
Wait WorkerSut::Worker::wait(std::chrono::nanoseconds patience, Signal& signal) const {
  const auto slice = patience / slices;
  auto before = computed();
  for (std::chrono::nanoseconds spent = 0ns;;) {
    const Wait came = worker::receive_signal(socket.get(), steady_clock::now() + slice, signal);
    if (came != Wait::expired || spent >= patience) return came;
    const auto now = computed();
    spent += sleeps() ? slice : std::max<std::chrono::nanoseconds>(now - before, 0ns);  // a child may have followed another
    before = now;
  }
}

std::string WorkerSut::Worker::read_words() const {
  struct stat file {};
  if (::fstat(words.get(), &file) != 0) return {};
  const off_t from = std::max<off_t>(0, file.st_size - static_cast<off_t>(last_words_max));
  std::string text(static_cast<std::size_t>(file.st_size - from), '\0');
  const ssize_t got = ::pread(words.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

/// False when it has died.
bool WorkerSut::Worker::ask(std::span<const std::uint8_t> request) {
  if (++requests % words_check == 0) {
    struct stat file {};
    if (::fstat(words.get(), &file) == 0 && file.st_size > words_max) (void)!::ftruncate(words.get(), 0);
  }
  return worker::send_request(socket.get(), request, buffer);
}

/// False when the worker had died before it read the trace, for reasons that are not the library's.
bool WorkerSut::Worker::try_run(const Trace& trace, std::vector<Observation>& seen) {
  if (pid < 0) start();
  std::int64_t commands = 0;
  for (const Command& command : trace.commands) commands += std::max<std::int64_t>(command.repeat, 1);
  const auto patience = limits.trace + commands * limits.command;

  const auto request = to_bytes(lacks.any() ? restricted(trace, lacks) : trace);
  Worker* one = peer && !peer->ask(request) ? peer.get() : this;  // that decides what becomes of the trace
  Signal signal{};
  Wait came = Wait::closed;
  if (one == this && ask(request)) came = wait(patience, signal);
  if (peer && came == Wait::signalled && signal != Signal::failed) {  // done; or left alone, and the peer knows why
    one = peer.get();
    came = peer->wait(patience, signal);
  }
  if (came == Wait::signalled && signal != Signal::done) {
    finish_both(Ending::itself);
    throw SutError(one_line(one->channel->message()));
  }
  bool intact = true;
  if (came == Wait::signalled) {
    intact = channel->read(seen);
    channel->trim();
    if (peer) peer->channel->trim();
    if (intact) return true;
  }
  finish_both(came == Wait::closed ? Ending::itself : came == Wait::expired ? Ending::telling : Ending::now);
  if (one != this) last_words = one->last_words;
  if (one->channel->begun() != one->requests) {
    if (came == Wait::closed && WIFSIGNALED(one->status) && (WTERMSIG(one->status) == SIGKILL || WTERMSIG(one->status) == SIGTERM)) {
      return false;
    }
    seen.clear();
  } else if (intact) {
    intact = channel->read(seen);
  }
  if (!intact) last_words += "the observations in shared memory are damaged\n";
  if (came == Wait::expired)
    last_words = "no answer for " + std::to_string(patience.count()) + " ms, in " +
                 command_at(trace, seen.size()) + "\n" + last_words;
  seen.emplace_back().status = came == Wait::expired ? Status::hung : Status::crashed;
  return true;
}

WorkerSut::WorkerSut(std::string libssl, std::string libcrypto, WorkerLimits limits, const std::optional<PeerLibrary>& peer)
    : worker_(std::make_unique<Worker>()) {
  worker_->libssl = std::move(libssl);
  worker_->libcrypto = std::move(libcrypto);
  worker_->limits = limits;
  if (!peer) return;
  worker_->library = other(peer->library);
  worker_->peer = std::make_unique<Worker>();
  worker_->peer->libssl = peer->libssl;
  worker_->peer->libcrypto = peer->libcrypto;
  worker_->peer->limits = limits;
  worker_->peer->library = peer->library;
}

WorkerSut::~WorkerSut() { worker_->finish_both(Worker::Ending::itself); }

std::string WorkerSut::version() const {
  if (worker_->version.empty()) worker_->start();
  if (!worker_->peer) return worker_->version;
  const bool clients = worker_->peer->library == Library::of_clients;
  return worker_->version + (clients ? ", with clients of " : ", with servers of ") + worker_->peer->version;
}

Lacks WorkerSut::lacks() const {
  (void)version();  // which starts a worker
  return worker_->lacks;
}

void WorkerSut::run(const Trace& trace, std::vector<Observation>& seen) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (!worker_->try_run(trace, seen)) continue;
    for (Observation& observation : seen) observation.lacks = worker_->lacks;
    return;
  }
  throw SutError(one_line("the worker is ended from outside before it reads a trace: " + worker_->last_words));
}

std::string WorkerSut::last_words() const { return worker_->last_words; }

}  // namespace sesscheck
