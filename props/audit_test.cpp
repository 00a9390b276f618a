// The audit of a library that is known to the last Rule: the model itself. And the program's exit codes.
#include <sys/wait.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "audit/audit.hpp"
#include "audit/report.hpp"
#include "check/model_sut.hpp"

namespace sesscheck {
namespace {

namespace fs = std::filesystem;

AuditResult audit_model(const Rules& real, std::size_t commands) {
  Fleet fleet([real](Patience) { return Subject{std::make_unique<ModelSut>(real), {}}; }, 2);
  AuditOptions options;
  options.expected = Rules::openssl_3_0();
  options.expected_name = "openssl-3.0";
  options.commands = commands;
  return audit(fleet, options);
}

/// A folder of its own for each test, gone afterwards.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("sesscheck-audit-test-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

int run(const std::string& arguments) {
  const int status = std::system((SESSCHECK_BINARY " " + arguments + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

BOOST_AUTO_TEST_SUITE(auditing)

// Catches: an audit that overlooks a deviation from the manual, or invents one; a clause that claims what was never seen.
BOOST_AUTO_TEST_CASE(names_every_deviation_from_the_manual_and_no_other) {
  const AuditResult result = audit_model(Rules::openssl_3_0(), 150'000);
  BOOST_TEST(result.as_expected());
  BOOST_TEST((result.established == Rules::openssl_3_0()));
  BOOST_TEST(result.deviations.size() == differences(Rules::manual(), Rules::openssl_3_0()).size());
  for (const Deviation& d : result.deviations) {
    BOOST_TEST(!d.shown.fields.empty(), to_string(d.choice));
    BOOST_TEST(d.trace.commands.size() <= 8u, to_string(d.choice) << " is shown by " << d.trace.commands.size());
  }
}

// Catches: a difference from what was expected that is not reported, or explained by the wrong Rule.
BOOST_AUTO_TEST_CASE(names_what_is_not_as_expected) {
  for (const Choice flipped : {capacity_is_size, zero_removes_session, flush_every_255, unclean_end_keeps}) {
    const AuditResult result = audit_model(Rules::openssl_3_0().with(flipped), 20'000);
    bool named = false;
    for (const Surprise& s : result.surprises) {
      BOOST_TEST(s.explanation.has_value(), to_string(flipped));
      named = named || s.explanation == std::vector<Choice>{flipped};
    }
    BOOST_TEST(named, to_string(flipped));
  }
}

// Catches: a clause that the table promises to exercise and the directed traces do not, whatever the seed; a Rule or
// reason that names a clause that is not there; an id that is there twice.
BOOST_AUTO_TEST_CASE(directed_traces_exercise_every_clause) {
  const AuditResult result = audit_model(Rules::openssl_3_0(), 1);
  BOOST_TEST(clause_table().size() < clauses_max);
  std::size_t not_yet = 0;
  for (const ClauseResult& c : result.clauses) {
    BOOST_TEST(find_clause(c.clause->id) == c.clause, c.clause->id << " is there twice");
    if (!can_be_exercised(*c.clause)) {
      ++not_yet;
      continue;
    }
    BOOST_TEST(c.steps > 0u, c.clause->id);
    BOOST_TEST((c.example.commands.size() > 0u), c.clause->id);
  }
  BOOST_TEST_MESSAGE(result.clauses.size() << " clauses, " << not_yet << " about features that the model does not have");
  const auto known = [](std::string_view ids) {
    std::istringstream words{std::string(ids)};
    for (std::string id; words >> id;) BOOST_TEST(find_clause(id) != nullptr, "there is no clause " << id);
  };
  for (const ReasonInfo& reason : reason_table()) known(reason.clauses);
  for (const RuleInfo& row : rule_table()) {
    known(row.clauses);
    BOOST_TEST(!row.clauses.empty(), row.name);
  }
}

// Catches: a report that lacks a file, and traces of another run that stay behind.
BOOST_AUTO_TEST_CASE(leaves_a_whole_report) {
  const Folder folder;
  const AuditResult result = audit_model(Rules::openssl_3_0(), 5'000);
  prepare_folder(folder.path);
  std::ofstream(folder.path / "traces" / "old.trace") << "connect A A\n";
  write_report(folder.path, {"the model", "-", "openssl-3.0", 1, 0}, result);
  BOOST_TEST(fs::file_size(folder.path / "audit.json") > 1000u);
  BOOST_TEST(fs::file_size(folder.path / "audit.txt") > 1000u);
  BOOST_TEST(!fs::exists(folder.path / "traces" / "old.trace"));
  for (const Deviation& d : result.deviations) {
    BOOST_TEST(fs::exists(folder.path / "traces" / (file_stem(d) + ".trace")));
    BOOST_TEST(fs::exists(folder.path / "reproducers" / (file_stem(d) + ".c")));
  }
}

// Catches: an exit code that is not the documented one.
BOOST_AUTO_TEST_CASE(exit_codes) {
  const Folder folder;
  const std::string out = " --out " + (folder.path / "report").string();
  std::ofstream(folder.path / "bad.trace") << "frobnicate A\n";
  std::ofstream(folder.path / "off.trace") << "context A timeout=9\ncontext B timeout=9\nconnect B A keep=h1\n"
                                              "set-mode A OFF\nconnect B A offer=h1\n";
  const std::string off = (folder.path / "off.trace").string();
  BOOST_TEST(run("audit --commands 500 --jobs 1" + out) == 0);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --rule unclean_end=keeps" + out) == 1);
  BOOST_TEST(run("audit --lib /nonexistent.so" + out) == 3);
  BOOST_TEST(run("audit --lib libc.so.6" + out) == 3);
  BOOST_TEST(run("audit --no-such-flag") == 2);
  BOOST_TEST(run("audit --expect nobody" + out) == 2);
  BOOST_TEST(run("audit --out " + off + "/below") == 2);
  BOOST_TEST(run("replay " + (folder.path / "bad.trace").string()) == 2);
  BOOST_TEST(run("replay " + (folder.path / "none.trace").string()) == 2);
  BOOST_TEST(run("replay " + off) == 0);
  BOOST_TEST(run("replay " + off + " --rules manual") == 1);
  BOOST_TEST(run("simulate " + off + " --rules manual") == 0);
  BOOST_TEST(run("--help") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck
