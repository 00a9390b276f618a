// Which sessions a library's internal caches list, for a library that does not show it.
//
// One object must not get into two caches (SSL_set_session(3)), so who adds one has to know where it is. What gets in and
// what leaves is told by SSL_CTX_add_session and by callbacks, which are therefore always set; the application's own
// ones are called by these.
#pragma once

#include "sut/openssl/table.hpp"

namespace sesscheck::boringssl {

/// Puts its own functions into the table, in front of the library's.
void keep_ledger(openssl::Table& table, const openssl::Libraries& libraries);

}  // namespace sesscheck::boringssl
