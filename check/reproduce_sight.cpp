#include "check/reproduce_sight.hpp"

#include <optional>

#include "check/describe.hpp"

namespace sesscheck {
namespace {

constexpr std::uint16_t reasons_max = 2048;  // alerts are reasons from 1000 on

std::string show(const std::string& format, const std::string& expression) {
  return "  snprintf(saw, sizeof saw, \"" + format + "\", " + expression + ");\n";
}

/// "A: get(s1) -> s2" without names: "A: get -> session"; and the same of a session: " time=+0 timeout=300".
std::string without_names(std::string text) {
  if (const std::size_t open = text.find('('), close = text.find(") ->"); open != std::string::npos)
    text.erase(open, (close != std::string::npos ? close : text.find(')', open)) + 1 - open);
  if (const std::size_t answer = text.find("-> s"); answer != std::string::npos) return text.substr(0, answer) + "-> session";
  if (const std::size_t answer = text.find("-> (no id)"); answer != std::string::npos) return text.substr(0, answer) + "-> session";
  return text;
}

std::string view_without_name(const std::string& text) {
  const std::size_t time = text.find("time=");
  return time == std::string::npos ? text : text.substr(time);
}

/// The number of the reason that describe_error gives this text to.
std::optional<std::uint16_t> reason_of(const std::string& text) {
  for (std::uint16_t reason = 0; reason < reasons_max; ++reason)
    if (describe_error(reason) == text) return reason;
  return {};
}

Sight of_connection(const std::string& end, const std::string& rest, const FieldDifference& d, const Seeing& seeing) {
  const std::string of_end = seeing.connection + "." + end;
  if (rest.empty() && !seeing.simple) return {show("%s", "state_names[" + of_end + ".state]"), d.model};
  if (rest.empty()) {
    for (const std::string& value : {d.model, d.library})
      if (value != "finished" && value != "failed") return {};
    return {show("%s", end + "_done ? \"finished\" : \"failed\""), d.model};
  }
  if (rest == ".reused") {
    Sight s{show("%s", end + "_reused ? \"yes\" : \"no\""), d.model};
    s.reuse = true;
    return s;
  }
  if (rest == ".error" && !seeing.simple) {
    const auto reason = reason_of(d.model);
    if (!reason) return {};
    Sight s{show("%d", of_end + ".error"), std::to_string(*reason)};
    s.errors = true;
    return s;
  }
  return {};
}

Sight of_context(const std::string& context, const std::string& rest, const FieldDifference& d, const Seeing& seeing) {
  const auto as_long = [&](const std::string& expression) { return Sight{show("%ld", "(long)" + expression), d.model}; };
  if (rest.starts_with("sess_")) return as_long("SSL_CTX_" + rest + "(" + context + ")");
  if (rest == "timeout") return as_long("SSL_CTX_get_timeout(" + context + ")");
  if (rest == "mode") return as_long("SSL_CTX_get_session_cache_mode(" + context + ")");
  if (rest == "size") return as_long("SSL_CTX_sess_get_cache_size(" + context + ")");
  if (seeing.plain && rest.starts_with("cache.s")) {
    Sight s{"  describe(cached(" + context + ", " + rest.substr(7) + "), \"absent\", saw, sizeof saw);\n", d.model};
    s.describes = s.finds = true;
    return s;
  }
  return {};
}

}  // namespace

Sight sight(const FieldDifference& d, const Seeing& seeing) {
  const std::string& field = d.field;
  if (field == "result") return {show("%ld", "(long)result"), d.model};
  for (const std::string end : {"client", "server"})
    if (field == end || field.starts_with(end + ".")) return of_connection(end, field.substr(end.size()), d, seeing);
  if (field.starts_with("callback[")) {
    const std::string index = field.substr(9, field.size() - 10);
    Sight s{show("%s", "callback_count > " + index + " ? callbacks[" + index + "] : \"none\""), d.model};
    s.logs = true;
    if (seeing.plain) return s;
    s.expected = without_names(d.model);
    return s.expected == without_names(d.library) ? Sight{} : s;
  }
  const auto named = [](const std::string& text) { return text.find("(no id)") == std::string::npos; };
  if (seeing.plain && (!named(d.model) || !named(d.library) || !named(field))) return {};
  if (field.size() == 2 && field[0] == 'h') {
    Sight s{"  describe(" + field + ", \"empty\", saw, sizeof saw);\n", d.model};
    s.describes = true;
    if (seeing.plain) return s;
    s.expected = view_without_name(d.model);
    return s.expected == view_without_name(d.library) ? Sight{} : s;
  }
  return of_context(field.substr(0, 1), field.size() > 2 ? field.substr(2) : "", d, seeing);
}

}  // namespace sesscheck
