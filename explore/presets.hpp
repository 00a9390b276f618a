// Small worlds: where explorations begin, and what they may do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "explore/cache.hpp"

namespace sesscheck::explore {

struct Preset {
  std::string_view name;
  std::string_view meaning;  ///< one line
  std::size_t depth = 0;     ///< commands after the first state
  std::vector<Start> starts;
};

/// "quick", "standard", "deep".
std::vector<std::string_view> preset_names();
/// Empty: there is none of this name.
std::optional<Preset> preset(std::string_view name);

}  // namespace sesscheck::explore
