#include "sut/openssl/turn.hpp"

#include "sut/openssl/random.hpp"

namespace sesscheck::openssl {

/// All that both workers know and that what was done can have changed.
template <class Parcel>
void Run::pass(Parcel& parcel) {
  parcel.value(seen_->status);
  parcel.value(seen_->result);
  parcel.value(seen_->error);
  parcel.value(seen_->connection);
  parcel.list(seen_->log);
  parcel.list(flight_);
  parcel.value(few_suites_);
  parcel.value(needs_certificate_);
  parcel.value(spoilt_);
  parcel.value(offer_noted_);
  parcel.value(answer_noted_);
  parcel.value(holders_);
  for (RealConnection& connection : connections_) {
    parcel.value(static_cast<ConnectionState&>(connection));
    for (RealEnd* end : {&connection.client, &connection.server}) parcel.value(static_cast<EndState&>(*end));
  }
  if (!observing_) return;
  parcel.value(seen_->live);
  parcel.value(seen_->held);
  for (ContextView& view : seen_->contexts) {
    for (std::int64_t* number : {&view.mode, &view.size, &view.timeout, &view.number}) parcel.value(*number);
    parcel.value(view.counters);
    parcel.list(view.cached);
    parcel.list(view.stored);
  }
}

void Run::tell() {
  for (RealConnection& connection : connections_)
    for (RealEnd* end : {&connection.client, &connection.server}) end->written = waiting(*end);
  Packer parcel;
  parcel.value(random_state());
  parcel.list(names_.fresh());
  pass(parcel);
  peer_->send(parcel.message());
}

void Run::hear() {
  peer_->receive(message_);
  Unpacker parcel(message_);
  std::uint64_t random = 0;
  parcel.value(random);
  set_random_state(random);
  std::vector<Names::Told> names;
  parcel.list(names);
  names_.learn(names);
  const bool had_certificate = needs_certificate_;
  pass(parcel);
  if (needs_certificate_ && !had_certificate) load_certificates();
  for (std::size_t slot = 1; slot <= slots_max; ++slot)
    if (holders_[slot] != own_) f_.SSL_SESSION_free(std::exchange(held_[slot], nullptr));  // the other's has its place
}

}  // namespace sesscheck::openssl
