#include "check/reproduce.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "check/reproduce_open.hpp"
#include "check/reproduce_parts.hpp"
#include "check/reproduce_settings.hpp"
#include "check/reproduce_sight.hpp"
#include "check/reproduce_words.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

class Program {
 public:
  Program(const Trace& trace, std::span<const FieldDifference> fields, const Reproduction& about)
      : trace_(trace), about_(about), settings_(trace) {
    const Command* last = trace.commands.empty() ? nullptr : &trace.commands.back();
    const Seeing seeing{settings_.plain(), settings_.simple(), last && is_on_connection(last->op) ? connection_name(last->connection) : "c0"};
    for (const FieldDifference& field : fields) {
      sight_ = sight(field, seeing);
      if (sight_.logs && !uses_callbacks()) sight_ = {};
      if (sight_.code.empty()) continue;
      field_ = &field;
      break;
    }
  }

  std::string write() {
    head();
    includes();
    text_ += c_parts::clock;
    text_ += settings_.context_function();
    declarations();
    const bool logs = sight_.logs, stores = uses_callbacks(), plain = settings_.plain();
    const bool names = plain ? logs || stores || sight_.describes : keeps_sessions() || settings_.mentions(Setting::store_of);
    if (names) text_ += c_parts::names;
    if (sight_.describes) describe();
    if (sight_.finds) text_ += c_parts::find_cached;
    if (logs_callbacks()) text_ += c_parts::log;
    if (settings_.calls()) calls();
    if (settings_.mentions(Setting::store_of)) shared_stores();
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i) callbacks(static_cast<std::uint8_t>(i));
    text_ += settings_.callback_functions();
    settings_.simple() ? simple_connection(plain && names) : connections();
    main();
    if (result_used_ || sight_.code.find("(long)result") != std::string::npos) text_.insert(result_at_, "static long result;\n");
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

  static std::string connection_name(std::uint8_t index) { return "c" + std::to_string(index + 1); }

  void includes() {
    text_ += c_parts::includes;
    std::string more;
    if (settings_.mentions(Setting::ticket_callback)) more += "#include <openssl/evp.h>\n#include <openssl/params.h>\n";
    if (settings_.mentions(Setting::ticket_callback) || settings_.mentions(Setting::generate_id))
      more += "#include <openssl/rand.h>\n";
    const std::string before = "#include <openssl/ssl.h>\n";
    text_.insert(text_.rfind(before), more);
  }

  /// A session in words; what seldom is in one, only where it is.
  void describe() {
    std::string text = settings_.plain() ? c_parts::describe : c_parts::describe_unnamed;
    const auto told = [this](const char* what) {
      return field_->model.find(what) != std::string::npos || field_->library.find(what) != std::string::npos;
    };
    if (told(" id-context=") || told(" host-name=") || told(" alpn=") || told(" data=")) {
      text_ += c_parts::contents;
    } else {
      text.erase(text.rfind("%s\", "), 2);
      replace(text, ", contents(s)", "");
    }
    text_ += text;
  }

  /// All stores, and which of them stands behind the callbacks of each context.
  void shared_stores() {
    text_ += "\n";
    for (std::uint8_t i = 0; i < trace_.setup.contexts.size(); ++i)
      text_ += "SSL_SESSION *store_" + context_name(i) + "[4097], **of_" + context_name(i) + " = store_" + context_name(i) + ";\n";
  }

  /// What the store behind a context's callbacks keeps: that of the context whose store it ever is.
  [[nodiscard]] Store store_kind(std::uint8_t index) const {
    const std::vector<ContextSetup>& contexts = trace_.setup.contexts;
    std::int64_t whose = contexts[index].settings[Setting::store_of];
    for (const Command& c : trace_.commands)
      if (c.op == Op::configure && c.setting == Setting::store_of && c.context == index && whose == 0) whose = c.number.value;
    return whose == 0 ? contexts[index].store : contexts[static_cast<std::size_t>(whose - 1)].store;
  }

  void calls() {
    std::string text = c_parts::calls;
    for (std::size_t at; (at = text.find("HELD")) != std::string::npos;) text.replace(at, 4, "h1");
    text_ += text;
  }

  void simple_connection(bool names) {
    std::string connection = c_parts::connection;
    const std::string mark = "  if (server_done) NAME(SSL_get_session(server));\n";
    connection.replace(connection.find(mark), mark.size(), names ? "  if (server_done) name(SSL_get_session(server));\n" : "");
    if (uses(Op::connect)) text_ += connection;
  }

  [[nodiscard]] bool opens_again() const {
    std::array<int, connections_max> opened{};
    return std::ranges::any_of(trace_.commands, [&](const Command& c) { return c.op == Op::open && opened[c.connection]++ > 0; });
  }

  [[nodiscard]] bool needs(const std::string& mark) const {
    const auto any = [this](auto is) { return std::ranges::any_of(trace_.commands, is); };
    if (mark == "early") return settings_.early();
    if (mark == "late") return !settings_.early();
    if (mark == "reuse") return sight_.reuse;
    if (mark == "error") return sight_.errors;
    if (mark == "noerror") return !sight_.errors;
    if (mark == "idcontext") return any([](const Command& c) { return (c.op == Op::connect || c.op == Op::open) && c.id_context; });
    if (mark == "hostname") return settings_.mentions(Setting::host_name);
    if (mark == "nocertificate") return settings_.requests_certificates() && !settings_.client_certificates();
    if (mark == "somecertificate") return settings_.requests_certificates() && settings_.client_certificates();
    if (mark == "shut") return uses(Op::shut) || uses(Op::hang_up) || uses(Op::renegotiate) || uses(Op::new_ticket) || uses(Op::verify_client);
    if (mark == "shut_function") return uses(Op::shut);
    if (mark == "close") return uses(Op::connect) || uses(Op::close) || opens_again();
    if (mark == "clear_early") return uses(Op::clear) && settings_.early();
    if (mark == "new_ticket") return uses(Op::new_ticket);
    if (mark == "verify_client") return uses(Op::verify_client);
    for (const Op op : {Op::connect, Op::renegotiate, Op::garble, Op::clear})
      if (mark == info(op).name) return uses(op);
    return false;
  }

  /// The connections, without the lines and pieces that have no use here: "@mark line" and "@mark piece@".
  void connections() {
    if (settings_.requests_certificates() && settings_.client_certificates()) text_ += "\nstatic int shows_certificate;";
    if (settings_.mentions(Setting::host_name)) text_ += "\nstatic const char *host_name; /* that the next client sends */";
    std::istringstream lines(c_parts::connections);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with('@')) {
        const std::size_t space = line.find(' ');
        if (!needs(line.substr(1, space - 1))) continue;
        line.erase(0, space + 1);
      }
      for (std::size_t at; (at = line.find('@')) != std::string::npos;) {
        const std::size_t space = line.find(' ', at), end = line.find('@', space);
        const bool kept = needs(line.substr(at + 1, space - at - 1));
        line.replace(at, end + 1 - at, kept ? line.substr(space + 1, end - space - 1) : "");
      }
      text_ += line + "\n";
    }
    std::string names;
    for (std::uint8_t i = 0; i < connections_max; ++i)
      if (std::ranges::any_of(trace_.commands, [i](const Command& c) { return c.op == Op::open && c.connection == i; }))
        names += (names.empty() ? "" : ", ") + connection_name(i);
    if (!names.empty()) text_ += "static struct connection " + names + ";\n";
    if (sight_.code.find("state_names") != std::string::npos)
      text_ += "static const char *state_names[] = {\"not started\", \"unfinished\", \"failed\", \"finished\"};\n";
  }

  /// A plain program always does: a store needs names.
  [[nodiscard]] bool logs_callbacks() const {
    return uses_callbacks() && (settings_.plain() || settings_.calls() || sight_.logs);
  }

  void head() {
    text_ += "/*\n";
    for (const std::string& line : about_.head) text_ += " * " + line + "\n";
    text_ += " *\n * cc FILE.c -lssl -lcrypto && ./a.out\n * Exit code: 1 when the difference is there, 0 when it is not.\n */\n";
  }

  void declarations() {
    std::array<bool, slots_max + 1> used{};
    for (const Command& c : trace_.commands) used[c.slot] = used[c.keep] = used[c.keep_server] = true;
    if (settings_.calls()) used[1] = true;
    if (field_ && field_->field.size() == 2 && field_->field[0] == 'h') used[static_cast<std::size_t>(field_->field[1] - '0')] = true;
    std::string contexts, slots;
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      contexts += (i ? ", *" : "*") + context_name(static_cast<std::uint8_t>(i));
    for (std::uint8_t s = 1; s <= slots_max; ++s)
      if (used[s]) slots += (slots.empty() ? "*" : ", *") + slot(s);
    text_ += "\nstatic SSL_CTX " + contexts + ";\n";
    if (!slots.empty()) text_ += "static SSL_SESSION " + slots + "; /* in the application's hands */\n";
    result_at_ = text_.size();
  }

  [[nodiscard]] bool any_callbacks(std::uint8_t index, bool (*wanted)(const Callbacks&)) const {
    return wanted(trace_.setup.contexts[index].callbacks) ||
           std::ranges::any_of(trace_.commands, [&](const Command& c) {
             return c.op == Op::set_callbacks && c.context == index && wanted(c.callbacks);
           });
  }
  [[nodiscard]] bool has_new(std::uint8_t index) const {
    return any_callbacks(index, [](const Callbacks& c) { return c.new_session != NewCallback::absent; });
  }
  /// Whether anything ever gets into the external store.
  [[nodiscard]] bool keeps_sessions(std::uint8_t index) const {
    return trace_.setup.contexts[index].store != Store::none && has_new(index);
  }
  [[nodiscard]] bool keeps_sessions() const {
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
      if (keeps_sessions(static_cast<std::uint8_t>(i))) return true;
    return false;
  }
  [[nodiscard]] bool has_get(std::uint8_t index) const {
    return any_callbacks(index, [](const Callbacks& c) { return c.get_session != GetCallback::absent; });
  }

  /// The store and the callbacks of one context.
  void callbacks(std::uint8_t index) {
    if (!has_callbacks(index)) return;
    const Store store = store_kind(index);
    const bool shared = settings_.mentions(Setting::store_of);
    const bool has_remove =
        any_callbacks(index, [](const Callbacks& c) { return c.remove_session != RemoveCallback::absent; });
    const bool keeps = settings_.plain() || shared || keeps_sessions(index);
    std::string text = keeps && !shared && (store != Store::none || has_get(index) || has_remove) ? c_parts::store : "\n";
    if (has_new(index)) text += keeps ? c_parts::new_callback : c_parts::new_callback_storeless;
    if (has_get(index)) text += keeps ? c_parts::get_callback : c_parts::get_callback_storeless;
    if (has_remove) text += keeps ? c_parts::remove_callback : c_parts::remove_callback_storeless;
    replace(text, "STORE", store == Store::references
                               ? "  if (!new_X_answer) SSL_SESSION_up_ref(sess);\n  store_X[name(sess)] = sess;\n"
                           : store == Store::serialised ? "  store_X[name(sess)] = through_bytes(sess);\n"
                                                        : "");
    replace(text, "GET", store == Store::serialised ? "    if (r) r = through_bytes(r);\n"
                                                    : "    if (r && !get_X_copy) SSL_SESSION_up_ref(r);\n");
    if (shared)
      for (std::size_t at; (at = text.find("store_X[")) != std::string::npos;) text.replace(at, 7, "of_X");
    if (!settings_.plain()) {
      replace(text, "new(s%d)\", name(sess)", "new\"");
      replace(text, "get(s%d) -> s%d\", which, name(r)", "get -> session\"");
      replace(text, "get(s%d) -> nothing\", which", "get -> nothing\"");
      replace(text, "remove(s%d)\", name(sess)", "remove\"");
    }
    const bool untouched = any_callbacks(index, [](const Callbacks& c) { return c.get_session == GetCallback::untouched; });
    replace(text, "COPY", untouched ? "  if (get_X_copy != 2) *copy = get_X_copy; /* 2: left as it is */\n" : "  *copy = get_X_copy;\n");
    if (!logs_callbacks())
      for (std::size_t at; (at = text.find("slot()")) != std::string::npos;) {
        const std::size_t start = text.rfind('\n', at) + 1;
        text.erase(start, text.find('\n', at) + 1 - start);
      }
    for (const char* which : {"new", "get", "remove"}) calls_from(text, which, index);
    const std::string x = context_name(index);
    for (std::size_t at; (at = text.find("_X")) != std::string::npos;) text.replace(at, 2, "_" + x);
    for (std::size_t at; (at = text.find("X: ")) != std::string::npos;) text.replace(at, 1, x);
    for (std::size_t at; (at = text.find("X_context")) != std::string::npos;) text.replace(at, 9, x);
    for (std::size_t at; (at = text.find("\"X\"")) != std::string::npos;) text.replace(at + 1, 1, x);
    replace(text, "of X;", "of " + x + ";");
    if (store == Store::serialised && text_.find("through_bytes") == std::string::npos) need_bytes();
    text_ += text;
  }

  /// What a callback calls besides: a line at its end, and what it is told to.
  void calls_from(std::string& text, const std::string& which, std::uint8_t index) const {
    const Setting setting = which == "new" ? Setting::new_calls : which == "get" ? Setting::get_calls : Setting::remove_calls;
    const std::string mark = "CALLS_" + which;
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) return;
    if (!settings_.mentions(setting)) return void(text.erase(at, mark.size()));
    const std::string of_which = which + "_X", other = context_name(static_cast<std::uint8_t>((index + 1U) % trace_.setup.contexts.size()));
    text.replace(at, mark.size(),
                 which == "remove" ? "  call(\"X\", c == X_context ? c : NULL, " + other + ", remove_X_calls);\n"
                                   : "  call(\"X\", X_context, " + other + ", " + of_which + "_calls);\n");
    const std::string function = which == "get" ? "static SSL_SESSION *get_X(" : which == "new" ? "static int new_X(" : "static void remove_X(";
    text.insert(text.find(function), "static int " + of_which + "_calls;\n");
  }

  void need_bytes() {
    text_ += c_parts::through_bytes;
  }

  void line(const std::string& code) {
    result_used_ |= code.find("result = ") != std::string::npos;
    text_ += "  " + code + ";\n";
  }
  /// Of a connection; only where someone asks.
  void result_line(const std::string& code) {
    if (sight_.code.find("(long)result") != std::string::npos) line("result = " + code);
  }

  void main() {
    if (uses(Op::serialise) && text_.find("through_bytes") == std::string::npos) need_bytes();
    text_ += "\nint main(void) {\n";
    if (field_) text_ += "  char saw[200];\n";
    const bool loops = std::ranges::any_of(trace_.commands, [](const Command& c) { return c.repeat > 1; });
    if (loops) text_ += "  int i;\n";
    if (settings_.calls() && uses(Op::renew)) text_ += "  SSL_CTX *old;\n";
    for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i) setup(static_cast<std::uint8_t>(i));
    for (std::size_t i = 0; i < trace_.commands.size(); ++i) {
      text_ += "  /* " + to_text(trace_.commands[i]) + " */\n";
      if (logs_callbacks() && i + 1 == trace_.commands.size() && trace_.commands[i].repeat == 1) line("callback_count = 0");
      if (i + 1 == trace_.commands.size()) result_line("0");
      command(trace_.commands[i]);
    }
    if (!field_) {
      text_ += "  printf(\"played to the end\\n\");\n  return 0;\n}\n";
      return;
    }
    text_ += sight_.code;
    text_ += "  printf(\"" + field_->field + ": %s; " + about_.expected_by + ": %s\\n\", saw, " + quoted(sight_.expected) + ");\n";
    text_ += "  return strcmp(saw, " + quoted(sight_.expected) + ") != 0;\n}\n";
  }

  void setup(std::uint8_t index) {
    const ContextSetup& s = trace_.setup.contexts[index];
    const std::string x = context_name(index);
    line(x + " = context()");
    if (s.mode) line("SSL_CTX_set_session_cache_mode(" + x + ", " + mode_in_c(*s.mode) + ")");
    if (s.size) line("SSL_CTX_sess_set_cache_size(" + x + ", " + number(*s.size) + ")");
    if (s.timeout) line("SSL_CTX_set_timeout(" + x + ", " + number(*s.timeout) + ")");
    if (s.id_context.length) id_context("SSL_CTX_set_session_id_context", x, s.id_context);
    if (s.verify_peer) line("SSL_CTX_set_verify(" + x + ", SSL_VERIFY_PEER, " + accepts() + ")");
    for (const std::string& statement : settings_.setup(index)) setting(statement);
    if (s.callbacks != Callbacks{}) set_callbacks(index, s.callbacks, true);
  }

  [[nodiscard]] std::string accepts() const { return text_.find("int accept_any(") == std::string::npos ? "NULL" : "accept_any"; }

  /// A statement, unless it is about a callback that there is not.
  void setting(const std::string& statement) {
    const std::size_t calls = statement.find("_calls = ");
    if (calls == std::string::npos || text_.find("static int " + statement.substr(0, calls) + "_calls;") != std::string::npos)
      line(statement);
  }

  void id_context(const std::string& function, const std::string& on, const IdContext& value, const std::string& to = "") {
    line(to + function + "(" + on + ", (const unsigned char *)" + bytes(value) + ", " + number(value.length) + ")");
  }

  void set_callbacks(std::uint8_t index, const Callbacks& c, bool fresh = false) {
    const std::string x = context_name(index);
    const auto set = [&](const std::string& which, bool present) {
      if (present || !fresh) line("SSL_CTX_sess_set_" + which + "_cb(" + x + ", " + (present ? which + "_" + x : "NULL") + ")");
    };
    set("new", c.new_session != NewCallback::absent);
    set("get", c.get_session != GetCallback::absent);
    set("remove", c.remove_session != RemoveCallback::absent);
    if (c.new_session == NewCallback::returns_zero) line("new_" + x + "_answer = 0");
    if (c.new_session == NewCallback::returns_one) line("new_" + x + "_answer = 1");
    if (c.get_session != GetCallback::absent)
      line("get_" + x + "_copy = " + (c.get_session == GetCallback::copy_zero ? "0" : c.get_session == GetCallback::copy_one ? "1" : "2"));
  }

  /// The name or protocol of this number: "a", or NULL.
  static std::string letter(std::int64_t which) { return which == 0 ? "NULL" : quoted(which == 1 ? "a" : "b"); }

  /// The bytes of an id of `make`, and their length.
  static std::string made(std::int64_t which) {
    return quoted("made" + number(which) + "...........................") + (which != 0 ? ", 32" : ", 0");
  }

  void command(const Command& c) {
    const std::string x = context_name(c.context), h = slot(c.slot), to = slot(c.keep);
    const auto guarded = [&](const std::string& code) { line("if (" + h + ") " + code); };
    switch (c.op) {
      case Op::connect: connect(c); break;
      case Op::set_mode: line("result = SSL_CTX_set_session_cache_mode(" + x + ", " + mode_in_c(c.number.value) + ")"); break;
      case Op::set_size: line("result = SSL_CTX_sess_set_cache_size(" + x + ", " + number(c.number.value) + ")"); break;
      case Op::set_timeout: line("result = SSL_CTX_set_timeout(" + x + ", " + number(c.number.value) + ")"); break;
      case Op::set_id_context: id_context("SSL_CTX_set_session_id_context", x, *c.id_context, "result = "); break;
      case Op::set_verify_peer:
        line("SSL_CTX_set_verify(" + x + ", " + (c.number.value ? "SSL_VERIFY_PEER" : "SSL_VERIFY_NONE") + ", " +
             accepts() + ")");
        break;
      case Op::set_callbacks: set_callbacks(c.context, c.callbacks); break;
      case Op::add: guarded("result = SSL_CTX_add_session(" + x + ", " + h + ")"); break;
      case Op::remove: guarded("result = SSL_CTX_remove_session(" + x + ", " + h + ")"); break;
      case Op::flush: line("SSL_CTX_flush_sessions(" + x + ", " + when(c.number) + ")"); break;
      case Op::advance:
        line("now_us += " + number(c.number.value % 1'000'000) + ", now += " + number(c.number.value / 1'000'000) +
             " + now_us / 1000000, now_us %= 1000000");
        break;
      case Op::rewind:
        line("now = (now - " + number(c.number.value / 1'000'000) + ") * 1000000 + now_us - " + number(c.number.value % 1'000'000) +
             ", now = now < 1000000 ? 1000000 : now, now_us = now % 1000000, now /= 1000000");
        break;
      case Op::set_session_time: guarded("result = SSL_SESSION_set_time(" + h + ", " + when(c.number) + ")"); break;
      case Op::set_session_timeout: guarded("result = SSL_SESSION_set_timeout(" + h + ", " + number(c.number.value) + ")"); break;
      case Op::set_session_id_context:
        guarded("result = SSL_SESSION_set1_id_context(" + h + ", (const unsigned char *)" + bytes(*c.id_context) + ", " +
                number(c.id_context->length) + ")");
        break;
      case Op::set_session_id:
        guarded("result = SSL_SESSION_set1_id(" + h + ", (const unsigned char *)" + made(c.number.value) + ")");
        break;
      case Op::set_session_version:
        guarded("result = SSL_SESSION_set_protocol_version(" + h + ", TLS1_VERSION + " + number(c.number.value) + ")");
        break;
      case Op::set_session_host_name:
        guarded("result = SSL_SESSION_set1_hostname(" + h + ", " + letter(c.number.value) + ")");
        break;
      case Op::set_session_protocol:
        guarded("result = SSL_SESSION_set1_alpn_selected(" + h + ", (const unsigned char *)" + letter(c.number.value) + ", " +
                (c.number.value != 0 ? "1" : "0") + ")");
        break;
      case Op::set_session_early_data:
        guarded("result = SSL_SESSION_set_max_early_data(" + h + ", " + (c.number.value != 0 ? "16384" : "0") + ")");
        break;
      case Op::set_session_data:
        guarded("result = SSL_SESSION_set1_ticket_appdata(" + h + ", " + bytes(*c.id_context) + ", " + number(c.id_context->length) + ")");
        break;
      case Op::make:
        line(h + " = SSL_SESSION_new()");
        line("SSL_SESSION_set1_id(" + h + ", (const unsigned char *)" + made(c.number.value) + ")");
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
        if (settings_.mentions(Setting::store_of)) line("memset(of_" + x + ", 0, sizeof store_" + x + ")");
        else if (text_.find("store_" + x) != std::string::npos) line("memset(store_" + x + ", 0, sizeof store_" + x + ")");
        break;
      case Op::renew:
        if (settings_.calls()) {  // the callbacks know a context that goes by its not being there any more
          line("old = " + x + ", " + x + " = NULL");
          line("SSL_CTX_free(old)");
        } else {
          line("SSL_CTX_free(" + x + ")");
        }
        setup(c.context);
        break;
      case Op::configure:
        for (const std::string& statement : settings_.configure(c.context, c.setting, static_cast<std::uint8_t>(c.number.value)))
          setting(statement);
        break;
      case Op::open: case Op::deliver: case Op::offer: case Op::take: case Op::renegotiate: case Op::new_ticket: case Op::verify_client:
      case Op::shut: case Op::garble: case Op::hang_up: case Op::clear: case Op::close:
        with_connection(c);
        break;
      case Op::count: break;
    }
  }

  /// `early` and the session id context of `connect` and `open`, as far as there are such parameters.
  std::string more_arguments(const Command& c) const {
    return (settings_.simple() || !settings_.early() ? "" : c.early ? ", 1" : ", 0") +
           (settings_.simple() || needs("idcontext") ? ", " + (c.id_context ? bytes(*c.id_context) : std::string("NULL")) : "");
  }

  void client_of(const Command& c) {
    if (!settings_.simple() && needs("somecertificate"))
      line(std::string("shows_certificate = ") + (settings_.shows_certificate(c.client) ? "1" : "0"));
    if (settings_.mentions(Setting::host_name)) line("host_name = " + settings_.host_name(c.client));
  }

  void connect(const Command& c) {
    client_of(c);
    const std::string call = "connect_to(" + context_name(c.client) + ", " + context_name(c.context) + ", " + slot(c.slot) + ", " +
                             address(c.keep) + ", " + address(c.keep_server) + ", " + std::to_string(c.flights) + ", " +
                             std::to_string(static_cast<int>(c.client_end)) + ", " +
                             std::to_string(static_cast<int>(c.server_end)) + more_arguments(c) + ")";
    if (c.repeat > 1)
      line("for (i = 0; i < " + std::to_string(c.repeat) + "; i++) " + (logs_callbacks() ? "callback_count = 0, " : "") + call);
    else
      line(call);
    result_line(settings_.simple() ? "client_done && server_done" : "c0.client.state == finished && c0.server.state == finished");
  }

  void with_connection(const Command& c) {
    const std::string name = connection_name(c.connection), end = name + (c.at_server ? ".server" : ".client");
    Known& known = known_[c.connection];
    if (c.op == Op::open) {
      if (known.open) line("close_connection(&" + name + ", 2, 2)");
      known = {true, false, false};
      client_of(c);
      line("open_connection(&" + name + ", " + context_name(c.client) + ", " + context_name(c.context) + ", " + slot(c.slot) +
           more_arguments(c) + ")");
    }
    if (!known.open) return;
    const bool ends = c.op == Op::offer || c.op == Op::take || c.op == Op::clear || c.op == Op::close;
    if (known.replaced && !ends) return;  // outside the contract
    const std::string while_quiet = uses(Op::renegotiate) ? " && !" + name + ".renegotiating" : "";
    switch (c.op) {
      case Op::deliver:
        known.started = true;
        line("deliver(&" + name + ", " + std::to_string(c.flights) + ")");
        result_line(name + ".client.state == finished && " + name + ".server.state == finished");
        break;
      case Op::offer:
        known.replaced = known.started;
        line("result = SSL_set_session(" + name + ".client.ssl, " + slot(c.slot) + ")");
        break;
      case Op::take:
        line("SSL_SESSION_free(" + slot(c.keep) + ")");
        line("result = (" + slot(c.keep) + " = SSL_get1_session(" + end + ".ssl)) != NULL");
        break;
      case Op::renegotiate:
        line("result = renegotiate(&" + name + ", &" + end + ", " + (c.number.value == 1 ? "1" : "0") + ")");
        break;
      case Op::new_ticket: line("result = new_ticket(&" + name + ")"); break;
      case Op::verify_client: line("result = verify_client(&" + name + ")"); break;
      case Op::shut:
        line((while_quiet.empty() ? "result = " : "result = " + name + ".renegotiating ? 0 : ") + "shut(&" + name + ", &" + end +
             (c.client_end == End::quiet ? ", 1)" : ", 0)"));
        break;
      case Op::garble: line("if (" + end + ".state == finished" + while_quiet + ") garble(&" + end + ")"); break;
      case Op::hang_up:
        line("if (" + end + ".state == finished" + while_quiet + ") " + name + ".shut = 1, BIO_set_mem_eof_return(" + end +
             ".in, 0), advance(&" + end + ")");
        break;
      case Op::clear:
        known.started = known.replaced = false;
        line("clear_end(&" + name + ".client), clear_end(&" + name + ".server), result = 1");
        if (needs("shut")) line(name + ".shut = 0");
        if (uses(Op::renegotiate)) line(name + ".renegotiating = 0");
        break;
      case Op::close:
        line("close_connection(&" + name + ", " + std::to_string(known.replaced ? 2 : static_cast<int>(c.client_end)) + ", " +
             std::to_string(known.replaced ? 2 : static_cast<int>(c.server_end)) + ")");
        known = {};
        break;
      default: break;
    }
  }

  const Trace& trace_;
  const Reproduction& about_;
  SettingsInC settings_;
  struct Known {  ///< of a connection, without running the trace
    bool open = false, started = false, replaced = false;
  };
  std::array<Known, connections_max> known_{};
  const FieldDifference* field_ = nullptr;
  Sight sight_;
  std::string text_;
  std::size_t result_at_ = 0;  ///< where it is declared
  bool result_used_ = false;
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
