// Traces as bytes, for fuzzers: records of one size, so that one changed byte changes one command.
//
// Every byte string is a normalised trace: what is missing is zero, what is out of range is folded into it, and the
// likely values (no repetition, no broken connection, short id contexts, small numbers) have most of the byte values.
//
//   setup     0 contexts - 1   1 certificates   2, 3 unused   4.. four records of 64 bytes, used or not:
//             0 mode's form    1 mode     9 size's form   10 size    18 timeout's form   19 timeout
//             27 id context's length   28 its letter   29 verify-peer   30 callbacks   31 store
//             (bit 7 of a form says that the number is there)   32.. a byte for each Setting
//   command   0 op   1 context   2 client   3 slot   4 keep   5 keep_server   6 flights   7, 8 ends
//             9 is the id context there   10 its length   11 its letter
//             12 form of the number   13 does it count from now   16..23 number
//             or 12 new  13 get  14 remove        or 15 is it repeated (0x5a)   16, 17 how often
//             13 early   14 connection   7 which end   8 quiet, or abbreviated   5 setting   16 its value
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/command.hpp"

namespace sesscheck {

inline constexpr std::size_t context_setup_bytes = 64;
inline constexpr std::size_t setup_bytes = 4 + contexts_max * context_setup_bytes;
inline constexpr std::size_t record_bytes = 24;
inline constexpr std::uint8_t repeat_flag = 0x5a;

Trace from_bytes(std::span<const std::uint8_t> bytes);
/// For every normalised trace, from_bytes(to_bytes(trace)) is that trace.
std::vector<std::uint8_t> to_bytes(const Trace& trace);

/// One normalised command, for contexts_max contexts.
Command command_from_bytes(std::span<const std::uint8_t> record);
/// Writes record_bytes bytes; the command must be normalised.
void command_to_bytes(const Command& command, std::uint8_t* record);

}  // namespace sesscheck
