#include "explore/journal.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <variant>

#include "model/trace/text.hpp"

namespace sesscheck::explore {
namespace {

using Json = nlohmann::json;

Trace read_trace(const std::string& text) {
  auto parsed = parse(text);
  if (const auto* error = std::get_if<ParseError>(&parsed))
    throw std::runtime_error("a trace in the journal: " + error->message);
  return std::get<Trace>(std::move(parsed));
}

Json to_json(const Outcome& o) {
  Json json = {{"depth", o.depth},
               {"complete", o.complete},
               {"states", o.states},
               {"transitions", o.transitions},
               {"executed", o.executed},
               {"traces", o.traces},
               {"commands", o.commands},
               {"checked", o.checked},
               {"memory", o.memory},
               {"memory_all", o.memory_all},
               {"cut_short", o.cut_short},
               {"depth_first", o.depth_first},
               {"key_bytes", o.key_bytes},
               {"seconds", o.seconds},
               {"model_seconds", o.model_seconds},
               {"more_mismatches", o.more_mismatches},
               {"broken", Json::array()},
               {"mismatches", Json::array()}};
  for (const BrokenInvariant& b : o.broken)
    json["broken"].push_back(
        {{"name", b.name}, {"transitions", b.transitions}, {"trace", to_text(b.trace)}, {"what", b.what}});
  for (const Mismatch& m : o.mismatches) {
    Json one = {{"trace", to_text(m.trace)}, {"at", m.at}};
    if (m.explanation) {
      one["explanation"] = Json::array();
      for (const Choice choice : *m.explanation) one["explanation"].push_back(to_string(choice));
    }
    json["mismatches"].push_back(std::move(one));
  }
  return json;
}

Outcome from_json(const Json& json) {
  Outcome o;
  o.worlds = 1;
  const auto read = [&](const char* name, auto& value) { json.at(name).get_to(value); };
  read("depth", o.depth), read("complete", o.complete), read("states", o.states), read("transitions", o.transitions);
  read("executed", o.executed), read("traces", o.traces), read("commands", o.commands), read("memory", o.memory);
  read("key_bytes", o.key_bytes), read("seconds", o.seconds), read("model_seconds", o.model_seconds);
  read("more_mismatches", o.more_mismatches), read("checked", o.checked);
  read("memory_all", o.memory_all), read("cut_short", o.cut_short), read("depth_first", o.depth_first);
  for (const Json& b : json.at("broken"))
    o.broken.push_back({b.at("name"), b.at("transitions"), read_trace(b.at("trace")), b.at("what")});
  for (const Json& m : json.at("mismatches")) {
    Mismatch one{read_trace(m.at("trace")), m.at("at"), std::nullopt};
    if (m.contains("explanation")) {
      one.explanation.emplace();
      for (const Json& choice : m["explanation"])
        if (const auto known = parse_choice(choice.get<std::string>())) one.explanation->push_back(*known);
    }
    o.mismatches.push_back(std::move(one));
  }
  return o;
}

}  // namespace

Journal::Journal(const std::string& file, const std::string& title) {
  if (file.empty()) return;
  bool headed = false, empty = true, cut_off = false;
  if (std::ifstream in(file); in) {
    for (std::string line; std::getline(in, line); empty = false) {
      cut_off = in.eof();  // no end of line
      const Json json = Json::parse(line, nullptr, false);
      if (json.is_discarded()) continue;  // cut off in the middle of writing
      if (json.contains("exploration")) {
        if (json["exploration"] != title)
          throw std::runtime_error(file + " is of another exploration: " + json["exploration"].get<std::string>());
        headed = true;
      } else if (headed) {
        try {
          known_[json.at("world")] = from_json(json.at("outcome"));
        } catch (const std::exception&) {
          throw std::runtime_error(file + " has a record that this sesscheck cannot read; begin with another file: " + line.substr(0, 60));
        }
      }
    }
    if (!headed && !empty) throw std::runtime_error(file + " is no journal of an exploration");
  }
  out_.open(file, std::ios::app);
  if (cut_off) out_ << '\n';
  if (!headed) out_ << Json{{"exploration", title}}.dump() << std::endl;
  if (!out_) throw std::runtime_error("cannot write " + file);
}

std::optional<Outcome> Journal::find(const std::string& world) const {
  const auto found = known_.find(world);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

void Journal::add(const std::string& world, const Outcome& outcome) {
  if (!out_.is_open()) return;
  out_ << Json{{"world", world}, {"outcome", to_json(outcome)}}.dump() << std::endl;
  if (!out_) throw std::runtime_error("the journal cannot be written any more");
}

}  // namespace sesscheck::explore
