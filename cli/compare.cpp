// sesscheck compare: what changes from one library to the other.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "audit/baseline.hpp"
#include "audit/compare_report.hpp"
#include "cli/verbs.hpp"

namespace sesscheck::cli {

int compare(const CompareVerb& options) {
  CompareOptions compare_options;
  compare_options.seed = options.seed;
  compare_options.commands = options.commands;
  const std::vector<BaselineEntry> baseline =
      options.baseline.empty() ? std::vector<BaselineEntry>{} : read_baseline(options.baseline);
  for (const std::string& file : {options.json, options.html, options.write_baseline}) check_writable(file);

  CompareHead head{{}, options.seed};
  std::array<SutFactory, 2> make;
  for (const std::size_t i : {0U, 1U}) {
    LibraryOptions library;
    library.libssl = i == 0 ? options.first : options.second;
    library = library.resolved();
    make[i] = factory(library);
    RulesOptions rules;
    if (library.is_model()) rules.profile = library.libssl.substr(std::string_view("model:").size());
    const Subject subject = make[i](patience_at_first);
    ComparedLibrary& compared = head.libraries[i] = {subject.sut->version(), library.libssl, {}};
    compare_options.lacks = compare_options.lacks | subject.sut->lacks();
    rules.follow(compared.version, library.is_model());
    compared.rules = rules.name();
    compare_options.rules[i] = rules.rules();
    fmt::print("{}  {}   {}\n", i == 0 ? "A" : "B", compared.version, compared.libssl);
  }
  std::fflush(stdout);

  compare_options.stop = &interruption();
  const unsigned jobs = options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  Comparison comparison;
  {
    Fleet first(make[0], jobs), second(make[1], jobs);
    if (isatty(STDERR_FILENO))
      compare_options.progress = [](const AuditProgress& p) {
        fmt::print(stderr, "\r\x1b[K{}: {} of {}, {} traces differ", p.stage, p.done, p.wanted, p.disagreements);
      };
    comparison = compare_libraries(first, second, compare_options);
    if (compare_options.progress) fmt::print(stderr, "\r\x1b[K");
  }
  const std::string& upgraded = head.libraries[1].version;
  if (!options.baseline.empty()) comparison.baseline = hold_against(baseline, to_accept(comparison), upgraded);
  fmt::print("{}", render_terminal(head, comparison, colour(STDOUT_FILENO)));
  std::fflush(stdout);
  if (!options.json.empty()) write_text(options.json, render_json(head, comparison));
  if (!options.html.empty()) write_text(options.html, render_html(head, comparison));
  if (!options.write_baseline.empty()) {
    write_baseline(options.write_baseline, to_accept(comparison), upgraded, options.reason, baseline);
    fmt::print(stderr, "baseline written to {}{}\n", options.write_baseline,
               options.reason.empty() ? "; say in each entry why it is accepted" : "");
  }
  return comparison.as_expected() ? as_expected : differs;
}

}  // namespace sesscheck::cli
