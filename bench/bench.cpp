// What costs what: the library, the model beside it, the comparison, the worker process.
//
// Read the items_per_second column (commands) as ratios between rows of one run; machines are noisy.
#include <benchmark/benchmark.h>

#include "check/generate.hpp"
#include "check/lockstep.hpp"
#include "fuzz/api_trace.hpp"
#include "model/step.hpp"
#include "sut/openssl/driver.hpp"
#include "sut/openssl/table.hpp"
#include "sut/worker/process.hpp"

namespace sesscheck {
namespace {

constexpr const char* library = "libssl.so.3";

std::vector<Trace> make_traces(int cadence_percent) {
  Shape shape;
  shape.cadence_percent = cadence_percent;
  std::vector<Trace> list;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    list.push_back(generate(random, shape));
  }
  return list;
}

/// As an audit makes them; a few have hundreds of connections and caches as large, observed at every step.
const std::vector<Trace>& traces() {
  static const std::vector<Trace> all = make_traces(Shape{}.cadence_percent);
  return all;
}
/// Without those few.
const std::vector<Trace>& short_traces() {
  static const std::vector<Trace> all = make_traces(0);
  return all;
}

/// As api_fuzzer makes them: no handshakes.
const std::vector<Trace>& api_traces() {
  static const std::vector<Trace> all = [] {
    // As long as the fuzzer makes them: fresh contexts cost as much as hundreds of calls.
    std::vector<Trace> list;
    for (Trace& part : make_traces(0)) {
      part = fuzz::without_connections(std::move(part));
      if (list.empty() || list.back().commands.size() >= fuzz::api_bounds.commands) list.push_back({part.setup, {}});
      for (const Command& c : part.commands) list.back().commands.push_back(c);
    }
    for (Trace& trace : list) trace = normalise(trace);
    return list;
  }();
  return all;
}

openssl::Driver& driver() {
  static const openssl::Table table = [] {
    openssl::Table found;
    openssl::complete(found, openssl::Libraries(library, ""));
    return found;
  }();
  static openssl::Driver one(table);
  return one;
}

void count(benchmark::State& state, const std::vector<Trace>& done) {
  std::int64_t commands = 0;
  for (const Trace& trace : done) commands += static_cast<std::int64_t>(single_commands(trace));
  state.SetItemsProcessed(state.iterations() * commands);
}

/// The model alone, step by step, nothing kept.
void model_alone(benchmark::State& state, const std::vector<Trace>& list) {
  const Rules rules = Rules::openssl_3_0();
  Observation seen;
  Because because;
  for (auto _ : state)
    for (const Trace& trace : list) {
      World world = begin(trace.setup, rules, because);
      for (const Command& command : trace.commands)
        for (int n = 0; n < command.repeat; ++n) step(world, command, rules, seen, because);
      benchmark::DoNotOptimize(seen);
    }
  count(state, list);
}
BENCHMARK_CAPTURE(model_alone, short_traces, short_traces())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(model_alone, all_traces, traces())->Unit(benchmark::kMillisecond);

/// The library in this process, observed, nothing compared.
void library_observed(benchmark::State& state, const std::vector<Trace>& list) {
  for (auto _ : state)
    for (const Trace& trace : list) driver().run(trace, [](const Observation& o) { benchmark::DoNotOptimize(o); });
  count(state, list);
}
BENCHMARK_CAPTURE(library_observed, all_traces, traces())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(library_observed, api_traces, api_traces())->Unit(benchmark::kMillisecond);

/// Library and model in one process, compared after every command.
void lockstep_in_process(benchmark::State& state, const std::vector<Trace>& list) {
  std::vector<Observation> seen;
  for (auto _ : state)
    for (const Trace& trace : list) {
      seen.clear();
      driver().run(trace, [&](const Observation& o) { seen.push_back(o); });
      if (lockstep(trace, Rules::openssl_3_0(), seen)) state.SkipWithError("the library differs from openssl-3.0");
    }
  count(state, list);
}
BENCHMARK_CAPTURE(lockstep_in_process, all_traces, traces())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lockstep_in_process, api_traces, api_traces())->Unit(benchmark::kMillisecond);

/// The whole way: the library in a worker process, its observations back, compared.
void lockstep_through_worker(benchmark::State& state) {
  WorkerSut worker(library, "");
  std::vector<Observation> seen;
  for (auto _ : state)
    for (const Trace& trace : traces()) {
      worker.run(trace, seen);
      if (lockstep(trace, Rules::openssl_3_0(), seen)) state.SkipWithError("the library differs from openssl-3.0");
    }
  count(state, traces());
}
BENCHMARK(lockstep_through_worker)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sesscheck
