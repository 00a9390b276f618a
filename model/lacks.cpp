#include "model/lacks.hpp"

#include <utility>

namespace sesscheck {

/// Whether this value makes the context need what the other library has: a context, or tickets that were encrypted there.
bool Lacks::crosses(std::uint8_t context, Setting setting, std::uint8_t value) {
  switch (setting) {
    case Setting::server_name: case Setting::client_hello: case Setting::store_of:
      return value != stay && library_of(value - 1) != library_of(context);
    case Setting::new_calls: case Setting::get_calls: case Setting::remove_calls:
      return value >= static_cast<std::uint8_t>(Calls::add_other);
    case Setting::ticket_keys: case Setting::ticket_callback:
      return value != 0 && library_of(context) == Library::of_clients;
    default: return false;
  }
}

Setup restricted(Setup setup, const Lacks& lacks) {
  for (std::uint8_t index = 0; index < setup.contexts.size(); ++index)
    for (const SettingInfo& row : setting_table()) {
      std::uint8_t& value = setup.contexts[index].settings[row.setting];
      if (lacks.value(index, row.setting, value)) value = row.usual;
    }
  return setup;
}

Trace restricted(Trace trace, const Lacks& lacks) {
  trace.setup = restricted(std::move(trace.setup), lacks);
  for (Command& command : trace.commands)
    if (lacks.command(command)) command = {};
  return trace;
}

}  // namespace sesscheck
