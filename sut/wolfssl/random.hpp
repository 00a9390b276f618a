// wolfSSL's randomness, and the row of its session table that an id falls into.
//
// RAND_set_rand_method does not reach its handshakes; but its own calls of wc_RNG_GenerateBlock and wc_GenerateSeed find
// this executable's first. Its sessions are in a table for the whole process: eleven rows of three, by a hash of the session id. The ids
// that it draws are such that they go into the rows in turn, so that the model, which knows no hash, knows what is lost.
#pragma once

#include "sut/openssl/table.hpp"

namespace sesscheck::wolfssl {

/// Once, before anything is drawn.
void find_hash(const openssl::Libraries& libraries);
/// A connection begins: what each of its ends draws counts anew.
void begin_connection();

}  // namespace sesscheck::wolfssl
