// Context A is what a world is about: its mode bits, store and session id context are the world's. B is the other end,
// a context as the library makes it, or A itself is. Every world begins after one connection, whose session is in h1.
#include "explore/presets.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <utility>

#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

struct Value {
  std::string_view name, text;
};

// CLIENT and SERVER stand for the two ends.
constexpr Value roles[] = {{"server", "B A"}, {"client", "A B"}, {"both ends", "A A"}};
constexpr Value stores[] = {{"no store", ""},
                            {"references", " new=1 get=copy1 remove store=references"},
                            {"serialised", " new=0 get=copy0 remove store=serialised"}};
constexpr Value id_contexts[] = {{"no sid_ctx", ""}, {"sid_ctx", " id-context=\"a\""}, {"verify-peer", " verify-peer"}};

constexpr std::int64_t mode_bits[] = {
    mode::client,     mode::server, mode::no_auto_clear, mode::no_internal_lookup, mode::no_internal_store,
    mode::update_time};

// A's sessions live for two seconds; B's longer, so that a client proposes what a server must refuse.
constexpr std::string_view contexts = "context A timeout=2 mode=MODE size=SIZEOPTIONS\ncontext B timeout=9\n";

// Families: connections of all kinds, ...
constexpr std::string_view connections =
    "connect ENDS keep=h1\n"
    "connect ENDS offer=h1\n"
    "connect ENDS offer=h1 server-keep=h2\n"
    "connect ENDS offer=h1 client-end=none server-end=none\n"
    "connect ENDS offer=h1 id-context=\"b\"\n"
    "connect ENDS offer=h1 flights=2\n"
    "connect B B offer=h1\n";
// ... the cache by hand, ...
constexpr std::string_view by_hand =
    "add A h1\n"
    "add A h2\n"
    "remove A h1\n"
    "remove A h2\n"
    "flush A 0\n"
    "flush A now\n";
// ... time, ...
constexpr std::string_view time =
    "advance 1s\n"
    "advance 2s\n";
// ... settings, ...
constexpr std::string_view settings =
    "set-mode A OFF\n"
    "set-mode A MODE\n"
    "set-size A 1\n"
    "set-id-context A \"b\"\n";
// ... and what an external store may do.
constexpr std::string_view faults =
    "answer A h1\n"
    "lose A\n";

// Back to the first state.
constexpr std::string_view home =
    "drop h2\n"
    "set-size A SIZE\n"
    "set-mode A MODE\n"
    "set-id-context A \"ID\"\n"
    "flush A 0\n"
    "flush B 0\n"
    "lose A\n"
    "connect ENDS keep=h1\n";

// Near an automatic flush, which must find what has expired: caches are larger there.
constexpr std::string_view near_flush =
    "connect ENDS keep=h1\n"
    "connect ENDS offer=h1\n"
    "connect ENDS keep=h2\n"
    "connect ENDS offer=h1 flights=2\n"
    "add A h1\n"
    "flush A now\n"
    "advance 2s\n"
    "advance 3s\n"
    "set-mode A OFF\n"
    "set-mode A MODE\n";

/// What tells the worlds of a preset apart.
struct Kind {
  Value role, store, id_context;
  std::int64_t mode;
  std::string_view size = "2";
};

Start start(const Kind& kind, std::string_view first, std::string_view alphabet, std::string_view remark) {
  const auto filled = [&](std::string_view text) {
    std::string all = replaced(std::string(text), "ENDS", kind.role.text);
    all = replaced(all, "MODE", mode_text(kind.mode));
    all = replaced(all, "SIZE", kind.size);
    all = replaced(all, "ID", kind.id_context.name == "sid_ctx" ? "a" : "");
    return replaced(all, "OPTIONS", std::string(kind.store.text) + std::string(kind.id_context.text));
  };
  const auto read = [&](std::string_view commands) { return read_start(filled(contexts) + filled(commands)); };
  Start start;
  const std::string mode = mode_text(kind.mode);
  for (const std::string_view part :
       {kind.role.name, std::string_view(mode), kind.store.name, kind.id_context.name, remark})
    if (!part.empty()) start.name += (start.name.empty() ? "" : ", ") + std::string(part);
  start.trace = read(first);
  start.home = read(home).commands;
  for (const Command& command : read(alphabet).commands)  // "set-mode A MODE" may be there already
    if (std::ranges::find(start.alphabet, command) == start.alphabet.end()) start.alphabet.push_back(command);
  return start;
}

/// Every combination of these mode bits.
std::vector<std::int64_t> modes_of(std::span<const std::int64_t> bits) {
  std::vector<std::int64_t> modes;
  for (std::uint32_t set = 0; set < 1U << bits.size(); ++set) {
    std::int64_t mode = 0;
    for (std::size_t i = 0; i < bits.size(); ++i)
      if (set >> i & 1U) mode |= bits[i];
    modes.push_back(mode);
  }
  return modes;
}

/// Every combination of mode bits, role, store and session id context.
void add_all(std::vector<Start>& starts, std::string_view alphabet) {
  for (const Value& role : roles)
    for (const Value& store : stores)
      for (const Value& id_context : id_contexts)
        for (const std::int64_t mode : modes_of(mode_bits))
          starts.push_back(start({role, store, id_context, mode}, "connect ENDS keep=h1\n", alphabet, ""));
}

/// Worlds in which the next successful connection, or the one after it, is the 255th or the 256th. Each trace on a
/// library costs hundreds of connections there: `few` are those in which one end has its bit or not, flushes or not.
void add_near_flush(std::vector<Start>& starts, bool few) {
  for (const Value& role : roles)
    for (const std::int64_t mode : modes_of(std::span(mode_bits).first(3))) {
      const std::int64_t own = role.name == "server" ? mode::server : mode::client;
      if (few && (role.name == "both ends" || (mode & mode::both & ~own) || mode == mode::no_auto_clear)) continue;
      for (const auto& [first, remark] :
           {std::pair("connect ENDS x253\nflush A 0\nconnect ENDS keep=h1\n", "after 254 connections"),
            std::pair("connect ENDS x254\nflush A 0\nconnect ENDS keep=h1\n", "after 255 connections")})
        starts.push_back(start({role, stores[1], id_contexts[0], mode, "9"}, first, near_flush, remark));
    }
}

struct PresetInfo {
  std::string_view name, meaning;
  std::size_t depth;
  bool few_near_flush;
};
constexpr PresetInfo presets[] = {
    {"quick", "every world, two commands deep; under a minute on two processors", 2, true},
    {"standard", "every world, three commands deep; some ten minutes on two processors", 3, false},
    {"deep", "every world, five commands deep; hours", 5, false},
};

}  // namespace

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

Trace read_start(const std::string& text) {
  auto parsed = parse(text);
  if (const auto* error = std::get_if<ParseError>(&parsed)) throw std::logic_error("a preset: " + error->message + "\n" + text);
  return std::get<Trace>(std::move(parsed));
}

std::vector<std::string_view> preset_names() {
  std::vector<std::string_view> names;
  for (const PresetInfo& one : presets) names.push_back(one.name);
  return names;
}

std::optional<Preset> preset(std::string_view name) {
  const auto found = std::ranges::find(presets, name, &PresetInfo::name);
  if (found == std::end(presets)) return std::nullopt;
  Preset result{found->name, found->meaning, found->depth, {}};
  std::string alphabet;
  for (const std::string_view family : {connections, by_hand, time, settings, faults}) alphabet += family;
  add_all(result.starts, alphabet);
  add_near_flush(result.starts, found->few_near_flush);
  add_wide(result.starts);
  return result;
}

}  // namespace sesscheck::explore
