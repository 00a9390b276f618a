#include "sut/openssl/random.hpp"

#include <cstdint>
#include <cstring>

namespace sesscheck::openssl {
namespace {

std::uint64_t state;

// splitmix64: every 64-bit word differs, which key generation and ids need; a constant pattern would loop for ever.
std::uint64_t next() {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

int fill(unsigned char* bytes, int length) {
  while (length > 0) {
    const std::uint64_t word = next();
    const int part = length < 8 ? length : 8;
    std::memcpy(bytes, &word, static_cast<std::size_t>(part));
    bytes += part, length -= part;
  }
  return 1;
}

int status() { return 1; }

}  // namespace

void install_random(const Table& table) {
  static const RAND_METHOD method = {nullptr, fill, nullptr, nullptr, fill, status};
  table.RAND_set_rand_method(&method);
}

void seed_random() { state = 0x5e55'c8ec'4b00'0001ULL; }

}  // namespace sesscheck::openssl
