// Random traces, aimed at the borders of a session cache: the second connection, capacity, deadlines, changes.
//
// The same seed gives the same trace on every platform. No border of a particular library is aimed at.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "model/command.hpp"
#include "model/lacks.hpp"

namespace sesscheck {

/// A deterministic source of randomness (splitmix64).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// 0 to n - 1; 0 when n is 0.
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(unsigned percent) { return below(100) < percent; }

  template <class T>
  T pick(std::initializer_list<T> list) { return list.begin()[below(list.size())]; }
  template <class List>
  auto pick(const List& list) { return list[below(list.size())]; }

  template <class T>
  using Weighted = std::pair<unsigned, T>;
  /// One of the values, each as often as its weight says.
  template <class T>
  T weighted(std::span<const Weighted<T>> list) {
    std::uint64_t total = 0;
    for (const auto& [weight, value] : list) total += weight;
    std::uint64_t at = below(total);
    for (const auto& [weight, value] : list) {
      if (at < weight) return value;
      at -= weight;
    }
    return list.front().second;
  }
  template <class T>
  T weighted(std::initializer_list<Weighted<T>> list) {
    return weighted<T>(std::span(list.begin(), list.size()));
  }

 private:
  std::uint64_t state_;
};

/// What traces should look like.
struct Shape {
  int commands_min = 3, commands_max = 40;  ///< a trace with a cadence has some more
  int connect_percent = 42;     ///< of commands, before the other moves add theirs
  int family_percent = 45;      ///< of traces in which a family of commands takes part (swarm testing)
  int certificates_percent = 12;  ///< of traces; they are slow
  int datagrams_percent = 10;    ///< of traces, most of whose connections are DTLS
  int cadence_percent = 4;      ///< of traces that have a connect with hundreds of repeats, for the automatic flush
  int connections_max = 600;    ///< single connections in a trace (a repeat of 1023, very rare, goes beyond)
  int phase = 0;                ///< commands after which other families take part; 0: never
  std::int64_t size_max = 0;    ///< no cache holds more; 0: some hold all there is
  std::int64_t seconds_max = 1'000'000;  ///< that the clock advances in a trace, all in all
  Lacks lacks;                  ///< commands and settings that no trace has: the library has them not
  bool session_ids_only = false;  ///< TLS 1.2 with session ids, one connection after the other: what the manual is about

  static Shape session_ids() {
    Shape shape;
    shape.session_ids_only = true;
    return shape;
  }
  /// One trace of many phases: what only shows after a long time. Caches stay small: every command shows them whole.
  static Shape long_traces() {
    Shape shape;
    shape.commands_min = shape.commands_max = 10'000;
    shape.certificates_percent = 2;
    shape.connections_max = 10'000;
    shape.phase = 60;
    shape.size_max = 40;
    shape.seconds_max = 20'000'000;
    return shape;
  }
  /// A handful of commands of few families: quick to run, and nearly shrunk already.
  static Shape short_traces() {
    Shape shape;
    shape.commands_min = 4, shape.commands_max = 12;
    shape.connect_percent = 30;
    shape.family_percent = 25;
    shape.certificates_percent = 5;
    shape.cadence_percent = 0;
    return shape;
  }
};

/// A random trace; normal (unused fields have their defaults, indexes are valid).
Trace generate(Random& random, const Shape& shape = {});

}  // namespace sesscheck
