#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "audit/audit.hpp"
#include "audit/report.hpp"
#include "cli/verbs.hpp"
#include "sut/sut.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> interrupted{false};

/// The first Ctrl-C ends the comparing, not the report. (A terminal or a wrapper may send it twice.)
void on_interrupt(int) {
  static std::atomic<int> times{0};
  interrupted = true;
  if (++times > 2) _exit(128 + SIGINT);
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One line that rewrites itself on a terminal; plain lines, now and then, in a pipe.
class ProgressLine {
 public:
  void show(const AuditProgress& progress) {
    const double elapsed = seconds_since(start_);
    if (elapsed - shown_ < (terminal_ ? 0.1 : 10.0)) return;
    shown_ = elapsed;
    const double share = progress.share;
    const bool comparing = progress.stage == "comparing";
    const std::string left = comparing && share > 0 && share < 1 ? fmt::format(", {:.0f} s left", elapsed / share - elapsed) : "";
    const std::string line =
        fmt::format("{}: {} of {} {}, {} traces not as expected{}", progress.stage, progress.done, progress.wanted,
                    comparing ? "commands" : "steps", progress.disagreements, left);
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
  }
  ~ProgressLine() {
    if (terminal_ && shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO);
  const Clock::time_point start_ = Clock::now();
  double shown_ = -100;
};

SutFactory factory(const LibraryOptions& library) {
  return [library](Patience patience) {
    auto worker = std::make_unique<WorkerSut>(library.libssl, library.libcrypto, WorkerLimits{.trace = patience});
    const WorkerSut* const words = worker.get();
    return Subject{std::move(worker), [words] { return words->last_words(); }};
  };
}

}  // namespace

bool colour(int file_descriptor) { return isatty(file_descriptor) && !std::getenv("NO_COLOR"); }

int audit(const AuditVerb& options) {
  AuditOptions audit_options;
  audit_options.expected = options.expected.rules();
  audit_options.expected_name = options.expected.name();
  audit_options.seed = options.seed;
  audit_options.commands = options.commands;
  audit_options.stop = &interrupted;
  prepare_folder(options.out);

  const SutFactory make = factory(options.library);
  AuditHead head;
  head.version = make(patience_at_first).sut->version();
  head.libssl = options.library.libssl;
  head.expected = audit_options.expected_name;
  head.seed = options.seed;
  fmt::print(stderr, "auditing {} ({})\n", head.version, head.libssl);

  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);

  const auto start = Clock::now();
  AuditResult result;
  {
    Fleet fleet(make, options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()));
    ProgressLine line;
    audit_options.progress = [&](const AuditProgress& progress) { line.show(progress); };
    result = sesscheck::audit(fleet, audit_options);
  }
  head.seconds = seconds_since(start);
  fmt::print("{}", render_terminal(head, result, colour(STDOUT_FILENO)));
  std::fflush(stdout);
  write_report(options.out, head, result);
  fmt::print(stderr, "report written to {}\n", options.out);
  if (!result.failure.empty()) throw SutError("the audit ended early: " + result.failure);
  return result.as_expected() ? as_expected : differs;
}

}  // namespace sesscheck::cli
