// What must hold of any session cache, told without the model: each invariant looks at one command of a trace with what
// was seen before and after it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "invariants/history.hpp"
#include "model/rules.hpp"

namespace sesscheck::invariants {

struct Invariant {
  std::string_view name;
  std::string_view catches;  ///< the fault that it would show
  std::string_view clauses;  ///< ids of the clauses that say so, blank between them
  std::optional<std::string> (*broken)(const Scene&);
  /// Empty for what holds everywhere. Else the manual's word, which OpenSSL 3.0 does not keep because of this Rule: the
  /// invariant holds of the manual only.
  std::optional<Rule> deviation = std::nullopt;
  std::optional<Rule> second_deviation = std::nullopt;  ///< another one that breaks it alone
};

/// All of them.
std::span<const Invariant> all();

/// The first step at which the invariant is broken, and how. What comes after the library's death is not looked at.
std::optional<std::string> broken(const Invariant& invariant, const Trace& trace, std::span<const Observation> seen);

// By concern: resumption.cpp, cache.cpp, callbacks.cpp
std::span<const Invariant> resumption();
std::span<const Invariant> cache();
std::span<const Invariant> callbacks();

}  // namespace sesscheck::invariants
