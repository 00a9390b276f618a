// The glue between RapidCheck and sesscheck: RapidCheck draws seeds, check/generate makes traces of them, a subject
// runs them, a judge says what is wrong. What fails is shrunk, written to a file, and shown with the command that
// replays it.
//
//   RC_PARAMS           as ever: seed=..., max_success=...
//   SESSCHECK_LIB       the libssl to run (libssl.so.3)
//   SESSCHECK_COMMANDS  commands for each property instead of its own number
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/generate.hpp"
#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"
#include "sut/sut.hpp"

namespace sesscheck::props {

/// Something that traces run on, and how a person runs one there.
struct Subject {
  std::string name;  ///< "the library", "the model (manual)"
  std::shared_ptr<Sut> sut;
  std::string replay;  ///< the command that replays a trace; the file's name follows
};

/// $SESSCHECK_LIB, or the installed libssl, in the one worker of this process.
const Subject& library();
/// The same library in a worker of its own.
const Subject& another_worker();
/// The model under the Rules of a profile, and one Rule of them changed perhaps.
Subject model(const std::string& profile);
Subject model(const std::string& profile, std::span<const Choice> changes);

/// What is wrong with these observations of this trace; empty when nothing is.
using Judge = std::function<std::optional<std::string>(const Trace&, std::span<const Observation>)>;

/// Inside of a property: a random trace.
Trace drawn_trace(const Shape& shape = {});

/// Inside of a property: runs the trace, and judges. What fails is shrunk first, then told.
void check_on(const Subject& subject, const Trace& trace, const Judge& judge);

/// A library that dies, or cannot be run to the end, is nobody's property: it is told here.
std::optional<std::string> died(const Trace& trace, std::span<const Observation> seen);

/// A property over random traces, as the body of a Boost test: so many cases that they have about `commands` commands.
/// Prints how often each tag (RC_CLASSIFY) was met.
void property(std::size_t commands, const std::function<void()>& body, const Shape& shape = {});

/// How often each tag was met in the last property, in percent of its cases.
double tag_percent(const std::string& tag);

}  // namespace sesscheck::props
