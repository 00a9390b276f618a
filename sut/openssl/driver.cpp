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

Driver::Driver(const Table& table) : f_(table) {
  install_random(f_);
  equipment_ = std::make_unique<Equipment>(f_);
}

Driver::~Driver() = default;

std::string Driver::version() const { return f_.OpenSSL_version(OPENSSL_VERSION); }

const Lacks& Driver::lacks() const { return f_.lacks; }

void Driver::run(const Trace& trace, const ObservationSink& sink) {
  seed_random();
  const VirtualTime virtual_time;
  Run run(f_, *equipment_, trace.setup);
  for (const Command& command : trace.commands)
    for (int n = 0; n < command.repeat; ++n) {
      run.step(command, seen_);
      sink(seen_);
    }
}

}  // namespace sesscheck::openssl
