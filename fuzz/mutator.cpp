// The engine's hooks for mutation by command instead of by byte. Linked into every target that reads traces.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "fuzz/mutate.hpp"
#include "model/trace/bytes.hpp"

// libFuzzer's own mutations. Other engines that know these hooks may not have it.
extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

namespace sesscheck::fuzz {
namespace {

/// As much of the trace as fits; 0, for the engine's own way, when not even the setup does.
std::size_t write(const Trace& trace, std::uint8_t* out, std::size_t max) {
  if (max < setup_bytes) return 0;
  std::vector<std::uint8_t> bytes = to_bytes(trace);
  bytes.resize(std::min(bytes.size(), setup_bytes + (max - setup_bytes) / record_bytes * record_bytes));
  std::memcpy(out, bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace
}  // namespace sesscheck::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max,
                                               unsigned int seed) {
  using namespace sesscheck;
  Random random(seed);
  // Bytes that no change of a command would write: forms of numbers, values beyond those aimed at.
  if (&LLVMFuzzerMutate != nullptr && random.chance(8)) return LLVMFuzzerMutate(data, size, max);
  return fuzz::write(fuzz::mutate(from_bytes(std::span(data, size)), random, fuzz::target_bounds()), data, max);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size,
                                                 std::uint8_t* out, std::size_t max, unsigned int seed) {
  using namespace sesscheck;
  Random random(seed);
  const Trace one = from_bytes(std::span(first, first_size)), other = from_bytes(std::span(second, second_size));
  return fuzz::write(fuzz::cross(one, other, random, fuzz::target_bounds()), out, max);
}
