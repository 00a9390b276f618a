// Inside of the HTML page: what its parts share. The door is render_html in audit/report.hpp.
//   render_html.cpp           the page: head, verdict, summary, order of the parts
//   render_html_clauses.cpp   the clause matrix
//   render_html_evidence.cpp  deviations and surprises
//   render_html_exhibit.cpp   what shows one of them: fields, picture, trace, program
//   render_html_compare.cpp   another page: two libraries beside each other
//   render_html_matrix.cpp    another page: several libraries beside each other
//   render_html_scene.cpp     a trace played on the model, step by step
//   render_html_picture.cpp   a scene as a sequence picture
//   render_html_plots.cpp     what was exercised, as bars
//   page/style.css, page/script.js   compiled in
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/report.hpp"
#include "model/world.hpp"

namespace sesscheck::html {

/// As text or attribute value. What is no UTF-8, or no character for people, becomes U+FFFD.
std::string escape(std::string_view text);
/// "1 step", "2 steps", "50,000 steps"
std::string counted(std::size_t count, std::string_view noun);
std::string number(std::size_t count);  ///< "50,000"

/// Escaped; may break after an underscore.
std::string breakable(std::string_view name);
/// A grade as a shape and its word: neither needs colour.
std::string badge(Verdict verdict);
/// The shapes that badges use; once in a page.
std::string_view shapes();

// --- what every page has around its content ------------------------------------------------------------------------

struct PageHead {
  std::string title, kind, heading, about;
};
/// A section that the page's head links to.
struct Part {
  std::string_view anchor, name;
};
std::string page_begin(const PageHead& head, std::span<const Part> parts);
/// `footer` is markup.
std::string page_end(std::string_view footer);
/// With its heading; `noun` is what is accepted or not.
std::string baseline_outcome(const BaselineOutcome& outcome, std::string_view noun);

// --- a trace, step by step -----------------------------------------------------------------------------------------

/// One single command that is drawn.
struct Frame {
  std::size_t command = 0, repetition = 0;
  std::size_t left_out = 0;  ///< single commands before it that are not drawn
  Moment at;                 ///< after it
  Observation before, after;
  Because because;
};

/// A trace up to the step that differs. All steps before it are the same on both sides.
struct Scene {
  std::vector<Frame> steps;
  bool differs = false;                    ///< the trace is drawn up to a difference; else to its end
  std::optional<Frame> library, expected;  ///< that step; no `library` where no Rules of the model account for it
  std::size_t not_drawn = 0;               ///< single commands after it
};

/// Plays the trace on the model: under `library`, the Rules that account for what the library did, and under
/// `expected`. Without `library` (or where it does not lead to just what was shown) the library's last step is known by
/// its fields only.
Scene play(const Trace& trace, const Shown& shown, const std::optional<Rules>& library, const Rules& expected);

/// Who is who in a picture.
struct Sides {
  std::string library = "the library", expected = "the manual";
  std::string expects = "expects";  ///< of the second: it "does" where it is a library too
};

/// Inline SVG; `id` is unique in the page.
std::string picture(const Scene& scene, const Trace& trace, const Shown& shown, const Sides& sides,
                    const std::string& id);
/// The same as an ordered list in words.
std::string in_words(const Scene& scene, const Trace& trace, const Shown& shown, const Sides& sides);
/// "+10 s", "+0.5 s": since the trace began.
std::string since_beginning(Moment at);

// --- what shows it (render_html_exhibit.cpp) -----------------------------------------------------------------------

std::string code(std::string_view text);
/// What the manual's clauses that this Rule decides say; `linked` where the page has a row for each.
std::string clause_lines(Rule rule, bool linked);
/// Something to copy, behind its summary.
std::string block(std::string_view summary, const std::string& id, const std::string& text, bool open,
                  std::string_view file);

/// Fields, picture, trace and program of one difference.
struct Exhibit {
  std::string stem;  ///< of its ids, and of its files where it has some
  const Trace& trace;
  const Shown& shown;
  Sides sides;
  std::optional<Rules> library;
  Rules expected;
  std::string caption, caption_unaccounted;  ///< markup, of the picture
  std::string program;
  bool files = true;  ///< trace and program are files beside the page, too

  [[nodiscard]] std::string show() const;
};

// --- parts of the page, each a section with its heading
// ---------------------------------------------------------------

std::string clause_matrix(const AuditResult& result);
std::string deviations(const AuditHead& head, const AuditResult& result);
std::string surprises(const AuditHead& head, const AuditResult& result);
std::string exercised(const AuditResult& result);

/// What to call a surprise: the Rule value, "no Rule explains it", "the library died".
std::string title(const Surprise& surprise);
/// The anchor of the deviation for this choice, if there is one.
std::optional<std::string> anchor(const AuditResult& result, Choice choice);

}  // namespace sesscheck::html
