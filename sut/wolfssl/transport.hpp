// The memory BIOs of sut/openssl, for a library whose connections are given two functions in their place.
#pragma once

#include "sut/openssl/table.hpp"

namespace sesscheck::wolfssl {

/// Fills the slots BIO_... and SSL_set_bio.
void fill_transport(openssl::Table& table, const openssl::Libraries& libraries);

}  // namespace sesscheck::wolfssl
