// The table of all clauses: data.
//
// Either a reason of model/because.cpp names the id of a sentence, or it says here what a step that exercises it looks
// like. A test holds the directed traces against that.
#include <algorithm>

#include "audit/clauses.hpp"

namespace sesscheck {
namespace {

constexpr std::string_view mode_page = "SSL_CTX_set_session_cache_mode", callback_page = "SSL_CTX_sess_set_get_cb",
                           context_page = "SSL_CTX_set_session_id_context", number_page = "SSL_CTX_sess_number",
                           size_page = "SSL_CTX_sess_set_cache_size", timeout_page = "SSL_CTX_set_timeout",
                           time_page = "SSL_SESSION_get_time", flush_page = "SSL_CTX_flush_sessions",
                           add_page = "SSL_CTX_add_session", reused_page = "SSL_session_reused",
                           set_page = "SSL_set_session", id_page = "SSL_CTX_set_generate_session_id",
                           tickets_page = "SSL_CTX_set_num_tickets", early_page = "SSL_read_early_data",
                           shutdown_page = "SSL_shutdown";

constexpr Releases from_3_0{300, 0}, from_3_5{305, 0}, until_3_4{0, 304};
constexpr Reading promise = Reading::promise, open = Reading::open;

// --- how a step is known to exercise a clause ----------------------------------------------------------------------

template <Reason... reasons>
bool any_of(const ClauseStep& s) {
  return (s.because.has(reasons) || ...);
}
constexpr Exercised
    new_called = any_of<Reason::new_callback_one, Reason::new_callback_zero>,
    new_due = any_of<Reason::new_callback_one, Reason::new_callback_zero, Reason::verify_peer_without_id_context>,
    stored_or_not = any_of<Reason::store_by_flag_skipped, Reason::store_mode_off, Reason::store_mode_off_client>,
    got = any_of<Reason::external_asked>, expired_removed = any_of<Reason::found_expired, Reason::expired_flushed>,
    external_used = any_of<Reason::external_hit>, client_id_context_differs = any_of<Reason::client_context_differs>,
    other_id_context = any_of<Reason::id_context_differs>, resumed = any_of<Reason::resumed>,
    server_hit = any_of<Reason::found_valid, Reason::found_at_deadline>, timed_out = any_of<Reason::found_expired>,
    evicted = any_of<Reason::evicted>, expired_flushed = any_of<Reason::expired_flushed>,
    flushed = any_of<Reason::flushed_explicitly>, readded = any_of<Reason::readded>,
    offered = any_of<Reason::session_offered>, refused = any_of<Reason::full_after_offer>,
    outside_contract = any_of<Reason::outside_contract>, clean_end = any_of<Reason::clean_end>;

bool is(const ClauseStep& s, Op op) { return s.command.op == op; }
constexpr std::uint8_t tls1_3 = 4;  // as ConnectionView::version says it
/// A command on a session in the application's hands, and there is one.
bool on_session(const ClauseStep& s, Op op) {
  return is(s, op) && s.command.slot != 0 && s.seen.held[s.command.slot - 1].has_value();
}
bool always(const ClauseStep&) { return true; }
bool connecting(const ClauseStep& s) { return is(s, Op::connect) && s.seen.connection.client.state != Handshake::none; }
/// Of two libraries, only one is looked at.
bool at_client(const ClauseStep& s) { return connecting(s) && !s.because.peers_client; }
bool at_server(const ClauseStep& s) { return connecting(s) && !s.because.peers_server; }
bool connected(const ClauseStep& s) { return connecting(s) && s.seen.result == 1; }
bool negotiated(const ClauseStep& s) { return connected(s) && !s.seen.connection.server.reused; }
bool id_given(const ClauseStep& s) { return negotiated(s) && at_server(s) && s.seen.connection.answered_id_length > 0; }
bool id_by_library(const ClauseStep& s) { return id_given(s) && s.seen.connection.id_callback == 0; }
bool id_shortened(const ClauseStep& s) {
  return id_given(s) && s.seen.connection.id_callback != 0 && s.seen.connection.answered_id_length < 32;
}
bool id_conflict(const ClauseStep& s) { return !s.because.peers_server && s.seen.connection.server.error == error::session_id_conflict; }
bool id_refused(const ClauseStep& s) { return !s.because.peers_server && s.seen.connection.server.error == error::session_id_callback_failed; }
bool in_tls1_3(const ClauseStep& s) { return s.seen.connection.version == tls1_3; }
bool new_called_before(const ClauseStep& s) { return new_called(s) && !in_tls1_3(s); }
bool new_called_after(const ClauseStep& s) { return new_called(s) && in_tls1_3(s) && is(s, Op::deliver); }
bool new_called_often(const ClauseStep& s) { return new_called(s) && in_tls1_3(s) && s.seen.connection.tickets > 1; }
bool two_tickets(const ClauseStep& s) { return negotiated(s) && at_server(s) && in_tls1_3(s) && s.seen.connection.tickets == 2; }
bool resumed_in_tls1_3(const ClauseStep& s) { return resumed(s) && in_tls1_3(s); }
bool stored_for_early_data(const ClauseStep& s) {
  return s.because.has(Reason::ticket_stateful) && s.because.has(Reason::stored_ticket) &&
         std::ranges::any_of(s.seen.contexts, [](const ContextView& c) {
           return std::ranges::any_of(c.cached, &SessionView::early_data);
         });
}
/// A TLS 1.3 session that never met a ticket is offered.
bool ticketless_offered(const ClauseStep& s) {
  if (!s.because.has(Reason::offer_not_resumable) || s.command.slot == 0) return false;
  const auto& held = s.seen.held[s.command.slot - 1];
  return held && held->version == tls1_3 && !held->ticket;
}
bool callbacks_set(const ClauseStep& s) { return is(s, Op::set_callbacks); }
bool num_tickets_set(const ClauseStep& s) { return is(s, Op::configure) && s.command.setting == Setting::num_tickets; }
/// SSL_SESSION_set_time or _set_timeout of NULL: the adapter calls them when the application holds no session there.
bool null_asked(const ClauseStep& s) {
  return (is(s, Op::set_session_time) || is(s, Op::set_session_timeout)) && s.command.slot != 0 &&
         !s.seen.held[s.command.slot - 1];
}
bool quiet_end(const ClauseStep& s) {
  return connected(s) && ((at_client(s) && s.command.client_end == End::quiet) || (at_server(s) && s.command.server_end == End::quiet));
}
bool client_at_default(const ClauseStep& s) {
  return connected(s) && at_client(s) && s.seen.contexts[s.command.client].mode == mode::server;
}
bool no_internal(const ClauseStep& s) {
  return connected(s) && at_server(s) && (s.seen.contexts[s.command.context].mode & mode::no_internal) == mode::no_internal;
}
bool searched_despite_flag(const ClauseStep& s) {
  return s.because.has(Reason::internal_hit) &&
         (s.seen.contexts[s.command.context].mode & mode::no_internal_store) != 0;
}
bool id_context_set(const ClauseStep& s) { return is(s, Op::set_id_context) && s.seen.result == 1; }
bool id_context_of_connection(const ClauseStep& s) { return at_server(s) && s.command.id_context.has_value(); }
bool imported_used(const ClauseStep& s) { return on_session(s, Op::serialise); }
bool size_set(const ClauseStep& s) { return is(s, Op::set_size); }
bool timeout_set(const ClauseStep& s) { return is(s, Op::set_timeout); }
bool session_time_set(const ClauseStep& s) { return on_session(s, Op::set_session_time); }
bool session_timeout_set(const ClauseStep& s) { return on_session(s, Op::set_session_timeout); }
bool removed_uncached(const ClauseStep& s) { return on_session(s, Op::remove) && s.seen.result == 0; }
bool added(const ClauseStep& s) { return on_session(s, Op::add) && s.seen.result == 1; }
bool removed(const ClauseStep& s) { return on_session(s, Op::remove) && s.seen.result == 1; }
bool added_or_removed(const ClauseStep& s) { return added(s) || removed(s); }
bool default_size(const ClauseStep& s) {
  return std::ranges::any_of(s.seen.contexts, [](const ContextView& c) { return c.size == 1024 * 20; });
}
bool unlimited(const ClauseStep& s) {
  return s.because.has(Reason::stored_server) && s.seen.contexts[s.command.context].size == 0;
}

}  // namespace

std::span<const Clause> clause_table() {
  // clang-format off
  static const std::vector<Clause> table = {
      {"S1", mode_page, "DESCRIPTION", "set_session_cache_mode enables and disables caching by setting the mode"},
      {"S2", mode_page, "DESCRIPTION", "get_session_cache_mode returns the mode in use"},
      {"S3", mode_page, "NOTES", "sessions are held for each SSL_CTX and are unique to it"},
      {"S4", mode_page, "NOTES", "to reuse a session a client must send its id"},
      {"S5", mode_page, "NOTES", "a client can send exactly one id"},
      {"S6", mode_page, "NOTES", "the server reuses the session or starts a full handshake"},
      {"S7", mode_page, "NOTES", "a server looks the session up in its internal storage"},
      {"S8", mode_page, "NOTES", "not found there, or lookup there switched off: the external storage is tried"},
      {"S9", mode_page, "NOTES",
       "the session id context must be set by the server (what happens without is not said)", {}, open, nullptr, {}, "without one, sessions resume all the same, unless client certificates are asked for"},
      {"S10", mode_page, "SSL_SESS_CACHE_OFF", "no session caching for client or server takes place"},
      {"S11", mode_page, "SSL_SESS_CACHE_CLIENT", "client sessions are added to the session cache, by no other mode"},
      {"S12", mode_page, "SSL_SESS_CACHE_CLIENT", "the application selects the session to reuse with SSL_set_session"},
      {"S13", mode_page, "SSL_SESS_CACHE_SERVER", "server sessions are added to the session cache"},
      {"S14", mode_page, "SSL_SESS_CACHE_SERVER", "a proposed session is looked for in the internal cache first"},
      {"S15", mode_page, "SSL_SESS_CACHE_SERVER", "a session that was found is tried to be reused"},
      {"S16", mode_page, "SSL_SESS_CACHE_SERVER", "SERVER is the default mode"},
      {"S17", mode_page, "SSL_SESS_CACHE_BOTH", "BOTH enables CLIENT and SERVER at the same time"},
      {"S18", mode_page, "SSL_SESS_CACHE_NO_AUTO_CLEAR", "expired sessions are cleared every 255 connections"},
      {"S19", mode_page, "SSL_SESS_CACHE_NO_AUTO_CLEAR", "the flag switches the automatic flush off"},
      {"S20", mode_page, "SSL_SESS_CACHE_NO_AUTO_CLEAR", "SSL_CTX_flush_sessions can be called explicitly instead"},
      {"S21", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP",
       "sessions are stored internally, but not looked up there"},
      {"S22", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP", "all lookups go to the external cache"},
      {"S23", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP", "the flag has no effect on clients"},
      {"S24", mode_page, "RETURN VALUES", "set_session_cache_mode returns the previous mode"},
      {"S27", mode_page, "SSL_SESS_CACHE_CLIENT", "CLIENT is not activated by default", {}, promise, client_at_default},
      {"C13a", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "negotiated sessions are not stored internally"},
      {"C13b", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE",
       "without the flag, external hits are copied into the internal cache"},
      {"C13c", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "with the flag, external hits are not copied"},
      {"C13d", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "the application can still add sessions by hand"},
      {"C13e", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE",
       "a new session is also handed to the external cache (callback)", {}, promise, new_called},
      {"S25", mode_page, "SSL_SESS_CACHE_NO_INTERNAL",
       "NO_INTERNAL is NO_INTERNAL_LOOKUP and NO_INTERNAL_STORE at the same time", {}, promise, no_internal},
      {"C14", mode_page, "SSL_SESS_CACHE_UPDATE_TIME",
       "using a session sets its time: the timeout counts from the last use", from_3_0},
      {"G1", callback_page, "DESCRIPTION", "get_session_cb is called on servers only", {}, promise, got},
      {"G2", callback_page, "RETURN VALUES", "the get functions return the callbacks that were set, or NULL", {}, promise, callbacks_set},
      {"G3", callback_page, "NOTES",
       "new_session_cb is called whenever a new session was negotiated", {}, promise, new_due, {Rule::verify_peer_without_id_context}},
      {"G4", callback_page, "NOTES",
       "new_session_cb is called when session caching is enabled (which bits that means is not said)", {}, open, stored_or_not, {}, "the bit of the own side is needed; NO_INTERNAL_STORE does not matter"},
      {"G5", callback_page, "NOTES",
       "new_session_cb returning 0: the session is removed from the internal cache at once"},
      {"G6", callback_page, "NOTES", "new_session_cb returning 1: the application keeps the reference"},
      {"G7", callback_page, "NOTES",
       "up to TLS 1.2 new_session_cb is called during the handshake", {}, promise, new_called_before},
      {"G7a", callback_page, "NOTES", "in TLS 1.3 new_session_cb is called after the handshake", {}, promise, new_called_after},
      {"G7b", callback_page, "NOTES",
       "in TLS 1.3 new_session_cb is called once for each session that a connection establishes", {}, promise, new_called_often},
      {"G8", callback_page, "NOTES",
       "remove_session_cb is for sessions removed from the internal cache, not for others"},
      {"G9", callback_page, "NOTES", "remove_session_cb is called when a session is removed from the internal cache"},
      {"G9a", callback_page, "NOTES", "a connection not shut down cleanly: its session is removed"},
      {"G9b", callback_page, "NOTES", "SSL_CTX_free: remove_session_cb for every cached session"},
      {"G9c", callback_page, "DESCRIPTION", "a faulty session is removed (fatal alert)"},
      {"G9d", callback_page, "NOTES", "remove_session_cb is called for a session that another of the same id replaces"},
      {"G9e", callback_page, "NOTES",
       "remove_session_cb is called for a session that expired", {}, promise, expired_removed},
      {"G10", callback_page, "DESCRIPTION",
       "get_session_cb is called when the internal cache does not have the session"},
      {"G11", callback_page, "NOTES", "get_session_cb is called even when session caching was disabled"},
      {"G12", callback_page, "NOTES",
       "copy set to 1: the library takes a reference of its own; 0: it takes over the one it is given", {}, promise, external_used},
      {"G12a", callback_page, "NOTES", "copy not written: the library takes a reference of its own"},
      {"X2", context_page, "NOTES", "a session id context is only useful on the server side"},
      {"X3", context_page, "WARNINGS",
       "client certificates without a session id context: stored, and fatal when offered"},
      {"X4", context_page, "DESCRIPTION", "a session is reused only within its session id context"},
      {"X6", context_page, "RETURN VALUES",
       "a session id context of more than 32 bytes is refused with 0 and an error"},
      {"X6a", context_page, "RETURN VALUES", "setting another one returns 1", {}, promise, id_context_set},
      {"X1", context_page, "NOTES",
       "clients check the session id context that the server returns (it is never sent: what they compare is their own)", until_3_4, open, client_id_context_differs, {Rule::client_id_context}},
      {"X5", context_page, "DESCRIPTION",
       "SSL_set_session_id_context sets it for one connection", {}, promise, id_context_of_connection},
      {"X7", context_page, "NOTES",
       "the session id context is stored in exported sessions", {}, promise, imported_used},
      {"X8", context_page, "WARNINGS",
       "a session of another session id context leads to a full handshake", from_3_5, promise, other_id_context},
      {"X9", context_page, "NOTES", "the servername callback is too late to set it, client_hello_cb is not", from_3_5},
      {"N1", number_page, "sess_number", "counts the sessions in the internal cache", {}, promise, always},
      {"N2", number_page, "sess_connect", "counts started handshakes in client mode", {}, promise, at_client},
      {"N2a", number_page, "sess_connect_good",
       "counts successfully established sessions in client mode", {}, promise, at_client},
      {"N2b", number_page, "sess_connect_renegotiate", "counts started renegotiations in client mode"},
      {"N3", number_page, "sess_accept", "counts started handshakes in server mode", {}, promise, at_server},
      {"N3a", number_page, "sess_accept_good",
       "counts successfully established sessions in server mode", {}, promise, at_server},
      {"N3b", number_page, "sess_accept_renegotiate", "counts started renegotiations in server mode"},
      {"N5", number_page, "sess_hits",
       "in client mode, counts sessions set with SSL_set_session and reused", {}, promise, resumed},
      {"N6", number_page, "sess_hits",
       "in server mode, counts sessions retrieved from the internal or external cache", {}, promise, server_hit},
      {"N7", number_page, "sess_cb_hits",
       "counts sessions retrieved from the external cache (whether they were of use is not said)", {}, open, external_used, {}, "counted as soon as the callback returns a session that it can use, also when it is refused later"},
      {"N8", number_page, "sess_misses", "counts proposed sessions that were not found in the internal cache"},
      {"N8b", number_page, "sess_misses", "counts in server mode (not on a client whose session was refused)"},
      {"N9", number_page, "sess_timeouts",
       "counts proposed sessions that were found, but were invalid due to timeout", {}, promise, timed_out},
      {"N9a", number_page, "sess_timeouts", "those are not counted as hits", {}, promise, timed_out},
      {"N10", number_page, "sess_cache_full",
       "counts sessions removed because the size of the cache was exceeded", {}, promise, evicted, {Rule::capacity}},
      {"Z1", size_page, "NOTES",
       "the default size is 1024*20, so that up to 20000 sessions can be held", {}, promise, default_size},
      {"Z2", size_page, "DESCRIPTION", "the size is a hint and not an absolute", {}, open, evicted, {Rule::capacity}},
      {"Z3", size_page, "NOTES", "a cache of size n holds n sessions; one that exceeds it makes another leave"},
      {"Z5", size_page, "NOTES", "which session leaves is not synchronized with expiration"},
      {"Z3a", size_page, "NOTES", "unused sessions are dropped (whether one that a connection uses is unused is not said)", {}, open, nullptr, {}, "a session that an open connection uses leaves like any other; the connection goes on"},
      {"Z4", size_page, "NOTES", "a reduced size takes effect when the next session is added", {}, promise, size_set},
      {"Z6", size_page, "NOTES", "size 0: unlimited", {}, promise, unlimited},
      {"Z7", size_page, "RETURN VALUES",
       "SSL_CTX_sess_set_cache_size returns the previous size", {}, promise, size_set},
      {"Z8", size_page, "RETURN VALUES", "SSL_CTX_sess_get_cache_size returns the current size", {}, promise, always},
      {"Z9", size_page, "NOTES", "space is reclaimed by flushing expired sessions", {}, promise, expired_flushed},
      {"T0", timeout_page, "DESCRIPTION",
       "SSL_CTX_set_timeout sets the timeout of sessions created from now on, in seconds", {}, promise, timeout_set},
      {"T0a", timeout_page, "RETURN VALUES",
       "SSL_CTX_set_timeout returns the previous timeout", {}, promise, timeout_set},
      {"T0b", timeout_page, "RETURN VALUES", "SSL_CTX_get_timeout returns the current timeout", {}, promise, always},
      {"T1", timeout_page, "NOTES", "the default timeout is 300 seconds"},
      {"T2", timeout_page, "NOTES", "later than time plus timeout, a session is not reused"},
      {"T2a", timeout_page, "NOTES", "exactly at time plus timeout it still is"},
      {"T2b", timeout_page, "NOTES", "a time below 0 lies in the past (T2 and T11 together): such a session is not reused"},
      {"T2c", timeout_page, "NOTES", "(silent: time is counted in seconds)", {}, open},
      {"T2d", timeout_page, "NOTES", "a client does not reuse a session past its timeout either"},
      {"T3", timeout_page, "NOTES", "a new timeout does not affect established sessions", {}, promise, timeout_set},
      {"T4", timeout_page, "NOTES",
       "expired sessions are removed from the internal cache whenever it is flushed", {}, promise, expired_flushed},
      {"T6", timeout_page, "NOTES",
       "the expiration of a single session can be changed with SSL_SESSION_set_time and its family", {}, promise, session_time_set},
      {"T5", timeout_page, "NOTES",
       "(silent: a context timeout of 0 means the default)", {}, open, nullptr, {}, "a session negotiated then has the default timeout"},
      {"T7", timeout_page, "NOTES",
       "the timeout is the lifetime hint of stateless tickets, and the timeout within them"},
      {"T7a", timeout_page, "NOTES", "in TLS 1.3 the lifetime hint is limited to one week", from_3_0},
      {"T7b", timeout_page, "NOTES", "a TLS 1.2 ticket of a resumed handshake has a lifetime hint of 0", from_3_0},
      {"T8", time_page, "RETURN VALUES", "SSL_SESSION_set_time returns 1 on success", until_3_4},
      {"T9", time_page, "RETURN VALUES", "SSL_SESSION_set_timeout fails only for a session that is NULL"},
      {"T10", time_page, "DESCRIPTION",
       "SSL_SESSION_get_time returns when the session was established, in seconds", {}, promise, negotiated},
      {"T11", time_page, "DESCRIPTION",
       "SSL_SESSION_set_time replaces the creation time", {}, promise, session_time_set},
      {"T12", time_page, "DESCRIPTION",
       "SSL_SESSION_set_timeout sets the timeout, SSL_SESSION_get_timeout returns it", {}, promise, session_timeout_set},
      {"T13", time_page, "NOTES",
       "both are set when the session is created, to the actual time and the timeout of its context", {}, promise, negotiated},
      {"T14", time_page, "RETURN VALUES", "called with NULL they return 0", {}, promise, null_asked},
      {"L1", flush_page, "DESCRIPTION", "a flush removes the sessions that expired at its time"},
      {"L2", flush_page, "DESCRIPTION",
       "(silent: a time of 0 removes everything)", {}, open, nullptr, {}, "everything is removed"},
      {"L3", flush_page, "NOTES", "an automatic flush comes whenever 255 new sessions were established"},
      {"L4", flush_page, "NOTES",
       "remove_session_cb is called for each session of a flush (silent about the order: that of the cache's list)"},
      {"L5", flush_page, "NOTES", "tm is the time that the sessions are tested against", {}, promise, flushed},
      {"L6", flush_page, "NOTES", "only sessions in the internal cache are looked at", {}, promise, flushed},
      {"A1", add_page, "DESCRIPTION", "an old session of the same id is removed"},
      {"A2", add_page, "DESCRIPTION", "adding the identical session again does nothing"},
      {"A3", add_page, "DESCRIPTION", "a removed session is marked not resumable, and not used any more"},
      {"A5", add_page, "DESCRIPTION", "the reference count of a session that is added is incremented by 1", {}, promise, added},
      {"A5a", add_page, "DESCRIPTION",
       "SSL_SESSION_free is called once for a session that is removed", {}, promise, removed},
      {"A4", add_page, "RETURN VALUES", "adding the identical session again returns 0", {}, promise, readded},
      {"A4a", add_page, "RETURN VALUES",
       "removing a session that is not in the cache returns 0", {}, promise, removed_uncached},
      {"A4b", add_page, "RETURN VALUES", "adding and removing otherwise return 1", {}, promise, added_or_removed},
      {"A6", add_page, "NOTES",
       "with NO_INTERNAL_STORE the cache is searched all the same, and the application fills it", {}, promise, searched_despite_flag},
      {"R1", reused_page, "RETURN VALUES",
       "SSL_session_reused: 0 for a new session, 1 for a reused one", {}, promise, connected},
      {"R2", reused_page, "NOTES", "the server looks a proposed session up in its cache", {}, promise, offered},
      {"P1", set_page, "DESCRIPTION",
       "SSL_set_session sets the session to be used for the connection", {}, promise, offered},
      {"P2", set_page, "DESCRIPTION",
       "a session that is not reused is given up during SSL_connect", {}, promise, refused},
      {"P3", set_page, "DESCRIPTION",
       "SSL_set_session while the old session is open: that one is bad, and leaves the cache"},
      {"P4", set_page, "NOTES",
       "one SSL_SESSION is used with one SSL_CTX only (a caller who does not keep to it is outside the contract)", {}, open, outside_contract, {}, "not carried out"},
      {"I1", id_page, "DESCRIPTION", "the callback generates the ids of new sessions"},
      {"I2", id_page, "NOTES", "the length of a session id is between 1 and 32 bytes", {}, promise, id_given},
      {"I3", id_page, "NOTES", "without a callback an id is random, and of the greatest length", {}, promise, id_by_library},
      {"I4", id_page, "NOTES", "the callback may shorten the id", {}, promise, id_shortened},
      {"I5", id_page, "NOTES", "an id conflict that is not resolved: the handshake fails", {}, promise, id_conflict},
      {"I6", id_page, "NOTES", "SSL_has_matching_session_id asks the internal cache only"},
      {"I7", id_page, "NOTES", "the callback returns 0: no id can be generated", {}, promise, id_refused},
      {"I8", id_page, "NOTES", "the buffer is filled with 0 before the callback is called"},
      {"I9", id_page, "RETURN VALUES", "SSL_has_matching_session_id returns 1 for an id that is in the cache, else 0"},
      {"K1", tickets_page, "DESCRIPTION", "by default a full TLS 1.3 handshake issues 2 tickets", {}, promise, two_tickets},
      {"K2", tickets_page, "DESCRIPTION", "after a resumption there is never more than 1", {}, promise, resumed_in_tls1_3},
      {"K3", tickets_page, "DESCRIPTION", "0: no tickets at all"},
      {"K4", tickets_page, "DESCRIPTION", "tickets are also issued after a post-handshake certificate"},
      {"K5", tickets_page, "DESCRIPTION",
       "SSL_new_session_ticket asks for one more, and new_session_cb tells when it is made", from_3_0},
      {"K6", tickets_page, "RETURN VALUES", "get_num_tickets returns what was set, or 2", {}, promise, num_tickets_set},
      {"E1", early_page, "REPLAY PROTECTION", "with max_early_data above 0 a session can be used once"},
      {"E2", early_page, "REPLAY PROTECTION",
       "the server then works as with SSL_OP_NO_TICKET: sessions enter the cache when a ticket is issued", {}, promise, stored_for_early_data},
      {"E3", early_page, "REPLAY PROTECTION", "found in the internal cache: resumed, and removed from it"},
      {"E4", early_page, "REPLAY PROTECTION", "not found in the internal cache: a full handshake"},
      {"E5", early_page, "REPLAY PROTECTION", "SSL_OP_NO_ANTI_REPLAY switches that off"},
      {"G13", early_page, "REPLAY PROTECTION", "the lock of the cache is not held while remove_session_cb is called"},
      {"D1", shutdown_page, "DESCRIPTION",
       "SSL_shutdown: the session is good, and stays in the cache", {}, promise, clean_end},
      {"D2", shutdown_page, "First to close the connection",
       "sending close_notify is enough for that", {}, promise, clean_end},
      {"D3", shutdown_page, "DESCRIPTION", "quiet shutdown counts as a clean end", {}, promise, quiet_end},
      {"D4", shutdown_page, "DESCRIPTION", "a TLS 1.3 client that never reads may not be able to resume", from_3_0, open, ticketless_offered, {}, "a session whose connection never read a ticket is not offered"},
  };
  // clang-format on
  return table;
}

}  // namespace sesscheck
