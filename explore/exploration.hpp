// All worlds of a preset, on the model and on a library: what was reached, what held, what was executed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/fleet.hpp"
#include "explore/cache.hpp"
#include "model/rules.hpp"

namespace sesscheck::explore {

/// Where an invariant was broken, at the least depth.
struct BrokenInvariant {
  std::string name;
  std::size_t transitions = 0;  ///< that break it
  Trace trace;                  ///< the shortest one
  std::string what;             ///< what is wrong at its end
};

/// A trace on which the library did not do what its Rules say.
struct Mismatch {
  Trace trace;                                     ///< shrunk
  std::string at;                                  ///< "command 3, A.counters.hits: model 1, library 0"
  std::optional<std::vector<Choice>> explanation;  ///< Rules that would account for it
};

/// What came of one world, or of several.
struct Outcome {
  std::size_t worlds = 0;
  std::size_t depth = 0;  ///< all worlds are known up to here ...
  bool complete = true;   ///< ... and there is nothing deeper in any of them
  std::size_t states = 0, transitions = 0;
  std::size_t executed = 0;              ///< different transitions that the library took, and did what its Rules say
  std::size_t traces = 0, commands = 0;  ///< that the library ran
  std::size_t checked = 0;               ///< transitions that were held against the invariants
  std::size_t memory = 0;                ///< bytes for the states of one world, at most
  std::size_t memory_all = 0;            ///< the same of each world, added up
  std::size_t key_bytes = 0;             ///< of all states
  std::size_t cut_short = 0;             ///< worlds that were too large for Plan::memory, and went on depth first
  std::size_t depth_first = 0;           ///< of the transitions: those found so; one that is met again counts again
  double seconds = 0;                    ///< processor time or so: of each world, added up
  double model_seconds = 0;              ///< of these: the search, with its invariants
  std::vector<BrokenInvariant> broken;
  std::vector<Mismatch> mismatches;
  std::size_t more_mismatches = 0;  ///< that were not looked into
  std::exception_ptr failure;       ///< a SutError, or a journal that cannot be written any more: worlds that were finished before are here

  void add(Outcome other);
};

struct Plan {
  std::vector<Start> starts;
  Rules rules;
  std::size_t depth = 0;
  SutFactory library;  ///< empty: the model alone
  unsigned jobs = 1;
  std::size_t shard = 0, shards = 1;    ///< of the starts, every shards-th, beginning with this one
  std::size_t memory = SIZE_MAX;        ///< bytes for the states of all worlds that are in progress
  std::string journal;  ///< file that keeps what came of each world: those that are in it are done. Empty: none
  std::string title;    ///< what the journal is of; another one's journal is refused
  const std::atomic<bool>* stop = nullptr;
};

/// For a progress line, while it runs.
struct Progress {
  std::atomic<std::size_t> worlds_known = 0;  ///< from the journal: those of the worlds done that took no time
  std::atomic<std::size_t> worlds_done = 0, worlds = 0, states = 0, frontier = 0, transitions = 0, executed = 0,
                           commands = 0;
};

/// Explores all. Worlds that were not finished when `stop` came are not in the outcome: what is known of those that were
/// in progress is added to `begun`. Throws std::runtime_error for a journal that cannot be used; what fails later is in the outcome.
Outcome explore(const Plan& plan, Progress& progress, Outcome* begun = nullptr);

}  // namespace sesscheck::explore
