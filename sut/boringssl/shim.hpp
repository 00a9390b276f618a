// BoringSSL and AWS-LC behind OpenSSL's function table (sut/openssl/table.hpp).
//
// Both are forks of OpenSSL: what a trace needs is there, but some of it under another name, with other types, or as a
// function in the place of a macro. Those slots of the table are filled here; all others are found as in any library.
#pragma once

#include <memory>

#include "sut/openssl/table.hpp"

namespace sesscheck::boringssl {

/// Whether these are libraries of this family.
bool is(const openssl::Libraries& libraries);

/// A table with the slots that differ, and what the library lacks. Throws SutError. One in a process.
std::unique_ptr<openssl::Table> shim(const openssl::Libraries& libraries);

}  // namespace sesscheck::boringssl
