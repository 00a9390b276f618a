// The notation of traces: text and bytes, to and from the same Trace.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "model/trace/bytes.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

using namespace sesscheck;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

struct XorShift {
  std::uint64_t state = 0x9e3779b97f4a7c15;
  std::uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(next() >> 24); }
  std::vector<std::uint8_t> bytes(std::size_t size) {
    std::vector<std::uint8_t> out(size);
    for (std::uint8_t& b : out) b = byte();
    return out;
  }
};

Trace read(std::string_view text) {
  const auto result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result))
    BOOST_FAIL(text << "\nline " << error->line << ": " << error->message);
  return std::get<Trace>(result);
}

Command read_command(const std::string& line) {
  const Trace trace = read("context A\ncontext B\ncontext C\ncontext D\n" + line);
  BOOST_REQUIRE_EQUAL(trace.commands.size(), 1u);
  return trace.commands[0];
}

void check_error(std::string_view text, std::size_t line, const std::string& message) {
  const auto result = parse(text);
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<ParseError>(result), "accepted: " << text);
  BOOST_CHECK_EQUAL(std::get<ParseError>(result).line, line);
  BOOST_CHECK_EQUAL(std::get<ParseError>(result).message, message);
}

/// There and back, both ways.
void check_round_trips(const Trace& trace) {
  const std::string text = to_text(trace);
  BOOST_REQUIRE(normalise(trace) == trace);
  BOOST_REQUIRE_MESSAGE(read(text) == trace, text);
  BOOST_REQUIRE_MESSAGE(from_bytes(to_bytes(trace)) == trace, text);
}

std::vector<Field> fields_of(Op op) {
  std::vector<Field> fields = info(op).positional;
  fields.insert(fields.end(), info(op).optional.begin(), info(op).optional.end());
  return fields;
}

Command blank(Op op) {
  Command command;
  command.op = op;
  return normalise(command);
}

Trace with_four_contexts(const Command& command) {
  Trace trace;
  trace.setup.contexts.resize(contexts_max);
  trace.commands = {command};
  return trace;
}

/// One example for each Op, in its order, exactly as it is printed.
const std::vector<std::string> examples = {
    "connect B A offer=h1 keep=h1 server-keep=h2 id-context=\"bb\" flights=3 client-end=none server-end=quiet x256",
    "set-mode A BOTH|NO_INTERNAL_LOOKUP|0x800",
    "set-size A 2",
    "set-timeout A -1",
    "set-id-context A \"aaa\"",
    "set-verify-peer A on",
    "set-callbacks A new=1 get=copy0 remove",
    "add A h1",
    "remove A h1",
    "flush A now+10",
    "advance 10.5s",
    "set-session-time h1 now-5",
    "set-session-timeout h1 10",
    "set-session-id-context h1 \"b\"",
    "make h1 1 id-context=\"a\"",
    "dup h1 h2",
    "serialise h1 h2",
    "drop h1",
    "answer A h1",
    "lose A",
    "renew A",
};

}  // namespace

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

// Defaults that clutter the text, or a default that text and bytes see differently.
BOOST_AUTO_TEST_CASE(defaults_are_not_printed) {
  BOOST_CHECK_EQUAL(to_text(Trace{}), "");
  BOOST_CHECK(read("") == Trace{});
  BOOST_CHECK(from_bytes({}) == Trace{});
  BOOST_CHECK_EQUAL(to_text(read("context A\nconnect A A\nmake h1 0 id-context=\"\"")), "connect A A\nmake h1 0\n");
  BOOST_CHECK_EQUAL(to_text(read("connect A A client-end=shutdown flights=4 x1")), "connect A A\n");
  // on connect an empty id context is not the same as none
  BOOST_CHECK_EQUAL(to_text(read("connect A A id-context=\"\"")), "connect A A id-context=\"\"\n");
  const std::array<std::uint8_t, record_bytes> zeros{};
  BOOST_CHECK_EQUAL(to_text(command_from_bytes(zeros)), "connect A A");
}

// Any byte string that is no trace, no normalised one, or that text or bytes do not give back.
BOOST_AUTO_TEST_CASE(random_bytes_round_trip) {
  XorShift random;
  std::size_t connects = 0, plain = 0;
  for (int i = 0; i < 4000; ++i) {
    const Trace trace = from_bytes(random.bytes(random.next() % 600));
    check_round_trips(trace);
    for (const Command& c : trace.commands) {
      if (c.op != Op::connect) continue;
      ++connects;
      plain += c.repeat == 1 && c.flights == flights_max && !c.id_context ? 1 : 0;
    }
  }
  BOOST_CHECK_GT(connects, 1000u);
  BOOST_CHECK_GT(plain * 2, connects);  // most connections of a fuzzer should be ones that work
}

// A value at the end of a field's range that text or bytes lose.
BOOST_AUTO_TEST_CASE(edges_of_every_field_round_trip) {
  for (const OpInfo& row : op_table())
    for (const Field field : fields_of(row.op)) {
      std::set<std::int64_t> values;
      for (const std::int64_t v : {lowest, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, highest, info(field).min,
                                   info(field).max, std::int64_t{127}, std::int64_t{128}, std::int64_t{-129},
                                   std::int64_t{65535}, std::int64_t{65536}, std::int64_t{0xffffffff},
                                   std::int64_t{0x100000000}, std::int64_t{999'999}, std::int64_t{1'000'000}})
        values.insert(std::clamp(v, info(field).min, info(field).max));
      for (const std::int64_t value : values)
        for (const bool now : {false, true})
          for (const char letter : {'a', 'b', 'c', 'z'}) {
            Command command = blank(row.op);
            command.number.from_now = now;
            set_field(command, field, value);
            if (command.id_context) command.id_context->letter = letter;
            command = normalise(command);
            BOOST_CHECK_EQUAL(field_value(command, field), value);
            check_round_trips(with_four_contexts(command));
            const Command restored = with_default(command, field);
            BOOST_CHECK_EQUAL(field_value(restored, field), field_value(blank(row.op), field));
            BOOST_CHECK(field != Field::moment || !restored.number.from_now);
          }
    }
}

// A setup whose numbers, id contexts or callbacks are lost, in any of the four contexts.
BOOST_AUTO_TEST_CASE(edges_of_the_setup_round_trip) {
  for (std::size_t count = 1; count <= contexts_max; ++count)
    for (const std::int64_t value : {lowest, std::int64_t{-1}, std::int64_t{0}, std::int64_t{300}, highest})
      for (int choice = 0; choice < 18; ++choice) {
        Trace trace;
        trace.setup.certificates = choice % 2 != 0;
        trace.setup.contexts.resize(count);
        ContextSetup& last = trace.setup.contexts.back();
        last.mode = last.size = last.timeout = value;
        (choice % 3 == 0 ? last.mode : choice % 3 == 1 ? last.size : last.timeout).reset();
        last.id_context = {static_cast<std::uint8_t>(choice == 17 ? id_context_trace_max : choice), 'z'};
        last.verify_peer = choice % 4 == 1;
        last.callbacks = {static_cast<NewCallback>(choice % 3), static_cast<GetCallback>(choice / 3 % 3),
                          static_cast<RemoveCallback>(choice / 9)};
        last.store = static_cast<Store>(choice % 3);
        check_round_trips(normalise(trace));
      }
}

// A value that no trace may have and that normalise lets through, or a good one that it changes.
BOOST_AUTO_TEST_CASE(normalise_clamps) {
  Command wild;
  wild.context = 7;
  wild.client = 6;
  wild.slot = wild.keep = wild.keep_server = wild.flights = 255;
  wild.client_end = static_cast<End>(9);
  wild.id_context = IdContext{200, '!'};
  wild.callbacks.new_session = static_cast<NewCallback>(77);
  wild.number = {highest, true};
  wild.repeat = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Op::count); ++i) {
    wild.op = static_cast<Op>(i);
    Trace trace;
    trace.commands = {wild};
    check_round_trips(normalise(trace));
    trace.setup.contexts.resize(9);
    check_round_trips(normalise(trace));
  }
  wild.op = Op::connect;
  const Command connect = normalise(wild);
  BOOST_CHECK_EQUAL(to_text(connect), "connect C D offer=h6 keep=h6 server-keep=h6 id-context=\"" +
                                          std::string(id_context_trace_max, 'a') + "\" client-end=none");
  BOOST_CHECK(connect.number == Number{});
  wild.op = Op::advance;
  BOOST_CHECK_EQUAL(to_text(normalise(wild)), "advance 1000000000s");
  wild.op = Op::add;
  wild.slot = 0;
  BOOST_CHECK_EQUAL(to_text(normalise(wild)), "add D h1");
  wild.op = Op::set_size;
  BOOST_CHECK(!normalise(wild).number.from_now);
  wild.op = Op::set_id_context;
  wild.id_context.reset();
  BOOST_CHECK(normalise(wild).id_context == IdContext{});

  Trace one;
  one.commands = {connect};
  BOOST_CHECK_EQUAL(normalise(one).commands[0].context, 0);
  BOOST_CHECK_EQUAL(normalise(one).commands[0].client, 0);
}

// Records that shift or leak into each other, so that a fuzzer's small change is a large one.
BOOST_AUTO_TEST_CASE(one_changed_byte_changes_one_command) {
  XorShift random;
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> bytes = random.bytes(setup_bytes + 5 * record_bytes);
    const Trace before = from_bytes(bytes);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::uint8_t old = bytes[at];
      bytes[at] = random.byte();
      const Trace after = from_bytes(bytes);
      bytes[at] = old;
      BOOST_REQUIRE_EQUAL(after.commands.size(), before.commands.size());
      if (at == 0) continue;  // with other contexts, the same letters may mean others
      if (at >= setup_bytes) BOOST_REQUIRE(after.setup == before.setup);
      for (std::size_t c = 0; c < before.commands.size(); ++c)
        if (at < setup_bytes || c != (at - setup_bytes) / record_bytes)
          BOOST_REQUIRE(after.commands[c] == before.commands[c]);
    }
  }
}

// A byte string that is cut short and means something else than with its zeros.
BOOST_AUTO_TEST_CASE(missing_bytes_are_zeros) {
  XorShift random;
  const std::vector<std::uint8_t> bytes = random.bytes(setup_bytes + 2 * record_bytes);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    std::vector<std::uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const Trace trace = from_bytes(cut);
    const std::size_t rest = size <= setup_bytes ? 0 : size - setup_bytes;
    BOOST_CHECK_EQUAL(trace.commands.size(), (rest + record_bytes - 1) / record_bytes);
    cut.resize(setup_bytes + trace.commands.size() * record_bytes);
    BOOST_CHECK(from_bytes(cut) == trace);
  }
}

// A repetition from stray bytes, or one that a fuzzer cannot ask for.
BOOST_AUTO_TEST_CASE(repeat_needs_its_flag) {
  std::array<std::uint8_t, record_bytes> record{};
  record[16] = 0xff;
  record[17] = 0x01;
  for (int flag = 0; flag < 256; ++flag) {
    record[15] = static_cast<std::uint8_t>(flag);
    BOOST_CHECK_EQUAL(command_from_bytes(record).repeat, flag == repeat_flag ? 512 : 1);
  }
}

// A change of layout, under which the bytes of an old corpus mean other traces.
BOOST_AUTO_TEST_CASE(bytes_keep_their_meaning) {
  using Bytes = std::vector<std::uint8_t>;
  const auto text = [](const Bytes& record) { return to_text(command_from_bytes(record)); };
  BOOST_CHECK_EQUAL(text({21, 1, 2, 3, 4, 5, 0xc1, 2, 1, 0xc1, 2, 1, 0, 0, 0, 0x5a, 0xff, 1}),
                    "connect C B offer=h3 keep=h4 server-keep=h5 id-context=\"bb\" flights=3 client-end=none "
                    "server-end=quiet x512");
  BOOST_CHECK_EQUAL(text({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x82, 7}), "set-mode A SERVER|NO_AUTO_CLEAR");
  BOOST_CHECK_EQUAL(text({6, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1}), "set-callbacks D new=1 get=copy0 remove");
  BOOST_CHECK_EQUAL(text({9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xfd, 7}), "flush A now-3");
  BOOST_CHECK_EQUAL(text({9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0xfd, 1, 9}), "flush A 509");
  BOOST_CHECK_EQUAL(text({10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200}), "advance 200s");
  BOOST_CHECK_EQUAL(text({10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 200}), "advance 0.0002s");
  BOOST_CHECK_EQUAL(text({16, 0, 0, 1, 4}), "serialise h2 h5");

  Bytes setup(4 + context_setup_bytes);
  setup[1] = 1;
  setup[4] = setup[13] = setup[22] = 0x80;
  setup[5] = 2;
  setup[14] = 3;
  setup[23] = 0xff;
  setup[31] = 0xc5;
  setup[33] = 0xc1;
  setup[34] = 17;
  setup[35] = 2;
  BOOST_CHECK_EQUAL(to_text(from_bytes(setup)),
                    "certificates\ncontext A mode=SERVER size=3 timeout=-1 id-context=\"aaaaa\" verify-peer new=1 "
                    "get=copy1 remove store=serialised\n");
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
  check_error("connect A A flights=5", 1, "connect: flights: '5' is out of range; expected 0 to 4");
  check_error("connect A A keep=h1 keep=h2", 1, "connect: keep given twice");
  check_error("connect A A client-end=rude", 1,
              "connect: client-end: 'rude' is not valid; expected shutdown, quiet or none");
  check_error("connect A offer=h1", 1, "connect: missing context; usage: " + usage(Op::connect));
  check_error("connect A A colour=red", 1, "connect: unknown option 'colour=red'; usage: " + usage(Op::connect));
  check_error("set-callbacks A remove=1", 1,
              "set-callbacks: unknown option 'remove=1'; "
              "usage: set-callbacks CONTEXT [new=0|1] [get=copy0|copy1] [remove]");
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
  const auto mode = std::get<ParseError>(parse("context A mode=SERVED"));
  BOOST_CHECK(mode.message.starts_with("context: mode: 'SERVED' is no cache mode; expected OFF, or CLIENT, SERVER,"));
  const auto unknown = std::get<ParseError>(parse("context A verify-peer=on"));
  BOOST_CHECK(unknown.message.starts_with("context: unknown option 'verify-peer=on'; usage: context A [mode=MODE]"));
}

// A parser that crashes on, or half accepts, text that a person mangled; an error message of more than one line.
BOOST_AUTO_TEST_CASE(mangled_text_is_an_error_or_a_trace) {
  XorShift random;
  std::string whole =
      "certificates\ncontext A mode=SERVER|0x800 size=2 id-context=\"aa\" new=0 store=serialised\ncontext B\n";
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
