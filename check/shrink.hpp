// Makes a failing trace small: by cutting commands, then by making simpler what is left.
//
// Every sub-sequence of a trace is a trace, so cutting needs no care for what a command refers to.
#pragma once

#include <cstddef>
#include <functional>

#include "model/command.hpp"

namespace sesscheck {

struct ShrinkStats {
  std::size_t tries = 0;     ///< calls of the predicate
  std::size_t accepted = 0;  ///< of those, smaller or simpler traces that still fail
  bool minimal = false;      ///< no single command can be removed; false only when the tries ran out
};

/// A smaller trace for which `still_fails` holds, as it does for `failing`, and from which no single command can be
/// removed (unless `tries_max` ran out first); its values are plain where they can be.
/// Deterministic when `still_fails` is.
Trace shrink(Trace failing, const std::function<bool(const Trace&)>& still_fails, std::size_t tries_max = 2000,
             ShrinkStats* stats = nullptr);

}  // namespace sesscheck
