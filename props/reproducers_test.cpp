// The C programs of a report: each compiles without sesscheck, and tells a library that has the deviation from one that
// has not. Needs a C compiler, the headers, and the libssl that they are of.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "check/reproduce.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/property.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t lines_max = 185;  // "about 150": a trace with an external store, or with tickets, takes some more
constexpr std::size_t lines_max_with_both = 230;

/// Compiles a program as its head says, runs it, and gives its exit code.
int result_of(const fs::path& program) {
  const std::string binary = program.string() + ".out";
  BOOST_REQUIRE_MESSAGE(exit_code("cc -Wall -Wextra -Werror -o " + binary + " " + program.string() + " -lssl -lcrypto") == 0,
                        program << " does not compile");
  return exit_code("timeout 60 " + binary + " >" + binary + ".txt 2>&1");
}

void is_short(const fs::path& program) {
  std::ifstream in(program);
  const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  BOOST_TEST(static_cast<std::size_t>(lines) <= lines_max, program << " has " << lines << " lines");
}

struct CorpusTrace {
  fs::path file;
  Trace trace;
  std::set<std::string> words;  ///< its commands, and the names of what is set in it
};

/// The traces of the corpus in which the library differs from the manual; those that use most words first.
std::vector<CorpusTrace> telling_traces() {
  std::vector<CorpusTrace> all;
  for (const auto& entry : fs::recursive_directory_iterator(SESSCHECK_CORPUS)) {
    if (entry.path().extension() != ".trace") continue;
    const std::string text = text_of(entry.path());
    if (text.find("\n# expect:") == std::string::npos) continue;
    CorpusTrace& t = all.emplace_back(entry.path(), std::get<Trace>(parse(text)));
    std::istringstream lines(to_text(t.trace));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      for (std::string word; words >> word;)
        if (const std::size_t equals = word.find('='); t.words.empty() || equals != std::string::npos)
          t.words.insert(word.substr(0, equals));
      t.words.insert(line.substr(0, line.find(' ')));
    }
  }
  std::ranges::sort(all, {}, [](const CorpusTrace& t) { return std::pair(-static_cast<int>(t.words.size()), t.file); });
  return all;
}

/// What a program must exit with, and what it does: the manual speaks through it, and it shows the difference; or the
/// Rules of the library speak through it, and it shows none.
class Programs {
 public:
  void by_manual(const CorpusTrace& t) {
    std::vector<Observation> seen;
    library().sut->run(t.trace, seen);
    check(t, lockstep(t.trace, Rules::manual(), seen), "the manual", 1);
  }
  void by_rules(const CorpusTrace& t) {
    check(t, lockstep(t.trace, Rules::openssl_3_0(), simulate(t.trace, Rules::manual())), "openssl-3.0", 0);
  }
  void tell() const {
    std::cout << programs_ << " programs, the longest of " << longest_ << " lines" << std::endl;
    BOOST_TEST(longest_ <= lines_max_with_both);
    BOOST_TEST(programs_ > 0u);
  }

 private:
  void check(const CorpusTrace& t, const std::optional<Difference>& difference, const std::string& expected_by, int wanted) {
    BOOST_TEST_REQUIRE(difference.has_value(), t.file);
    const std::string text = reproduce(t.trace, difference->command, difference->repetition, difference->fields,
                                       {{expected_by}, expected_by});
    longest_ = std::max<std::size_t>(longest_, static_cast<std::size_t>(std::ranges::count(text, '\n')));
    const fs::path program = folder_.path / (std::to_string(++programs_) + ".c");
    std::ofstream(program) << text;
    BOOST_TEST_CONTEXT(t.file) BOOST_TEST(result_of(program) == wanted);
  }

  const Folder folder_{"reproducers"};
  std::size_t programs_ = 0, longest_ = 0;
};

BOOST_AUTO_TEST_SUITE(reproducers)

// Catches: a program that does not compile, or does not show on the library what the audit saw on it.
BOOST_AUTO_TEST_CASE(each_shows_its_deviation) {
  const Folder folder("reproducers");
  const AuditResult result = audit_of(make<WorkerSut>("libssl.so.3", ""), 2'000);
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
  const Folder folder("reproducers");
  for (const Choice change : {expired_at_deadline, unclean_end_keeps, reported_in_reverse, not_asked_without_server}) {
    const Rules rules = Rules::openssl_3_0().with(change);
    const AuditResult result = audit_model(rules, 2'000);
    prepare_folder(folder.path);
    write_report(folder.path, {"a model", "-", "openssl-3.0", 1, 0}, result);
    BOOST_REQUIRE(result.surprises.size() == 1u);
    BOOST_TEST(result_of(folder.path / "reproducers" / "surprise-1.c") == 0, to_string(change));
  }
}

// Catches: a command or a setting that a program carries out in another way than the library under test did. So many
// traces as it takes to have every word of the notation that the corpus uses, and one program for each.
BOOST_AUTO_TEST_CASE(each_word_of_the_corpus_has_a_program) {
  Programs programs;
  std::set<std::string> known;
  bool manual = false;
  for (const CorpusTrace& t : telling_traces()) {
    if (std::ranges::includes(known, t.words)) continue;
    known.insert(t.words.begin(), t.words.end());
    (manual = !manual) ? programs.by_manual(t) : programs.by_rules(t);
  }
  programs.tell();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reproducers_of_the_corpus)  // minutes

// Catches: the same, and what shows in the combination of words only.
BOOST_AUTO_TEST_CASE(each_trace_has_its_two_programs) {
  Programs programs;
  for (const CorpusTrace& t : telling_traces()) programs.by_manual(t), programs.by_rules(t);
  programs.tell();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
