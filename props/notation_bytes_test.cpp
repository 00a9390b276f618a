// The notation of traces as bytes, for fuzzers; and what is normal.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "props/notation.hpp"

using namespace sesscheck;
using namespace sesscheck::notation_tests;

BOOST_AUTO_TEST_SUITE(notation)

// Any byte string that is no trace, no normalised one, or that text or bytes do not give back.
BOOST_AUTO_TEST_CASE(random_bytes_round_trip) {
  XorShift random;
  std::size_t connects = 0, plain = 0;
  for (int i = 0; i < 4000; ++i) {
    const Trace trace = from_bytes(random.bytes(random.next() % 1200));
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
      for (const std::int64_t v :
           {lowest, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, highest, info(field).min,
            field_max(blank(row.op), field), std::int64_t{127}, std::int64_t{128}, std::int64_t{-129},
            std::int64_t{65535}, std::int64_t{65536}, std::int64_t{0xffffffff}, std::int64_t{0x100000000},
            std::int64_t{999'999}, std::int64_t{1'000'000}})
        values.insert(std::clamp(v, info(field).min, field_max(blank(row.op), field)));
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

// A setting that is lost, or whose value another setting reads, in the setup or in a command.
BOOST_AUTO_TEST_CASE(every_setting_round_trips) {
  for (const SettingInfo& row : setting_table())
    for (std::uint8_t value = 0; value < row.values.size(); ++value)
      for (std::size_t index = 0; index < contexts_max; ++index) {
        Trace trace;
        trace.setup.contexts.resize(contexts_max);
        trace.setup.contexts[index].settings[row.setting] = value;
        Command command = blank(Op::configure);
        command.context = static_cast<std::uint8_t>(index);
        command.setting = row.setting;
        command.number.value = value;
        trace.commands = {command};
        check_round_trips(trace);
        const std::string word = std::string(row.name) + '=' + std::string(row.values[value]);
        BOOST_CHECK_EQUAL(to_text(command), "configure " + context_name(command.context) + ' ' + word);
        BOOST_CHECK_EQUAL(to_text(trace).find(' ' + word + '\n') < to_text(trace).find("configure"),
                          value != row.usual);
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
  wild.connection = 255;
  wild.setting = static_cast<Setting>(255);
  wild.early = true;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Op::count); ++i) {
    wild.op = static_cast<Op>(i);
    Trace trace;
    trace.commands = {wild};
    check_round_trips(normalise(trace));
    trace.setup.contexts.resize(9);
    for (const SettingInfo& row : setting_table()) trace.setup.contexts[1].settings[row.setting] = 99;
    check_round_trips(normalise(trace));
  }
  wild.op = Op::connect;
  const Command connect = normalise(wild);
  BOOST_CHECK_EQUAL(to_text(connect), "connect C D offer=h6 keep=h6 server-keep=h6 id-context=\"" +
                                          std::string(id_context_trace_max, 'a') + "\" early client-end=none");
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

  wild.op = Op::configure;
  wild.setting = Setting::cipher;
  BOOST_CHECK_EQUAL(to_text(normalise(wild)), "configure D cipher=both");

  Trace one;
  one.commands = {connect, read_command("configure A server-name=D")};
  one.setup.contexts[0].settings[Setting::client_hello] = 3;
  BOOST_CHECK_EQUAL(to_text(normalise(one).commands[1]), "configure A server-name=A");
  BOOST_CHECK_EQUAL(normalise(one).setup.contexts[0].settings[Setting::client_hello], 1);
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
  BOOST_CHECK_EQUAL(text({static_cast<std::uint8_t>(Op::count), 1, 2, 3, 4, 5, 0xc3, 2, 1, 0xc1, 2, 1, 0, 0xc1, 0, 0x5a, 0xff, 1}),
                    "connect C B offer=h3 keep=h4 server-keep=h5 id-context=\"bb\" early flights=3 client-end=none "
                    "server-end=quiet x512");
  BOOST_CHECK_EQUAL(text({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x82, 7}), "set-mode A SERVER|NO_AUTO_CLEAR");
  BOOST_CHECK_EQUAL(text({6, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1}), "set-callbacks D new=1 get=copy0 remove");
  BOOST_CHECK_EQUAL(text({10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xfd, 7}), "flush A now-3");
  BOOST_CHECK_EQUAL(text({10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0xfd, 1, 9}), "flush A 509");
  BOOST_CHECK_EQUAL(text({11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200}), "advance 200s");
  BOOST_CHECK_EQUAL(text({11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 200}), "advance 0.0002s");
  BOOST_CHECK_EQUAL(text({17, 0, 0, 1, 4}), "serialise h2 h5");
  BOOST_CHECK_EQUAL(text({7, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "configure B tickets=on");
  BOOST_CHECK_EQUAL(text({22, 1, 2, 3, 0, 0, 0, 0, 0, 0xc1, 2, 1, 0, 0xc1, 2}),
                    "open c3 C B offer=h3 id-context=\"bb\" early");
  BOOST_CHECK_EQUAL(text({23, 0, 0, 0, 0, 0, 0xc4, 0, 0, 0, 0, 0, 0, 0, 1}), "deliver c2 flights=2");
  BOOST_CHECK_EQUAL(text({24, 0, 0, 7}), "offer c1 none");
  BOOST_CHECK_EQUAL(text({25, 0, 0, 0, 1, 0, 0, 1}), "take c1 server h2");
  BOOST_CHECK_EQUAL(text({26, 0, 0, 0, 0, 0, 0, 1, 1}), "renegotiate c1 server abbreviated");
  BOOST_CHECK_EQUAL(text({28, 0, 0, 0, 0, 0, 0, 0, 1}), "shut c1 client quiet");
  BOOST_CHECK_EQUAL(text({32, 0, 0, 0, 0, 0, 0, 2, 1}), "close c1 client-end=none server-end=quiet");

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
  setup[37] = 0xc3;  // the third choice of a highest version after 1.2, 1.0 and 1.1
  setup[38] = 0xc1;
  setup[40] = 0xbf;
  BOOST_CHECK_EQUAL(to_text(from_bytes(setup)),
                    "certificates\ncontext A mode=SERVER size=3 timeout=-1 id-context=\"aaaaa\" verify-peer new=1 "
                    "get=copy1 remove store=serialised version-max=1.3 tickets=on\n");
}

BOOST_AUTO_TEST_SUITE_END()
