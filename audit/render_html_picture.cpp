// A scene as a sequence picture: four columns, time going down.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "audit/render_html.hpp"
#include "check/describe.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::html {
namespace {

enum Lane : int { client, server, cache, store, lanes };
constexpr std::array<std::string_view, lanes> lane_names = {"client", "server", "internal cache", "external store"};
constexpr std::array<int, lanes> lane_x = {142, 320, 498, 676};
constexpr int width = 1000, left = 66, right = 784, top = 46;  // right: where the counters begin
constexpr int arrow_height = 32, note_height = 22, line_height = 16;
constexpr int letter = 7;  // width of a letter at most, at 12 px

/// Ends long texts with dots: all of it is in the words below the picture.
std::string cut(std::string text, std::size_t letters) {
  if (text.size() <= letters) return text;
  text.resize(letters - 3);
  return text + "...";
}

std::string sessions(const std::vector<SessionView>& list) {
  if (list.empty()) return "empty";
  if (list.size() > 5) return std::to_string(list.size()) + " sessions";
  std::string text;
  for (const SessionView& s : list) text += (text.empty() ? "" : " ") + session_name(s.name);
  return text;
}

/// "+s2 -s1 s3 changed"; empty when nothing did.
std::string changes(const std::vector<SessionView>& before, const std::vector<SessionView>& after) {
  std::vector<std::string> parts;
  const auto find = [](const std::vector<SessionView>& list, Name name) {
    return std::ranges::find(list, name, &SessionView::name);
  };
  for (const SessionView& s : after) {
    const auto old = find(before, s.name);
    if (old == before.end())
      parts.push_back("+" + session_name(s.name));
    else if (!(*old == s))
      parts.push_back(describe(s));
  }
  for (const SessionView& s : before)
    if (find(after, s.name) == after.end()) parts.push_back("\u2212" + session_name(s.name));
  if (parts.size() > 4) return std::to_string(parts.size()) + " changes";
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : " ") + part;
  return text;
}

constexpr std::array<std::string_view, counter_count> counter_names = {
    "connect", "connect_good", "connect_renegotiate", "accept", "accept_good", "accept_renegotiate", "hits", "cb_hits",
    "misses",  "timeouts",     "cache_full"};

/// Which contexts a trace uses as servers and as clients.
struct Roles {
  std::array<bool, contexts_max> server{}, client{};
  explicit Roles(const Trace& trace) {
    for (const Command& c : trace.commands)
      if (c.op == Op::connect) server[c.context] = client[c.client] = true;
    for (std::size_t i = 0; i < trace.setup.contexts.size(); ++i)
      if (!client[i]) server[i] = true;
  }
  [[nodiscard]] Lane of(std::uint8_t context) const { return server[context] ? Lane::server : Lane::client; }
  static std::string letters(const std::array<bool, contexts_max>& which, std::size_t contexts) {
    std::string text;
    for (std::uint8_t i = 0; i < contexts; ++i)
      if (which[i]) text += (text.empty() ? "" : ", ") + context_name(i);
    return text;
  }
};

class Drawing {
 public:
  Drawing(const Trace& trace, const Sides& sides) : trace_(trace), sides_(sides), roles_(trace) {}

  std::string draw(const Scene& scene, const Shown& shown, const std::string& id) {
    for (const Frame& frame : scene.steps) {
      open(frame);
      put("<line class=\"rule\" x1=\"8\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", width - 8, top_of_step_, top_of_step_);
      counters(frame);
      lanes_of(frame);
      y_ = std::max({y_, counters_y_, top_of_step_ + 38}) + 8;
    }
    if (scene.expected) {
      open(scene.library ? *scene.library : *scene.expected);
      y_ += 6;
      side("library", "\u25B2 differs here: " + sides_.library, scene.library, shown, true);
      side("expected", "\u25C7 what " + sides_.expected + " " + sides_.expects + " instead", scene.expected, shown, false);
      under("differs", 3, top_of_step_, width - 6);
      y_ += 8;
    }
    if (scene.not_drawn > 0) gap(scene.not_drawn, "after it");
    return frame(id);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }
  void write(int x, int y, std::string_view classes, std::string_view anchor, std::string_view words) {
    put("<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>", classes, x, y, anchor, escape(words));
  }

  /// A rectangle below everything else, down to where we are.
  void under(std::string_view classes, int x, int y, int w) {
    under_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", classes, x, y, w,
                          y_ - y + 4);
  }

  // --- the parts of a step -------------------------------------------------------------------------------------------

  void gap(std::size_t left_out, std::string_view what) {
    write(left, y_ + 14, "quiet", "start",
          "\u22EE " + counted(left_out, "command") + " " + std::string(what) + ", not drawn");
    y_ += 24;
  }

  void open(const Frame& frame) {
    const Command& command = trace_.commands[frame.command];
    if (frame.left_out > 0) gap(frame.left_out, frame.repetition > 0 ? "in between" : "before");
    top_of_step_ = y_;
    write(10, y_ + 17, "step", "start", std::to_string(frame.command + 1));
    Command single = command;
    single.repeat = 1;
    std::string words = to_text(command.repeat > 1 ? single : command);
    if (command.repeat > 1) words += fmt::format("   ({} of {})", frame.repetition + 1, command.repeat);
    write(left, y_ + 17, "command", "start", cut(words, 96));
    write(10, y_ + 33, "time", "start", since_beginning(frame.at));
    y_ += 24;
    counters_y_ = top_of_step_ + 17;
  }

  /// One of the two outcomes of the step that differs.
  void side(const std::string& which, const std::string& heading, const std::optional<Frame>& frame, const Shown& shown,
            bool library) {
    const int begin = y_;
    write(left, y_ + 17, "side " + which + (library ? " library-text" : ""), "start", heading);
    y_ += 24;
    if (frame) {
      counters_y_ = begin + 17;
      counters(*frame);
      text_ += library ? "<g class=\"of-library\">\n" : "<g class=\"of-expected\">\n";
      lanes_of(*frame);
      text_ += "</g>\n";
      y_ = std::max(y_, counters_y_);
    }
    constexpr std::size_t fields_max = 5;
    for (std::size_t i = 0; i < std::min(shown.fields.size(), fields_max); ++i) {
      const FieldDifference& f = shown.fields[i];
      write(left, y_ + 12, library ? "field library-text" : "field", "start",
            cut(f.field + ": " + (library ? f.library : f.model), 98));
      y_ += line_height;
    }
    if (shown.fields.size() > fields_max) {
      write(left, y_ + 12, "quiet", "start",
            fmt::format("and {} more, in the table above", shown.fields.size() - fields_max));
      y_ += line_height;
    }
    under("band " + which, left - 8, begin, width - left - 2);
    y_ += 10;
  }

  void counters(const Frame& frame) {
    for (std::uint8_t i = 0; i < frame.after.contexts.size() && i < frame.before.contexts.size(); ++i) {
      const ContextView &b = frame.before.contexts[i], &a = frame.after.contexts[i];
      std::vector<std::string> changed;
      for (std::size_t c = 0; c < counter_count; ++c)
        if (b.counters[c] != a.counters[c]) changed.push_back(fmt::format("{} {}", counter_names[c], a.counters[c]));
      if (b.number != a.number) changed.push_back(fmt::format("number {}", a.number));
      std::string line = context_name(i) + ":";
      int indent = 0;
      for (const std::string& part : changed) {
        if (line.size() + part.size() > 31) counter_line(line, indent), line.clear(), indent = 14;
        line += (line.empty() ? "" : " ") + part;
      }
      if (!changed.empty()) counter_line(line, indent);
    }
  }
  void counter_line(const std::string& line, int indent) {
    write(right + indent, counters_y_, "counters", "start", line);
    counters_y_ += line_height;
  }

  // --- columns -------------------------------------------------------------------------------------------------------

  void arrow(int from, int to, const std::string& words, std::string_view classes = "") {
    const int x1 = lane_x[static_cast<std::size_t>(from)], x2 = lane_x[static_cast<std::size_t>(to)];
    const int tip = x2 > x1 ? x2 - 3 : x2 + 3, back = x2 > x1 ? tip - 8 : tip + 8, y = y_ + 22;
    put("<line class=\"arrow {}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/><path class=\"tip\" d=\"M{} {}L{} {}L{} "
        "{}z\"/>",
        classes, x1, y, back, y, tip, y, back, y - 4, back, y + 4);
    const std::string text = cut(words, 60);
    const int half = static_cast<int>(text.size()) * letter / 2;
    write(std::clamp((x1 + x2) / 2, left + half, std::max(left + half, right - 8 - half)), y_ + 15, "label", "middle",
          text);
    y_ += arrow_height;
  }

  /// What happens in one column.
  void note(int lane, const std::string& words) {
    const std::string text = cut(words, 62);
    const int w = static_cast<int>(text.size()) * letter + 12;
    const int x = std::clamp(lane_x[static_cast<std::size_t>(lane)] - w / 2, left, std::max(left, right - 12 - w));
    put("<rect class=\"note\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"3\"/>", x, y_ + 3, w);
    write(x + w / 2, y_ + 16, "inside", "middle", text);
    y_ += note_height;
  }

  void lanes_of(const Frame& frame) {
    const Command& command = trace_.commands[frame.command];
    if (frame.after.status != Status::done) {
      note(server, describe(frame.after.status));
      return;
    }
    if (command.op == Op::connect)
      connection(command, frame);
    else
      call(command, frame);
    contents(frame);
  }

  void event(const Frame& frame, const Event& e, bool at_client) {
    const int from = at_client ? client : server;
    const std::string context = context_name(e.context) + ": ", session = "(" + session_name(e.session) + ")";
    const bool zero = frame.because.has(Reason::new_callback_zero), one = frame.because.has(Reason::new_callback_one);
    const std::string returned = zero == one ? "" : zero ? " returns 0" : " returns 1";
    switch (e.kind) {
      case Event::Kind::new_session:
        return arrow(from, store, context + "new_session_cb" + session + returned, "callback");
      case Event::Kind::remove_session: return arrow(cache, store, context + "remove_session_cb" + session, "callback");
      case Event::Kind::get_session:
        return arrow(
            store, from,
            context + "get_session_cb" + session + " returns " + (e.answered ? session_name(e.answer) : "nothing"),
            "callback");
      case Event::Kind::call:
        return arrow(store, cache, context + "the callback calls the library" + (e.session != 0 ? session : "") + ", which returns " + std::to_string(e.answer), "callback");
    }
  }

  void connection(const Command& command, const Frame& frame) {
    const ConnectionView& c = frame.after.connection;
    const SessionView* offered = nullptr;
    if (command.slot > 0 && frame.before.held[command.slot - 1U]) offered = &*frame.before.held[command.slot - 1U];
    const bool offers = offered && c.offered_id_length > 0;
    arrow(client, server, offers ? "ClientHello, offers " + session_name(offered->name) : "ClientHello, no session id",
          command.flights == 0 ? "lost" : "");
    if (command.flights == 0) note(server, "never arrives");
    if (offers) {
      const std::string name = session_name(offered->name);
      if (frame.because.has(Reason::internal_hit)) arrow(cache, server, "has " + name);
      if (frame.because.has(Reason::internal_miss)) arrow(cache, server, "does not have " + name);
      if (frame.because.has(Reason::internal_lookup_skipped)) note(server, "internal cache not asked");
      if (frame.because.has(Reason::found_expired)) note(server, name + " has expired");
      if (frame.because.has(Reason::id_context_differs)) note(server, name + ": other session id context");
    }
    const auto& log = frame.after.log;
    const auto is_get = [](const Event& e) { return e.kind == Event::Kind::get_session; };
    // The callbacks in their order; what the server decides comes after the last time it asked.
    std::size_t at = 0;
    const auto last_get = std::find_if(log.rbegin(), log.rend(), is_get);
    for (const auto end = static_cast<std::size_t>(std::distance(last_get, log.rend())); at < end; ++at)
      event(frame, log[at], log[at].context == command.client && command.client != command.context);
    if (command.flights > 0) {
      if (c.server.state == Handshake::failed && c.answered_id_length == 0)
        arrow(server, client, "alert: " + describe_error(c.server.error), "bad");
      else
        arrow(server, client,
              c.server.reused            ? "ServerHello: resumes"
              : c.answered_id_length > 0 ? "ServerHello: full, new id"
                                         : "ServerHello: full, no id",
              command.flights < 2 ? "lost" : "");
    }
    for (; at < log.size(); ++at)
      event(frame, log[at], log[at].context == command.client && command.client != command.context);
    if (frame.after.result == 1) {
      note(client, (c.client.reused ? "resumed " : "new ") + session_name(c.client.session));
    } else {
      for (const auto& [lane, end] : {std::pair{client, c.client}, std::pair{server, c.server}})
        if (end.state != Handshake::none)
          note(lane, describe(end.state) + (end.error == error::none ? "" : ": " + describe_error(end.error)));
    }
    if (c.client.state == Handshake::done && command.client_end != End::shutdown)
      note(client, command.client_end == End::quiet ? "quiet shutdown" : "leaves without shutdown");
    if (c.server.state == Handshake::done && command.server_end != End::shutdown)
      note(server, command.server_end == End::quiet ? "quiet shutdown" : "leaves without shutdown");
  }

  void call(const Command& command, const Frame& frame) {
    std::string returned = "returned " + std::to_string(frame.after.result);
    if (frame.after.error != error::none) returned += ", error: " + describe_error(frame.after.error);
    const Lane lane = roles_.of(command.context);
    if (command.op == Op::set_mode) returned = "returned " + mode_text(frame.after.result);
    switch (command.op) {
      case Op::advance:
      case Op::rewind:
        put("<line class=\"clock\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>", left, right - 16, y_ + 12, y_ + 12);
        note(server, "the clock is now at " + since_beginning(frame.at));
        break;
      case Op::add:
      case Op::remove:
      case Op::flush:
        arrow(lane, cache,
              command.op == Op::flush ? "flush" : (command.op == Op::add ? "add, " : "remove, ") + returned);
        break;
      case Op::answer:
      case Op::lose: note(store, command.op == Op::lose ? "loses all it has" : "answers with a copy next time"); break;
      case Op::set_session_time:
      case Op::set_session_timeout:
      case Op::set_session_id_context:
      case Op::set_session_data:
      case Op::set_session_id:
      case Op::set_session_version:
      case Op::set_session_host_name:
      case Op::set_session_protocol:
      case Op::set_session_early_data:
      case Op::make:
      case Op::dup:
      case Op::serialise:
      case Op::drop: note(client, "application: " + returned); break;
      case Op::set_callbacks:
      case Op::set_verify_peer:
      case Op::renew: note(lane, context_name(command.context) + ": done"); break;
      default: note(lane, context_name(command.context) + ": " + returned); break;
    }
    for (const Event& e : frame.after.log) event(frame, e, roles_.of(e.context) == Lane::client);
  }

  void contents(const Frame& frame) {
    for (std::uint8_t i = 0; i < frame.after.contexts.size() && i < frame.before.contexts.size(); ++i) {
      const ContextView &b = frame.before.contexts[i], &a = frame.after.contexts[i];
      for (const auto& [lane, old, now] :
           {std::tuple{cache, &b.cached, &a.cached}, std::tuple{store, &b.stored, &a.stored}})
        if (const std::string what = changes(*old, *now); !what.empty())
          note(lane, context_name(i) + ": " + what + "  [" + sessions(*now) + "]");
    }
  }

  std::string frame(const std::string& id) const {
    const int height = y_ + 14;
    const std::size_t contexts = trace_.setup.contexts.size();
    std::string all = fmt::format(
        "<svg class=\"picture\" id=\"{0}\" viewBox=\"0 0 {1} {2}\" width=\"{1}\" height=\"{2}\" role=\"img\" "
        "aria-labelledby=\"{0}-t {0}-d\">\n"
        "<title id=\"{0}-t\">Sequence picture</title>\n<desc id=\"{0}-d\">The steps of the trace from top to bottom, "
        "with what "
        "client, server, internal cache and external store do. The same in words follows below.</desc>\n",
        id, width, height);
    all += under_;
    for (std::size_t i = 0; i < lanes; ++i) {
      std::string name(lane_names[i]);
      if (i == client) name += " " + Roles::letters(roles_.client, contexts);
      if (i == server) name += " " + Roles::letters(roles_.server, contexts);
      all += fmt::format(
          "<line class=\"lane\" x1=\"{0}\" x2=\"{0}\" y1=\"34\" y2=\"{1}\"/><rect class=\"head\" x=\"{2}\" y=\"8\" "
          "width=\"140\" "
          "height=\"26\" rx=\"4\"/><text class=\"lane-name\" x=\"{3}\" y=\"26\" text-anchor=\"middle\">{4}</text>\n",
          lane_x[i], height - 8, lane_x[i] - 70, lane_x[i], escape(name));
    }
    all += fmt::format(
        "<text class=\"quiet\" x=\"10\" y=\"26\">time</text><text class=\"quiet\" x=\"{}\" y=\"26\">counters that "
        "changed"
        "</text>\n",
        right);
    return all + text_ + "</svg>\n";
  }

  const Trace& trace_;
  const Sides& sides_;
  const Roles roles_;
  std::string text_, under_;
  int y_ = top, top_of_step_ = top, counters_y_ = top;
};

std::string words_of(const Trace& trace, const Frame& frame) {
  std::string text = "<code>" + escape(to_text(trace.commands[frame.command])) + "</code>";
  if (trace.commands[frame.command].repeat > 1) text += fmt::format(" (time {})", frame.repetition + 1);
  return text;
}

}  // namespace

std::string picture(const Scene& scene, const Trace& trace, const Shown& shown, const Sides& sides,
                    const std::string& id) {
  return Drawing(trace, sides).draw(scene, shown, id);
}

std::string in_words(const Scene& scene, const Trace& trace, const Shown& shown, const Sides& sides) {
  std::string text = "<ol class=\"words\">\n";
  const auto item = [&](const Frame& frame, const std::string& what) {
    text += fmt::format("<li value=\"{}\">{} <span class=\"quiet\">at {}</span>{}</li>\n", frame.command + 1,
                        words_of(trace, frame), since_beginning(frame.at), what);
  };
  for (const Frame& frame : scene.steps) item(frame, "<br>" + escape(summary(frame.after)));
  if (scene.expected) {
    const std::string seen = scene.library          ? summary(scene.library->after)
                             : shown.fields.empty() ? std::string()
                                                    : shown.fields.front().field + ": " + shown.fields.front().library;
    item(*scene.expected, fmt::format("<br><strong>{}</strong>: {}<br><strong>{}</strong>: {}", escape(sides.library),
                                      escape(seen), escape(sides.expected), escape(summary(scene.expected->after))));
  }
  return text + "</ol>\n";
}

}  // namespace sesscheck::html
