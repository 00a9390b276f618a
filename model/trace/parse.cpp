// The parser of text.hpp.
#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <vector>

#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"
#include "model/trace/words.hpp"

namespace sesscheck {
namespace {

using namespace notation;
using Problem = std::optional<std::string>;  // what is wrong; nothing when all is well

constexpr const char* mode_help =
    "OFF, or CLIENT, SERVER, BOTH, NO_AUTO_CLEAR, NO_INTERNAL_LOOKUP, NO_INTERNAL_STORE, NO_INTERNAL, UPDATE_TIME and "
    "a 32-bit hexadecimal number joined by |, or a plain 64-bit number";
constexpr std::string_view blanks = " \t\r\v\f";

std::string shown(std::string_view word) {
  std::string text = word.size() <= 60 ? std::string(word) : std::string(word.substr(0, 57)) + "...";
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';  // a message stays one clean line, whatever the file holds
  return '\'' + text + '\'';
}

std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " or " : ", ") + items[i];
  return text;
}
std::string listed(Words words) { return listed(std::vector<std::string>(words.begin(), words.end())); }

/// A range of values of a field, such as "h1 to h6".
std::string range_text(std::int64_t lowest, std::int64_t highest, std::string_view prefix = "") {
  const std::string before(prefix);
  return before + std::to_string(lowest) + " to " + before + std::to_string(highest);
}

/// The whole of `digits` as a number; the message shows the `word` it comes from.
Problem read_number(std::string_view word, std::string_view digits, std::int64_t lowest, std::int64_t highest,
                    const std::string& expected, std::int64_t& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size())
    return shown(word) + " is not valid; expected " + expected;
  if (error != std::errc() || value < lowest || value > highest)
    return shown(word) + " is out of range; expected " + expected;
  return {};
}

Problem read_id_context(std::string_view word, IdContext& id) {
  if (word.size() < 2 || word.front() != '"' || word.back() != '"')
    return shown(word) + " is not an id context; expected one letter, repeated, in quotes, such as \"aaa\"";
  const std::string_view letters = word.substr(1, word.size() - 2);
  if (letters.size() > id_context_trace_max)
    return "an id context of " + std::to_string(letters.size()) + " bytes; expected at most " +
           std::to_string(id_context_trace_max);
  if (letters.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != letters.npos)
    return shown(word) + " holds more than letters a to z; expected one letter, repeated, such as \"aaa\"";
  if (letters.find_first_not_of(letters.substr(0, 1)) != letters.npos)
    return "mixed letters in " + shown(word) + "; expected one letter, repeated, such as \"aaa\"";
  id = {static_cast<std::uint8_t>(letters.size()), letters.empty() ? 'a' : letters[0]};
  return {};
}

/// Seconds with up to six decimals, into microseconds.
Problem read_duration(std::string_view word, std::int64_t& value) {
  std::string digits;
  if (word.ends_with('s')) {
    const std::string_view seconds = word.substr(0, word.size() - 1);
    const std::size_t point = seconds.find('.');
    const std::string_view decimals = point == seconds.npos ? "0" : seconds.substr(point + 1);
    if (point != 0 && !seconds.empty() && !decimals.empty() && decimals.size() <= 6)
      digits = std::string(seconds.substr(0, point)) + std::string(decimals) + std::string(6 - decimals.size(), '0');
  }
  return read_number(word, digits, 0, duration_max,
                     "seconds with up to 6 decimals, 0s to " + std::to_string(duration_max / micro) + "s", value);
}

/// "-5" or "now-5".
Problem read_moment(std::string_view word, Number& number) {
  number.from_now = word.starts_with("now");
  if (word == "now") return {};
  std::string_view digits = word;
  if (number.from_now) {
    digits.remove_prefix(3);
    const bool plus = digits.starts_with('+');
    if (plus) digits.remove_prefix(1);
    if (plus == digits.starts_with('-')) digits = {};  // neither "now10" nor "now+-10"
  }
  return read_number(word, digits, info(Field::moment).min, info(Field::moment).max,
                     "seconds as a 64-bit number, or counted from now, such as now+10", number.value);
}

/// "tickets=on"; `contexts` is how many there are to name.
Problem read_setting(std::string_view word, std::size_t contexts, Setting& setting, std::uint8_t& value) {
  const std::size_t equals = word.find('=');
  const auto row = std::ranges::find(setting_table(), word.substr(0, equals), &SettingInfo::name);
  if (equals == word.npos || row == setting_table().end()) {
    std::vector<std::string> names;
    for (const SettingInfo& known : setting_table()) names.emplace_back(known.name);
    return shown(word) + " is no setting; expected SETTING=WORD, the former " + listed(names);
  }
  const std::string_view text = word.substr(equals + 1);
  const Words names = Words(row->values).first(names_context(row->setting) ? contexts + 1 : row->values.size());
  const auto found = std::ranges::find(names, text);
  if (found == names.end())
    return std::string(row->name) + ": " + shown(text) + " is not valid; expected " + listed(names);
  setting = row->setting;
  value = static_cast<std::uint8_t>(found - names.begin());
  return {};
}

Problem read_value(std::string_view word, Field field, std::size_t contexts, Command& command) {
  std::int64_t value = 0;
  Problem problem;
  if (const Words names = value_names(field); !names.empty()) {
    value = std::find(names.begin(), names.end(), word) - names.begin();
    if (value == std::ssize(names)) return shown(word) + " is not valid; expected " + listed(names);
  } else {
    switch (field) {
      case Field::context:
      case Field::client: {
        std::vector<std::string> declared;
        for (std::uint8_t i = 0; i < contexts; ++i) declared.push_back(context_name(i));
        value = std::find(declared.begin(), declared.end(), word) - declared.begin();
        if (value == std::ssize(declared))
          problem = shown(word) + " is no declared context; expected " + listed(declared);
        break;
      }
      case Field::connection:
        problem = read_number(word, word.starts_with('c') ? word.substr(1) : "", 1, connections_max,
                              range_text(1, connections_max, "c"), value);
        --value;
        break;
      case Field::setting: {
        std::uint8_t number = 0;
        problem = read_setting(word, contexts, command.setting, number);
        command.number.value = number;
        return problem;
      }
      case Field::offered:
        if (word == "none") break;
        problem = read_number(word, word.starts_with('h') ? word.substr(1) : "", 1, slots_max,
                              range_text(1, slots_max, "h") + ", or none", value);
        break;
      case Field::slot:
      case Field::copy:
      case Field::offer:
      case Field::keep:
      case Field::keep_server:
        problem = read_number(word, word.starts_with('h') ? word.substr(1) : "", 1, slots_max,
                              range_text(1, slots_max, "h"), value);
        break;
      case Field::id_context:
      case Field::data:
      case Field::ssl_id_context: return read_id_context(word, command.id_context.emplace());
      case Field::mode: {
        const std::optional<std::int64_t> bits = parse_mode(word);
        if (!bits) problem = shown(word) + " is no cache mode; expected " + mode_help;
        value = bits.value_or(0);
        break;
      }
      case Field::moment: return read_moment(word, command.number);
      case Field::duration: problem = read_duration(word, value); break;
      case Field::number:
        problem = read_number(word, word, info(field).min, info(field).max, "a 64-bit number", value);
        break;
      case Field::repeat:
        problem = read_number(word, word.substr(1), 1, repeat_max, range_text(1, repeat_max, "x"), value);
        break;
      default: {
        if (is_flag(field)) {
          value = 1;
          break;
        }
        const std::int64_t min = info(field).min, max = field_max(command, field);
        problem = read_number(word, word, min, max, range_text(min, max), value);
      }
    }
  }
  if (!problem) set_field(command, field, value);
  return problem;
}

/// Where the value of an option is, if the word is that option.
std::optional<std::string_view> option_value(std::string_view word, std::string_view key, Field field) {
  if (is_flag(field)) return word == key ? std::optional(word) : std::nullopt;
  if (field == Field::repeat) return word[0] == 'x' && word.find('=') == word.npos ? std::optional(word) : std::nullopt;
  return word.starts_with(key) && word.substr(key.size()).starts_with('=')
             ? std::optional(word.substr(key.size() + 1))
             : std::nullopt;
}

struct Option {
  std::string_view key;
  Field field;
};

/// Options of a context line that read like those of commands; verify-peer, store= and the settings do not.
constexpr std::array<Option, 7> setup_options = {{
    {"mode", Field::mode},
    {"size", Field::number},
    {"timeout", Field::number},
    {"id-context", Field::id_context},
    {"new", Field::new_callback},
    {"get", Field::get_callback},
    {"remove", Field::remove_callback},
}};
constexpr std::string_view setup_usage =
    "context A [mode=MODE] [size=NUMBER] [timeout=NUMBER] [id-context=\"aaa\"] [verify-peer] [new=0|1]"
    " [get=copy0|copy1|untouched]"
    " [remove] [store=references|serialised] [SETTING=WORD ...]";

class Reader {
 public:
  std::optional<ParseError> line(const std::vector<std::string_view>& words, std::size_t number) {
    Problem problem;
    line_ = number;
    if (words[0] == "certificates")
      problem = certificates(words);
    else if (words[0] == "context")
      problem = context(words);
    else if (const auto earlier = undeclared())
      return earlier;
    else
      problem = command(words);
    if (problem) return ParseError{number, *problem};
    return {};
  }
  /// A setting that names a context which no line of the setup declares: only its end can tell.
  [[nodiscard]] std::optional<ParseError> undeclared() const {
    for (const Named& named : named_)
      if (named.context > trace_.setup.contexts.size())
        return ParseError{named.line, "context: " + std::string(named.key) + ": " +
                                          shown(context_name(static_cast<std::uint8_t>(named.context - 1))) +
                                          " is no declared context"};
    return {};
  }
  Trace take() { return normalise(trace_); }

 private:
  struct Named {
    std::size_t line;
    std::string_view key;
    std::uint8_t context;  // from 1
  };
  Trace trace_;
  std::size_t declared_ = 0;  // contexts, by context lines
  std::size_t line_ = 0;
  std::vector<Named> named_;  // by settings of the setup

  Problem certificates(Words words) {
    if (words.size() > 1) return "certificates: " + shown(words[1]) + " is too much; expected certificates alone";
    if (trace_.setup.certificates) return "certificates: given twice";
    if (declared_ > 0 || !trace_.commands.empty()) return "certificates: too late; expected before all else";
    trace_.setup.certificates = true;
    return {};
  }

  Problem context(Words words) {
    if (!trace_.commands.empty()) return "context: too late; expected before the first command";
    if (declared_ == contexts_max) return "context: too many; expected at most " + std::to_string(contexts_max);
    const std::string name = context_name(static_cast<std::uint8_t>(declared_));
    if (words.size() < 2 || words[1] != name)
      return "context: " + (words.size() < 2 ? "missing name" : shown(words[1]) + " is out of order") + "; expected " +
             name + " here";
    ContextSetup setup;
    std::vector<std::string_view> seen;
    for (const std::string_view word : words.subspan(2))
      if (const Problem problem = setup_option(word, seen, setup)) return "context: " + *problem;
    trace_.setup.contexts.resize(++declared_);
    trace_.setup.contexts.back() = setup;
    return {};
  }

  Problem setup_option(std::string_view word, std::vector<std::string_view>& seen, ContextSetup& setup) {
    const std::string_view key = word.substr(0, word.find('='));
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return std::string(key) + " given twice";
    seen.push_back(key);
    if (word == "verify-peer") {
      setup.verify_peer = true;
      return {};
    }
    if (word.starts_with("store=")) {
      const auto found = std::find(store_names.begin(), store_names.end(), word.substr(6));
      if (found == store_names.end())
        return "store: " + shown(word.substr(6)) + " is not valid; expected " + listed(store_names);
      setup.store = static_cast<Store>(found - store_names.begin());
      return {};
    }
    for (const Option& option : setup_options) {
      const auto value = option_value(word, option.key, option.field);
      if (!value) continue;
      Command holder;  // a setup's values are read as those of commands
      holder.callbacks = setup.callbacks;
      const Problem problem = read_value(*value, option.field, 0, holder);
      if (problem) return std::string(key) + ": " + *problem;
      setup.callbacks = holder.callbacks;
      if (holder.id_context) setup.id_context = *holder.id_context;
      if (key == "mode") setup.mode = holder.number.value;
      if (key == "size") setup.size = holder.number.value;
      if (key == "timeout") setup.timeout = holder.number.value;
      return {};
    }
    const auto row = std::ranges::find(setting_table(), key, &SettingInfo::name);
    if (row == setting_table().end() || key == word)
      return "unknown option " + shown(word) + "; usage: " + std::string(setup_usage);
    Setting setting{};
    std::uint8_t value = 0;
    if (const Problem problem = read_setting(word, contexts_max, setting, value)) return problem;
    setup.settings[setting] = value;
    if (names_context(setting)) named_.push_back({line_, row->name, value});
    return {};
  }

  Problem command(Words words) {
    const auto table = op_table();
    const auto row = std::ranges::find(table, words[0], &OpInfo::name);
    if (row == table.end()) {
      std::vector<std::string> names = {"certificates", "context"};
      for (const OpInfo& op : table) names.emplace_back(op.name);
      return "unknown command " + shown(words[0]) + "; expected " + listed(names);
    }
    Command blank;
    blank.op = row->op;
    Command command = normalise(blank);
    const Problem problem = arguments(words.subspan(1), *row, command);
    if (problem) return std::string(row->name) + ": " + *problem;
    trace_.commands.push_back(command);
    return {};
  }

  Problem arguments(Words words, const OpInfo& row, Command& command) const {
    const std::size_t contexts = trace_.setup.contexts.size();
    const auto help = [&] { return "; usage: " + usage(row.op); };  // a third of the time of reading, where nothing is wrong
    for (const Field field : row.positional) {
      if (field == Field::setting_value) continue;  // in one word with its setting
      if (words.empty() || (words[0].find('=') != words[0].npos && field != Field::setting))
        return "missing " + std::string(info(field).key) + help();
      if (const Problem problem = read_value(words[0], field, contexts, command)) return problem;
      words = words.subspan(1);
    }
    std::vector<Field> seen;
    for (const std::string_view word : words) {
      std::optional<std::string_view> value;
      const auto field = std::find_if(row.optional.begin(), row.optional.end(), [&](Field candidate) {
        return (value = option_value(word, info(candidate).key, candidate)).has_value();
      });
      if (field == row.optional.end())
        return (row.optional.empty() ? "too many arguments, " : "unknown option ") + shown(word) + help();
      const std::string key(info(*field).key);
      if (std::find(seen.begin(), seen.end(), *field) != seen.end()) return key + " given twice";
      seen.push_back(*field);
      if (const Problem problem = read_value(*value, *field, contexts, command))
        return *field == Field::repeat ? problem : key + ": " + *problem;
    }
    return {};
  }
};

/// The words of a line, without its comment.
std::vector<std::string_view> split(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (std::size_t from = 0; (from = line.find_first_not_of(blanks, from)) != line.npos;) {
    const std::size_t to = std::min(line.find_first_of(blanks, from), line.size());
    words.push_back(line.substr(from, to - from));
    from = to;
  }
  return words;
}

}  // namespace

std::variant<Trace, ParseError> parse(std::string_view text) {
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t newline = text.find('\n');
    const std::vector<std::string_view> words = split(text.substr(0, newline));
    if (!words.empty())
      if (auto error = reader.line(words, number)) return *std::move(error);
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
  }
  if (auto error = reader.undeclared()) return *std::move(error);
  return reader.take();
}

}  // namespace sesscheck
