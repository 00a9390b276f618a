// Deterministic randomness for the library: the same trace gives the same bytes, ids and keys in any process.
#pragma once

#include <cstdint>

#include "sut/openssl/table.hpp"

namespace sesscheck::openssl {

/// Makes this generator the library's (RAND_set_rand_method).
void install_random(const Table& table);
/// Starts it anew; each trace does.
void seed_random();
/// Where it is: of two workers that take turns, each goes on where the other one was.
std::uint64_t random_state();
void set_random_state(std::uint64_t where);
/// So many bytes of it.
void draw(unsigned char* bytes, std::size_t length);
/// How many words were drawn before this one, since seed_random(): what the library made of random bytes (each time it
/// asks it gets fresh words) tells by its first word when it was made.
std::uint64_t drawn_before(std::uint64_t word);

}  // namespace sesscheck::openssl
