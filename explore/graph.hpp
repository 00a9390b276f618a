// A picture of a small world: its states and transitions as a graph for Graphviz.
#pragma once

#include <cstddef>
#include <string>

#include "explore/cache.hpp"

namespace sesscheck::explore {

/// The text of a .dot file. States that look the same to a caller (who knows which sessions have expired, not for how long)
/// are one node, a green one where a session can be resumed; commands that neither change that nor show anything are left
/// out. Where `manual` would show something else, or lead elsewhere, an edge is red.
std::string graph(const Start& start, const Rules& rules, const Rules& manual, std::size_t depth);

/// One context, a cache for two sessions, one session in hand: small enough for a page.
Start picture_start();

}  // namespace sesscheck::explore
