// Inside of generate: a trace in the making.
//   generate.cpp        the setup, the subjects of commands, the whole
//   generate_moves.cpp  each kind of command, and short scenes of several
//
// Two calls on `r` never stand in one expression whose order the language leaves open: a seed is one trace everywhere.
#pragma once

#include <array>
#include <limits>
#include <vector>

#include "check/generate.hpp"
#include "model/step.hpp"

namespace sesscheck::generator {

inline constexpr std::int64_t million = 1'000'000;
inline constexpr std::int64_t latest = std::numeric_limits<std::int64_t>::max();

/// One trace in the making. The model runs beside, so that the next command can aim at what is there: a deadline of a
/// cached session, a held session that a server knows. What it decides by the Rules is not used.
class Generator {
 public:
  Generator(Random& random, const Shape& shape)
      // Microseconds make deadlines visible to the last digit; they are aimed at with and without.
      : r(random), shape_(shape), rules_(Rules::openssl_3_0().with(clock_in_microseconds)) {}
  Trace run();

 private:
  enum class Family : std::uint8_t {
    clock, timeouts, flushes, sizes, modes, id_contexts, verify, external, faults, hands, copies, made, ages, renewals,
    // what connects can do besides
    server_keeps, endings, breaks, own_id_contexts, few_repeats, mixed_roles,
    count
  };
  static constexpr auto families = static_cast<std::size_t>(Family::count);
  struct Move {
    Family family;
    unsigned weight;
    void (Generator::*make)();
  };
  static std::vector<Move> moves();

  [[nodiscard]] bool on(Family family) const { return on_[static_cast<std::size_t>(family)]; }
  [[nodiscard]] bool full() const { return trace_.commands.size() >= length_; }
  void emit(const Command& command);

  // --- setup -------------------------------------------------------------------------------------------------------
  void choose_setup();
  ContextSetup context_setup(bool is_client);
  std::int64_t some_mode(bool is_client);
  std::int64_t some_size() {
    return r.weighted<std::int64_t>({{30, 1}, {30, 2}, {20, 3}, {5, 4}, {8, 0}, {4, -1}, {3, default_size}});
  }
  std::int64_t some_timeout() {
    return r.weighted<std::int64_t>(
        {{15, 1}, {15, 2}, {15, 5}, {25, 10}, {10, 300}, {7, 0}, {4, -1}, {4, latest}, {5, 7200}});
  }
  IdContext some_id_context() {
    return r.weighted<IdContext>({{18, {0, 'a'}}, {28, {1, 'a'}}, {14, {2, 'a'}}, {14, {1, 'b'}}, {8, {2, 'b'}},
                                  {8, {32, 'a'}}, {4, {31, 'a'}}, {6, {33, 'a'}}});
  }
  Callbacks some_callbacks();

  // --- subjects ----------------------------------------------------------------------------------------------------
  [[nodiscard]] bool is_client(std::uint8_t index) const { return index % 2 == 1; }
  std::uint8_t some_context() { return static_cast<std::uint8_t>(r.below(world_.contexts.size())); }
  std::uint8_t some_end(bool client);
  std::uint8_t server_or_other() { return r.chance(80) ? some_end(false) : some_context(); }
  std::uint8_t any_slot() { return static_cast<std::uint8_t>(1 + r.below(slots_max)); }
  std::uint8_t held_slot();
  std::uint8_t free_slot();
  std::uint8_t slot_to_offer(std::uint8_t server);
  [[nodiscard]] const Session* held(std::uint8_t slot) const;
  [[nodiscard]] bool known(const Context& context, Identity name) const;
  std::vector<Moment> deadlines();

  // --- commands ----------------------------------------------------------------------------------------------------
  Command with_context(Op op, std::uint8_t context, Number number = {}) {
    Command c;
    c.op = op, c.context = context, c.number = number;
    return c;
  }
  Command with_slot(Op op, std::uint8_t slot, Number number = {}) {
    Command c;
    c.op = op, c.slot = slot, c.number = number;
    return c;
  }
  Command connection(std::uint8_t server, std::uint8_t client);
  void connect();
  void advance();
  void advance_by(std::int64_t microseconds);
  void set_timeout();
  void flush();
  void set_size();
  void fill();
  void set_mode();
  void set_id_context();
  void set_session_id_context();
  void set_verify_peer();
  void set_callbacks();
  void answer();
  void lose() { emit(with_context(Op::lose, server_or_other())); }
  void add();
  void remove();
  void drop() { emit(with_slot(Op::drop, held_slot())); }
  void copy();
  void make();
  void set_session_time();
  void set_session_timeout();
  void renew() { emit(with_context(Op::renew, some_context())); }
  void cadence();

  Random& r;
  const Shape& shape_;
  Rules rules_;
  std::array<bool, families> on_{};
  std::size_t length_ = 0;
  int connections_ = 0;
  Trace trace_;
  World world_;
  Observation seen_;
  Because because_;
};

}  // namespace sesscheck::generator
