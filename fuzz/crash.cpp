// sesscheck-crash [--api] FILE: what a fuzz target found in FILE (its input, or a .trace), shrunk, as FILE.trace, and
// as a C program that shows it, FILE.c.
//
// Each try runs in a child process, so that a crash, a hang and a sanitizer's report end the child alone. A smaller
// trace counts only when it fails in the same way.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <variant>

#include "check/lockstep.hpp"
#include "check/reproduce.hpp"
#include "check/shrink.hpp"
#include "fuzz/api_trace.hpp"
#include "fuzz/side_by_side.hpp"
#include "model/trace/bytes.hpp"
#include "model/trace/text.hpp"

// LeakSanitizer's, when it is linked in.
extern "C" __attribute__((weak)) int __lsan_do_recoverable_leak_check();

namespace sesscheck::fuzz {
namespace {

constexpr unsigned seconds_max = 60;  // a trace within the bounds takes one or two under the sanitizers
constexpr const char* rules_name = "openssl-3.0";
constexpr int differs_code = 42, leaks_code = 43;

enum class Outcome { agrees, differs, leaks, hangs, dies };

constexpr const char* words(Outcome outcome) {
  switch (outcome) {
    case Outcome::agrees: return "model and library agree";
    case Outcome::differs: return "model and library differ";
    case Outcome::leaks: return "memory is leaked";
    case Outcome::hangs: return "the library hangs";
    case Outcome::dies: return "the library dies, or a sanitizer reports";
  }
  return "";
}

/// In the child: tells the parent about a difference, and ends.
struct Teller : Watcher {
  Teller(const Trace& trace_, std::FILE* out_, const std::string& program_)
      : trace(trace_), out(out_), program(program_) {}
  void before(const World&, const Command&) override {}
  void after(const Because&) override {}
  void differs(std::size_t command, std::size_t repetition, const Because& because, const Observation& model,
               const Observation& library) override {
    std::fputs(report(trace, command, repetition, because, model, library).c_str(), out);
    std::fflush(out);
    if (!program.empty())
      std::ofstream(program) << reproduce(trace, command, repetition, compare(model, library), {{}, rules_name});
    ::_exit(differs_code);
  }
  const Trace& trace;
  std::FILE* out;
  const std::string& program;  // a C program is written to this file, if it has a name
};

class Tries {
 public:
  /// What becomes of a trace; `text` receives what the child says, sanitizers included. A difference can be written as
  /// a C program.
  Outcome run(const Trace& trace, std::string* text = nullptr, const std::string& program = {}) {
    std::FILE* out = std::tmpfile();
    if (out == nullptr) throw std::runtime_error("no temporary file can be made");
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(::fileno(out), STDERR_FILENO);
      ::alarm(seconds_max);
      Teller teller(trace, out, program);
      sides_.run(trace, teller);
      const bool leaks = &__lsan_do_recoverable_leak_check != nullptr && __lsan_do_recoverable_leak_check() != 0;
      ::_exit(leaks ? leaks_code : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (text != nullptr) {
      std::rewind(out);
      for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text->push_back(static_cast<char>(c));
    }
    std::fclose(out);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGALRM ? Outcome::hangs : Outcome::dies;
    switch (WEXITSTATUS(status)) {
      case 0: return Outcome::agrees;
      case differs_code: return Outcome::differs;
      case leaks_code: return Outcome::leaks;
      default: return Outcome::dies;
    }
  }

  [[nodiscard]] std::string version() const { return sides_.version(); }

 private:
  SideBySide sides_{*find_profile(rules_name)};
};

std::optional<Trace> read(const std::string& file, bool api) {
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", file.c_str());
    return std::nullopt;
  }
  if (file.ends_with(".trace")) {
    const auto parsed = parse(content);
    if (const auto* trace = std::get_if<Trace>(&parsed)) return *trace;
    const auto& error = std::get<ParseError>(parsed);
    std::fprintf(stderr, "%s:%zu: %s\n", file.c_str(), error.line, error.message.c_str());
    return std::nullopt;
  }
  const Trace trace = from_bytes(std::span(reinterpret_cast<const std::uint8_t*>(content.data()), content.size()));
  return api ? without_connections(bounded(trace, api_bounds)) : bounded(trace, Bounds{});
}

int shrink_file(const std::string& file, bool api) {
  const auto trace = read(file, api);
  if (!trace) return 2;
  Tries tries;
  const Outcome found = tries.run(*trace);
  std::printf("%s: %s\n", file.c_str(), words(found));
  if (found == Outcome::agrees) return 1;

  ShrinkStats stats;
  const Trace small = shrink(*trace, [&](const Trace& t) { return tries.run(t) == found; }, 2000, &stats);
  std::string text;
  const std::string target = file + ".trace", program = file + ".c";
  tries.run(small, &text, program);
  if (found != Outcome::differs && !small.commands.empty())  // no field to show: the program plays the trace
    std::ofstream(program) << reproduce(small, small.commands.size() - 1, small.commands.back().repeat - 1U, {},
                                        {{words(found)}, rules_name});
  std::ofstream out(target);
  std::istringstream lines(text.substr(0, text.find("\ntrace:\n")));
  out << "# " << words(found) << " (OpenSSL linked in: " << tries.version() << ")\n";
  for (std::string line; std::getline(lines, line);) out << "# " << line << "\n";
  out << to_text(small);
  std::printf("%zu single commands became %zu, in %zu tries\n%s\nwritten to %s and %s\n", single_commands(*trace),
              single_commands(small), stats.tries, to_text(small).c_str(), target.c_str(), program.c_str());
  return 0;
}

}  // namespace
}  // namespace sesscheck::fuzz

int main(int argc, char** argv) {
  const bool api = argc == 3 && std::string(argv[1]) == "--api";
  if (argc != (api ? 3 : 2) || argv[argc - 1][0] == '-') {
    std::fputs(
        "usage: sesscheck-crash [--api] FILE\n"
        "FILE is an input of lockstep_fuzzer (--api: of api_fuzzer), or a .trace. Writes FILE.trace, shrunk, and "
        "FILE.c.\n",
        stderr);
    return 2;
  }
  return sesscheck::fuzz::shrink_file(argv[argc - 1], api);
}
