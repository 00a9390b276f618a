// The grammar of commands: which fields each Op uses, in what order, and what values a field may have.
//
// Text, bytes, shrinking and mutation all follow this one table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/command.hpp"

namespace sesscheck {

/// One part of a Command, with its meaning: several fields may live in one member (Command::number, slot, keep,
/// id_context), but no Op uses two of those.
enum class Field : std::uint8_t {
  context,          ///< Command::context
  client,           ///< Command::client
  connection,       ///< Command::connection
  end,              ///< Command::at_server
  slot,             ///< Command::slot, a held session
  copy,             ///< Command::keep, where a copy goes
  offer,            ///< Command::slot, 0 is none
  offered,          ///< Command::slot, 0 is the word none
  keep,             ///< Command::keep, 0 is none
  keep_server,      ///< Command::keep_server, 0 is none
  flights,          ///< Command::flights
  client_end,       ///< Command::client_end
  server_end,       ///< Command::server_end
  quiet,            ///< Command::client_end, quiet or shutdown
  early,            ///< Command::early
  id_context,       ///< Command::id_context, always there; its value is the length
  data,             ///< Command::id_context, always there: other bytes than those of an id context
  ssl_id_context,   ///< Command::id_context, -1 is absent; else its value is the length
  new_callback,     ///< Command::callbacks.new_session
  get_callback,     ///< Command::callbacks.get_session
  remove_callback,  ///< Command::callbacks.remove_session
  setting,          ///< Command::setting
  setting_value,    ///< Command::number, a value of that Setting; the two are one word of text
  mode,             ///< Command::number, mode bits
  number,           ///< Command::number, any
  on_off,           ///< Command::number, 0 or 1
  moment,           ///< Command::number, seconds, may count from now
  duration,         ///< Command::number, microseconds
  version,          ///< Command::number, a Version
  host_name,        ///< Command::number, a value of Setting::host_name
  protocol,         ///< Command::number, an Alpn, but for both
  made_id,          ///< Command::number, an id of `make`
  abbreviated,      ///< Command::number, 0 or 1
  repeat,           ///< Command::repeat
  count
};
inline constexpr std::int64_t duration_max = 1'000'000'000'000'000;  ///< microseconds

struct FieldInfo {
  Field field;
  std::string_view key;          ///< what stands before '=' in text
  std::string_view placeholder;  ///< a value in usage lines
  std::int64_t min, max;         ///< of field_value
};

struct OpInfo {
  Op op;
  std::string_view name;
  std::vector<Field> positional, optional;
  std::string_view help;
};

std::span<const OpInfo> op_table();  ///< by Op
const OpInfo& info(Op op);
const FieldInfo& info(Field field);

/// Every field seen as a number. `set_field` clamps, and brings a setting's value into the range of a new Setting.
std::int64_t field_value(const Command& command, Field field);
void set_field(Command& command, Field field, std::int64_t value);
/// The highest value in this command: a setting's value has the range of its Setting, all others have that of the
/// field.
std::int64_t field_max(const Command& command, Field field);
/// A flag is a word without a value, there or not.
bool is_flag(Field field);

/// The command with this field (a whole id context, a whole Number) as in `normalise(Command{op})`.
Command with_default(Command command, Field field);

/// Unused fields get their defaults, used ones come into their ranges.
Command normalise(const Command& command);
/// The same for the setup and all commands; context indexes, also those that a Setting names, are taken modulo the
/// number of contexts.
Trace normalise(const Trace& trace);

/// Whether the values of a Setting are contexts: 0 is none, n the n-th one.
inline bool names_context(Setting setting) {
  return setting == Setting::server_name || setting == Setting::client_hello || setting == Setting::store_of;
}
inline std::uint8_t setting_max(Setting setting) { return static_cast<std::uint8_t>(info(setting).values.size() - 1); }

/// Within length and letters of a trace; the empty one has letter 'a'.
IdContext normalise(IdContext id_context);

}  // namespace sesscheck
