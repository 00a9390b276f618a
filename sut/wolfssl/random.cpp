#include "sut/wolfssl/random.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "sut/openssl/random.hpp"

namespace sesscheck::wolfssl {
namespace {

constexpr std::uint32_t id_length = 32, rows = 11;
constexpr std::size_t digest_length = 16;

int (*hash)(const unsigned char* bytes, std::uint32_t length, unsigned char* digest) = nullptr;
std::uint32_t ids = 0;
std::vector<const void*> have_drawn;  // the generators (each end has one) that have drawn 32 bytes in this connection

/// As the library computes it (HashObject): the first word of the MD5 hash.
std::uint32_t row_of(const unsigned char* id) {
  unsigned char digest[digest_length];
  hash(id, id_length, digest);
  const std::uint32_t word = static_cast<std::uint32_t>(digest[0]) << 24 | static_cast<std::uint32_t>(digest[1]) << 16 |
                             static_cast<std::uint32_t>(digest[2]) << 8 | digest[3];
  return word % rows;
}

}  // namespace

void find_hash(const openssl::Libraries& libraries) { hash = libraries.ssl<decltype(hash)>("wc_Md5Hash"); }
void begin_connection() { have_drawn.clear(); }

void draw_id(unsigned char* bytes) {
  do openssl::draw(bytes, id_length);
  while (row_of(bytes) != ids % rows);
  ++ids;
}

/// The first 32 bytes that an end draws are the random of its hello, the second a session id. A server draws both at once
/// up to 5.7, with the byte between them.
void draw_for(const void* generator, unsigned char* bytes, std::uint32_t length) {
  openssl::draw(bytes, length);
  if (length == id_length + 1 + id_length) return draw_id(bytes + id_length + 1);
  if (length != id_length) return;
  if (std::ranges::find(have_drawn, generator) == have_drawn.end()) return have_drawn.push_back(generator);
  draw_id(bytes);
}

}  // namespace sesscheck::wolfssl

extern "C" __attribute__((visibility("default"))) int wc_RNG_GenerateBlock(void* generator, unsigned char* bytes,
                                                                           std::uint32_t length) {
  sesscheck::wolfssl::draw_for(generator, bytes, length);
  return 0;
}

/// Each end seeds a generator of its own, from which nothing is drawn then. The library refuses a seed with the same four bytes
/// twice in a row: of real ones, one in 360 million, and then a connection fails.
extern "C" __attribute__((visibility("default"))) int wc_GenerateSeed(void*, unsigned char* bytes, std::uint32_t length) {
  std::iota(bytes, bytes + length, std::uint8_t{0});
  return 0;
}
