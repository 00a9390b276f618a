// The model's state as feedback for a fuzzing engine.
//
// Edges of the library's code are all reached within seconds; which sequences of decisions led there is what matters
// for a cache. libFuzzer takes the counters of feedback.cpp for coverage (its section __libfuzzer_extra_counters).
#pragma once

#include <bitset>
#include <cstddef>

#include "model/step.hpp"

namespace sesscheck::fuzz {

/// SESSCHECK_FEEDBACK=0 in the environment turns it off; SESSCHECK_STATS=1 prints what was reached in this process when
/// it exits.
class Feedback {
 public:
  Feedback();
  /// Before a trap: an abort ends the process without more ado.
  static void print_statistics();

  void begin_trace();
  /// The state in which a command finds the world: its mode, how full its cache is, how far the borders are.
  void before(const World& world, const Command& command);
  /// The decisions it led to, and those of the command before that had any.
  void after(const Because& because);

 private:
  static void before_connection(const World& world, const Command& command);

  bool on_;
  std::bitset<reason_count> previous_;
};

}  // namespace sesscheck::fuzz
