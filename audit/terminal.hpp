// Lines of text for a terminal, with or without colour.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "audit/audit.hpp"

namespace sesscheck {

class TerminalText {
 protected:
  static constexpr const char *red = "\x1b[31m", *green = "\x1b[32m", *yellow = "\x1b[33m", *bold = "\x1b[1m", *plain = "\x1b[0m";

  explicit TerminalText(bool colour) : colour_(colour) {}

  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  /// A code of this class, where colour is wanted.
  [[nodiscard]] const char* on(const char* code) const { return colour_ ? code : ""; }
  [[nodiscard]] const char* colour_of(Verdict v) const {
    return on(v == Verdict::deviates || v == Verdict::died ? red : v == Verdict::conforms ? green : yellow);
  }

  std::string text_;

 private:
  bool colour_;
};

}  // namespace sesscheck
