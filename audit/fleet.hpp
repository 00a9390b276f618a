// Several systems under test of one kind, each in a thread of its own: traces in, observations out, in order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "sut/sut.hpp"

namespace sesscheck {

/// A system under test, and what it wrote before it died (a sanitizer's report, an abort message), if it can tell.
struct Subject {
  std::unique_ptr<Sut> sut;
  std::function<std::string()> last_words;
};

using Patience = std::chrono::milliseconds;  ///< for one trace; whoever takes longer hangs
/// Makes a new one, in a fresh process where it has one.
using SutFactory = std::function<Subject(Patience)>;

inline constexpr Patience patience_at_first{10'000};
inline constexpr Patience patience_once_hung{1'000};  ///< for a library that is known to hang: each time costs this much

/// What became of one trace.
struct Run {
  std::vector<Observation> seen;
  /// The traces that the same worker had carried out before in the same process, oldest first; numbers count all traces
  /// that a fleet was ever given. What they did to its memory may be why this one went wrong.
  std::vector<std::size_t> before;
  std::string last_words;  ///< when it died
  [[nodiscard]] bool died() const {
    return !seen.empty() && (seen.back().status == Status::crashed || seen.back().status == Status::hung);
  }
};

class Fleet {
 public:
  Fleet(SutFactory make, unsigned jobs);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Runs all traces; runs[i] belongs to traces[i], whoever ran it. Throws what a system under test threw.
  void run(std::span<const Trace> traces, std::vector<Run>& runs);

  [[nodiscard]] const SutFactory& factory() const { return make_; }

 private:
  void work();

  const SutFactory make_;
  std::mutex mutex_;
  std::condition_variable work_there_, work_done_;
  std::span<const Trace> traces_;
  std::vector<Run>* runs_ = nullptr;
  std::size_t first_ = 0, next_ = 0, finished_ = 0;
  std::exception_ptr failure_;
  bool closing_ = false, hung_ = false;
  std::vector<std::jthread> threads_;  // a worker process dies with the thread that started it
};

/// One system under test of which it is known what it did before: for asking again.
class Lab {
 public:
  explicit Lab(const SutFactory& make) : make_(make) {}

  /// How long one trace may take from now on.
  void set_patience(Patience patience);
  /// In whatever process is there.
  std::vector<Observation> run(const Trace& trace);
  /// In a process that has done nothing before.
  std::vector<Observation> run_fresh(const Trace& trace) { return run_after({}, trace); }
  std::vector<Observation> run_after(std::span<const Trace> before, const Trace& trace);
  /// Of the last one that died here.
  [[nodiscard]] const std::string& last_words() const { return last_words_; }

 private:
  const SutFactory& make_;
  Patience patience_ = patience_at_first;
  Subject subject_;
  std::string last_words_;
};

}  // namespace sesscheck
