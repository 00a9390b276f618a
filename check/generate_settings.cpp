#include <algorithm>

#include "check/generator.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck::generator {
namespace {

std::uint8_t number(Version version) { return static_cast<std::uint8_t>(version); }

}  // namespace

/// The families of settings take part less often than the others: each is a way for a connection to fail.
void Generator::choose_families() {
  const auto often = static_cast<unsigned>(shape_.family_percent);
  const bool plain = r.chance(25);
  for (std::size_t i = 0; i < families; ++i) {
    const bool setting = i >= static_cast<std::size_t>(Family::ticket_numbers);
    on_[i] = !(setting && plain) && r.chance(setting ? often * 6 / 10 : often);
  }
  set(Family::mixed_roles, r.chance(12));
  set(Family::datagrams, r.chance(static_cast<unsigned>(shape_.datagrams_percent)));
  if (!shape_.session_ids_only) return;
  for (std::size_t i = static_cast<std::size_t>(Family::opens); i < families; ++i) on_[i] = false;
}

void Generator::choose_protocol() {
  protocol_ = r.weighted<Protocol>(
      {{40, Protocol::ids}, {20, Protocol::tickets}, {33, Protocol::tls1_3}, {5, Protocol::any}, {2, Protocol::old}});
  if (shape_.session_ids_only) protocol_ = Protocol::ids;
  handmade_ = on(Family::made) && protocol_ == Protocol::ids;
  if (protocol_ == Protocol::tls1_3 && r.chance(25)) set(Family::early_data, true);
  if (protocol_ == Protocol::tickets && r.chance(40)) set(Family::ticket_callbacks, true);
}

Generator::Family Generator::family(Setting setting) {
  using F = Family;
  switch (setting) {
    case Setting::num_tickets: return F::ticket_numbers;
    case Setting::early_data:
    case Setting::anti_replay: return F::early_data;
    case Setting::ticket_keys: return F::ticket_keys;
    case Setting::ticket_callback: return F::ticket_callbacks;
    case Setting::extended_master_secret: return F::masters;
    case Setting::cipher:
    case Setting::groups: return F::ciphers;
    case Setting::generate_id: return F::ids;
    case Setting::server_name:
    case Setting::client_hello: return F::switches;
    case Setting::client_certificate: return F::client_certificates;
    case Setting::middlebox_compat: return F::compatibility;
    case Setting::ignore_eof: return F::accidents;
    case Setting::renegotiation_resumes: return F::renegotiations;
    case Setting::not_resumable: return F::refusals;
    case Setting::host_name:
    case Setting::alpn: return F::names;
    case Setting::store_of: return F::shared_stores;
    case Setting::new_calls:
    case Setting::get_calls:
    case Setting::remove_calls: return F::calling_back;
    case Setting::transport: return F::datagrams;
    case Setting::version_min:  // what all traces have: see some_versions
    case Setting::version_max:
    case Setting::tickets:
    case Setting::count: break;
  }
  return F::count;
}

/// Any two ends with a range of their own: they agree often enough.
void Generator::some_range(Settings& settings) {
  using V = Version;
  using Range = std::pair<Version, Version>;
  const auto [low, high] = r.weighted<Range>({{25, {V::tls1_2, V::tls1_2}},
                                              {35, {V::tls1_2, V::tls1_3}},
                                              {15, {V::tls1_3, V::tls1_3}},
                                              {10, {V::tls1_0, V::tls1_3}},
                                              {8, {V::tls1_0, V::tls1_2}},
                                              {5, {V::tls1_1, V::tls1_1}},
                                              {2, {V::tls1_3, V::tls1_2}}});
  settings[Setting::version_min] = number(low);
  settings[Setting::version_max] = number(high);
}

/// Versions and tickets, mostly those of the trace's protocol.
void Generator::some_versions(Settings& settings) {
  bool tickets = false;
  switch (protocol_) {
    case Protocol::ids: break;
    case Protocol::tickets: tickets = true; break;
    case Protocol::tls1_3:
      settings[Setting::version_max] = number(Version::tls1_3);
      if (r.chance(35)) settings[Setting::version_min] = number(Version::tls1_3);
      tickets = r.chance(65);  // else the server's tickets are no more than ids
      break;
    case Protocol::any:
      some_range(settings);
      tickets = r.chance(50);
      break;
    case Protocol::old:
      settings[Setting::version_min] = number(Version::tls1_0);
      settings[Setting::version_max] = number(r.pick({Version::tls1_0, Version::tls1_1, Version::tls1_1}));
      tickets = r.chance(30);
      break;
  }
  if (handmade_) return;
  if (protocol_ != Protocol::any && !shape_.session_ids_only && r.chance(6)) some_range(settings);
  settings[Setting::tickets] = tickets != r.chance(6);
}

/// A value of a setting, mostly one with which connections still succeed.
std::uint8_t Generator::some_value(Setting setting, std::uint8_t context) {
  using W = std::initializer_list<Random::Weighted<std::uint8_t>>;
  const auto weighted = [&](W values) { return r.weighted<std::uint8_t>(values); };
  switch (setting) {
    case Setting::version_min: return weighted({{6, 0}, {5, 1}, {60, 2}, {29, 3}});
    case Setting::version_max: return weighted({{2, 0}, {3, 1}, {45, 2}, {50, 3}});
    case Setting::num_tickets: return weighted({{14, 0}, {42, 1}, {8, 2}, {18, 3}, {18, 4}});
    case Setting::early_data: return weighted({{12, 0}, {88, 1}});
    case Setting::anti_replay: return weighted({{60, 0}, {40, 1}});
    case Setting::ticket_keys: return weighted({{25, 0}, {50, 1}, {25, 2}});
    case Setting::ticket_callback: return weighted({{8, 0}, {32, 1}, {36, 2}, {10, 3}, {9, 4}, {5, 5}});
    case Setting::extended_master_secret: return weighted({{70, 0}, {30, 1}});
    case Setting::cipher: return weighted({{20, 0}, {20, 1}, {60, 2}});
    case Setting::groups: return weighted({{30, 0}, {70, 1}});
    case Setting::generate_id: return weighted({{12, 0}, {33, 1}, {16, 2}, {14, 3}, {8, 4}, {9, 5}, {8, 6}});
    case Setting::store_of:
    case Setting::server_name:
    case Setting::client_hello: {  // to another server most of the time
      if (r.chance(15)) return stay;
      std::uint8_t other = r.chance(85) ? some_end(false) : some_context();
      if (other == context) other = static_cast<std::uint8_t>((other + 2U) % contexts_);
      return static_cast<std::uint8_t>(1 + other);
    }
    case Setting::host_name: return weighted({{12, 0}, {58, 1}, {30, 2}});
    case Setting::alpn: return weighted({{10, 0}, {25, 1}, {25, 2}, {40, 3}});
    case Setting::new_calls:
    case Setting::get_calls: return weighted({{20, 0}, {15, 1}, {14, 2}, {13, 3}, {9, 4}, {10, 5}, {10, 6}, {9, 7}});
    case Setting::transport: return weighted({{15, 0}, {85, 1}});
    case Setting::remove_calls: return weighted({{16, 0}, {16, 1}, {14, 2}, {14, 3}, {10, 4}, {16, 5}, {7, 6}, {7, 7}});
    default: return static_cast<std::uint8_t>(r.below(setting_max(setting) + 1U));
  }
}

/// In how many contexts of a trace a setting is not left alone, in percent.
unsigned Generator::often(Setting setting, bool is_client) {
  switch (setting) {
    case Setting::client_certificate:
    case Setting::middlebox_compat: return is_client ? 60 : 12;  // the client's matter
    case Setting::cipher:
    case Setting::alpn: return 70;
    case Setting::host_name: return is_client ? 75 : 12;
    case Setting::extended_master_secret:
    case Setting::ignore_eof:
    case Setting::new_calls:
    case Setting::remove_calls: return 45;
    case Setting::early_data: return is_client ? 12 : 90;
    case Setting::transport: return 100;  // two that differ have nothing to say to each other
    default: return is_client ? 12 : 60;
  }
}

/// How one context is configured. The families decide which settings are there at all.
Settings Generator::some_settings(std::uint8_t context, bool is_client) {
  Settings settings;
  some_versions(settings);
  for (const SettingInfo& row : setting_table()) {
    const Setting s = row.setting;
    if (family(s) == Family::count || !on(family(s)) || too_dangerous(s)) continue;
    if (r.chance(often(s, is_client))) settings[s] = some_value(s, context);
  }
  // A name is taken where a servername callback is, be it one that stays where it is.
  if (on(Family::names) && !is_client && !settings.on(Setting::server_name) && r.chance(70))
    settings[Setting::server_name] = static_cast<std::uint8_t>(1 + context);
  return settings;
}

/// Much of what was changed becomes as it was at first: without that a long trace would soon be one whose connections
/// all fail, or whose caches take nothing.
void Generator::heal() {
  for (std::uint8_t i = 0; i < trace_.setup.contexts.size(); ++i) {
    const ContextSetup& first = trace_.setup.contexts[i];
    for (const SettingInfo& row : setting_table()) {
      if (settings_[i][row.setting] == first.settings[row.setting] || r.chance(10)) continue;
      Command c = with_context(Op::configure, i, {first.settings[row.setting]});
      c.setting = row.setting;
      emit(c);
    }
    const Context& now = world_.contexts[i];
    const std::int64_t mode = first.mode.value_or(default_mode), timeout = first.timeout.value_or(300);
    if (now.mode != mode && r.chance(90)) emit(with_context(Op::set_mode, i, {mode}));
    if (now.timeout != timeout && r.chance(70)) emit(with_context(Op::set_timeout, i, {timeout}));
    if (now.verify_peer != first.verify_peer && r.chance(80))
      emit(with_context(Op::set_verify_peer, i, {first.verify_peer}));
    if (now.id_context != first.id_context && r.chance(80)) {
      Command c = with_context(Op::set_id_context, i);
      c.id_context = first.id_context;
      emit(c);
    }
  }
}

/// A version from now on: as the highest one, as the only one, at one end or at both.
void Generator::change_versions(std::uint8_t server, std::uint8_t client) {
  using V = Version;
  // A ticket carries its version along, an id leads to sessions of one version only: with tickets, downwards too.
  const unsigned old = protocol_ == Protocol::tls1_3 || protocol_ == Protocol::ids ? 6 : 25;
  const auto version = r.weighted<Version>({{old, V::tls1_0}, {old, V::tls1_1}, {40, V::tls1_2}, {46, V::tls1_3}});
  const bool only = r.chance(20);
  for (const std::uint8_t context : {server, client}) {
    if (r.chance(20)) continue;
    for (const Setting setting : {Setting::version_max, Setting::version_min}) {
      if (setting == Setting::version_min && !only && settings_[context][setting] <= number(version)) continue;
      if (settings_[context][setting] == number(version)) continue;
      Command c = with_context(Op::configure, context, {number(version)});
      c.setting = setting;
      emit(c);
    }
  }
}

/// A setting changes between two connections: at one end, or at both.
void Generator::configure() {
  std::vector<Setting> candidates;
  for (const SettingInfo& row : setting_table()) {
    const bool takes_part = family(row.setting) == Family::count ? r.chance(35) : on(family(row.setting));
    if (takes_part && !too_dangerous(row.setting)) candidates.push_back(row.setting);
  }
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const Setting setting =
      candidates.empty() || r.chance(10) ? static_cast<Setting>(r.below(setting_count)) : r.pick(candidates);
  if (too_dangerous(setting)) return;
  std::uint8_t kept = 0;  // a session from before, which is offered after the change
  if (r.chance(55)) {
    Command before = connection(server, client);
    if (before.keep == 0) before.keep = free_slot();
    before.flights = flights_max;
    kept = before.keep;
    emit(before);
  }
  if (setting == Setting::version_max && r.chance(75)) {
    change_versions(server, client);
  } else {
    Command c = with_context(Op::configure, r.chance(80) ? server : client);
    c.setting = setting, c.number.value = some_value(setting, c.context);
    emit(c);
    if (r.chance(setting == Setting::transport ? 75 : 15)) {
      c.context = c.context == server ? client : server;
      emit(c);
    }
  }
  if (r.chance(25)) return;
  Command after = connection(server, client);
  if (kept != 0 && r.chance(85)) after.slot = kept;
  emit(after);
}

/// A session of one cipher is offered where the other one is chosen, or can no longer be.
void Generator::change_cipher() {
  const std::uint8_t server = some_end(false);
  const std::uint8_t client = some_end(true);
  const auto choose = [&](std::uint8_t context, CipherChoice choice) {
    const auto value = static_cast<std::uint8_t>(choice);
    if (settings_[context][Setting::cipher] == value) return;
    Command c = with_context(Op::configure, context, {value});
    c.setting = Setting::cipher;
    emit(c);
  };
  const bool one_way = r.chance(50), server_changes = r.chance(60);
  const std::uint8_t changing = server_changes ? server : client, other = server_changes ? client : server;
  choose(other, CipherChoice::both);
  choose(changing, one_way ? CipherChoice::sha256 : CipherChoice::sha384);
  Command before = connection(server, client);
  before.slot = 0, before.keep = free_slot(), before.flights = flights_max;
  emit(before);
  choose(changing, one_way ? CipherChoice::sha384 : CipherChoice::sha256);
  Command after = connection(server, client);
  after.slot = before.keep;
  emit(after);
}

}  // namespace sesscheck::generator
