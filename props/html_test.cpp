// The HTML page of a report: whole, well-formed, self-contained; and alive in a real browser (label slow).
//   SESSCHECK_PAGES=DIR keeps the pages, to be looked at.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "audit/render_html.hpp"
#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "props/pages.hpp"

namespace sesscheck::props {
namespace {

namespace fs = std::filesystem;

/// What a look at all tags of a page tells.
struct Look {
  std::vector<std::string> complaints;
  std::set<std::string> ids, links;
  std::multiset<std::string> hidden;  ///< elements that are not shown before the script has run
  std::vector<int> headings;
};

/// Reads the page as strictly as XML: every tag closed in order, every attribute quoted, nothing bare.
Look look_at(const std::string& page) {
  static const std::set<std::string> empty_ones = {"meta", "link", "br", "input", "wbr"};
  Look look;
  std::vector<std::string> open;
  const auto complain = [&](const std::string& what, std::size_t at) {
    look.complaints.push_back(what + " at " + std::to_string(at) + ": " + page.substr(at, 60));
  };
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos;) {
    const std::size_t start = at;
    if (page.compare(at, 15, "<!DOCTYPE html>") == 0) {
      at += 15;
      continue;
    }
    const bool closing = page[at + 1] == '/';
    at += closing ? 2 : 1;
    std::string name;
    while (std::isalnum(static_cast<unsigned char>(page[at]))) name += page[at++];
    if (name.empty()) {
      complain("a bare <", start);
      continue;
    }
    if (closing) {
      if (open.empty() || open.back() != name) {
        complain("closes what is not open", start);
        return look;
      }
      open.pop_back();
      continue;
    }
    std::map<std::string, std::string> attributes;
    while (page[at] != '>' && page[at] != '/') {
      while (page[at] == ' ') ++at;
      std::string key;
      while (std::isalnum(static_cast<unsigned char>(page[at])) || page[at] == '-' || page[at] == '_')
        key += page[at++];
      if (key.empty() && page[at] != '>' && page[at] != '/') {
        complain("no attribute", start);
        return look;
      }
      if (key.empty()) break;
      std::string value;
      if (page[at] == '=') {
        if (page[at + 1] != '"') complain("an attribute without quotes", start);
        const std::size_t end = page.find('"', at + 2);
        value = page.substr(at + 2, end - at - 2);
        at = end + 1;
      }
      if (value.find('<') != std::string::npos) complain("a < in an attribute", start);
      if (!attributes.emplace(key, value).second) complain("an attribute twice", start);
    }
    const bool self_closed = page[at] == '/';
    if (attributes.contains("id") && !look.ids.insert(attributes["id"]).second) complain("an id twice", start);
    if (attributes.contains("href")) look.links.insert(attributes["href"]);
    if (attributes.contains("hidden")) look.hidden.insert(name);
    for (const auto& [key, value] : attributes)
      if (key == "src" || key == "srcset" || key.starts_with("on") || key == "style")
        complain("attribute " + key, start);
    if (name.size() == 2 && name[0] == 'h' && std::isdigit(static_cast<unsigned char>(name[1])))
      look.headings.push_back(name[1] - '0');
    if (!self_closed && !empty_ones.contains(name)) open.push_back(name);
    if (name == "style" || name == "script") at = page.find("</" + name, at);
  }
  for (const std::string& name : open) look.complaints.push_back(name + " is never closed");
  return look;
}

bool has(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(html_page)

// Catches: samples that do not have what the other tests look for.
BOOST_AUTO_TEST_CASE(samples_have_all_that_a_page_can_have) {
  const auto kinds = [](std::size_t sample) {
    std::set<Surprise::Kind> all;
    for (const Surprise& s : samples()[sample].result.surprises) all.insert(s.kind);
    return all;
  };
  BOOST_TEST(kinds(0).empty());
  BOOST_TEST(kinds(1).contains(Surprise::Kind::rule));
  BOOST_TEST(kinds(2).contains(Surprise::Kind::unexplained));
  BOOST_TEST(kinds(3).contains(Surprise::Kind::died));
  BOOST_TEST(!samples()[3].result.surprises.front().before.empty());
}

// Catches: a page that browsers have to repair, links that lead nowhere, headings out of order, what only the script
// shows.
BOOST_AUTO_TEST_CASE(is_well_formed) {
  for (const auto& [name, page] : pages()) {
    const Look look = look_at(page);
    for (const std::string& complaint : look.complaints) BOOST_TEST(false, name << ": " << complaint);
    for (const std::string& link : look.links) {
      if (link == "data:,") continue;
      BOOST_TEST(link.starts_with("#"), name << " loads or leaves for " << link);
      BOOST_TEST(look.ids.contains(link.substr(1)), name << ": nothing has the id of " << link);
    }
    BOOST_TEST(look.headings.front() == 1, name);
    for (std::size_t i = 1; i < look.headings.size(); ++i)
      BOOST_TEST(look.headings[i] <= look.headings[i - 1] + 1, name << ": heading " << i << " skips a level");
    for (const std::string& element : look.hidden)
      BOOST_TEST((element == "form" || element == "button"), name << ": without a script no one sees a " << element);
  }
}

// Catches: a page that needs a network, or lets anything in it use one.
BOOST_AUTO_TEST_CASE(needs_nothing_beside_it) {
  for (const auto& [name, page] : pages()) {
    for (const char* text :
         {"http:", "https:", "url(", "@import", "<script>fetch", "<iframe", "<object", "<base", "XMLHttpRequest"})
      BOOST_TEST(!has(page, text), name << " has " << text);
    BOOST_TEST(has(page, "default-src 'none'"));
    BOOST_TEST(page.size() < 2'000'000u);
  }
}

// Catches: a cell without evidence, a library or a clause that is left out.
BOOST_AUTO_TEST_CASE(a_matrix_has_a_cell_for_each_clause_and_library) {
  const Matrix matrix = matrix_of_samples();
  const std::string page = render_html(matrix);
  for (std::size_t c = 0; c < clause_table().size(); ++c) {
    const std::string id(clause_table()[c].id);
    const std::size_t start = page.find("<tr id=\"clause-" + id + "\""), end = page.find("</tr>", start);
    BOOST_REQUIRE(end != std::string::npos);
    const std::string row = page.substr(start, end - start);
    std::size_t cells = 0;
    for (std::size_t at = 0; (at = row.find("<td><a href=\"#evidence-" + id + "-", at)) != std::string::npos; ++at) ++cells;
    BOOST_TEST(cells == matrix.columns.size() - 1, id << ": " << cells);  // the last one could not be run
    for (std::size_t g = 0; g < groups(matrix, c).size(); ++g)
      BOOST_TEST(has(page, "<details id=\"evidence-" + id + "-" + std::to_string(g + 1) + "\">"), id);
  }
  BOOST_TEST(has(page, "cannot be run:</strong> " + html::escape(hostile)));
}

// Catches: what comes from outside and is taken for markup, or is no UTF-8.
BOOST_AUTO_TEST_CASE(escapes_what_comes_from_outside) {
  BOOST_TEST(
      html::escape(hostile) ==
      "OpenSSL &lt;script&gt;fetch(&#39;//x&#39;)&lt;/script&gt; &quot;&amp;amp; &#39;q&quot; \uFFFD\uFFFD \u00e9");
  BOOST_TEST(html::escape("a\tb\nc \xc3") == "a\tb\nc \uFFFD");
  BOOST_TEST(html::escape("\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80") ==
             "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  BOOST_TEST(html::escape("\xe2\x82\xac \xf0\x9f\x94\x92") == "\u20ac \U0001F512");
}

// Catches: a clause, a deviation or a surprise that the page leaves out; surprises that do not come first; a wrong exit
// code.
BOOST_AUTO_TEST_CASE(shows_every_clause_and_everything_found) {
  for (const Sample& sample : samples()) {
    const std::string page = render_html(sample.head, sample.result);
    for (const ClauseResult& c : sample.result.clauses) {
      const std::string row = "<tr role=\"row\" id=\"clause-" + std::string(c.clause->id) + "\" data-grade=\"";
      BOOST_TEST(has(page, row), c.clause->id);
      BOOST_TEST(has(page, html::escape(c.clause->paraphrase)), c.clause->id);
    }
    for (const Deviation& d : sample.result.deviations) {
      BOOST_TEST(has(page, "id=\"deviation-" + file_stem(d) + "\""), to_string(d.choice));
      BOOST_TEST(has(page, html::escape(to_text(d.trace))), to_string(d.choice));
      BOOST_TEST(has(page, "id=\"program-" + file_stem(d) + "\""), to_string(d.choice));
    }
    for (std::size_t i = 0; i < sample.result.surprises.size(); ++i)
      BOOST_TEST(has(page, "id=\"surprise-" + std::to_string(i + 1) + "\""), sample.name);
    if (!sample.result.surprises.empty())
      BOOST_TEST(page.find("id=\"surprises\"") < page.find("id=\"summary\""), sample.name);
    const int code = !sample.result.failure.empty() ? 3 : sample.result.as_expected() ? 0 : 1;
    BOOST_TEST(has(page, "Exit code " + std::to_string(code) + "."), sample.name);
  }
}

// Catches: a picture that does not show the difference: the two sides of the last step come from the model, and must be
// what the audit saw, and what was expected.
BOOST_AUTO_TEST_CASE(pictures_show_the_difference) {
  const AuditResult& result = samples()[0].result;
  BOOST_TEST(result.deviations.size() > 15u);
  for (const Deviation& d : result.deviations) {
    const html::Scene scene =
        html::play(d.trace, d.shown, result.established,
                   result.established.with({d.choice.rule, Rules::manual().value(d.choice.rule)}));
    BOOST_REQUIRE_MESSAGE((scene.differs && scene.library && scene.expected), to_string(d.choice));
    BOOST_TEST((compare(scene.expected->after, scene.library->after).front().field == d.shown.fields.front().field),
               to_string(d.choice));
    BOOST_TEST(scene.library->command == d.shown.command);
    const std::string svg = html::picture(scene, d.trace, d.shown, {}, "picture");
    BOOST_TEST(has(svg, "differs here: the library"));
    BOOST_TEST(has(svg, "what the manual expects instead"));
    BOOST_TEST(has(svg, html::escape(d.shown.fields.front().field)));
  }
  // No Rules lead there: the last step of the library is what was recorded of it.
  const Surprise& fault = samples()[2].result.surprises.at(0);
  const html::Scene scene = html::play(fault.trace, fault.shown, std::nullopt, samples()[2].result.established);
  BOOST_TEST((scene.differs && !scene.library && scene.expected));
  // Long ones are not drawn whole.
  Trace longer = std::get<Trace>(parse("context A\nconnect A A x200\n"));
  for (int i = 0; i < 100; ++i) longer.commands.push_back(longer.commands.front());
  const html::Scene whole = html::play(longer, {}, std::nullopt, Rules::manual());
  BOOST_TEST(whole.steps.size() == 48u);
  BOOST_TEST(whole.steps.front().left_out == 77u * 200u);
}

BOOST_AUTO_TEST_SUITE_END()

// --- a real browser
// ----------------------------------------------------------------------------------------------------

std::string run(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe);
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  return text;
}

/// Does on the page what a person would do, and writes down what became of it.
constexpr std::string_view visitor = R"~(<script>
(function () {
  var root = document.documentElement, words = document.getElementById("words"), form = document.getElementById("filter");
  function shown() { return document.querySelectorAll("tr[data-grade]:not([hidden])").length; }
  function type(text) { words.value = text; form.dispatchEvent(new Event("input")); }
  if (form) {
    root.dataset.all = shown();
    type("FLUSH"); root.dataset.flush = shown();
    type("no such words"); root.dataset.none = shown();
    words.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"})); root.dataset.escaped = shown();
    var differing = form.querySelector("input[name=differing]");
    if (differing) { differing.click(); root.dataset.differing = shown(); differing.click(); }
    var link = document.querySelector("td a[href^='#evidence-']");
    if (link) { link.click(); dispatchEvent(new Event("hashchange")); root.dataset.opened = document.querySelector(link.getAttribute("href")).open; }
    var conforms = form.querySelector("input[value=conforms]");
    if (conforms) conforms.click();
    root.dataset.without = shown();
  }
  dispatchEvent(new Event("beforeprint"));
  root.dataset.closed = document.querySelectorAll("details:not([open])").length;
  root.dataset.wide = root.scrollWidth > root.clientWidth ? "too wide by " + (root.scrollWidth - root.clientWidth) : "fits";
  dispatchEvent(new Event("afterprint"));
  root.dataset.visited = "yes";
  if (parent !== window) Object.assign(parent.document.documentElement.dataset, root.dataset);
})();
</script>
</body>)~";

/// What a page says of its clauses, as its text has it.
struct Grades {
  std::size_t rows = 0, not_only_conforming = 0, differing = 0;
};
Grades grades_of(const std::string& page) {
  constexpr std::string_view mark = "data-grade=\"";
  Grades found;
  for (std::size_t at = 0; (at = page.find(mark, at)) != std::string::npos;) {
    at += mark.size();
    const std::size_t end = page.find('"', at);
    found.differing += page.compare(end + 1, 13, " data-differs") == 0;
    ++found.rows;
    found.not_only_conforming += page.substr(at, end - at) != "conforms";
    at = end;
  }
  return found;
}

BOOST_AUTO_TEST_SUITE(html_in_a_browser)

// Catches: a script that fails or a filter that does not filter; a page wider than its window; anything a browser
// complains of.
BOOST_AUTO_TEST_CASE(the_script_runs_and_the_filter_filters) {
  const std::string browser = run("command -v chromium || command -v chromium-browser || command -v google-chrome");
  if (browser.empty()) {
    BOOST_TEST_MESSAGE("skipped: there is no chromium (apt-get install chromium)");
    std::printf("skipped: there is no chromium (apt-get install chromium)\n");
    return;
  }
  const Folder own("html");
  const fs::path& folder = own.path;
  for (auto [name, page] : pages()) {
    page.replace(page.rfind("</body>"), 7, visitor);
    std::ofstream(folder / "page.html") << page;
    // Headless windows are no narrower than 500: a phone is a frame. It hands what it found to the page around it.
    std::ofstream(folder / "phone.html") << "<!DOCTYPE html><html><head></head><body><iframe src=\"page.html\" "
                                            "style=\"width:360px;height:800px\"></iframe></body></html>";
    for (const char* window : {"page.html", "phone.html"}) {
      const std::string dom = run("timeout 60 " + browser.substr(0, browser.find('\n')) +
                                  " --headless --no-sandbox --disable-gpu --enable-logging=stderr "
                                  "--allow-file-access-from-files --window-size=1280,900 --user-data-dir=" +
                                  (folder / "profile").string() + " --dump-dom 'file://" + (folder / window).string() +
                                  "' 2>" + (folder / "log").string());
      std::ifstream in(folder / "log");
      std::string complaints;
      for (std::string line; std::getline(in, line);)
        if (has(line, "CONSOLE")) complaints += "\n" + line;
      const std::string root = dom.substr(0, dom.find("<head>"));
      const std::string where = name + " in " + window + ": " + root;
      BOOST_TEST(complaints.empty(), where << complaints);
      BOOST_TEST(has(root, "data-script=\"ran\""), where);
      BOOST_TEST(has(root, "data-errors=\"0\""), where);
      BOOST_TEST(has(root, "data-wide=\"fits\""), where);
      BOOST_TEST(has(root, "data-closed=\"0\""), where);
      BOOST_TEST(has(root, "data-visited=\"yes\""), where);
      const Grades grades = grades_of(page);
      if (grades.rows == 0) continue;
      const std::string all = std::to_string(grades.rows);
      BOOST_TEST(has(root, "data-all=\"" + all + "\""), where);
      BOOST_TEST(has(root, "data-escaped=\"" + all + "\""), where);
      BOOST_TEST(has(root, "data-none=\"0\""), where);
      BOOST_TEST((!has(root, "data-flush=\"0\"") && !has(root, "data-flush=\"" + all + "\"")), where);
      BOOST_TEST(has(root, "data-without=\"" + std::to_string(grades.not_only_conforming) + "\""), where);
      if (name != "matrix") continue;
      BOOST_TEST(has(root, "data-differing=\"" + std::to_string(grades.differing) + "\""), where);
      BOOST_TEST(has(root, "data-opened=\"true\""), where);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
