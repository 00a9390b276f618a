// How a server finds the session that a ClientHello proposes, and whether it may be resumed: a ticket or an id, the
// internal cache, then the external store (ssl_get_prev_session, ssl_sess.c; tls_parse_ctos_psk, statem/extensions_srvr.c).
#include <algorithm>

#include "model/server.hpp"

namespace sesscheck {
namespace {

constexpr std::int64_t age_slack = 1000, age_allowance = 10'000;  // milliseconds; see tls_parse_ctos_psk

}  // namespace

/// Internal cache and external store, in either order.
SessionRef Server::look_up(Identity id) {
  const bool ask_first = own().callbacks.get_session != GetCallback::absent && m.says(external_first);
  SessionRef found = no_session;
  if (ask_first && (found = ask(id)) != no_session && in_id_context(found)) return found;
  from_store = false;
  found = look_inside(id);
  return found != no_session || ask_first ? found : ask(id);
}

SessionRef Server::look_inside(Identity id) {
  Context& s = own();
  const bool enabled = s.mode & mode::server;
  if (s.mode & mode::no_internal_lookup) {
    m.note(Reason::internal_lookup_skipped);
    if (m.says(skipped_lookup_is_miss)) m.count(side.context, Counter::misses);
    return no_session;
  }
  if (!enabled) m.note(Reason::lookup_off);
  if (!enabled && m.says(no_lookup_without_server)) return no_session;
  const SessionRef found = m.find(s, id, c.version);
  m.note(found != no_session ? Reason::internal_hit : Reason::internal_miss);
  if (found == no_session) m.count(side.context, Counter::misses);
  if (found == no_session && m.cached_anywhere(id)) m.note(Reason::cached_elsewhere);
  return found;
}

SessionRef Server::ask(Identity id) {
  Context& s = own();
  const bool enabled = s.mode & mode::server;
  if (s.callbacks.get_session == GetCallback::absent) {
    m.note(Reason::external_absent);
    if (m.says(miss_is_timeout)) m.count(side.context, Counter::timeouts);
    return no_session;
  }
  if (!enabled) {
    m.note(Reason::external_asked_lookup_off);
    if (m.says(not_asked_without_server)) return no_session;
  }
  m.note(Reason::external_asked);
  const SessionRef found = m.call_get(side.context, id);
  if (found == no_session) {
    m.note(Reason::external_miss);
    return no_session;
  }
  if (m.session(found).not_resumable) {
    m.note(Reason::external_not_resumable);
    if (m.says(not_resumable_is_ignored)) return no_session;
  }
  if (s.callbacks.get_session != GetCallback::copy_one && !m.is_held(found) && m.says(freed_session_reported))
    m.call_remove(side.context, m.session(found).id);  // it is copied, and freed
  m.note(Reason::external_hit);
  from_store = true;
  m.count(side.context, Counter::cb_hits);
  if (s.mode & mode::no_internal_store) {
    m.note(Reason::external_not_copied);
  } else if ((enabled || m.says(copy_without_server)) && m.says(external_hit_copied)) {
    m.note(Reason::external_copied);
    m.add(side.context, found);
  }
  return found;
}

/// Up to TLS 1.2: a ticket goes before the session id.
SessionRef Server::by_ticket_or_id() {
  const Hello& hello = c.hello;
  c.ticket_expected = false;
  if (on(Setting::tickets) && hello.ticket_extension) {
    if (hello.ticket == no_ticket || hello.psk) {
      m.note(Reason::ticket_empty);
      c.ticket_expected = true;
    } else {
      const Machine::Opened opened = m.open_ticket(side.context, hello.ticket, hello.id);
      using Result = Machine::Opened::Result;
      if (opened.result == Result::fatal) {
        if (m.says(callback_failure_alerts)) fail(error::internal, alert::internal_error);
        fatal = true, side.state = Handshake::failed;
        return no_session;
      }
      c.ticket_expected = opened.result != Result::good;
      if (opened.result != Result::unreadable || m.says(undecryptable_not_looked_up)) return opened.session;
    }
  }
  if (hello.id == 0) return no_session;
  if (hello.invented) {
    m.note(Reason::invented_id);
    if (m.says(invented_id_ignored)) return no_session;
  }
  from_id_lookup = true;
  return look_up(hello.id);
}

/// TLS 1.3: one identity, a stateful or a stateless ticket, as this server makes them now.
SessionRef Server::by_identity() {
  if (m.says(ticket_faults_mended)) side.session = no_session;  // else it may be one of before SSL_clear
  c.ticket_expected = true;
  if (!c.hello.psk) return side.session;
  const Ticket ticket = m.world.tickets[c.hello.ticket];
  const bool once = on(Setting::early_data) && on(Setting::anti_replay);
  if (on(Setting::early_data) && !once) m.note(Reason::anti_replay_off);
  SessionRef found = no_session;
  if (!on(Setting::tickets) || once) {
    if (!ticket.stateful || m.world.identities[ticket.session.id].length != 32) {
      m.note(Reason::ticket_undecryptable);
      return side.session;
    }
    found = look_up(ticket.session.id);
    if (found == no_session) return side.session;
  } else {
    const Machine::Opened opened = m.open_ticket(side.context, c.hello.ticket, 0);
    using Result = Machine::Opened::Result;
    if (opened.result == Result::fatal) fail(error::internal, alert::internal_error);
    c.ticket_expected = opened.result != Result::good;
    if (opened.session == no_session) return fatal ? no_session : side.session;
    found = opened.session;
  }
  if (once) {
    const bool removed = m.remove(side.context, found);
    m.note(removed ? Reason::used_once : Reason::used_again);
    if (!removed) return side.session;
  }
  const Session& s = m.session(found);
  const Moment age = m.age(s);
  const auto seconds = static_cast<std::uint32_t>(age.seconds);
  const auto milliseconds = seconds * 1000U + static_cast<std::uint32_t>(age.microseconds) / 1000U;
  early_data_ok = Moment{s.timeout, 0} >= Moment{seconds, age.microseconds} && seconds * 1000U / 1000U == seconds &&
                  c.hello.age <= milliseconds + static_cast<std::uint32_t>(age_slack) &&
                  c.hello.age + static_cast<std::uint32_t>(age_allowance) >= milliseconds + static_cast<std::uint32_t>(age_slack);
  if (!s.cipher) {
    m.note(Reason::no_cipher);
    m.seen.status = Status::crashed;
    fatal = true;
    return no_session;
  }
  if (s.sha384 != c.sha384 || s.version < Version::tls1_2) {  // the ciphers of then had yet another hash
    m.note(Reason::hash_differs);
    early_data_ok = false;
    c.ticket_expected = m.says(ticket_after_hash_mismatch);
    return side.session;
  }
  if (s.sha384 != m.session(c.client.session).sha384) {
    m.note(Reason::binder_wrong);
    fail(error::bad_extension, alert::decode_error);
    return no_session;
  }
  if (s.secret != m.session(c.client.session).secret) {
    m.note(Reason::binder_wrong);
    if (s.secret == 0 && m.says(ticket_faults_there))  // no ticket was made for it
      fail(error::internal, alert::internal_error);
    else
      fail(error::binder_does_not_verify, m.says(binder_decrypt_error) ? alert::decrypt_error : alert::illegal_parameter);
    return no_session;
  }
  side.session = found;
  return found;
}

/// Whether the server may use a session of this session id context.
bool Server::in_id_context(SessionRef candidate) {
  if (m.session(candidate).id_context == side.id_context) return true;
  m.note(Reason::id_context_differs);
  return m.says(id_context_ignored) || (side.id_context.length == 0 && m.says(empty_id_context_matches));
}

/// Whether what the search found has expired; what a cache had leaves it then.
bool Server::expired(SessionRef candidate) {
  const bool by_session = m.expired(m.session(candidate), m.now());
  bool old = by_session;
  if (from_id_lookup && !tls1_3()) {
    Session s = m.session(candidate);
    s.timeout = own().timeout;
    const bool by_context = m.expired(s, m.now(), true);  // it may be as old as that
    const bool by_both = by_context || (by_session && !from_store);
    if (by_both != by_session && m.says(expiry_by_context)) old = by_both;
  }
  if (!old) return false;
  m.copied_in |= from_store || !by_session;
  if (!by_session) return true;
  m.note(Reason::found_expired);
  if (from_stateless_ticket()) m.note(Reason::ticket_expired);
  if (!from_stateless_ticket() || m.says(ticket_timeout_counted)) m.count(side.context, Counter::timeouts);
  if (!from_id_lookup || m.says(expired_entry_left)) return true;
  if (m.says(cached_in_process)) {
    if (!from_store) m.take_from_table(candidate);
  } else {
    m.remove(side.context, candidate);
  }
  return true;
}

/// Whether the server may resume what the search found. It may be fatal to try.
bool Server::acceptable(SessionRef candidate) {
  const Session& s = m.session(candidate);
  if (from_id_lookup && m.says(expiry_tested_first) && expired(candidate)) return false;
  if (m.says(hit_when_found)) m.count(side.context, Counter::hits);
  if (!s.of_server && m.says(session_of_own_end)) return false;
  if (s.version != c.version) {
    m.note(Reason::version_differs);
    return false;
  }
  if (!in_id_context(candidate)) return false;
  if (side.verify_peer && side.id_context.length == 0 && m.says(uninitialized_is_fatal)) {
    m.note(Reason::id_context_uninitialized);
    fail(error::id_context_uninitialized, alert::internal_error);
    if (tls1_3()) side.session = no_session;
    return false;
  }
  if (expired(candidate)) return false;
  if (s.time > m.now()) m.note(Reason::found_from_future);
  m.note(m.deadline(s).at == m.now() ? Reason::found_at_deadline : Reason::found_valid);
  if (s.extended_master_secret && !c.extended_master_secret) {
    m.note(Reason::extended_master_secret_lost);
    fail(error::inconsistent_extms, m.says(secret_handshake_failure) ? alert::handshake_failure : alert::illegal_parameter);
    return false;
  }
  if (!s.extended_master_secret && c.extended_master_secret) {
    m.note(Reason::no_extended_master_secret);
    return false;
  }
  if (!tls1_3() && s.id != c.hello.id) {
    m.note(Reason::wrong_id);
    if (m.says(wrong_id_is_miss)) return false;
  }
  return true;
}

}  // namespace sesscheck
