#include "fuzz/side_by_side.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "check/lockstep.hpp"
#include "fuzz/alarm.hpp"
#include "model/trace/text.hpp"
#include "sut/clock.hpp"
#include "sut/openssl/static_table.hpp"

namespace sesscheck::fuzz {

SideBySide::SideBySide(const Rules& rules) : rules_(rules) {
  ::setenv("OPENSSL_CONF", "/dev/null", 1);  // the machine's configuration must not decide what is observed
  table_ = openssl::linked_table();
  driver_ = std::make_unique<openssl::Driver>(*table_);
}

SideBySide::~SideBySide() = default;

/// The trace up to the command at which the library dies in the model's opinion: resuming a session that has no cipher
/// is a NULL dereference in libssl (Reason::no_cipher), known, and in this process it would end the search. Only the
/// properties and the audit, whose libraries run in a process of their own, see whether the library does die there.
Trace SideBySide::survivable(const Trace& trace) {
  // No cipher have sessions made by hand, and those taken from a handshake that is not over. Without either, the model
  // need not run twice.
  const auto youthful = [](const Command& c) { return c.op == Op::make || c.op == Op::take; };
  if (std::ranges::none_of(trace.commands, youthful)) return trace;
  World world = begin(trace.setup, rules_, because_);
  for (std::size_t i = 0; i < trace.commands.size(); ++i)
    for (std::uint16_t n = 0; n < trace.commands[i].repeat; ++n) {
      step(world, trace.commands[i], rules_, model_, because_);
      if (model_.status != Status::crashed) continue;
      Trace cut = trace;
      cut.commands.resize(n == 0 ? i : i + 1);
      if (n > 0) cut.commands.back().repeat = n;
      return cut;
    }
  return trace;
}

void SideBySide::run(const Trace& whole, Watcher& watcher) {
  const Trace trace = survivable(whole);
  keep_alarms_in_real_time();
  Because beginning;
  World world = begin(trace.setup, rules_, beginning);
  std::size_t command = 0, repetition = 0;
  bool agree = true;
  const InVirtualTime virtual_time;
  driver_->run(trace, [&](const Observation& library) {
    const InRealTime real_time;
    if (!agree) return;
    const Command& current = trace.commands[command];
    watcher.before(world, current);
    step(world, current, rules_, model_, because_);
    because_.merge(std::exchange(beginning, {}));  // of the first command
    watcher.after(because_);
    if (model_ != library) {
      agree = false;
      watcher.differs(command, repetition, because_, model_, library);
    }
    if (++repetition == current.repeat) ++command, repetition = 0;
  });
}

std::string report(const Trace& trace, std::size_t command, std::size_t repetition, const Because& because,
                   const Observation& model, const Observation& library) {
  std::string text = "model and library differ after command " + std::to_string(command + 1) + ", \"" +
                     to_text(trace.commands[command]) + "\"";
  if (repetition > 0) text += ", repetition " + std::to_string(repetition + 1);
  text += "\n";
  for (const FieldDifference& d : compare(model, library))
    text += "  " + d.field + ": model " + d.model + ", library " + d.library + "\n";
  text += "reasons:";
  for (const ReasonInfo& row : reason_table())
    if (because.has(row.reason)) text += " " + std::string(row.name);
  return text + "\ntrace:\n" + to_text(trace);
}

}  // namespace sesscheck::fuzz
