// The traces of corpus/: readable, in the notation, and the library does on each what its Rules say. A trace may say
// how it differs from the manual:
//   # expect: capacity=one_less victim=soonest_to_expire
//   # agrees with the manual
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "check/explain.hpp"
#include "check/lockstep.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"
#include "props/property.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t files_min = 40;

struct Seed {
  std::string file, text;
  Trace trace;
  std::optional<std::set<std::string>> expect;  ///< rule values; none of them: it agrees with the manual
};

std::optional<std::set<std::string>> expectation(const std::string& text) {
  std::optional<std::set<std::string>> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("# agrees with the manual", 0) == 0) found.emplace();
    const std::string key = "# expect:";
    if (line.rfind(key, 0) != 0) continue;
    if (!found) found.emplace();
    std::istringstream words(line.substr(key.size()));
    for (std::string word; words >> word;) found->insert(word);
  }
  return found;
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  if (!fs::exists(SESSCHECK_CORPUS)) return all;
  for (const auto& entry : fs::recursive_directory_iterator(SESSCHECK_CORPUS)) {
    if (entry.path().extension() != ".trace") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    const std::string file = fs::relative(entry.path(), SESSCHECK_CORPUS).string();
    const auto parsed = parse(text.str());
    if (const auto* error = std::get_if<ParseError>(&parsed))
      BOOST_ERROR(file << ":" << error->line << ": " << error->message);
    else
      all.push_back({file, text.str(), std::get<Trace>(parsed), expectation(text.str())});
  }
  std::ranges::sort(all, {}, &Seed::file);
  return all;
}

std::string replay(const Seed& seed) { return library().replay + " " SESSCHECK_CORPUS "/" + seed.file; }

BOOST_AUTO_TEST_SUITE(corpus)

// Catches: a corpus that is lost, or cannot be read any more.
BOOST_AUTO_TEST_CASE(every_trace_is_in_the_notation) {
  const std::vector<Seed> all = seeds();
  std::cout << all.size() << " traces" << std::endl;
  BOOST_TEST(all.size() >= files_min);
  for (const Seed& seed : all) {
    const auto again = parse(to_text(seed.trace));
    BOOST_TEST(std::holds_alternative<Trace>(again), seed.file);
    BOOST_TEST((again == std::variant<Trace, ParseError>(seed.trace)), seed.file);
    BOOST_TEST((normalise(seed.trace) == seed.trace), seed.file);
    BOOST_TEST(!seed.trace.commands.empty(), seed.file);
    BOOST_TEST(seed.text.rfind("#", 0) == 0, seed.file << " does not begin with a line that says what it shows");
  }
}

// Catches: a library that does on a known trace what its Rules do not say: every regression that has a trace.
BOOST_AUTO_TEST_CASE(the_library_does_what_its_rules_say) {
  for (const Seed& seed : seeds()) {
    std::vector<Observation> seen;
    library().sut->run(seed.trace, seen);
    BOOST_TEST(!died(seed.trace, seen), seed.file);
    BOOST_TEST(!lockstep(seed.trace, Rules::openssl_3_0(), seen),
               seed.file << " differs; replay with: " << replay(seed));
  }
}

// Catches: a trace that shows another deviation from the manual than it says, or none.
BOOST_AUTO_TEST_CASE(the_manual_differs_as_the_trace_says) {
  std::size_t told = 0;
  for (const Seed& seed : seeds()) {
    if (!seed.expect) continue;
    ++told;
    for (const std::string& choice : *seed.expect)
      BOOST_TEST(parse_choice(choice).has_value(), seed.file << ": " << choice);
    std::vector<Observation> seen;
    library().sut->run(seed.trace, seen);
    const auto changes = explain(seed.trace, Rules::manual(), seen);
    BOOST_TEST(changes.has_value(), seed.file << ": no Rule explains it");
    std::set<std::string> found;
    for (const Choice change : changes.value_or(std::vector<Choice>{})) found.insert(to_string(change));
    BOOST_TEST_CONTEXT(seed.file << "; replay with: " << replay(seed) << " --rules manual")
    BOOST_TEST(found == *seed.expect, boost::test_tools::per_element());
  }
  std::cout << told << " traces say how they differ from the manual" << std::endl;
}

/// What a trace says that it shows: words of "# shows: ..." under openssl-3.0, and of "# shows under PROFILE: ...".
std::vector<std::pair<std::string, std::string>> promises(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string start = "# shows", under = " under ";
    const std::size_t colon = line.find(": ");
    if (line.rfind(start, 0) != 0 || colon == std::string::npos) continue;
    std::string profile = line.substr(start.size(), colon - start.size());
    if (profile.empty())
      profile = "openssl-3.0";
    else if (profile.rfind(under, 0) == 0)
      profile.erase(0, under.size());
    std::istringstream words(line.substr(colon + 1));
    for (std::string word; words >> word;) all.emplace_back(profile, word);
  }
  return all;
}

// Catches: a reason of the model that no readable trace shows any more, and a "# shows:" line that is not true.
BOOST_AUTO_TEST_CASE(every_reason_is_shown) {
  std::set<std::string> shown;
  for (const Seed& seed : seeds()) {
    std::map<std::string, Because> met;
    for (const auto& [profile, word] : promises(seed.text)) {
      if (!met.contains(profile)) {
        const auto rules = find_profile(profile);
        BOOST_TEST_REQUIRE(rules.has_value(), seed.file << ": there is no profile " << profile);
        simulate(seed.trace, *rules, [&](const Step& step) { met[profile].merge(step.because); });
      }
      const auto reason = std::ranges::find(reason_table(), word, &ReasonInfo::name);
      BOOST_TEST_REQUIRE((reason != reason_table().end()), seed.file << ": there is no reason " << word);
      BOOST_TEST(met[profile].has(reason->reason), seed.file << " does not show " << word << " under " << profile);
      shown.insert(word);
    }
  }
  for (const ReasonInfo& reason : reason_table())
    BOOST_TEST((shown.contains(std::string(reason.name)) || reason.reason == Reason::no_cipher),
               "no trace shows " << reason.name);
}

// Catches: a value of a Rule that an audit finds by luck alone: no trace of the corpus, which every audit runs, tells it.
BOOST_AUTO_TEST_CASE(every_value_of_every_rule_is_told_apart) {
  const std::vector<Seed> traces = seeds();
  const Rules base = Rules::openssl_3_0();
  std::vector<std::vector<Observation>> expected;
  for (const Seed& seed : traces) expected.push_back(simulate(seed.trace, base));
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value) {
      const Choice choice{row.rule, value};
      if (base.says(choice)) continue;
      bool told = false;
      for (std::size_t i = 0; i < traces.size() && !told; ++i) told = simulate(traces[i].trace, base.with(choice)) != expected[i];
      BOOST_TEST(told, "no trace tells " << to_string(choice));
    }
}

// Catches: a death of the library that the model does not foretell. Such traces are here and not in the corpus: every
// audit runs the corpus, and would report a library that dies; fuzzers run it within their own process.
BOOST_AUTO_TEST_CASE(a_session_without_a_cipher_kills) {
  const auto parsed = parse(
      "context A timeout=300 ems=off\ncontext B timeout=300 ems=off\nmake h1 1\nadd A h1\nconnect B A offer=h1\n");
  const Trace& trace = std::get<Trace>(parsed);
  Because met;
  simulate(trace, Rules::openssl_3_0(), [&](const Step& step) { met.merge(step.because); });
  BOOST_TEST(met.has(Reason::no_cipher));
  std::vector<Observation> seen;
  library().sut->run(trace, seen);
  BOOST_TEST_REQUIRE(seen.size() == trace.commands.size());
  BOOST_TEST((seen.back().status == Status::crashed));
  BOOST_TEST(!lockstep(trace, Rules::openssl_3_0(), seen));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
