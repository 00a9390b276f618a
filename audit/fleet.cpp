#include "audit/fleet.hpp"

namespace sesscheck {

Fleet::Fleet(const SutFactory& make, unsigned jobs) {
  for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this, make] { work(make); });
}

Fleet::~Fleet() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_there_.notify_all();
}

void Fleet::run(std::span<const Trace> traces, std::vector<std::vector<Observation>>& seen) {
  seen.resize(traces.size());
  std::unique_lock lock(mutex_);
  traces_ = traces, seen_ = &seen;
  next_ = finished_ = 0;
  failure_ = nullptr;
  work_there_.notify_all();
  work_done_.wait(lock, [&] { return finished_ == traces_.size(); });
  traces_ = {};
  if (failure_) std::rethrow_exception(failure_);
}

void Fleet::work(const SutFactory& make) {
  const std::unique_ptr<Sut> sut = make();
  std::unique_lock lock(mutex_);
  while (true) {
    work_there_.wait(lock, [&] { return closing_ || next_ < traces_.size(); });
    if (closing_) return;
    const std::size_t mine = next_++;
    lock.unlock();
    std::exception_ptr failure;
    try {
      sut->run(traces_[mine], (*seen_)[mine]);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure && !failure_) failure_ = failure;
    if (++finished_ == traces_.size()) work_done_.notify_one();
  }
}

}  // namespace sesscheck
