#include "sut/openssl/random.hpp"

#include <algorithm>
#include <cstring>

namespace sesscheck::openssl {
namespace {

constexpr std::uint64_t seed = 0x5e55'c8ec'4b00'0001ULL;
constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL, first_factor = 0xbf58476d1ce4e5b9ULL, second_factor = 0x94d049bb133111ebULL;

std::uint64_t state;

// splitmix64: every 64-bit word differs, which key generation and ids need; a constant pattern would loop for ever.
std::uint64_t next() {
  std::uint64_t z = (state += step);
  z = (z ^ (z >> 30)) * first_factor;
  z = (z ^ (z >> 27)) * second_factor;
  return z ^ (z >> 31);
}

/// The factor that undoes a multiplication by an odd number (Newton's iteration doubles the bits that are right).
constexpr std::uint64_t inverse(std::uint64_t odd) {
  std::uint64_t x = odd;
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}
static_assert(inverse(step) * step == 1 && inverse(first_factor) * first_factor == 1);
static_assert(inverse(second_factor) * second_factor == 1);

int fill(unsigned char* bytes, int length) {
  if (length > 0) draw(bytes, static_cast<std::size_t>(length));
  return 1;
}

int status() { return 1; }

}  // namespace

void install_random(const Table& table) {
  static const RAND_METHOD method = {nullptr, fill, nullptr, nullptr, fill, status};
  table.RAND_set_rand_method(&method);
}

void seed_random() { state = seed; }
std::uint64_t random_state() { return state; }
void set_random_state(std::uint64_t where) { state = where; }

void draw(unsigned char* bytes, std::size_t length) {
  while (length > 0) {
    const std::uint64_t word = next();
    const std::size_t part = std::min(length, sizeof word);
    std::memcpy(bytes, &word, part);
    bytes += part, length -= part;
  }
}

std::uint64_t drawn_before(std::uint64_t word) {
  std::uint64_t z = word ^ word >> 31 ^ word >> 62;
  z *= inverse(second_factor);
  z = (z ^ z >> 27 ^ z >> 54) * inverse(first_factor);
  z = z ^ z >> 30 ^ z >> 60;
  return (z - seed) * inverse(step) - 1;
}

}  // namespace sesscheck::openssl
