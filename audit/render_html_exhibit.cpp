// What shows a difference: the fields that differ, the picture, the trace, the program.
#include <fmt/format.h>

#include <algorithm>

#include "audit/render_html.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::html {
namespace {

std::string rows_of(std::span<const FieldDifference> fields) {
  std::string text;
  for (const FieldDifference& f : fields)
    text += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"value\">{}</td><td class=\"value\">{}</td></tr>\n",
                        code(f.field), code(f.library), code(f.model));
  return text;
}

std::string differences(const Shown& shown, const Sides& sides) {
  constexpr std::size_t fields_max = 10;
  const std::span<const FieldDifference> all(shown.fields);
  if (all.empty()) return {};
  const std::string head = fmt::format(
      "<table class=\"fields\"><thead><tr><th scope=\"col\">seen</th><th scope=\"col\">{}</th><th "
      "scope=\"col\">{}</th></tr></thead><tbody>\n",
      escape(sides.library), escape(sides.expected));
  std::string text = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"What differs\">" + head +
                     rows_of(all.first(std::min(all.size(), fields_max))) + "</tbody></table></div>\n";
  if (all.size() > fields_max)
    text += fmt::format("<details><summary>{} more that differ</summary><div class=\"scroll\" "
                        "tabindex=\"0\" role=\"group\" aria-label=\"What differs as well\">{}{}</tbody></table></div></details>\n",
                        all.size() - fields_max, head, rows_of(all.subspan(fields_max)));
  return text;
}

}  // namespace

std::string code(std::string_view text) { return "<code>" + escape(text) + "</code>"; }

std::string clause_lines(Rule rule, bool linked) {
  std::string text;
  for (const Clause& clause : clause_table()) {
    if (!decides(rule, clause)) continue;
    const std::string id = escape(clause.id);
    text += fmt::format("<p class=\"paraphrase\">{} {} <cite>{}(3), {}</cite></p>\n",
                        linked ? fmt::format("<a href=\"#clause-{0}\">{0}</a>", id) : id, escape(clause.paraphrase),
                        escape(clause.page), escape(clause.section));
  }
  return text;
}

std::string block(std::string_view summary, const std::string& id, const std::string& text, bool open,
                  std::string_view file) {
  return fmt::format(
      "<details class=\"block\"{}><summary>{} <span class=\"quiet\">{}</span></summary>\n<button type=\"button\" "
      "class=\"copy\" data-copy=\"{}\" hidden>Copy</button><pre id=\"{}\" tabindex=\"0\">{}</pre></details>\n",
      open ? " open" : "", escape(summary), escape(file), id, id, escape(text));
}

std::string Exhibit::show() const {
  const Scene scene = play(trace, shown, library, expected);
  std::string text = differences(shown, sides);
  if (!trace.commands.empty()) {
    text += fmt::format(
        "<figure><figcaption>{}</figcaption>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
        "aria-label=\"Sequence picture of {}\">{}</div>\n",
        scene.library || !scene.differs ? caption : caption_unaccounted, escape(stem),
        picture(scene, trace, shown, sides, "picture-" + stem));
    text += "<details><summary>The picture in words</summary>\n" + in_words(scene, trace, shown, sides) +
            "</details></figure>\n";
  }
  text += block("Trace", "trace-" + stem, to_text(trace), trace.commands.size() <= 30, files ? "traces/" + stem + ".trace" : "");
  return text + block("C program that shows it", "program-" + stem, program, false, files ? "reproducers/" + stem + ".c" : "");
}

}  // namespace sesscheck::html
