// The three libc clock functions, replaced for this executable and for every library that it loads.
//
// A sanitizer's runtime may call them before it is ready for instrumented code, so they are not instrumented; its own
// interceptors are weak, and give way to these.
#include "sut/clock.hpp"

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#if defined(__clang__)
#if __has_attribute(disable_sanitizer_instrumentation)
#define SESSCHECK_PLAIN __attribute__((visibility("default"), no_sanitize("all"), disable_sanitizer_instrumentation))
#else
#define SESSCHECK_PLAIN __attribute__((visibility("default"), no_sanitize("all")))
#endif
#else
#define SESSCHECK_PLAIN __attribute__((visibility("default"), no_sanitize("address", "undefined", "thread")))
#endif

namespace {

// In an executable these are at a fixed offset from the thread pointer: reading them neither allocates nor fails.
constinit thread_local bool is_virtual = false;
constinit thread_local timespec now{};

}  // namespace

namespace sesscheck::virtual_clock {

void set(std::int64_t seconds, std::int32_t microseconds) {
  now.tv_sec = seconds;
  now.tv_nsec = static_cast<long>(microseconds) * 1000;
}

void enter() { is_virtual = true; }
void leave() { is_virtual = false; }

}  // namespace sesscheck::virtual_clock

extern "C" {

SESSCHECK_PLAIN int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (is_virtual && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    *out = now;
    return 0;
  }
  return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
}

SESSCHECK_PLAIN int gettimeofday(timeval* out, void* zone) noexcept {
  if (zone != nullptr) *static_cast<struct timezone*>(zone) = {};  // obsolete; the kernel's is zero as well
  timespec read{};
  if (clock_gettime(CLOCK_REALTIME, &read) != 0) return -1;
  out->tv_sec = read.tv_sec;
  out->tv_usec = read.tv_nsec / 1000;
  return 0;
}

SESSCHECK_PLAIN time_t time(time_t* out) noexcept {
  timespec read{};
  if (clock_gettime(CLOCK_REALTIME_COARSE, &read) != 0) return -1;
  if (out != nullptr) *out = read.tv_sec;
  return read.tv_sec;
}

}  // extern "C"
