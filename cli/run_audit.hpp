// One audit, with a line of progress on stderr.
#pragma once

#include "audit/audit.hpp"
#include "audit/fleet.hpp"
#include "audit/report.hpp"

namespace sesscheck::cli {

/// So many workers; 0: one for each processor. Its `progress` and `stop` are set here, and what time it took in `head`.
AuditResult run_audit(const SutFactory& make, unsigned jobs, AuditOptions options, AuditHead& head);

}  // namespace sesscheck::cli
