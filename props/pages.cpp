#include "props/pages.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "audit/baseline.hpp"
#include "audit/compare_report.hpp"
#include "audit/findings.hpp"
#include "check/model_sut.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/faulty_sut.hpp"

namespace sesscheck::props {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t few = 3'000;  // commands

}  // namespace

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = [] {
    const AuditHead head{"the model", "/lib/libssl.so.3", "openssl-3.0", 7, 1.5};
    std::vector<Sample> list;
    list.push_back({"as-expected", head, audit_model(Rules::openssl_3_0(), few)});
    list.push_back({"rules", head, audit_model(Rules::openssl_3_0().with(capacity_is_size).with(flush_every_255), few)});
    list.push_back({"fault", head,
                    audit_of(make<FaultySut>(Rules::openssl_3_0(), faults()[20]), few)});
    static bool already = false;
    list.push_back({"death", head,
                    audit_of(
                        [](Patience) {
                          return Subject{std::make_unique<DyingSut>(Dies::after_a_spoiler, already),
                                         [] { return "stack smashing detected\n" + std::string(hostile); }};
                        },
                        20'000)});
    Sample odd{"odd",
               {std::string(hostile), std::string(hostile), std::string(hostile), 0, 0},
               audit_model(Rules::openssl_3_0(), 1)};
    odd.result.note = odd.result.failure = hostile;
    odd.result.interrupted = true;
    odd.result.baseline = BaselineOutcome{{"S18 flush_period=256"}, {std::string(hostile)}, {std::string(hostile)}};
    odd.result.surprises.push_back({});  // as little as there can be
    odd.result.surprises.back().shown.command = 99;
    odd.result.deviations.push_back({expired_at_deadline, std::get<Trace>(parse("connect A A\n")), 1, {}});
    list.push_back(std::move(odd));
    list.push_back({"nothing", head, AuditResult{}});
    return list;
  }();
  return all;
}

namespace {

/// As little and as much as two libraries can differ in.
std::vector<std::pair<std::string, std::string>> compare_pages() {
  const CompareHead head{{{{"the one", "/lib/a.so", "openssl-3.0"}, {std::string(hostile), std::string(hostile), "x"}}}, 7};
  Comparison differing;
  differing.rules = {Rules::openssl_3_0(), Rules::openssl_3_0().with(capacity_is_size)};
  differing.differing = 4, differing.not_investigated = 1;
  differing.interrupted = true;
  Contrast by_rule;
  by_rule.rule = Rule::capacity, by_rule.values = {1, 0};
  by_rule.trace = std::get<Trace>(parse("context A size=2\ncontext B\nconnect B A x2\n"));
  by_rule.shown = show(by_rule.trace, differing.rules[0], simulate(by_rule.trace, differing.rules[1]));
  Contrast strange;
  strange.trace = by_rule.trace;
  strange.shown.fields = {{std::string(hostile), std::string(hostile), "4"}};
  strange.died = {false, true};
  differing.contrasts = {strange, by_rule};
  differing.baseline = BaselineOutcome{{"Z3 capacity=size"}, {std::string(hostile)}, {std::string(hostile)}};
  return {{"compare-alike", render_html(head, Comparison{})}, {"compare", render_html(head, differing)}};
}

}  // namespace

Matrix matrix_of_samples() {
  Matrix matrix;
  for (const Sample& sample : samples())
    if (!sample.result.clauses.empty()) matrix.columns.push_back({sample.name, sample.head, sample.result, {}});
  matrix.columns.push_back({std::string(hostile), {std::string(hostile), std::string(hostile), "", 1, 0}, {}, std::string(hostile)});
  return matrix;
}

const std::vector<std::pair<std::string, std::string>>& pages() {
  static const auto all = [] {
    std::vector<std::pair<std::string, std::string>> list = compare_pages();
    for (const Sample& s : samples()) list.emplace_back(s.name, render_html(s.head, s.result));
    list.emplace_back("matrix", render_html(matrix_of_samples()));
    list.emplace_back("matrix-of-none", render_html(Matrix{}));
    if (const char* folder = std::getenv("SESSCHECK_PAGES"))
      for (const auto& [name, page] : list) std::ofstream(fs::path(folder) / (name + ".html")) << page;
    return list;
  }();
  return all;
}

}  // namespace sesscheck::props
