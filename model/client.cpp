// The client's side of a handshake: the session it offers, and what it makes of the server's answer.
#include "model/machine.hpp"

namespace sesscheck {
namespace {

bool supported(const Settings& settings, Version version) {
  return settings.lowest() <= version && version <= settings.highest();
}

}  // namespace

/// What SSL_set_session(3) selected goes into the ClientHello, or a new session takes its place (tls_construct_client_hello).
void Machine::send_client_hello(Connection& c) {
  Side& side = c.client;
  Hello& hello = c.hello;
  const Version highest = c.renegotiating ? c.version : side.settings.highest();
  bool offered = false, selected = false;
  bool taken = false;  // not offered, but in use: it is going to be the new session
  if (side.session != no_session) {
    const Session& s = session(side.session);
    if (c.renegotiating ? s.version != c.version : !supported(side.settings, s.version)) {
      note(Reason::offer_of_other_version);
    } else if (s.of_server && !says(session_of_any_end)) {
      note(Reason::offer_not_resumable);
    } else if (!resumable(s)) {
      note(Reason::offer_not_resumable);
      taken = true;
      selected = s.buffer.begins_with(side.id_context) && (!expired(s, now()) || says(expired_is_offered));
    } else if (!s.buffer.begins_with(side.id_context) && says(client_context_hides_session)) {
      taken = true;
    } else {
      const bool old = expired(s, now());
      if (old) note(Reason::offer_expired);
      offered = !old || says(expired_is_offered);
      taken = true;
    }
    const bool copy = (offered || taken) && says(offered_is_copied);
    if (copy) side.session = copied(side.session);
    taken = taken && !offered && (copy || says(offered_is_overwritten));
  }
  if (!c.retried && !offered && !taken) {
    Session fresh = negotiated(side, highest);
    fresh.extended_master_secret = c.renegotiating && c.extended_master_secret;  // that of the last handshake, till there is an answer
    side.session = create(fresh);
  }
  const Session s = session(side.session);
  if (highest < Version::tls1_2 && context(side.current).settings.lowest() >= Version::tls1_2)
    return fail(c, false, error::no_ciphers_available, alert::internal_error);

  if (!c.retried) {
    hello.invented = false;
    hello.id = s.version == Version::tls1_3 || c.renewing || taken ? 0 : s.id;
    if (s.version == Version::tls1_3 && side.settings.on(Setting::middlebox_compat))
      hello.invented = true, hello.id = new_identity();
    else if (s.version != Version::tls1_3 && s.ticket != no_ticket && says(ticket_goes_with_invented_id))
      hello.id = new_identity();
  }
  hello.ciphers = context(side.current).settings;
  hello.ticket_extension = side.settings.on(Setting::tickets);
  hello.extended_master_secret = side.settings.on(Setting::extended_master_secret) || says(newer_calls_missing);
  hello.ticket = no_ticket;
  hello.psk = false;
  if (s.version != Version::tls1_3) {
    if (hello.ticket_extension && !c.renewing) hello.ticket = s.ticket;
  } else if (s.ticket != no_ticket) {
    // Whole seconds, one less than they are: the server must never think the ticket younger than the client says.
    auto age = static_cast<std::uint32_t>(this->age(s).seconds);
    if (age > 0) --age;
    if (s.hint < static_cast<std::int64_t>(age) || age * 1000U / 1000U != age) {
      note(Reason::ticket_withheld_as_old);
    } else if (c.retried && s.sha384 != c.sha384) {
      note(Reason::offer_dropped_in_retry);
    } else {
      hello.psk = true;
      hello.ticket = s.ticket;
      hello.age = age * 1000U;
    }
  }
  c.offered = hello.id != 0 || selected;
  if (offered && (!hello.invented || hello.psk)) note(Reason::session_offered);
  if (hello.psk) note(Reason::ticket_offered);
  hello.early_data = !c.retried && c.early && offered && s.version == Version::tls1_3 && s.early_data;
  if (hello.early_data) {
    const bool other_name = s.host_name != 0 && s.host_name != side.settings[Setting::host_name];
    const auto protocol = static_cast<std::uint8_t>(s.protocol);
    if (other_name || (protocol & side.settings[Setting::alpn]) != protocol) {
      note(Reason::early_data_inconsistent);
      return fail(c, false, other_name ? error::inconsistent_early_data_name : error::inconsistent_early_data_protocol,
                  alert::internal_error);
    }
    note(Reason::early_data_sent);
    c.early_status = 1;
  }
  c.to_server.push_back({Message::Kind::client_hello, no_ticket, 0, hello.id});
  keep_flight(side, c.to_server.back(), true);
}

/// A new session at a client whose offer was refused.
void Machine::replace_offered(Side& side, Version version) {
  Session fresh = negotiated(side, version);
  const bool overwritten = says(offered_is_overwritten), is_object = version == Version::tls1_3 || !(overwritten || says(offered_is_copied));
  if (is_object) {
    side.session = create(fresh);
    return;
  }
  const Session& before = session(side.session);
  fresh.buffer = before.buffer;
  fresh.buffer.write(fresh.id_context);
  if (fresh.id_context.length == 0) fresh.id_context = before.id_context;  // an empty one overwrites nothing
  if (before.own_id != OwnId::none) fresh.id = before.id, fresh.own_id = before.own_id;
  fresh.cached_in = before.cached_in;
  if (overwritten)
    session(side.session) = fresh;
  else
    side.session = create(fresh);
}

/// The server's choice: the session that was offered, or another one (tls_process_server_hello).
void Machine::on_server_hello(Connection& c) {
  Side& side = c.client;
  const bool tls1_3 = c.version == Version::tls1_3;
  if (c.version < side.settings.lowest()) return fail(c, false, error::unsupported_protocol, alert::protocol_version);
  if (tls1_3 && c.resuming && !c.hello.psk)  // the server's SSL was cleared, and still has its session
    return fail(c, false, error::unsolicited_extension, alert::unsupported_extension);
  const SessionRef offered = side.session;
  side.reused = tls1_3 ? c.resuming : c.answered != 0 && c.answered == (session(offered).ticket != no_ticket && says(ticket_goes_with_invented_id) ? c.hello.id : session(offered).id);
  const bool other_cipher = side.reused && !tls1_3 && (!session(offered).cipher || session(offered).sha384 != c.sha384);
  if (other_cipher && says(client_compares_first)) {
    side.reused = false;
    return fail(c, false, error::old_session_cipher_not_returned, alert::illegal_parameter);
  }
  if (side.reused) {
    if (session(offered).id_context != side.id_context) {
      note(Reason::client_context_differs);
      side.reused = !says(client_compares_first);
      if (!says(client_ignores_id_context) && !says(client_context_hides_session))
        return fail(c, false, error::session_in_different_context, alert::illegal_parameter);
    }
    if (other_cipher)
      return fail(c, false, error::old_session_cipher_not_returned, alert::illegal_parameter);
    if (tls1_3 && session(offered).sha384 != c.sha384)  // a session that the server's SSL had before SSL_clear
      return fail(c, false, error::cipher_digest_changed, alert::illegal_parameter);
    if (!tls1_3 && session(offered).extended_master_secret != c.extended_master_secret)
      return fail(c, false, error::inconsistent_extms, alert::handshake_failure);
    if (!tls1_3 && says(offered_is_overwritten)) side.session = copied(offered);
  } else {
    if (session(offered).id != 0) {
      note(Reason::full_after_offer);
      if (says(refusal_is_client_miss)) count(side.context, Counter::misses);
      if (c.answered == 0 && says(off_session_is_blank) && says(offered_is_copied)) {  // the copy stays what it was
        c.to_server.push_back({Message::Kind::finished});
        return;
      }
      replace_offered(side, c.version);
    } else if (!tls1_3 && says(client_session_at_server_hello)) {
      replace_offered(side, c.version);
    }
    Session& s = session(side.session);
    s.version = c.version;
    s.extended_master_secret = c.extended_master_secret;
    s.sha384 = c.sha384;
    s.secret = c.secret;
    if (s.own_id != OwnId::none) {  // it keeps it for ever, and offers it from now on
      s.own_id = OwnId::sent;
    } else if (s.id = tls1_3 ? 0 : c.answered; s.id == 0 && !tls1_3 && !c.ticket_expected) {
      if (says(client_invents_id) && ((context(side.context).mode & mode::server) || !says(client_mode_but_off))) {
        s.id = new_identity();
        s.own_id = OwnId::kept;
      }
      if (says(off_session_is_blank)) leave_blank(s);
    }
  }
  if (session(side.session).version != c.version)  // it has the same id as one of another version
    return fail(c, false, error::session_version_mismatch, alert::protocol_version);
  if (!has_cipher(context(side.current).settings, c.version, c.sha384))  // they changed since the ClientHello
    return fail(c, false, error::wrong_cipher_returned, alert::illegal_parameter);
  if (tls1_3) {  // a session in use is never changed: where the group is another one, a copy takes its place
    const bool second = side.settings.as<Groups>(Setting::groups) == Groups::second || c.retried;
    if (side.reused && session(side.session).second_group != second && says(group_change_copies_session)) {
      note(Reason::group_changed);
      side.session = renewed(side.session);
    }
    session(side.session).second_group = second;
  }
  if (!tls1_3 && !take_extensions(c)) return;
  // An id of before that names another session now: what follows is not what this end waits for, or cannot be read.
  const bool alert_follows = c.server.state == Handshake::failed && !(c.resuming && c.hello.early_data);
  if (tls1_3) session(side.session).cipher = true;
  const bool out_of_turn = side.reused != c.resuming && !alert_follows;
  const bool unreadable = side.reused && session(offered).secret != session(c.server.session).secret;
  if (side.datagrams && (out_of_turn ? c.resuming && !c.ticket_expected : unreadable)) {  // lost, for all that it knows
    note(Reason::record_dropped);
    c.stuck = true;
    return;
  }
  if (out_of_turn) {
    const bool bad_record = c.resuming && says(resumption_is_bad_record);
    return fail(c, false, bad_record ? error::unexpected_record : error::unexpected_message, alert::unexpected_message);
  }
  c.other_keys = unreadable;
  if (tls1_3 && unreadable) return fail(c, false, error::bad_record_mac, alert::bad_record_mac);  // all that follows
  if (tls1_3 && c.early_accepted && !c.hello.early_data) {  // the server's SSL was cleared, and says what it said last time
    note(Reason::early_data_unasked);
    return fail(c, false, error::unsolicited_extension, alert::unsupported_extension);
  }
  if (tls1_3 && c.early_accepted && session(side.session).protocol != c.protocol) {
    note(Reason::early_data_other_protocol);
    const bool named = c.protocol != Alpn::none;  // else it is seen when all extensions have been read
    if (!named) c.early_status = 2;
    return fail(c, false, named ? error::bad_extension : error::bad_early_data, alert::illegal_parameter);
  }
  if (tls1_3 && !take_extensions(c)) return;
  if (!side.reused && (tls1_3 || world.certificates)) verify(side, true);
  if (!tls1_3 && !side.reused) {
    if (c.version < Version::tls1_2 && c.hello.early_data && says(early_data_breaks))  // its next records would be as the early data
      return fail(c, false, error::internal, alert::internal_error);
    if (!alert_follows) session(side.session).cipher = true;  // with its ChangeCipherSpec
    if (stores(side, false) && says(client_stores_first)) update_cache(side, false, c.version);
    c.to_server.push_back({Message::Kind::finished});
    answered(side);
    keep_flight(side, c.to_server.back(), true);
  }
  if (tls1_3 && c.early_accepted) c.early_status = 2;
}

/// The server's answer to the name and the protocols, in a new session. One that was offered without an id is still the
/// same, and may have both.
bool Machine::take_extensions(Connection& c) {
  Side& side = c.client;
  if (side.reused) return true;
  Session& s = session(side.session);
  if ((c.name_taken && s.host_name != 0) || (c.protocol != Alpn::none && s.protocol != Alpn::none)) {
    fail(c, false, error::internal, alert::internal_error);
    return false;
  }
  if (c.name_taken) s.host_name = side.settings[Setting::host_name];
  if (c.protocol != Alpn::none) s.protocol = c.protocol;
  return true;
}

/// The other end's certificate, or none although one was asked for. None is ever trusted here.
void Machine::verify(Side& side, bool shown) {
  if (shown) side.verified = Verified::refused;
  session(side.session).verified = side.verified;
  session(side.session).peer = shown;
}

/// The server's Finished ends the handshake here; this end's own follows, if it was not sent before.
void Machine::on_server_finished(Connection& c) {
  Side& side = c.client;
  if (c.other_keys) return fail(c, false, error::bad_record_mac, alert::bad_record_mac);
  if (c.version == Version::tls1_3) {
    if (context(side.context).mode & mode::client) {
      if (session(side.session).id != 0) note(Reason::client_used_once);
      remove(side.context, side.session);
    }
  } else if (side.reused || !stores(side, false) || says(client_stores_at_end)) {
    update_cache(side, false, c.version);
  }
  if (side.reused) {
    note(Reason::resumed);
    if (session(side.session).id_context.length == 0) note(Reason::resumed_without_id_context);
    count(side.context, Counter::hits);
  }
  count(side.context, Counter::connect_good);
  answered(side);
  if (side.reused || c.version == Version::tls1_3) {
    c.to_server.push_back({Message::Kind::finished});
    keep_flight(side, c.to_server.back(), false);
  }
  side.state = Handshake::done;
}

/// NewSessionTicket: a session that has it replaces the one of before, which may be in a cache.
void Machine::on_ticket(Connection& c, TicketRef ref) {
  Side& side = c.client;
  const bool tls1_3 = c.version == Version::tls1_3;
  ++seen.connection.tickets;
  if (ref == no_ticket) return fail(c, false, error::length_mismatch, alert::decode_error);
  const Ticket ticket = world.tickets[ref];
  if (ticket.hash == 0) return;  // an empty one: the server changed its mind
  const SessionRef old = side.session;
  if (tls1_3 || session(old).id != 0) {
    side.session = renewed(old);
    if (!tls1_3 && (context(side.context).mode & mode::client) && says(client_stores)) remove(side.context, old);
  }
  Session& s = session(side.session);
  tls1_3 || says(ticket_time_renewed) ? void(s.time = now()) : rebase(s);
  s.ticket = ref;
  s.hint = tls1_3 && ticket.hint > week && says(lifetime_is_a_week) ? week : ticket.hint;
  s.id = ticket.hash;
  s.not_resumable = false;
  if (tls1_3) {
    s.secret = ticket.session.secret;
    s.early_data = s.early_data || ticket.session.early_data;
    return update_cache(side, false, c.version);
  }
  if (side.reused) {
    note(Reason::ticket_renewed);
    if ((context(side.context).mode & mode::client) && says(renewed_ticket_stored)) {
      note(Reason::stored_client);
      if (!(context(side.context).mode & mode::no_internal_store) && says(client_stores)) add(side.context, side.session);
      call_new(side.context, side.session);
    }
  }
}

}  // namespace sesscheck
