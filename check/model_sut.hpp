// The model as a system under test: what a library with these Rules would do. The auditor is audited with it.
#pragma once

#include <string>
#include <utility>

#include "check/lockstep.hpp"
#include "sut/sut.hpp"

namespace sesscheck {

class ModelSut final : public Sut {
 public:
  explicit ModelSut(const Rules& rules, std::string name = "the model") : rules_(rules), name_(std::move(name)) {}
  [[nodiscard]] Lacks lacks() const override { return rules_.peer() ? Lacks::of_two_libraries() : Lacks(); }
  [[nodiscard]] std::string version() const override { return name_; }
  void run(const Trace& trace, std::vector<Observation>& seen) override { seen = simulate(trace, rules_, {}, lacks()); }

 private:
  Rules rules_;
  std::string name_;
};

}  // namespace sesscheck
