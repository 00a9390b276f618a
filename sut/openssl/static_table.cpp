#include "sut/openssl/static_table.hpp"

namespace sesscheck::openssl {

std::unique_ptr<Table> linked_table() {
  auto table = std::make_unique<Table>();
#define SESSCHECK_TAKE(name) table->name = &::name;
  SESSCHECK_SSL_FUNCTIONS(SESSCHECK_TAKE)
  SESSCHECK_SSL_FUNCTIONS_SOME(SESSCHECK_TAKE)
  SESSCHECK_CRYPTO_FUNCTIONS(SESSCHECK_TAKE)
#undef SESSCHECK_TAKE
  return table;
}

}  // namespace sesscheck::openssl
