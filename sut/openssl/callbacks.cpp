// The application's side of SSL_CTX_sess_set_get_cb(3): an external store that keeps references or bytes.
#include <algorithm>
#include <utility>

#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {

void Run::discard(const Table& f, StoredSession& entry) { f.SSL_SESSION_free(std::exchange(entry.reference, nullptr)); }

/// The context whose store stands behind the callbacks of this one.
RealContext& Run::store_of(std::uint8_t index) {
  const std::uint8_t whose = contexts_[index].settings[Setting::store_of];
  return contexts_[whose == 0 || whose > contexts_.size() ? index : whose - 1];
}

/// Returns what the library is to be told: whether the reference it passed was kept.
int Run::on_new(std::uint8_t index, SSL_SESSION* session) {
  RealContext& context = contexts_[index];
  const SessionId id(f_, session);
  seen_->log.push_back({Event::Kind::new_session, index, names_.of(f_, session), false, 0});
  const bool keeps = context.callbacks.new_session == NewCallback::returns_one;

  bool reference_used = false;
  RealContext& at = store_of(index);
  if (at.setup.store != Store::none) {
    auto place = std::ranges::lower_bound(at.store, id, {}, &StoredSession::id);
    if (place == at.store.end() || place->id != id) place = at.store.insert(place, StoredSession{id, nullptr, {}});
    if (at.setup.store == Store::references) {
      // A callback that returns 0 gives the library's reference back; the store then needs one of its own.
      if (!keeps) f_.SSL_SESSION_up_ref(session);
      reference_used = true;
      discard(f_, *place);
      place->reference = session;
    } else {
      place->bytes.resize(static_cast<std::size_t>(f_.i2d_SSL_SESSION(session, nullptr)));
      unsigned char* cursor = place->bytes.data();
      f_.i2d_SSL_SESSION(session, &cursor);
    }
  }
  if (keeps && !reference_used) to_free_.push_back(session);
  call_from_callback(index, Setting::new_calls);
  return keeps;
}

/// What the store has under this id, with a reference for the caller.
SSL_SESSION* Run::take_from_store(std::uint8_t index, const SSL* ssl, const SessionId& asked) {
  RealContext& context = store_of(index);
  const auto place = std::ranges::lower_bound(context.store, asked, {}, &StoredSession::id);
  if (place == context.store.end() || place->id != asked) return nullptr;
  if (context.setup.store == Store::serialised) {
    const unsigned char* cursor = place->bytes.data();
    return f_.d2i_SSL_SESSION(nullptr, &cursor, static_cast<long>(place->bytes.size()));
  }
  if (cached_elsewhere(made_from(ssl), place->reference)) return f_.SSL_SESSION_dup(place->reference);
  f_.SSL_SESSION_up_ref(place->reference);
  return place->reference;
}

SSL_SESSION* Run::on_get(std::uint8_t index, const SSL* ssl, const unsigned char* id, int length, int* copy) {
  RealContext& context = contexts_[index];
  const SessionId asked(id, static_cast<std::size_t>(length));
  SSL_SESSION* found = std::exchange(context.answer, nullptr);
  if (!found) found = take_from_store(index, ssl, asked);
  seen_->log.push_back({Event::Kind::get_session, index, names_.of(asked), found != nullptr, found ? names_.of(f_, found) : 0});
  if (context.callbacks.get_session != GetCallback::copy_zero) {
    // The library takes a reference of its own; ours goes when the command is over. Not written, *copy says so as well
    // (but in wolfSSL: there it is 0 before).
    if (context.callbacks.get_session == GetCallback::copy_one) *copy = 1;
    if (found && *copy == 1) to_free_.push_back(found);
  } else {
    *copy = 0;  // ours becomes the library's
  }
  call_from_callback(index, Setting::get_calls);
  return found;
}

void Run::on_remove(std::uint8_t index, SSL_CTX* ctx, SSL_SESSION* session) {
  const SessionId id(f_, session);
  seen_->log.push_back({Event::Kind::remove_session, index, names_.of(f_, session), false, 0});
  std::erase_if(store_of(index).store, [&](StoredSession& entry) {
    if (entry.id != id) return false;
    // Inside this callback the library may hold its lock and still use the session: give the reference up later.
    if (entry.reference) to_free_.push_back(entry.reference);
    return true;
  });
  // A context that is being freed must not be called: nothing may refer to it any more.
  if (ctx == contexts_[index].ctx) call_from_callback(index, Setting::remove_calls);
}

/// What a callback is told to do besides. What it calls may call back; those callbacks call no further.
void Run::call_from_callback(std::uint8_t index, Setting which) {
  const RealContext& context = contexts_[index];
  const auto told = context.settings.as<Calls>(which), what = without_other(told);
  if (told == Calls::nothing || calling_) return;
  const std::uint8_t at = called_on(index, told, contexts_.size());
  SSL_CTX* ctx = contexts_[at].ctx;
  if (which == Setting::remove_calls && !f_.may_call_in_removal()) {
    seen_->status = Status::unspecified;
    return;
  }
  Event event{Event::Kind::call, index, 0, false, 0};
  SSL_SESSION* session = held_[1];
  if (what == Calls::add || what == Calls::remove) {
    if (!session || (what == Calls::add && (cached_elsewhere(ctx, session) || unfinished(at, session)))) return;
    if (what == Calls::add && at != index && which == Setting::get_calls) return;  // it may be what the callback returns
    event.session = names_.of(f_, session);
  }
  calling_ = true;
  switch (what) {
    case Calls::add: event.answer = static_cast<Name>(f_.SSL_CTX_add_session(ctx, session)); break;
    case Calls::remove: event.answer = static_cast<Name>(f_.SSL_CTX_remove_session(ctx, session)); break;
    case Calls::flush: f_.SSL_CTX_flush_sessions(ctx, now_.seconds); break;
    case Calls::mode_off: f_.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr); break;
    default: break;
  }
  calling_ = false;
  seen_->log.push_back(event);
}

// One function for each context tells them apart.
struct Callback {
  template <std::uint8_t index>
  static int created(SSL*, SSL_SESSION* session) {
    return Run::running->on_new(index, session);
  }
  template <std::uint8_t index>
  static SSL_SESSION* asked(SSL* ssl, const unsigned char* id, int length, int* copy) {
    return Run::running->on_get(index, ssl, id, length, copy);
  }
  template <std::uint8_t index>
  static void removed(SSL_CTX* ctx, SSL_SESSION* session) {
    Run::running->on_remove(index, ctx, session);
  }
};

bool Run::set_callbacks(std::uint8_t index, const Callbacks& callbacks) {
  static constexpr decltype(&Callback::created<0>) created[contexts_max] = {Callback::created<0>, Callback::created<1>,
                                                                            Callback::created<2>, Callback::created<3>};
  static constexpr decltype(&Callback::asked<0>) asked[contexts_max] = {Callback::asked<0>, Callback::asked<1>,
                                                                        Callback::asked<2>, Callback::asked<3>};
  static constexpr decltype(&Callback::removed<0>) removed[contexts_max] = {Callback::removed<0>, Callback::removed<1>,
                                                                            Callback::removed<2>, Callback::removed<3>};
  RealContext& context = contexts_[index];
  context.callbacks = callbacks;
  const auto new_one = callbacks.new_session == NewCallback::absent ? nullptr : created[index];
  const auto get_one = callbacks.get_session == GetCallback::absent ? nullptr : asked[index];
  const auto remove_one = callbacks.remove_session == RemoveCallback::absent ? nullptr : removed[index];
  SSL_CTX* ctx = context.ctx;
  f_.SSL_CTX_sess_set_new_cb(ctx, new_one);
  f_.SSL_CTX_sess_set_get_cb(ctx, get_one);
  f_.SSL_CTX_sess_set_remove_cb(ctx, remove_one);
  return f_.SSL_CTX_sess_get_new_cb(ctx) == new_one && f_.SSL_CTX_sess_get_get_cb(ctx) == get_one &&
         f_.SSL_CTX_sess_get_remove_cb(ctx) == remove_one;
}

}  // namespace sesscheck::openssl
