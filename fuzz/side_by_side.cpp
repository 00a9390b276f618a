#include "fuzz/side_by_side.hpp"

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

void SideBySide::run(const Trace& trace, Watcher& watcher) {
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
