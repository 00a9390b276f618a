#include "check/describe.hpp"

#include "model/world.hpp"

namespace sesscheck {

std::string session_name(Name name) { return name == 0 ? "(no id)" : "s" + std::to_string(name); }

std::string version_name(std::uint8_t version) {
  constexpr std::uint8_t datagram = 5;
  return version == 0 ? "none" : version == datagram ? "DTLS 1.2" : "TLS 1." + std::to_string(version - 1);
}

std::string describe(Status status) {
  switch (status) {
    case Status::done: return "done";
    case Status::unspecified: return "outside the contract, not executed";
    case Status::crashed: return "the library died here";
    case Status::hung: return "the library hung here";
  }
  return {};
}

std::string describe(Handshake state) {
  switch (state) {
    case Handshake::none: return "not started";
    case Handshake::unfinished: return "unfinished";
    case Handshake::failed: return "failed";
    case Handshake::done: return "finished";
  }
  return {};
}

std::string describe(Verified verified) {
  switch (verified) {
    case Verified::ok: return "ok";
    case Verified::unspecified: return "unspecified";
    case Verified::refused: return "refused";
  }
  return {};
}

constexpr std::uint8_t usual_version = 3;  // TLS 1.2

namespace {

std::string letters(const std::string& what, const IdContext& value) {
  return value.length == 0 ? "" : what + '"' + std::string(value.length, value.letter) + '"';
}

std::string word(Setting setting, std::uint8_t value) {
  const SettingInfo& row = info(setting);
  return value == row.usual ? "" : " " + std::string(row.name) + "=" + std::string(row.values[value]);
}

}  // namespace

std::string describe(const SessionView& s) {
  // Times near the beginning of the trace read as what they are: seconds since then.
  const std::int64_t since_epoch = s.time / 2 > epoch.seconds || s.time < epoch.seconds / 2 ? 0 : s.time - epoch.seconds;
  const bool near = s.time == epoch.seconds + since_epoch;
  return session_name(s.name) + " time=" +
         (near ? (since_epoch >= 0 ? "+" : "") + std::to_string(since_epoch) : std::to_string(s.time)) +
         " timeout=" + std::to_string(s.timeout) + (s.resumable ? "" : " not resumable") +
         (s.version == usual_version || s.version == 0 ? "" : ' ' + version_name(s.version)) +
         (s.ticket ? " ticket" : "") + (s.ticket || s.hint != 0 ? " hint=" + std::to_string(s.hint) : "") +
         (s.early_data ? " early-data" : "") +
         letters(" id-context=", s.id_context) + word(Setting::host_name, s.host_name) +
         word(Setting::alpn, static_cast<std::uint8_t>(s.protocol)) + letters(" data=", s.data) +
         (s.peer ? " peer" : "");
}

std::string describe(const Event& event) {
  const std::string context = std::string(1, static_cast<char>('A' + event.context)) + ": ";
  const std::string session = "(" + session_name(event.session) + ")";
  switch (event.kind) {
    case Event::Kind::new_session: return context + "new" + session;
    case Event::Kind::remove_session: return context + "remove" + session;
    case Event::Kind::get_session:
      return context + "get" + session + " -> " + (event.answered ? session_name(event.answer) : "nothing");
    case Event::Kind::call:
      return context + "calls the library" + (event.session ? session : "") + " -> " + std::to_string(event.answer);
  }
  return {};
}

std::string describe_id_callback(std::uint8_t bits) {
  if (bits == 0) return "not called";
  return std::string(bits & generating::taken ? "asked: it is there" : "asked: not there") +
         (bits & generating::not_empty ? ", not filled with 0" : "");
}

std::string describe_error(std::uint16_t reason) {
  switch (reason) {
    case error::none: return "none";
    case error::no_shared_cipher: return "no shared cipher";
    case error::old_session_cipher_not_returned: return "old session cipher not returned";
    case error::cipher_digest_changed: return "ciphersuite digest has changed";
    case error::required_cipher_missing: return "required cipher missing";
    case error::inconsistent_extms: return "inconsistent extended master secret";
    case error::too_much_early_data: return "too much early data";
    case error::inconsistent_early_data_protocol: return "inconsistent early data alpn";
    case error::inconsistent_early_data_name: return "inconsistent early data sni";
    case error::unexpected_message: return "unexpected message";
    case error::binder_does_not_verify: return "binder does not verify";
    case error::unsupported_protocol: return "unsupported protocol";
    case error::session_in_different_context: return "attempt to reuse session in different context";
    case error::id_context_too_long: return "session id context too long";
    case error::id_context_uninitialized: return "session id context uninitialized";
    case error::bad_record_mac: return "decryption failed or bad record mac";
    case error::unexpected_eof: return "unexpected eof while reading";
    case error::session_id_callback_failed: return "session id callback failed";
    case error::session_id_conflict: return "session id conflict";
    case error::id_too_long: return "ssl session id too long";
    case error::session_id_bad_length: return "session id has bad length";
    default: break;
  }
  if (reason >= error::alert) return "alert " + std::to_string(reason - error::alert) + " received";
  return "reason " + std::to_string(reason);
}

std::string summary(const Observation& seen) {
  if (seen.status != Status::done) return describe(seen.status);
  std::string text;
  const ConnectionView& c = seen.connection;
  if (c.client.state != Handshake::none) {
    if (seen.result == 1)
      text = (c.server.reused ? "resumed " : "full handshake, ") + session_name(c.server.session);
    else
      text = "client " + describe(c.client.state) + ", server " + describe(c.server.state);
    for (const auto& [who, end] : {std::pair{"client", c.client}, std::pair{"server", c.server}})
      if (end.error != error::none) text += std::string(", ") + who + ": " + describe_error(end.error);
  } else {
    text = "returned " + std::to_string(seen.result);
  }
  if (seen.error != error::none) text += ", error: " + describe_error(seen.error);
  for (const Event& event : seen.log) text += "; " + describe(event);
  return text;
}

}  // namespace sesscheck
