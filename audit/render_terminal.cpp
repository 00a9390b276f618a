#include <algorithm>

#include "audit/report.hpp"
#include "audit/terminal.hpp"

namespace sesscheck {
namespace {

std::string names(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice choice : choices) text += (text.empty() ? "" : ", ") + to_string(choice);
  return text;
}

class Page : TerminalText {
 public:
  Page(const AuditHead& head, const AuditResult& result, bool colour) : TerminalText(colour), head_(head), result_(result) {}

  std::string render() {
    line("{}{}{}   {}", on(bold), head_.version, on(plain), head_.libssl);
    line("expected: {}   seed {}   {} traces, {} commands, {:.1f} s{}", head_.expected, head_.seed, result_.traces,
         result_.commands, head_.seconds, result_.interrupted ? "   (interrupted)" : "");
    if (!result_.failure.empty()) line("{}ended early: {}{}", on(red), result_.failure, on(plain));
    if (!result_.note.empty()) line("{}{}{}", on(red), result_.note, on(plain));
    line("");
    clauses();
    deviations();
    surprises();
    baseline();
    last_line();
    return std::move(text_);
  }

 private:

  void clauses() {
    line("{}{:<5} {:<14} {:>7} {:>8}  {}{}", on(bold), "id", "verdict", "traces", "steps", "what the manual says",
         on(plain));
    std::vector<const ClauseResult*> order;
    for (const ClauseResult& c : result_.clauses) order.push_back(&c);
    std::ranges::stable_sort(order, {}, [](const ClauseResult* c) { return c->verdict; });
    for (const ClauseResult* c : order) {
      line("{:<5} {}{:<14}{} {:>7} {:>8}  {} ({})", c->clause->id, colour_of(c->verdict), to_text(c->verdict),
           on(plain), c->traces, c->steps, c->clause->paraphrase, c->clause->page);
      if (!c->deviations.empty()) line("{:>39}really: {}", "", names(c->deviations));
      if (!c->seen.empty()) line("{:>39}seen: {}", "", c->seen);
      for (const std::size_t i : c->findings) line("{:>39}see: surprise-{}", "", i + 1);
    }
    line("");
  }

  void deviations() {
    if (result_.deviations.empty()) return;
    line("{}Where the library is not what the manual says{}", on(bold), on(plain));
    for (const Deviation& d : result_.deviations) {
      const RuleInfo& row = info(d.choice.rule);
      line("  {}{}{}: {}", on(red), to_string(d.choice), on(plain), row.meaning);
      line("      manual: {}   clause {}   found after {} commands, shrunk to {}: traces/{}.trace", row.values[0],
           row.clauses, d.found_after, single_commands(d.trace), file_stem(d));
      if (!d.shown.fields.empty())
        line("      at '{}': {} is {}, the manual says {}", d.shown.command_text, d.shown.fields[0].field,
             d.shown.fields[0].library, d.shown.fields[0].model);
    }
    line("");
  }

  void surprises() {
    if (result_.surprises.empty()) return;
    line("{}Where the library is not what {} says{}", on(bold), head_.expected, on(plain));
    std::size_t not_investigated = 0;
    for (std::size_t i = 0; i < result_.surprises.size(); ++i) {
      const Surprise& s = result_.surprises[i];
      line("  {}{}{} at '{}': traces/surprise-{}.trace{}", on(red), heading(s), on(plain), s.shown.command_text, i + 1,
           s.count > 1 ? fmt::format("   ({} traces show it, or its like)", s.count) : "");
      if (s.repeats != Repeats::alone) line("      {}", to_text(s.repeats));
      for (const FieldDifference& f : s.shown.fields) {
        if (s.kind == Surprise::Kind::died && &f != &s.shown.fields.front()) break;  // of a death the rest follows
        line("      {}: expected {}, library {}", f.field, f.model, f.library);
      }
      for (std::size_t n = 0; n < s.symptoms.size(); ++n)
        line("      also {}: traces/{}.trace", sentence(s.symptoms[n].shown, head_.expected), file_stem(i, n));
      last_words(s.last_words);
      not_investigated += s.not_investigated;
    }
    if (not_investigated > 0)
      line("  and {} more traces that no Rule explains, of other kinds: not shrunk", not_investigated);
    line("");
  }

  static std::string heading(const Surprise& s) {
    switch (s.kind) {
      case Surprise::Kind::rule: return names(s.explanation.value_or(std::vector<Choice>{}));
      case Surprise::Kind::unexplained: return "FINDING, no Rule explains it";
      case Surprise::Kind::died: return "DEATH";
    }
    return {};
  }

  /// How it died, and the end of what it said; all of it is in the trace's head and in audit.json.
  void last_words(const std::string& words) {
    constexpr std::size_t lines_max = 8;
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      if (end > at) lines.push_back(std::string_view(words).substr(at, end - at));
      at = end + 1;
    }
    for (std::size_t i = 0; i < std::min(lines.size(), lines_max); ++i)
      line("      {}{}", i == 0 ? "its last words: " : "| ", lines[i]);
    if (lines.size() > lines_max) line("      | ... {} more lines", lines.size() - lines_max);
  }

  void baseline() {
    if (!result_.baseline) return;
    const BaselineOutcome& b = *result_.baseline;
    line("{}Held against the baseline{}: {} deviations accepted", on(bold), on(plain), b.accepted.size());
    for (const std::string& text : b.not_accepted) line("  {}not accepted{}: {}", on(red), on(plain), text);
    for (const std::string& text : b.gone)
      line("  {}no longer there{}: {} (remove the entry)", on(red), on(plain), text);
    line("");
  }

  void last_line() {
    std::size_t count[verdict_count] = {};
    for (const ClauseResult& c : result_.clauses) ++count[static_cast<std::size_t>(c.verdict)];
    std::string counts;
    for (std::size_t v = 0; v < verdict_count; ++v)
      if (count[v] != 0)
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count[v], to_text(static_cast<Verdict>(v)));
    const char* until = result_.interrupted ? ", until it was interrupted" : "";
    const std::string by = result_.baseline ? "the baseline" : head_.expected;
    line("{} clauses: {}. {}{}{}", result_.clauses.size(), counts, on(result_.as_expected() ? green : red),
         result_.as_expected() ? fmt::format("Everything as {} says{}: exit code 0", by, until)
                               : fmt::format("Not all as {} says{}: exit code 1", by, until),
         on(plain));
  }

  const AuditHead& head_;
  const AuditResult& result_;
};

}  // namespace

std::string render_terminal(const AuditHead& head, const AuditResult& result, bool colour) {
  return Page(head, result, colour).render();
}

}  // namespace sesscheck
