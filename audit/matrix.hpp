// Audits of several libraries beside each other: clauses down, libraries across, and what changed from one to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/audit.hpp"
#include "audit/report.hpp"

namespace sesscheck {

/// One library, at both ends or beside another one (AuditHead::peer). All have been audited with the same seed.
struct MatrixColumn {
  std::string name;  ///< as it was asked for; different in each column
  AuditHead head;
  std::optional<AuditResult> result;
  std::string failure;  ///< why there is none
};

struct Matrix {
  std::vector<MatrixColumn> columns;  ///< oldest first
  std::uint64_t seed = 0;
  /// The worst that could be said of any: as cli/'s exit codes.
  [[nodiscard]] int exit_code() const;
};

/// Of one clause, libraries of which the same can be said; in the order of their first columns.
struct MatrixGroup {
  Verdict verdict = Verdict::not_exercised;
  std::vector<Choice> values;           ///< what was seen instead; of an ambiguous one, what was seen
  bool findings = false;                ///< that no Rule explains speak against it
  std::vector<std::size_t> columns;     ///< never empty
};
/// Of the clause in this place of the table. Columns without a result are in none.
std::vector<MatrixGroup> groups(const Matrix& matrix, std::size_t clause);

/// What is not as it was in the library before.
struct MatrixChange {
  struct OfRule {
    Rule rule{};
    std::uint8_t from = 0, to = 0;
    const Deviation* shown = nullptr;  ///< of either: where its value is not the manual's, and so not the other's
    std::size_t column = 0;            ///< whose that is
  };
  struct OfGrade {
    const Clause* clause = nullptr;
    Verdict from = Verdict::not_exercised, to = Verdict::not_exercised;
  };
  std::size_t from = 0, to = 0;  ///< columns
  std::vector<OfRule> rules;
  std::vector<OfGrade> grades;
};
/// One for each two neighbours that have results, of those that met no other library.
std::vector<MatrixChange> changes(const Matrix& matrix);

/// The version of matrix.json's layout.
inline constexpr int matrix_schema_version = 1;

std::string render_terminal(const Matrix& matrix, bool colour);
std::string render_json(const Matrix& matrix);
/// One page that needs nothing beside it: no network, no other file.
std::string render_html(const Matrix& matrix);

}  // namespace sesscheck
