// Session tickets: RFC 5077 up to TLS 1.2, NewSessionTicket of TLS 1.3. A stateless ticket is the encrypted session; a
// stateful one (TLS 1.3 alone) is the id of a session that the server keeps.
#include <algorithm>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

constexpr std::uint32_t callback_keys = 3;       // those behind the ticket key callback, the same for all contexts
constexpr std::int64_t two_days = 2 * 24 * 60 * 60;

std::uint32_t keys_of(const Context& c) {
  const auto choice = c.settings[Setting::ticket_keys];
  return choice == 0 ? c.own_keys.number : choice;
}

std::int64_t as_32_bits(std::int64_t seconds) { return static_cast<std::uint32_t>(seconds); }

}  // namespace

/// Before a context's own keys are used: two days after they were first, others take their place, and they read tickets
/// for two days more (ssl_ctx_rotate_ticket_encryption_key).
void Machine::rotate_keys(Context& c) {
  if (says(own_keys_kept)) return;
  const std::int64_t present = now().seconds;
  if (c.own_keys.until == 0) c.own_keys.until = present + two_days;
  if (c.own_keys.until <= present) {
    c.old_keys = {c.own_keys.number, c.own_keys.until + two_days};
    c.own_keys = {++world.keys, present + two_days};
  }
  if (c.old_keys.until <= present) c.old_keys = {};
}

/// SSL_CTX_set_tlsext_ticket_keys(3): no keys give way to others any more, also not its own ones when they come back.
void Machine::settle_keys(Context& c) {
  if (says(own_keys_kept)) return;
  rotate_keys(c);  // as they are read before they are replaced
  c.own_keys.until = TicketKeys::for_good;
  c.old_keys = {};
}

/// The server writes one NewSessionTicket. Fails when no id can be generated for it.
bool Machine::issue_ticket(Connection& c) {
  Side& side = c.server;
  const Context& at = context(side.context);
  const bool tls1_3 = c.version == Version::tls1_3;
  if (tls1_3) {
    if (c.tickets_sent != 0 || side.reused) side.session = renewed(side.session);
    const std::optional<Identity> id = generate_id(c, c.version);
    if (!id) return false;
    Session& s = session(side.session);
    s.id = *id;
    s.secret = ++world.secrets;
    s.time = now();
    s.early_data = side.settings.on(Setting::early_data);
    if (c.protocol != Alpn::none) s.protocol = c.protocol;
  }
  if (!tls1_3 && !side.reused && says(ticket_time_rebased)) rebase(session(side.session));
  const bool stateful = tls1_3 && (!side.settings.on(Setting::tickets) ||
                                   (side.settings.on(Setting::early_data) && side.settings.on(Setting::anti_replay)));
  const auto callback = at.settings.as<TicketCallback>(Setting::ticket_callback);
  const bool none = !stateful && callback == TicketCallback::issues_none;
  ++c.tickets_sent;
  Ticket ticket;
  const bool unfit = !stateful && (session(side.session).timeout == 0 || session(side.session).time.seconds == 0) &&
                     says(serialised_zero_is_default);
  if (none && !unfit) {
    note(Reason::ticket_withheld);
    if (tls1_3 && says(ticket_faults_there)) {
      c.to_client.push_back({Message::Kind::ticket});
      update_cache(side, true, c.version);
    }
    if (tls1_3) return true;  // no message at all; up to TLS 1.2 an empty one
  } else if (unfit) {
    // i2d_SSL_SESSION leaves out what is 0, d2i_SSL_SESSION fills it in, and the ticket is longer than it was measured.
    note(Reason::ticket_too_long);
    fail(c, true, error::internal, alert::internal_error);
    return false;
  } else {
    if (callback == TicketCallback::absent) rotate_keys(context(side.context));
    note(stateful ? Reason::ticket_stateful : Reason::ticket_stateless);
    ticket.hash = stateful && session(side.session).id == same_identity ? same_hash : new_identity();
    ticket.stateful = stateful;
    ticket.keys = callback != TicketCallback::absent ? callback_keys : keys_of(at);
    ticket.session = session(side.session);
    if (!tls1_3 && side.reused && says(ticket_time_rebased)) rebase(ticket.session);
    const std::int64_t timeout = ticket.session.timeout;
    ticket.hint = tls1_3 ? as_32_bits(std::min(timeout, week)) : side.reused && says(renewed_hint_zero) ? 0 : as_32_bits(timeout);
    if (tls1_3 && timeout > week) note(Reason::hint_capped);
  }
  world.tickets.push_back(ticket);
  c.to_client.push_back({Message::Kind::ticket, static_cast<TicketRef>(world.tickets.size() - 1), 0});
  if (tls1_3) update_cache(side, true, c.version);
  return true;
}

/// The server reads a stateless ticket. Up to TLS 1.2 its session takes the id that the ClientHello has.
Machine::Opened Machine::open_ticket(std::uint8_t index, TicketRef ref, Identity hello_id) {
  using Result = Opened::Result;
  Context& c = context(index);
  const Ticket ticket = world.tickets[ref];
  const auto callback = c.settings.as<TicketCallback>(Setting::ticket_callback);
  const bool with_callback = callback != TicketCallback::absent;
  if (ticket.stateful && id_length(ticket.session.id) != 32) {  // too short for the callback to see it
    note(Reason::ticket_undecryptable);
    return {};
  }
  if (callback == TicketCallback::fails) {
    note(Reason::ticket_callback_failed);
    return {Result::fatal, no_session};
  }
  if (!with_callback) rotate_keys(c);
  const bool has_keys = with_callback ? ticket.keys == callback_keys : ticket.keys == keys_of(c) || ticket.keys == c.old_keys.number;
  if (ticket.stateful || callback == TicketCallback::unknown || !has_keys) {
    note(Reason::ticket_undecryptable);
    return {};
  }
  note(Reason::ticket_decrypted);
  Session s = serialised(ticket.session);
  if (hello_id != 0) s.id = says(ticket_goes_with_invented_id) ? ticket.hash : hello_id;
  const bool renew = with_callback ? callback == TicketCallback::renews : s.version == Version::tls1_3;
  return {renew ? Result::renew : Result::good, create(s)};
}

}  // namespace sesscheck
