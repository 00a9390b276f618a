#include "model/rules.hpp"

namespace sesscheck {

std::span<const RuleInfo> rule_table() {
  // Sources name OpenSSL 3.0: function and file below ssl/.
  static const std::vector<RuleInfo> table = {
      {Rule::flush_period, "flush_period", {"255", "256"}, "S18 L3",
       "successful connections between two automatic flushes", "ssl_update_cache, ssl_lib.c"},
      {Rule::capacity, "capacity", {"size", "one_less"}, "Z3",
       "sessions a cache of size n (n > 1) holds: n, or n - 1", "SSL_CTX_add_session, ssl_sess.c"},
      {Rule::victim, "victim", {"oldest", "soonest_to_expire"}, "Z5",
       "which session leaves a full cache", "SSL_SESSION_list_add, ssl_sess.c"},
      {Rule::readd_same_session, "readd_same_session", {"no_effect", "moves", "new_time_old_place"}, "A2",
       "adding a session that is cached already: with UPDATE_TIME it may get a new time, and a new place in the list", "SSL_CTX_add_session, ssl_sess.c"},
      {Rule::internal_lookup_without_server, "internal_lookup_without_server", {"skipped", "done"}, "S10",
       "internal lookup when the mode lacks SERVER", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::external_lookup_without_server, "external_lookup_without_server", {"asked", "not_asked"}, "G11",
       "get_session_cb when the mode lacks SERVER", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::external_copy_without_server, "external_copy_without_server", {"skipped", "done"}, "S10",
       "an external hit is copied into the internal cache when the mode lacks SERVER", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::new_callback_zero, "new_callback_zero", {"removes", "keeps"}, "G5",
       "what new_session_cb returning 0 does to the internal cache", "ssl_update_cache, ssl_lib.c"},
      {Rule::update_time, "update_time", {"on_use", "on_add", "never"}, "C14",
       "when SSL_SESS_CACHE_UPDATE_TIME sets a session's time to now", "SSL_CTX_add_session, ssl_sess.c"},
      {Rule::remove_callback_for_uncached, "remove_callback_for_uncached", {"silent", "called"}, "G8",
       "remove_session_cb for a session that was not cached", "remove_session_lock, ssl_sess.c"},
      {Rule::remove_callback_for_replaced, "remove_callback_for_replaced", {"called", "silent"}, "G9d",
       "remove_session_cb for a session replaced by one of the same id", "SSL_CTX_add_session, ssl_sess.c"},
      {Rule::verify_peer_without_id_context, "verify_peer_without_id_context", {"stored", "not_stored"}, "X3",
       "server session under VERIFY_PEER with an empty session id context", "ssl_update_cache, ssl_lib.c"},
      {Rule::default_timeout, "default_timeout", {"300", "7200"}, "T1",
       "seconds a session lives when the application sets nothing", "tls1_default_timeout, t1_lib.c"},
      {Rule::miss_without_internal_lookup, "miss_without_internal_lookup", {"counted", "not_counted"}, "N8",
       "sess_misses when the internal lookup was switched off", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::client_miss, "client_miss", {"not_counted", "counted"}, "N8b",
       "sess_misses on a client whose session was refused", "tls_process_server_hello, statem/statem_clnt.c"},
      {Rule::client_offers_expired, "client_offers_expired", {"withheld", "offered"}, "T2d",
       "a client whose session is past its timeout", "tls_construct_client_hello, statem/statem_clnt.c"},
      {Rule::client_id_context, "client_id_context", {"ignored", "compared", "compared_first"}, "X2",
       "session id context on a client when a session is resumed: compared after it counts as reused, or (with its cipher) before", "tls_process_server_hello, statem/statem_clnt.c"},
      {Rule::negative_session_timeout, "negative_session_timeout", {"accepted", "rejected"}, "T9",
       "SSL_SESSION_set_timeout below 0", "SSL_SESSION_set_timeout, ssl_sess.c"},
      {Rule::set_time_result, "set_time_result", {"one", "time"}, "T8",
       "what SSL_SESSION_set_time returns", "SSL_SESSION_set_time, ssl_sess.c"},
      {Rule::negative_session_time, "negative_session_time", {"past", "never_expires"}, "T2b",
       "a session whose time was set below 0", "ssl_session_calculate_timeout, ssl_sess.c"},
      {Rule::external_not_resumable, "external_not_resumable", {"ignored", "used"}, "A3",
       "get_session_cb returns a session marked not resumable", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::external_wrong_id, "external_wrong_id", {"full_handshake", "breaks", "taken_for_it"}, "S6",
       "get_session_cb returns a session of another id", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::clock_resolution, "clock_resolution", {"second", "microsecond"}, "T2c",
       "resolution of a session's time and of the expiry test; and whether a timer of DTLS has run out exactly 15 ms too early", "sess_timedout, ssl_sess.c"},
      {Rule::expiry_boundary, "expiry_boundary", {"valid_at_deadline", "expired_at_deadline"}, "T2a",
       "a session exactly as old as its timeout", "sess_timedout, ssl_sess.c"},
      {Rule::unclean_end, "unclean_end", {"removes", "keeps"}, "G9a",
       "a connection freed without having sent close_notify", "ssl_clear_bad_session, ssl_sess.c"},
      {Rule::removal_order, "removal_order", {"list_order", "reversed", "any"}, "L4",
       "order of remove_session_cb within one flush or eviction", "SSL_CTX_flush_sessions, ssl_sess.c"},
      {Rule::new_callback_without_id, "new_callback_without_id", {"called", "silent"}, "G3",
       "new_session_cb for a session that has no id (TLS 1.2 with tickets)", "ssl_update_cache, ssl_lib.c"},
      {Rule::stateless_ticket_entry, "stateless_ticket_entry", {"cached", "not_cached"}, "S13",
       "the server's session of a stateless TLS 1.3 ticket, without remove_session_cb", "ssl_update_cache, ssl_lib.c"},
      {Rule::undecryptable_ticket, "undecryptable_ticket", {"looked_up", "not_looked_up"}, "S7 G10",
       "a TLS 1.2 client proposes an id and a ticket that the server cannot read", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::invented_session_id, "invented_session_id", {"ignored", "looked_up"}, "N8 G10",
       "the invented id in a TLS 1.3 ClientHello at a TLS 1.2 server", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::ticket_timeout, "ticket_timeout", {"not_counted", "counted"}, "N9",
       "sess_timeouts when the session in a ticket has expired", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::ticket_hit, "ticket_hit", {"not_counted", "counted"}, "N6",
       "sess_hits at a server that resumes from a stateless ticket", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::renewed_ticket, "renewed_ticket", {"stored", "dropped"}, "S11 G3",
       "a TLS 1.2 client's session when a resumption brings a new ticket", "ssl_update_cache, ssl_lib.c"},
      {Rule::hash_mismatch, "hash_mismatch", {"ticket_issued", "no_ticket"}, "",
       "TLS 1.3 tickets after a full handshake because the session's hash was another", "tls_parse_ctos_psk, statem/extensions_srvr.c"},
      {Rule::binder_alert, "binder_alert", {"decrypt_error", "illegal_parameter"}, "",
       "the alert for a TLS 1.3 identity whose binder does not verify", "tls_psk_do_binder, statem/extensions.c"},
      {Rule::callback_under_lock, "callback_under_lock", {"works", "refused", "undefined", "deadly_for_victims"}, "G13",
       "what remove_session_cb calls on its context during a flush or an eviction", "SSL_CTX_flush_sessions, ssl_sess.c"},
      {Rule::time_range, "time_range", {"seconds", "nanoseconds", "unsigned"}, "",
       "times and timeouts beyond 584 years, or below 0: kept, or what is left in 64 bits of nanoseconds, or without a sign (a timeout: in 32 bits)", "ossl_seconds2time, internal/time.h"},
      {Rule::ticket_from_future, "ticket_from_future", {"withheld", "offered"}, "",
       "a TLS 1.3 client's ticket whose time is still to come", "tls_construct_ctos_psk, statem/extensions_clnt.c"},
      {Rule::accept_after_switch, "accept_after_switch", {"last_context", "before_server_name", "first_context"}, "N3",
       "which context counts a connection whose servername callback chose another one", "final_server_name, statem/extensions.c"},
      {Rule::newer_calls, "newer_calls", {"there", "missing"}, "",
       "SSL_new_session_ticket, SSL_OP_NO_EXTENDED_MASTER_SECRET, SSL_OP_IGNORE_UNEXPECTED_EOF", "ssl.h"},
      {Rule::master_secret_alert, "master_secret_alert", {"handshake_failure", "illegal_parameter"}, "",
       "the alert for a client that proposes a session, but not its extended master secret", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::transport_end, "transport_end", {"removes", "keeps"}, "",
       "the transport ends without close_notify: an error that removes the session, or none of the library's", "ssl3_read_n, record/rec_layer_s3.c"},
      {Rule::marked_session, "marked_session", {"handled", "mishandled"}, "",
       "a server's session that is marked not resumable: whether it loses its id, is stored, and hands the mark on to copies", "tls_construct_server_hello, statem/statem_srvr.c"},
      {Rule::deadline_overflow, "deadline_overflow", {"never_expires", "wraps"}, "",
       "a session whose time plus timeout is beyond the range of the clock", "timeout_cb, ssl_sess.c"},
      {Rule::ticket_faults, "ticket_faults", {"mended", "there"}, "",
       "faults of 1.1.1's TLS 1.3 tickets: one that its callback does not issue is sent, broken; SSL_clear leaves a server its "
       "session; a session without a secret is an internal error", "construct_stateless_ticket, statem/statem_srvr.c"},
      {Rule::group_change, "group_change", {"same_object", "copied"}, "",
       "a TLS 1.3 client's session that is resumed with a key exchange group that it did not have", "tls_parse_stoc_key_share, statem/extensions_clnt.c"},
      {Rule::alert_in_the_clear, "alert_in_the_clear", {"internal_error", "read", "bad_record_mac", "unsaid_in_dtls"}, "",
       "a TLS 1.2 record that is not encrypted with the keys of its reader: the alert of a server without a session in a "
       "renegotiation, early data after a resumption; unsaid: an internal error, which in DTLS has no reason", "tls1_enc, record/ssl3_record.c"},
      {Rule::version_after_switch, "version_after_switch", {"kept", "refused"}, "",
       "TLS 1.0 or 1.1 after the ClientHello callback switched to a context whose security level is above 0", "ssl_security_default_callback, ssl_cert.c"},
      {Rule::accept_renegotiations, "accept_renegotiations", {"one", "three"}, "N3b",
       "what sess_accept_renegotiate counts for one renegotiation that the server began", "state_machine, statem/statem_srvr.c"},
      {Rule::client_cache, "client_cache", {"stores", "calls_back_only"}, "S11 C13a",
       "a client that has the mode: its sessions go into the internal cache, or only to new_session_cb", "ssl_update_cache, ssl_lib.c"},
      {Rule::flush_counts, "flush_counts", {"connections", "stored_sessions"}, "S18 L3",
       "what the automatic flush counts: the connections of a context, or what its server stored since the last one; that flush comes before new_session_cb", "ssl_update_cache, ssl_lib.c"},
      {Rule::cache_key, "cache_key", {"id_and_version", "id"}, "",
       "what a session is found by in the internal cache", "ssl_session_cmp, ssl_lib.c"},
      {Rule::expiry_tested, "expiry_tested", {"last", "first"}, "",
       "when a server that found a session by its id asks whether it has expired: after its id context and version, or before", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::session_from_future, "session_from_future", {"valid", "expired"}, "T2",
       "a session whose time is still to come", "sess_timedout, ssl_sess.c"},
      {Rule::flush_at_deadline, "flush_at_deadline", {"keeps", "removes"}, "L1",
       "a session exactly as old as its timeout in a flush, whatever it is in a lookup", "timeout_cb, ssl_sess.c"},
      {Rule::removed_session, "removed_session", {"not_resumable", "as_before"}, "A3",
       "an object that leaves an internal cache, or is told to: marked not resumable, or unchanged", "remove_session_lock, ssl_sess.c"},
      {Rule::removal_by, "removal_by", {"id", "object"}, "A4b",
       "SSL_CTX_remove_session with another object of the id of a cached one", "remove_session_lock, ssl_sess.c"},
      {Rule::fatal_error, "fatal_error", {"removes", "keeps"}, "G9c",
       "the session of a connection that ends with a fatal error at one end", "ossl_statem_fatal, statem/statem.c"},
      {Rule::verify_peer_resumption, "verify_peer_resumption", {"fatal", "resumes"}, "X7",
       "a session offered under VERIFY_PEER to a server without a session id context", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::session_end, "session_end", {"any", "own"}, "",
       "which sessions an end resumes: those of any end, or only those that were made at such an end", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::timeout_of_zero, "timeout_of_zero", {"kept", "default"}, "T0",
       "SSL_CTX_set_timeout with 0: kept, and the default for new sessions, or replaced by the default at once", "SSL_CTX_set_timeout, ssl_sess.c"},
      {Rule::serialised_zero, "serialised_zero", {"default", "kept"}, "",
       "a time or timeout of 0 in i2d_SSL_SESSION: left out, and a default when it is read, or kept", "d2i_SSL_SESSION, ssl_asn1.c"},
      {Rule::negative_size, "negative_size", {"ignored", "unlimited"}, "",
       "SSL_CTX_sess_set_cache_size below 0", "ssl_ctx_ctrl, ssl_lib.c"},
      {Rule::session_copy, "session_copy", {"whole", "serialised"}, "",
       "a copy of a session: SSL_SESSION_dup, or what can be made from its bytes", "SSL_SESSION_dup, ssl_sess.c"},
      {Rule::made_timeout, "made_timeout", {"304", "7200"}, "",
       "the timeout of a session that SSL_SESSION_new made", "SSL_SESSION_new, ssl_sess.c"},
      {Rule::ticket_hello_id, "ticket_hello_id", {"of_session", "invented"}, "",
       "the session id that a TLS 1.2 client sends beside a ticket", "tls_construct_client_hello, statem/statem_clnt.c"},
      {Rule::server_name_switch, "server_name_switch", {"after_lookup", "before_lookup"}, "",
       "when a TLS 1.2 server calls its servername callback; before the lookup, the id context of the chosen context replaces even one that was set on the SSL", "final_server_name, statem/extensions.c"},
      {Rule::renewed_hint, "renewed_hint", {"zero", "timeout"}, "T7b",
       "the lifetime hint of a TLS 1.2 ticket in a resumed handshake", "create_ticket_prequel, statem/statem_srvr.c"},
      {Rule::ticket_time, "ticket_time", {"renewed", "rebased"}, "",
       "time and timeout of a session whose ticket is issued or taken: the time is now, or both move, and it ends when it would have", "tls_process_new_session_ticket, statem/statem_clnt.c"},
      {Rule::resumed_id_ticket, "resumed_id_ticket", {"issued", "not_issued"}, "",
       "a TLS 1.2 client that takes tickets resumes by a session id: whether it gets a ticket", "tls_construct_stoc_session_ticket, statem/extensions_srvr.c"},
      {Rule::ticket_callback_failure, "ticket_callback_failure", {"alert", "silent"}, "",
       "a ticket key callback that fails for a ticket: an alert and an error, or neither", "tls_decrypt_ticket, t1_lib.c"},
      {Rule::shutdown_in_handshake, "shutdown_in_handshake", {"fails", "succeeds"}, "",
       "what SSL_shutdown returns before the handshake is over", "SSL_shutdown, ssl_lib.c"},
      {Rule::hit_counts, "hit_counts", {"resumed", "found"}, "N5",
       "sess_hits at a server: sessions that are resumed, or that are found in time, whatever becomes of them", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::miss_timeout, "miss_timeout", {"not_counted", "counted"}, "N9",
       "sess_timeouts for a session that was not found and that no get_session_cb could be asked for", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::client_session, "client_session", {"at_client_hello", "at_server_hello"}, "",
       "when a client that offers no session makes the new one, and the time that this one has", "tls_process_server_hello, statem/statem_clnt.c"},
      {Rule::timeout_of_null, "timeout_of_null", {"zero", "undefined"}, "T14",
       "SSL_SESSION_get_timeout of no session at all", "SSL_SESSION_get_timeout, ssl_sess.c"},
      {Rule::flush_without_id, "flush_without_id", {"done", "skipped"}, "S18 L3",
       "the automatic flush that is due at a connection whose session cannot be cached: without an id, as with a ticket of "
       "TLS 1.2, marked not resumable, or under VERIFY_PEER without an id context", "ssl_update_cache, ssl_lib.c"},
      {Rule::method_of_handshake, "method_of_handshake", {"own", "of_context", "of_context_late"}, "",
       "an SSL of TLS whose context is one of DTLS when a handshake begins, or the other way round: it stays as it is, or "
       "changes and fails, as it keeps its versions: at once, or a client after it was counted", "SSL_clear, ssl_lib.c"},
  };
  return table;
}

const RuleInfo& info(Rule rule) { return rule_table()[static_cast<std::size_t>(rule)]; }

std::string to_string(Choice choice) {
  const RuleInfo& row = info(choice.rule);
  return std::string(row.name) + "=" + std::string(row.values[choice.value]);
}

std::optional<Choice> parse_choice(std::string_view text) {
  for (const RuleInfo& row : rule_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      if (text == to_string(Choice{row.rule, value})) return Choice{row.rule, value};
  return std::nullopt;
}

Rules Rules::openssl_3_0() {
  Rules rules;
  for (const Choice choice :
       {flush_every_256, capacity_is_one_less, victim_is_soonest_to_expire, readd_moves_entry, lookup_without_server,
        copy_without_server, zero_keeps_session, time_updated_on_add, remove_callback_always, replaced_session_silent,
        verify_peer_session_not_stored, default_timeout_7200, skipped_lookup_is_no_miss, refusal_is_client_miss,
        expired_is_offered, client_compares_id_context, negative_timeout_rejected, set_time_returns_time,
        negative_time_never_expires, wrong_id_breaks_handshake, not_told_without_id, stateless_ticket_not_cached,
        undecryptable_not_looked_up, invented_id_looked_up, ticket_timeout_counted, ticket_hit_counted,
        renewed_ticket_dropped, no_ticket_after_hash_mismatch, binder_illegal_parameter,
        call_under_lock_refused, group_change_copies_session, renegotiation_counted_thrice, flush_skipped_without_id,
        method_of_context, clear_alert_is_unsaid})
    rules.set(choice);
  return rules;
}

std::vector<Choice> differences(const Rules& from, const Rules& to) {
  std::vector<Choice> changed;
  for (const RuleInfo& row : rule_table())
    if (from.value(row.rule) != to.value(row.rule)) changed.push_back({row.rule, to.value(row.rule)});
  return changed;
}

namespace {

Rules with(Rules rules, std::initializer_list<Choice> choices) {
  for (const Choice choice : choices) rules.set(choice);
  return rules;
}

}  // namespace

std::span<const Profile> profiles() {
  static const Rules openssl_3_0 = Rules::openssl_3_0();
  static const Rules openssl_3_0_22 = with(openssl_3_0, {ticket_after_hash_mismatch, clear_alert_is_bad_mac});
  static const Rules openssl_3_5 =
      with(openssl_3_0_22, {binder_decrypt_error, clock_in_microseconds, times_in_nanoseconds, readd_leaves_misplaced,
                            future_ticket_is_new, accept_moves_before_name, clear_alert_is_read, old_version_refused,
                            method_stays});
  static const Rules openssl_3_6 = with(openssl_3_5, {wrong_id_is_miss, reported_in_reverse, call_under_lock_deadly});
  static const Rules openssl_1_1_1 =
      with(openssl_3_0, {capacity_is_size, victim_is_oldest, readd_has_no_effect, time_never_updated, negative_timeout_accepted,
                         negative_time_is_past, not_resumable_is_used, reported_in_any_order, call_under_lock_undefined,
                         newer_calls_missing, secret_illegal_parameter, transport_end_keeps, marked_session_mishandled,
                         overflow_wraps, ticket_faults_there, group_change_keeps_object,
                         method_of_context_late, clear_alert_is_error});
  static const Rules boringssl =
      with(openssl_3_0, {flush_every_255, capacity_is_size, victim_is_oldest, readd_has_no_effect, time_never_updated,
                         remove_callback_only_for_cached, verify_peer_session_stored, expired_is_withheld, negative_timeout_accepted,
                         not_resumable_is_used, expired_at_deadline, unclean_end_keeps, reported_in_any_order,
                         undecryptable_not_looked_up, call_under_lock_undefined, times_unsigned, transport_end_keeps, newer_calls_missing,
                         wrong_id_is_taken, client_compares_first, client_only_calls_back, flush_counts_stored, key_is_id, expiry_tested_first,
                         future_session_is_expired, removed_is_as_before, removal_by_object,
                         fatal_keeps, uninitialized_resumes, session_of_own_end, zero_timeout_is_default,
                         serialised_zero_kept, negative_size_unlimited, copy_is_serialised, made_timeout_7200, ticket_goes_with_invented_id,
                         server_name_before_lookup, renewed_hint_is_timeout, ticket_time_rebased, resumed_id_gets_no_ticket, renewed_ticket_stored,
                         callback_failure_is_silent, early_shutdown_succeeds,
                         client_session_at_server_hello,
                         null_timeout_undefined});
  static const Rules aws_lc = with(boringssl, {refusal_not_counted, accept_stays, hit_when_found, miss_is_timeout, ticket_timeout_not_counted});
  static const std::vector<Profile> all = {
      {"manual", Rules::manual()},      {"openssl-1.1.1", openssl_1_1_1}, {"openssl-3.0", openssl_3_0},
      {"openssl-3.0.22", openssl_3_0_22}, {"openssl-3.5", openssl_3_5},     {"openssl-3.6", openssl_3_6},
      {"openssl-4.0", openssl_3_6},
      {"boringssl", boringssl},         {"aws-lc", aws_lc}};
  return all;
}

std::optional<Rules> find_profile(std::string_view name) {
  for (const Profile& profile : profiles())
    if (profile.name == name) return profile.rules;
  return std::nullopt;
}

}  // namespace sesscheck
