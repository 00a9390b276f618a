#include "audit/evidence.hpp"

namespace sesscheck {
namespace {

void count(Tally& tally, const Command& command, const Step& step) {
  ++tally.commands[static_cast<std::size_t>(command.op)];
  for (std::size_t r = 0; r < reason_count; ++r) tally.reasons[r] += step.because.reasons.test(r);
  if (command.op != Op::connect) return;
  if (step.model.result != 1)
    ++tally.failed;
  else
    ++(step.model.connection.server.reused ? tally.resumed : tally.full);
}

}  // namespace

void Evidence::step(const Trace& trace, const Step& step) {
  ++steps_;
  count(tally_, trace.commands[step.command], step);
  const ClauseSet set = clauses_of(ClauseStep{trace.commands[step.command], step.model, step.because});
  for (std::size_t c = 0; c < clause_table().size(); ++c) {
    if (!set.test(c)) continue;
    ClauseEvidence& evidence = of_[c];
    ++evidence.steps;
    if (met_.test(c)) continue;
    met_.set(c);
    ++evidence.traces;
    if (evidence.shortest_steps != 0 && evidence.shortest_steps <= steps_) continue;
    evidence.shortest_steps = steps_;
    evidence.shortest = trace;
    evidence.shortest.commands.resize(step.command + 1);
    evidence.shortest.commands.back().repeat = static_cast<std::uint16_t>(step.repetition + 1);
  }
}

void Evidence::end_of_trace() {
  met_.reset();
  steps_ = 0;
}

}  // namespace sesscheck
