// The model, sentence by sentence of the manual pages, under its Rules and under those of OpenSSL 3.0.
#include <boost/test/unit_test.hpp>
#include <string>
#include <variant>

#include "check/describe.hpp"
#include "model/step.hpp"
#include "model/trace/text.hpp"

namespace sesscheck::props {
namespace {

const Rules manual = Rules::manual(), openssl = Rules::openssl_3_0();

/// A world to play in, told in the notation of traces.
struct Play {
  Play(const Rules& which, const std::string& setup) : rules(which), contexts(setup) {
    world = begin(std::get<Trace>(parse(setup)).setup, rules, because);
  }

  /// Carries out commands, and remembers what the last one showed.
  Play& does(const std::string& lines) {
    const Trace trace = std::get<Trace>(parse(contexts + lines));
    for (const Command& command : trace.commands)
      for (int i = 0; i < command.repeat; ++i) step(world, command, rules, seen, because);
    return *this;
  }

  [[nodiscard]] const ContextView& at(char context) const {
    return seen.contexts[static_cast<std::size_t>(context - 'A')];
  }
  /// The internal cache: "s1 s2".
  [[nodiscard]] std::string cached(char context) const {
    std::string names;
    for (const SessionView& session : at(context).cached)
      names += (names.empty() ? "" : " ") + session_name(session.name);
    return names;
  }
  [[nodiscard]] bool resumed() const { return seen.connection.server.reused && seen.connection.client.reused; }
  [[nodiscard]] std::string log() const {
    std::string events;
    for (const Event& event : seen.log) events += (events.empty() ? "" : ", ") + describe(event);
    return events;
  }
  [[nodiscard]] std::string done() const {
    std::string who;
    if (seen.connection.client.state == Handshake::done) who += "client ";
    if (seen.connection.server.state == Handshake::done) who += "server";
    return who;
  }
  [[nodiscard]] std::int64_t counter(char context, Counter which) const {
    return at(context).counters[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] bool because_of(Reason reason) const { return because.has(reason); }

  Rules rules;
  World world;
  Observation seen;
  Because because;
  std::string contexts;
};

const std::string a_and_b = "context A\ncontext B\n";

BOOST_AUTO_TEST_SUITE(model_by_the_manual)

// Catches: another default mode (S16), or sessions of clients cached by default.
BOOST_AUTO_TEST_CASE(servers_cache_by_default_and_clients_do_not) {
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, a_and_b);
    play.does("connect B A keep=h1\n");
    BOOST_TEST(play.at('A').mode == mode::server);
    BOOST_TEST(play.cached('A') == "s1");
    BOOST_TEST(play.cached('B') == "");
    BOOST_TEST(play.does("connect B A offer=h1\n").resumed());
  }
}

// Catches: a flush after another number of connections than the Rule's (S18), or of what has not expired.
BOOST_AUTO_TEST_CASE(expired_sessions_are_flushed_now_and_then) {
  for (const auto& [rules, period] : {std::pair(manual, 255), std::pair(openssl, 256)}) {
    Play play(rules, "context A timeout=1\ncontext B\n");
    play.does("connect B A x" + std::to_string(period - 2) + "\nadvance 2s\nconnect B A\n");
    BOOST_TEST(play.at('A').number == period - 1);
    BOOST_TEST(play.does("connect B A\n").at('A').number == 2);
    BOOST_TEST(play.because_of(Reason::flush_due));
  }
}

// Catches: NO_AUTO_CLEAR without effect (S19).
BOOST_AUTO_TEST_CASE(no_auto_clear_leaves_flushing_to_the_application) {
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, "context A mode=SERVER|NO_AUTO_CLEAR timeout=1\ncontext B\n");
    play.does("connect B A x10\nadvance 2s\nconnect B A x600\n");
    BOOST_TEST(play.at('A').number == 610);
    BOOST_TEST(play.does("flush A now\n").at('A').number == 600);
  }
}

// Catches: keys that are replaced, or forgotten, a second early or late, or counted from another moment than their first use;
// ones that are replaced though the application has set them, or are not before it reads them.
BOOST_AUTO_TEST_CASE(own_ticket_keys_rotate_by_the_rule) {
  const std::string settings = " timeout=9999999 tickets=on\n", k1_and_back = "configure A ticket-keys=k1\nconfigure A ticket-keys=own\n",
                    first = "advance 86400s\nconnect B A keep=h1\n";
  const struct {
    std::string commands, slot;
    bool resumes;
  } rows[] = {{first + "advance 345599s\n", "h1", true},
              {first + "advance 345600s\n", "h1", false},
              {first + "advance 172799s\nconnect B A keep=h2\nadvance 172801s\n", "h2", false},
              {first + "advance 172800s\nconnect B A keep=h2\nadvance 172801s\n", "h2", true},
              {first + "advance 259200s\nconnect B A\nadvance 86400s\n", "h1", false},
              {first + "advance 259200s\nconnect B A keep=h2\nadvance 345599s\n", "h2", true},
              {first + k1_and_back + "advance 999999s\n", "h1", true},
              {first + "advance 172800s\n" + k1_and_back, "h1", false},
              {first + "advance 172800s\nconnect B A keep=h2\n" + k1_and_back, "h1", false},
              {first + "advance 172800s\nconnect B A keep=h2\n" + k1_and_back, "h2", true},
              {"configure A ticket-callback=known\nconnect B A keep=h1\nconnect B A offer=h1\nadvance 86400s\n"
               "configure A ticket-callback=absent\nconnect B A keep=h2\nadvance 345599s\n", "h2", true}};
  for (const auto& [commands, slot, resumes] : rows)
    for (const auto& [rules, expected] : {std::pair(manual, true), std::pair(manual.with(own_keys_rotated), resumes)}) {
      Play play(rules, "context A" + settings + "context B" + settings);
      BOOST_TEST(play.does(commands + "connect B A offer=" + slot + "\n").resumed() == expected, commands);
    }
}

// Catches: the other error of 1.1.1 where the server does resume, so that it has a master secret.
BOOST_AUTO_TEST_CASE(finished_of_before_in_a_renegotiation) {
  for (const auto& [how, reason] : {std::pair("", error::internal), std::pair(" abbreviated", error::unexpected_message)}) {
    Play play(openssl.with(finished_of_before_is_error), "context A transport=datagram\ncontext B transport=datagram\n");
    play.does("connect B A keep=h1\nopen c1 B A offer=h1\ndeliver c1\nrenegotiate c1 client" + std::string(how) +
              "\nadvance 1s\ndeliver c1\n");
    BOOST_TEST(play.because_of(Reason::flight_of_before));
    BOOST_TEST(play.seen.connection.server.error == reason);
  }
}

// Catches: a session of no id context that inherits one, where nothing was copied; or none where it was.
BOOST_AUTO_TEST_CASE(what_is_copied_before_it_is_refused) {
  for (const auto& [timeouts, inherited] : {std::pair("set-timeout A 1\nadvance 2s\n", 1), std::pair("advance 300s\n", 0)}) {
    Play play(*find_profile("wolfssl-5.9"), "context A timeout=300 id-context=\"a\"\ncontext B timeout=9999\n");
    play.does("connect B A keep=h1\nset-id-context A \"\"\n" + std::string(timeouts) + "connect B A offer=h1 server-keep=h2\n");
    BOOST_TEST(!play.resumed());
    BOOST_TEST(play.seen.held[1]->id_context.length == inherited, timeouts);
  }
}

// Catches: a limit that is off by one, either way (Z3).
BOOST_AUTO_TEST_CASE(a_cache_of_size_three) {
  for (const auto& [rules, held] : {std::pair(manual, "s2 s3 s4"), std::pair(openssl, "s3 s4")}) {
    Play play(rules, "context A size=3\ncontext B\n");
    play.does("connect B A x4\n");
    BOOST_TEST(play.cached('A') == held);
  }
}

// Catches: a size of 0 that is a limit, a size of 1 that holds nothing.
BOOST_AUTO_TEST_CASE(no_limit_and_the_least_limit) {
  for (const Rules& rules : {manual, openssl}) {
    BOOST_TEST(Play(rules, "context A size=0\ncontext B\n").does("connect B A x9\n").at('A').number == 9);
    BOOST_TEST(Play(rules, "context A size=1\ncontext B\n").does("connect B A x9\n").cached('A') == "s9");
  }
}

// Catches: another victim (Z5): by the manual the oldest one, in OpenSSL 3.0 the one that expires first.
BOOST_AUTO_TEST_CASE(who_leaves_a_full_cache) {
  for (const auto& [rules, held] : {std::pair(manual, "s2 s3"), std::pair(openssl.with(capacity_is_size), "s1 s3")}) {
    Play play(rules, "context A size=2\ncontext B\n");
    play.does("connect B A\nset-timeout A 100\nconnect B A\nconnect B A\n");
    BOOST_TEST(play.cached('A') == held);
  }
}

// Catches: an order among sessions of equal expiry that is not the order in which they came.
BOOST_AUTO_TEST_CASE(of_equal_expiry_the_first_leaves_first) {
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, "context A remove\ncontext B\n");
    play.does("connect B A x3\nset-size A 1\nconnect B A\n");
    BOOST_TEST(play.log() == "A: remove(s1), A: remove(s2), A: remove(s3)");
  }
}

// Catches: sessions that resume although the mode is OFF where they should not (S10), or the other way round.
BOOST_AUTO_TEST_CASE(off_stores_nothing_and_resumes_by_the_rule) {
  for (const auto& [rules, resumes] : {std::pair(manual, false), std::pair(openssl, true)}) {
    Play play(rules, a_and_b);
    play.does("connect B A keep=h1\nset-mode A OFF\nconnect B A\n");
    BOOST_TEST(play.cached('A') == "s1");
    BOOST_TEST(play.does("connect B A offer=h1\n").resumed() == resumes);
  }
}

// Catches: a new_session_cb whose 0 means something else than the Rule says (G5).
BOOST_AUTO_TEST_CASE(new_callback_returns_zero) {
  for (const auto& [rules, held] : {std::pair(manual, ""), std::pair(openssl, "s1")})
    BOOST_TEST(Play(rules, "context A new=0\ncontext B\n").does("connect B A\n").cached('A') == held);
}

// Catches: UPDATE_TIME without effect, or with one at another moment (C14).
BOOST_AUTO_TEST_CASE(update_time) {
  for (const auto& [rules, seconds] :
       {std::pair(manual, 5), std::pair(openssl, 0), std::pair(openssl.with(time_never_updated), 0)}) {
    Play play(rules, "context A mode=SERVER|UPDATE_TIME\ncontext B\n");
    play.does("connect B A keep=h1\nadvance 5s\nconnect B A offer=h1\n");
    BOOST_TEST(play.resumed());
    BOOST_TEST(play.at('A').cached[0].time == epoch.seconds + seconds);
  }
  for (const auto& [rules, seconds] :
       {std::pair(manual, 0), std::pair(openssl, 5), std::pair(openssl.with(time_never_updated), 0)}) {
    Play play(rules, "context A mode=SERVER|UPDATE_TIME\ncontext B\n");
    play.does("connect B A server-keep=h1\nadvance 5s\nadd A h1\n");
    BOOST_TEST(play.at('A').cached[0].time == epoch.seconds + seconds);
  }
}

// Catches: VERIFY_PEER without a session id context that goes on (X3), or stores against the Rule.
BOOST_AUTO_TEST_CASE(verify_peer_needs_a_session_id_context) {
  for (const auto& [rules, held] : {std::pair(manual, "s1"), std::pair(openssl, "")})
    BOOST_TEST(Play(rules, "context A verify-peer\ncontext B\n").does("connect B A\n").cached('A') == held);
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, a_and_b);
    play.does("connect B A keep=h1\nset-verify-peer A on\nconnect B A offer=h1\n");
    BOOST_TEST(play.seen.connection.server.error == error::id_context_uninitialized);
    BOOST_TEST(play.seen.result == 0);
  }
}

// Catches: session id contexts that are not compared, or compared in part (X4).
BOOST_AUTO_TEST_CASE(a_session_belongs_to_its_session_id_context) {
  for (const Rules& rules : {manual, openssl})
    for (const auto& [now, resumes] :
         {std::pair("aa", true), std::pair("a", false), std::pair("aaa", false), std::pair("bb", false)}) {
      Play play(rules, "context A id-context=\"aa\"\ncontext B\n");
      play.does("connect B A keep=h1\nset-id-context A \"" + std::string(now) + "\"\nconnect B A offer=h1\n");
      BOOST_TEST(play.resumed() == resumes);
    }
}

// Catches: a boundary off by one (T2a), at lookup and at flush.
BOOST_AUTO_TEST_CASE(a_session_lives_up_to_its_deadline) {
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, "context A timeout=10\ncontext B\n");
    play.does("connect B A keep=h1\nadvance 10s\nconnect B A offer=h1 keep=h1\n");
    BOOST_TEST(play.resumed());
    BOOST_TEST(play.does("flush A now\n").cached('A') == "s1");
    BOOST_TEST(!play.does("advance 1s\nconnect B A offer=h1\n").resumed());
    Play flushed(rules, "context A timeout=10\ncontext B\n");
    BOOST_TEST(flushed.does("connect B A\nflush A now+11\n").cached('A') == "");
  }
}

// Catches: adding twice that counts twice, or moves against the Rule (A2).
BOOST_AUTO_TEST_CASE(adding_the_same_session_again) {
  for (const auto& [rules, held] : {std::pair(manual, "s2 s3"), std::pair(openssl.with(capacity_is_size), "s1 s3")}) {
    Play play(rules, "context A size=2\ncontext B\n");
    play.does("connect B A server-keep=h1\nconnect B A\nadd A h1\n");
    BOOST_TEST(play.seen.result == 0);
    BOOST_TEST(play.cached('A') == "s1 s2");
    BOOST_TEST(play.does("connect B A\n").cached('A') == held);
  }
}

// Catches: two sessions of one id in a cache (A1), or a report against the Rule (G9d).
BOOST_AUTO_TEST_CASE(another_session_of_the_same_id_replaces) {
  for (const auto& [rules, log] : {std::pair(manual, "A: remove(s1)"), std::pair(openssl, "")}) {
    Play play(rules, "context A remove\ncontext B\n");
    play.does("connect B A keep=h1\nadd A h1\n");
    BOOST_TEST(play.seen.result == 1);
    BOOST_TEST(play.cached('A') == "s1");
    BOOST_TEST(play.log() == log);
  }
}

// Catches: the wrong order of callbacks, or a store asked before the cache (S7, S8).
BOOST_AUTO_TEST_CASE(internal_first_then_external) {
  for (const Rules& rules : {manual, openssl}) {
    Play play(rules, "context A new=1 get=copy1 remove store=references\ncontext B\n");
    BOOST_TEST(play.does("connect B A keep=h1\n").log() == "A: new(s1)");
    BOOST_TEST(play.does("connect B A offer=h1 keep=h1\n").log() == "");
    BOOST_TEST(play.resumed());
    play.does("set-mode A SERVER|NO_INTERNAL_LOOKUP\nconnect B A offer=h1\n");
    BOOST_TEST(play.log() == "A: get(s1) -> s1");
    BOOST_TEST(play.counter('A', Counter::cb_hits) == 1);
    BOOST_TEST(play.does("remove A h1\n").log() == "A: remove(s1)");
  }
}

// Catches: an end that finishes too early or too late when the connection breaks after so many flights.
BOOST_AUTO_TEST_CASE(who_is_done_after_so_many_flights) {
  const std::string full[] = {"", "", "", "server", "client server"},
                    resumed[] = {"", "", "client ", "client server", "client server"};
  for (const Rules& rules : {manual, openssl})
    for (std::size_t flights = 0; flights <= 4; ++flights) {
      const std::string cut = " flights=" + std::to_string(flights) + "\n";
      Play play(rules, a_and_b);
      BOOST_TEST(play.does("connect B A" + cut).done() == full[flights]);
      BOOST_TEST(play.does("connect B A keep=h1\nconnect B A offer=h1" + cut).done() == resumed[flights]);
      BOOST_TEST(play.seen.connection.server.reused == (flights >= 1));
      BOOST_TEST(play.seen.connection.client.reused == (flights >= 2));
    }
}

// Catches: a connection that is counted at the wrong end, not at all, or twice.
BOOST_AUTO_TEST_CASE(what_the_counters_say) {
  for (const auto& [rules, refusals] : {std::pair(manual, 0), std::pair(openssl, 1)}) {
    Play play(rules, a_and_b);
    play.does("connect B A keep=h1\nconnect B A offer=h1\nconnect B A flights=1\nflush A 0\nconnect B A offer=h1\n");
    BOOST_TEST(play.counter('A', Counter::accept) == 4);
    BOOST_TEST(play.counter('A', Counter::accept_good) == 3);
    BOOST_TEST(play.counter('B', Counter::connect) == 4);
    BOOST_TEST(play.counter('B', Counter::connect_good) == 3);
    BOOST_TEST(play.counter('A', Counter::hits) == 1);
    BOOST_TEST(play.counter('B', Counter::hits) == 1);
    BOOST_TEST(play.counter('A', Counter::misses) == 1);
    BOOST_TEST(play.counter('B', Counter::misses) == refusals);
  }
}

// Catches: a session that survives an end without close_notify against the Rule (G9a).
BOOST_AUTO_TEST_CASE(an_unclean_end_removes_the_session) {
  for (const auto& [rules, held] :
       {std::pair(manual, ""), std::pair(openssl, ""), std::pair(openssl.with(unclean_end_keeps), "s1")})
    BOOST_TEST(Play(rules, a_and_b).does("connect B A server-end=none\n").cached('A') == held);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
