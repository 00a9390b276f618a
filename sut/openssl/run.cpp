#include "sut/openssl/run.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "sut/clock.hpp"

namespace sesscheck::openssl {
namespace {

constexpr std::uint32_t early_data_max = 16384;  // as in settings.cpp
constexpr int reason_mask = 0xfff;  // the part of an error code that 1.1.1 and 3.x agree on, but for
constexpr std::uint16_t common_of_1_1_1 = 65, common = 256, many_common = 6;  // the ERR_R_ reasons of all its libraries
int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

/// Bytes of a session id context, with room for one that is too long.
struct IdContextBytes {
  explicit IdContextBytes(const IdContext& value) : length(value.length) { std::memset(bytes, value.letter, sizeof bytes); }
  unsigned char bytes[id_context_trace_max];
  unsigned int length;
};

constexpr int counter_ctrl[counter_count] = {
    SSL_CTRL_SESS_CONNECT, SSL_CTRL_SESS_CONNECT_GOOD, SSL_CTRL_SESS_CONNECT_RENEGOTIATE, SSL_CTRL_SESS_ACCEPT,
    SSL_CTRL_SESS_ACCEPT_GOOD, SSL_CTRL_SESS_ACCEPT_RENEGOTIATE, SSL_CTRL_SESS_HIT, SSL_CTRL_SESS_CB_HIT,
    SSL_CTRL_SESS_MISSES, SSL_CTRL_SESS_TIMEOUTS, SSL_CTRL_SESS_CACHE_FULL};

/// Objects of the library are counted by what it calls for each one's extra data.
std::int64_t alive = 0;
void created(void*, void*, CRYPTO_EX_DATA*, int, long, void*) { ++alive; }
void freed(void*, void*, CRYPTO_EX_DATA*, int, long, void*) { --alive; }

}  // namespace

std::int64_t sessions_alive() { return alive; }

Equipment::Equipment(const Table& table) : f(table) {
  f.CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_SESSION, 0, nullptr, created, nullptr, freed);
  for (Wire& wire : wires)
    for (BIO** bio : {&wire.client.in, &wire.client.out, &wire.server.in, &wire.server.out}) *bio = f.BIO_new(f.BIO_s_mem());
}

Equipment::~Equipment() {
  for (const Wire& wire : wires)
    for (BIO* bio : {wire.client.in, wire.client.out, wire.server.in, wire.server.out}) f.BIO_free(bio);
  f.X509_free(certificate);
  f.EVP_PKEY_free(key);
}

Run* Run::running = nullptr;

Run::Run(const Table& f, Equipment& equipment, const Setup& setup, Peer* peer, Library own)
    : f_(f), equipment_(equipment), peer_(peer), own_(own), certificates_(setup.certificates), needs_certificate_(setup.certificates) {
  running = this;
  Observation ignored;
  seen_ = &ignored;
  virtual_clock::set(now_.seconds, now_.microseconds);
  for (const ContextSetup& context : setup.contexts) contexts_.emplace_back().setup = context;
  if (peer_) each([&] { few_suites_ |= f_.lacks.value(0, Setting::cipher, static_cast<std::uint8_t>(CipherChoice::sha384)); });
  for (std::uint8_t index = 0; index < contexts_.size(); ++index) at(library_of(index), [&] { make_context(index); });
}

Run::~Run() {
  Observation ignored;
  seen_ = &ignored;
  calling_ = true;  // callbacks call nothing any more: what they would look at is going away
  for (RealConnection& connection : connections_)
    for (RealEnd* end : {&connection.client, &connection.server})
      if (end->ssl) f_.SSL_free(end->ssl);
  for (RealContext& context : contexts_)
    if (context.ctx && !spoilt_)  // a cache that is may list what has been freed
      f_.SSL_CTX_free(std::exchange(context.ctx, nullptr));  // remove callbacks still reach the stores
  for (RealContext& context : contexts_) {
    f_.SSL_SESSION_free(context.answer);
    for (StoredSession& entry : context.store) discard(f_, entry);
  }
  for (SSL_SESSION* session : held_) f_.SSL_SESSION_free(session);
  for (SSL_SESSION* session : to_free_) f_.SSL_SESSION_free(session);
  f_.ERR_clear_error();
}

/// The session passes into the slot; what was there is given up.
void Run::hold(std::uint8_t slot, SSL_SESSION* session) {
  f_.SSL_SESSION_free(std::exchange(held_[slot], session));
  holders_[slot] = session ? std::optional(own_) : std::nullopt;
}

/// A session is an object of one library; one that is of another than this context cannot be had there.
bool Run::out_of_reach(std::uint8_t slot, std::uint8_t context) {
  if (!peer_ || !holders_[slot] || holders_[slot] == library_of(context)) return false;
  seen_->status = Status::unspecified;
  return true;
}

/// What a context's internal cache has under this session's id and version.
const SSL_SESSION* Run::cached(const SSL_CTX* ctx, const SSL_SESSION* like) const {
  OPENSSL_LHASH* cache = reinterpret_cast<OPENSSL_LHASH*>(f_.SSL_CTX_sessions(const_cast<SSL_CTX*>(ctx)));
  return static_cast<const SSL_SESSION*>(f_.OPENSSL_LH_retrieve(cache, like));
}

/// The context whose internal cache lists this very object; also one that was replaced, but still has a connection.
const SSL_CTX* Run::cache_of(const SSL_SESSION* session) const {
  const auto lists = [&](const SSL_CTX* ctx) { return ctx && cached(ctx, session) == session; };
  for (const RealContext& context : contexts_)
    if (lists(context.ctx)) return context.ctx;
  for (const RealConnection& connection : connections_)
    for (const SSL_CTX* ctx : {connection.client.ctx, connection.server.ctx, connection.server.current})
      if (lists(ctx)) return ctx;
  return nullptr;
}

/// Whether another context's internal cache lists it.
bool Run::cached_elsewhere(const SSL_CTX* ctx, const SSL_SESSION* session) const {
  const SSL_CTX* cache = cache_of(session);
  return cache && cache != ctx;
}

/// The context that an SSL was made from, whose caches and callbacks it uses: it may have been replaced since.
const SSL_CTX* Run::made_from(const SSL* ssl) const {
  for (const RealConnection& c : connections_)
    for (const RealEnd* end : {&c.client, &c.server})
      if (end->ssl == ssl) return end->ctx;
  return nullptr;
}

/// A session of an open connection that may still give it an id, or store it in another cache: in this one, libssl would
/// read freed memory, or have one object in two lists.
bool Run::unfinished(std::uint8_t index, SSL_SESSION* session) const {
  unsigned int length = 0;
  f_.SSL_SESSION_get_id(session, &length);
  const bool copied = !f_.SSL_CTX_sessions(contexts_[index].ctx);  // into the table of the process: each cache has an object of its own
  const bool to_be_stored = !copied && !f_.SSL_SESSION_get0_cipher(session);
  return std::ranges::any_of(connections_, [&](const RealConnection& c) {
    const auto young = [&](const RealEnd& end) {
      return end.ssl && f_.SSL_get_session(end.ssl) == session && (length == 0 || (to_be_stored && end.ctx != contexts_[index].ctx));
    };
    return young(c.client) || young(c.server);
  });
}

/// Whether an open connection goes on with this session.
bool Run::in_use(const SSL_SESSION* session) const {
  return std::ranges::any_of(connections_, [&](const RealConnection& c) {
    const auto goes_on = [&](const RealEnd& end) { return end.ssl && f_.SSL_get_session(end.ssl) == session; };
    return goes_on(c.client) || goes_on(c.server);
  });
}

/// A cached session must keep its id, and may get a version under which its cache has none; its cipher must do for it.
void Run::rename(const Command& command) {
  SSL_SESSION* session = held_[command.slot];
  const SSL_CTX* cache = cache_of(session);
  const bool id = command.op == Op::set_session_id;
  if (id && command.number.value == long_id) {
    const std::array<unsigned char, 33> bytes{};
    seen_->result = f_.SSL_SESSION_set1_id(session, bytes.data(), bytes.size());
    return;
  }
  const int version = protocol_version[static_cast<std::size_t>(command.number.value)], before = f_.SSL_SESSION_get_protocol_version(session);
  const bool fits = id || version == before || !f_.SSL_SESSION_get0_cipher(session) ||
                    std::max(version, before) < TLS1_2_VERSION || (std::min(version, before) >= TLS1_2_VERSION && before != TLS1_3_VERSION);
  bool taken = false;
  if (cache && !id && version != before) {
    SSL_SESSION* other = f_.SSL_SESSION_new();
    unsigned int length = 0;
    const unsigned char* bytes = f_.SSL_SESSION_get_id(session, &length);
    f_.SSL_SESSION_set1_id(other, bytes, length);
    f_.SSL_SESSION_set_protocol_version(other, version);
    taken = cached(cache, other) != nullptr;
    f_.SSL_SESSION_free(other);
  }
  const bool emptied = id && command.number.value == 0 && f_.SSL_SESSION_has_ticket(session) == 1;
  if (!fits || emptied || (cache && id) || taken || in_use(session)) {
    seen_->status = Status::unspecified;
  } else if (id) {
    const SessionId made = made_id(static_cast<std::uint8_t>(command.number.value));
    seen_->result = f_.SSL_SESSION_set1_id(session, made.bytes.data(), command.number.value == 0 ? 0 : sizeof made.bytes);
  } else {
    seen_->result = f_.SSL_SESSION_set_protocol_version(session, version);
  }
}

/// The reason of libssl's first error; what its libcrypto (since 3.0: a provider) said before it is another list.
std::uint16_t Run::first_error() {
  unsigned long found = 0;
  while (const unsigned long code = f_.ERR_get_error()) {
    const bool of_libssl = (code >> 23 & 0xff) == ERR_LIB_SSL || (code >> 24 & 0xff) == ERR_LIB_SSL;  // since 3.0, or 1.1.1
    if (found == 0 || of_libssl) found = code;
    if (of_libssl) f_.ERR_clear_error();
  }
  const auto reason = static_cast<std::uint16_t>(found & reason_mask);
  const bool old_number = reason >= common_of_1_1_1 && reason < common_of_1_1_1 + many_common;
  return old_number ? reason - common_of_1_1_1 + common : reason;
}

void Run::on_context(const Command& command) {
  RealContext& context = contexts_[command.context];
  SSL_CTX* ctx = context.ctx;
  std::int64_t& result = seen_->result;
  switch (command.op) {
    case Op::set_mode:
      result = f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, command.number.value, nullptr);
      break;
    case Op::set_size:
      result = f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_SIZE, command.number.value, nullptr);
      break;
    case Op::set_timeout: result = f_.SSL_CTX_set_timeout(ctx, command.number.value); break;
    case Op::set_id_context: {
      const IdContextBytes value(*command.id_context);
      result = f_.SSL_CTX_set_session_id_context(ctx, value.bytes, value.length);
      break;
    }
    case Op::set_verify_peer:
      f_.SSL_CTX_set_verify(ctx, command.number.value ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, accept_any_certificate);
      break;
    case Op::set_callbacks: result = set_callbacks(command.context, command.callbacks); break;
    case Op::flush: f_.SSL_CTX_flush_sessions(ctx, command.number.at(now_.seconds)); break;
    case Op::lose:
      for (StoredSession& entry : store_of(command.context).store) discard(f_, entry);
      store_of(command.context).store.clear();
      break;
    case Op::renew:
      context.ctx = nullptr;
      f_.SSL_CTX_free(ctx);  // its remove callbacks still reach the store
      make_context(command.context);
      break;
    case Op::configure:
      if (command.setting == Setting::num_tickets) result = static_cast<std::int64_t>(f_.SSL_CTX_get_num_tickets(ctx));
      configure(command.context, command.setting, command.number.value);
      break;
    default: break;
  }
}

void Run::make(const Command& command) {
  SSL_SESSION* session = f_.SSL_SESSION_new();
  const SessionId id = made_id(static_cast<std::uint8_t>(command.number.value));
  f_.SSL_SESSION_set1_id(session, id.bytes.data(), command.number.value == 0 ? 0 : sizeof id.bytes);
  f_.SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION);
  const IdContextBytes value(*command.id_context);
  seen_->result = f_.SSL_SESSION_set1_id_context(session, value.bytes, value.length);
  hold(command.slot, session);
}

void Run::serialise(const Command& command) {
  unsigned char* bytes = nullptr;
  const int length = f_.i2d_SSL_SESSION(held_[command.slot], &bytes);
  if (length <= 0) return;
  const unsigned char* cursor = bytes;
  SSL_SESSION* copy = f_.d2i_SSL_SESSION(nullptr, &cursor, length);
  f_.CRYPTO_free(bytes, "", 0);
  if (!copy) return;
  hold(command.keep, copy);
  seen_->result = 1;
}

void Run::on_session(const Command& command) {
  SSL_SESSION* session = held_[command.slot];
  std::int64_t& result = seen_->result;
  switch (command.op) {
    case Op::add:
      if (cached_elsewhere(contexts_[command.context].ctx, session) || unfinished(command.context, session))
        seen_->status = Status::unspecified;  // one object in two caches: outside the contract, SSL_set_session(3)
      else
        result = f_.SSL_CTX_add_session(contexts_[command.context].ctx, session);
      break;
    case Op::remove: result = f_.SSL_CTX_remove_session(contexts_[command.context].ctx, session); break;
    case Op::set_session_time: result = f_.SSL_SESSION_set_time(session, command.number.at(now_.seconds)); break;
    case Op::set_session_timeout: result = f_.SSL_SESSION_set_timeout(session, command.number.value); break;
    case Op::set_session_id_context: {
      const IdContextBytes value(*command.id_context);
      result = f_.SSL_SESSION_set1_id_context(session, value.bytes, value.length);
      break;
    }
    case Op::set_session_id:
    case Op::set_session_version: rename(command); break;
    case Op::set_session_host_name: {
      const char name[] = {static_cast<char>('a' - 1 + command.number.value), 0};
      result = f_.SSL_SESSION_set1_hostname(session, command.number.value == 0 ? nullptr : name);
      break;
    }
    case Op::set_session_protocol: {
      const auto protocol = static_cast<unsigned char>('a' - 1 + command.number.value);
      result = f_.SSL_SESSION_set1_alpn_selected(session, &protocol, command.number.value == 0 ? 0 : 1);
      break;
    }
    case Op::set_session_early_data:
      result = f_.SSL_SESSION_set_max_early_data(session, command.number.value == 0 ? 0 : early_data_max);
      break;
    case Op::set_session_data: {
      const IdContextBytes value(*command.id_context);
      result = f_.SSL_SESSION_set1_ticket_appdata(session, value.bytes, value.length);
      break;
    }
    case Op::dup:
      hold(command.keep, f_.SSL_SESSION_dup(session));
      result = 1;
      break;
    case Op::serialise: serialise(command); break;
    case Op::drop: hold(command.slot, nullptr); break;
    case Op::answer:
      f_.SSL_SESSION_free(std::exchange(contexts_[command.context].answer, f_.SSL_SESSION_dup(session)));
      break;
    default: break;
  }
}

/// What can be asked of no session at all: the functions of SSL_SESSION_get_time(3) answer NULL with 0.
void Run::without_session(const Command& command) {
  if (command.op == Op::set_session_time)
    seen_->result = f_.SSL_SESSION_set_time(nullptr, command.number.at(now_.seconds)) | f_.SSL_SESSION_get_time(nullptr);
  if (command.op == Op::set_session_timeout && !f_.may_ask_null_for_timeout)
    seen_->status = Status::unspecified;
  else if (command.op == Op::set_session_timeout)
    seen_->result = f_.SSL_SESSION_set_timeout(nullptr, command.number.value) | f_.SSL_SESSION_get_timeout(nullptr);
}

namespace {

/// Bytes that a trace has written: one letter, repeated.
IdContext letters(const void* bytes, std::size_t length) {
  if (length == 0) return {};
  return {static_cast<std::uint8_t>(length), *static_cast<const char*>(bytes)};
}

}  // namespace

SessionView Run::view(const SSL_SESSION* session) {
  SessionView v;
  v.name = names_.of(f_, session);
  v.resumable = f_.SSL_SESSION_is_resumable(session) == 1;
  v.ticket = f_.SSL_SESSION_has_ticket(session) == 1;
  v.early_data = f_.SSL_SESSION_get_max_early_data(session) != 0;
  v.version = version_number(f_.SSL_SESSION_get_protocol_version(session));
  v.time = f_.SSL_SESSION_get_time(session);
  v.timeout = f_.SSL_SESSION_get_timeout(session);
  v.hint = static_cast<std::int64_t>(f_.SSL_SESSION_get_ticket_lifetime_hint(session));
  unsigned int id_context_length = 0;
  const unsigned char* id_context = f_.SSL_SESSION_get0_id_context(session, &id_context_length);
  v.id_context = letters(id_context, id_context_length);
  void* data = nullptr;
  std::size_t length = 0;
  f_.SSL_SESSION_get0_ticket_appdata(const_cast<SSL_SESSION*>(session), &data, &length);
  v.data = letters(data, length);
  const char* host_name = f_.SSL_SESSION_get0_hostname(session);
  v.host_name = host_name ? static_cast<std::uint8_t>(*host_name - 'a' + 1) : 0;
  const unsigned char* protocol = nullptr;
  f_.SSL_SESSION_get0_alpn_selected(session, &protocol, &length);
  v.protocol = length == 0 ? Alpn::none : *protocol == 'a' ? Alpn::first : Alpn::second;
  v.peer = f_.SSL_SESSION_get0_peer(const_cast<SSL_SESSION*>(session)) != nullptr;
  return v;
}

void Run::look() {
  struct Walk {
    Run& run;
    std::vector<SessionView>& cached;
    OPENSSL_LHASH* cache;
    const void* nameless = nullptr;
  };
  for (std::uint8_t i = 0; i < contexts_.size(); ++i) {
    if (!mine(i)) continue;
    const RealContext& context = contexts_[i];
    SSL_CTX* ctx = context.ctx;
    ContextView& v = seen_->contexts[i];
    v.mode = f_.SSL_CTX_ctrl(ctx, SSL_CTRL_GET_SESS_CACHE_MODE, 0, nullptr);
    v.size = f_.SSL_CTX_ctrl(ctx, SSL_CTRL_GET_SESS_CACHE_SIZE, 0, nullptr);
    v.timeout = f_.SSL_CTX_get_timeout(ctx);
    v.number = f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SESS_NUMBER, 0, nullptr);
    for (std::size_t n = 0; n < counter_count; ++n) v.counters[n] = f_.SSL_CTX_ctrl(ctx, counter_ctrl[n], 0, nullptr);
    v.cached.clear();
    if (v.number != 0) {
      Walk walk{*this, v.cached, reinterpret_cast<OPENSSL_LHASH*>(f_.SSL_CTX_sessions(ctx))};
      f_.OPENSSL_LH_doall_arg(
          walk.cache,
          [](void* session, void* to) {
            auto& w = *static_cast<Walk*>(to);
            w.cached.push_back(w.run.view(static_cast<SSL_SESSION*>(session)));
            if (w.cached.back().name != 0) return;  // else it may have lost its id, and cannot be found; or is there twice
            w.run.spoilt_ |= w.run.f_.OPENSSL_LH_retrieve(w.cache, session) != session || w.nameless == session;
            w.nameless = session;
          },
          &walk);
    }
    v.stored.clear();
    for (const StoredSession& entry : context.store)
      v.stored.push_back(entry.reference ? view(entry.reference) : SessionView{.name = names_.of(entry.id), .resumable = true});
  }
  for (std::size_t slot = 1; slot <= slots_max; ++slot)
    if (held_[slot]) seen_->held[slot - 1] = view(held_[slot]);
}

/// What is seen when a command is over.
void Run::observe() {
  seen_->live = 0;
  seen_->contexts.resize(contexts_.size());
  seen_->held.fill(std::nullopt);
  observing_ = true;
  each([&] {
    for (SSL_SESSION* session : to_free_) f_.SSL_SESSION_free(session);
    to_free_.clear();
    if (const std::uint16_t reason = first_error(); seen_->error == error::none) seen_->error = reason;
    seen_->live += sessions_alive() - alive_before_;
    look();
  });
  observing_ = false;
  names_.settle(*seen_);
  for (ContextView& v : seen_->contexts) {
    std::ranges::sort(v.cached, precedes);
    std::ranges::sort(v.stored, precedes);
  }
}

void Run::step(const Command& command, Observation& seen) {
  seen_ = &seen;
  seen.status = Status::done;
  seen.result = 0;
  seen.error = error::none;
  seen.connection = {};
  seen.log.clear();
  offer_noted_ = answer_noted_ = false;
  if (spoilt_) {
    seen.status = Status::unspecified;
  } else switch (command.op) {
    case Op::connect: connect(command); break;
    case Op::open: case Op::deliver: case Op::offer: case Op::take: case Op::renegotiate: case Op::new_ticket: case Op::verify_client:
    case Op::shut: case Op::garble: case Op::hang_up: case Op::clear: case Op::close:
      on_connection(command);
      break;
    case Op::advance:
    case Op::rewind:
      now_ = moved(now_, command.op == Op::rewind ? -command.number.value : command.number.value);
      virtual_clock::set(now_.seconds, now_.microseconds);
      break;
    case Op::make: at(Library::of_servers, [&] { make(command); }); break;
    case Op::add: case Op::remove: case Op::set_session_time: case Op::set_session_timeout:
    case Op::set_session_id_context: case Op::set_session_data: case Op::set_session_id: case Op::set_session_version:
    case Op::set_session_host_name: case Op::set_session_protocol: case Op::set_session_early_data:
    case Op::dup: case Op::serialise: case Op::drop: case Op::answer:
      if (!holders_[command.slot])
        at(Library::of_servers, [&] { without_session(command); });
      else if (const bool in_context = command.op == Op::add || command.op == Op::remove || command.op == Op::answer;
               !in_context || !out_of_reach(command.slot, command.context))
        at(*holders_[command.slot], [&] { on_session(command); });
      break;
    default: at(library_of(command.context), [&] { on_context(command); }); break;
  }
  observe();
}

}  // namespace sesscheck::openssl
