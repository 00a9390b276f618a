// The audit of a library that is known to the last Rule: the model itself. And the program's exit codes.
#include "audit/audit.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "audit/baseline.hpp"
#include "audit/directed.hpp"
#include "props/auditing.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;

int run(const std::string& arguments) {
  return exit_code(SESSCHECK_BINARY " " + arguments + " >/dev/null 2>&1");
}

BOOST_AUTO_TEST_SUITE(auditing)

// Catches: an audit that overlooks a deviation from the manual, or invents one; a clause that claims what was never
// seen.
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

// Catches: a clause that the directed traces do not exercise, whatever the seed; a Rule or reason that names a clause that
// is not there; an id that is there twice.
BOOST_AUTO_TEST_CASE(directed_traces_exercise_every_clause) {
  const AuditResult result = audit_model(Rules::openssl_3_0(), 0);
  BOOST_TEST(result.traces == directed_traces().size());
  BOOST_TEST(clause_table().size() < clauses_max);
  for (const ClauseResult& c : result.clauses) {
    BOOST_TEST(find_clause(c.clause->id) == c.clause, c.clause->id << " is there twice");
    BOOST_TEST(c.steps > 0u, c.clause->id);
    BOOST_TEST((c.example.commands.size() > 0u), c.clause->id);
  }
  const auto known = [](std::string_view ids) {
    std::istringstream words{std::string(ids)};
    for (std::string id; words >> id;) BOOST_TEST(find_clause(id) != nullptr, "there is no clause " << id);
  };
  for (const ReasonInfo& reason : reason_table()) known(reason.clauses);
  // A Rule may have none: releases differ in things that no page speaks of.
  for (const RuleInfo& row : rule_table()) known(row.clauses);
}

// Catches: a baseline that hides what is not in it, keeps what is gone, or takes an entry without a reason.
BOOST_AUTO_TEST_CASE(a_baseline_accepts_one_deviation_and_no_other) {
  const Folder folder("audit");
  const fs::path file = folder.path / "accepted.json";
  AuditResult known = audit_model(Rules::openssl_3_0(), 5'000);
  write_baseline(file, to_accept(known), "OpenSSL 3.0.19 27 Jan 2026", "", {});
  BOOST_CHECK_THROW(read_baseline(file), std::runtime_error);  // no reasons
  write_baseline(file, to_accept(known), "OpenSSL 3.0.19 27 Jan 2026", "known", {});
  const std::vector<BaselineEntry> baseline = read_baseline(file);
  const auto held = [&](AuditResult result, const std::string& version) {
    result.baseline = hold_against(baseline, to_accept(result), version);
    return result;
  };
  BOOST_TEST(held(known, "OpenSSL 3.0.20").as_expected());
  BOOST_TEST(!held(known, "OpenSSL 3.5.7").as_expected());  // accepted for another release
  BOOST_TEST(held(known, "OpenSSL 3.5.7").baseline->gone.empty());  // and nothing of that one is gone

  // Another value of a Rule that is in it, and one that is not.
  const AuditResult never = held(audit_model(Rules::openssl_3_0().with(time_never_updated), 5'000), "OpenSSL 3.0.19");
  BOOST_TEST(never.baseline->not_accepted == std::vector<std::string>{"C14 update_time=never"},
             boost::test_tools::per_element());
  BOOST_TEST(never.baseline->gone == std::vector<std::string>{"C14 update_time=on_add"},
             boost::test_tools::per_element());
  BOOST_TEST(!never.as_expected());
  // One that is gone: the library does what the manual says.
  const AuditResult gone = held(audit_model(Rules::openssl_3_0().with(set_time_returns_one), 5'000), "OpenSSL 3.0.19");
  BOOST_TEST(gone.baseline->gone == std::vector<std::string>{"T8 set_time_result=time"},
             boost::test_tools::per_element());
  BOOST_TEST(!gone.as_expected());
  // One of which no clause speaks.
  const AuditResult silent = held(audit_model(Rules::openssl_3_0().with(serialised_zero_kept), 5'000), "OpenSSL 3.0.19");
  BOOST_TEST(silent.baseline->not_accepted == std::vector<std::string>{"serialised_zero=kept"},
             boost::test_tools::per_element());
  BOOST_TEST(!silent.as_expected());
  // A finding is in no baseline.
  known.surprises.emplace_back();
  BOOST_TEST(!held(known, "OpenSSL 3.0.19").as_expected());
}

// Catches: Ctrl-C that loses what was done so far, or takes long.
BOOST_AUTO_TEST_CASE(an_interrupt_leaves_a_report) {
  const Folder folder("audit");
  const std::string out = (folder.path / "report").string();
  const int status = std::system(("timeout --signal=INT 3 " SESSCHECK_BINARY " audit --seconds 600 --jobs 1 --out " +
                                  out + " >/dev/null 2>&1; timeout 1 true")
                                     .c_str());
  BOOST_TEST(status == 0);
  const nlohmann::json json = nlohmann::json::parse(text_of(fs::path(out) / "latest" / "audit.json"));
  BOOST_TEST(json["interrupted"] == true);
  BOOST_TEST(json["commands"] > 100);
}

// Catches: an exit code that is not the documented one.
BOOST_AUTO_TEST_CASE(exit_codes) {
  const Folder folder("audit");
  const std::string out = " --out " + (folder.path / "report").string();
  const fs::path full = folder.path / "full";
  std::ofstream(folder.path / "bad.trace") << "frobnicate A\n";
  std::ofstream(folder.path / "off.trace") << "context A timeout=9\ncontext B timeout=9\nconnect B A keep=h1\n"
                                              "set-mode A OFF\nconnect B A offer=h1\n";
  const std::string off = (folder.path / "off.trace").string();
  BOOST_TEST(run("audit --commands 500 --jobs 1" + out) == 0);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --rule unclean_end=keeps" + out) == 1);
  const std::string accepted = (folder.path / "accepted.json").string();
  BOOST_TEST(run("audit --commands 500 --jobs 1 --lib model:openssl-3.0" + out) == 0);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --lib model:openssl-3.0,capacity=size" + out) == 1);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --lib model:openssl-3.0 --rule capacity=size" + out) == 1);
  BOOST_TEST(run("audit --seconds 1 --jobs 1 --lib model:manual --expect manual" + out) == 0);
  BOOST_TEST(run("audit --lib model:nobody" + out) == 2);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --write-baseline " + accepted + " --reason known" + out) == 0);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --baseline " + accepted + out) == 0);
  BOOST_TEST(run("audit --commands 500 --jobs 1 --baseline " + accepted +
                 " --lib model:openssl-3.0 --rule capacity=size" + out) == 1);
  const std::string nothing = (folder.path / "nothing.json").string();
  std::ofstream(nothing) << R"({"schema": 1, "accepted": []})";
  BOOST_TEST(run("audit --commands 500 --jobs 1 --baseline " + nothing + out) == 1);  // as expected, but not accepted
  BOOST_TEST(run("audit --baseline " + off + out) == 2);
  BOOST_TEST(run("audit --lib /nonexistent.so" + out) == 3);
  BOOST_TEST(run("audit --lib libc.so.6" + out) == 3);
  BOOST_TEST(run("audit --no-such-flag") == 2);
  BOOST_TEST(run("audit --commands 0 --jobs 1" + out) == 0);
  BOOST_TEST(run("audit --commands -1" + out) == 2);
  BOOST_TEST(exit_code(SESSCHECK_BINARY " audit --commands 0 --jobs 1 --lib model:manual --expect manual >/dev/full 2>/dev/null --out " +
                       full.string()) == 2);
  BOOST_TEST(fs::exists(full / "latest" / "index.html"), "a table that cannot be printed takes the report with it");
  BOOST_TEST(run("audit --commands 500 --jobs 1 --reason alone" + out) == 2);
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
}  // namespace sesscheck::props
