// Grades for the clauses, from what was exercised, what Rules were established, and what no Rule explains.
#pragma once

#include <vector>

#include "audit/audit.hpp"
#include "audit/evidence.hpp"

namespace sesscheck {

/// One result for each clause, in the order of the table.
std::vector<ClauseResult> judge(const AuditResult& result, const Evidence& evidence, int release);

}  // namespace sesscheck
