// Two libraries in one trace: servers of one, clients of the other, each in a worker of its own.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "audit/audit.hpp"
#include "check/model_sut.hpp"
#include "model/trace/text.hpp"
#include "props/property.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck::props {
namespace {

const Rules openssl = Rules::openssl_3_0();

Trace trace_of(const char* text) { return std::get<Trace>(parse(text)); }

/// The library under test on both sides, in two workers.
WorkerSut& with_itself(Library peer) {
  const char* given = std::getenv("SESSCHECK_LIB");
  const std::string libssl = given && *given ? given : "libssl.so.3";
  static WorkerSut clients(libssl, "", {}, PeerLibrary{libssl, "", Library::of_clients});
  static WorkerSut servers(libssl, "", {}, PeerLibrary{libssl, "", Library::of_servers});
  return peer == Library::of_clients ? clients : servers;
}

/// Without what two libraries cannot do together and one can, or what kills either: from the first such command on.
Trace feasible(Trace trace) {
  std::size_t commands = trace.commands.size();
  (void)simulate(trace, openssl.beside(openssl, Library::of_clients), [&](const Step& step) {
    if (step.because.has(Reason::of_other_library) || step.model.status == Status::crashed) commands = std::min(commands, step.command);
  });
  trace.commands.resize(commands);
  return trace;
}

/// What an audit finds of a model that meets such clients, where these Rules are expected of either.
AuditResult audit_beside(const Rules& library, const Rules& clients) {
  const Rules both = library.beside(clients, Library::of_clients);
  Fleet fleet([both](Patience) { return sesscheck::Subject{std::make_unique<ModelSut>(both), {}}; }, 1);
  AuditOptions options;
  options.expected = openssl.beside(*find_profile("openssl-3.5"), Library::of_clients);
  options.lacks = Lacks::of_two_libraries();
  options.commands = 10'000;
  options.deviations = false;
  return audit(fleet, options);
}

BOOST_AUTO_TEST_SUITE(two_libraries)

// Catches: bytes that are lost or change between two workers, something done that the other one is not told, names,
// callbacks or errors in another order, a clock or a count that is one worker's own.
BOOST_AUTO_TEST_CASE(two_workers_are_as_one) {
  Shape shape;
  shape.lacks = Lacks::of_two_libraries();
  property(2'000, [&] {
    check_on(library(), feasible(drawn_trace(shape)), [](const Trace& t, std::span<const Observation> seen) -> std::optional<std::string> {
      const Trace trace = feasible(t);  // a shrunk one may not be so
      for (const Library peer : {Library::of_clients, Library::of_servers}) {
        std::vector<Observation> by_two;
        with_itself(peer).run(trace, by_two);
        for (std::size_t i = 0; i < by_two.size(); ++i)
          if (!alike(seen[i], by_two[i])) return "two workers see something else in step " + std::to_string(i + 1);
        if (by_two.size() != single_commands(trace)) return "two workers do not come to the end";
      }
      return std::nullopt;
    });
  }, shape);
}

// Catches: Rules of the one library that are asked where the other one acts.
BOOST_AUTO_TEST_CASE(each_follows_its_own_rules) {
  const Trace trace = trace_of("context A size=2 timeout=0 mode=SERVER\ncontext B size=2 mode=CLIENT\n"
                               "connect B A x3\n");
  const Rules manual = Rules::manual();
  const auto number = [&](const Rules& rules, std::size_t context) { return simulate(trace, rules).back().contexts[context].number; };
  BOOST_TEST(number(manual, 0) == 2);
  BOOST_TEST(number(manual, 1) == 2);
  const Choice less = capacity_is_one_less;
  BOOST_TEST(number(manual.with(less).beside(manual, Library::of_clients), 0) == 1);
  BOOST_TEST(number(manual.with(less).beside(manual, Library::of_clients), 1) == 2);
  BOOST_TEST(number(manual.with(less).beside(manual, Library::of_servers), 0) == 2);
  BOOST_TEST(number(manual.with(less).beside(manual, Library::of_servers), 1) == 1);
  const Trace unanswered = trace_of("context A\ncontext B\nconnect B A keep=h1\nconnect B A offer=h1 flights=1\n");
  const Rules offered = manual.with(client_reused_when_offered);
  const auto reused = [&](Library peer) { return simulate(unanswered, offered.beside(manual, peer)).back().connection.client.reused; };
  BOOST_TEST(reused(Library::of_servers));
  BOOST_TEST(!reused(Library::of_clients));
}

// Catches: what the other library does that counts as evidence, or as a Rule asked, of the one that is looked at.
BOOST_AUTO_TEST_CASE(what_the_peer_does_is_no_evidence) {
  const Trace trace = trace_of("context A timeout=300\ncontext B mode=CLIENT timeout=300\nconnect B A\n");
  const auto because = [&](Library peer) {
    Because all;
    (void)simulate(trace, openssl.beside(openssl, peer), [&](const Step& step) { all.merge(step.because); });
    return all;
  };
  const Because of_server = because(Library::of_clients), of_client = because(Library::of_servers);
  BOOST_TEST((of_server.has(Reason::stored_server) && !of_server.has(Reason::stored_client)));
  BOOST_TEST((of_client.has(Reason::stored_client) && !of_client.has(Reason::stored_server)));
  const auto asked = static_cast<std::size_t>(Rule::external_wrong_id);
  BOOST_TEST((!of_client.rules.test(asked)));
}

// Catches: a Rule of the library that is not found beside another one; one of the other library that is taken for its own.
BOOST_AUTO_TEST_CASE(an_audit_is_about_one_of_them) {
  const Rules clients = *find_profile("openssl-3.5");
  BOOST_TEST(audit_beside(openssl, clients).as_expected());
  const AuditResult own = audit_beside(openssl.with(capacity_is_size), clients);
  BOOST_TEST_REQUIRE(own.surprises.size() == 1U);
  BOOST_TEST((own.surprises.front().explanation == std::vector<Choice>{capacity_is_size}));
  const AuditResult peers = audit_beside(openssl, clients.with(refusal_not_counted));
  BOOST_TEST_REQUIRE(!peers.surprises.empty());
  for (const Surprise& surprise : peers.surprises) BOOST_TEST((surprise.kind == Surprise::Kind::unexplained));
}

// Catches: a session or a context of the other library that is used, in the model or in the workers; a step that they do
// not take alike.
BOOST_AUTO_TEST_CASE(no_object_is_of_both) {
  const Trace trace = trace_of("context A\ncontext B\ncontext C\nconnect B A keep=h1 server-keep=h2\nadd A h1\nadd C h2\nadd A h2\n"
                               "connect B A offer=h2\nopen c1 B A offer=h2\nopen c1 B A\noffer c1 h2\nremove B h2\nanswer A h1\n"
                               "connect B A offer=h1\n");
  constexpr std::size_t out_of_reach[] = {1, 4, 5, 7, 8, 9};
  for (const Library peer : {Library::of_clients, Library::of_servers}) {
    std::vector<Observation> seen;
    with_itself(peer).run(trace, seen);
    BOOST_TEST(!lockstep(trace, openssl.beside(openssl, peer), seen));
    for (std::size_t i = 0; i < seen.size(); ++i) {
      // "add C h2" is outside the contract for one library as well: h2 is cached in A.
      const bool undone = i == 2 || std::ranges::find(out_of_reach, i) != std::end(out_of_reach);
      BOOST_TEST((seen[i].status == Status::unspecified) == undone, "step " << i + 1);
    }
  }
  const Trace crossing = trace_of("context A server-name=B client-hello=C\ncontext B ticket-keys=k1\ncontext C store-of=B remove-calls=flush-other\n");
  const Setup left = restricted(crossing, Lacks::of_two_libraries()).setup;
  BOOST_TEST((left.contexts[0].settings[Setting::server_name] == stay && left.contexts[0].settings[Setting::client_hello] == 3));
  BOOST_TEST((left.contexts[1].settings == Settings() && left.contexts[2].settings == Settings()));
}

// Catches: the death of either that hangs the other, is not told, or is the end of the work.
BOOST_AUTO_TEST_CASE(either_can_die) {
  const Trace fine = trace_of("context A\ncontext B\nconnect B A\n");
  for (const char* dying : {"context A timeout=300 ems=off\ncontext B timeout=300 ems=off\nmake h1 1\nadd A h1\nconnect A A offer=h1\n"})
    for (const Library peer : {Library::of_clients, Library::of_servers}) {
      WorkerSut& sut = with_itself(peer);
      const Trace trace = trace_of(dying);
      for (int again = 0; again < 2; ++again) {
        std::vector<Observation> seen;
        sut.run(trace, seen);
        BOOST_TEST_REQUIRE(seen.size() == trace.commands.size());
        BOOST_TEST((seen.back().status == Status::crashed));
        BOOST_TEST(!lockstep(trace, openssl.beside(openssl, peer), seen));
        BOOST_TEST(sut.last_words().find("signal") != std::string::npos, sut.last_words());
        sut.run(fine, seen);
        BOOST_TEST_REQUIRE(seen.size() == 1U);
        BOOST_TEST(seen.front().result == 1);
      }
    }
}

// Catches: a peer that cannot be loaded, and no message that names it, or a wait without end.
BOOST_AUTO_TEST_CASE(a_peer_that_is_no_library) {
  for (const Library peer : {Library::of_clients, Library::of_servers}) {
    WorkerSut sut("libssl.so.3", "", {}, PeerLibrary{"/nowhere/libssl.so", "", peer});
    BOOST_CHECK_EXCEPTION((void)sut.version(), SutError, [](const SutError& error) {
      return std::string_view(error.what()).find("/nowhere/libssl.so") != std::string_view::npos;
    });
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sesscheck::props
