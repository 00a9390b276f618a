// Clauses: the normative sentences of the manual pages, each with a stable id.
//
// Which model outcomes are evidence for a clause stands in model/because.cpp, which Rules decide it in model/rules.cpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/because.hpp"
#include "model/rules.hpp"

namespace sesscheck {

struct Clause {
  std::string_view id;          ///< stable: "S18"
  std::string_view page;        ///< manual page, section 3
  std::string_view section;     ///< its section, and item where there is one
  std::string_view paraphrase;  ///< what the sentence promises; in brackets where the page is silent
};

/// All clauses, pages in order. S1 to S24 are SSL_CTX_set_session_cache_mode(3) in the order of its sentences.
std::span<const Clause> clause_table();
const Clause* find_clause(std::string_view id);

/// Whether this Rule decides the clause.
bool decides(Rule rule, std::string_view clause);
/// Whether this outcome is evidence for the clause.
bool is_evidence(Reason reason, std::string_view clause);

}  // namespace sesscheck
