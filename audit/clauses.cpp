#include "audit/clauses.hpp"

#include <algorithm>

namespace sesscheck {
namespace {

constexpr std::string_view mode_page = "SSL_CTX_set_session_cache_mode", callback_page = "SSL_CTX_sess_set_get_cb",
                           context_page = "SSL_CTX_set_session_id_context", number_page = "SSL_CTX_sess_number",
                           size_page = "SSL_CTX_sess_set_cache_size", timeout_page = "SSL_CTX_set_timeout",
                           time_page = "SSL_SESSION_get_time", flush_page = "SSL_CTX_flush_sessions",
                           add_page = "SSL_CTX_add_session";

/// Whether a list of ids with blanks between them has this one.
bool lists(std::string_view ids, std::string_view wanted) {
  while (!ids.empty()) {
    const std::string_view id = ids.substr(0, ids.find(' '));
    if (id == wanted) return true;
    ids.remove_prefix(std::min(ids.size(), id.size() + 1));
  }
  return false;
}

}  // namespace

std::span<const Clause> clause_table() {
  static const std::vector<Clause> table = {
      {"S1", mode_page, "DESCRIPTION", "set_session_cache_mode enables and disables caching by setting the mode"},
      {"S2", mode_page, "DESCRIPTION", "get_session_cache_mode returns the mode in use"},
      {"S3", mode_page, "NOTES", "sessions are held for each SSL_CTX and are unique to it"},
      {"S4", mode_page, "NOTES", "to reuse a session a client must send its id"},
      {"S5", mode_page, "NOTES", "a client can send exactly one id"},
      {"S6", mode_page, "NOTES", "the server reuses the session or starts a full handshake"},
      {"S7", mode_page, "NOTES", "a server looks the session up in its internal storage"},
      {"S8", mode_page, "NOTES", "not found there, or lookup there switched off: the external storage is tried"},
      {"S9", mode_page, "NOTES", "the session id context must be set by the server (what happens without is not said)"},
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
      {"S21", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP", "sessions are stored internally, but not looked up there"},
      {"S22", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP", "all lookups go to the external cache"},
      {"S23", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_LOOKUP", "the flag has no effect on clients"},
      {"S24", mode_page, "RETURN VALUES", "set_session_cache_mode returns the previous mode"},
      {"C13a", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "negotiated sessions are not stored internally"},
      {"C13b", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "without the flag, external hits are copied into the internal cache"},
      {"C13c", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "with the flag, external hits are not copied"},
      {"C13d", mode_page, "SSL_SESS_CACHE_NO_INTERNAL_STORE", "the application can still add sessions by hand"},
      {"C14", mode_page, "SSL_SESS_CACHE_UPDATE_TIME", "using a session sets its time: the timeout counts from the last use"},
      {"G5", callback_page, "NOTES", "new_session_cb returning 0: the session is removed from the internal cache at once"},
      {"G6", callback_page, "NOTES", "new_session_cb returning 1: the application keeps the reference"},
      {"G8", callback_page, "NOTES", "remove_session_cb is for sessions removed from the internal cache, not for others"},
      {"G9", callback_page, "NOTES", "remove_session_cb is called when a session is removed from the internal cache"},
      {"G9a", callback_page, "NOTES", "a connection not shut down cleanly: its session is removed"},
      {"G9b", callback_page, "NOTES", "SSL_CTX_free: remove_session_cb for every cached session"},
      {"G9c", callback_page, "DESCRIPTION", "a faulty session is removed (fatal alert)"},
      {"G9d", callback_page, "NOTES", "remove_session_cb is called for a session that another of the same id replaces"},
      {"G10", callback_page, "DESCRIPTION", "get_session_cb is called when the internal cache does not have the session"},
      {"G11", callback_page, "NOTES", "get_session_cb is called even when session caching was disabled"},
      {"X2", context_page, "NOTES", "a session id context is only useful on the server side"},
      {"X3", context_page, "WARNINGS", "client certificates without a session id context: stored, and fatal when offered"},
      {"X4", context_page, "DESCRIPTION", "a session is reused only within its session id context"},
      {"X6", context_page, "RETURN VALUES", "a session id context of more than 32 bytes is refused with 0 and an error"},
      {"N8", number_page, "sess_misses", "counts proposed sessions that were not found in the internal cache"},
      {"N8b", number_page, "sess_misses", "counts in server mode (not on a client whose session was refused)"},
      {"Z3", size_page, "NOTES", "a cache of size n holds n sessions; one that exceeds it makes another leave"},
      {"Z5", size_page, "NOTES", "which session leaves is not synchronized with expiration"},
      {"T1", timeout_page, "NOTES", "the default timeout is 300 seconds"},
      {"T2", timeout_page, "NOTES", "later than time plus timeout, a session is not reused"},
      {"T2a", timeout_page, "NOTES", "exactly at time plus timeout it still is"},
      {"T2b", timeout_page, "NOTES", "(silent: a time below 0 lies in the past)"},
      {"T2c", timeout_page, "NOTES", "(silent: time is counted in seconds)"},
      {"T2d", timeout_page, "NOTES", "a client does not reuse a session past its timeout either"},
      {"T5", timeout_page, "NOTES", "(silent: a context timeout of 0 means the default)"},
      {"T8", time_page, "RETURN VALUES", "SSL_SESSION_set_time returns 1 on success"},
      {"T9", time_page, "RETURN VALUES", "SSL_SESSION_set_timeout fails only for a session that is NULL"},
      {"L1", flush_page, "DESCRIPTION", "a flush removes the sessions that expired at its time"},
      {"L2", flush_page, "DESCRIPTION", "(silent: a time of 0 removes everything)"},
      {"L3", flush_page, "NOTES", "an automatic flush comes whenever 255 new sessions were established"},
      {"L4", flush_page, "NOTES", "remove_session_cb is called for each session of a flush (silent about the order: that of the cache's list)"},
      {"A1", add_page, "DESCRIPTION", "an old session of the same id is removed"},
      {"A2", add_page, "DESCRIPTION", "adding the identical session again does nothing"},
      {"A3", add_page, "DESCRIPTION", "a removed session is marked not resumable, and not used any more"},
  };
  return table;
}

const Clause* find_clause(std::string_view id) {
  for (const Clause& clause : clause_table())
    if (clause.id == id) return &clause;
  return nullptr;
}

bool decides(Rule rule, std::string_view clause) { return lists(info(rule).clauses, clause); }

bool is_evidence(Reason reason, std::string_view clause) { return lists(info(reason).clauses, clause); }

}  // namespace sesscheck
