#include "cli/run_audit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "cli/verbs.hpp"

namespace sesscheck::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// One line that rewrites itself on a terminal; plain lines, now and then, in a pipe.
class ProgressLine {
 public:
  void show(const AuditProgress& progress) {
    const double elapsed = seconds_since(start_);
    if (elapsed - shown_ < (terminal_ ? 0.1 : 10.0)) return;
    shown_ = elapsed;
    if (progress.stage != stage_) stage_ = progress.stage, stage_start_ = elapsed;
    const bool comparing = progress.stage == "comparing";
    const double share =
        comparing ? progress.share
                  : static_cast<double>(progress.done) / static_cast<double>(std::max<std::size_t>(progress.wanted, 1));
    const double spent = elapsed - stage_start_;
    const std::string left = share > 0.01 && share < 1 ? fmt::format(", {:.0f} s left", spent / share - spent) : "";
    const std::string amount = comparing ? fmt::format("{} commands, {:.0f} %", progress.done, 100 * share)
                                         : fmt::format("{} of {}", progress.done + 1, progress.wanted);
    const std::string line =
        fmt::format("{}: {}, {} traces not as expected{}", progress.stage, amount, progress.disagreements, left);
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
  }
  ~ProgressLine() {
    if (terminal_ && shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO);
  const Clock::time_point start_ = Clock::now();
  double shown_ = -100, stage_start_ = 0;
  std::string stage_;
};

}  // namespace

AuditResult run_audit(const SutFactory& make, unsigned jobs, AuditOptions options, AuditHead& head) {
  const auto start = Clock::now();
  ProgressLine line;
  options.progress = [&](const AuditProgress& progress) { line.show(progress); };
  options.stop = &interruption();
  Fleet fleet(make, jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency()));
  AuditResult result = audit(fleet, options);
  head.seconds = seconds_since(start);
  return result;
}

}  // namespace sesscheck::cli
