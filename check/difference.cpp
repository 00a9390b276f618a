// Observations, field by field, as text.
#include <algorithm>

#include "check/describe.hpp"
#include "check/lockstep.hpp"

namespace sesscheck {
namespace {

constexpr const char* counter_names[counter_count] = {
    "connect", "connect_good", "connect_renegotiate", "accept", "accept_good", "accept_renegotiate",
    "hits", "cb_hits", "misses", "timeouts", "cache_full"};

class Comparison {
 public:
  std::vector<FieldDifference> found;

  void field(const std::string& name, const std::string& model, const std::string& library) {
    if (model != library) found.push_back({name, model, library});
  }
  void number(const std::string& name, std::int64_t model, std::int64_t library) {
    field(name, std::to_string(model), std::to_string(library));
  }
  void end(const std::string& name, const EndView& model, const EndView& library) {
    field(name, describe(model.state), describe(library.state));
    field(name + ".reused", model.reused ? "yes" : "no", library.reused ? "yes" : "no");
    field(name + ".error", describe_error(model.error), describe_error(library.error));
    field(name + ".session", session_name(model.session), session_name(library.session));
    field(name + ".verified", describe(model.verified), describe(library.verified));
  }
  // Entries are matched by name and version, so that one more or less is one line and not a shift of all.
  void sessions(const std::string& name, const std::vector<SessionView>& model, const std::vector<SessionView>& library) {
    using Key = std::pair<Name, std::uint8_t>;
    std::vector<Key> keys;
    for (const auto* side : {&model, &library})
      for (const SessionView& s : *side) keys.emplace_back(s.name, s.version);
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    const auto text = [](const std::vector<SessionView>& side, Key wanted) {
      for (const SessionView& s : side)
        if (Key(s.name, s.version) == wanted) return describe(s);
      return std::string("absent");
    };
    for (const Key& wanted : keys)
      field(name + "." + session_name(wanted.first), text(model, wanted), text(library, wanted));
  }
  void context(const std::string& name, const ContextView& model, const ContextView& library) {
    number(name + ".mode", model.mode, library.mode);
    number(name + ".size", model.size, library.size);
    number(name + ".timeout", model.timeout, library.timeout);
    number(name + ".sess_number", model.number, library.number);
    for (std::size_t i = 0; i < counter_count; ++i)
      number(name + ".sess_" + counter_names[i], model.counters[i], library.counters[i]);
    sessions(name + ".cache", model.cached, library.cached);
    sessions(name + ".store", model.stored, library.stored);
  }
};

}  // namespace

std::vector<FieldDifference> compare(const Observation& all_of_model, const Observation& all_of_library) {
  const Lacks lacks = all_of_model.lacks | all_of_library.lacks;
  const Observation model = without(all_of_model, lacks), library = without(all_of_library, lacks);
  Comparison c;
  c.field("status", describe(model.status), describe(library.status));
  c.number("result", model.result, library.result);
  c.field("error", describe_error(model.error), describe_error(library.error));
  c.end("client", model.connection.client, library.connection.client);
  c.end("server", model.connection.server, library.connection.server);
  c.number("client_hello.session_id_length", model.connection.offered_id_length, library.connection.offered_id_length);
  c.number("server_hello.session_id_length", model.connection.answered_id_length, library.connection.answered_id_length);
  c.field("id_callback", describe_id_callback(model.connection.id_callback), describe_id_callback(library.connection.id_callback));
  c.field("version", version_name(model.connection.version), version_name(library.connection.version));
  c.number("early_data_status", model.connection.early_data, library.connection.early_data);
  c.number("tickets_taken", model.connection.tickets, library.connection.tickets);
  for (std::size_t i = 0; i < std::max(model.log.size(), library.log.size()); ++i)
    c.field("callback[" + std::to_string(i) + "]", i < model.log.size() ? describe(model.log[i]) : "none",
            i < library.log.size() ? describe(library.log[i]) : "none");
  for (std::size_t i = 0; i < std::min(model.contexts.size(), library.contexts.size()); ++i)
    c.context(std::string(1, static_cast<char>('A' + i)), model.contexts[i], library.contexts[i]);
  for (std::size_t slot = 0; slot < slots_max; ++slot)
    c.field("h" + std::to_string(slot + 1), model.held[slot] ? describe(*model.held[slot]) : "empty",
            library.held[slot] ? describe(*library.held[slot]) : "empty");
  c.number("live_sessions", model.live, library.live);
  return c.found;
}

}  // namespace sesscheck
