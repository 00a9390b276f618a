#include "sut/openssl/table.hpp"

#include <dlfcn.h>

#include "sut/sut.hpp"

namespace sesscheck::openssl {
namespace {

// RTLD_GLOBAL for libcrypto only: a libssl with another soname in its NEEDED list finds its symbols there. Never
// RTLD_DEEPBIND: it would hide the virtual clock from the library.
void* open(const std::string& path, int scope) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | scope);
  if (!handle) throw SutError("cannot load " + path + ": " + dlerror());
  return handle;
}

template <typename Function>
void find(void* handle, const char* name, const std::string& path, Function& slot) {
  slot = reinterpret_cast<Function>(dlsym(handle, name));
  if (!slot) throw SutError(path + " is not an OpenSSL library of version 1.1.1 or later: it has no " + name);
}

/// A libssl that has its libcrypto inside, or loads its own, must not be mixed with another one.
void check_that_they_match(void* ssl, const std::string& libssl, const Table& table, const std::string& libcrypto) {
  const auto own = reinterpret_cast<decltype(&::OpenSSL_version)>(dlsym(ssl, "OpenSSL_version"));
  if (!own || own == table.OpenSSL_version) return;
  const std::string has = own(OPENSSL_VERSION), given = table.OpenSSL_version(OPENSSL_VERSION);
  if (has != given) throw SutError(libcrypto + " is " + given + ", and does not match " + libssl + ", which has " + has);
}

}  // namespace

std::unique_ptr<Table> load_table(const std::string& libssl, const std::string& libcrypto) {
  void* crypto = libcrypto.empty() ? nullptr : open(libcrypto, RTLD_GLOBAL);
  void* ssl = open(libssl, RTLD_LOCAL);
  if (!crypto) crypto = ssl;  // dlsym also searches what libssl itself depends on
  auto table = std::make_unique<Table>();
  const std::string& crypto_path = libcrypto.empty() ? libssl : libcrypto;
#define SESSCHECK_FIND(name) find(ssl, #name, libssl, table->name);
  SESSCHECK_SSL_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
#define SESSCHECK_FIND(name) table->name = reinterpret_cast<decltype(table->name)>(dlsym(ssl, #name));
  SESSCHECK_SSL_FUNCTIONS_LATER(SESSCHECK_FIND)
#undef SESSCHECK_FIND
#define SESSCHECK_FIND(name) find(crypto, #name, crypto_path, table->name);
  SESSCHECK_CRYPTO_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
  check_that_they_match(ssl, libssl, *table, crypto_path);
  return table;
}

}  // namespace sesscheck::openssl
