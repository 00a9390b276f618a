#include "model/lacks.hpp"

#include <utility>

namespace sesscheck {

Setup restricted(Setup setup, const Lacks& lacks) {
  for (ContextSetup& context : setup.contexts)
    for (const SettingInfo& row : setting_table())
      if (lacks.value(row.setting, context.settings[row.setting])) context.settings[row.setting] = row.usual;
  return setup;
}

Trace restricted(Trace trace, const Lacks& lacks) {
  trace.setup = restricted(std::move(trace.setup), lacks);
  for (Command& command : trace.commands)
    if (lacks.command(command)) command = {};
  return trace;
}

}  // namespace sesscheck
