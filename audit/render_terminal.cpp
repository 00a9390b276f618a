#include <fmt/format.h>

#include <algorithm>

#include "audit/report.hpp"

namespace sesscheck {
namespace {

constexpr const char *red = "\x1b[31m", *green = "\x1b[32m", *yellow = "\x1b[33m", *bold = "\x1b[1m", *plain = "\x1b[0m";

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::deviates: return "deviates";
    case Verdict::not_exercised: return "not exercised";
    case Verdict::conforms: return "conforms";
  }
  return {};
}

std::string names(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice choice : choices) text += (text.empty() ? "" : ", ") + to_string(choice);
  return text;
}

class Page {
 public:
  Page(const AuditHead& head, const AuditResult& result, bool colour) : head_(head), result_(result), colour_(colour) {}

  std::string render() {
    line("{}{}{}   {}", on(bold), head_.version, on(plain), head_.libssl);
    line("expected: {}   seed {}   {} traces, {} commands, {:.1f} s{}", head_.expected, head_.seed, result_.traces,
         result_.commands, head_.seconds, result_.interrupted ? "   (interrupted)" : "");
    if (!result_.failure.empty()) line("{}ended early: {}{}", on(red), result_.failure, on(plain));
    line("");
    clauses();
    deviations();
    surprises();
    last_line();
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  const char* on(const char* code) const { return colour_ ? code : ""; }
  const char* colour_of(Verdict v) const {
    return on(v == Verdict::deviates ? red : v == Verdict::conforms ? green : yellow);
  }

  void clauses() {
    line("{}{:<5} {:<14} {:>7} {:>8}  {}{}", on(bold), "id", "verdict", "traces", "steps", "what the manual says", on(plain));
    std::vector<const ClauseResult*> order;
    for (const ClauseResult& c : result_.clauses) order.push_back(&c);
    std::ranges::stable_sort(order, {}, [](const ClauseResult* c) { return c->verdict; });
    for (const ClauseResult* c : order) {
      line("{:<5} {}{:<14}{} {:>7} {:>8}  {} ({})", c->clause->id, colour_of(c->verdict), word(c->verdict), on(plain),
           c->traces, c->steps, c->clause->paraphrase, c->clause->page);
      if (!c->deviations.empty()) line("{:>39}really: {}", "", names(c->deviations));
    }
    line("");
  }

  void deviations() {
    if (result_.deviations.empty()) return;
    line("{}Where the library is not what the manual says{}", on(bold), on(plain));
    for (const Deviation& d : result_.deviations) {
      const RuleInfo& row = info(d.choice.rule);
      line("  {}{}{}: {}", on(red), to_string(d.choice), on(plain), row.meaning);
      line("      manual: {}   clause {}   found after {} commands, shrunk to {}: traces/{}.trace", row.values[0], row.clauses,
           d.found_after, single_commands(d.trace), file_stem(d));
      if (!d.shown.fields.empty())
        line("      at '{}': {} is {}, the manual says {}", d.shown.command_text, d.shown.fields[0].field, d.shown.fields[0].library,
             d.shown.fields[0].model);
    }
    line("");
  }

  void surprises() {
    if (result_.surprises.empty()) return;
    line("{}Where the library is not what {} says{}", on(bold), head_.expected, on(plain));
    for (std::size_t i = 0; i < result_.surprises.size(); ++i) {
      const Surprise& s = result_.surprises[i];
      line("  {}{}{} at '{}': traces/surprise-{}.trace", on(red),
           s.explanation ? names(*s.explanation) : "FINDING, no Rule explains it", on(plain), s.shown.command_text, i + 1);
      for (const FieldDifference& f : s.shown.fields) line("      {}: expected {}, library {}", f.field, f.model, f.library);
    }
    line("");
  }

  void last_line() {
    std::size_t count[3] = {};
    for (const ClauseResult& c : result_.clauses) ++count[static_cast<std::size_t>(c.verdict)];
    line("{} clauses: {} deviate from the manual, {} not exercised, {} conform. {}{}{}", result_.clauses.size(), count[0],
         count[1], count[2], on(result_.as_expected() ? green : red),
         result_.as_expected() ? fmt::format("Everything as {} says: exit code 0", head_.expected)
                               : fmt::format("{} not as {} says: exit code 1", result_.surprises.size(), head_.expected),
         on(plain));
  }

  const AuditHead& head_;
  const AuditResult& result_;
  bool colour_;
  std::string text_;
};

}  // namespace

std::string render_terminal(const AuditHead& head, const AuditResult& result, bool colour) {
  return Page(head, result, colour).render();
}

}  // namespace sesscheck
