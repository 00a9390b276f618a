// Traces as text, for people.
//
//   # a comment; blank lines are ignored
//   certificates
//   context A mode=SERVER|NO_AUTO_CLEAR size=2 timeout=10 id-context="aaa" verify-peer
//   context B new=0 get=copy1 remove store=references version-max=1.3 tickets=on
//   connect B A offer=h1 keep=h1 server-keep=h2 id-context="bb" flights=3 client-end=none server-end=quiet x256
//   flush A now+10
//   advance 10.5s
//   rewind 10.5s                    # the clock goes back
//   set-session-version h1 1.3      # what an application can change of a session: see fields.hpp
//   configure A num-tickets=1
//   open c1 B A offer=h1 early      # a connection that stays open, c1 to c3: its client and its server
//   deliver c1 flights=2            # without flights: all there are
//   take c1 client h2
//   close c1 server-end=none
//
// Setup lines come first; no context line means one context A as the library makes it. The settings of a context line
// and of `configure` are those of setting_table(). The commands are those of fields.hpp: positional arguments in order,
// then options in any order. What is at its default is not printed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "model/command.hpp"

namespace sesscheck {

struct ParseError {
  std::size_t line = 0;  ///< from 1
  std::string message;   ///< one line: what is wrong, and what is expected
  bool operator==(const ParseError&) const = default;
};

/// A normalised trace, or the first error. For every normalised trace, parse(to_text(trace)) is that trace.
std::variant<Trace, ParseError> parse(std::string_view text);

std::string to_text(const Trace& trace);      ///< lines, each with its newline
std::string to_text(const Command& command);  ///< one line without newline

std::string usage(Op op);  ///< "add CONTEXT h1"

std::string context_name(std::uint8_t index);  ///< "A" to "D"
std::string mode_text(std::int64_t bits);      ///< "SERVER|NO_AUTO_CLEAR"; no 32-bit mask: a plain number
std::optional<std::int64_t> parse_mode(std::string_view text);

}  // namespace sesscheck
