#include "explore/graph.hpp"

#include <map>
#include <set>
#include <vector>

#include "explore/presets.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

constexpr std::string_view resumed = "resumed";

/// How a session looks: "h1", "h1, expired", "another".
std::string look(const SessionView& session, const Observation& seen, std::int64_t now) {
  std::string text = "another";
  for (std::size_t slot = slots_max; slot >= 1; --slot)
    if (const auto& held = seen.held[slot - 1]; held && held->name == session.name) text = "h" + std::to_string(slot);
  if (!session.resumable) text += ", not resumable";
  if (session.time + session.timeout < now) text += ", expired";
  return text;
}

/// What a caller sees of a world, on a few lines.
std::string label(const Observation& seen, std::int64_t now) {
  std::string text;
  std::set<Name> cached;
  for (std::size_t i = 0; i < seen.contexts.size(); ++i) {
    const ContextView& context = seen.contexts[i];
    std::multiset<std::string> looks;
    for (const SessionView& session : context.cached) {
      cached.insert(session.name);
      looks.insert(look(session, seen, now));
    }
    if (i > 0) text += '\n';
    if (seen.contexts.size() > 1) text += std::string(1, static_cast<char>('A' + i)) + ": ";
    text += looks.empty() ? "nothing cached" : "cached";
    for (const std::string& one : looks) text += "\\n" + one;
  }
  for (const auto& held : seen.held)
    if (held && !cached.contains(held->name)) text += "\\n(" + look(*held, seen, now) + ")";
  return text;
}

/// What a command shows, in a word or two.
std::string shown(const Command& command, const Observation& before, const Observation& seen) {
  if (command.op == Op::connect)
    return std::string(seen.result != 1 ? "fails" : seen.connection.server.reused ? resumed : "full");
  std::int64_t gone = 0;
  for (std::size_t i = 0; i < seen.contexts.size(); ++i) gone += before.contexts[i].number - seen.contexts[i].number;
  return gone > 0 ? std::to_string(gone) + " gone" : "";
}

/// A world, where commands can be tried.
class Place {
 public:
  Place(const Start& start, const Rules& rules)
      : rules_(rules), form_(begin(start.trace.setup, rules, because_), start.tls1_3(), rules.says(cached_in_process)) {}

  void go(Key key) {
    form_.read(key, here_);
    next_ = here_;
    step(next_, Command{}, rules_, before_, because_);  // the clock moves by nothing: what there is to see
  }
  /// What one command shows, and how it looks after it.
  std::pair<std::string, std::string> attempt(const Command& command, const Rules& rules) {
    next_ = here_;
    step(next_, command, rules, seen_, because_);
    const std::string word = shown(command, before_, seen_);
    return {word, label(seen_, next_.now.seconds)};
  }
  [[nodiscard]] std::string look() const { return label(before_, here_.now.seconds); }

 private:
  Rules rules_;
  Because because_;
  Form form_;
  World here_, next_;
  Observation before_, seen_;
};

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (const char letter : text) all += letter == '"' ? "\\\"" : std::string(1, letter);
  return all + "\"";
}

}  // namespace

std::string graph(const Start& start, const Rules& rules, const Rules& manual, std::size_t depth) {
  CacheMachine machine(start, rules);
  Search search(machine);
  while (search.depth() < depth && !search.complete()) search.deepen();
  Place place(start, rules);
  std::map<std::string, std::size_t> nodes;
  std::set<std::size_t> resuming;  // nodes in which a session can be resumed
  std::map<std::tuple<std::size_t, std::size_t, bool>, std::set<std::string>> edges;  // from, to, as in the manual: labels
  const auto node = [&](const std::string& look) { return nodes.try_emplace(look, nodes.size()).first->second; };
  for (StateIndex state = 0; state < search.expanded(); ++state) {
    if (search.key(state).empty()) continue;
    place.go(search.key(state));
    const std::size_t from = node(place.look());
    for (const Command& command : start.alphabet) {
      const auto does = place.attempt(command, rules), should = place.attempt(command, manual);
      const std::size_t to = node(does.second);
      if (does.first == resumed) resuming.insert(from);
      if (from == to && does.first.empty() && does == should) continue;
      std::string text = to_text(command);
      if (!does.first.empty()) text += ": " + does.first;
      edges[{from, to, does == should}].insert(text);
    }
  }
  std::string dot = "digraph " + quoted(start.name) + " {\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3f8\", "
                    "fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n";
  for (const auto& [look, number] : nodes)
    dot += "  n" + std::to_string(number) + " [label=" + quoted(look) + (number == 0 ? ", penwidth=2" : "") +
           (resuming.contains(number) ? ", fillcolor=\"#dcefd8\"" : "") + "];\n";
  for (const auto& [edge, texts] : edges) {
    const auto& [from, to, as_it_should] = edge;
    std::string text;
    for (const std::string& one : texts) text += (text.empty() ? "" : "\\n") + one;
    dot += "  n" + std::to_string(from) + " -> n" + std::to_string(to) + " [label=" + quoted(text) +
           (as_it_should ? "" : ", color=red, fontcolor=red") + "];\n";
  }
  return dot + "}\n";
}

Start picture_start() {
  Start start;
  start.name = "one context, two sessions";
  start.trace = read_start("context A timeout=1 size=2\n");
  start.alphabet = read_start(
                       "connect A A keep=h1\n"
                       "connect A A offer=h1 keep=h1\n"
                       "remove A h1\n"
                       "advance 2s\n"
                       "flush A now\n")
                       .commands;
  return start;
}

}  // namespace sesscheck::explore
