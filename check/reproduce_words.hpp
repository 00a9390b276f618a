// Values of the notation, as C writes them.
#pragma once

#include <algorithm>
#include <cctype>
#include <limits>
#include <string>
#include <string_view>

#include "model/trace/text.hpp"

namespace sesscheck {

inline std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
inline std::string number(std::int64_t value) {
  if (value == std::numeric_limits<std::int64_t>::min()) return "(-9223372036854775807L - 1)";
  return std::to_string(value) + (value > INT32_MAX || value < INT32_MIN ? "L" : "");
}
inline std::string bytes(const IdContext& value) { return quoted(std::string(value.length, value.letter)); }
inline std::string slot(std::uint8_t index) { return index == 0 ? "NULL" : "h" + std::to_string(index); }
inline std::string address(std::uint8_t index) { return index == 0 ? "NULL" : "&h" + std::to_string(index); }

inline std::string mode_in_c(std::int64_t bits) {
  const std::string text = mode_text(bits);
  std::string c;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bar = std::min(text.find('|', at), text.size());
    const std::string part = text.substr(at, bar - at);
    c += (c.empty() ? "" : " | ") + (std::isupper(static_cast<unsigned char>(part[0])) ? "SSL_SESS_CACHE_" + part : part);
    at = bar + 1;
  }
  return c;
}

}  // namespace sesscheck
