#include "model/trace/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "model/trace/fields.hpp"
#include "model/trace/words.hpp"

namespace sesscheck {
namespace {

using namespace notation;

std::string quoted(const IdContext& id) { return '"' + std::string(id.length, id.letter) + '"'; }

std::string value_text(const Command& command, Field field) {
  const std::int64_t value = field_value(command, field);
  const Words names = value_names(field);
  if (!names.empty()) return std::string(names[static_cast<std::size_t>(value)]);
  switch (field) {
    case Field::context:
    case Field::client: return context_name(static_cast<std::uint8_t>(value));
    case Field::connection: return "c" + std::to_string(value + 1);
    case Field::setting: return std::string(info(command.setting).name);
    case Field::setting_value: return std::string(info(command.setting).values[static_cast<std::size_t>(value)]);
    case Field::offered:
      if (value == 0) return "none";
      [[fallthrough]];
    case Field::slot:
    case Field::copy:
    case Field::offer:
    case Field::keep:
    case Field::keep_server: return "h" + std::to_string(value);
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context: return quoted(*command.id_context);
    case Field::mode: return mode_text(value);
    case Field::moment:
      if (!command.number.from_now) break;
      return value == 0 ? "now" : (value > 0 ? "now+" : "now") + std::to_string(value);
    case Field::duration: {
      std::string text = std::to_string(value / micro);
      if (value % micro != 0) {
        text += '.' + std::to_string(micro + value % micro).substr(1);
        text.erase(text.find_last_not_of('0') + 1);
      }
      return text + 's';
    }
    default: break;
  }
  return std::to_string(value);
}

/// An option as it is written, or as it is shown in a usage line.
std::string option_text(Field field, std::string_view value) {
  const std::string key(info(field).key);
  if (is_flag(field)) return key;
  return key + (field == Field::repeat ? "" : "=") + std::string(value);
}

std::string to_text(const ContextSetup& setup) {
  std::string text;
  if (setup.mode) text += " mode=" + mode_text(*setup.mode);
  if (setup.size) text += " size=" + std::to_string(*setup.size);
  if (setup.timeout) text += " timeout=" + std::to_string(*setup.timeout);
  if (setup.id_context.length > 0) text += " id-context=" + quoted(setup.id_context);
  if (setup.verify_peer) text += " verify-peer";
  Command holder;
  holder.callbacks = setup.callbacks;
  for (const Field field : {Field::new_callback, Field::get_callback, Field::remove_callback})
    if (field_value(holder, field) != 0) text += ' ' + option_text(field, value_text(holder, field));
  if (setup.store != Store::none) text += " store=" + std::string(store_names[static_cast<std::size_t>(setup.store)]);
  for (const SettingInfo& row : setting_table())
    if (const std::uint8_t value = setup.settings[row.setting]; value != row.usual)
      text += ' ' + std::string(row.name) + '=' + std::string(row.values[value]);
  return text;
}

/// What stands before a positional argument: a setting and its value are one word.
char before(Field field) { return field == Field::setting_value ? '=' : ' '; }

}  // namespace

std::string to_text(const Command& command) {
  const OpInfo& op = info(command.op);
  std::string text(op.name);
  for (const Field field : op.positional) text += before(field) + value_text(command, field);
  for (const Field field : op.optional)
    if (with_default(command, field) != command) text += ' ' + option_text(field, value_text(command, field));
  return text;
}

std::string to_text(const Trace& trace) {
  std::string text = trace.setup.certificates ? "certificates\n" : "";
  const std::vector<ContextSetup>& contexts = trace.setup.contexts;
  if (contexts != Setup{}.contexts)
    for (std::size_t i = 0; i < contexts.size(); ++i)
      text += "context " + context_name(static_cast<std::uint8_t>(i)) + to_text(contexts[i]) + '\n';
  for (const Command& command : trace.commands) text += to_text(command) + '\n';
  return text;
}

std::string usage(Op op) {
  const OpInfo& row = info(op);
  std::string text(row.name);
  for (const Field field : row.positional) {
    const bool server = field == Field::context && std::ranges::count(row.positional, Field::client) > 0;
    text += before(field) + std::string(server ? "SERVER" : info(field).placeholder);
  }
  for (const Field field : row.optional) text += " [" + option_text(field, info(field).placeholder) + ']';
  return text;
}

std::string context_name(std::uint8_t index) { return std::string(1, static_cast<char>('A' + index)); }

std::string mode_text(std::int64_t bits) {
  if (bits == mode::off) return "OFF";
  if (bits < 0 || bits > mask_max) return std::to_string(bits);
  std::string text;
  for (const ModeName& name : mode_names) {
    if ((bits & name.bits) != name.bits) continue;
    text += (text.empty() ? "" : "|") + std::string(name.name);
    bits &= ~name.bits;
  }
  if (bits == 0) return text;
  std::array<char, 8> hex{};
  char* const end = std::to_chars(hex.data(), hex.data() + hex.size(), bits, 16).ptr;
  return text + (text.empty() ? "0x" : "|0x") + std::string(hex.data(), end);
}

std::optional<std::int64_t> parse_mode(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t bits = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, bits);
  if (error == std::errc() && stop == end) return bits;
  bits = 0;
  for (std::string_view rest = text;;) {
    const std::size_t bar = rest.find('|');
    const std::string_view term = rest.substr(0, bar);
    const auto name = std::ranges::find(mode_names, term, &ModeName::name);
    if (name != mode_names.end()) {
      bits |= name->bits;
    } else if (term.starts_with("0x")) {
      std::uint32_t mask = 0;
      const auto [last, problem] = std::from_chars(term.data() + 2, term.data() + term.size(), mask, 16);
      if (problem != std::errc() || last != term.data() + term.size()) return {};
      bits |= mask;
    } else if (term != "OFF") {
      return {};
    }
    if (bar == rest.npos) return bits;
    rest.remove_prefix(bar + 1);
  }
}

}  // namespace sesscheck
