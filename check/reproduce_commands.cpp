// The statements of main(): the contexts as they begin, and each command.
#include "check/reproduce_program.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck {

void Program::setup(std::uint8_t index) {
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

void Program::setting(const std::string& statement) {
  const std::size_t calls = statement.find("_calls = ");
  if (calls == std::string::npos || text_.find("static int " + statement.substr(0, calls) + "_calls;") != std::string::npos)
    line(statement);
}

void Program::id_context(const std::string& function, const std::string& on, const IdContext& value, const std::string& to) {
  line(to + function + "(" + on + ", (const unsigned char *)" + bytes(value) + ", " + number(value.length) + ")");
}

void Program::set_callbacks(std::uint8_t index, const Callbacks& c, bool fresh) {
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

std::string Program::made(std::int64_t which) {
  return quoted("made" + number(which) + "............................") + (which == long_id ? ", 33" : which != 0 ? ", 32" : ", 0");
}

void Program::command(const Command& c) {
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
      guarded("result = SSL_SESSION_set_protocol_version(" + h + ", " +
              (c.number.value == static_cast<std::int64_t>(Version::dtls1_2) ? "DTLS1_2_VERSION" : "TLS1_VERSION + " + number(c.number.value)) + ")");
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

std::string Program::more_arguments(const Command& c) const {
  return (settings_.simple() || !settings_.early() ? "" : c.early ? ", 1" : ", 0") +
         (needs("idcontext") ? ", " + (c.id_context ? bytes(*c.id_context) : std::string("NULL")) : "");
}

void Program::client_of(const Command& c) {
  if (!settings_.simple() && needs("somecertificate"))
    line(std::string("shows_certificate = ") + (settings_.shows_certificate(c.client) ? "1" : "0"));
  if (settings_.mentions(Setting::host_name)) line("host_name = " + settings_.host_name(c.client));
}

std::string Program::endings(End client, End server) {
  return ", " + std::to_string(static_cast<int>(client)) + ", " + std::to_string(static_cast<int>(server));
}

void Program::connect(const Command& c) {
  client_of(c);
  const std::string call = "connect_to(" + context_name(c.client) + ", " + context_name(c.context) + ", " + slot(c.slot) +
                           (needs("keep") ? ", " + address(c.keep) + ", " + address(c.keep_server) : "") + ", " +
                           std::to_string(c.flights) + (needs_ends() ? endings(c.client_end, c.server_end) : "") + more_arguments(c) + ")";
  if (c.repeat > 1)
    line("for (i = 0; i < " + std::to_string(c.repeat) + "; i++) " + (logs_callbacks() ? "callback_count = 0, " : "") + call);
  else
    line(call);
  result_line(settings_.simple() ? "client_done && server_done" : "c0.client.state == finished && c0.server.state == finished");
}

void Program::with_connection(const Command& c) {
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
      line("close_connection(&" + name +
           (!needs_ends() ? "" : known.replaced ? endings(End::none, End::none) : endings(c.client_end, c.server_end)) + ")");
      known = {};
      break;
    default: break;
  }
}

}  // namespace sesscheck
