#include "check/restrict.hpp"

#include <utility>
#include <vector>

namespace sesscheck {

Setup restricted(Setup setup, const Lacks& lacks) {
  for (ContextSetup& context : setup.contexts)
    for (const SettingInfo& row : setting_table())
      if (lacks.value(row.setting, context.settings[row.setting])) context.settings[row.setting] = row.usual;
  return setup;
}

Trace restricted(Trace trace, const Lacks& lacks) {
  trace.setup = restricted(std::move(trace.setup), lacks);
  std::erase_if(trace.commands, [&](const Command& command) { return lacking(command, lacks); });
  return trace;
}

}  // namespace sesscheck
