#include "invariants/invariants.hpp"

#include <vector>

#include "model/trace/text.hpp"

namespace sesscheck::invariants {

std::span<const Invariant> all() {
  static const std::vector<Invariant> table = [] {
    std::vector<Invariant> joined;
    for (const auto& part : {resumption(), cache(), callbacks()}) joined.insert(joined.end(), part.begin(), part.end());
    return joined;
  }();
  return table;
}

std::optional<std::string> broken(const Invariant& invariant, const Trace& trace, std::span<const Observation> seen) {
  History history(trace.setup);
  const Observation nothing = History::before_the_first(trace.setup);
  const Observation* before = &nothing;
  std::size_t step = 0;
  for (std::size_t i = 0; i < trace.commands.size(); ++i) {
    const Command& command = trace.commands[i];
    for (unsigned n = 0; n < command.repeat; ++n, ++step) {
      if (step >= seen.size() || seen[step].status == Status::crashed || seen[step].status == Status::hung)
        return std::nullopt;
      const Observation& after = seen[step];
      if (after.status == Status::done)
        if (const auto what = invariant.broken({command, *before, after, history}))
          return "command " + std::to_string(i + 1) + " '" + to_text(command) + "'" +
                 (command.repeat > 1 ? ", the " + std::to_string(n + 1) + ". time" : "") + ": " + *what;
      history.record(command, *before, after);
      before = &after;
    }
  }
  return std::nullopt;
}

}  // namespace sesscheck::invariants
