// Observations as bytes, between the worker and its parent.
//
// Both ends are of one build, so there is no version and no framing. Numbers are varints (signed ones zigzag); a
// session is written as its difference from the session before it: in a list of a thousand each takes some three bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/observation.hpp"

namespace sesscheck::worker {

/// Bytes that surely hold the observation (several times of what it takes).
[[nodiscard]] std::size_t encoded_size_max(const Observation& observation);

/// Writes at the front of `room`, and makes `room` what is left. False, and nothing written, when `room` is smaller
/// than encoded_size_max().
[[nodiscard]] bool encode(const Observation& observation, std::span<std::uint8_t>& room);

/// Reads one observation from the front of `bytes` over `observation`, whose memory is reused, and makes `bytes` what
/// is left. False when the bytes are not an observation; `observation` is then any valid value.
[[nodiscard]] bool decode(std::span<const std::uint8_t>& bytes, Observation& observation);

}  // namespace sesscheck::worker
