#include "check/lockstep.hpp"

#include <algorithm>
#include <utility>

#include "model/step.hpp"

namespace sesscheck {
namespace {

// Calls `at` for each single command with the model's observation; stops when it returns false.
template <typename At>
void walk(const Trace& trace, const Rules& rules, At at) {
  Because beginning, because;
  World world = begin(trace.setup, rules, beginning);
  Observation model;
  std::size_t step_index = 0;
  for (std::size_t command = 0; command < trace.commands.size(); ++command)
    for (std::size_t n = 0; n < trace.commands[command].repeat; ++n, ++step_index) {
      step(world, trace.commands[command], rules, model, because);
      if (step_index == 0) because.merge(beginning);
      if (!at(step_index, Step{command, n, model, because})) return;
      if (model.status == Status::crashed) return;  // nothing comes after that
    }
}

}  // namespace

Observation without(Observation seen, const Lacks& lacks) {
  const auto hide = [&](SessionView& s) {
    if (lacks.view(View::id_context)) s.id_context = {};
    if (lacks.view(View::verified)) s.peer = false;
  };
  for (ContextView& context : seen.contexts) {
    if (lacks.view(View::counters)) context.counters = {};
    if (lacks.view(View::cached)) context.cached.clear();
    if (lacks.view(View::number)) context.number = 0;
    for (SessionView& s : context.cached) hide(s);
    for (SessionView& s : context.stored) hide(s);
  }
  for (std::optional<SessionView>& s : seen.held)
    if (s) hide(*s);
  if (lacks.view(View::live)) seen.live = 0;
  if (lacks.view(View::verified)) seen.connection.client.verified = seen.connection.server.verified = Verified::ok;
  seen.lacks = lacks;
  return seen;
}

bool alike(const Observation& first, const Observation& second) {
  if (first.lacks == second.lacks) return first == second;
  const Lacks lacks = first.lacks | second.lacks;
  return without(first, lacks) == without(second, lacks);
}

bool agree(const Observation& model, bool any_order, const Observation& library) {
  if (alike(model, library)) return true;
  if (!any_order || model.log.size() != library.log.size()) return false;
  const auto ordered = [](Observation seen) {
    const auto removal = [](const Event& e) { return e.kind == Event::Kind::remove_session; };
    for (auto from = seen.log.begin(); (from = std::find_if(from, seen.log.end(), removal)) != seen.log.end();) {
      const auto to = std::find_if_not(from, seen.log.end(), removal);
      std::sort(from, to, [](const Event& a, const Event& b) { return std::pair(a.context, a.session) < std::pair(b.context, b.session); });
      from = to;
    }
    return seen;
  };
  return alike(ordered(model), ordered(library));
}

std::size_t single_commands(const Trace& trace) {
  std::size_t total = 0;
  for (const Command& command : trace.commands) total += command.repeat;
  return total;
}

std::optional<Difference> lockstep(const Trace& trace, const Rules& rules, std::span<const Observation> seen,
                                   const StepVisitor& visit) {
  const std::vector<FieldDifference> nothing_seen = {{"status", "done", "nothing was seen"}};
  std::optional<Difference> found;
  std::size_t steps = 0;
  Because last;
  const Lacks lacks = seen.empty() ? Lacks() : seen.front().lacks;
  walk(lacks.any() ? restricted(trace, lacks) : trace, rules, [&](std::size_t index, const Step& s) {
    if (visit) visit(s);
    ++steps;
    last = s.because;
    if (index < seen.size() && agree(s.model, s.because.has(Reason::any_order_reported), seen[index])) return true;
    found = Difference{index, s.command, s.repetition, s.because,
                       index < seen.size() ? compare(s.model, seen[index]) : nothing_seen};
    return false;
  });
  // One observation too many: the library died when everything was given up, after the last command.
  if (!found && seen.size() > steps && steps > 0)
    found = Difference{steps, trace.commands.size() - 1, trace.commands.back().repeat - 1U, last,
                       {{"end of the trace", "done", "the library died while everything was given up"}}};
  return found;
}

std::vector<Observation> simulate(const Trace& trace, const Rules& rules, const StepVisitor& visit, const Lacks& lacks) {
  std::vector<Observation> all;
  walk(lacks.any() ? restricted(trace, lacks) : trace, rules, [&](std::size_t, const Step& s) {
    if (visit) visit(s);
    all.push_back(s.model);
    all.back().lacks = lacks;
    return true;
  });
  return all;
}

}  // namespace sesscheck
