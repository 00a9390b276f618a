#include "audit/audit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include "audit/baseline.hpp"
#include "audit/report.hpp"
#include "check/model_sut.hpp"
#include "cli/run_audit.hpp"
#include "cli/verbs.hpp"
#include "sut/sut.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::cli {
namespace {

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

SutFactory factory(const LibraryOptions& library, const PeerOptions& peer) {
  if (peer.any() && peer.options().is_model() != library.is_model())
    throw UsageError("a library and a model do not talk to each other: " + peer.flag());
  if (library.is_model()) {
    const RulesOptions options{library.libssl.substr(std::string_view("model:").size()), library.model_changes};
    return [rules = with_peer(options.rules(), peer), name = "the model of " + options.name()](Patience) {
      return Subject{std::make_unique<ModelSut>(rules, name), {}};
    };
  }
  std::optional<PeerLibrary> other;
  if (peer.any()) other = {peer.options().libssl, peer.options().libcrypto, peer.library()};
  return [library = library.resolved(), other](Patience patience) {
    auto worker = std::make_unique<WorkerSut>(library.libssl, library.libcrypto, WorkerLimits{.trace = patience}, other);
    const WorkerSut* const words = worker.get();
    return Subject{std::move(worker), [words] { return words->last_words(); }};
  };
}

LibraryOptions PeerOptions::options() const {
  LibraryOptions library;
  library.libssl = clients.empty() ? servers : clients;
  return library.resolved();
}

std::string PeerOptions::flag() const { return clients.empty() ? "--server-lib " + servers : "--client-lib " + clients; }

Rules with_peer(const Rules& rules, const PeerOptions& peer) {
  if (!peer.any()) return rules;
  const LibraryOptions library = peer.options();
  RulesOptions known;
  if (library.is_model())
    known.profile = library.libssl.substr(std::string_view("model:").size());
  else
    known.follow(factory(library)(patience_at_first).sut->version(), false);
  return rules.beside(known.rules(), peer.library());
}

void check_writable(const std::string& file) {
  if (!file.empty() && !std::ofstream(file, std::ios::app))
    throw UsageError("cannot write " + file + ": " + std::strerror(errno));
}

void write_text(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw UsageError("cannot write " + file + ": " + std::strerror(errno));
}

bool colour(int file_descriptor) { return isatty(file_descriptor) && !std::getenv("NO_COLOR"); }

int audit(const AuditVerb& options) {
  // With a model as the library, --rule is about that model: it is what differs from what is expected.
  LibraryOptions library = options.library.resolved();
  RulesOptions expected = options.expected;
  if (library.is_model()) library.model_changes.swap(expected.changes);

  const SutFactory make = factory(library, options.peer);
  AuditHead head;
  if (options.peer.any()) head.peer = options.peer.flag();
  const Subject subject = make(patience_at_first);
  head.version = subject.sut->version();
  expected.follow(head.version, library.is_model());
  AuditOptions audit_options;
  audit_options.expected = with_peer(expected.rules(), options.peer);
  audit_options.expected_name = expected.name();
  audit_options.lacks = subject.sut->lacks();
  audit_options.seed = options.seed;
  audit_options.commands = options.commands;
  audit_options.seconds = std::chrono::seconds(options.seconds);
  const std::vector<BaselineEntry> baseline =
      options.baseline.empty() ? std::vector<BaselineEntry>{} : read_baseline(options.baseline);
  check_writable(options.write_baseline);

  head.libssl = library.libssl;
  head.expected = audit_options.expected_name;
  head.seed = options.seed;
  audit_options.release = release_of(head.version);
  const std::filesystem::path folder = prepare_run(options.out, head);
  fmt::print(stderr, "auditing {} ({})\n", head.version, head.libssl);

  AuditResult result = run_audit(make, options.jobs, audit_options, head);
  if (!options.baseline.empty()) result.baseline = hold_against(baseline, to_accept(result), head.version);
  const std::string table = render_terminal(head, result, colour(STDOUT_FILENO));
  const bool printed = std::fwrite(table.data(), 1, table.size(), stdout) == table.size() && std::fflush(stdout) == 0;
  const int why = errno;
  write_report(folder, head, result);  // with the table in it, whatever became of the one that was printed
  fmt::print(stderr, "report written to {}\n", folder.string());
  if (!options.write_baseline.empty()) {
    write_baseline(options.write_baseline, to_accept(result), head.version, options.reason, baseline);
    fmt::print(stderr, "baseline written to {}{}\n", options.write_baseline,
               options.reason.empty() ? "; say in each entry why it is accepted" : "");
  }
  if (!printed) throw UsageError(std::string("cannot write to stdout: ") + std::strerror(why));
  if (!result.failure.empty()) throw SutError("the audit ended early: " + result.failure);
  return result.as_expected() ? as_expected : differs;
}

}  // namespace sesscheck::cli
