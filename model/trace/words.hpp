// The words of the notation that both its printer and its parser use; no one else needs them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/trace/fields.hpp"

namespace sesscheck::notation {

using Words = std::span<const std::string_view>;

inline constexpr std::int64_t micro = 1'000'000;
inline constexpr std::int64_t mask_max = 0xffffffff;  ///< what is beyond, or negative, is written as a plain number

struct ModeName {
  std::string_view name;
  std::int64_t bits;
};
/// Combined names stand before their parts, so that printing prefers them.
inline constexpr std::array<ModeName, 8> mode_names = {{
    {"BOTH", mode::both},
    {"CLIENT", mode::client},
    {"SERVER", mode::server},
    {"NO_AUTO_CLEAR", mode::no_auto_clear},
    {"NO_INTERNAL", mode::no_internal},
    {"NO_INTERNAL_LOOKUP", mode::no_internal_lookup},
    {"NO_INTERNAL_STORE", mode::no_internal_store},
    {"UPDATE_TIME", mode::update_time},
}};

inline constexpr std::array<std::string_view, 3> end_names = {"shutdown", "quiet", "none"};
inline constexpr std::array<std::string_view, 3> new_names = {"absent", "0", "1"};
inline constexpr std::array<std::string_view, 4> get_names = {"absent", "copy0", "copy1", "untouched"};
inline constexpr std::array<std::string_view, 3> one_names = {"none", "a", "b"};
inline constexpr std::array<std::string_view, 5> version_names = {"1.0", "1.1", "1.2", "1.3", "dtls-1.2"};
inline constexpr std::array<std::string_view, 2> switch_names = {"off", "on"};
inline constexpr std::array<std::string_view, 2> side_names = {"client", "server"};
inline constexpr std::array<std::string_view, 3> store_names = {"none", "references", "serialised"};

/// The words for the values of a field, when it has words.
inline Words value_names(Field field) {
  switch (field) {
    case Field::client_end:
    case Field::server_end: return end_names;
    case Field::new_callback: return new_names;
    case Field::get_callback: return get_names;
    case Field::on_off: return switch_names;
    case Field::version: return version_names;
    case Field::host_name:
    case Field::protocol: return one_names;
    case Field::end: return side_names;
    default: return {};
  }
}

}  // namespace sesscheck::notation
