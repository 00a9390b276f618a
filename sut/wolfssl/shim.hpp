// wolfSSL behind OpenSSL's function table (sut/openssl/table.hpp).
//
// wolfSSL is no fork: its OpenSSL layer has functions of other names (wolfSSL_...), other constants, and objects of its own.
// No header of it is needed: what an OpenSSL program would call by its macros is found by name here, and no number of
// theirs gets past this folder.
#pragma once

#include <memory>

#include "sut/openssl/table.hpp"

namespace sesscheck::wolfssl {

/// Whether this is a library of this family.
bool is(const openssl::Libraries& libraries);

/// A whole table, with what the library lacks. Throws SutError. One in a process.
std::unique_ptr<openssl::Table> shim(const openssl::Libraries& libraries);

}  // namespace sesscheck::wolfssl
