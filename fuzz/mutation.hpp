// Inside of mutate: a trace that is being changed.
//   mutate.cpp         the sequence of commands, the setup
//   mutate_values.cpp  what a command says: values near the borders that it can meet
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fuzz/mutate.hpp"
#include "model/step.hpp"
#include "model/trace/fields.hpp"

namespace sesscheck::fuzz {

inline constexpr std::int64_t mode_bits[] = {mode::client, mode::server, mode::no_auto_clear, mode::no_internal_lookup,
                                             mode::no_internal_store, mode::update_time};

class Mutation {
 public:
  Mutation(const Trace& trace, Random& random, const Bounds& bounds) : t_(trace), r(random), bounds_(bounds) {}

  Trace run();

 private:
  using Place = std::vector<Command>::iterator;
  [[nodiscard]] bool empty() const { return t_.commands.empty(); }
  std::size_t some_index() { return r.below(t_.commands.size()); }
  /// Anywhere, the end included.
  std::size_t some_place() { return r.chance(25) ? t_.commands.size() : r.below(t_.commands.size() + 1); }
  Place at(std::size_t index) { return t_.commands.begin() + static_cast<std::ptrdiff_t>(index); }
  /// Returns where the first of them then is.
  std::size_t insert(std::size_t place, const std::vector<Command>& commands);

  void insert_run();
  void insert_one();
  void cut();
  void duplicate();
  void swap();
  void change_op();
  void change_setup();
  void change_settings();
  void pull_apart();
  void change_contexts();
  void calm();

  void change_argument();
  void aim();
  void towards_flush();
  World world_before(std::size_t index);
  std::optional<std::int64_t> deadline_from(const World& world, std::uint8_t context);
  std::int64_t some_number(const World& world, const Command& command);
  void set_some_value(std::size_t index, Field field);

  Trace t_;
  Random& r;
  Bounds bounds_;
};

}  // namespace sesscheck::fuzz
