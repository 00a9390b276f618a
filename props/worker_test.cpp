// The worker process and what travels to and from it. Needs sesscheck-worker where WorkerSut finds it.
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "model/trace/text.hpp"
#include "props/auditing.hpp"
#include "sut/worker/channel.hpp"
#include "sut/worker/process.hpp"
#include "sut/worker/wire.hpp"

namespace {

using namespace sesscheck;
using sesscheck::props::Folder;
using sesscheck::worker::Channel;
using sesscheck::worker::decode;
using sesscheck::worker::encode;
using sesscheck::worker::encoded_size_max;

/// Random observations: small values mostly, as in life, and the extremes of every type.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool coin() { return below(2) == 0; }

  template <class Number>
  Number any() {
    using Limits = std::numeric_limits<Number>;
    switch (below(6)) {
      case 0: return Limits::max();
      case 1: return Limits::min();
      case 2: return static_cast<Number>(engine_());
      default: return static_cast<Number>(below(100));
    }
  }

  SessionView session() {
    return {.name = any<Name>(), .resumable = coin(), .ticket = coin(), .early_data = coin(), .version = any<std::uint8_t>(),
            .time = any<std::int64_t>(), .timeout = any<std::int64_t>(), .hint = any<std::int64_t>(), .peer = coin()};
  }

  std::vector<SessionView> sessions() {
    std::vector<SessionView> views(below(5));
    for (SessionView& view : views) view = session();
    return views;
  }

  EndView end_view() { return {static_cast<Handshake>(below(4)), coin(), any<std::uint16_t>(), any<Name>()}; }

  Observation observation() {
    Observation o;
    o.status = static_cast<Status>(below(4));
    o.result = any<std::int64_t>();
    o.error = any<std::uint16_t>();
    o.connection = {end_view(), end_view(), any<std::uint8_t>(), any<std::uint8_t>(), any<std::uint8_t>(), any<std::uint8_t>(),
                    any<std::uint8_t>(), any<std::uint8_t>()};
    o.live = any<std::int64_t>();
    o.log.resize(below(4));
    for (Event& event : o.log) {
      event = {static_cast<Event::Kind>(below(4)), any<std::uint8_t>(), any<Name>(), coin(), any<Name>()};
    }
    o.contexts.resize(below(contexts_max + 1));
    for (ContextView& view : o.contexts) {
      for (std::int64_t* value : {&view.mode, &view.size, &view.timeout, &view.number}) *value = any<std::int64_t>();
      for (std::int64_t& value : view.counters) value = any<std::int64_t>();
      view.cached = sessions();
      view.stored = sessions();
    }
    for (auto& held : o.held) {
      if (coin()) held = session();
    }
    return o;
  }

 private:
  std::mt19937_64 engine_;
};

std::vector<std::uint8_t> encoded(const Observation& observation) {
  std::vector<std::uint8_t> bytes(encoded_size_max(observation));
  std::span<std::uint8_t> room = bytes;
  BOOST_REQUIRE(encode(observation, room));
  bytes.resize(bytes.size() - room.size());
  return bytes;
}

std::string message_of_run(const std::string& library) {
  WorkerSut sut(library, "");
  std::vector<Observation> seen;
  try {
    sut.run(Trace{}, seen);
  } catch (const SutError& e) {
    return e.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_AUTO_TEST_SUITE(worker)

BOOST_AUTO_TEST_CASE(observations_travel_whole) {
  Dice dice(1);
  Observation arrived;  // reused: nothing of the one before may stay
  for (int i = 0; i < 5000; ++i) {
    const Observation sent = dice.observation();
    const std::vector<std::uint8_t> bytes = encoded(sent);
    std::span<const std::uint8_t> rest = bytes;
    BOOST_REQUIRE(decode(rest, arrived));
    BOOST_REQUIRE(rest.empty());
    BOOST_REQUIRE(arrived == sent);
  }
}

BOOST_AUTO_TEST_CASE(observations_are_read_one_after_the_other) {
  Dice dice(2);
  std::vector<std::uint8_t> bytes;
  std::vector<Observation> sent(50);
  for (Observation& o : sent) {
    o = dice.observation();
    const std::vector<std::uint8_t> one = encoded(o);
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  std::span<const std::uint8_t> rest = bytes;
  Observation arrived;
  for (const Observation& o : sent) {
    BOOST_REQUIRE(decode(rest, arrived));
    BOOST_REQUIRE(arrived == o);
  }
  BOOST_TEST(rest.empty());
}

// A trace can fill a cache and observe it after each of hundreds of commands: what neighbours share must cost nothing.
BOOST_AUTO_TEST_CASE(sessions_that_are_alike_take_three_bytes) {
  constexpr std::size_t many = 1000;
  Observation o;
  o.contexts.resize(1);
  const std::size_t empty = encoded(o).size();
  for (Name name = 1; name <= many; ++name)
    o.contexts[0].cached.push_back({.name = name, .resumable = true, .ticket = true, .early_data = true, .version = 4,
                                    .time = 1'700'000'000, .timeout = 7200, .hint = 7200});
  BOOST_TEST(encoded(o).size() - empty < 4 * many);
}

BOOST_AUTO_TEST_CASE(a_cut_observation_is_refused) {
  Dice dice(3);
  Observation arrived;
  for (int i = 0; i < 300; ++i) {
    const std::vector<std::uint8_t> whole = encoded(dice.observation());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      std::span<const std::uint8_t> rest = cut;
      BOOST_REQUIRE(!decode(rest, arrived));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_observation_is_refused_or_valid) {
  Dice dice(4);
  Observation arrived;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> bytes = encoded(dice.observation());
    for (std::uint64_t n = 1 + dice.below(4); n > 0; --n) {
      bytes[dice.below(bytes.size())] = static_cast<std::uint8_t>(dice.below(256));
    }
    std::span<const std::uint8_t> rest = bytes;
    if (!decode(rest, arrived)) continue;
    const std::vector<std::uint8_t> again = encoded(arrived);  // so it is a value that can travel
    Observation twice;
    rest = again;
    BOOST_REQUIRE(decode(rest, twice));
    BOOST_REQUIRE(twice == arrived);
  }
}

BOOST_AUTO_TEST_CASE(room_that_is_too_small_is_left_alone) {
  const Observation observation = Dice(5).observation();
  std::vector<std::uint8_t> bytes(encoded_size_max(observation) - 1, 0xee);
  std::span<std::uint8_t> room = bytes;
  BOOST_TEST(!encode(observation, room));
  BOOST_TEST(room.size() == bytes.size());
  BOOST_TEST((bytes == std::vector<std::uint8_t>(bytes.size(), 0xee)));
}

BOOST_AUTO_TEST_CASE(shared_memory_keeps_all_that_was_appended_before_it_was_full) {
  Dice dice(6);
  Channel channel = Channel::create(64 << 10);
  channel.begin(7);
  std::vector<Observation> sent, seen;
  const auto fill = [&] {
    for (;;) {
      const Observation next = dice.observation();
      channel.append(next);
      sent.push_back(next);
    }
  };
  BOOST_CHECK_EXCEPTION(fill(), SutError, [](const SutError& e) { return contains(e.what(), "of one trace exceed"); });
  BOOST_TEST(channel.begun() == 7U);
  BOOST_TEST(sent.size() > 50U);
  BOOST_TEST(channel.read(seen));
  BOOST_TEST((seen == sent));
  channel.begin(8);
  BOOST_TEST(channel.read(seen));
  BOOST_TEST(seen.empty());
}

/// A library that has these functions of its own; the rest of libssl it takes from the installed one.
std::string built(const Folder& folder, const std::string& functions) {
  const std::string source = (folder.path / "own.c").string(), library = (folder.path / "libown.so").string();
  std::ofstream(source) << functions;
  const std::string compiler = "cc -shared -fPIC -o " + library + " " + source + " -Wl,--no-as-needed -lssl -lcrypto";
  BOOST_REQUIRE(std::system(compiler.c_str()) == 0);
  return library;
}

// Flushing at 1 dies, at 2 it hangs; and of each timeout that is set the result says which one of its process it is.
constexpr const char* dies_hangs_and_counts =
    "#include <stdlib.h>\n"
    "#include <unistd.h>\n"
    "void SSL_CTX_flush_sessions(void *c, long t) { (void)c; if (t == 1) abort(); if (t == 2) for (;;) pause(); }\n"
    "long SSL_CTX_set_timeout(void *c, long t) { static long n; (void)c, (void)t; return ++n; }\n";

std::vector<Observation> seen_of(WorkerSut& sut, const std::string& text) {
  std::vector<Observation> seen;
  sut.run(std::get<Trace>(parse(text)), seen);
  return seen;
}

// Catches: a hang of which no one learns where it was, also in a process that goes on from what traces have in common.
BOOST_AUTO_TEST_CASE(a_library_that_hangs_is_asked_where_it_is) {
  const Folder folder("worker");
  WorkerSut sut(built(folder, dies_hangs_and_counts), "", {.trace = std::chrono::milliseconds(700), .command = {}});
  const std::string once = "context A\nset-size A 3\n", often = "context A\ncontext B\nconnect A B x100\n";
  (void)seen_of(sut, often);
  for (const auto& [text, commands] : {std::pair(once, 2U), std::pair(often, 101U)}) {
    const auto seen = seen_of(sut, text + "flush A 2\n");
    BOOST_REQUIRE(seen.size() == commands);
    BOOST_TEST((seen.back().status == Status::hung));
    BOOST_TEST_CONTEXT(sut.last_words()) {
      BOOST_TEST(contains(sut.last_words(), "in command 2: flush A 2"));
      BOOST_TEST(contains(sut.last_words(), "SSL_CTX_flush_sessions"));
    }
    (void)seen_of(sut, often);
  }
}

// Catches: what many traces have in common made again for each, or another world where one goes on from it.
BOOST_AUTO_TEST_CASE(what_goes_on_from_a_common_beginning_is_what_it_would_be_alone) {
  const char* given = std::getenv("SESSCHECK_LIB");
  const std::string library = given != nullptr ? given : "libssl.so.3";
  const std::string servers = "context A mode=SERVER size=9 new=1 get=copy1 remove store=references\ncontext B\nconnect B A x120 keep=h1\n",
                    clients = "context A mode=CLIENT new=1\ncontext B\nset-size A 3\nconnect A B x130\nconnect A B keep=h1\n";
  WorkerSut sut(library, "");
  for (const std::string& beginning : {servers, servers, clients, servers, clients, clients})
    for (const char* rest : {"", "connect B A offer=h1\nremove A h1\n", "advance 400s\nflush A now\nconnect B A offer=h1 flights=2\n",
                             "connect B A x200\nflush A 0\n", "connect A B keep=h1\nadd B h1\n"}) {
      WorkerSut other(library, "");
      BOOST_TEST((seen_of(sut, beginning + rest) == seen_of(other, beginning + rest)), beginning << rest);
    }
}

// Catches: the same without a common beginning being kept at all; and a death there that is another trace's, or none's.
BOOST_AUTO_TEST_CASE(a_common_beginning_is_kept_and_a_death_behind_it_told) {
  const Folder folder("worker");
  WorkerSut sut(built(folder, dies_hangs_and_counts), "");
  const std::string beginning = "context A\ncontext B\nconnect A B x100\n";
  const auto result = [&] { return seen_of(sut, beginning + "set-timeout A 7\n").back().result; };
  BOOST_TEST(result() == 1);
  BOOST_TEST(result() == 2);  // in the same process, or in one that goes on from it: from now on the beginning is kept
  BOOST_TEST(result() == 2);
  const auto seen = seen_of(sut, beginning + "set-size A 3\nflush A 1\nset-size A 4\n");
  BOOST_REQUIRE(seen.size() == 102U);
  BOOST_TEST((seen[100].status == Status::done));
  BOOST_TEST((seen[101].status == Status::crashed));
  BOOST_TEST(contains(sut.last_words(), "signal 6"));
  BOOST_TEST(result() == 1);
}

BOOST_AUTO_TEST_CASE(a_library_that_does_not_exist_is_named) {
  const std::string path = "/nonexistent/libssl.so.99";
  const std::string message = message_of_run(path);
  BOOST_TEST_CONTEXT(message) {
    BOOST_TEST(contains(message, path));
    BOOST_TEST(!contains(message, "\n"));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_library_is_named) {
  const auto path = std::filesystem::temp_directory_path() / ("sesscheck-text-" + std::to_string(::getpid()));
  std::ofstream(path) << "not a library\n";
  const std::string message = message_of_run(path.string());
  std::filesystem::remove(path);
  BOOST_TEST_CONTEXT(message) { BOOST_TEST(contains(message, path.string())); }
}

BOOST_AUTO_TEST_CASE(a_library_without_tls_is_told_by_a_missing_symbol) {
  const std::string message = message_of_run("libc.so.6");
  BOOST_TEST_CONTEXT(message) {
    BOOST_TEST(contains(message, "libc.so.6"));
    BOOST_TEST((contains(message, "TLS_") || contains(message, "SSL_") || contains(message, "OpenSSL_")));
  }
}

BOOST_AUTO_TEST_CASE(version_fails_as_run_does) {
  const WorkerSut sut("/nonexistent/libssl.so.99", "");
  BOOST_CHECK_THROW((void)sut.version(), SutError);
}

BOOST_AUTO_TEST_CASE(a_worker_that_cannot_be_executed_is_named) {
  const char* before = std::getenv("SESSCHECK_WORKER");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("SESSCHECK_WORKER", "/nonexistent/worker", 1);
  const std::string missing = message_of_run("libc.so.6");
  ::setenv("SESSCHECK_WORKER", "/bin/true", 1);  // not a worker: ends at once
  const std::string other = message_of_run("libc.so.6");
  if (before != nullptr) {
    ::setenv("SESSCHECK_WORKER", saved.c_str(), 1);
  } else {
    ::unsetenv("SESSCHECK_WORKER");
  }
  BOOST_TEST(contains(missing, "/nonexistent/worker"));
  BOOST_TEST(contains(other, "exited with status 0"));
}

/// A worker that is this shell script.
struct ScriptedWorker {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("sesscheck-worker-" + std::to_string(::getpid()));
  std::string saved = std::getenv("SESSCHECK_WORKER") != nullptr ? std::getenv("SESSCHECK_WORKER") : "";

  explicit ScriptedWorker(const std::string& script) {
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    ::setenv("SESSCHECK_WORKER", path.c_str(), 1);
  }
  ~ScriptedWorker() {
    std::filesystem::remove(path);
    if (saved.empty())
      ::unsetenv("SESSCHECK_WORKER");
    else
      ::setenv("SESSCHECK_WORKER", saved.c_str(), 1);
  }
};

// Catches: a worker that sleeps for ever, or computes for ever, and is waited for as long.
BOOST_AUTO_TEST_CASE(a_worker_that_does_not_answer_is_given_up) {
  for (const char* script : {"exec sleep 30", "while :; do :; done"}) {
    const ScriptedWorker scripted(script);
    const auto start = std::chrono::steady_clock::now();
    const WorkerSut sut("libc.so.6", "", {.trace = std::chrono::milliseconds(200)});
    BOOST_CHECK_EXCEPTION((void)sut.version(), SutError,
                          [](const SutError& e) { return contains(e.what(), "loading it does not end"); });
    BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(20)), script);
  }
}

// Catches: "hung" for a library that is slow because the machine is: patience that is real time.
BOOST_AUTO_TEST_CASE(a_loaded_machine_is_no_hang) {
  using Clock = std::chrono::steady_clock;
  cpu_set_t before, one;
  BOOST_REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  BOOST_REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);  // threads and workers that are started inherit it
  const char* library = std::getenv("SESSCHECK_LIB");
  const Trace trace = std::get<Trace>(parse("context A\ncontext B\nconnect B A x1000\n"));
  const auto took = [&](WorkerSut& sut, std::vector<Observation>& seen) {
    const auto start = Clock::now();
    sut.run(trace, seen);
    return Clock::now() - start;
  };
  bool loaded = false;  // more than the patience, in real time
  for (int attempt = 0; attempt < 5 && !loaded; ++attempt) {
    std::vector<Observation> alone, among_others;
    Clock::duration usual;
    {
      WorkerSut sut(library != nullptr ? library : "libssl.so.3", "");
      (void)sut.version();
      usual = took(sut, alone);
    }
    const auto patience = std::chrono::ceil<std::chrono::milliseconds>(2 * usual);
    WorkerSut sut(library != nullptr ? library : "libssl.so.3", "", {patience, std::chrono::milliseconds(0)});
    (void)sut.version();
    std::atomic<bool> over = false;
    {
      std::vector<std::jthread> others;
      for (int i = 0; i < 8; ++i)
        others.emplace_back([&] {
          while (!over) continue;
        });
      loaded = took(sut, among_others) > patience;
      over = true;
    }
    BOOST_TEST((among_others == alone), "hung after " << among_others.size() << " of " << alone.size() << " commands");
  }
  ::sched_setaffinity(0, sizeof before, &before);
  BOOST_TEST(loaded, "the machine could not be loaded: nothing was tested");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
