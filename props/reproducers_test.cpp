// The C programs of a report: each compiles without sesscheck, and tells a library that has the deviation from one that
// has not. Needs a C compiler, the headers, and the libssl that they are of.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "audit/audit.hpp"
#include "audit/report.hpp"
#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "check/reproduce.hpp"
#include "model/trace/text.hpp"
#include "props/property.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t lines_max = 185;  // "about 150": a trace with an external store, or with tickets, takes some more
constexpr std::size_t lines_max_with_both = 230;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("sesscheck-reproducers-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

AuditResult audit_of(const SutFactory& make, std::size_t commands) {
  Fleet fleet(make, 1);
  AuditOptions options;
  options.expected = Rules::openssl_3_0();
  options.expected_name = "openssl-3.0";
  options.commands = commands;
  return audit(fleet, options);
}

/// Compiles a program as its head says, runs it, and gives its exit code.
int result_of(const fs::path& program) {
  const std::string binary = program.string() + ".out";
  BOOST_REQUIRE_MESSAGE(run("cc -Wall -Wextra -Werror -o " + binary + " " + program.string() + " -lssl -lcrypto") == 0,
                        program << " does not compile");
  return run("timeout 60 " + binary + " >" + binary + ".txt 2>&1");
}

void is_short(const fs::path& program) {
  std::ifstream in(program);
  const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  BOOST_TEST(static_cast<std::size_t>(lines) <= lines_max, program << " has " << lines << " lines");
}

BOOST_AUTO_TEST_SUITE(reproducers)

// Catches: a program that does not compile, or does not show on the library what the audit saw on it.
BOOST_AUTO_TEST_CASE(each_shows_its_deviation) {
  const Folder folder;
  const AuditResult result = audit_of(
      [](Patience) {
        return sesscheck::Subject{std::make_unique<WorkerSut>("libssl.so.3", ""), {}};
      },
      2'000);
  prepare_folder(folder.path);
  write_report(folder.path, {"the installed libssl", "-", "openssl-3.0", 1, 0}, result);
  BOOST_TEST(result.deviations.size() > 15u);
  for (const Deviation& d : result.deviations) {
    const fs::path program = folder.path / "reproducers" / (file_stem(d) + ".c");
    is_short(program);
    BOOST_TEST(result_of(program) == 1, program);
  }
}

// Catches: a program that finds a deviation where there is none. The deviations are those of a model that does not do
// what the installed library does; the programs are run on the library.
BOOST_AUTO_TEST_CASE(none_shows_what_is_not_there) {
  const Folder folder;
  for (const Choice change : {expired_at_deadline, unclean_end_keeps, reported_in_reverse, not_asked_without_server}) {
    const Rules rules = Rules::openssl_3_0().with(change);
    const AuditResult result = audit_of(
        [rules](Patience) {
          return sesscheck::Subject{std::make_unique<ModelSut>(rules), {}};
        },
        2'000);
    prepare_folder(folder.path);
    write_report(folder.path, {"a model", "-", "openssl-3.0", 1, 0}, result);
    BOOST_REQUIRE(result.surprises.size() == 1u);
    BOOST_TEST(result_of(folder.path / "reproducers" / "surprise-1.c") == 0, to_string(change));
  }
}

// Catches: a command or a setting that a program carries out in another way than the library under test did. Each trace
// of the corpus in which the library differs from the manual has two programs: one that the manual speaks through, which
// shows the difference, and one that the Rules of the library speak through, which shows none.
BOOST_AUTO_TEST_CASE(each_trace_of_the_corpus_has_its_programs) {
  const Folder folder;
  std::size_t programs = 0, longest = 0;
  const auto exit_code = [&](const Trace& trace, const Difference& difference, const std::string& expected_by) {
    const std::string text = reproduce(trace, difference.command, difference.repetition, difference.fields, {{expected_by}, expected_by});
    longest = std::max<std::size_t>(longest, static_cast<std::size_t>(std::ranges::count(text, '\n')));
    const fs::path program = folder.path / (std::to_string(++programs) + ".c");
    std::ofstream(program) << text;
    return result_of(program);
  };
  for (const auto& entry : fs::recursive_directory_iterator(SESSCHECK_CORPUS)) {
    if (entry.path().extension() != ".trace") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (text.str().find("\n# expect:") == std::string::npos) continue;
    const Trace trace = std::get<Trace>(parse(text.str()));
    std::vector<Observation> seen;
    library().sut->run(trace, seen);
    const auto shown = lockstep(trace, Rules::manual(), seen);
    BOOST_TEST_REQUIRE(shown.has_value(), entry.path());
    BOOST_TEST_CONTEXT(entry.path()) BOOST_TEST(exit_code(trace, *shown, "the manual") == 1);
    const auto not_there = lockstep(trace, Rules::openssl_3_0(), simulate(trace, Rules::manual()));
    BOOST_TEST_REQUIRE(not_there.has_value(), entry.path());
    BOOST_TEST_CONTEXT(entry.path()) BOOST_TEST(exit_code(trace, *not_there, "openssl-3.0") == 0);
  }
  std::cout << programs << " programs, the longest of " << longest << " lines" << std::endl;
  BOOST_TEST(longest <= lines_max_with_both);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
