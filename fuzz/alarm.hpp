// libFuzzer's timer asks the real clock how long an input has been running. Its signal can come while the library under
// test is in virtual time; then the clock is turned back for as long as the handler runs.
#pragma once

namespace sesscheck::fuzz {

/// Once, after the engine has installed its handlers: as late as the first input.
void keep_alarms_in_real_time();

/// Around code that turns virtual time on (openssl::Driver::run).
struct InVirtualTime {
  InVirtualTime();
  ~InVirtualTime();
};

/// Inside of that: a callback of ours.
struct InRealTime {
  InRealTime();
  ~InRealTime();
};

}  // namespace sesscheck::fuzz
