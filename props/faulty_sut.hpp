// Libraries with faults that no Rule describes: the model, with something wrong in what it does or in what is seen of it.
#pragma once

#include <functional>
#include <span>

#include "check/lockstep.hpp"
#include "sut/sut.hpp"

namespace sesscheck::props {

/// What a fault can look at and change: one step, after the one before it.
struct FaultySight {
  const Trace& trace;
  const Command& command;
  const Because& because;
  const Observation* before;  ///< null at the first step
  Observation& seen;
};

struct Fault {
  const char* name;
  std::function<void(FaultySight)> corrupt;          ///< what is seen of a step
  std::function<void(Trace&)> misdo = {};            ///< other commands than those asked for are carried out
};

/// At least thirty, in different places.
std::span<const Fault> faults();

class FaultySut final : public Sut {
 public:
  FaultySut(const Rules& rules, const Fault& fault) : rules_(rules), fault_(fault) {}
  [[nodiscard]] std::string version() const override { return std::string("the model with a fault: ") + fault_.name; }
  void run(const Trace& trace, std::vector<Observation>& seen) override;

 private:
  Rules rules_;
  const Fault& fault_;
};

/// A library that dies at SSL_CTX_flush_sessions of a context that has a session in its cache ...
enum class Dies {
  at_the_end,       ///< ... or not there, but when everything is given up, after any trace
  alone,            ///< ... always
  after_a_spoiler,  ///< ... when a trace before it, in the same process, has set a cache size of 2
  once              ///< ... the first time of all
};
class DyingSut final : public Sut {
 public:
  /// `already` lives as long as all of them: whether any has died.
  DyingSut(Dies when, bool& already) : when_(when), already_(already) {}
  [[nodiscard]] std::string version() const override { return "the model, dying"; }
  void run(const Trace& trace, std::vector<Observation>& seen) override;

 private:
  Dies when_;
  bool& already_;
  bool spoilt_ = false;
};

}  // namespace sesscheck::props
