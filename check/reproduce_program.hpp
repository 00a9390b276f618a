// A C program that carries a trace out: its parts (reproduce.cpp) and its statements (reproduce_commands.cpp).
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "check/reproduce.hpp"
#include "check/reproduce_open.hpp"
#include "check/reproduce_parts.hpp"
#include "check/reproduce_settings.hpp"
#include "check/reproduce_sight.hpp"
#include "check/reproduce_words.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {

/// Written once; what it needs of helpers and callbacks it finds out from the trace.
class Program {
 public:
  Program(const Trace& trace, std::span<const FieldDifference> fields, const Reproduction& about)
      : trace_(trace), about_(about), settings_(trace) {
    const Command* last = trace.commands.empty() ? nullptr : &trace.commands.back();
    const Seeing seeing{settings_.plain(), settings_.simple(), last && is_on_connection(last->op) ? connection_name(last->connection) : "c0"};
    for (const FieldDifference& field : fields) {
      sight_ = sight(field, seeing);
      if (sight_.logs && !uses_callbacks()) sight_ = {};
      if (sight_.code.empty()) continue;
      field_ = &field;
      break;
    }
  }

  std::string write();

 private:
  [[nodiscard]] bool uses(Op op) const {
    return std::ranges::any_of(trace_.commands, [op](const Command& c) { return c.op == op; });
  }
  [[nodiscard]] bool has_callbacks(std::uint8_t index) const;
  [[nodiscard]] bool uses_callbacks() const {
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      if (has_callbacks(static_cast<std::uint8_t>(i))) return true;
    return false;
  }

  static std::string connection_name(std::uint8_t index) { return "c" + std::to_string(index + 1); }

  void includes();

  /// A session in words; what seldom is in one, only where it is.
  void describe();

  /// All stores, and which of them stands behind the callbacks of each context.
  void shared_stores() {
    text_ += "\n";
    for (std::uint8_t i = 0; i < trace_.setup.contexts.size(); ++i)
      text_ += "SSL_SESSION *store_" + context_name(i) + "[4097], **of_" + context_name(i) + " = store_" + context_name(i) + ";\n";
  }

  /// What the store behind a context's callbacks keeps: that of the context whose store it ever is.
  [[nodiscard]] Store store_kind(std::uint8_t index) const;

  void calls() {
    std::string text = c_parts::calls;
    for (std::size_t at; (at = text.find("HELD")) != std::string::npos;) text.replace(at, 4, "h1");
    text_ += text;
  }

  [[nodiscard]] bool opens_again() const {
    std::array<int, connections_max> opened{};
    return std::ranges::any_of(trace_.commands, [&](const Command& c) { return c.op == Op::open && opened[c.connection]++ > 0; });
  }

  [[nodiscard]] bool needs(const std::string& mark) const;

  /// Whether connections end in any other way than by SSL_shutdown at both ends.
  [[nodiscard]] bool needs_ends() const;

  /// A part without the lines and pieces that have no use here: "@mark line" and "@mark piece@".
  void part(const char* text);

  void connections();

  /// A session that is described by its name has the right one only if the callbacks named those before it.
  [[nodiscard]] bool logs_callbacks() const {
    return uses_callbacks() && (settings_.calls() || sight_.logs || (settings_.plain() && sight_.describes));
  }

  void head() {
    text_ += "/*\n";
    for (const std::string& line : about_.head) text_ += " * " + line + "\n";
    text_ += " *\n * cc FILE.c -lssl -lcrypto && ./a.out\n * Exit code: 1 when the difference is there, 0 when it is not.\n */\n";
  }

  void declarations();

  [[nodiscard]] bool any_callbacks(std::uint8_t index, bool (*wanted)(const Callbacks&)) const;
  [[nodiscard]] bool has_new(std::uint8_t index) const {
    return any_callbacks(index, [](const Callbacks& c) { return c.new_session != NewCallback::absent; });
  }
  /// Whether anything ever gets into the external store.
  [[nodiscard]] bool keeps_sessions(std::uint8_t index) const {
    return trace_.setup.contexts[index].store != Store::none && has_new(index);
  }
  [[nodiscard]] bool keeps_sessions() const {
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      if (keeps_sessions(static_cast<std::uint8_t>(i))) return true;
    return false;
  }
  [[nodiscard]] bool has_get(std::uint8_t index) const {
    return any_callbacks(index, [](const Callbacks& c) { return c.get_session != GetCallback::absent; });
  }

  /// The store and the callbacks of one context.
  void callbacks(std::uint8_t index);

  /// What a callback calls besides: a line at its end, and what it is told to.
  void calls_from(std::string& text, const std::string& which, std::uint8_t index) const;

  void need_bytes() {
    text_ += c_parts::through_bytes;
  }

  void line(const std::string& code) {
    result_used_ |= code.find("result = ") != std::string::npos;
    text_ += "  " + code + ";\n";
  }
  /// Of a connection; only where someone asks.
  void result_line(const std::string& code) {
    if (sight_.code.find("(long)result") != std::string::npos) line("result = " + code);
  }

  void main();

  /// What ends with the process otherwise: a library that dies then, or leaks, does so here.
  void give_up();

  void setup(std::uint8_t index);

  [[nodiscard]] std::string accepts() const { return text_.find("int accept_any(") == std::string::npos ? "NULL" : "accept_any"; }

  /// A statement, unless it is about a callback that there is not.
  void setting(const std::string& statement);

  void id_context(const std::string& function, const std::string& on, const IdContext& value, const std::string& to = "");

  void set_callbacks(std::uint8_t index, const Callbacks& c, bool fresh = false);

  /// The name or protocol of this number: "a", or NULL.
  static std::string letter(std::int64_t which) { return which == 0 ? "NULL" : quoted(which == 1 ? "a" : "b"); }

  /// The bytes of an id of `make`, and their length.
  static std::string made(std::int64_t which);

  void command(const Command& c);

  /// `early` and the session id context of `connect` and `open`, as far as there are such parameters.
  std::string more_arguments(const Command& c) const;

  /// How a connection ends, as arguments.
  static std::string endings(End client, End server);

  void client_of(const Command& c);

  void connect(const Command& c);

  void with_connection(const Command& c);

  const Trace& trace_;
  const Reproduction& about_;
  SettingsInC settings_;
  struct Known {  ///< of a connection, without running the trace
    bool open = false, started = false, replaced = false;
  };
  std::array<Known, connections_max> known_{};
  std::array<bool, slots_max + 1> held_{};  ///< slots that are ever used
  const FieldDifference* field_ = nullptr;
  Sight sight_;
  bool names_ = false;  ///< whether sessions have names
  std::string text_;
  std::size_t result_at_ = 0;  ///< where it is declared
  bool result_used_ = false;
};

}  // namespace sesscheck
