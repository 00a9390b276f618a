// The verbs of sesscheck. Each returns the exit code of the program.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/fleet.hpp"
#include "model/rules.hpp"

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
  std::string libssl = "libssl.so.3";  ///< or "model:RULES", with RULES as below
  std::string libcrypto;
  std::vector<std::string> model_changes;  ///< of the Rules of a model, beside those in its name
  [[nodiscard]] bool is_model() const { return libssl.starts_with("model:"); }
};
/// Makes it, in a worker process, or, if it is a model, here. Throws UsageError.
SutFactory factory(const LibraryOptions& library);

/// Rules by profile name, single ones changed by "name=value"; both also in one text: "manual,capacity=one_less".
struct RulesOptions {
  std::string profile = "openssl-3.0";
  std::vector<std::string> changes;
  [[nodiscard]] Rules rules() const;     ///< throws UsageError
  [[nodiscard]] std::string name() const;
};

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
int replay(const TraceVerb& options);
int simulate(const TraceVerb& options);

/// What Rules there are, and what each profile says of them.
int rules();

/// Whether a stream may be coloured: a terminal, and NO_COLOR is not set.
bool colour(int file_descriptor);

}  // namespace sesscheck::cli
