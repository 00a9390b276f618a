#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "audit/render_html.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck::html {
namespace {

struct Row {
  std::string_view name, meaning;
  std::size_t count = 0;
};

/// How long a bar is, in percent: logarithmic, for rare ones matter as much as frequent ones.
double length(std::size_t count, std::size_t most) {
  if (count == 0) return 0;
  return 4 + 96 * std::log10(static_cast<double>(count)) / std::max(std::log10(static_cast<double>(most)), 1.0);
}

class Plot {
 public:
  Plot(std::string_view caption, std::string_view of, std::size_t most) : most_(most) {
    put("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{0}\"><table "
        "class=\"plot\"><caption>{0}</caption>"
        "<thead><tr><th scope=\"col\">{1}</th><th scope=\"col\">meaning</th><th scope=\"col\" class=\"n\">steps</th>"
        "<td aria-hidden=\"true\"></td></tr></thead>\n",
        escape(caption), escape(of));
  }
  void group(std::string_view name, std::span<const Row> rows) {
    text_ += "<tbody>\n";
    if (!name.empty()) {
      std::size_t total = 0;
      for (const Row& row : rows) total += row.count;
      put("<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"2\">{}</th><td class=\"n\">{}</td><td></td></tr>\n",
          escape(name), number(total));
    }
    for (const Row& row : rows)
      put("<tr{}><th scope=\"row\"><code>{}</code></th><td>{}</td><td class=\"n\">{}</td><td "
          "class=\"bar\">{}</td></tr>\n",
          row.count == 0 ? " class=\"never\"" : "", escape(row.name), escape(row.meaning),
          row.count == 0 ? "never" : number(row.count), bar(row.count));
    text_ += "</tbody>\n";
  }
  std::string finish() { return text_ + "</table></div>\n"; }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  [[nodiscard]] std::string bar(std::size_t count) const {
    return fmt::format(
        "<svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">"
        "<rect class=\"rail\" width=\"100\" height=\"8\"/><rect class=\"filled\" width=\"{:.1f}\" height=\"8\"/></svg>",
        length(count, most_));
  }
  std::size_t most_;
  std::string text_;
};

}  // namespace

std::string exercised(const AuditResult& result) {
  const Tally& tally = result.exercised;
  std::string text =
      "<section id=\"exercised\" aria-labelledby=\"exercised-h\">\n<h2 id=\"exercised-h\">What was exercised</h2>\n"
      "<p>All steps that were compared, up to and including the first difference in each trace. Bars are logarithmic; "
      "the "
      "numbers are exact. What never occurred says nothing about the library.</p>\n";

  const std::array<Row, 3> connections = {
      {{"full", "connect: a full handshake, finished at both ends", tally.full},
       {"resumed", "connect: a resumed session, finished at both ends", tally.resumed},
       {"failed", "connect: broken off, or ended by an error", tally.failed}}};
  const std::size_t most_commands = std::max({*std::ranges::max_element(tally.commands), tally.full, std::size_t{1}});
  text += "<h3>Commands per family</h3>\n";
  Plot commands("Commands per family", "command", most_commands);
  for (const CommandFamily& family : command_families()) {
    std::vector<Row> rows;
    for (const Op op : family.ops)
      rows.push_back({info(op).name, info(op).help, tally.commands[static_cast<std::size_t>(op)]});
    if (family.ops.front() == Op::connect) rows.assign(connections.begin(), connections.end());  // which say more
    commands.group(family.name, rows);
  }
  text += commands.finish();

  std::vector<Row> reasons;
  for (const ReasonInfo& row : reason_table())
    reasons.push_back({row.name, row.meaning, tally.reasons[static_cast<std::size_t>(row.reason)]});
  std::ranges::stable_sort(reasons, std::greater{}, &Row::count);
  const auto never = static_cast<std::size_t>(std::ranges::count(reasons, 0U, &Row::count));
  text +=
      fmt::format("<h3>Outcomes of the model</h3>\n<p>Every outcome that a decision can have: {} of {} occurred.</p>\n",
                  reasons.size() - never, reasons.size());
  Plot outcomes("Outcomes of the model", "outcome", std::max(reasons.front().count, std::size_t{1}));
  outcomes.group({}, reasons);
  return text + outcomes.finish() + "</section>\n";
}

}  // namespace sesscheck::html
