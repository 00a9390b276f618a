// A line on stderr that says how far a long work has come.
#pragma once

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace sesscheck::cli {

/// One line that rewrites itself on a terminal; plain lines, now and then, in a pipe.
class StatusLine {
 public:
  ~StatusLine() {
    if (terminal_ && shown_ >= 0) fmt::print(stderr, "\r\x1b[K");
  }
  [[nodiscard]] double elapsed() const {  ///< seconds
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// Whether it is time for a new line.
  [[nodiscard]] bool due() const { return elapsed() - shown_ >= (terminal_ ? 0.1 : 10.0); }
  void show(const std::string& line) {
    shown_ = elapsed();
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line.substr(0, width()), terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  /// Of the terminal: a line that is longer would wrap, and could not be rewritten.
  [[nodiscard]] std::size_t width() const {
    winsize size{};
    return terminal_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : std::string::npos;
  }

  const bool terminal_ = isatty(STDERR_FILENO);
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double shown_ = -100;
};

}  // namespace sesscheck::cli
