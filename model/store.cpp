// The external store and the three callbacks of SSL_CTX_sess_set_get_cb(3).
//
// The store is the application's and does what applications do: it keeps what new_session_cb hands it, gives back what it
// has under an id, and forgets what remove_session_cb names. Its faults are commands (`answer`, `lose`).
//
// Events are logged with identities; `step` gives them their names when the command is over.
#include <algorithm>
#include <utility>

#include "model/machine.hpp"

namespace sesscheck {

/// The context whose store stands behind the callbacks of this one.
Context& Machine::store_of(std::uint8_t letter) {
  const std::uint8_t whose = context(letter).settings[Setting::store_of];
  return context(whose == 0 || whose > world.visible ? letter : whose - 1);
}

void Machine::call_new(std::uint8_t index, SessionRef ref) {
  const std::uint8_t letter = context(index).letter;
  if (context(index).callbacks.new_session == NewCallback::absent) return;
  Context& c = context(letter);
  const Identity id = session(ref).id;
  seen.log.push_back({Event::Kind::new_session, letter, id, false, 0});

  Context& at = store_of(letter);
  if (at.setup.store != Store::none && id != 0) {
    auto place = std::ranges::lower_bound(at.store, id, {}, &Stored::id);
    if (place == at.store.end() || place->id != id) place = at.store.insert(place, Stored{id, no_session, {}});
    if (at.setup.store == Store::references)
      place->reference = ref;
    else
      place->bytes = session(ref);
  }

  call_back(letter, Setting::new_calls, false);
  if (c.callbacks.new_session == NewCallback::returns_one) {
    note(Reason::new_callback_one);
    if (at.setup.store != Store::references) let_go.push_back(ref);
  } else {
    note(Reason::new_callback_zero);
    if (session(ref).cached_in == index && says(zero_removes_session)) {
      take_out(index, ref);
      call_remove(index, id);
    }
  }
}

/// The session that get_session_cb returns, as an object that no other context's cache lists; or none.
SessionRef Machine::call_get(std::uint8_t index, Identity asked) {
  const std::uint8_t letter = context(index).letter;
  Context& c = context(letter);
  SessionRef found = std::exchange(c.answer, no_session);
  if (found == no_session) {
    Context& at = store_of(letter);
    const auto place = std::ranges::lower_bound(at.store, asked, {}, &Stored::id);
    if (place != at.store.end() && place->id == asked) {
      if (&at != &c) note(Reason::store_shared);
      if (at.setup.store == Store::serialised)
        found = create(serialised(place->bytes));
      else if (const std::uint8_t owner = session(place->reference).cached_in; owner == no_context || owner == index)
        found = place->reference;
      else  // one object in two caches is outside the contract (SSL_set_session(3)): the store hands out a copy
        found = dup(place->reference);
    }
  }
  const bool answered = found != no_session;
  if (answered && c.callbacks.get_session == GetCallback::untouched) note(Reason::copy_not_written);
  seen.log.push_back({Event::Kind::get_session, letter, asked, answered, answered ? session(found).id : 0});
  call_back(letter, Setting::get_calls, false);
  return found;
}

void Machine::call_remove(std::uint8_t index, Identity removed, bool locked) {
  if (context(index).callbacks.remove_session == RemoveCallback::absent) return;
  const std::uint8_t letter = context(index).letter;
  tell_removed(letter, removed);
  if (index == letter) call_back(index, Setting::remove_calls, locked);  // nothing is called on a context that goes
}

/// remove_session_cb itself: the external store gives up what it has of this id.
void Machine::tell_removed(std::uint8_t letter, Identity removed) {
  seen.log.push_back({Event::Kind::remove_session, letter, removed, false, 0});
  std::erase_if(store_of(letter).store, [&](const Stored& entry) {
    if (entry.id == removed) let_go.push_back(entry.reference);
    return entry.id == removed;
  });
}

/// What a callback calls on the context that it was called for, or on another one. Called from there, a callback calls
/// nothing.
void Machine::call_back(std::uint8_t index, Setting which, bool locked) {
  auto calls = context(index).settings.as<Calls>(which);
  if (calls == Calls::nothing || world.calling_back) return;
  const std::uint8_t at = called_on(index, calls, world.visible);
  calls = without_other(calls);
  if (which == Setting::remove_calls && says(call_under_lock_undefined)) {  // it may spoil the lock; and in any order
    seen.status = Status::unspecified;
    return note(Reason::outside_contract);
  }
  const SessionRef first = world.held[1];
  const bool with_session = calls == Calls::add || calls == Calls::remove;
  if (with_session && (first == no_session || out_of_reach(first, at))) return;
  // One object in two caches is outside the contract.
  if (calls == Calls::add && unfinished(first, at)) return;
  if (calls == Calls::add && std::ranges::find(unreported, first) != unreported.end()) {
    if (evicting && says(call_under_lock_deadly)) {
      note(Reason::victim_added);  // the list of victims and that of the cache are linked by the same pointers
      seen.status = Status::crashed;
      return;
    }
    if (at != index && !says(reported_in_reverse)) return;  // each is taken out when it is reported: this one is cached here
  }
  if (calls == Calls::add && session(first).cached_in != no_context && session(first).cached_in != at) return;
  // ... and what get_session_cb returns will be added here.
  if (calls == Calls::add && at != index && which == Setting::get_calls) return;
  world.calling_back = true;
  bool refused = false;
  if (at != index) {
    note(Reason::called_elsewhere);
  } else if (locked && calls != Calls::mode_off) {
    note(Reason::called_under_lock);
    refused = says(call_under_lock_refused);
  } else {
    note(Reason::called_back);
  }
  Name result = 0;
  if (!refused) {
    if (calls == Calls::add) result = add(at, first);
    if (calls == Calls::remove) result = remove(at, first);
    if (calls == Calls::flush) flush(at, {world.now.seconds, 0}, false);
    if (calls == Calls::mode_off) context(at).mode = mode::off;
  }
  seen.log.push_back({Event::Kind::call, index, with_session ? session(first).id : 0, false, result});
  world.calling_back = false;
}

}  // namespace sesscheck
