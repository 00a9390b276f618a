// What is different in DTLS: flights that are sent again, and records that are dropped where TLS would give up.
#include <algorithm>

#include "model/machine.hpp"

namespace sesscheck {
namespace {

// Microseconds: the first wait for an answer, the longest one, and what is not worth waiting for.
constexpr std::int64_t timer_start = 1'000'000, timer_longest = 60'000'000, timer_slack = 15'000;
constexpr std::uint8_t timeouts_max = 12;  // with another one the handshake has failed

}  // namespace

/// A handshake begins with SSL_clear, which may give an SSL the method that its context has by now. Its versions stay.
bool Machine::fit_to_begin(Connection& c, bool at_server) {
  Side& side = at_server ? c.server : c.client;
  const bool of_context = context(side.current).settings.on(Setting::transport);
  if (side.datagrams != of_context && !says(method_stays)) side.datagrams = of_context;
  if (side.datagrams == side.settings.on(Setting::transport)) return true;
  note(Reason::method_changed);
  const bool late = says(method_of_context_late);
  if (late && !at_server) count(side.context, Counter::connect);
  fail(c, at_server, late && at_server ? error::internal : error::no_protocols_available,
       late ? alert::internal_error : alert::protocol_version);
  return false;
}

/// DTLS: what waits for an answer is kept, and sent again when none has come in time (dtls1_start_timer, d1_lib.c): with
/// what is still kept of before, behind it by its number.
void Machine::keep_flight(Side& side, Message first, bool waits) {
  if (!side.datagrams) return;
  first.again = true;
  side.sent.insert(side.sent.begin(), first);
  side.waits = waits;
  side.timer = moved(world.now, timer_start);
  side.timeouts = 0;
}

void Machine::answered(Side& side) {
  side.sent.clear();
  side.waits = false;
}

/// Whoever reads looks at the clock first.
void Machine::resend(Connection& c, bool at_server) {
  Side& side = at_server ? c.server : c.client;
  const Moment soon = moved(world.now, timer_slack);
  if (side.state == Handshake::failed || !side.waits || soon < side.timer) return;
  if (soon == side.timer && !says(clock_in_microseconds)) return;
  note(Reason::flight_repeated);
  if (++side.timeouts > timeouts_max) {  // no alert, and the session stays
    side.state = Handshake::failed, side.error = error::read_timeout_expired;
    return;
  }
  side.timer = moved(world.now, std::min(timer_start << side.timeouts, timer_longest));
  std::vector<Message>& to = at_server ? c.to_client : c.to_server;
  to.insert(to.end(), side.sent.begin(), side.sent.end());
}

/// A flight of before comes again. Its Finished asks an end that is done for what that has said last; to one that has
/// closed it is the end of the transport: SSL_read returns 0, and there is no error. To the server of a renegotiation it
/// has the number of the message that is next: the client keeps its last flight of before till it has read something.
void Machine::answer_again(Connection& c, bool at_server, Message::Kind kind) {
  Side& side = at_server ? c.server : c.client;
  if (at_server && c.renegotiating && side.state == Handshake::unfinished && kind == Message::Kind::finished) {
    note(Reason::flight_of_before);
    const bool unchecked = !c.resuming && says(finished_of_before_is_error);
    return fail(c, true, unchecked ? error::internal : error::unexpected_message,
                unchecked ? alert::internal_error : alert::unexpected_message);
  }
  if (side.state != Handshake::done) return;
  if (side.sent_shutdown) {
    side.state = Handshake::failed;
    side.lost = true;
    return;
  }
  std::vector<Message>& to = at_server ? c.to_client : c.to_server;
  to.insert(to.end(), side.sent.begin(), side.sent.end());
}

}  // namespace sesscheck
