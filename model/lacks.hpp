// What a library does not have: commands, settings, and things to see.
//
// Its adapter says so. Such commands then do nothing, on either side; observations are not compared in what cannot be
// seen; and clauses that need it are not applicable: nothing of it is ever a silent zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "model/command.hpp"
#include "model/library.hpp"

namespace sesscheck {

/// Parts of an Observation that not every library shows.
enum class View : std::uint8_t {
  counters,    ///< ContextView::counters
  cached,      ///< ContextView::cached
  number,      ///< ContextView::number
  live,        ///< Observation::live
  getters,     ///< Observation::result of set_callbacks: what SSL_CTX_sess_get_new_cb(3) and its sisters return
  verified,    ///< EndView::verified, SessionView::peer
  id_context,  ///< SessionView::id_context
  count
};

class Lacks {
 public:
  /// One value of a Setting; or, without a value, all but the usual one.
  struct Value {
    Setting setting;
    std::uint8_t values;  ///< a bit for each
    constexpr Value(Setting all) : setting(all), values(0xff) {}
    constexpr Value(Setting of, std::uint8_t value) : setting(of), values(static_cast<std::uint8_t>(1U << value)) {}
  };
  constexpr Lacks() = default;
  constexpr Lacks(std::initializer_list<Op> ops, std::initializer_list<Value> values, std::initializer_list<View> views) {
    for (const Op op : ops) ops_ |= bit(op);
    for (const Value& value : values) values_[static_cast<std::size_t>(value.setting)] |= value.values;
    for (const View view : views) views_ |= bit(view);
  }
  /// Two libraries, which share no object: a setting of a context of the one cannot name a context of the other.
  static constexpr Lacks of_two_libraries() {
    Lacks lacks;
    lacks.two_libraries_ = true;
    return lacks;
  }
  [[nodiscard]] constexpr bool two_libraries() const { return two_libraries_; }
  [[nodiscard]] constexpr bool op(Op op) const { return ops_ & bit(op); }
  [[nodiscard]] bool value(std::uint8_t context, Setting setting, std::uint8_t value) const {
    return (values_[static_cast<std::size_t>(setting)] >> value & 1) != 0 ||
           (two_libraries_ && crosses(context, setting, value));
  }
  [[nodiscard]] bool command(const Command& c) const {
    return op(c.op) || (c.op == Op::configure && value(c.context, c.setting, static_cast<std::uint8_t>(c.number.value)));
  }
  [[nodiscard]] constexpr bool view(View view) const { return views_ & bit(view); }
  [[nodiscard]] constexpr bool any() const { return *this != Lacks(); }
  /// What either of two lacks.
  constexpr Lacks operator|(const Lacks& other) const {
    Lacks both = *this;
    both.ops_ |= other.ops_, both.views_ |= other.views_, both.two_libraries_ |= other.two_libraries_;
    for (std::size_t i = 0; i < setting_count; ++i) both.values_[i] |= other.values_[i];
    return both;
  }
  bool operator==(const Lacks&) const = default;

 private:
  static constexpr std::uint64_t bit(Op op) { return std::uint64_t{1} << static_cast<unsigned>(op); }
  static constexpr std::uint64_t bit(View view) { return std::uint64_t{1} << static_cast<unsigned>(view); }
  static_assert(static_cast<unsigned>(Op::count) <= 64);
  static bool crosses(std::uint8_t context, Setting setting, std::uint8_t value);

  std::uint64_t ops_ = 0, views_ = 0;
  std::array<std::uint8_t, setting_count> values_{};  ///< by Setting, a bit for each value; none has more than eight
  bool two_libraries_ = false;
};

/// With the usual value for each setting that is lacking.
Setup restricted(Setup setup, const Lacks& lacks);
/// The same; and commands that are lacking do nothing: the clock advances by 0.
Trace restricted(Trace trace, const Lacks& lacks);

}  // namespace sesscheck
