// The functions of the OpenSSL that this program is linked with: for fuzz targets, which have it built in.
#pragma once

#include <memory>

#include "sut/openssl/table.hpp"

namespace sesscheck::openssl {

std::unique_ptr<Table> linked_table();

}  // namespace sesscheck::openssl
