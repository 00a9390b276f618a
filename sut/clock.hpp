// The virtual clock: this executable's own time(), gettimeofday() and clock_gettime() answer the library under test.
//
// Virtual time holds only between `enter` and `leave`, that is inside calls into the library; everything else (and every
// clock but CLOCK_REALTIME) sees real time. The executable must export these symbols (linker flag -rdynamic).
#pragma once

#include <cstdint>

namespace sesscheck::virtual_clock {

/// Sets virtual time: seconds since 1970, and microseconds.
void set(std::int64_t seconds, std::int32_t microseconds);
/// From here on this thread's clock reads are virtual, until leave().
void enter();
void leave();

}  // namespace sesscheck::virtual_clock
