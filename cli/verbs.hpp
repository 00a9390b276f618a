// The verbs of sesscheck. Each returns the exit code of the program.
#pragma once

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/fleet.hpp"
#include "model/rules.hpp"

namespace sesscheck::explore {
struct Plan;
struct Preset;
}

namespace sesscheck::cli {

enum ExitCode : int {
  as_expected = 0,  ///< everything is as expected
  differs = 1,      ///< something differs from what was expected
  wrong_usage = 2,  ///< wrong usage, unreadable input, unwritable output
  cannot_run = 3    ///< the library could not be run
};

/// Wrong usage or input: one line that says what is wrong and what to do.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Which library is the system under test.
struct LibraryOptions {
  std::string libssl = "libssl.so.3";  ///< or "model:RULES", with RULES as below; or the name of a fetched one
  std::string libcrypto;
  std::vector<std::string> model_changes;  ///< of the Rules of a model, beside those in its name
  [[nodiscard]] bool is_model() const { return libssl.starts_with("model:"); }
  [[nodiscard]] LibraryOptions resolved() const;  ///< with paths in place of such a name, and the libcrypto beside libssl
};
/// Makes it, in a worker process, or, if it is a model, here. Throws UsageError.
SutFactory factory(const LibraryOptions& library);

/// Rules by profile name, single ones changed by "name=value"; both also in one text: "manual,capacity=one_less".
struct RulesOptions {
  inline static const std::string by_version = "by-version";
  std::string profile = by_version;
  std::vector<std::string> changes;
  /// Puts the Rules that this version is known to follow in the place of `by_version`; says so where nothing is known.
  void follow(const std::string& version, bool is_model);
  [[nodiscard]] Rules rules() const;     ///< throws UsageError
  [[nodiscard]] std::string name() const;
};

/// The Rules by the version that a library reports; `tried`: they are known to be right.
struct Expected {
  std::string_view profile;
  bool tried = false;
};
Expected expected_of(std::string_view version);

/// To sort by: releases of OpenSSL by their numbers, then everything else.
int older_first(std::string_view version);

/// What `./run libraries` fetched.
struct NamedLibrary {
  std::string name;
  LibraryOptions files;
};
std::vector<NamedLibrary> fetched_libraries();
int libraries();

struct AuditVerb {
  LibraryOptions library;
  RulesOptions expected;
  std::uint64_t seed = 1;
  std::size_t commands = 50'000;
  unsigned seconds = 0;        ///< compare for so long instead; 0: as many commands as above
  std::string baseline, write_baseline, reason;
  unsigned jobs = 0;  ///< 0: one for each processor
  std::string out = "report";
};
int audit(const AuditVerb& options);

struct TraceVerb {
  std::string file;
  LibraryOptions library;
  RulesOptions rules;
  std::string c_file;  ///< replay: where to write a C program that shows the difference
};
int replay(TraceVerb options);
int simulate(TraceVerb options);

struct CompareVerb {
  std::string first, second;  ///< as --lib
  std::uint64_t seed = 1;
  std::size_t commands = 20'000;
  unsigned jobs = 0;
  std::string json, html;  ///< files
  std::string baseline, write_baseline, reason;
};
int compare(const CompareVerb& options);

struct IdentifyVerb {
  LibraryOptions library;
  std::uint64_t seed = 1;
  std::size_t commands = 20'000;  ///< to hold against what was found
  unsigned jobs = 0;
  std::string json;
};
int identify(const IdentifyVerb& options);

struct MatrixVerb {
  std::vector<std::string> libraries;  ///< as --lib; none: the installed one and those that were fetched
  std::uint64_t seed = 1;
  std::size_t commands = 20'000;  ///< for each
  unsigned jobs = 0;
  std::string out = "matrix";  ///< folder
};
int matrix(const MatrixVerb& options);

struct ExploreVerb {
  LibraryOptions library;
  RulesOptions rules;
  bool model_only = false;   ///< no library: these Rules alone
  std::string preset = "quick";
  std::size_t depth = 0;     ///< instead of the preset's; 0: that one
  unsigned jobs = 0;
  std::string shard = "1/1"; ///< "i/n": every n-th world, from the i-th on
  std::size_t memory = 2048; ///< MiB, for the states of all worlds in progress
  std::string worlds;        ///< only those that have this in their name
  std::string journal, json;
  std::string graph;                   ///< file for a picture of one world, instead
  bool bounds = false, pairs = false;  ///< instead: tables of what the worlds can tell apart
};
int explore(const ExploreVerb& options);
/// --graph
int explore_graph(const ExploreVerb& options, const explore::Preset& preset);
/// --bounds and --pairs, of these worlds.
int explore_tables(const ExploreVerb& options, const explore::Plan& plan);

/// The first Ctrl-C sets it; the work then ends, and what was done is reported.
const std::atomic<bool>& interruption();

/// What Rules there are, and what each profile says of them.
int rules();

/// What cannot be written shows before the work, not after it. Leaves what is in the file; no name is no file. Throws
/// UsageError.
void check_writable(const std::string& file);
/// Writes a file whole, over what was there. Throws UsageError.
void write_text(const std::string& file, const std::string& text);

/// Whether a stream may be coloured: a terminal, and NO_COLOR is not set.
bool colour(int file_descriptor);

}  // namespace sesscheck::cli
