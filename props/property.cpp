#include "props/property.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "check/lockstep.hpp"
#include "check/model_sut.hpp"
#include "check/shrink.hpp"
#include "model/trace/text.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::props {
namespace {

std::string environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string libssl() { return environment("SESSCHECK_LIB", "libssl.so.3"); }

Subject in_a_worker(const std::string& name) {
  const std::string library = libssl();
  std::string replay = SESSCHECK_BINARY " replay";
  if (library != "libssl.so.3") replay += " --lib " + library;
  return {name, std::make_shared<WorkerSut>(library, ""), replay};
}

std::string test_name() { return boost::unit_test::framework::current_test_case().full_name(); }

/// Where the trace was written; or why it was not.
std::string write(const Trace& trace, const std::string& what) {
  namespace fs = std::filesystem;
  std::string name = test_name();
  std::ranges::replace(name, '/', '-');
  std::error_code error;
  const fs::path folder = fs::path(environment("TMPDIR", "/tmp")) / "sesscheck-failures";
  fs::create_directories(folder, error);
  const fs::path file = folder / (name + ".trace");
  std::ofstream out(file);
  std::istringstream lines(what);
  for (std::string line; std::getline(lines, line);) out << "# " << line << '\n';
  out << to_text(trace);
  return out ? file.string() : file.string() + " (which could not be written)";
}

std::map<std::string, double> last_tags;

std::string unquoted(const std::string& tag) {
  return tag.size() > 1 && tag.front() == '"' ? tag.substr(1, tag.size() - 2) : tag;
}

/// RapidCheck counts each combination of tags; people want to know about each tag.
void print_tags(const rc::detail::SuccessResult& result) {
  last_tags.clear();
  for (const auto& [tags, number] : result.distribution)
    for (const std::string& tag : tags) last_tags[unquoted(tag)] += 100.0 * number / result.numSuccess;
  std::vector<std::pair<double, std::string>> sorted;
  for (const auto& [tag, percent] : last_tags) sorted.emplace_back(percent, tag);
  std::ranges::sort(sorted, std::greater{});
  for (const auto& [percent, tag] : sorted) std::printf("  %5.1f %%  %s\n", percent, tag.c_str());
}

struct Silent final : rc::detail::TestListener {
  void onTestCaseFinished(const rc::detail::CaseDescription&) override {}
  void onShrinkTried(const rc::detail::CaseDescription&, bool) override {}
  void onTestFinished(const rc::detail::TestMetadata&, const rc::detail::TestResult&) override {}
};

}  // namespace

const Subject& library() {
  static const Subject subject = in_a_worker("the library");
  return subject;
}

const Subject& another_worker() {
  static const Subject subject = in_a_worker("the library in another worker");
  return subject;
}

Subject model(const std::string& profile) {
  return {"the model (" + profile + ")", std::make_shared<ModelSut>(*find_profile(profile)),
          SESSCHECK_BINARY " simulate --rules " + profile};
}

Subject model(const std::string& profile, std::span<const Choice> changes) {
  Subject changed = model(profile);
  Rules rules = *find_profile(profile);
  for (const Choice change : changes) {
    rules.set(change);
    changed.name += " with " + to_string(change);
    changed.replay += " --rule " + to_string(change);
  }
  changed.sut = std::make_shared<ModelSut>(rules);
  return changed;
}

Trace drawn_trace(const Shape& shape) {
  // At its nominal size RapidCheck draws all seeds alike; smaller ones would be the same few again and again.
  const auto seeds = rc::gen::noShrink(rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>()));
  Random random(*seeds);
  return generate(random, shape);
}

std::optional<std::string> died(const Trace& trace, std::span<const Observation> seen) {
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i].status == Status::crashed || seen[i].status == Status::hung)
      return std::string(seen[i].status == Status::hung ? "hung" : "died") + " at step " + std::to_string(i + 1);
  const std::size_t commands = single_commands(trace);
  if (seen.size() == commands) return std::nullopt;
  return std::to_string(seen.size()) + " observations for " + std::to_string(commands) + " commands";
}

void check_on(const Subject& subject, const Trace& trace, const Judge& judge) {
  std::vector<Observation> seen;
  const auto wrong = [&](const Trace& candidate) {
    subject.sut->run(candidate, seen);
    auto death = died(candidate, seen);
    return death ? death : judge(candidate, seen);
  };
  if (!wrong(trace)) return;
  const Trace small = shrink(trace, [&](const Trace& candidate) { return wrong(candidate).has_value(); });
  const std::string what = subject.name + ": " + wrong(small).value_or("it does not fail again: not deterministic");
  const std::string file = write(small, test_name() + "\n" + what);
  const std::string wrong_here =
      "\n" + what + "\n\n" + to_text(small) + "\nreplay with: " + subject.replay + " " + file;
  RC_FAIL(wrong_here);
}

void property(std::size_t commands, const std::function<void()>& body, const Shape& shape) {
  const rc::detail::Configuration& configuration = rc::detail::configuration();  // says on stderr what RC_PARAMS is
  rc::detail::TestParams params = configuration.testParams;
  if (environment("RC_PARAMS", "").find("max_success") == std::string::npos) {
    constexpr std::uint64_t samples = 500;
    std::size_t total = 0;
    for (std::uint64_t seed = 0; seed < samples; ++seed) {
      Random random(seed);
      total += single_commands(generate(random, shape));
    }
    commands = std::stoul(environment("SESSCHECK_COMMANDS", std::to_string(commands)));
    params.maxSuccess = static_cast<int>(commands * samples / total + 1);
  }
  rc::detail::TestMetadata metadata;
  metadata.id = metadata.description = test_name();
  Silent listener;
  const rc::detail::TestResult result =
      rc::detail::checkTestable(body, metadata, params, listener, configuration.reproduce);
  if (result.is<rc::detail::SuccessResult>()) {
    const auto& success = result.get<rc::detail::SuccessResult>();
    print_tags(success);
    BOOST_TEST(success.numSuccess == params.maxSuccess);  // none was left out
    return;
  }
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  BOOST_FAIL(text.str() << "\nthe same cases again: RC_PARAMS=\"seed=" << params.seed
                        << " max_success=" << params.maxSuccess << "\" sesscheck-tests --run_test=" << test_name());
}

double tag_percent(const std::string& tag) {
  const auto found = last_tags.find(tag);
  return found == last_tags.end() ? 0 : found->second;
}

}  // namespace sesscheck::props
