#include "fuzz/trap.hpp"

#include <cstdio>
#include <cstdlib>

#include "fuzz/feedback.hpp"
#include "fuzz/side_by_side.hpp"

namespace sesscheck::fuzz {
namespace {

class Trap : public Watcher {
 public:
  Trap(const Trace& trace, Feedback& feedback) : trace_(trace), feedback_(feedback) { feedback_.begin_trace(); }

  void before(const World& world, const Command& command) override { feedback_.before(world, command); }
  void after(const Because& because) override { feedback_.after(because); }
  void differs(std::size_t command, std::size_t repetition, const Because& because, const Observation& model,
               const Observation& library) override {
    std::fputs(report(trace_, command, repetition, because, model, library).c_str(), stderr);
    Feedback::print_statistics();
    std::abort();
  }

 private:
  const Trace& trace_;
  Feedback& feedback_;
};

}  // namespace

void run_or_trap(const Trace& trace) {
  static SideBySide sides(Rules::openssl_3_0());
  static Feedback feedback;
  Trap trap(trace, feedback);
  sides.run(trace, trap);
}

}  // namespace sesscheck::fuzz
