// Several systems under test of one kind, each in a thread of its own: traces in, observations out, in order.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "sut/sut.hpp"

namespace sesscheck {

using SutFactory = std::function<std::unique_ptr<Sut>()>;

class Fleet {
 public:
  Fleet(const SutFactory& make, unsigned jobs);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// Runs all traces; seen[i] belongs to traces[i], whoever ran it. Throws what a system under test threw.
  void run(std::span<const Trace> traces, std::vector<std::vector<Observation>>& seen);

 private:
  void work(const SutFactory& make);

  std::mutex mutex_;
  std::condition_variable work_there_, work_done_;
  std::span<const Trace> traces_;
  std::vector<std::vector<Observation>>* seen_ = nullptr;
  std::size_t next_ = 0, finished_ = 0;
  std::exception_ptr failure_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;  // a worker process dies with the thread that started it
};

}  // namespace sesscheck
