#include <algorithm>
#include <functional>

#include "audit/render_html.hpp"
#include "check/lockstep.hpp"
#include "model/step.hpp"

namespace sesscheck::html {
namespace {

constexpr std::size_t commands_max = 24;  // drawn; of longer traces the last ones are what matters

using Visit = std::function<void(Frame&&)>;

/// Which single commands are drawn: of a repeated one the first and the last.
struct Selection {
  std::size_t first = 0;                    ///< command to begin with
  std::size_t command = 0, repetition = 0;  ///< the last one
  [[nodiscard]] bool has(std::size_t c, std::size_t n, std::size_t repeat) const {
    return c >= first && (n == 0 || n + 1 == repeat || (c == command && n == repetition));
  }
};

void walk(const Trace& trace, const Rules& rules, const Selection& selected, const Visit& visit) {
  Because beginning;
  World world = begin(trace.setup, rules, beginning);
  Frame frame;
  {
    World untouched = world;  // a command without a subject does nothing: what is seen before the first one
    Because unused;
    Command nothing;
    nothing.op = Op::drop, nothing.slot = 1;
    step(untouched, nothing, rules, frame.after, unused);
  }
  std::size_t left_out = 0;
  for (std::size_t c = 0; c <= selected.command && c < trace.commands.size(); ++c)
    for (std::size_t n = 0; n < trace.commands[c].repeat; ++n) {
      if (c == selected.command && n > selected.repetition) return;
      std::swap(frame.before, frame.after);
      step(world, trace.commands[c], rules, frame.after, frame.because);
      if (!selected.has(c, n, trace.commands[c].repeat)) {
        ++left_out;
        continue;
      }
      frame.command = c, frame.repetition = n, frame.at = world.now, frame.left_out = left_out;
      left_out = 0;
      visit(Frame(frame));
    }
}

bool equal(const FieldDifference& a, const FieldDifference& b) {
  return a.field == b.field && a.model == b.model && a.library == b.library;
}

}  // namespace

Scene play(const Trace& trace, const Shown& shown, const std::optional<Rules>& library, const Rules& expected) {
  Scene scene;
  if (trace.commands.empty()) return scene;
  scene.differs = !shown.fields.empty();
  Selection selected;
  selected.command = scene.differs ? std::min(shown.command, trace.commands.size() - 1) : trace.commands.size() - 1;
  const std::size_t repeats = trace.commands[selected.command].repeat;
  selected.repetition = scene.differs ? std::min(shown.repetition, repeats - 1) : repeats - 1;
  if (selected.command >= commands_max) selected.first = selected.command + 1 - commands_max;

  // Whether these Rules lead to this very difference is checked, not believed.
  bool accounted = false;
  if (library && scene.differs) {
    const auto difference = lockstep(trace, expected, simulate(trace, *library));
    accounted = difference && difference->command == shown.command && difference->repetition == shown.repetition &&
                std::ranges::equal(difference->fields, shown.fields, equal);
  }
  walk(trace, library && (accounted || !scene.differs) ? *library : expected, selected,
       [&](Frame&& frame) { scene.steps.push_back(std::move(frame)); });
  if (!scene.differs) return scene;

  Frame last = std::move(scene.steps.back());
  scene.steps.pop_back();
  if (!accounted) {
    scene.expected = std::move(last);
  } else {
    scene.library = std::move(last);
    walk(trace, expected, selected, [&](Frame&& frame) { scene.expected = std::move(frame); });
  }
  scene.not_drawn = repeats - 1 - selected.repetition;
  for (std::size_t c = selected.command + 1; c < trace.commands.size(); ++c)
    scene.not_drawn += trace.commands[c].repeat;
  return scene;
}

std::string since_beginning(Moment at) {
  std::string text = "+" + std::to_string(at.seconds - epoch.seconds);
  if (at.microseconds != 0) {
    std::string part = std::to_string(1'000'000 + at.microseconds).substr(1);
    while (part.back() == '0') part.pop_back();
    text += "." + part;
  }
  return text + " s";
}

}  // namespace sesscheck::html
