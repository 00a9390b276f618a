// Why the model decided as it did: the Reasons a step met, and the Rules it asked.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/rules.hpp"

namespace sesscheck {

/// Every outcome that a decision of the model can have.
enum class Reason : std::uint8_t {
  mode_set,
  default_mode,
  session_offered,
  offer_not_resumable,
  offer_expired,
  lookup_off,
  internal_lookup_skipped,
  internal_hit,
  internal_miss,
  cached_elsewhere,
  external_absent,
  external_asked,
  external_asked_lookup_off,
  external_miss,
  external_not_resumable,
  external_hit,
  external_copied,
  external_not_copied,
  id_context_differs,
  id_context_uninitialized,
  found_expired,
  found_valid,
  found_at_deadline,
  no_extended_master_secret,
  wrong_id,
  resumed,
  resumed_without_id_context,
  full_after_offer,
  id_withheld,
  client_context_differs,
  stored_server,
  stored_client,
  stored_under_both,
  stored_client_lookup_off,
  store_mode_off,
  store_mode_off_client,
  store_by_flag_skipped,
  verify_peer_without_id_context,
  new_callback_one,
  new_callback_zero,
  time_updated,
  used_under_update_time,
  added,
  readded,
  replaced,
  added_despite_flag,
  evicted,
  limit_reached,
  victim_chosen,
  removed_cached,
  removed_uncached,
  flush_due,
  flush_not_due,
  flush_suppressed,
  flush_without_mode,
  flush_without_id,
  flushed_explicitly,
  flushed_all,
  expired_flushed,
  survivor_at_deadline,
  context_freed,
  clean_end,
  unclean_end,
  fatal_alert,
  broken_off,
  default_timeout_used,
  timeout_of_zero,
  negative_timeout,
  negative_time,
  deserialised_without_timeout,
  too_long_id_context,
  too_long_id,
  outside_contract,
  new_session_without_id,
  stateless_ticket,
  stored_ticket,
  ticket_empty,
  ticket_undecryptable,
  ticket_callback_failed,
  ticket_decrypted,
  ticket_resumed,
  ticket_expired,
  ticket_stateful,
  ticket_stateless,
  ticket_withheld,
  ticket_renewed,
  ticket_offered,
  ticket_withheld_as_old,
  hint_capped,
  used_once,
  used_again,
  client_used_once,
  early_data_sent,
  early_data_accepted,
  early_data_rejected,
  hash_differs,
  binder_wrong,
  no_cipher,
  hello_retry,
  offer_dropped_in_retry,
  offer_of_other_version,
  version_differs,
  no_common_version,
  no_common_cipher,
  cipher_missing,
  extended_master_secret_lost,
  invented_id,
  id_generation_failed,
  declared_not_resumable,
  context_switched,
  called_back,
  called_under_lock,
  connection_reused,
  garbled,
  hung_up,
  hung_up_ignored,
  session_replaced,
  extra_ticket,
  freed_in_use,
  ticket_too_long,
  group_changed,
  early_data_unasked,
  renegotiation,
  renegotiation_not_resumed,
  any_order_reported,
  cache_spoilt,
  id_by_callback,
  id_taken,
  id_in_store_only,
  evicted_in_use,
  switched_too_late,
  no_tickets_wanted,
  anti_replay_off,
  copy_not_written,
  read_refused,
  client_verified,
  asked_before,
  victim_added,
  host_name_kept,
  protocol_kept,
  protocol_changed,
  early_data_inconsistent,
  early_data_other_protocol,
  early_data_not_allowed,
  refused_before,
  clock_back,
  found_from_future,
  renamed,
  renamed_cached,
  store_shared,
  called_elsewhere,
  of_other_library,
  other_transport,
  record_dropped,
  flight_repeated,
  flight_of_before,
  method_changed,
  count
};

inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::count);

struct ReasonInfo {
  Reason reason;
  std::string_view name;
  std::string_view clauses;  ///< ids of the clauses that this outcome is evidence for, blank between them
  std::string_view meaning;  ///< one line, for `replay` and `simulate`
};
std::span<const ReasonInfo> reason_table();
const ReasonInfo& info(Reason reason);

struct Because {
  std::bitset<reason_count> reasons;
  std::bitset<rule_count> rules;  ///< asked while deciding
  /// With two libraries: whether the command was about the peer's. Of a connection, each end counts.
  bool peers_client = false, peers_server = false;

  void clear() { *this = {}; }
  void add(Reason reason) { reasons.set(static_cast<std::size_t>(reason)); }
  [[nodiscard]] bool has(Reason reason) const { return reasons.test(static_cast<std::size_t>(reason)); }
  void merge(const Because& other) { reasons |= other.reasons, rules |= other.rules; }
};

}  // namespace sesscheck
