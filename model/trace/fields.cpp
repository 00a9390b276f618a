#include "model/trace/fields.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sesscheck {
namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

constexpr std::array<FieldInfo, static_cast<std::size_t>(Field::count)> fields = {{
    {Field::context, "context", "CONTEXT", 0, contexts_max - 1},
    {Field::client, "client", "CLIENT", 0, contexts_max - 1},
    {Field::connection, "connection", "c1", 0, connections_max - 1},
    {Field::end, "end", "client|server", 0, 1},
    {Field::slot, "slot", "h1", 1, slots_max},
    {Field::copy, "copy", "h2", 1, slots_max},
    {Field::offer, "offer", "h1", 0, slots_max},
    {Field::offered, "session", "h1|none", 0, slots_max},
    {Field::keep, "keep", "h1", 0, slots_max},
    {Field::keep_server, "server-keep", "h2", 0, slots_max},
    {Field::flights, "flights", "N", 0, flights_max},
    {Field::client_end, "client-end", "shutdown|quiet|none", 0, 2},
    {Field::server_end, "server-end", "shutdown|quiet|none", 0, 2},
    {Field::quiet, "quiet", "", 0, 1},
    {Field::early, "early", "", 0, 1},
    {Field::id_context, "id-context", "\"aaa\"", 0, id_context_trace_max},
    {Field::data, "data", "\"aaa\"", 0, id_context_trace_max},
    {Field::ssl_id_context, "id-context", "\"aaa\"", -1, id_context_trace_max},
    {Field::new_callback, "new", "0|1", 0, 2},
    {Field::get_callback, "get", "copy0|copy1|untouched", 0, 3},
    {Field::remove_callback, "remove", "", 0, 1},
    {Field::setting, "setting", "SETTING", 0, setting_count - 1},
    {Field::setting_value, "word", "WORD", 0, 7},
    {Field::mode, "mode", "MODE", lowest, highest},
    {Field::number, "number", "NUMBER", lowest, highest},
    {Field::on_off, "value", "on|off", 0, 1},
    {Field::moment, "time", "now+SECONDS|SECONDS", lowest, highest},
    {Field::duration, "duration", "10.5s", 0, duration_max},
    {Field::version, "version", "1.2|dtls-1.2", 0, 4},
    {Field::host_name, "host-name", "a|b|none", 0, 2},
    {Field::protocol, "protocol", "a|b|none", 0, 2},
    {Field::made_id, "id", "ID", 0, made_ids_max},
    {Field::abbreviated, "abbreviated", "", 0, 1},
    {Field::repeat, "x", "N", 1, repeat_max},
}};

bool is_id_context(Field field) { return field == Field::id_context || field == Field::data || field == Field::ssl_id_context; }

/// Copies what is not visible in field_value too: the letter, and whether a moment counts from now.
void copy_field(Field field, const Command& from, Command& to) {
  if (is_id_context(field)) to.id_context = from.id_context;
  if (field == Field::moment) to.number.from_now = from.number.from_now;
  set_field(to, field, field_value(from, field));
  if (is_id_context(field) && to.id_context) to.id_context = normalise(*to.id_context);
}

}  // namespace

std::span<const OpInfo> op_table() {
  using F = Field;
  static const std::vector<OpInfo> table = {
      {Op::connect, "connect", {F::client, F::context},
       {F::offer, F::keep, F::keep_server, F::ssl_id_context, F::early, F::flights, F::client_end, F::server_end,
        F::repeat},
       "a whole connection: what the client offers, where each end's session is kept, where it breaks, how it ends"},
      {Op::set_mode, "set-mode", {F::context, F::mode}, {}, "SSL_CTX_set_session_cache_mode"},
      {Op::set_size, "set-size", {F::context, F::number}, {}, "SSL_CTX_sess_set_cache_size"},
      {Op::set_timeout, "set-timeout", {F::context, F::number}, {}, "SSL_CTX_set_timeout, in seconds"},
      {Op::set_id_context, "set-id-context", {F::context, F::id_context}, {}, "SSL_CTX_set_session_id_context"},
      {Op::set_verify_peer, "set-verify-peer", {F::context, F::on_off}, {}, "SSL_CTX_set_verify"},
      {Op::set_callbacks, "set-callbacks", {F::context}, {F::new_callback, F::get_callback, F::remove_callback},
       "SSL_CTX_sess_set_new_cb, _get_cb and _remove_cb; what is not named is taken away"},
      {Op::configure, "configure", {F::context, F::setting, F::setting_value}, {},
       "one setting of a context, as in the setup; connections that are open keep what they have"},
      {Op::add, "add", {F::context, F::slot}, {}, "SSL_CTX_add_session"},
      {Op::remove, "remove", {F::context, F::slot}, {}, "SSL_CTX_remove_session"},
      {Op::flush, "flush", {F::context, F::moment}, {}, "SSL_CTX_flush_sessions"},
      {Op::advance, "advance", {F::duration}, {}, "the clock moves forward"},
      {Op::set_session_time, "set-session-time", {F::slot, F::moment}, {}, "SSL_SESSION_set_time"},
      {Op::set_session_timeout, "set-session-timeout", {F::slot, F::number}, {},
       "SSL_SESSION_set_timeout, in seconds"},
      {Op::set_session_id_context, "set-session-id-context", {F::slot, F::id_context}, {},
       "SSL_SESSION_set1_id_context"},
      {Op::make, "make", {F::slot, F::made_id}, {F::id_context}, "SSL_SESSION_new, filled by hand; ids are 0 to 4"},
      {Op::dup, "dup", {F::slot, F::copy}, {}, "SSL_SESSION_dup"},
      {Op::serialise, "serialise", {F::slot, F::copy}, {}, "i2d_SSL_SESSION, then d2i_SSL_SESSION"},
      {Op::drop, "drop", {F::slot}, {}, "SSL_SESSION_free"},
      {Op::answer, "answer", {F::context, F::slot}, {},
       "the store hands out a copy of this session at the next lookup"},
      {Op::lose, "lose", {F::context}, {}, "the external store loses all it has"},
      {Op::renew, "renew", {F::context}, {}, "SSL_CTX_free, and the context anew as the setup says"},
      {Op::open, "open", {F::connection, F::client, F::context}, {F::offer, F::ssl_id_context, F::early},
       "SSL_new at both ends of a connection that stays open, in place of the one of this name"},
      {Op::deliver, "deliver", {F::connection}, {F::flights}, "so many flights pass, or all there are"},
      {Op::offer, "offer", {F::connection, F::offered}, {}, "SSL_set_session at the client's end"},
      {Op::take, "take", {F::connection, F::end, F::copy}, {}, "SSL_get1_session of one end"},
      {Op::renegotiate, "renegotiate", {F::connection, F::end}, {F::abbreviated},
       "SSL_renegotiate or SSL_renegotiate_abbreviated at one end"},
      {Op::new_ticket, "new-ticket", {F::connection}, {}, "SSL_new_session_ticket"},
      {Op::shut, "shut", {F::connection, F::end}, {F::quiet}, "SSL_shutdown at one end"},
      {Op::garble, "garble", {F::connection, F::end}, {}, "a broken record reaches one end"},
      {Op::hang_up, "hang-up", {F::connection, F::end}, {}, "the transport of one end ends"},
      {Op::clear, "clear", {F::connection}, {}, "SSL_clear at both ends, for another handshake"},
      {Op::close, "close", {F::connection}, {F::client_end, F::server_end}, "SSL_free at both ends"},
      {Op::set_session_data, "set-session-data", {F::slot, F::data}, {}, "SSL_SESSION_set1_ticket_appdata"},
      {Op::rewind, "rewind", {F::duration}, {}, "the clock goes back, as far as the first second of 1970"},
      {Op::set_session_id, "set-session-id", {F::slot, F::made_id}, {}, "SSL_SESSION_set1_id, with an id of make; 5 is one of 33 bytes"},
      {Op::set_session_version, "set-session-version", {F::slot, F::version}, {}, "SSL_SESSION_set_protocol_version"},
      {Op::verify_client, "verify-client", {F::connection}, {}, "SSL_verify_client_post_handshake, and the client's answer"},
      {Op::set_session_host_name, "set-session-host-name", {F::slot, F::host_name}, {}, "SSL_SESSION_set1_hostname"},
      {Op::set_session_protocol, "set-session-protocol", {F::slot, F::protocol}, {}, "SSL_SESSION_set1_alpn_selected"},
      {Op::set_session_early_data, "set-session-early-data", {F::slot, F::on_off}, {}, "SSL_SESSION_set_max_early_data"},
  };
  return table;
}

const OpInfo& info(Op op) { return op_table()[static_cast<std::size_t>(op)]; }
const FieldInfo& info(Field field) { return fields[static_cast<std::size_t>(field)]; }

std::int64_t field_value(const Command& command, Field field) {
  switch (field) {
    case Field::context: return command.context;
    case Field::client: return command.client;
    case Field::connection: return command.connection;
    case Field::end: return command.at_server;
    case Field::slot:
    case Field::offer:
    case Field::offered: return command.slot;
    case Field::copy:
    case Field::keep: return command.keep;
    case Field::keep_server: return command.keep_server;
    case Field::flights: return command.flights;
    case Field::client_end: return static_cast<std::int64_t>(command.client_end);
    case Field::server_end: return static_cast<std::int64_t>(command.server_end);
    case Field::quiet: return command.client_end == End::quiet;
    case Field::early: return command.early;
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context: return command.id_context ? command.id_context->length : -1;
    case Field::new_callback: return static_cast<std::int64_t>(command.callbacks.new_session);
    case Field::get_callback: return static_cast<std::int64_t>(command.callbacks.get_session);
    case Field::remove_callback: return static_cast<std::int64_t>(command.callbacks.remove_session);
    case Field::setting: return static_cast<std::int64_t>(command.setting);
    case Field::setting_value:
    case Field::mode:
    case Field::number:
    case Field::on_off:
    case Field::moment:
    case Field::duration:
    case Field::version:
    case Field::host_name:
    case Field::protocol:
    case Field::made_id:
    case Field::abbreviated: return command.number.value;
    case Field::repeat: return command.repeat;
    case Field::count: break;
  }
  return 0;
}

void set_field(Command& command, Field field, std::int64_t value) {
  value = std::clamp(value, info(field).min, field_max(command, field));
  const auto byte = static_cast<std::uint8_t>(value);  // of use to the small fields only
  switch (field) {
    case Field::context: command.context = byte; break;
    case Field::client: command.client = byte; break;
    case Field::connection: command.connection = byte; break;
    case Field::end: command.at_server = value != 0; break;
    case Field::slot:
    case Field::offer:
    case Field::offered: command.slot = byte; break;
    case Field::copy:
    case Field::keep: command.keep = byte; break;
    case Field::keep_server: command.keep_server = byte; break;
    case Field::flights: command.flights = byte; break;
    case Field::client_end: command.client_end = static_cast<End>(value); break;
    case Field::server_end: command.server_end = static_cast<End>(value); break;
    case Field::quiet: command.client_end = value != 0 ? End::quiet : End::shutdown; break;
    case Field::early: command.early = value != 0; break;
    case Field::id_context:
    case Field::data:
    case Field::ssl_id_context:
      if (value < 0) {
        command.id_context.reset();
      } else {
        const char letter = command.id_context && value > 0 ? command.id_context->letter : 'a';
        command.id_context = IdContext{byte, letter};
      }
      break;
    case Field::new_callback: command.callbacks.new_session = static_cast<NewCallback>(value); break;
    case Field::get_callback: command.callbacks.get_session = static_cast<GetCallback>(value); break;
    case Field::remove_callback: command.callbacks.remove_session = static_cast<RemoveCallback>(value); break;
    case Field::setting:
      command.setting = static_cast<Setting>(value);
      set_field(command, Field::setting_value, command.number.value);
      break;
    case Field::setting_value:
    case Field::mode:
    case Field::number:
    case Field::on_off:
    case Field::moment:
    case Field::duration:
    case Field::version:
    case Field::host_name:
    case Field::protocol:
    case Field::made_id:
    case Field::abbreviated: command.number.value = value; break;
    case Field::repeat: command.repeat = static_cast<std::uint16_t>(value); break;
    case Field::count: break;
  }
}

std::int64_t field_max(const Command& command, Field field) {
  if (field == Field::made_id && command.op == Op::set_session_id) return long_id;
  return field == Field::setting_value ? setting_max(command.setting) : info(field).max;
}

bool is_flag(Field field) {
  return field == Field::remove_callback || field == Field::quiet || field == Field::early ||
         field == Field::abbreviated;
}

Command with_default(Command command, Field field) {
  Command fresh;
  fresh.op = command.op;
  copy_field(field, normalise(fresh), command);
  return command;
}

IdContext normalise(IdContext id_context) {
  id_context.length = std::min(id_context.length, id_context_trace_max);
  id_context.letter = id_context.length == 0 ? 'a' : std::clamp(id_context.letter, 'a', 'z');
  return id_context;
}

Command normalise(const Command& command) {
  Command in = command;
  in.context %= contexts_max;
  in.client %= contexts_max;
  in.connection %= connections_max;
  in.setting = static_cast<Setting>(static_cast<unsigned>(in.setting) % setting_count);
  Command out;
  out.op = static_cast<Op>(static_cast<unsigned>(in.op) % static_cast<unsigned>(Op::count));
  for (const Field field : info(out.op).positional) copy_field(field, in, out);
  for (const Field field : info(out.op).optional) copy_field(field, in, out);
  return out;
}

namespace {

/// A value within its Setting's table and, where it is a context, among those there are.
std::uint8_t in_range(Setting setting, std::uint8_t value, std::size_t contexts) {
  value = std::min(value, setting_max(setting));
  if (!names_context(setting) || value == 0) return value;
  return static_cast<std::uint8_t>(1 + (value - 1U) % contexts);
}

}  // namespace

Trace normalise(const Trace& trace) {
  Trace out = trace;
  std::vector<ContextSetup>& contexts = out.setup.contexts;
  contexts.resize(std::clamp<std::size_t>(contexts.size(), 1, contexts_max));
  for (ContextSetup& context : contexts) {
    context.id_context = normalise(context.id_context);
    Command holder;  // its callbacks have the ranges that are wanted here
    holder.op = Op::set_callbacks;
    holder.callbacks = context.callbacks;
    context.callbacks = normalise(holder).callbacks;
    context.store = std::min(context.store, Store::serialised);
    for (const SettingInfo& row : setting_table())
      context.settings[row.setting] = in_range(row.setting, context.settings[row.setting], contexts.size());
  }
  for (Command& command : out.commands) {
    command = normalise(command);
    command.context = static_cast<std::uint8_t>(command.context % contexts.size());
    command.client = static_cast<std::uint8_t>(command.client % contexts.size());
    if (command.op == Op::configure)
      command.number.value =
          in_range(command.setting, static_cast<std::uint8_t>(command.number.value), contexts.size());
  }
  return out;
}

}  // namespace sesscheck
