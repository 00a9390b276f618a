// Grades for the clauses, from what was exercised, what Rules were established, and what no Rule explains.
#pragma once

#include <vector>

#include "audit/audit.hpp"
#include "audit/evidence.hpp"

namespace sesscheck {

/// One result for each clause, in the order of the table. What was not exercised because the library lacks what it takes,
/// or cannot be seen there, is not applicable.
std::vector<ClauseResult> judge(const AuditResult& result, const Evidence& evidence, int release, const Lacks& lacks);

}  // namespace sesscheck
