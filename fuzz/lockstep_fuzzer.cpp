// Fuzz target: a trace on the model and on the linked-in OpenSSL side by side. Any difference is a trap, as are a
// crash, a leak and a sanitizer's report.
#include <cstdint>
#include <span>

#include "fuzz/bounds.hpp"
#include "fuzz/trap.hpp"
#include "model/trace/bytes.hpp"

sesscheck::fuzz::Bounds sesscheck::fuzz::target_bounds() { return {}; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sesscheck;
  fuzz::run_or_trap(fuzz::bounded(from_bytes(std::span(data, size)), fuzz::target_bounds()));
  return 0;
}
