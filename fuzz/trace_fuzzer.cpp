// Fuzz target: both notations of a trace. Any bytes are a trace; any text is a trace or an error with a place; printing
// and reading again gives the same.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "model/trace/bytes.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::fuzz {
namespace {

void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n%s\n", what, text.c_str());
  std::abort();
}

void check_trace(const Trace& trace) {
  const std::string text = to_text(trace);
  require(normalise(trace) == trace, "what was read is normal", text);
  require(from_bytes(to_bytes(trace)) == trace, "bytes there and back", text);
  const auto again = parse(text);
  require(std::holds_alternative<Trace>(again), "what is printed can be read", text);
  require(std::get<Trace>(again) == trace, "text there and back", text);
  require(to_text(std::get<Trace>(again)) == text, "one trace, one text", text);
}

void check_text(std::string_view text) {
  const auto read = parse(text);
  if (const auto* trace = std::get_if<Trace>(&read)) return check_trace(*trace);
  const auto& error = std::get<ParseError>(read);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  require(error.line >= 1 && error.line <= lines, "an error is on a line of the text", std::string(text));
  require(!error.message.empty() && error.message.find('\n') == std::string::npos, "an error is one line",
          error.message);
}

}  // namespace
}  // namespace sesscheck::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sesscheck;
  const std::span bytes(data, size);
  fuzz::check_text({reinterpret_cast<const char*>(data), size});
  fuzz::check_trace(from_bytes(bytes));
  return 0;
}
