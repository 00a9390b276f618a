// What the tests of the notation share.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/trace/bytes.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::notation_tests {

inline constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

struct XorShift {
  std::uint64_t state = 0x9e3779b97f4a7c15;
  std::uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(next() >> 24); }
  std::vector<std::uint8_t> bytes(std::size_t size) {
    std::vector<std::uint8_t> out(size);
    for (std::uint8_t& b : out) b = byte();
    return out;
  }
};

inline Trace read(std::string_view text) {
  const auto result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result))
    BOOST_FAIL(text << "\nline " << error->line << ": " << error->message);
  return std::get<Trace>(result);
}

inline Command read_command(const std::string& line) {
  const Trace trace = read("context A\ncontext B\ncontext C\ncontext D\n" + line);
  BOOST_REQUIRE_EQUAL(trace.commands.size(), 1u);
  return trace.commands[0];
}

inline void check_error(std::string_view text, std::size_t line, const std::string& message) {
  const auto result = parse(text);
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<ParseError>(result), "accepted: " << text);
  BOOST_CHECK_EQUAL(std::get<ParseError>(result).line, line);
  BOOST_CHECK_EQUAL(std::get<ParseError>(result).message, message);
}

/// There and back, both ways.
inline void check_round_trips(const Trace& trace) {
  const std::string text = to_text(trace);
  BOOST_REQUIRE(normalise(trace) == trace);
  BOOST_REQUIRE_MESSAGE(read(text) == trace, text);
  BOOST_REQUIRE_MESSAGE(from_bytes(to_bytes(trace)) == trace, text);
}

inline std::vector<Field> fields_of(Op op) {
  std::vector<Field> fields = info(op).positional;
  fields.insert(fields.end(), info(op).optional.begin(), info(op).optional.end());
  return fields;
}

inline Command blank(Op op) {
  Command command;
  command.op = op;
  return normalise(command);
}

inline Trace with_four_contexts(const Command& command) {
  Trace trace;
  trace.setup.contexts.resize(contexts_max);
  trace.commands = {command};
  return trace;
}

/// One example for each Op, in its order, exactly as it is printed.
inline const std::vector<std::string> examples = {
    "connect B A offer=h1 keep=h1 server-keep=h2 id-context=\"bb\" early flights=3 client-end=none server-end=quiet "
    "x256",
    "set-mode A BOTH|NO_INTERNAL_LOOKUP|0x800",
    "set-size A 2",
    "set-timeout A -1",
    "set-id-context A \"aaa\"",
    "set-verify-peer A on",
    "set-callbacks A new=1 get=copy0 remove",
    "configure A tickets=on",
    "add A h1",
    "remove A h1",
    "flush A now+10",
    "advance 10.5s",
    "set-session-time h1 now-5",
    "set-session-timeout h1 10",
    "set-session-id-context h1 \"b\"",
    "make h1 1 id-context=\"a\"",
    "dup h1 h2",
    "serialise h1 h2",
    "drop h1",
    "answer A h1",
    "lose A",
    "renew A",
    "open c1 B A offer=h1 id-context=\"aa\" early",
    "deliver c1 flights=2",
    "offer c1 h1",
    "take c1 client h2",
    "renegotiate c1 server abbreviated",
    "new-ticket c1",
    "shut c1 client quiet",
    "garble c2 server",
    "hang-up c3 client",
    "clear c1",
    "close c1 client-end=none server-end=quiet",
    "set-session-data h1 \"c\"",
    "rewind 10.5s",
    "set-session-id h1 2",
    "set-session-version h1 1.3",
    "verify-client c1",
    "set-session-host-name h1 b",
    "set-session-protocol h1 a",
    "set-session-early-data h1 on",
};

}  // namespace sesscheck::notation_tests
