#include "audit/audit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "audit/baseline.hpp"
#include "audit/report.hpp"
#include "check/model_sut.hpp"
#include "cli/progress.hpp"
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

}  // namespace

const std::atomic<bool>& interruption() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

namespace {

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

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

 private:
  StatusLine line_;
  double stage_start_ = 0;
  std::string stage_;
};

}  // namespace

SutFactory factory(const LibraryOptions& library) {
  if (library.is_model()) {
    const RulesOptions options{library.libssl.substr(std::string_view("model:").size()), library.model_changes};
    return [rules = options.rules(), name = "the model of " + options.name()](Patience) {
      return Subject{std::make_unique<ModelSut>(rules, name), {}};
    };
  }
  return [library = library.resolved()](Patience patience) {
    auto worker = std::make_unique<WorkerSut>(library.libssl, library.libcrypto, WorkerLimits{.trace = patience});
    const WorkerSut* const words = worker.get();
    return Subject{std::move(worker), [words] { return words->last_words(); }};
  };
}

bool colour(int file_descriptor) { return isatty(file_descriptor) && !std::getenv("NO_COLOR"); }

int audit(const AuditVerb& options) {
  // With a model as the library, --rule is about that model: it is what differs from what is expected.
  LibraryOptions library = options.library.resolved();
  RulesOptions expected = options.expected;
  if (library.is_model()) library.model_changes.swap(expected.changes);

  const SutFactory make = factory(library);
  AuditHead head;
  head.version = make(patience_at_first).sut->version();
  expected.follow(head.version, library.is_model());
  AuditOptions audit_options;
  audit_options.expected = expected.rules();
  audit_options.expected_name = expected.name();
  audit_options.seed = options.seed;
  audit_options.commands = options.commands;
  audit_options.seconds = std::chrono::seconds(options.seconds);
  const std::vector<BaselineEntry> baseline =
      options.baseline.empty() ? std::vector<BaselineEntry>{} : read_baseline(options.baseline);

  head.libssl = library.libssl;
  head.expected = audit_options.expected_name;
  head.seed = options.seed;
  audit_options.release = release_of(head.version);
  const std::filesystem::path folder = prepare_run(options.out, head);
  fmt::print(stderr, "auditing {} ({})\n", head.version, head.libssl);

  audit_options.stop = &interruption();
  const auto start = Clock::now();
  AuditResult result;
  {
    Fleet fleet(make, options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency()));
    ProgressLine line;
    audit_options.progress = [&](const AuditProgress& progress) { line.show(progress); };
    result = sesscheck::audit(fleet, audit_options);
  }
  head.seconds = seconds_since(start);
  if (!options.baseline.empty()) result.baseline = hold_against(baseline, result, head.version);
  fmt::print("{}", render_terminal(head, result, colour(STDOUT_FILENO)));
  std::fflush(stdout);
  write_report(folder, head, result);
  fmt::print(stderr, "report written to {}\n", folder.string());
  if (!options.write_baseline.empty()) {
    write_baseline(options.write_baseline, result, head.version, options.reason, baseline);
    fmt::print(stderr, "baseline written to {}{}\n", options.write_baseline,
               options.reason.empty() ? "; say in each entry why it is accepted" : "");
  }
  if (!result.failure.empty()) throw SutError("the audit ended early: " + result.failure);
  return result.as_expected() ? as_expected : differs;
}

}  // namespace sesscheck::cli
