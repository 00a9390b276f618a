// What must hold of the model at any time, whatever the Rules: facts about caches, not about one library.
#pragma once

#include <optional>
#include <string>

#include "model/step.hpp"

namespace sesscheck::fuzz {

/// The first invariant that a world breaks, in words; empty when all hold. The world is only read: the model's
/// functions that tell deadlines take one that could be changed.
std::optional<std::string> broken(World& world, const Rules& rules);

/// The same for a step from `before` to `after`, with what it showed and why.
std::optional<std::string> broken(const World& before, World& after, const Command& command, const Rules& rules,
                                  const Observation& seen, const Because& because);

}  // namespace sesscheck::fuzz
