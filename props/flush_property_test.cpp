// The automatic flush: after how many successful connections it comes, over more than a thousand of them.
#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "check/lockstep.hpp"
#include "model/trace/text.hpp"
#include "model/world.hpp"
#include "invariants/history.hpp"
#include "props/property.hpp"

namespace sesscheck::props {
namespace {

using namespace invariants;

constexpr int connections = 1'100;  // of which at least 1,024 are in each trace
using Numbers = std::vector<std::int64_t>;
const Numbers as_the_manual_says = {255, 510, 765, 1020}, as_openssl_does = {256, 512, 768, 1024};

Trace read(const std::string& text) { return std::get<Trace>(parse(text)); }

/// A and its client B, whose sessions live for a second; every connection comes two seconds after the one before. So
/// the cache keeps growing, and every flush finds something.
Trace slow_connections(const std::string& server, const std::string& client) {
  std::string text = "context A timeout=1 " + server + "\ncontext B timeout=1 " + client + "\n";
  for (int i = 0; i < connections; ++i) text += "connect B A\nadvance 2s\n";
  return read(text);
}

/// Numbers of the successful connections of this context after which its cache held fewer sessions than before.
Numbers flushes(std::span<const Observation> seen, std::size_t context, Counter successes) {
  Numbers at;
  for (std::size_t i = 1; i < seen.size(); ++i)
    if (seen[i].contexts[context].number < seen[i - 1].contexts[context].number)
      at.push_back(seen[i].contexts[context].counters[static_cast<std::size_t>(successes)]);
  return at;
}

Numbers flushes_on(const Subject& subject, const Trace& trace, std::size_t context, Counter successes) {
  std::vector<Observation> seen;
  subject.sut->run(trace, seen);
  BOOST_TEST(seen.size() == trace.commands.size());
  BOOST_TEST(seen.back().contexts[context].counters[static_cast<std::size_t>(successes)] == connections);
  return flushes(seen, context, successes);
}

void check_flushes(const Trace& trace, std::size_t context, Counter successes, const Numbers& openssl,
                   const Numbers& manual) {
  const auto compare = [&](const Subject& subject, const Numbers& expected) {
    const Numbers at = flushes_on(subject, trace, context, successes);
    BOOST_TEST_CONTEXT(subject.name) BOOST_TEST(at == expected, boost::test_tools::per_element());
  };
  compare(library(), openssl);
  compare(model("openssl-3.0"), openssl);
  compare(model("manual"), manual);
}

BOOST_AUTO_TEST_SUITE(automatic_flush)

// Catches: another period, another phase, a counter that is not the server's.
BOOST_AUTO_TEST_CASE(a_server_flushes_every_so_many_connections) {
  check_flushes(slow_connections("", ""), 0, Counter::accept_good, as_openssl_does, as_the_manual_says);
}

// Catches: a client side that never flushes, or counts the server's connections.
BOOST_AUTO_TEST_CASE(a_client_flushes_every_so_many_connections) {
  check_flushes(slow_connections("", "mode=CLIENT"), 1, Counter::connect_good, as_openssl_does, as_the_manual_says);
}

// Catches: a flush that forgets NO_AUTO_CLEAR, at either end.
BOOST_AUTO_TEST_CASE(nothing_is_flushed_under_no_auto_clear) {
  const Trace trace = slow_connections("mode=SERVER|NO_AUTO_CLEAR", "mode=CLIENT|NO_AUTO_CLEAR");
  check_flushes(trace, 0, Counter::accept_good, {}, {});
  check_flushes(trace, 1, Counter::connect_good, {}, {});
}

/// At each success of the server: everything expired leaves when its number is a multiple of the period, and nothing
/// that was not offered leaves otherwise.
std::optional<std::string> flushes_only_every(std::int64_t period, const Trace& trace,
                                              std::span<const Observation> seen) {
  History history(trace.setup);
  const Observation nothing = History::before_the_first(trace.setup);
  std::size_t flushes = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const Observation& before = i == 0 ? nothing : seen[i - 1];
    const Scene s{trace.commands[i], before, seen[i], history};  // no command of these traces repeats
    const std::int64_t successes = s.server_after().counters[static_cast<std::size_t>(Counter::accept_good)];
    const bool due = s.is(Op::connect) && s.server().state == Handshake::done && successes % period == 0;
    flushes += due;
    for (const SessionView& session : before.contexts[0].cached) {
      const bool expired = deadline(session) < history.now(), stays = find(s.server_after().cached, session.name);
      const bool offered =
          s.held() != nullptr && s.held()->name == session.name;  // an expired one leaves when it is found
      const std::string which = std::to_string(successes) + ": s" + std::to_string(session.name);
      if (due && expired && stays) return "an expired session survived the flush at success " + which;
      if (!stays && !(expired && (due || offered))) return "a session left at success " + which;
    }
    history.record(s.command, before, seen[i]);
  }
  const auto last = seen.back().contexts[0].counters[static_cast<std::size_t>(Counter::accept_good)];
  if (flushes != static_cast<std::size_t>(last / period)) return "not as many flushes as connections allow";
  return std::nullopt;
}

/// More than 1,024 successes among resumptions, refusals of what has expired, and connections that break off early.
Trace mixed_connections(std::uint64_t seed) {
  Random r(seed);
  Trace trace = read("context A timeout=2\ncontext B\n");
  for (int successes = 0; successes < connections;) {
    Command connect;
    connect.op = Op::connect, connect.client = 1;
    if (r.chance(50)) connect.slot = static_cast<std::uint8_t>(1 + r.below(slots_max));
    if (r.chance(60)) connect.keep = static_cast<std::uint8_t>(1 + r.below(slots_max));
    if (r.chance(10)) connect.flights = static_cast<std::uint8_t>(r.below(3));
    successes += connect.flights > 2;
    trace.commands.push_back(connect);
    if (!r.chance(20)) continue;
    Command advance;
    advance.number.value = r.between(1, 4) * 1'000'000;
    trace.commands.push_back(advance);
  }
  return trace;
}

// Catches: a period that counts failures, or leaves out resumptions; a flush at any other moment.
BOOST_AUTO_TEST_CASE(only_successful_connections_count) {
  const auto every = [](std::int64_t period) {
    return [period](const Trace& t, std::span<const Observation> seen) { return flushes_only_every(period, t, seen); };
  };
  const int cases = 4;
  for (int i = 0; i < cases; ++i) {
    const Trace trace = mixed_connections(static_cast<std::uint64_t>(i));
    for (const auto& [subject, period] :
         {std::pair(library(), 256), std::pair(model("openssl-3.0"), 256), std::pair(model("manual"), 255)}) {
      std::vector<Observation> seen;
      subject.sut->run(trace, seen);
      const auto wrong = every(period)(trace, seen);
      BOOST_TEST(!wrong, subject.name << ": " << wrong.value_or(""));
      // The other period is told apart by the same trace.
      BOOST_TEST(every(period == 255 ? 256 : 255)(trace, seen).has_value());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
