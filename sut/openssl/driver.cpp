#include "sut/openssl/driver.hpp"

#include "sut/clock.hpp"
#include "sut/openssl/random.hpp"
#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {
namespace {

/// Library code runs in virtual time; the rest of this process does not.
struct VirtualTime {
  VirtualTime() { virtual_clock::enter(); }
  ~VirtualTime() { virtual_clock::leave(); }
};

}  // namespace

Driver::Driver(const Table& table, Peer* peer, Library own) : f_(table), peer_(peer), own_(own) {
  install_random(f_);
  equipment_ = std::make_unique<Equipment>(f_);
}

Driver::~Driver() = default;

std::string Driver::version() const { return f_.OpenSSL_version(OPENSSL_VERSION); }

const Lacks& Driver::lacks() const { return f_.lacks; }

void Driver::run(const Trace& trace, const ObservationSink& sink) {
  begin(trace.setup);
  go_on(trace.commands, sink);
  end();
}

void Driver::begin(const Setup& setup) {
  seed_random();
  const VirtualTime virtual_time;
  run_ = std::make_unique<Run>(f_, *equipment_, setup, peer_, own_);
}

void Driver::go_on(std::span<const Command> commands, const ObservationSink& sink) {
  const VirtualTime virtual_time;
  for (const Command& command : commands)
    for (int n = 0; n < command.repeat; ++n) {
      run_->step(command, seen_);
      sink(seen_);
    }
}

void Driver::end() {
  const VirtualTime virtual_time;
  run_.reset();
}

}  // namespace sesscheck::openssl
