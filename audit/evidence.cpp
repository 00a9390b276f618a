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

std::span<const CommandFamily> command_families() {
  static const std::vector<CommandFamily> table = {
      {"connections", {Op::connect}},
      {"connections that stay open",
       {Op::open, Op::deliver, Op::offer, Op::take, Op::renegotiate, Op::new_ticket, Op::verify_client, Op::shut, Op::garble, Op::hang_up,
        Op::clear, Op::close}},
      {"settings of a context",
       {Op::set_mode, Op::set_size, Op::set_timeout, Op::set_id_context, Op::set_verify_peer, Op::set_callbacks,
        Op::configure, Op::renew}},
      {"the internal cache", {Op::add, Op::remove, Op::flush}},
      {"sessions in the application's hands",
       {Op::set_session_time, Op::set_session_timeout, Op::set_session_id_context, Op::set_session_data,
        Op::set_session_id, Op::set_session_version, Op::set_session_host_name,
        Op::set_session_protocol, Op::set_session_early_data, Op::make, Op::dup, Op::serialise,
        Op::drop}},
      {"the external store", {Op::answer, Op::lose}},
      {"the clock", {Op::advance, Op::rewind}},
  };
  return table;
}

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
