// What must hold of any session cache, told without the model: each invariant looks at one command of a trace with what
// was seen before and after it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/rules.hpp"
#include "props/history.hpp"

namespace sesscheck::props {

struct Invariant {
  std::string_view name;
  std::string_view catches;  ///< the fault that it would show
  std::optional<std::string> (*broken)(const Scene&);
  /// Empty for what holds everywhere. Else the manual's word, which OpenSSL 3.0 does not keep because of this Rule: the
  /// invariant holds of the manual only.
  std::optional<Rule> deviation = std::nullopt;
};

/// All of them.
std::span<const Invariant> invariants();

/// The first step at which the invariant is broken, and how. What comes after the library's death is not looked at.
std::optional<std::string> broken(const Invariant& invariant, const Trace& trace, std::span<const Observation> seen);

// By concern: invariants_resumption.cpp, invariants_cache.cpp, invariants_callbacks.cpp
std::span<const Invariant> resumption_invariants();
std::span<const Invariant> cache_invariants();
std::span<const Invariant> callback_invariants();

}  // namespace sesscheck::props
