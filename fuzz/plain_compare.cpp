// The C library's own comparisons, for targets linked with --wrap. libFuzzer stands in front of them to learn from what an
// input is compared with; these targets' inputs are never compared with anything, and OpenSSL compares the names of its
// algorithms in every handshake: a tenth of the time.
#include <dlfcn.h>

#include <cstddef>

namespace {

template <class Function>
Function* of_libc(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
int __wrap_strcmp(const char* a, const char* b) {
  static auto* const plain = of_libc<int(const char*, const char*)>("strcmp");
  return plain(a, b);
}
int __wrap_strncmp(const char* a, const char* b, std::size_t size) {
  static auto* const plain = of_libc<int(const char*, const char*, std::size_t)>("strncmp");
  return plain(a, b, size);
}
int __wrap_memcmp(const void* a, const void* b, std::size_t size) {
  static auto* const plain = of_libc<int(const void*, const void*, std::size_t)>("memcmp");
  return plain(a, b, size);
}
}
