// sesscheck matrix: audits of several libraries, on one page.
#include "audit/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/run_audit.hpp"
#include "cli/verbs.hpp"

namespace sesscheck::cli {
namespace {

/// The installed one, and those that were fetched.
std::vector<std::string> at_hand() {
  std::vector<std::string> names = {LibraryOptions{}.libssl};
  for (const NamedLibrary& library : fetched_libraries()) names.push_back(library.name);
  return names;
}

MatrixColumn audited(const std::string& name, const PeerOptions& peer, const MatrixVerb& options) {
  MatrixColumn column{name, {}, {}, {}};
  LibraryOptions library;
  library.libssl = name;
  library = library.resolved();
  column.head.libssl = library.libssl;
  column.head.seed = options.seed;
  if (peer.any()) column.head.peer = peer.flag(), column.name += " " + peer.flag();
  const SutFactory make = factory(library, peer);
  try {
    const Subject subject = make(patience_at_first);
    column.head.version = subject.sut->version();
    RulesOptions expected;
    expected.follow(column.head.version, library.is_model());
    column.head.expected = expected.name();
    AuditOptions audit_options;
    audit_options.expected = with_peer(expected.rules(), peer);
    audit_options.lacks = subject.sut->lacks();
    audit_options.expected_name = column.head.expected;
    audit_options.seed = options.seed;
    audit_options.commands = options.commands;
    audit_options.release = release_of(column.head.version);
    fmt::print(stderr, "auditing {} ({})\n", column.head.version, column.name);
    column.result = run_audit(make, options.jobs, audit_options, column.head);
  } catch (const SutError& error) {
    column.failure = error.what();
  }
  return column;
}

}  // namespace

int matrix(const MatrixVerb& options) {
  const std::vector<std::string> names = options.libraries.empty() ? at_hand() : options.libraries;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) != names.begin() + static_cast<std::ptrdiff_t>(i))
      throw UsageError(names[i] + " is given twice");
  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  if (failed) throw UsageError("cannot write to " + options.out + ": " + failed.message());
  const std::filesystem::path folder = options.out;
  for (const char* file : {"matrix.html", "matrix.json"}) check_writable((folder / file).string());

  Matrix matrix;
  matrix.seed = options.seed;
  const auto add = [&](const std::string& name, const PeerOptions& peer) {
    if (!interruption()) matrix.columns.push_back(audited(name, peer, options));
    return matrix.columns.back().head.version;
  };
  for (const std::string& name : names) {
    if (interruption()) break;
    const std::string version = add(name, {});
    if (options.alone || name == options.reference || name.starts_with("model:") || version.empty()) continue;
    add(name, {options.reference, {}});
    if (release_of(version) != 0) add(name, {{}, options.reference});
  }
  std::ranges::stable_sort(matrix.columns, {}, [](const MatrixColumn& c) {
    return std::pair(!c.head.peer.empty(), older_first(c.head.version));
  });
  fmt::print("{}", render_terminal(matrix, colour(STDOUT_FILENO)));
  std::fflush(stdout);
  write_text((folder / "matrix.html").string(), render_html(matrix));
  write_text((folder / "matrix.json").string(), render_json(matrix));
  fmt::print(stderr, "the page is {}\n", (folder / "matrix.html").string());
  return matrix.exit_code();
}

}  // namespace sesscheck::cli
