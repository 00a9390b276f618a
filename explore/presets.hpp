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

// For those who write presets.
/// Worlds with other commands than the cache's own (wide.cpp), behind those that are there.
void add_wide(std::vector<Start>& starts);
std::string replaced(std::string text, std::string_view what, std::string_view by);
/// A trace in the notation; throws std::logic_error.
Trace read_start(const std::string& text);

}  // namespace sesscheck::explore
