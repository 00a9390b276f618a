// The C programs of a report: each compiles without sesscheck, and tells a library that has the deviation from one that
// has not. Needs a C compiler, the headers, and the libssl that they are of.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "audit/audit.hpp"
#include "audit/report.hpp"
#include "check/model_sut.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t lines_max = 175;  // "about 150": a trace with an external store takes some more

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
        return Subject{std::make_unique<WorkerSut>("libssl.so.3", ""), {}};
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
          return Subject{std::make_unique<ModelSut>(rules), {}};
        },
        2'000);
    prepare_folder(folder.path);
    write_report(folder.path, {"a model", "-", "openssl-3.0", 1, 0}, result);
    BOOST_REQUIRE(result.surprises.size() == 1u);
    BOOST_TEST(result_of(folder.path / "reproducers" / "surprise-1.c") == 0, to_string(change));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
