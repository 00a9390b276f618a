// The server's side of a handshake: what it looks up for a ClientHello, what it resumes, what it makes anew.
//
//   client_hello                              the search for a session: ticket or id, internal cache, external store
//   server_hello [ticket] finished            resumed, up to TLS 1.2; without the ticket also TLS 1.3, full or resumed
//   server_hello                              a full handshake up to TLS 1.2; its end follows the client's `finished`
#include <algorithm>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

constexpr std::int64_t age_slack = 1000, age_allowance = 10'000;  // milliseconds; see tls_parse_ctos_psk

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
  void new_session();
  void mark_in_hello();
  bool run();
};

/// SSL_set_SSL_CTX(3): certificates and the session id context follow, as long as that was not set on the SSL itself.
void Server::switch_context(std::uint8_t to) {
  if (to == stay || to > m.world.visible || to - 1 == side.current) return;
  m.note(Reason::context_switched);
  const std::uint8_t next = to - 1;
  if (side.id_context == m.context(side.current).id_context || m.says(server_name_before_lookup)) side.id_context = m.context(next).id_context;
  side.current = next;
}

/// Where the servername callback of the context switches to; if it has none, that of the first one.
std::uint8_t Server::named() {
  const std::uint8_t by_name = m.context(side.current).settings[Setting::server_name];
  return by_name != stay ? by_name : own().settings[Setting::server_name];
}

void Server::choose_version() {
  if (c.renegotiating) return;
  const Settings& theirs = c.client.settings;
  const Version highest = std::min(theirs.highest(), side.settings.highest());
  // A client below TLS 1.3 names its highest version only, and itself refuses what is too low.
  const bool listed = theirs.highest() == Version::tls1_3;
  c.version = highest;
  if (highest < side.settings.lowest() || (listed && highest < theirs.lowest())) {
    m.note(Reason::no_common_version);
    return fail(error::unsupported_protocol, alert::protocol_version);
  }
  if (highest < Version::tls1_2 && m.context(side.current).settings.lowest() >= Version::tls1_2 && m.says(old_version_refused))
    fail(error::unsupported_protocol, alert::protocol_version);
}

/// The client's order decides.
bool Server::choose_cipher() {
  const Settings &theirs = c.hello.ciphers, &ours = m.context(side.current).settings;
  for (const bool sha384 : {false, true})
    if (has_cipher(theirs, c.version, sha384) && has_cipher(ours, c.version, sha384)) {
      if (c.retried && sha384 != c.sha384) {  // the context was switched in between
        fail(error::bad_cipher, alert::illegal_parameter);
        return false;
      }
      c.sha384 = sha384;
      return true;
    }
  m.note(Reason::no_common_cipher);
  fail(error::no_shared_cipher, alert::handshake_failure);
  return false;
}

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
  if (s.callbacks.get_session == GetCallback::copy_zero && !m.is_held(found) && m.says(freed_session_reported))
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
  if (s.sha384 != c.sha384) {
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
    if (s.id == 0 && s.version == Version::tls1_3 && !s.not_resumable && m.says(ticket_faults_there))  // no ticket was made for it: no secret, either
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

/// ssl_get_new_session: its id comes now (up to TLS 1.2, without tickets), or with each ticket (TLS 1.3), or never.
void Server::new_session() {
  side.session = no_session;
  Session fresh = m.negotiated(side, c.version);
  fresh.extended_master_secret = c.extended_master_secret;
  fresh.of_server = m.says(cached_in_process) || !m.says(session_of_any_end);
  const bool without = !(m.context(side.current).mode & mode::server) && m.says(cached_in_process);
  if (!tls1_3() && !c.ticket_expected && !without) {
    const std::optional<Identity> id = m.generate_id(c, c.version);
    if (!id) {
      fatal = true;
      return;
    }
    fresh.id = *id;
  }
  side.session = m.create(fresh);
}

/// A ServerHello without an id takes it from its session, too: a cached one cannot be found any more.
void Server::mark_in_hello() {
  Session& s = m.session(side.session);
  if (!s.not_resumable || m.says(marked_session_handled)) return;
  s.id = 0;
  if (s.cached_in == no_context) return;
  m.note(Reason::cache_spoilt);
  s.misfiled = m.world.spoilt = true;
}

/// From the ClientHello to the server's answer; false when it failed.
bool Server::run() {
  const Context& at = m.context(side.current);
  if (!own().setup.mode && own().mode == default_mode) m.note(Reason::default_mode);
  switch_context(at.settings[Setting::client_hello]);
  choose_version();
  if (fatal) return false;
  side.reused = false;
  if (tls1_3() && !choose_cipher()) return false;
  const bool wanted = c.client.settings.on(Setting::extended_master_secret) && on(Setting::extended_master_secret);
  c.extended_master_secret = !tls1_3() && (wanted || m.says(newer_calls_missing));

  if (!tls1_3() && named() != stay && m.says(server_name_before_lookup)) switch_context(named());
  SessionRef candidate = no_session;
  if (c.renegotiating && c.fresh_wanted && !on(Setting::renegotiation_resumes)) {
    m.note(Reason::renegotiation_not_resumed);
    from_id_lookup = true;
    c.ticket_expected = false;
  } else {
    candidate = tls1_3() ? by_identity() : by_ticket_or_id();
  }
  if (fatal) return false;
  c.resuming = candidate != no_session && acceptable(candidate);
  if (fatal) return false;
  if (c.resuming) {
    side.session = candidate;
    if (m.says(cached_in_process)) {
      side.session = m.copied(candidate);
      if (!m.says(key_is_id)) m.session(side.session).of_server = true;
    }
    if (from_stateless_ticket()) m.note(Reason::ticket_resumed);
    if (from_id_lookup && c.ticket_expected && !tls1_3() && m.says(resumed_id_gets_no_ticket)) c.ticket_expected = false;
    if ((!from_stateless_ticket() || m.says(ticket_hit_counted)) && m.says(hit_when_resumed)) m.count(side.context, Counter::hits);
  } else {
    if (candidate != no_session && !from_id_lookup) c.ticket_expected = true;
    new_session();
    if (fatal) return false;
  }
  side.reused = c.resuming;

  if (c.resuming && !tls1_3()) {
    const Session& s = m.session(side.session);
    if (!s.cipher) {
      m.note(Reason::no_cipher);
      m.seen.status = Status::crashed;
      return false;
    }
    if (!has_cipher(c.hello.ciphers, s.version, s.sha384)) {
      m.note(Reason::cipher_missing);
      fail(error::required_cipher_missing, alert::illegal_parameter);
      return false;
    }
    c.sha384 = s.sha384;
  }

  const std::uint8_t before_name = side.current;
  const IdContext id_context_before = side.id_context;
  if (named() != stay && (tls1_3() || m.says(server_name_after_lookup))) switch_context(named());
  if (c.resuming && side.id_context != id_context_before) m.note(Reason::switched_too_late);
  std::uint8_t counting = before_name == side.current || m.says(accept_moves_to_last) ? side.current : before_name;
  if (counting != side.context && m.says(accept_stays)) counting = side.context;
  if (counting != side.context && !c.retried && !c.renegotiating) {
    m.count(counting, Counter::accept);
    m.count(side.context, Counter::accept, -1);
  }
  if (tls1_3() && !c.retried && c.client.settings.as<Groups>(Setting::groups) == Groups::both &&
      side.settings.as<Groups>(Setting::groups) == Groups::second) {
    m.note(Reason::hello_retry);
    c.retried = true;
    mark_in_hello();
    side.session = no_session;  // the second ClientHello finds another one
    side.reused = false;
    c.to_client.push_back({Message::Kind::retry});
    return false;
  }
  if (!c.resuming) {
    if (!tls1_3() && !choose_cipher()) return false;
    Session& s = m.session(side.session);
    s.sha384 = c.sha384;
    s.secret = c.secret = ++m.world.secrets;
    if (on(Setting::not_resumable)) {
      m.note(Reason::declared_not_resumable);
      s.not_resumable = true;
      c.ticket_expected = false;
    }
    if (!(m.context(side.current).mode & mode::server)) {
      m.note(Reason::id_withheld);
      s.id = 0;
      if (m.says(off_session_is_blank)) s.time = {}, s.timeout = 0;
    }
  }
  mark_in_hello();
  if (c.hello.early_data) c.early_accepted = c.resuming && early_data_ok && on(Setting::early_data) && !c.retried && !c.again;
  side.reads_early_data = c.hello.early_data && c.early_accepted;
  side.in_early_read &= !side.reads_early_data;
  if (c.hello.early_data) m.note(c.early_accepted ? Reason::early_data_accepted : Reason::early_data_rejected);
  return true;
}

}  // namespace

/// A session id as the library or the application's callback makes it; none when that failed, fatally.
std::optional<Identity> Machine::generate_id(Connection& c, Version version) {
  const Side& side = c.server;
  auto how = side.settings.as<GenerateId>(Setting::generate_id);
  if (how == GenerateId::library) how = context(side.context).settings.as<GenerateId>(Setting::generate_id);
  std::uint16_t reason = error::none;
  Identity id = zero_identity;
  if (how != GenerateId::library) {
    // The callback also asks SSL_has_matching_session_id for the id that GenerateId::same gives.
    const bool taken = find(context(side.context), same_identity, version) != no_session;
    const bool stored = std::ranges::any_of(context(side.context).store, [](const Stored& s) { return s.id == same_identity; });
    seen.connection.id_callback |= taken ? generating::called | generating::taken : generating::called;
    note(Reason::id_by_callback);
    if (taken) note(Reason::id_taken);
    if (!taken && stored) note(Reason::id_in_store_only);
  }
  switch (how) {
    case GenerateId::library:
    case GenerateId::unique: return new_identity();
    case GenerateId::short_one: return new_identity(8);
    case GenerateId::same:
      if (find(context(side.context), same_identity, version) == no_session) return same_identity;
      id = same_identity;
      reason = error::session_id_conflict;
      break;
    case GenerateId::empty:
    case GenerateId::too_long: reason = error::session_id_bad_length; break;
    case GenerateId::fails: reason = error::session_id_callback_failed; break;
  }
  note(Reason::id_generation_failed);
  if (side.session != no_session) session(side.session).id = id;  // a TLS 1.3 session keeps what the callback wrote
  fail(c, true, reason, alert::internal_error);
  return {};
}

void Machine::on_client_hello(Connection& c) {
  Side& side = c.server;
  if (!Server{*this, c}.run()) return;
  const bool tls1_3 = c.version == Version::tls1_3;
  const Identity id = session(side.session).id;
  if (c.resuming && (context(side.context).mode & mode::update_time) && (tls1_3 || id == c.hello.id)) {
    note(Reason::used_under_update_time);
    if (says(time_updated_on_use)) set_time(side.session, now());
  }
  c.answered = tls1_3 || (c.resuming && (says(wrong_id_is_taken) || says(ticket_goes_with_invented_id))) ? c.hello.id : id;
  c.to_client.push_back({Message::Kind::server_hello, no_ticket, 0, c.answered});
  if (tls1_3) session(side.session).cipher = true;
  if (c.resuming && !tls1_3 && c.ticket_expected && !issue_ticket(c)) return;
  if (c.resuming || tls1_3) c.to_client.push_back({Message::Kind::finished});
  if (!tls1_3 && c.hello.early_data) {  // which nobody expects before TLS 1.3
    note(Reason::early_data_rejected);
    const bool ccs_before = c.client.settings.on(Setting::middlebox_compat);
    fail(c, true,
         !c.resuming                    ? (ccs_before ? error::unexpected_message : error::unexpected_record)
         : says(clear_alert_is_bad_mac) ? error::bad_record_mac  // it is read with the new keys
                                        : error::internal,
         alert::unexpected_message);
  }
}

/// The client's last message, and what follows it.
void Machine::on_client_finished(Connection& c) {
  Side& side = c.server;
  const bool tls1_3 = c.version == Version::tls1_3;
  session(side.session).cipher = true;
  if (!tls1_3) {
    if (!side.reused) {
      if (c.ticket_expected && !issue_ticket(c)) return;
      c.to_client.push_back({Message::Kind::finished});
    }
    update_cache(side, true, c.version);
  }
  count(side.current != side.context && says(accept_stays) ? side.context : side.current, Counter::accept_good);
  if (tls1_3 && c.ticket_expected) {
    const int wanted = side.settings[Setting::num_tickets];
    if (wanted == 0) note(Reason::no_tickets_wanted);
    for (int left = side.reused ? std::min(1, wanted) : wanted; left > 0; --left)
      if (!issue_ticket(c)) return;
  }
  side.reads_early_data = side.in_early_read = false;
  side.state = Handshake::done;
}

}  // namespace sesscheck
