// What a library does not have: commands, settings, and things to see.
//
// Its adapter says so. Traces are then without them (check/restrict.hpp), observations are not compared in them, and
// clauses that need them are not applicable: nothing of it is ever a silent zero.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "model/command.hpp"

namespace sesscheck {

/// Parts of an Observation that not every library shows.
enum class View : std::uint8_t {
  counters,  ///< ContextView::counters
  cached,    ///< ContextView::cached; how many there are is always seen
  live,      ///< Observation::live
  count
};

class Lacks {
 public:
  constexpr Lacks() = default;
  constexpr Lacks(std::initializer_list<Op> ops, std::initializer_list<Setting> settings, std::initializer_list<View> views) {
    for (const Op op : ops) ops_ |= bit(op);
    for (const Setting setting : settings) settings_ |= bit(setting);
    for (const View view : views) views_ |= bit(view);
  }
  [[nodiscard]] constexpr bool op(Op op) const { return ops_ & bit(op); }
  [[nodiscard]] constexpr bool setting(Setting setting) const { return settings_ & bit(setting); }
  [[nodiscard]] constexpr bool view(View view) const { return views_ & bit(view); }
  [[nodiscard]] constexpr bool any() const { return *this != Lacks(); }
  /// What either of two lacks.
  constexpr Lacks operator|(const Lacks& other) const {
    Lacks both = *this;
    both.ops_ |= other.ops_, both.settings_ |= other.settings_, both.views_ |= other.views_;
    return both;
  }
  bool operator==(const Lacks&) const = default;

 private:
  template <class Value>
  static constexpr std::uint64_t bit(Value value) { return std::uint64_t{1} << static_cast<unsigned>(value); }
  static_assert(static_cast<unsigned>(Op::count) <= 64 && setting_count <= 64);

  std::uint64_t ops_ = 0, settings_ = 0, views_ = 0;
};

}  // namespace sesscheck
