// Clauses: the normative sentences of the manual pages, each with a stable id.
//
// One table (clause_table.cpp) says of each where it stands, which releases of the page have it, and how a step of a trace
// is known to have exercised it. Outcomes of the model and Rules name clauses too, in model/because.cpp and
// model/rules.cpp: a step is evidence for a clause when either says so.
#pragma once

#include <bitset>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "model/because.hpp"
#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"

namespace sesscheck {

/// Releases of the manual page that have the sentence, as 100 * major + minor (1.1.1 is 101); 0: no such end. Read in
/// 1.1.1, 3.0, 3.5, 3.6 and 4.0; a release between two of them counts as the older one.
struct Releases {
  int from = 0, until = 0;
  [[nodiscard]] bool has(int release) const {
    return release == 0 || ((from == 0 || release >= from) && (until == 0 || release <= until));
  }
};

enum class Reading : std::uint8_t {
  promise,  ///< a library does what it says, or not
  open      ///< it allows more than one behaviour, or is silent: which one was seen
};

/// One step of a trace, as the model sees it.
struct ClauseStep {
  const Command& command;
  const Observation& seen;
  const Because& because;
};
using Exercised = bool (*)(const ClauseStep&);

struct Clause {
  std::string_view id;          ///< stable: "S18"
  std::string_view page;        ///< manual page, section 3
  std::string_view section;     ///< its section, item or function
  std::string_view paraphrase;  ///< what the sentence promises; in brackets where the page is silent
  Releases releases = {};
  Reading reading = Reading::promise;
  Exercised exercised = nullptr;     ///< beside what model/because.cpp says
  std::vector<Rule> rules = {};      ///< that decide it, beside those of model/rules.cpp
  std::string_view behaviour = {};   ///< for an open one that no Rule decides: what the model does, and the library as well
};

inline constexpr std::size_t clauses_max = 256;
using ClauseSet = std::bitset<clauses_max>;  ///< by index into the table

/// All clauses, pages in order. S1 to S24 are SSL_CTX_set_session_cache_mode(3) in the order of its sentences.
std::span<const Clause> clause_table();
const Clause* find_clause(std::string_view id);

/// Whether this Rule decides the clause.
bool decides(Rule rule, const Clause& clause);
/// Whether this outcome is evidence for the clause.
bool is_evidence(Reason reason, const Clause& clause);
/// The clauses for which such outcomes are evidence.
ClauseSet clauses_of(const std::bitset<reason_count>& reasons);
/// The clauses that a step exercised.
ClauseSet clauses_of(const ClauseStep& step);

/// "3.0 and later", "up to 3.4"; empty for all.
std::string_view to_text(const Releases& releases);
/// 300 of "OpenSSL 3.0.19 27 Jan 2026"; 0 of what is no OpenSSL.
int release_of(std::string_view version);

}  // namespace sesscheck
