#include "cli/run_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>

#include "cli/progress.hpp"
#include "cli/verbs.hpp"

namespace sesscheck::cli {
namespace {

class ProgressLine {
 public:
  void show(const AuditProgress& progress) {
    if (!line_.due()) return;
    const double elapsed = line_.elapsed();
    if (progress.stage != stage_) stage_ = progress.stage, stage_start_ = elapsed;
    const bool comparing = progress.stage == "comparing";
    const double share =
        comparing ? progress.share
                  : static_cast<double>(progress.done) / static_cast<double>(std::max<std::size_t>(progress.wanted, 1));
    const double spent = elapsed - stage_start_;
    const std::string left = share > 0.01 && share < 1 ? fmt::format(", {:.0f} s left", spent / share - spent) : "";
    const std::string amount = comparing ? fmt::format("{} commands, {:.0f} %", progress.done, 100 * share)
                                         : fmt::format("{} of {}", progress.done + 1, progress.wanted);
    line_.show(fmt::format("{}: {}, {} traces not as expected{}", progress.stage, amount, progress.disagreements, left));
  }
  [[nodiscard]] double elapsed() const { return line_.elapsed(); }

 private:
  StatusLine line_;
  double stage_start_ = 0;
  std::string stage_;
};

}  // namespace

AuditResult run_audit(const SutFactory& make, unsigned jobs, AuditOptions options, AuditHead& head) {
  ProgressLine line;
  options.progress = [&](const AuditProgress& progress) { line.show(progress); };
  options.stop = &interruption();
  Fleet fleet(make, jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency()));
  AuditResult result = audit(fleet, options);
  head.seconds = line.elapsed();
  return result;
}

}  // namespace sesscheck::cli
