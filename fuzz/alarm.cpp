#include "fuzz/alarm.hpp"

#include <signal.h>

#include "sut/clock.hpp"

namespace sesscheck::fuzz {
namespace {

// Of this thread: the engine's other threads take signals too, and are never in virtual time.
thread_local volatile bool in_virtual_time = false;
struct sigaction engine_action {};

void on_alarm(int number, siginfo_t* info, void* context) {
  const bool was_virtual = in_virtual_time;
  if (was_virtual) virtual_clock::leave();
  engine_action.sa_sigaction(number, info, context);
  if (was_virtual) virtual_clock::enter();
}

}  // namespace

void keep_alarms_in_real_time() {
  static const bool done = [] {
    ::sigaction(SIGALRM, nullptr, &engine_action);
    if ((engine_action.sa_flags & SA_SIGINFO) == 0) return false;  // this engine has no timer
    struct sigaction ours = engine_action;
    ours.sa_sigaction = on_alarm;
    return ::sigaction(SIGALRM, &ours, nullptr) == 0;
  }();
  (void)done;
}

InVirtualTime::InVirtualTime() { in_virtual_time = true; }
InVirtualTime::~InVirtualTime() {
  in_virtual_time = false;
  virtual_clock::leave();  // an alarm just before may have turned it on again
}

InRealTime::InRealTime() {
  in_virtual_time = false;
  virtual_clock::leave();
}
InRealTime::~InRealTime() {
  virtual_clock::enter();
  in_virtual_time = true;
}

}  // namespace sesscheck::fuzz
