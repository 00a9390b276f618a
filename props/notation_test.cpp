// The notation of traces as text.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <variant>

#include "props/notation.hpp"

using namespace sesscheck;
using namespace sesscheck::notation_tests;

BOOST_AUTO_TEST_SUITE(notation)

// A row out of place, a missing Op, a name given twice, or two fields of an Op in one member.
BOOST_AUTO_TEST_CASE(the_table_is_sound) {
  BOOST_REQUIRE_EQUAL(op_table().size(), static_cast<std::size_t>(Op::count));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < op_table().size(); ++i) {
    const OpInfo& row = op_table()[i];
    BOOST_CHECK_EQUAL(static_cast<std::size_t>(row.op), i);
    BOOST_CHECK(names.insert(row.name).second);
    BOOST_CHECK(!row.help.empty());
    for (const Field one : fields_of(row.op))
      for (const Field other : fields_of(row.op)) {
        if (one == other) continue;
        const Command before = blank(row.op);
        Command after = before;
        set_field(after, one, field_value(before, one) == info(one).max ? info(one).min : info(one).max);
        BOOST_CHECK_EQUAL(field_value(after, other), field_value(before, other));
      }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Field::count); ++i)
    BOOST_CHECK(info(static_cast<Field>(i)).field == static_cast<Field>(i));
}

// An Op that cannot be written, or is not printed as people write it.
BOOST_AUTO_TEST_CASE(every_op_has_an_example) {
  BOOST_REQUIRE_EQUAL(examples.size(), op_table().size());
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Command command = read_command(examples[i]);
    BOOST_CHECK(command.op == static_cast<Op>(i));
    BOOST_CHECK_EQUAL(to_text(command), examples[i]);
    check_round_trips(with_four_contexts(command));
  }
}

// A word of the notation that sets the wrong member.
BOOST_AUTO_TEST_CASE(text_means_what_it_says) {
  const Trace trace = read(
      "# a trace\n\ncertificates\n"
      "context A mode=SERVER|NO_AUTO_CLEAR size=2 timeout=10 id-context=\"aaa\" verify-peer new=0 get=copy1 remove "
      "store=references  # the server\n"
      "context B mode=OFF\r\n"
      "\tconnect B A offer=h1 keep=h3 server-keep=h2 id-context=\"bb\" flights=3 client-end=none "
      "server-end=quiet x256\n"
      "set-callbacks B new=1 get=copy0\n"
      "advance 0.000001s");
  const ContextSetup& a = trace.setup.contexts.at(0);
  BOOST_CHECK(trace.setup.certificates);
  BOOST_CHECK_EQUAL(*a.mode, mode::server | mode::no_auto_clear);
  BOOST_CHECK_EQUAL(*a.size, 2);
  BOOST_CHECK_EQUAL(*a.timeout, 10);
  BOOST_CHECK((a.id_context == IdContext{3, 'a'}));
  BOOST_CHECK(a.verify_peer);
  const Callbacks all = {NewCallback::returns_zero, GetCallback::copy_one, RemoveCallback::present};
  BOOST_CHECK(a.callbacks == all);
  BOOST_CHECK(a.store == Store::references);
  BOOST_CHECK_EQUAL(trace.setup.contexts.at(1).mode.value(), mode::off);
  BOOST_CHECK(!trace.setup.contexts.at(1).size);

  BOOST_REQUIRE_EQUAL(trace.commands.size(), 3u);
  const Command& connect = trace.commands[0];
  BOOST_CHECK_EQUAL(connect.client, 1);
  BOOST_CHECK_EQUAL(connect.context, 0);
  BOOST_CHECK_EQUAL(connect.slot, 1);
  BOOST_CHECK_EQUAL(connect.keep, 3);
  BOOST_CHECK_EQUAL(connect.keep_server, 2);
  BOOST_CHECK((connect.id_context == IdContext{2, 'b'}));
  BOOST_CHECK_EQUAL(connect.flights, 3);
  BOOST_CHECK(connect.client_end == End::none);
  BOOST_CHECK(connect.server_end == End::quiet);
  BOOST_CHECK_EQUAL(connect.repeat, 256);
  const Callbacks two = {NewCallback::returns_one, GetCallback::copy_zero, RemoveCallback::absent};
  BOOST_CHECK(trace.commands[1].callbacks == two);
  BOOST_CHECK_EQUAL(trace.commands[2].number.value, 1);
  check_round_trips(trace);
}

// The same, of settings and of connections that stay open.
BOOST_AUTO_TEST_CASE(text_of_settings_and_open_connections) {
  const Trace trace = read(
      "context A tickets=on version-max=1.3 num-tickets=1 server-name=B\n"
      "context B generate-id=too-long size=3 cipher=sha256\n"
      "configure B ticket-callback=issues-none\n"
      "configure A client-hello=B\n"
      "open c3 B A offer=h2 early id-context=\"a\"\n"
      "deliver c3 flights=0\n"
      "offer c3 none\n"
      "take c3 server h6\n"
      "renegotiate c3 client\n"
      "shut c3 server quiet\n");
  const Settings& a = trace.setup.contexts.at(0).settings;
  BOOST_CHECK(a.on(Setting::tickets));
  BOOST_CHECK(a.as<Version>(Setting::version_max) == Version::tls1_3);
  BOOST_CHECK(a.as<Version>(Setting::version_min) == Version::tls1_2);
  BOOST_CHECK_EQUAL(a[Setting::num_tickets], 1);
  BOOST_CHECK_EQUAL(a[Setting::server_name], 2);
  const Settings& b = trace.setup.contexts.at(1).settings;
  BOOST_CHECK(b.as<GenerateId>(Setting::generate_id) == GenerateId::too_long);
  BOOST_CHECK(to_text(trace).starts_with("context A version-max=1.3 tickets=on num-tickets=1 server-name=B\n"
                                         "context B size=3 generate-id=too-long\n"));

  const std::vector<Command>& c = trace.commands;
  BOOST_REQUIRE_EQUAL(c.size(), 8u);
  BOOST_CHECK_EQUAL(c[0].context, 1);
  BOOST_CHECK(c[0].setting == Setting::ticket_callback);
  BOOST_CHECK(static_cast<TicketCallback>(c[0].number.value) == TicketCallback::issues_none);
  BOOST_CHECK_EQUAL(c[1].number.value, 2);
  BOOST_CHECK_EQUAL(c[2].connection, 2);
  BOOST_CHECK_EQUAL(c[2].client, 1);
  BOOST_CHECK_EQUAL(c[2].context, 0);
  BOOST_CHECK_EQUAL(c[2].slot, 2);
  BOOST_CHECK(c[2].early);
  BOOST_CHECK((c[2].id_context == IdContext{1, 'a'}));
  BOOST_CHECK_EQUAL(c[3].flights, 0);
  BOOST_CHECK_EQUAL(c[4].slot, 0);
  BOOST_CHECK(c[5].at_server);
  BOOST_CHECK_EQUAL(c[5].keep, 6);
  BOOST_CHECK(!c[6].at_server);
  BOOST_CHECK_EQUAL(c[6].number.value, 0);
  BOOST_CHECK(c[7].at_server);
  BOOST_CHECK(c[7].client_end == End::quiet);
  check_round_trips(trace);
}

// Defaults that clutter the text, or a default that text and bytes see differently.
BOOST_AUTO_TEST_CASE(defaults_are_not_printed) {
  BOOST_CHECK_EQUAL(to_text(Trace{}), "");
  BOOST_CHECK(read("") == Trace{});
  BOOST_CHECK(from_bytes({}) == Trace{});
  BOOST_CHECK_EQUAL(to_text(read("context A\nconnect A A\nmake h1 0 id-context=\"\"")), "connect A A\nmake h1 0\n");
  BOOST_CHECK_EQUAL(to_text(read("connect A A client-end=shutdown flights=6 x1")), "connect A A\n");
  BOOST_CHECK_EQUAL(to_text(read("context A tickets=off num-tickets=2\nclose c1 client-end=shutdown\nshut c1 client")),
                    "close c1\nshut c1 client\n");
  // on connect an empty id context is not the same as none
  BOOST_CHECK_EQUAL(to_text(read("connect A A id-context=\"\"")), "connect A A id-context=\"\"\n");
  const std::array<std::uint8_t, record_bytes> zeros{};
  BOOST_CHECK_EQUAL(to_text(command_from_bytes(zeros)), "connect A A");
}

// Mode bits that are printed as other bits, or an unknown bit that is dropped.
BOOST_AUTO_TEST_CASE(modes) {
  for (std::int64_t bits = 0; bits < 0x2000; ++bits) BOOST_REQUIRE_EQUAL(parse_mode(mode_text(bits)).value(), bits);
  constexpr std::int64_t masks = 0xffffffff;
  for (const std::int64_t bits : {lowest, std::int64_t{-1}, masks, masks + 1, highest})
    BOOST_CHECK_EQUAL(parse_mode(mode_text(bits)).value(), bits);
  BOOST_CHECK_EQUAL(mode_text(0), "OFF");
  BOOST_CHECK_EQUAL(mode_text(0xb82), "SERVER|NO_AUTO_CLEAR|NO_INTERNAL|0x800");
  BOOST_CHECK_EQUAL(mode_text(mode::both | mode::no_internal_store | mode::update_time),
                    "BOTH|NO_INTERNAL_STORE|UPDATE_TIME");
  BOOST_CHECK_EQUAL(mode_text(-1), "-1");
  BOOST_CHECK_EQUAL(mode_text(0x100000000), "4294967296");
  BOOST_CHECK_EQUAL(parse_mode("CLIENT|SERVER").value(), mode::both);
  BOOST_CHECK_EQUAL(parse_mode("5").value(), 5);
  for (const char* bad : {"", "|", "OFF|", "off", "SERVER CLIENT", "0x", "0x100000000", "0x1g", "9223372036854775808",
                          "1|2", "SERVER|1"})
    BOOST_CHECK_MESSAGE(!parse_mode(bad), bad);
}

// Moments and durations that mean another time.
BOOST_AUTO_TEST_CASE(times) {
  const auto moment = [](const std::string& text) { return read_command("flush A " + text).number; };
  BOOST_CHECK((moment("now") == Number{0, true}));
  BOOST_CHECK((moment("now+0") == Number{0, true}));
  BOOST_CHECK((moment("now-3") == Number{-3, true}));
  BOOST_CHECK((moment("-3") == Number{-3, false}));
  BOOST_CHECK((moment("0") == Number{0, false}));
  BOOST_CHECK((moment("now-9223372036854775808") == Number{lowest, true}));
  const auto duration = [](const std::string& text) { return read_command("advance " + text).number.value; };
  BOOST_CHECK_EQUAL(duration("10s"), 10'000'000);
  BOOST_CHECK_EQUAL(duration("0.1s"), 100'000);
  BOOST_CHECK_EQUAL(duration("1.000001s"), 1'000'001);
  BOOST_CHECK_EQUAL(duration("1000000000s"), duration_max);
  BOOST_CHECK_EQUAL(to_text(read_command("advance 1.50s")), "advance 1.5s");
  for (const char* bad : {"now10", "now+", "now-", "now+-3", "now--3", "nowish", "+3", "3s", "now+9223372036854775808"})
    BOOST_CHECK_MESSAGE(std::holds_alternative<ParseError>(parse("flush A " + std::string(bad))), bad);
  for (const char* bad : {"10", "s", ".5s", "1.s", "1.0000001s", "-1s", "1e3s", "1.-5s", "1.2.3s", "1000000000.000001s",
                          "99999999999999999999s"})
    BOOST_CHECK_MESSAGE(std::holds_alternative<ParseError>(parse("advance " + std::string(bad))), bad);
}

// An error at the wrong line, or one that does not say what to write instead.
BOOST_AUTO_TEST_CASE(errors_in_commands) {
  check_error("\n# c\nlose A\nadd A\n", 4, "add: missing slot; usage: add CONTEXT h1");
  check_error("add A h1 h2", 1, "add: too many arguments, 'h2'; usage: add CONTEXT h1");
  check_error("add A h7", 1, "add: 'h7' is out of range; expected h1 to h6");
  check_error("add A h0", 1, "add: 'h0' is out of range; expected h1 to h6");
  check_error("add A 1", 1, "add: '1' is not valid; expected h1 to h6");
  check_error("lose B", 1, "lose: 'B' is no declared context; expected A");
  check_error("context A\ncontext B\ncontext C\nlose D", 4, "lose: 'D' is no declared context; expected A, B or C");
  check_error("connect A A\nconnect A A x0", 2, "connect: 'x0' is out of range; expected x1 to x1024");
  check_error("connect A A x1025", 1, "connect: 'x1025' is out of range; expected x1 to x1024");
  check_error("connect A A offer=", 1, "connect: offer: '' is not valid; expected h1 to h6");
  check_error("connect A A flights=7", 1, "connect: flights: '7' is out of range; expected 0 to 6");
  check_error("connect A A keep=h1 keep=h2", 1, "connect: keep given twice");
  check_error("connect A A client-end=rude", 1,
              "connect: client-end: 'rude' is not valid; expected shutdown, quiet or none");
  check_error("connect A offer=h1", 1, "connect: missing context; usage: " + usage(Op::connect));
  check_error("connect A A colour=red", 1, "connect: unknown option 'colour=red'; usage: " + usage(Op::connect));
  check_error("set-callbacks A remove=1", 1,
              "set-callbacks: unknown option 'remove=1'; "
              "usage: set-callbacks CONTEXT [new=0|1] [get=copy0|copy1|untouched] [remove]");
  check_error("set-size A 9223372036854775808", 1,
              "set-size: '9223372036854775808' is out of range; expected a 64-bit number");
  check_error("set-size A two", 1, "set-size: 'two' is not valid; expected a 64-bit number");
  check_error("make h1 5", 1, "make: '5' is out of range; expected 0 to 4");
  check_error("set-verify-peer A yes", 1, "set-verify-peer: 'yes' is not valid; expected off or on");
  check_error("set-id-context A \"aab\"", 1,
              "set-id-context: mixed letters in '\"aab\"'; expected one letter, repeated, such as \"aaa\"");
  check_error("set-id-context A aaa", 1,
              "set-id-context: 'aaa' is not an id context; expected one letter, repeated, in quotes, such as \"aaa\"");
  check_error("set-id-context A \"AA\"", 1,
              "set-id-context: '\"AA\"' holds more than letters a to z; "
              "expected one letter, repeated, such as \"aaa\"");
  check_error("set-id-context A \"" + std::string(41, 'a') + '"', 1,
              "set-id-context: an id context of 41 bytes; expected at most 40");
  check_error("advance -1s", 1,
              "advance: '-1s' is out of range; expected seconds with up to 6 decimals, 0s to 1000000000s");
  check_error("configure A", 1, "configure: missing setting; usage: configure CONTEXT SETTING=WORD");
  check_error("configure A tickets=yes", 1, "configure: tickets: 'yes' is not valid; expected off or on");
  check_error("configure A tickets=on 1", 1,
              "configure: too many arguments, '1'; usage: configure CONTEXT SETTING=WORD");
  check_error("configure A server-name=B", 1, "configure: server-name: 'B' is not valid; expected stay or A");
  for (const char* bad : {"configure A tickets", "configure A colour=red", "configure A =on"})
    BOOST_CHECK(std::get<ParseError>(parse(bad)).message.ends_with(
        "is no setting; expected SETTING=WORD, the former version-min, version-max, tickets, num-tickets, early-data, "
        "anti-replay, ticket-keys, ticket-callback, ems, cipher, groups, generate-id, server-name, client-hello, "
        "client-certificate, middlebox-compat, ignore-eof, renegotiation-resumes, not-resumable, new-calls, "
        "get-calls, remove-calls, host-name, alpn, store-of or transport"));
  check_error("open A A", 1, "open: 'A' is not valid; expected c1 to c3");
  check_error("open c4 A A", 1, "open: 'c4' is out of range; expected c1 to c3");
  check_error("open c1 A", 1, "open: missing context; usage: " + usage(Op::open));
  BOOST_CHECK_EQUAL(usage(Op::open), "open c1 CLIENT SERVER [offer=h1] [id-context=\"aaa\"] [early]");
  check_error("open c1 A A early early", 1, "open: early given twice");
  check_error("offer c1 h7", 1, "offer: 'h7' is out of range; expected h1 to h6, or none");
  check_error("offer c1 nothing", 1, "offer: 'nothing' is not valid; expected h1 to h6, or none");
  check_error("take c1 middle h1", 1, "take: 'middle' is not valid; expected client or server");
  check_error("shut c1 server none", 1, "shut: unknown option 'none'; usage: shut c1 client|server [quiet]");

  const auto unknown = std::get<ParseError>(parse("lose A\nfro\x01" "b A"));
  BOOST_CHECK_EQUAL(unknown.line, 2u);
  BOOST_CHECK(unknown.message.starts_with("unknown command 'fro?b'; expected certificates, context, connect,"));
}

// The same, in the setup; and setup lines at a place where they would be lost.
BOOST_AUTO_TEST_CASE(errors_in_the_setup) {
  check_error("context B", 1, "context: 'B' is out of order; expected A here");
  check_error("context A\ncontext A", 2, "context: 'A' is out of order; expected B here");
  check_error("context", 1, "context: missing name; expected A here");
  check_error("context A\ncontext B\ncontext C\ncontext D\ncontext E", 5, "context: too many; expected at most 4");
  check_error("lose A\ncontext A", 2, "context: too late; expected before the first command");
  check_error("context A\ncertificates", 2, "certificates: too late; expected before all else");
  check_error("certificates\ncertificates", 2, "certificates: given twice");
  check_error("certificates on", 1, "certificates: 'on' is too much; expected certificates alone");
  check_error("context A size=1 size=2", 1, "context: size given twice");
  check_error("context A store=disk", 1,
              "context: store: 'disk' is not valid; expected none, references or serialised");
  check_error("context A size=big", 1, "context: size: 'big' is not valid; expected a 64-bit number");
  check_error("context A tickets=1", 1, "context: tickets: '1' is not valid; expected off or on");
  check_error("context A tickets=on tickets=off", 1, "context: tickets given twice");
  check_error("context A client-hello=E", 1, "context: client-hello: 'E' is not valid; expected stay, A, B, C or D");
  check_error("context A client-hello=C\ncontext B", 1, "context: client-hello: 'C' is no declared context");
  check_error("context A\ncontext B server-name=D\nadd A", 2, "context: server-name: 'D' is no declared context");
  const auto mode = std::get<ParseError>(parse("context A mode=SERVED"));
  BOOST_CHECK(mode.message.starts_with("context: mode: 'SERVED' is no cache mode; expected OFF, or CLIENT, SERVER,"));
  for (const char* bad : {"context A tickets", "context A colour=red"})
    BOOST_CHECK(std::get<ParseError>(parse(bad)).message.starts_with("context: unknown option '"));
  const auto unknown = std::get<ParseError>(parse("context A verify-peer=on"));
  BOOST_CHECK(unknown.message.starts_with("context: unknown option 'verify-peer=on'; usage: context A [mode=MODE]"));
}

// A parser that crashes on, or half accepts, text that a person mangled; an error message of more than one line.
BOOST_AUTO_TEST_CASE(mangled_text_is_an_error_or_a_trace) {
  XorShift random;
  std::string whole =
      "certificates\ncontext A mode=SERVER|0x800 size=2 id-context=\"aa\" new=0 store=serialised tickets=on "
      "cipher=both\ncontext B server-name=A\n";
  for (const std::string& example : examples) whole += example + '\n';
  const auto lines = static_cast<std::size_t>(std::count(whole.begin(), whole.end(), '\n'));
  std::size_t accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = whole;
    for (std::uint64_t edits = 1 + random.next() % 3; edits > 0; --edits) {
      const std::size_t at = random.next() % text.size();
      const std::uint64_t kind = random.next() % 4;
      if (kind == 0) text[at] = static_cast<char>(random.byte());
      if (kind == 3) text[at] = whole[random.next() % whole.size()];
      if (kind == 1) text.erase(at, 1 + random.next() % 4);
      if (kind == 2) text.insert(at, text.substr(random.next() % text.size(), random.next() % 8));
    }
    const auto result = parse(text);
    if (const auto* trace = std::get_if<Trace>(&result)) {
      ++accepted;
      check_round_trips(*trace);
    } else {
      const auto& [line, message] = std::get<ParseError>(result);
      BOOST_REQUIRE(line >= 1 && line <= lines + 30);
      BOOST_REQUIRE(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    }
  }
  BOOST_CHECK_GT(accepted, 50u);  // both outcomes were seen
  BOOST_CHECK_LT(accepted, 4950u);
}

BOOST_AUTO_TEST_SUITE_END()
