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

Driver::Driver(const Table& table) : f_(table), wire_(std::make_unique<Wire>()) {
  install_random(f_);
  for (BIO** bio : {&wire_->client_in, &wire_->client_out, &wire_->server_in, &wire_->server_out})
    *bio = f_.BIO_new(f_.BIO_s_mem());
}

Driver::~Driver() {
  for (BIO* bio : wire_->all()) f_.BIO_free(bio);
}

std::string Driver::version() const { return f_.OpenSSL_version(OPENSSL_VERSION); }

void Driver::run(const Trace& trace, const ObservationSink& sink) {
  seed_random();
  const VirtualTime virtual_time;
  Run run(f_, *wire_, trace.setup);
  for (const Command& command : trace.commands)
    for (int n = 0; n < command.repeat; ++n) {
      run.step(command, seen_);
      sink(seen_);
    }
}

}  // namespace sesscheck::openssl
