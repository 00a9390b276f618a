// What a comparison of two libraries leaves behind: text for the terminal, a page for the browser, JSON for programs.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "audit/compare.hpp"

namespace sesscheck {

/// One of the two.
struct ComparedLibrary {
  std::string version;  ///< as it reports it
  std::string libssl;   ///< path
  std::string rules;    ///< name of those that it was held against
};

/// What was compared: the head of every report.
struct CompareHead {
  std::array<ComparedLibrary, 2> libraries;
  std::uint64_t seed = 0;
};

/// The version of the JSON's layout.
inline constexpr int compare_schema_version = 2;

/// `colour` for a terminal. What no Rule explains comes first.
std::string render_terminal(const CompareHead& head, const Comparison& comparison, bool colour);
std::string render_json(const CompareHead& head, const Comparison& comparison);
/// One page that needs nothing beside it: no network, no other file.
std::string render_html(const CompareHead& head, const Comparison& comparison);

}  // namespace sesscheck
