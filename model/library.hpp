// Two libraries in one trace: which contexts are of which.
#pragma once

#include <cstdint>

namespace sesscheck {

/// With two libraries, one has the contexts A and C, which are servers in most traces, and the other B and D. What a
/// context does in a connection is free; both its ends may be of one library.
enum class Library : std::uint8_t { of_servers, of_clients };
constexpr Library library_of(std::uint8_t context) { return context % 2 == 0 ? Library::of_servers : Library::of_clients; }
constexpr Library other(Library library) {
  return library == Library::of_servers ? Library::of_clients : Library::of_servers;
}

}  // namespace sesscheck
