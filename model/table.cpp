// A cache that the whole process shares (Rule::cache_place): a table of copies, in rows of three.
//
// Its library chooses the row by a hash of the session id. Here, as in the ids that the library draws when it is tested, it
// goes by the order in which the ids are made.
#include "model/machine.hpp"

namespace sesscheck {
namespace {

TableRow& row_of(World& world, Identity id) { return world.table[id % world.table.size()]; }

}  // namespace

/// The copy of this id, the last one first; made at such an end, unless ids are all that counts in a search.
SessionRef Machine::find_in_table(Identity id, bool of_server, bool searching) {
  if (id == 0) return no_session;
  const TableRow& row = row_of(world, id);
  const std::size_t places = row.copies.size();
  for (std::size_t n = 1; n <= places; ++n) {
    const SessionRef copy = row.copies[(row.next + places - n) % places];
    if (copy != no_session && session(copy).id == id &&
        (session(copy).of_server == of_server || (searching && says(key_is_id))))
      return copy;
  }
  return no_session;
}

/// Takes the place of a copy of the same id and end, or of the oldest in the row.
bool Machine::add_to_table(std::uint8_t index, SessionRef ref) {
  const Identity id = session(ref).id;
  if (id == 0) return false;
  note(Reason::added);
  SessionRef place = find_in_table(id, session(ref).of_server, false);
  TableRow& row = row_of(world, id);
  const auto next = static_cast<std::uint8_t>((row.next + 1) % row.copies.size());
  if (place == no_session) {
    if (row.copies[row.next] != no_session) {
      note(Reason::evicted);
      take_from_table(row.copies[row.next]);
    }
    place = row.copies[row.next] = create({});
    row.next = next;
  } else {
    note(Reason::replaced);
    if (says(replaced_session_reported)) {  // it counts as one that leaves
      if (session(place).cached_in != no_context) tell_removed(session(place).cached_in, id);
      session(place).cached_in = no_context;
      row.next = next;
    }
  }
  const bool told = context(index).callbacks.remove_session == RemoveCallback::present;
  const std::uint8_t owner = told ? context(index).letter : session(place).cached_in;
  session(place) = session(ref);
  session(place).cached_in = owner;
  return true;
}

/// A copy leaves; the remove_session_cb that its context had is told, whatever became of that context.
void Machine::take_from_table(SessionRef copy) {
  for (SessionRef& place : row_of(world, session(copy).id).copies)
    if (place == copy) place = no_session;
  if (session(copy).cached_in != no_context) tell_removed(session(copy).cached_in, session(copy).id);
}

}  // namespace sesscheck
