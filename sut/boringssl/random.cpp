// Their randomness. RAND_set_rand_method does nothing there, but libssl's calls of RAND_bytes find this one first: the
// executable's. For an OpenSSL that finds it too it is the same: its own RAND_bytes would call the same generator.
#include "sut/openssl/random.hpp"

extern "C" __attribute__((visibility("default"))) int RAND_bytes(unsigned char* bytes, int length) {
  sesscheck::openssl::draw(bytes, static_cast<std::size_t>(length));
  return 1;
}
