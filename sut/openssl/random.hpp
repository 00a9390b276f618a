// Deterministic randomness for the library: the same trace gives the same bytes, ids and keys in any process.
#pragma once

#include "sut/openssl/table.hpp"

namespace sesscheck::openssl {

/// Makes this generator the library's (RAND_set_rand_method).
void install_random(const Table& table);
/// Starts it anew; each trace does.
void seed_random();

}  // namespace sesscheck::openssl
