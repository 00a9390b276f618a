// Rules: the choices in which the manual and the libraries differ.
//
// Every Rule is one row of one table (rules.cpp). Value 0 is always what the manual says (or, where it is silent, its
// plainest reading), so `Rules{}` is the manual. The model never asks for a version; it asks `rules.says(choice)`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/library.hpp"

namespace sesscheck {

enum class Rule : std::uint8_t {
  flush_period,
  capacity,
  victim,
  readd_same_session,
  internal_lookup_without_server,
  external_lookup_without_server,
  external_copy_without_server,
  new_callback_zero,
  update_time,
  remove_callback_for_uncached,
  remove_callback_for_replaced,
  verify_peer_without_id_context,
  default_timeout,
  miss_without_internal_lookup,
  client_miss,
  client_offers_expired,
  client_id_context,
  negative_session_timeout,
  set_time_result,
  negative_session_time,
  external_not_resumable,
  external_wrong_id,
  clock_resolution,
  expiry_boundary,
  unclean_end,
  removal_order,
  new_callback_without_id,
  stateless_ticket_entry,
  undecryptable_ticket,
  invented_session_id,
  ticket_timeout,
  ticket_hit,
  renewed_ticket,
  hash_mismatch,
  binder_alert,
  callback_under_lock,
  time_range,
  ticket_from_future,
  accept_after_switch,
  newer_calls,
  master_secret_alert,
  transport_end,
  marked_session,
  deadline_overflow,
  ticket_faults,
  group_change,
  alert_in_the_clear,
  version_after_switch,
  accept_renegotiations,
  client_cache,
  flush_counts,
  cache_key,
  expiry_tested,
  session_from_future,
  flush_at_deadline,
  removed_session,
  removal_by,
  fatal_error,
  verify_peer_resumption,
  session_end,
  timeout_of_zero,
  serialised_zero,
  negative_size,
  session_copy,
  made_timeout,
  ticket_hello_id,
  server_name_switch,
  renewed_hint,
  ticket_time,
  own_ticket_keys,
  resumed_id_ticket,
  ticket_callback_failure,
  shutdown_in_handshake,
  hit_counts,
  miss_timeout,
  client_session,
  timeout_of_null,
  flush_without_id,
  alert_without_session,
  alert_after_early_data,
  early_data_to_old,
  finished_of_before,
  long_lifetime,
  unasked_resumption,
  first_record,
  cache_place,
  cache_mode,
  client_mode,
  lookup_order,
  external_hit,
  remove_result,
  expired_entry,
  expiry_by,
  id_context_match,
  full_id_context,
  offered_object,
  client_storing,
  client_without_id,
  client_reused,
  long_timeout,
  id_context_error,
  removal_without_id,
  off_session,
  freed_session,
  method_of_handshake,
  count
};

inline constexpr std::size_t rule_count = static_cast<std::size_t>(Rule::count);

/// One possible answer to a Rule. The named ones below are the vocabulary of the model.
struct Choice {
  Rule rule;
  std::uint8_t value;
  bool operator==(const Choice&) const = default;
};

// clang-format off
inline constexpr Choice
    flush_every_255{Rule::flush_period, 0},                      flush_every_256{Rule::flush_period, 1},
    capacity_is_size{Rule::capacity, 0},                         capacity_is_one_less{Rule::capacity, 1},
    victim_is_oldest{Rule::victim, 0},                           victim_is_soonest_to_expire{Rule::victim, 1},
    readd_has_no_effect{Rule::readd_same_session, 0},            readd_moves_entry{Rule::readd_same_session, 1},
    readd_leaves_misplaced{Rule::readd_same_session, 2},
    no_lookup_without_server{Rule::internal_lookup_without_server, 0}, lookup_without_server{Rule::internal_lookup_without_server, 1},
    asked_without_server{Rule::external_lookup_without_server, 0},     not_asked_without_server{Rule::external_lookup_without_server, 1},
    no_copy_without_server{Rule::external_copy_without_server, 0},     copy_without_server{Rule::external_copy_without_server, 1},
    zero_removes_session{Rule::new_callback_zero, 0},            zero_keeps_session{Rule::new_callback_zero, 1},
    time_updated_on_use{Rule::update_time, 0},                   time_updated_on_add{Rule::update_time, 1},
    time_never_updated{Rule::update_time, 2},
    remove_callback_only_for_cached{Rule::remove_callback_for_uncached, 0},  remove_callback_always{Rule::remove_callback_for_uncached, 1},
    replaced_session_reported{Rule::remove_callback_for_replaced, 0},        replaced_session_silent{Rule::remove_callback_for_replaced, 1},
    verify_peer_session_stored{Rule::verify_peer_without_id_context, 0},     verify_peer_session_not_stored{Rule::verify_peer_without_id_context, 1},
    default_timeout_300{Rule::default_timeout, 0},               default_timeout_7200{Rule::default_timeout, 1}, default_timeout_500{Rule::default_timeout, 2},
    skipped_lookup_is_miss{Rule::miss_without_internal_lookup, 0},           skipped_lookup_is_no_miss{Rule::miss_without_internal_lookup, 1},
    refusal_not_counted{Rule::client_miss, 0},                   refusal_is_client_miss{Rule::client_miss, 1},
    expired_is_withheld{Rule::client_offers_expired, 0},         expired_is_offered{Rule::client_offers_expired, 1},
    client_ignores_id_context{Rule::client_id_context, 0},       client_compares_id_context{Rule::client_id_context, 1}, client_compares_first{Rule::client_id_context, 2},
    client_context_hides_session{Rule::client_id_context, 3},
    negative_timeout_accepted{Rule::negative_session_timeout, 0},negative_timeout_rejected{Rule::negative_session_timeout, 1},
    set_time_returns_one{Rule::set_time_result, 0},              set_time_returns_time{Rule::set_time_result, 1},
    negative_time_is_past{Rule::negative_session_time, 0},       negative_time_never_expires{Rule::negative_session_time, 1},
    not_resumable_is_ignored{Rule::external_not_resumable, 0},   not_resumable_is_used{Rule::external_not_resumable, 1},
    wrong_id_is_miss{Rule::external_wrong_id, 0},                wrong_id_breaks_handshake{Rule::external_wrong_id, 1}, wrong_id_is_taken{Rule::external_wrong_id, 2},
    clock_in_seconds{Rule::clock_resolution, 0},                 clock_in_microseconds{Rule::clock_resolution, 1},
    valid_at_deadline{Rule::expiry_boundary, 0},                 expired_at_deadline{Rule::expiry_boundary, 1},
    unclean_end_removes{Rule::unclean_end, 0},                   unclean_end_keeps{Rule::unclean_end, 1},
    reported_in_list_order{Rule::removal_order, 0},              reported_in_reverse{Rule::removal_order, 1},
    reported_in_any_order{Rule::removal_order, 2},
    told_without_id{Rule::new_callback_without_id, 0}, not_told_without_id{Rule::new_callback_without_id, 1},
    stateless_ticket_cached{Rule::stateless_ticket_entry, 0}, stateless_ticket_not_cached{Rule::stateless_ticket_entry, 1},
    undecryptable_is_looked_up{Rule::undecryptable_ticket, 0}, undecryptable_not_looked_up{Rule::undecryptable_ticket, 1},
    invented_id_ignored{Rule::invented_session_id, 0}, invented_id_looked_up{Rule::invented_session_id, 1},
    ticket_timeout_not_counted{Rule::ticket_timeout, 0}, ticket_timeout_counted{Rule::ticket_timeout, 1},
    ticket_hit_not_counted{Rule::ticket_hit, 0}, ticket_hit_counted{Rule::ticket_hit, 1},
    renewed_ticket_stored{Rule::renewed_ticket, 0}, renewed_ticket_dropped{Rule::renewed_ticket, 1},
    ticket_after_hash_mismatch{Rule::hash_mismatch, 0}, no_ticket_after_hash_mismatch{Rule::hash_mismatch, 1},
    binder_decrypt_error{Rule::binder_alert, 0}, binder_illegal_parameter{Rule::binder_alert, 1},
    call_under_lock_works{Rule::callback_under_lock, 0}, call_under_lock_refused{Rule::callback_under_lock, 1},
    call_under_lock_undefined{Rule::callback_under_lock, 2}, call_under_lock_deadly{Rule::callback_under_lock, 3},
    times_in_seconds{Rule::time_range, 0}, times_in_nanoseconds{Rule::time_range, 1}, times_unsigned{Rule::time_range, 2},
    times_in_32_bits{Rule::time_range, 3},
    future_ticket_is_withheld{Rule::ticket_from_future, 0}, future_ticket_is_new{Rule::ticket_from_future, 1},
    accept_moves_to_last{Rule::accept_after_switch, 0}, accept_moves_before_name{Rule::accept_after_switch, 1}, accept_stays{Rule::accept_after_switch, 2},
    newer_calls_there{Rule::newer_calls, 0}, newer_calls_missing{Rule::newer_calls, 1},
    secret_handshake_failure{Rule::master_secret_alert, 0}, secret_illegal_parameter{Rule::master_secret_alert, 1},
    transport_end_removes{Rule::transport_end, 0}, transport_end_keeps{Rule::transport_end, 1},
    marked_session_handled{Rule::marked_session, 0}, marked_session_mishandled{Rule::marked_session, 1},
    overflow_never_expires{Rule::deadline_overflow, 0}, overflow_wraps{Rule::deadline_overflow, 1},
    ticket_faults_mended{Rule::ticket_faults, 0}, ticket_faults_there{Rule::ticket_faults, 1},
    group_change_keeps_object{Rule::group_change, 0}, group_change_copies_session{Rule::group_change, 1},
    clear_alert_is_error{Rule::alert_in_the_clear, 0}, clear_alert_is_bad_mac{Rule::alert_in_the_clear, 1},
    clear_alert_is_unsaid{Rule::alert_in_the_clear, 2}, clear_alert_is_layer_failure{Rule::alert_in_the_clear, 3},
    old_version_kept{Rule::version_after_switch, 0}, old_version_refused{Rule::version_after_switch, 1},
    renegotiation_counted_once{Rule::accept_renegotiations, 0}, renegotiation_counted_thrice{Rule::accept_renegotiations, 1},
    client_stores{Rule::client_cache, 0}, client_only_calls_back{Rule::client_cache, 1},
    flush_counts_connections{Rule::flush_counts, 0}, flush_counts_stored{Rule::flush_counts, 1},
    key_has_version{Rule::cache_key, 0}, key_is_id{Rule::cache_key, 1},
    expiry_tested_last{Rule::expiry_tested, 0}, expiry_tested_first{Rule::expiry_tested, 1},
    future_session_is_valid{Rule::session_from_future, 0}, future_session_is_expired{Rule::session_from_future, 1},
    flush_keeps_at_deadline{Rule::flush_at_deadline, 0}, flush_removes_at_deadline{Rule::flush_at_deadline, 1},
    removed_is_marked{Rule::removed_session, 0}, removed_is_as_before{Rule::removed_session, 1},
    removed_is_expired{Rule::removed_session, 2},                removed_is_expired_with_store{Rule::removed_session, 3},
    removal_by_id{Rule::removal_by, 0}, removal_by_object{Rule::removal_by, 1},                       removal_of_none{Rule::removal_by, 2},
    fatal_removes{Rule::fatal_error, 0}, fatal_keeps{Rule::fatal_error, 1}, fatal_removes_resumed{Rule::fatal_error, 2},
    uninitialized_is_fatal{Rule::verify_peer_resumption, 0}, uninitialized_resumes{Rule::verify_peer_resumption, 1},
    session_of_any_end{Rule::session_end, 0}, session_of_own_end{Rule::session_end, 1}, own_session_offered{Rule::session_end, 2},
    zero_timeout_kept{Rule::timeout_of_zero, 0}, zero_timeout_is_default{Rule::timeout_of_zero, 1},
    serialised_zero_is_default{Rule::serialised_zero, 0}, serialised_zero_kept{Rule::serialised_zero, 1},
    negative_size_ignored{Rule::negative_size, 0}, negative_size_unlimited{Rule::negative_size, 1},
    copy_is_whole{Rule::session_copy, 0}, copy_is_serialised{Rule::session_copy, 1},
    made_timeout_304{Rule::made_timeout, 0}, made_timeout_7200{Rule::made_timeout, 1},
    ticket_goes_with_its_id{Rule::ticket_hello_id, 0}, ticket_goes_with_invented_id{Rule::ticket_hello_id, 1},
    server_name_after_lookup{Rule::server_name_switch, 0}, server_name_before_lookup{Rule::server_name_switch, 1},
    renewed_hint_zero{Rule::renewed_hint, 0}, renewed_hint_is_timeout{Rule::renewed_hint, 1},
    ticket_time_renewed{Rule::ticket_time, 0}, ticket_time_rebased{Rule::ticket_time, 1},
    own_keys_kept{Rule::own_ticket_keys, 0}, own_keys_rotated{Rule::own_ticket_keys, 1},
    resumed_id_gets_ticket{Rule::resumed_id_ticket, 0}, resumed_id_gets_no_ticket{Rule::resumed_id_ticket, 1},
    callback_failure_alerts{Rule::ticket_callback_failure, 0}, callback_failure_is_silent{Rule::ticket_callback_failure, 1},
    early_shutdown_fails{Rule::shutdown_in_handshake, 0}, early_shutdown_succeeds{Rule::shutdown_in_handshake, 1},
    hit_when_resumed{Rule::hit_counts, 0}, hit_when_found{Rule::hit_counts, 1},
    miss_is_no_timeout{Rule::miss_timeout, 0}, miss_is_timeout{Rule::miss_timeout, 1},
    client_session_at_client_hello{Rule::client_session, 0}, client_session_at_server_hello{Rule::client_session, 1},
    null_timeout_is_zero{Rule::timeout_of_null, 0}, null_timeout_undefined{Rule::timeout_of_null, 1},
    flush_done_without_id{Rule::flush_without_id, 0}, flush_skipped_without_id{Rule::flush_without_id, 1},
    alert_is_in_the_clear{Rule::alert_without_session, 0}, alert_is_encrypted{Rule::alert_without_session, 1},
    alert_after_early_data_is_plain{Rule::alert_after_early_data, 0}, alert_after_early_data_is_lost{Rule::alert_after_early_data, 1},
    early_data_is_refused{Rule::early_data_to_old, 0}, early_data_breaks{Rule::early_data_to_old, 1},
    finished_of_before_is_unexpected{Rule::finished_of_before, 0}, finished_of_before_is_error{Rule::finished_of_before, 1},
    lifetime_is_as_sent{Rule::long_lifetime, 0}, lifetime_is_a_week{Rule::long_lifetime, 1},
    resumption_is_bad_message{Rule::unasked_resumption, 0}, resumption_is_bad_record{Rule::unasked_resumption, 1},
    first_record_after_clear{Rule::first_record, 0}, first_record_of_ssl{Rule::first_record, 1},
    cached_in_context{Rule::cache_place, 0}, cached_in_process{Rule::cache_place, 1},
    mode_replaced{Rule::cache_mode, 0}, mode_only_added{Rule::cache_mode, 1}, mode_bits_only_added{Rule::cache_mode, 2},
    client_needs_mode{Rule::client_mode, 0}, client_mode_ignored{Rule::client_mode, 1}, client_mode_but_off{Rule::client_mode, 2},
    internal_first{Rule::lookup_order, 0}, external_first{Rule::lookup_order, 1},
    external_hit_copied{Rule::external_hit, 0}, external_hit_not_copied{Rule::external_hit, 1},
    one_when_removed{Rule::remove_result, 0}, one_when_told{Rule::remove_result, 1},
    expired_entry_removed{Rule::expired_entry, 0}, expired_entry_left{Rule::expired_entry, 1},
    expiry_by_session{Rule::expiry_by, 0}, expiry_by_context{Rule::expiry_by, 1},
    id_contexts_equal{Rule::id_context_match, 0}, empty_id_context_matches{Rule::id_context_match, 1},
    id_context_ignored{Rule::id_context_match, 2},
    full_id_context_kept{Rule::full_id_context, 0}, full_id_context_lost{Rule::full_id_context, 1},
    offered_is_untouched{Rule::offered_object, 0}, offered_is_overwritten{Rule::offered_object, 1},
    offered_is_copied{Rule::offered_object, 2},
    client_stores_at_end{Rule::client_storing, 0}, client_stores_first{Rule::client_storing, 1},
    client_has_no_id{Rule::client_without_id, 0}, client_invents_id{Rule::client_without_id, 1},
    client_reused_when_answered{Rule::client_reused, 0}, client_reused_when_offered{Rule::client_reused, 1},
    long_timeout_fits{Rule::long_timeout, 0}, long_timeout_is_error{Rule::long_timeout, 1},
    long_id_context_is_error{Rule::id_context_error, 0}, long_id_context_is_silent{Rule::id_context_error, 1},
    removal_needs_id{Rule::removal_without_id, 0}, removal_told_without_id{Rule::removal_without_id, 1},
    off_session_is_dated{Rule::off_session, 0}, off_session_is_blank{Rule::off_session, 1},
    freed_session_silent{Rule::freed_session, 0}, freed_session_reported{Rule::freed_session, 1},
    method_stays{Rule::method_of_handshake, 0}, method_of_context{Rule::method_of_handshake, 1},
    method_of_context_late{Rule::method_of_handshake, 2};
// clang-format on

/// A row of the table: what a person needs to know of a Rule.
struct RuleInfo {
  Rule rule;
  std::string_view name;                 ///< as in traces, reports and `--rule name=value`
  std::vector<std::string_view> values;  ///< values[0] is the manual's
  std::string_view clauses;              ///< ids of the clauses that speak of it, blank between them
  std::string_view meaning;              ///< one line
  std::string_view source;               ///< where the library decides it (file and function of OpenSSL)
};

/// The whole table, in the order of `Rule`.
std::span<const RuleInfo> rule_table();
const RuleInfo& info(Rule rule);
/// "flush_period=256"
std::string to_string(Choice choice);
/// Reads "flush_period=256"; empty when there is no such Rule or value.
std::optional<Choice> parse_choice(std::string_view text);

/// A value for each Rule.
class Rules {
 public:
  /// The manual.
  Rules() = default;
  static Rules manual() { return {}; }
  static Rules openssl_3_0();

  [[nodiscard]] bool says(Choice choice) const { return value(choice.rule) == choice.value; }
  [[nodiscard]] std::uint8_t value(Rule rule) const { return values_[static_cast<std::size_t>(rule)]; }
  void set(Choice choice) { values_[static_cast<std::size_t>(choice.rule)] = choice.value; }
  [[nodiscard]] Rules with(Choice choice) const {
    Rules changed = *this;
    changed.set(choice);
    return changed;
  }

  /// The same, where there are two libraries: the contexts of `library` follow `peer`. All else that is said of Rules is
  /// about the other library, the one that is looked at; what the peer does is taken as known.
  [[nodiscard]] Rules beside(const Rules& peer, Library library) const {
    Rules both = *this;
    both.peer_values_ = peer.values_;
    both.peer_ = library;
    return both;
  }
  /// Which library the peer is, if there are two.
  [[nodiscard]] std::optional<Library> peer() const { return peer_; }
  [[nodiscard]] bool peer_says(Choice choice) const {
    return peer_values_[static_cast<std::size_t>(choice.rule)] == choice.value;
  }
  bool operator==(const Rules&) const = default;

 private:
  std::array<std::uint8_t, rule_count> values_{}, peer_values_{};
  std::optional<Library> peer_;
};

/// The choices in which `to` differs from `from`, as `to` makes them.
std::vector<Choice> differences(const Rules& from, const Rules& to);

struct Profile {
  std::string_view name;
  Rules rules;
};

/// All named profiles: "manual", then those of OpenSSL, oldest first.
std::span<const Profile> profiles();
std::optional<Rules> find_profile(std::string_view name);

}  // namespace sesscheck
