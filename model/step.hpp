// The reference model: one command on one world.
//
// Pure: equal input gives equal output. Reads beside the manual pages SSL_CTX_set_session_cache_mode(3),
// SSL_CTX_sess_set_get_cb(3), SSL_CTX_add_session(3) and SSL_CTX_flush_sessions(3).
#pragma once

#include "model/because.hpp"
#include "model/command.hpp"
#include "model/observation.hpp"
#include "model/rules.hpp"
#include "model/world.hpp"

namespace sesscheck {

/// The world in which a trace begins. `rules` decide the defaults; `because` is added to.
World begin(const Setup& setup, const Rules& rules, Because& because);

/// Carries out `command` once (its repeat count is the caller's business), and says what a caller would see and why.
/// `seen` and `because` are overwritten; their memory is reused.
void step(World& world, const Command& command, const Rules& rules, Observation& seen, Because& because);

}  // namespace sesscheck
