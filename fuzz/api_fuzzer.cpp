// Fuzz target: the cache's API without handshakes, for volume: sessions made by hand, added, removed, flushed, aged.
//
// The same machinery as lockstep_fuzzer. Contexts are fresh for each input, because counters, limits and order belong
// to them; that they cost most of the time of a short input is the price of inputs that do not depend on each other.
#include <cstdint>
#include <span>

#include "fuzz/api_trace.hpp"
#include "fuzz/trap.hpp"
#include "model/trace/bytes.hpp"

sesscheck::fuzz::Bounds sesscheck::fuzz::target_bounds() { return api_bounds; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sesscheck;
  fuzz::run_or_trap(fuzz::without_connections(fuzz::bounded(from_bytes(std::span(data, size)), fuzz::target_bounds())));
  return 0;
}
