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
      {Rule::default_timeout, "default_timeout", {"300", "7200", "500"}, "T1",
       "seconds a session lives when the application sets nothing", "tls1_default_timeout, t1_lib.c"},
      {Rule::miss_without_internal_lookup, "miss_without_internal_lookup", {"counted", "not_counted"}, "N8",
       "sess_misses when the internal lookup was switched off", "lookup_sess_in_cache, ssl_sess.c"},
      {Rule::client_miss, "client_miss", {"not_counted", "counted"}, "N8b",
       "sess_misses on a client whose session was refused", "tls_process_server_hello, statem/statem_clnt.c"},
      {Rule::client_offers_expired, "client_offers_expired", {"withheld", "offered"}, "T2d",
       "a client whose session is past its timeout", "tls_construct_client_hello, statem/statem_clnt.c"},
      {Rule::client_id_context, "client_id_context", {"ignored", "compared", "compared_first", "hides_session"}, "X2",
       "session id context on a client when a session is resumed: compared after it counts as reused, or (with its cipher) before; or before it is offered, and never begins with that of the client", "tls_process_server_hello, statem/statem_clnt.c"},
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
      {Rule::time_range, "time_range", {"seconds", "nanoseconds", "unsigned", "32_bits"}, "",
       "times and timeouts beyond 584 years, or below 0: kept, or what is left in 64 bits of nanoseconds, or without a sign (a timeout: in 32 bits), or both in 32 bits and a negative time refused", "ossl_seconds2time, internal/time.h"},
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
      {Rule::alert_in_the_clear, "alert_in_the_clear", {"internal_error", "bad_record_mac", "unsaid_in_dtls", "layer_failure_in_dtls"}, "",
       "what reads a TLS 1.2 record that is not encrypted with its keys: the alert of a server without a session in a "
       "renegotiation, early data after a resumption; the last two: an internal error, which in DTLS has no reason, or one of its own", "tls1_enc, record/ssl3_record.c"},
      {Rule::version_after_switch, "version_after_switch", {"kept", "refused"}, "",
       "TLS 1.0 or 1.1 after the ClientHello callback switched to a context whose security level is above 0", "ssl_security_default_callback, ssl_cert.c"},
      {Rule::accept_renegotiations, "accept_renegotiations", {"one", "three"}, "N3b",
       "what sess_accept_renegotiate counts for one renegotiation that the server began", "state_machine, statem/statem_srvr.c"},
      {Rule::client_cache, "client_cache", {"stores", "calls_back_only"}, "S11 C13a",
       "a client that has the mode: its sessions go into the internal cache, or only to new_session_cb", "ssl_update_cache, ssl_lib.c"},
      {Rule::flush_counts, "flush_counts", {"connections", "stored_sessions"}, "S18 L3",
       "what the automatic flush counts: the connections of a context, or what its server stored since the last one; that flush comes before new_session_cb", "ssl_update_cache, ssl_lib.c"},
      {Rule::cache_key, "cache_key", {"id_and_version", "id"}, "",
       "what a session is found by in the internal cache; in a table of the process: the id and the end where it was made, or the id", "ssl_session_cmp, ssl_lib.c"},
      {Rule::expiry_tested, "expiry_tested", {"last", "first"}, "",
       "when a server that found a session by its id asks whether it has expired: after its id context and version, or before", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::session_from_future, "session_from_future", {"valid", "expired"}, "T2",
       "a session whose time is still to come", "sess_timedout, ssl_sess.c"},
      {Rule::flush_at_deadline, "flush_at_deadline", {"keeps", "removes"}, "L1",
       "a session exactly as old as its timeout in a flush, whatever it is in a lookup", "timeout_cb, ssl_sess.c"},
      {Rule::removed_session, "removed_session", {"not_resumable", "as_before", "expired", "expired_with_store"}, "A3",
       "an object that leaves an internal cache, or is told to: marked not resumable, or unchanged; or one that is told to gets timeout 0 (always, or without NO_INTERNAL_STORE)", "remove_session_lock, ssl_sess.c"},
      {Rule::removal_by, "removal_by", {"id", "object", "none"}, "A4b",
       "what SSL_CTX_remove_session removes: what has the id; that very object; nothing at all, from the SSL_CTX of a method that is good for both ends", "remove_session_lock, ssl_sess.c"},
      {Rule::fatal_error, "fatal_error", {"removes", "keeps", "removes_resumed"}, "G9c",
       "the session of a connection that ends with a fatal error at one end; or only if it was established, or resumes; an end that could not read a message of ChaCha20-Poly1305 then reports it twice", "ossl_statem_fatal, statem/statem.c"},
      {Rule::verify_peer_resumption, "verify_peer_resumption", {"fatal", "resumes"}, "X7",
       "a session offered under VERIFY_PEER to a server without a session id context", "ssl_get_prev_session, ssl_sess.c"},
      {Rule::session_end, "session_end", {"any", "own", "own_offered"}, "",
       "which sessions an end resumes: those of any end, or only those that were made at such an end; or a client offers only those, and a server takes any", "ssl_get_prev_session, ssl_sess.c"},
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
      {Rule::own_ticket_keys, "own_ticket_keys", {"kept", "rotated"}, "",
       "ticket keys that the library drew: they stay; or others take their place two days after they were first used, and for two "
       "days more they still read tickets", "BoringSSL: ssl_ctx_rotate_ticket_encryption_key, ssl_session.cc"},
      {Rule::resumed_id_ticket, "resumed_id_ticket", {"issued", "not_issued"}, "",
       "a TLS 1.2 client that takes tickets resumes by a session id: whether it gets a ticket", "tls_construct_stoc_session_ticket, statem/extensions_srvr.c"},
      {Rule::ticket_callback_failure, "ticket_callback_failure", {"alert", "silent"}, "",
       "a ticket key callback that fails for a ticket: an alert and an error, or neither", "tls_decrypt_ticket, t1_lib.c"},
      {Rule::shutdown_in_handshake, "shutdown_in_handshake", {"fails", "succeeds"}, "",
       "what SSL_shutdown returns before the handshake is over, and where a fatal alert comes in place of a close_notify", "SSL_shutdown, ssl_lib.c"},
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
      {Rule::alert_without_session, "alert_without_session", {"in_the_clear", "encrypted"}, "",
       "the alert of an end that has no session in a renegotiation, up to TLS 1.2", "tls1_enc, record/ssl3_record.c"},
      {Rule::alert_after_early_data, "alert_after_early_data", {"in_the_clear", "unreadable"}, "",
       "the alert of a client that fails at the answer to its early data: one that a server can read which refused that data, "
       "or not", "set_plain_alerts, record/methods"},
      {Rule::early_data_to_old, "early_data_to_old", {"refused", "breaks"}, "",
       "early data that TLS 1.0 or 1.1 answers: a server's alert; or one under the version of that data, and a client that "
       "cannot go on", "ssl3_get_record, record/ssl3_record.c"},
      {Rule::finished_of_before, "finished_of_before", {"unexpected_message", "internal_error"}, "",
       "what a DTLS server makes of the client's last message of before, sent again in a renegotiation: a message that it does "
       "not expect; or, where no master secret is there to check it with, an internal error", "dtls_get_message, statem/statem_dtls.c"},
      {Rule::long_lifetime, "long_lifetime", {"as_sent", "a_week"}, "",
       "the lifetime hint of a TLS 1.3 ticket at its client, when a server sends more than a week", "tls_process_new_session_ticket, statem/statem_clnt.c"},
      {Rule::unasked_resumption, "unasked_resumption", {"unexpected_message", "unexpected_record"}, "",
       "the error of a TLS 1.2 client to which a server resumes a session that it did not offer", "ossl_statem_client_read_transition, statem/statem_clnt.c"},
      {Rule::first_record, "first_record", {"after_clear", "of_ssl"}, "",
       "what reaches TLS and is not TLS ends the connection without an alert, and its session stays, where it is the first record: "
       "the first after SSL_clear as well, or only the first of an SSL", "ssl3_get_record, record/ssl3_record.c"},
      // From here on: choices that OpenSSL and its forks make alike, and wolfSSL (src/ssl_sess.c) otherwise.
      {Rule::cache_place, "cache_place", {"context", "process"}, "S3 S18 G9b L1 Z3 Z7",
       "where sessions are cached: the objects, each in its context, or copies in one table of the process, whatever the size that is set: "
       "eleven rows of three, by a hash of the id; no flush, and no end of a context, reaches it", "wolfSSL: AddSessionToCache"},
      {Rule::cache_mode, "cache_mode", {"replaced", "only_added", "bits_only_added"}, "S1 S2 S24",
       "SSL_CTX_set_session_cache_mode: the new mode, or flags that stay for good; CLIENT and SERVER mean nothing, and 0 is OFF, which adds NO_INTERNAL, or does not", "wolfSSL: wolfSSL_CTX_set_session_cache_mode"},
      {Rule::client_mode, "client_mode", {"asked", "ignored", "any_but_off"}, "S11 S27",
       "whether a client needs the mode CLIENT to store its sessions and to call new_session_cb; or none at all, or any but OFF", "wolfSSL: AddSession"},
      {Rule::lookup_order, "lookup_order", {"internal_first", "external_first"}, "S8 S14",
       "where a server looks first for a session id", "wolfSSL: wolfSSL_GetSessionFromCache"},
      {Rule::external_hit, "external_hit", {"copied", "not_copied"}, "",
       "whether what get_session_cb returns gets into the internal cache", "wolfSSL: wolfSSL_GetSessionFromCache"},
      {Rule::remove_result, "remove_result", {"removed", "told"}, "A4b",
       "SSL_CTX_remove_session returns 1 when it has removed a session, or also when it has called remove_session_cb", "wolfSSL: wolfSSL_SSL_CTX_remove_session"},
      {Rule::expired_entry, "expired_entry", {"removed", "left"}, "",
       "a cached session that a server finds expired", "wolfSSL: wolfSSL_GetSessionFromCache"},
      {Rule::expiry_by, "expiry_by", {"session", "context_too"}, "T2",
       "whose timeout ends a session at a server that looks it up by its id: its own; or also the one that the context has now, and that one alone for what get_session_cb returns", "wolfSSL: HandleTlsResumption, internal.c"},
      {Rule::id_context_match, "id_context_match", {"equal", "empty_matches_all", "ignored"}, "X1",
       "which session id context a session must have for a server: its own; any, if the server's is empty; any", "wolfSSL: CheckSessionMatch"},
      {Rule::full_id_context, "full_id_context", {"kept", "lost"}, "",
       "a session id context of 32 bytes, in the sessions that are made under it", "wolfSSL: SetupSession"},
      {Rule::offered_object, "offered_object", {"untouched", "overwritten", "copied"}, "",
       "the object that a client was given by SSL_set_session: in use when it is resumed, and else left alone; or it becomes the new session; or only a copy is used", "wolfSSL: wolfSSL_SetSession"},
      {Rule::client_storing, "client_storing", {"at_end", "with_its_finished"}, "",
       "when a client stores its session up to TLS 1.2: when the handshake is over, or when it sends Finished, which is before the server does", "wolfSSL: SendFinished, internal.c"},
      {Rule::client_without_id, "client_without_id", {"none", "invented"}, "",
       "the session of a client that was given no session id and no ticket: it has none, or one of the client's own that is not sent", "wolfSSL: AddSession"},
      {Rule::client_reused, "client_reused", {"when_answered", "when_offered"}, "",
       "SSL_session_reused at a client that has not had the server's answer yet", "wolfSSL: wolfSSL_session_reused, ssl.c"},
      {Rule::long_timeout, "long_timeout", {"previous", "error"}, "T0a",
       "what SSL_CTX_set_timeout returns for more than a week: the previous timeout, or an error (it is set all the same)", "wolfSSL: wolfSSL_CTX_set_timeout"},
      {Rule::id_context_error, "id_context_error", {"reason", "none"}, "X6",
       "what the error queue has of a session id context that is too long", "wolfSSL: wolfSSL_CTX_set_session_id_context"},
      {Rule::removal_without_id, "removal_without_id", {"ignored", "as_any"}, "",
       "SSL_CTX_remove_session of a session that has no id", "wolfSSL: wolfSSL_SSL_CTX_remove_session"},
      {Rule::off_session, "off_session", {"dated", "blank"}, "",
       "time, timeout and id context of a session that gets no id because the server's mode is OFF: as of any, or none", "wolfSSL: AddSession, ssl.c (5.5)"},
      {Rule::freed_session, "freed_session", {"silent", "reported"}, "G8",
       "remove_session_cb when the library frees a session that no one else holds and that its cache has no copy of", "wolfSSL: wolfSSL_FreeSession, ssl.c (5.5)"},
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
        method_of_context, clear_alert_is_unsaid, early_data_breaks, first_record_of_ssl})
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
                            future_ticket_is_new, accept_moves_before_name, clear_alert_is_layer_failure, alert_is_encrypted,
                            alert_after_early_data_is_lost, early_data_is_refused, old_version_refused,
                            method_stays, first_record_after_clear});
  static const Rules openssl_3_5_9 = with(openssl_3_5, {clear_alert_is_bad_mac, lifetime_is_a_week});
  static const Rules openssl_3_6 = with(openssl_3_5, {wrong_id_is_miss, reported_in_reverse, call_under_lock_deadly, clear_alert_is_bad_mac, lifetime_is_a_week});
  static const Rules openssl_1_1_1 =
      with(openssl_3_0, {capacity_is_size, victim_is_oldest, readd_has_no_effect, time_never_updated, negative_timeout_accepted,
                         negative_time_is_past, not_resumable_is_used, reported_in_any_order, call_under_lock_undefined,
                         newer_calls_missing, secret_illegal_parameter, transport_end_keeps, marked_session_mishandled,
                         overflow_wraps, ticket_faults_there, group_change_keeps_object,
                         method_of_context_late, clear_alert_is_error, finished_of_before_is_error});
  static const Rules boringssl =
      with(openssl_3_0, {flush_every_255, capacity_is_size, victim_is_oldest, readd_has_no_effect, time_never_updated,
                         remove_callback_only_for_cached, verify_peer_session_stored, expired_is_withheld, negative_timeout_accepted,
                         not_resumable_is_used, expired_at_deadline, unclean_end_keeps, reported_in_any_order,
                         undecryptable_not_looked_up, call_under_lock_undefined, times_unsigned, transport_end_keeps, newer_calls_missing,
                         wrong_id_is_taken, client_compares_first, client_only_calls_back, flush_counts_stored, key_is_id, expiry_tested_first,
                         future_session_is_expired, removed_is_as_before, removal_by_object,
                         fatal_keeps, uninitialized_resumes, session_of_own_end, zero_timeout_is_default,
                         serialised_zero_kept, negative_size_unlimited, copy_is_serialised, made_timeout_7200, ticket_goes_with_invented_id,
                         server_name_before_lookup, renewed_hint_is_timeout, ticket_time_rebased, own_keys_rotated, resumed_id_gets_no_ticket, renewed_ticket_stored,
                         callback_failure_is_silent, early_shutdown_succeeds,
                         client_session_at_server_hello,
                         null_timeout_undefined, resumption_is_bad_record});
  static const Rules aws_lc = with(boringssl, {refusal_not_counted, accept_stays, hit_when_found, miss_is_timeout, ticket_timeout_not_counted});
  static const Rules wolfssl_5_9 =
      with(openssl_3_0, {cached_in_process, mode_only_added, client_mode_but_off, external_first, external_hit_not_copied,
                         removal_of_none, one_when_told, removed_is_as_before, expiry_by_context,
                         empty_id_context_matches, full_id_context_lost, offered_is_overwritten, client_stores_first,
                         client_invents_id, client_reused_when_offered, long_timeout_is_error, default_timeout_500, no_lookup_without_server, not_asked_without_server,
                         client_context_hides_session, expired_is_withheld, expired_at_deadline, times_in_32_bits,
                         negative_time_is_past, wrong_id_is_taken, not_resumable_is_used, unclean_end_keeps, transport_end_keeps,
                         fatal_removes_resumed, verify_peer_session_stored, uninitialized_resumes, own_session_offered, newer_calls_missing, long_id_context_is_silent, removal_told_without_id,
                         zero_timeout_is_default, serialised_zero_kept, time_never_updated, flush_counts_stored,
                         client_session_at_server_hello});
  static const Rules wolfssl_5_7 = with(wolfssl_5_9, {one_when_removed, removed_is_expired, expired_is_offered, long_timeout_fits, fatal_keeps});
  static const Rules wolfssl_5_5 =
      with(wolfssl_5_9, {one_when_removed, long_timeout_fits, removed_is_expired_with_store, expired_entry_left, id_context_ignored, key_is_id, mode_bits_only_added, client_mode_ignored, fatal_keeps, off_session_is_blank,
                         freed_session_reported, replaced_session_reported, offered_is_copied,
                         client_has_no_id, client_only_calls_back});
  static const std::vector<Profile> all = {
      {"manual", Rules::manual()},      {"openssl-1.1.1", openssl_1_1_1}, {"openssl-3.0", openssl_3_0},
      {"openssl-3.0.22", openssl_3_0_22}, {"openssl-3.5", openssl_3_5},     {"openssl-3.5.9", openssl_3_5_9}, {"openssl-3.6", openssl_3_6},
      {"openssl-4.0", openssl_3_6},
      {"boringssl", boringssl},         {"aws-lc", aws_lc},
      {"wolfssl-5.5", wolfssl_5_5},     {"wolfssl-5.7", wolfssl_5_7}, {"wolfssl-5.9", wolfssl_5_9}};
  return all;
}

std::optional<Rules> find_profile(std::string_view name) {
  for (const Profile& profile : profiles())
    if (profile.name == name) return profile.rules;
  return std::nullopt;
}

}  // namespace sesscheck
