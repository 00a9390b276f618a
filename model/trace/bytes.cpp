#include "model/trace/bytes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "model/trace/fields.hpp"

namespace sesscheck {
namespace {

/// Three quarters of the byte values mean one of the `usual` choices, the first ones; the others mean any of `all`.
std::uint64_t likely(std::uint8_t byte, std::uint64_t usual, std::uint64_t all) {
  return byte < 0xc0 ? byte % usual : (byte - 0xc0U) % all;
}
std::uint8_t from_likely(std::uint64_t choice, std::uint64_t usual) {
  return static_cast<std::uint8_t>(choice < usual ? choice : 0xc0U + choice);
}

// ---- numbers: a form and eight bytes, little-endian

enum class Kind { with_sign, mask, duration };

/// Bytes in use, by form modulo 8: small numbers are the likely ones.
constexpr std::array<std::uint8_t, 8> widths = {1, 1, 1, 1, 2, 2, 4, 8};

std::int64_t read_number(Kind kind, std::uint8_t form, const std::uint8_t* bytes) {
  const unsigned width = widths[form % widths.size()];
  std::uint64_t raw = 0;
  for (unsigned i = 0; i < width; ++i) raw |= std::uint64_t{bytes[i]} << (8 * i);
  if (kind == Kind::duration)  // whole seconds, or microseconds
    return static_cast<std::int64_t>(width <= 2 ? raw * 1'000'000 : raw % (duration_max + 1U));
  const unsigned spare = kind == Kind::with_sign ? 64 - 8 * width : 0;
  return static_cast<std::int64_t>(raw << spare) >> spare;
}

/// The shortest form that reads as this value.
std::uint8_t write_number(Kind kind, std::int64_t value, std::uint8_t* bytes) {
  for (const std::uint8_t form : {0, 4, 6, 7}) {
    const std::uint8_t width = widths[form];
    const auto raw = static_cast<std::uint64_t>(kind == Kind::duration && width <= 2 ? value / 1'000'000 : value);
    std::fill_n(bytes, 8, std::uint8_t{0});
    for (unsigned i = 0; i < width; ++i) bytes[i] = static_cast<std::uint8_t>(raw >> (8 * i));
    if (read_number(kind, form, bytes) == value) return form;
  }
  return 7;
}

// ---- id contexts: length, letter

constexpr std::uint64_t usual_lengths = 4, all_lengths = id_context_trace_max + 1U;
constexpr std::uint64_t usual_letters = 2, all_letters = 26;

IdContext read_id_context(const std::uint8_t* bytes) {
  return normalise(IdContext{static_cast<std::uint8_t>(likely(bytes[0], usual_lengths, all_lengths)),
                             static_cast<char>('a' + likely(bytes[1], usual_letters, all_letters))});
}
void write_id_context(const IdContext& id, std::uint8_t* bytes) {
  bytes[0] = from_likely(id.length, usual_lengths);
  bytes[1] = from_likely(static_cast<std::uint64_t>(id.letter - 'a'), usual_letters);
}

// ---- fields of a command

Kind kind(Field field) {
  return field == Field::mode ? Kind::mask : field == Field::duration ? Kind::duration : Kind::with_sign;
}

/// Where a field is in its record. Fields may share bytes when no op uses both.
std::size_t place(Field field) {
  switch (field) {
    case Field::context: return 1;
    case Field::client: return 2;
    case Field::slot:
    case Field::offer:
    case Field::offered: return 3;
    case Field::copy:
    case Field::keep: return 4;
    case Field::keep_server:
    case Field::setting: return 5;
    case Field::flights: return 6;
    case Field::client_end:
    case Field::end: return 7;
    case Field::server_end:
    case Field::quiet:
    case Field::abbreviated: return 8;
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context: return 9;
    case Field::new_callback: return 12;
    case Field::get_callback:
    case Field::early: return 13;
    case Field::remove_callback:
    case Field::connection: return 14;
    case Field::repeat: return 15;
    default: return 16;  // numbers
  }
}
constexpr std::size_t form_at = 12, from_now_at = 13;

void read_field(Field field, const std::uint8_t* record, Command& command) {
  const FieldInfo& row = info(field);  // a setting is read before its value
  const std::uint8_t* at = record + place(field);
  switch (field) {
    case Field::flights:
      set_field(command, field, flights_max - static_cast<std::int64_t>(likely(*at, 1, flights_max + 1)));
      break;
    case Field::early: set_field(command, field, static_cast<std::int64_t>(likely(*at, 1, 2))); break;
    case Field::ssl_id_context:
      if (likely(*at, 1, 2) == 0) break;
      [[fallthrough]];
    case Field::id_context:
    case Field::data: command.id_context = read_id_context(at + 1); break;
    case Field::repeat:
      set_field(command, field, *at == repeat_flag ? 1 + (at[1] | at[2] << 8) % repeat_max : 1);
      break;
    case Field::moment: command.number.from_now = record[from_now_at] % 4 != 0; [[fallthrough]];
    case Field::mode:
    case Field::number:
    case Field::duration: set_field(command, field, read_number(kind(field), record[form_at], at)); break;
    default: set_field(command, field, row.min + *at % (field_max(command, field) - row.min + 1));
  }
}

void write_field(Field field, const Command& command, std::uint8_t* record) {
  const std::int64_t value = field_value(command, field);
  std::uint8_t* at = record + place(field);
  switch (field) {
    case Field::flights: *at = from_likely(static_cast<std::uint64_t>(flights_max - value), 1); break;
    case Field::early: *at = from_likely(static_cast<std::uint64_t>(value), 1); break;
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context:
      if (!command.id_context) break;
      *at = from_likely(1, 1);
      write_id_context(*command.id_context, at + 1);
      break;
    case Field::repeat:
      if (value == 1) break;
      at[0] = repeat_flag;
      at[1] = static_cast<std::uint8_t>((value - 1) % 256);
      at[2] = static_cast<std::uint8_t>((value - 1) / 256);
      break;
    case Field::moment: record[from_now_at] = command.number.from_now ? 1 : 0; [[fallthrough]];
    case Field::mode:
    case Field::number:
    case Field::duration: record[form_at] = write_number(kind(field), value, at); break;
    default: *at = static_cast<std::uint8_t>(value - info(field).min);
  }
}

// ---- the setup

constexpr std::uint8_t present = 0x80;

std::optional<std::int64_t> read_optional(Kind kind, const std::uint8_t* bytes) {
  if ((bytes[0] & present) == 0) return {};
  return read_number(kind, bytes[0] % present, bytes + 1);
}
void write_optional(Kind kind, const std::optional<std::int64_t>& value, std::uint8_t* bytes) {
  if (value) bytes[0] = present | write_number(kind, *value, bytes + 1);
}

std::size_t setting_at(const SettingInfo& row) { return 32 + static_cast<std::size_t>(row.setting); }
static_assert(32 + setting_count <= context_setup_bytes);

/// The usual value is the first choice, the others follow in their order: most bytes, and zero, mean what is usual.
std::uint8_t from_choice(const SettingInfo& row, std::uint64_t choice) {
  if (choice == 0) return row.usual;
  return static_cast<std::uint8_t>(choice <= row.usual ? choice - 1 : choice);
}
std::uint64_t to_choice(const SettingInfo& row, std::uint8_t value) {
  if (value == row.usual) return 0;
  return value < row.usual ? value + 1U : value;
}

ContextSetup read_context(const std::uint8_t* record) {
  ContextSetup setup;
  setup.mode = read_optional(Kind::mask, record);
  setup.size = read_optional(Kind::with_sign, record + 9);
  setup.timeout = read_optional(Kind::with_sign, record + 18);
  setup.id_context = read_id_context(record + 27);
  setup.verify_peer = likely(record[29], 1, 2) != 0;
  const auto get = static_cast<GetCallback>(record[30] / 3 % 3);
  const bool untouched = get == GetCallback::copy_one && record[30] / 18 % 2 != 0;
  setup.callbacks = {static_cast<NewCallback>(record[30] % 3), untouched ? GetCallback::untouched : get,
                     static_cast<RemoveCallback>(record[30] / 9 % 2)};
  setup.store = static_cast<Store>(record[31] % 3);
  for (const SettingInfo& row : setting_table())
    setup.settings[row.setting] = from_choice(row, likely(record[setting_at(row)], 1, row.values.size()));
  return setup;
}

void write_context(const ContextSetup& setup, std::uint8_t* record) {
  write_optional(Kind::mask, setup.mode, record);
  write_optional(Kind::with_sign, setup.size, record + 9);
  write_optional(Kind::with_sign, setup.timeout, record + 18);
  write_id_context(setup.id_context, record + 27);
  record[29] = from_likely(setup.verify_peer ? 1 : 0, 1);
  const bool untouched = setup.callbacks.get_session == GetCallback::untouched;
  const auto get = untouched ? GetCallback::copy_one : setup.callbacks.get_session;
  record[30] = static_cast<std::uint8_t>(static_cast<int>(setup.callbacks.new_session) + 3 * static_cast<int>(get) +
                                         9 * static_cast<int>(setup.callbacks.remove_session) + (untouched ? 18 : 0));
  record[31] = static_cast<std::uint8_t>(setup.store);
  for (const SettingInfo& row : setting_table())
    record[setting_at(row)] = from_likely(to_choice(row, setup.settings[row.setting]), 1);
}

/// The bytes from `from` on, as far as they go, then zeros.
template <std::size_t Size>
std::array<std::uint8_t, Size> padded(std::span<const std::uint8_t> bytes, std::size_t from = 0) {
  std::array<std::uint8_t, Size> out{};
  if (from < bytes.size()) std::copy_n(bytes.begin() + from, std::min(Size, bytes.size() - from), out.begin());
  return out;
}

}  // namespace

Command command_from_bytes(std::span<const std::uint8_t> bytes) {
  const auto record = padded<record_bytes>(bytes);
  Command command;
  command.op = static_cast<Op>(record[0] % static_cast<unsigned>(Op::count));
  for (const Field field : info(command.op).positional) read_field(field, record.data(), command);
  for (const Field field : info(command.op).optional) read_field(field, record.data(), command);
  return command;
}

void command_to_bytes(const Command& command, std::uint8_t* record) {
  std::fill_n(record, record_bytes, std::uint8_t{0});
  record[0] = static_cast<std::uint8_t>(command.op);
  for (const Field field : info(command.op).positional) write_field(field, command, record);
  for (const Field field : info(command.op).optional) write_field(field, command, record);
}

Trace from_bytes(std::span<const std::uint8_t> bytes) {
  const auto setup = padded<setup_bytes>(bytes);
  Trace trace;
  trace.setup.certificates = setup[1] % 2 != 0;
  trace.setup.contexts.clear();
  for (unsigned i = 0; i <= setup[0] % contexts_max; ++i)
    trace.setup.contexts.push_back(read_context(setup.data() + 4 + i * context_setup_bytes));
  for (std::size_t at = setup_bytes; at < bytes.size(); at += record_bytes)
    trace.commands.push_back(command_from_bytes(bytes.subspan(at)));
  return normalise(trace);
}

std::vector<std::uint8_t> to_bytes(const Trace& trace) {
  std::vector<std::uint8_t> bytes(setup_bytes + trace.commands.size() * record_bytes);
  bytes[0] = static_cast<std::uint8_t>(trace.setup.contexts.size() - 1);
  bytes[1] = trace.setup.certificates ? 1 : 0;
  for (std::size_t i = 0; i < trace.setup.contexts.size(); ++i)
    write_context(trace.setup.contexts[i], bytes.data() + 4 + i * context_setup_bytes);
  for (std::size_t i = 0; i < trace.commands.size(); ++i)
    command_to_bytes(trace.commands[i], bytes.data() + setup_bytes + i * record_bytes);
  return bytes;
}

}  // namespace sesscheck
