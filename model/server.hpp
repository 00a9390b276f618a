// The server at one ClientHello: what server.cpp and lookup.cpp share, and nobody else includes.
#pragma once

#include "model/machine.hpp"

namespace sesscheck {

/// The server at one ClientHello.
struct Server {
  Machine& m;
  Connection& c;
  Side& side = c.server;
  bool fatal = false;
  bool from_id_lookup = false;   // the candidate came by its id, not by a ticket
  bool from_store = false;       // ... and from the external store
  bool early_data_ok = false;

  Context& own() { return m.context(side.context); }
  [[nodiscard]] bool on(Setting setting) const { return side.settings.on(setting); }
  [[nodiscard]] bool tls1_3() const { return c.version == Version::tls1_3; }
  /// Whether what was found came whole from the client, and from no cache.
  [[nodiscard]] bool from_stateless_ticket() const {
    return !from_id_lookup && !(tls1_3() && (c.hello.ticket == no_ticket || m.world.tickets[c.hello.ticket].stateful));
  }

  void fail(std::uint16_t reason, std::uint16_t alert) {
    fatal = true;
    m.fail(c, true, reason, alert);
  }
  void switch_context(std::uint8_t to);
  std::uint8_t named();
  void take_name();
  void take_protocol();
  void choose_version();
  bool choose_cipher();
  SessionRef look_up(Identity id);
  SessionRef look_inside(Identity id);
  SessionRef ask(Identity id);
  bool in_id_context(SessionRef candidate);
  SessionRef by_ticket_or_id();
  SessionRef by_identity();
  bool expired(SessionRef candidate);
  bool acceptable(SessionRef candidate);
  void new_session(SessionRef refused);
  void mark_in_hello();
  bool run();
};

}  // namespace sesscheck
