// The server's side of a handshake: what it resumes (lookup.cpp), what it makes anew.
//
//   client_hello                              the search for a session: ticket or id, internal cache, external store
//   server_hello [ticket] finished            resumed, up to TLS 1.2; without the ticket also TLS 1.3, full or resumed
//   server_hello                              a full handshake up to TLS 1.2; its end follows the client's `finished`
#include <algorithm>
#include <utility>

#include "model/server.hpp"

namespace sesscheck {

/// SSL_set_SSL_CTX(3): certificates and the session id context follow, as long as that was not set on the SSL itself.
void Server::switch_context(std::uint8_t to) {
  if (to == stay || to > m.world.visible || to - 1 == side.current) return;
  m.note(Reason::context_switched);
  const std::uint8_t next = to - 1;
  if (side.id_context == m.context(side.current).id_context || m.says(server_name_before_lookup)) side.id_context = m.context(next).id_context;
  m.release(std::exchange(side.current, next));
  side.refuses_old = m.context(next).settings.lowest() >= Version::tls1_2;
}

/// Where the servername callback of the context switches to; if it has none, that of the first one.
std::uint8_t Server::named() {
  const std::uint8_t by_name = m.context(side.current).settings[Setting::server_name];
  return by_name != stay ? by_name : own().settings[Setting::server_name];
}

/// A servername callback takes whatever name there is. A session has that of its first handshake, and only there the answer
/// says so.
void Server::take_name() {
  const std::uint8_t name = c.client.settings[Setting::host_name];
  c.name_taken = name != 0 && named() != stay && !c.resuming;
  if (!c.name_taken) return;
  m.note(Reason::host_name_kept);
  m.session(side.session).host_name = name;
}

/// The first protocol that both ends speak; a renegotiation does not ask. A session has that of its first handshake, and
/// early data needs the same.
void Server::take_protocol() {
  const std::uint8_t theirs = c.client.settings[Setting::alpn], ours = m.context(side.current).settings[Setting::alpn];
  const auto both = c.renegotiating ? 0 : theirs & ours;
  c.protocol = both & 1 ? Alpn::first : static_cast<Alpn>(both);
  Session& s = m.session(side.session);
  if (!c.resuming && c.protocol != Alpn::none) m.note(Reason::protocol_kept);
  if (!c.resuming) s.protocol = c.protocol;
  if (s.protocol == c.protocol) return;
  m.note(Reason::protocol_changed);
  early_data_ok = false;
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
  if (highest < Version::tls1_2 && side.refuses_old && m.says(old_version_refused))
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

/// ssl_get_new_session: its id comes now (up to TLS 1.2, without tickets), or with each ticket (TLS 1.3), or never.
void Server::new_session(SessionRef refused) {
  side.session = no_session;
  Session fresh = m.negotiated(side, c.version);
  // What was copied before it was refused is in the SSL already; an empty id context overwrites nothing.
  if (refused != no_session && m.copied_in && fresh.id_context.length == 0 && m.says(cached_in_process))
    fresh.id_context = m.session(refused).id_context;
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
  const bool had_none = std::exchange(s.id, 0) == 0;
  if (s.cached_in == no_context || had_none) return;
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
  c.extended_master_secret = !tls1_3() && c.hello.extended_master_secret &&
                             (on(Setting::extended_master_secret) || m.says(newer_calls_missing));

  if (!tls1_3() && named() != stay && m.says(server_name_before_lookup)) switch_context(named());
  SessionRef candidate = no_session;
  if (c.renegotiating && c.fresh_wanted && !on(Setting::renegotiation_resumes)) {
    m.note(Reason::renegotiation_not_resumed);
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
    side.verified = m.session(candidate).verified;
    if (side.verified == Verified::refused) m.note(Reason::refused_before);
    if (from_stateless_ticket()) m.note(Reason::ticket_resumed);
    if (from_id_lookup && c.ticket_expected && !tls1_3() && m.says(resumed_id_gets_no_ticket)) c.ticket_expected = false;
    if ((!from_stateless_ticket() || m.says(ticket_hit_counted)) && m.says(hit_when_resumed)) m.count(side.context, Counter::hits);
  } else {
    if (candidate != no_session && !from_id_lookup) c.ticket_expected = true;
    new_session(candidate);
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
  take_name();
  if (named() != stay && (tls1_3() || m.says(server_name_after_lookup))) switch_context(named());
  if (c.resuming && side.id_context != id_context_before) m.note(Reason::switched_too_late);
  std::uint8_t counting = before_name == side.current || m.says(accept_moves_to_last) ? side.current : before_name;
  if (counting != side.context && m.says(accept_stays)) counting = side.context;
  if (counting != side.context && !c.retried && !c.renegotiating) {
    m.count(counting, Counter::accept);
    m.count(side.context, Counter::accept, -1);
  }
  side.in_early_data &= !tls1_3();  // there SSL_accept pauses when the server has answered: SSL_read_early_data is at its end, or reads
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
    s.secret = c.secret = tls1_3() ? 0 : ++m.world.secrets;  // TLS 1.3: each ticket has one of its own
    if (on(Setting::not_resumable)) {
      m.note(Reason::declared_not_resumable);
      s.not_resumable = true;
      c.ticket_expected = false;
    }
    if (!(m.context(side.current).mode & mode::server)) {
      m.note(Reason::id_withheld);
      s.id = 0;
      if (m.says(off_session_is_blank)) leave_blank(s);
    }
  }
  take_protocol();
  mark_in_hello();
  if (c.hello.early_data) c.early_accepted = c.resuming && early_data_ok && on(Setting::early_data);
  side.reads_early_data = c.hello.early_data && c.early_accepted;
  if (c.hello.early_data) m.note(c.early_accepted ? Reason::early_data_accepted : Reason::early_data_rejected);
  return true;
}

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
    const std::vector<Stored>& store = store_of(context(side.context).letter).store;
    const bool stored = std::ranges::any_of(store, [](const Stored& s) { return s.id == same_identity; });
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
  answered(side);
  keep_flight(side, c.to_client.back(), true);
  if (tls1_3) session(side.session).cipher = true;
  if (c.resuming && !tls1_3 && c.ticket_expected && !issue_ticket(c)) return;
  if (c.resuming || tls1_3) c.to_client.push_back({Message::Kind::finished});
  if (side.reads_early_data && !session(side.session).early_data) {  // no one looked at that when it was accepted
    note(Reason::early_data_not_allowed);
    return fail(c, true, error::too_much_early_data, alert::unexpected_message);
  }
  if (!tls1_3 && c.hello.early_data) {  // which nobody expects before TLS 1.3
    note(Reason::early_data_rejected);
    const bool ccs_before = c.client.settings.on(Setting::middlebox_compat);
    if (c.version < Version::tls1_2) return fail(c, true, error::wrong_version_number, alert::protocol_version);
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
  answered(side);
  if (side.verify_peer && !side.reused && tls1_3 && side.asked_late) {  // the answer is compared with the context of that request
    note(Reason::asked_before);
    return fail(c, true, error::invalid_context, alert::decode_error);
  }
  if (side.verify_peer && !side.reused && (tls1_3 || world.certificates))
    verify(side, c.client.settings.on(Setting::client_certificate));
  if (!tls1_3) {
    if (!side.reused) {
      if (c.ticket_expected && !issue_ticket(c)) return;
      c.to_client.push_back({Message::Kind::finished});
      keep_flight(side, c.to_client.back(), false);
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
  side.reads_early_data = side.in_early_data = false;
  side.state = Handshake::done;
}

}  // namespace sesscheck
