#include "check/reproduce.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <string_view>

#include "check/reproduce_parts.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
std::string number(std::int64_t value) {
  if (value == std::numeric_limits<std::int64_t>::min()) return "(-9223372036854775807L - 1)";
  return std::to_string(value) + (value > INT32_MAX || value < INT32_MIN ? "L" : "");
}
std::string bytes(const IdContext& value) { return quoted(std::string(value.length, value.letter)); }
std::string slot(std::uint8_t index) { return index == 0 ? "NULL" : "h" + std::to_string(index); }
std::string address(std::uint8_t index) { return index == 0 ? "NULL" : "&h" + std::to_string(index); }

std::string mode_in_c(std::int64_t bits) {
  const std::string text = mode_text(bits);
  std::string c;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bar = std::min(text.find('|', at), text.size());
    const std::string part = text.substr(at, bar - at);
    c += (c.empty() ? "" : " | ") + (std::isupper(static_cast<unsigned char>(part[0])) ? "SSL_SESS_CACHE_" + part : part);
    at = bar + 1;
  }
  return c;
}

/// How a C program sees a field: code that fills `saw`. Empty when it cannot.
struct Sight {
  std::string code;
  bool describes = false, finds = false, logs = false;
};

Sight sight(const FieldDifference& difference) {
  const std::string& field = difference.field;
  const auto as_long = [](const std::string& expression) {
    return Sight{"  snprintf(saw, sizeof saw, \"%ld\", (long)" + expression + ");\n"};
  };
  if (field == "result") return as_long("result");
  if (field == "client" || field == "server") {
    for (const std::string& value : {difference.model, difference.library})
      if (value != "finished" && value != "failed") return {};
    return {"  snprintf(saw, sizeof saw, \"%s\", " + field + "_done ? \"finished\" : \"failed\");\n"};
  }
  if (field == "client.reused" || field == "server.reused") {
    const std::string end = field.substr(0, 6);
    return {"  snprintf(saw, sizeof saw, \"%s\", " + end + "_reused ? \"yes\" : \"no\");\n"};
  }
  if (field.starts_with("callback[")) {
    const std::string index = field.substr(9, field.size() - 10);
    Sight s{"  snprintf(saw, sizeof saw, \"%s\", callback_count > " + index + " ? callbacks[" + index + "] : \"none\");\n"};
    s.logs = true;
    return s;
  }
  const auto named = [](const std::string& text) { return text.find("(no id)") == std::string::npos; };
  if (!named(difference.model) || !named(difference.library) || !named(field)) return {};
  if (field.size() == 2 && field[0] == 'h') {
    Sight s{"  describe(" + field + ", \"empty\", saw, sizeof saw);\n"};
    s.describes = true;
    return s;
  }
  const std::string context = field.substr(0, 1), rest = field.size() > 2 ? field.substr(2) : "";
  if (rest.starts_with("sess_")) return as_long("SSL_CTX_" + rest + "(" + context + ")");
  if (rest == "timeout") return as_long("SSL_CTX_get_timeout(" + context + ")");
  if (rest == "mode") return as_long("SSL_CTX_get_session_cache_mode(" + context + ")");
  if (rest == "size") return as_long("SSL_CTX_sess_get_cache_size(" + context + ")");
  if (rest.starts_with("cache.s")) {
    Sight s{"  describe(cached(" + context + ", " + rest.substr(7) + "), \"absent\", saw, sizeof saw);\n"};
    s.describes = s.finds = true;
    return s;
  }
  return {};
}

class Program {
 public:
  Program(const Trace& trace, std::span<const FieldDifference> fields, const Reproduction& about)
      : trace_(trace), about_(about) {
    for (const FieldDifference& field : fields) {
      sight_ = sight(field);
      if (sight_.code.empty()) continue;
      field_ = &field;
      break;
    }
  }

  std::string write() {
    head();
    text_ += c_parts::includes;
    text_ += c_parts::clock;
    text_ += c_parts::psk;
    declarations();
    const bool logs = sight_.logs, stores = uses_callbacks();
    if (logs || stores || sight_.describes) text_ += c_parts::names;
    if (sight_.describes) text_ += c_parts::describe;
    if (sight_.finds) text_ += c_parts::find_cached;
    if (stores) text_ += c_parts::log;
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i) callbacks(static_cast<std::uint8_t>(i));
    std::string connection = c_parts::connection;
    const std::string mark = "  if (server_done) NAME(SSL_get_session(server));\n";
    connection.replace(connection.find(mark), mark.size(),
                       logs || stores || sight_.describes ? "  if (server_done) name(SSL_get_session(server));\n" : "");
    if (uses(Op::connect)) text_ += connection;
    main();
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool uses(Op op) const {
    return std::ranges::any_of(trace_.commands, [op](const Command& c) { return c.op == op; });
  }
  [[nodiscard]] bool has_callbacks(std::uint8_t index) const {
    return trace_.setup.contexts[index].callbacks != Callbacks{} ||
           std::ranges::any_of(trace_.commands, [&](const Command& c) {
             return c.op == Op::set_callbacks && c.context == index && c.callbacks != Callbacks{};
           });
  }
  [[nodiscard]] bool uses_callbacks() const {
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      if (has_callbacks(static_cast<std::uint8_t>(i))) return true;
    return false;
  }

  void head() {
    text_ += "/*\n";
    for (const std::string& line : about_.head) text_ += " * " + line + "\n";
    text_ += " *\n * cc FILE.c -lssl -lcrypto && ./a.out\n * Exit code: 1 when the difference is there, 0 when it is not.\n */\n";
  }

  void declarations() {
    std::array<bool, slots_max + 1> used{};
    for (const Command& c : trace_.commands) used[c.slot] = used[c.keep] = used[c.keep_server] = true;
    if (field_ && field_->field.size() == 2 && field_->field[0] == 'h') used[static_cast<std::size_t>(field_->field[1] - '0')] = true;
    std::string contexts, slots;
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      contexts += (i ? ", *" : "*") + context_name(static_cast<std::uint8_t>(i));
    for (std::uint8_t s = 1; s <= slots_max; ++s)
      if (used[s]) slots += (slots.empty() ? "*" : ", *") + slot(s);
    text_ += "\nstatic SSL_CTX " + contexts + ";\n";
    if (!slots.empty()) text_ += "static SSL_SESSION " + slots + "; /* in the application's hands */\n";
    text_ += "static long result;\n";
  }

  [[nodiscard]] bool any_callbacks(std::uint8_t index, bool (*wanted)(const Callbacks&)) const {
    return wanted(trace_.setup.contexts[index].callbacks) ||
           std::ranges::any_of(trace_.commands, [&](const Command& c) {
             return c.op == Op::set_callbacks && c.context == index && wanted(c.callbacks);
           });
  }
  [[nodiscard]] bool has_get(std::uint8_t index) const {
    return any_callbacks(index, [](const Callbacks& c) { return c.get_session != GetCallback::absent; });
  }

  /// The store and the callbacks of one context.
  void callbacks(std::uint8_t index) {
    if (!has_callbacks(index)) return;
    const Store store = trace_.setup.contexts[index].store;
    const bool has_remove =
        any_callbacks(index, [](const Callbacks& c) { return c.remove_session != RemoveCallback::absent; });
    std::string text = store != Store::none || has_get(index) || has_remove ? c_parts::store : "\n";
    if (any_callbacks(index, [](const Callbacks& c) { return c.new_session != NewCallback::absent; }))
      text += c_parts::new_callback;
    if (has_get(index)) text += c_parts::get_callback;
    if (has_remove) text += c_parts::remove_callback;
    replace(text, "STORE", store == Store::references
                               ? "  if (!new_X_answer) SSL_SESSION_up_ref(sess);\n  store_X[name(sess)] = sess;\n"
                           : store == Store::serialised ? "  store_X[name(sess)] = through_bytes(sess);\n"
                                                        : "");
    replace(text, "GET", store == Store::serialised ? "    if (r) r = through_bytes(r);\n"
                                                    : "    if (r && !get_X_copy) SSL_SESSION_up_ref(r);\n");
    const std::string x = context_name(index);
    for (std::size_t at; (at = text.find("_X")) != std::string::npos;) text.replace(at, 2, "_" + x);
    for (std::size_t at; (at = text.find("X: ")) != std::string::npos;) text.replace(at, 1, x);
    replace(text, "of X;", "of " + x + ";");
    if (store == Store::serialised && text_.find("through_bytes") == std::string::npos) need_bytes();
    text_ += text;
  }

  void need_bytes() {
    text_ += c_parts::through_bytes;
  }

  static void replace(std::string& text, const std::string& what, const std::string& by) {
    if (const std::size_t at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
  }

  void line(const std::string& code) { text_ += "  " + code + ";\n"; }

  void main() {
    if (uses(Op::serialise) && text_.find("through_bytes") == std::string::npos) need_bytes();
    text_ += "\nint main(void) {\n";
    if (field_) text_ += "  char saw[200];\n";
    const bool loops = std::ranges::any_of(trace_.commands, [](const Command& c) { return c.repeat > 1; });
    if (loops) text_ += "  int i;\n";
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i) setup(static_cast<std::uint8_t>(i));
    for (std::size_t i = 0; i < trace_.commands.size(); ++i) {
      text_ += "  /* " + to_text(trace_.commands[i]) + " */\n";
      if (uses_callbacks() && i + 1 == trace_.commands.size() && trace_.commands[i].repeat == 1) line("callback_count = 0");
      command(trace_.commands[i]);
    }
    if (!field_) {
      text_ += "  printf(\"played to the end\\n\");\n  return 0;\n}\n";
      return;
    }
    text_ += sight_.code;
    text_ += "  printf(\"" + field_->field + ": %s; " + about_.expected_by + ": %s\\n\", saw, " + quoted(field_->model) + ");\n";
    text_ += "  return strcmp(saw, " + quoted(field_->model) + ") != 0;\n}\n";
  }

  void setup(std::uint8_t index) {
    const ContextSetup& s = trace_.setup.contexts[index];
    const std::string x = context_name(index);
    line(x + " = context()");
    if (s.mode) line("SSL_CTX_set_session_cache_mode(" + x + ", " + mode_in_c(*s.mode) + ")");
    if (s.size) line("SSL_CTX_sess_set_cache_size(" + x + ", " + number(*s.size) + ")");
    if (s.timeout) line("SSL_CTX_set_timeout(" + x + ", " + number(*s.timeout) + ")");
    if (s.id_context.length) id_context("SSL_CTX_set_session_id_context", x, s.id_context);
    if (s.verify_peer) line("SSL_CTX_set_verify(" + x + ", SSL_VERIFY_PEER, NULL)");
    if (s.callbacks != Callbacks{}) set_callbacks(index, s.callbacks);
  }

  void id_context(const std::string& function, const std::string& on, const IdContext& value, const std::string& to = "") {
    line(to + function + "(" + on + ", (const unsigned char *)" + bytes(value) + ", " + number(value.length) + ")");
  }

  void set_callbacks(std::uint8_t index, const Callbacks& c) {
    const std::string x = context_name(index);
    const auto set = [&](const std::string& which, bool present) {
      line("SSL_CTX_sess_set_" + which + "_cb(" + x + ", " + (present ? which + "_" + x : "NULL") + ")");
    };
    set("new", c.new_session != NewCallback::absent);
    set("get", c.get_session != GetCallback::absent);
    set("remove", c.remove_session != RemoveCallback::absent);
    if (c.new_session == NewCallback::returns_zero) line("new_" + x + "_answer = 0");
    if (c.new_session == NewCallback::returns_one) line("new_" + x + "_answer = 1");
    if (c.get_session == GetCallback::copy_zero) line("get_" + x + "_copy = 0");
    if (c.get_session == GetCallback::copy_one) line("get_" + x + "_copy = 1");
  }

  static std::string when(const Number& n) {
    if (!n.from_now) return number(n.value);
    return n.value == 0 ? "now" : "now + " + number(n.value);
  }

  void command(const Command& c) {
    const std::string x = context_name(c.context), h = slot(c.slot), to = slot(c.keep);
    const auto guarded = [&](const std::string& code) { line("if (" + h + ") " + code); };
    switch (c.op) {
      case Op::connect: {
        const std::string call = "connect_to(" + context_name(c.client) + ", " + x + ", " + h + ", " + address(c.keep) + ", " +
                                 address(c.keep_server) + ", " + std::to_string(c.flights) + ", " +
                                 std::to_string(static_cast<int>(c.client_end)) + ", " +
                                 std::to_string(static_cast<int>(c.server_end)) + ", " +
                                 (c.id_context ? bytes(*c.id_context) : "NULL") + ")";
        if (c.repeat > 1)
          line("for (i = 0; i < " + std::to_string(c.repeat) + "; i++) " +
               (uses_callbacks() ? "callback_count = 0, " : "") + call);
        else
          line(call);
        line("result = client_done && server_done");
        break;
      }
      case Op::set_mode: line("result = SSL_CTX_set_session_cache_mode(" + x + ", " + mode_in_c(c.number.value) + ")"); break;
      case Op::set_size: line("result = SSL_CTX_sess_set_cache_size(" + x + ", " + number(c.number.value) + ")"); break;
      case Op::set_timeout: line("result = SSL_CTX_set_timeout(" + x + ", " + number(c.number.value) + ")"); break;
      case Op::set_id_context: id_context("SSL_CTX_set_session_id_context", x, *c.id_context, "result = "); break;
      case Op::set_verify_peer:
        line("SSL_CTX_set_verify(" + x + ", " + (c.number.value ? "SSL_VERIFY_PEER" : "SSL_VERIFY_NONE") + ", NULL)");
        break;
      case Op::set_callbacks: set_callbacks(c.context, c.callbacks); break;
      case Op::add: guarded("result = SSL_CTX_add_session(" + x + ", " + h + ")"); break;
      case Op::remove: guarded("result = SSL_CTX_remove_session(" + x + ", " + h + ")"); break;
      case Op::flush: line("SSL_CTX_flush_sessions(" + x + ", " + when(c.number) + ")"); break;
      case Op::advance:
        line("now_us += " + number(c.number.value % 1'000'000) + ", now += " + number(c.number.value / 1'000'000) +
             " + now_us / 1000000, now_us %= 1000000");
        break;
      case Op::set_session_time: guarded("result = SSL_SESSION_set_time(" + h + ", " + when(c.number) + ")"); break;
      case Op::set_session_timeout: guarded("result = SSL_SESSION_set_timeout(" + h + ", " + number(c.number.value) + ")"); break;
      case Op::set_session_id_context:
        guarded("result = SSL_SESSION_set1_id_context(" + h + ", (const unsigned char *)" + bytes(*c.id_context) + ", " +
                number(c.id_context->length) + ")");
        break;
      case Op::make:
        line(h + " = SSL_SESSION_new()");
        line("SSL_SESSION_set1_id(" + h + ", (const unsigned char *)\"made" + number(c.number.value) +
             "...........................\", " + (c.number.value ? "32" : "0") + ")");
        line("SSL_SESSION_set_protocol_version(" + h + ", TLS1_2_VERSION)");
        if (c.id_context->length) id_context("SSL_SESSION_set1_id_context", h, *c.id_context);
        if (text_.find("static int name(") != std::string::npos) line("name(" + h + ")");
        break;
      case Op::dup: guarded(to + " = SSL_SESSION_dup(" + h + ")"); break;
      case Op::serialise: guarded(to + " = through_bytes(" + h + ")"); break;
      case Op::drop: line("SSL_SESSION_free(" + h + "), " + h + " = NULL"); break;
      case Op::answer:
        if (has_get(c.context)) guarded("answer_" + x + " = SSL_SESSION_dup(" + h + ")");
        break;
      case Op::lose:
        if (text_.find("store_" + x) != std::string::npos) line("memset(store_" + x + ", 0, sizeof store_" + x + ")");
        break;
      case Op::renew:
        line("SSL_CTX_free(" + x + ")");
        setup(c.context);
        break;
      case Op::count: break;
    }
  }

  const Trace& trace_;
  const Reproduction& about_;
  const FieldDifference* field_ = nullptr;
  Sight sight_;
  std::string text_;
};

}  // namespace

std::string reproduce(const Trace& trace, std::size_t command, std::size_t repetition,
                      std::span<const FieldDifference> fields, const Reproduction& about) {
  Trace start = trace;
  if (command < start.commands.size()) {
    start.commands.resize(command + 1);
    if (start.commands.back().op == Op::connect)
      start.commands.back().repeat = static_cast<std::uint16_t>(repetition + 1);
  }
  return Program(start, fields, about).write();
}

}  // namespace sesscheck
