// Pages for the browser with all that a page can have.
//   SESSCHECK_PAGES=DIR keeps them, to be looked at.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/matrix.hpp"
#include "audit/report.hpp"

namespace sesscheck::props {

/// A text from outside that would like to be markup, and is no UTF-8.
inline constexpr std::string_view hostile = "OpenSSL <script>fetch('//x')</script> \"&amp; 'q\" \xff\x01 \u00e9";

struct Sample {
  std::string name;
  AuditHead head;
  AuditResult result;
};
/// Audits: as expected; other Rules; a fault; a death; odd texts; nothing at all.
const std::vector<Sample>& samples();

/// Those that have clauses, and a library that could not be run.
Matrix matrix_of_samples();

/// Every kind of page, by name.
const std::vector<std::pair<std::string, std::string>>& pages();

}  // namespace sesscheck::props
