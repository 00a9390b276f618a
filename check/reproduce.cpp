// The program around the statements: head, declarations, callbacks, connections.
#include <sstream>

#include "check/reproduce_program.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {

std::string Program::write() {
  head();
  includes();
  const std::size_t clock_at = text_.size();
  text_ += settings_.context_function();
  declarations();
  const bool logs = sight_.logs, stores = uses_callbacks(), plain = settings_.plain();
  names_ = plain ? logs || stores || sight_.describes : keeps_sessions() || settings_.mentions(Setting::store_of);
  if (names_) text_ += c_parts::names;
  if (sight_.describes) describe();
  if (sight_.finds) text_ += c_parts::find_cached;
  if (logs_callbacks()) text_ += c_parts::log;
  if (settings_.calls()) calls();
  if (settings_.mentions(Setting::store_of)) shared_stores();
  for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i) callbacks(static_cast<std::uint8_t>(i));
  text_ += settings_.callback_functions();
  if (!settings_.simple())
    connections();
  else if (uses(Op::connect))
    part(c_parts::connection);
  main();
  if (result_used_ || sight_.code.find("(long)result") != std::string::npos) text_.insert(result_at_, "static long result;\n");
  // Without a word of time the program takes the real one, of which little passes.
  const auto told = [this](const char* word) { return text_.find(word) != std::string::npos; };
  if (settings_.mentions(Setting::transport) || told("now") || told("1700000000") || told("_set_time"))
    text_.insert(clock_at, c_parts::clock);
  return std::move(text_);
}

bool Program::has_callbacks(std::uint8_t index) const {
  return trace_.setup.contexts[index].callbacks != Callbacks{} ||
         std::ranges::any_of(trace_.commands, [&](const Command& c) {
           return c.op == Op::set_callbacks && c.context == index && c.callbacks != Callbacks{};
         });
}

void Program::includes() {
  if (settings_.mentions(Setting::transport)) text_ += "#define OPENSSL_SUPPRESS_DEPRECATED /* SSL_CTX_set_ssl_version */\n";
  text_ += c_parts::includes;
  std::string more;
  if (settings_.mentions(Setting::ticket_callback)) more += "#include <openssl/evp.h>\n#include <openssl/params.h>\n";
  if (settings_.mentions(Setting::ticket_callback) || settings_.mentions(Setting::generate_id))
    more += "#include <openssl/rand.h>\n";
  const std::string before = "#include <openssl/ssl.h>\n";
  text_.insert(text_.rfind(before), more);
}

void Program::describe() {
  std::string text = settings_.plain() ? c_parts::describe : c_parts::describe_unnamed;
  const auto told = [this](const char* what) {
    return field_->model.find(what) != std::string::npos || field_->library.find(what) != std::string::npos;
  };
  if (told(" id-context=") || told(" host-name=") || told(" alpn=") || told(" data=") || told(" peer")) {
    text_ += c_parts::contents;
  } else {
    text.erase(text.rfind("%s\", "), 2);
    replace(text, ", contents(s)", "");
  }
  text_ += text;
}

Store Program::store_kind(std::uint8_t index) const {
  const std::vector<ContextSetup>& contexts = trace_.setup.contexts;
  std::int64_t whose = contexts[index].settings[Setting::store_of];
  for (const Command& c : trace_.commands)
    if (c.op == Op::configure && c.setting == Setting::store_of && c.context == index && whose == 0) whose = c.number.value;
  return whose == 0 ? contexts[index].store : contexts[static_cast<std::size_t>(whose - 1)].store;
}

bool Program::needs(const std::string& mark) const {
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
  if (mark == "keep") return any([](const Command& c) { return c.op == Op::connect && (c.keep || c.keep_server); });
  if (mark == "ends") return needs_ends();
  if (mark == "tidy") return !needs_ends();
  if (mark == "names") return names_ && settings_.plain();
  if (mark == "close") return uses(Op::connect) || uses(Op::close) || opens_again();
  if (mark == "clear_early") return uses(Op::clear) && settings_.early();
  if (mark == "new_ticket") return uses(Op::new_ticket);
  if (mark == "verify_client") return uses(Op::verify_client);
  for (const Op op : {Op::connect, Op::renegotiate, Op::garble, Op::clear})
    if (mark == info(op).name) return uses(op);
  return false;
}

bool Program::needs_ends() const {
  return opens_again() || std::ranges::any_of(trace_.commands, [](const Command& c) {
    return c.op == Op::offer || ((c.op == Op::connect || c.op == Op::close) && (c.client_end != End::shutdown || c.server_end != End::shutdown));
  });
}

void Program::connections() {
  if (settings_.requests_certificates() && settings_.client_certificates()) text_ += "\nstatic int shows_certificate;";
  if (settings_.mentions(Setting::host_name)) text_ += "\nstatic const char *host_name; /* that the next client sends */";
  part(c_parts::connections);
  std::string names;
  for (std::uint8_t i = 0; i < connections_max; ++i)
    if (std::ranges::any_of(trace_.commands, [i](const Command& c) { return c.op == Op::open && c.connection == i; }))
      names += (names.empty() ? "" : ", ") + connection_name(i);
  if (!names.empty()) text_ += "static struct connection " + names + ";\n";
  if (sight_.code.find("state_names") != std::string::npos)
    text_ += "static const char *state_names[] = {\"not started\", \"unfinished\", \"failed\", \"finished\"};\n";
}

void Program::part(const char* text) {
  std::istringstream lines(text);
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
}

void Program::declarations() {
  for (const Command& c : trace_.commands) held_[c.slot] = held_[c.keep] = held_[c.keep_server] = true;
  if (settings_.calls()) held_[1] = true;
  if (field_ && field_->field.size() == 2 && field_->field[0] == 'h') held_[static_cast<std::size_t>(field_->field[1] - '0')] = true;
  std::string contexts, slots;
  for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
    contexts += (i ? ", *" : "*") + context_name(static_cast<std::uint8_t>(i));
  for (std::uint8_t s = 1; s <= slots_max; ++s)
    if (held_[s]) slots += (slots.empty() ? "*" : ", *") + slot(s);
  text_ += "\nstatic SSL_CTX " + contexts + ";\n";
  if (!slots.empty()) text_ += "static SSL_SESSION " + slots + "; /* in the application's hands */\n";
  result_at_ = text_.size();
}

bool Program::any_callbacks(std::uint8_t index, bool (*wanted)(const Callbacks&)) const {
  return wanted(trace_.setup.contexts[index].callbacks) ||
         std::ranges::any_of(trace_.commands, [&](const Command& c) {
           return c.op == Op::set_callbacks && c.context == index && wanted(c.callbacks);
         });
}

void Program::callbacks(std::uint8_t index) {
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

void Program::calls_from(std::string& text, const std::string& which, std::uint8_t index) const {
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

void Program::main() {
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
    give_up();
    text_ += "  printf(\"played to the end\\n\");\n  return 0;\n}\n";
    return;
  }
  text_ += sight_.code;
  text_ += "  printf(\"" + field_->field + ": %s; " + about_.expected_by + ": %s\\n\", saw, " + quoted(sight_.expected) + ");\n";
  text_ += "  return strcmp(saw, " + quoted(sight_.expected) + ") != 0;\n}\n";
}

void Program::give_up() {
  text_ += "  /* everything is given up */\n";
  for (std::uint8_t i = 0; i < connections_max; ++i)
    if (known_[i].open)
      for (const char* end : {".client", ".server"}) line("SSL_free(" + connection_name(i) + end + ".ssl)");
  for (std::size_t i = 0; i < trace_.setup.contexts.size(); ++i)
    line("SSL_CTX_free(" + context_name(static_cast<std::uint8_t>(i)) + ")");
  for (std::uint8_t s = 1; s <= slots_max; ++s)
    if (held_[s]) line("SSL_SESSION_free(" + slot(s) + ")");
}

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
