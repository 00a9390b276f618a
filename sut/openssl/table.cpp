#include "sut/openssl/table.hpp"

#include <dlfcn.h>

namespace sesscheck::openssl {
namespace {

// RTLD_GLOBAL for libcrypto only: a libssl with another soname in its NEEDED list finds its symbols there. Never
// RTLD_DEEPBIND: it would hide the virtual clock from the library.
void* open(const std::string& path, int scope) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | scope);
  if (!handle) throw SutError("cannot load " + path + ": " + dlerror());
  return handle;
}

}  // namespace

Libraries::Libraries(const std::string& libssl, const std::string& libcrypto)
    : libssl_(libssl), libcrypto_(libcrypto.empty() ? libssl : libcrypto) {
  if (!libcrypto.empty()) crypto_ = open(libcrypto, RTLD_GLOBAL);
  ssl_ = open(libssl, RTLD_LOCAL);
  if (!crypto_) crypto_ = ssl_;  // dlsym also searches what libssl itself depends on
}

void* Libraries::find_ssl(const char* name) const { return dlsym(ssl_, name); }
void* Libraries::find_crypto(const char* name) const { return dlsym(crypto_, name); }

void* Libraries::there(void* found, const char* name, const std::string& file) {
  if (!found) throw SutError(file + " is not an OpenSSL library of version 1.1.1 or later: it has no " + name);
  return found;
}

void Libraries::check_that_they_match() const {
  const auto version = reinterpret_cast<decltype(&::OpenSSL_version)>(find_crypto("OpenSSL_version"));
  const auto own = reinterpret_cast<decltype(&::OpenSSL_version)>(find_ssl("OpenSSL_version"));
  if (!own || own == version) return;
  const std::string has = own(OPENSSL_VERSION), given = version(OPENSSL_VERSION);
  if (has != given) throw SutError(libcrypto_ + " is " + given + ", and does not match " + libssl_ + ", which has " + has);
}

void complete(Table& table, const Libraries& libraries) {
#define SESSCHECK_FIND(name) \
  if (!table.name) table.name = libraries.ssl<decltype(table.name)>(#name);
  SESSCHECK_SSL_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
#define SESSCHECK_FIND(name) \
  if (!table.name) table.name = reinterpret_cast<decltype(table.name)>(libraries.find_ssl(#name));
  SESSCHECK_SSL_FUNCTIONS_SOME(SESSCHECK_FIND)
#undef SESSCHECK_FIND
#define SESSCHECK_FIND(name) \
  if (!table.name) table.name = libraries.crypto<decltype(table.name)>(#name);
  SESSCHECK_CRYPTO_FUNCTIONS(SESSCHECK_FIND)
#undef SESSCHECK_FIND
  libraries.check_that_they_match();
}

}  // namespace sesscheck::openssl
