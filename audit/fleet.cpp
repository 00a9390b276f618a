#include "audit/fleet.hpp"

namespace sesscheck {
namespace {

constexpr std::size_t history_max = 512;  // traces; corruption shows soon, or is beyond retelling

}  // namespace

Fleet::Fleet(SutFactory make, unsigned jobs) : make_(std::move(make)) {
  for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
}

Fleet::~Fleet() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_there_.notify_all();
}

void Fleet::run(std::span<const Trace> traces, std::vector<Run>& runs) {
  runs.resize(traces.size());
  std::unique_lock lock(mutex_);
  traces_ = traces, runs_ = &runs;
  next_ = finished_ = 0;
  failure_ = nullptr;
  work_there_.notify_all();
  work_done_.wait(lock, [&] { return finished_ == traces_.size(); });
  first_ += traces_.size();
  traces_ = {};
  if (failure_) std::rethrow_exception(failure_);
}

void Fleet::work() {
  Subject subject = make_(patience_at_first);
  bool hurried = false;
  std::deque<std::size_t> history;
  std::unique_lock lock(mutex_);
  while (true) {
    work_there_.wait(lock, [&] { return closing_ || next_ < traces_.size(); });
    if (closing_) return;
    const std::size_t mine = next_++, number = first_ + mine;
    const bool hurry = hung_;
    lock.unlock();
    std::exception_ptr failure;
    Run& run = (*runs_)[mine];
    try {
      if (hurry && !hurried) {
        subject = make_(patience_once_hung);
        hurried = true;
        history.clear();
      }
      subject.sut->run(traces_[mine], run.seen);
      run.before.assign(history.begin(), history.end());
      run.last_words.clear();
      if (run.died()) {
        if (subject.last_words) run.last_words = subject.last_words();
        history.clear();  // the next one gets a new process
      } else {
        history.push_back(number);
        if (history.size() > history_max) history.pop_front();
      }
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (run.died() && run.seen.back().status == Status::hung) hung_ = true;
    if (failure && !failure_) failure_ = failure;
    if (++finished_ == traces_.size()) work_done_.notify_one();
  }
}

void Lab::set_patience(Patience patience) {
  if (patience != patience_) subject_ = {};
  patience_ = patience;
}

std::vector<Observation> Lab::run(const Trace& trace) {
  if (!subject_.sut) subject_ = make_(patience_);
  std::vector<Observation> seen;
  subject_.sut->run(trace, seen);
  if (!seen.empty() && (seen.back().status == Status::crashed || seen.back().status == Status::hung)) {
    if (subject_.last_words) last_words_ = subject_.last_words();
    subject_ = {};
  }
  return seen;
}

std::vector<Observation> Lab::run_after(std::span<const Trace> before, const Trace& trace) {
  subject_ = make_(patience_);
  for (const Trace& earlier : before) (void)run(earlier);
  return run(trace);
}

}  // namespace sesscheck
