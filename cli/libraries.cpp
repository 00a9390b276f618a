// The libraries that `./run libraries` fetched, and the Rules that a version is expected to follow.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "cli/verbs.hpp"
#include "sut/sut.hpp"

namespace sesscheck::cli {
namespace {

namespace fs = std::filesystem;

fs::path fetched_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache && *cache ? fs::path(cache) : fs::path(home ? home : "/") / ".cache";
  return root / "sesscheck" / "libraries";
}

LibraryOptions in_folder(const fs::path& folder) {
  LibraryOptions library;
  library.libssl = (folder / "libssl.so").string();
  if (fs::exists(folder / "libcrypto.so")) library.libcrypto = (folder / "libcrypto.so").string();
  return library;
}

/// The libcrypto of the same name beside a libssl, if there is one: the loader would take the system's.
LibraryOptions beside(LibraryOptions library) {
  const fs::path path = library.libssl;
  std::string name = path.filename().string();
  if (const auto at = name.find("libssl"); at != std::string::npos) {
    name.replace(at, std::string_view("libssl").size(), "libcrypto");
    std::error_code none;
    if (fs::exists(path.parent_path() / name, none)) library.libcrypto = (path.parent_path() / name).string();
  }
  return library;
}

/// 30022 of "OpenSSL 3.0.22 9 Jun 2026", 10101 of any 1.1.1; 0 of what is no OpenSSL.
int number_of(std::string_view version) {
  constexpr std::string_view name = "OpenSSL ";
  if (!version.starts_with(name)) return 0;
  int parts[3] = {};
  const char* at = version.data() + name.size();
  const char* const end = version.data() + version.size();
  for (int& part : parts) {
    const auto [next, failed] = std::from_chars(at, end, part);
    if (failed != std::errc{}) return 0;
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  return 10'000 * parts[0] + 100 * parts[1] + parts[2];
}

/// Versions from `from` on, up to the next row. What was never run has the Rules of its nearest neighbour.
struct Known {
  int from;
  std::string_view profile;
  bool tried;
};
constexpr Known known[] = {
    {0, "openssl-1.1.1", false},       {10'101, "openssl-1.1.1", true}, {10'102, "openssl-3.0", false}, {30'000, "openssl-3.0", true},
    {30'022, "openssl-3.0.22", true},  {30'100, "openssl-3.0.22", false}, {30'200, "openssl-3.5", false}, {30'500, "openssl-3.5", true},
    {30'508, "openssl-3.5.9", false},  {30'509, "openssl-3.5.9", true},  {30'600, "openssl-3.6", false}, {30'605, "openssl-3.6", true},
    {30'700, "openssl-4.0", false},    {40'000, "openssl-4.0", true},    {40'100, "openssl-4.0", false}};

}  // namespace

Expected expected_of(std::string_view version) {
  if (version.starts_with("BoringSSL")) return {"boringssl", true};
  if (version.starts_with("AWS-LC")) return {"aws-lc", true};
  constexpr std::string_view wolfssl = "wolfSSL 5.";
  if (version.starts_with(wolfssl)) {
    const std::string_view minor = version.substr(wolfssl.size());
    if (minor.starts_with("5.")) return {"wolfssl-5.5", true};
    if (minor.starts_with("7.")) return {"wolfssl-5.7", true};
    return {"wolfssl-5.9", minor.starts_with("9.")};
  }
  const int number = number_of(version);
  if (number == 0) return {"openssl-3.0", false};
  const Known* row = std::ranges::upper_bound(known, number, {}, &Known::from) - 1;
  return {row->profile, row->tried};
}

int older_first(std::string_view version) {
  const int number = number_of(version);
  return number != 0 ? number : std::numeric_limits<int>::max();
}

void RulesOptions::follow(const std::string& version, bool is_model) {
  if (profile != by_version && !profile.starts_with(by_version + ",")) return;
  const Expected expected = is_model ? Expected{"openssl-3.0", true} : expected_of(version);
  profile.replace(0, by_version.size(), expected.profile);
  if (!expected.tried)
    fmt::print(stderr, "sesscheck: nothing is known of {}; it is held against {}, the nearest (see --expect, --rules)\n", version,
               expected.profile);
}

std::vector<NamedLibrary> fetched_libraries() {
  std::vector<NamedLibrary> all;
  std::error_code none;
  for (const fs::directory_entry& entry : fs::directory_iterator(fetched_folder(), none))
    if (fs::exists(entry.path() / "libssl.so", none)) all.push_back({entry.path().filename().string(), in_folder(entry.path())});
  std::ranges::sort(all, {}, &NamedLibrary::name);
  return all;
}

LibraryOptions LibraryOptions::resolved() const {
  if (is_model() || libssl.empty()) return *this;
  std::error_code none;
  if (libssl.find('/') != std::string::npos) return libcrypto.empty() ? beside(*this) : *this;
  const fs::path folder = fetched_folder() / libssl;
  if (!fs::exists(folder / "libssl.so", none)) return *this;
  LibraryOptions found = in_folder(folder);
  if (!libcrypto.empty()) found.libcrypto = libcrypto;
  found.model_changes = model_changes;
  return found;
}

int libraries() {
  const std::vector<NamedLibrary> all = fetched_libraries();
  if (all.empty()) {
    fmt::print("there are none in {}: ./run libraries fetches them\n", fetched_folder().string());
    return as_expected;
  }
  int result = as_expected;
  for (const NamedLibrary& library : all) try {
      const std::string version = factory(library.files)(patience_at_first).sut->version();
      fmt::print("{:<22} {:<32} {:<15} {}\n", library.name, version, expected_of(version).profile, library.files.libssl);
    } catch (const SutError& error) {
      fmt::print("{:<22} cannot be run: {}\n", library.name, error.what());
      result = cannot_run;
    }
  return result;
}

}  // namespace sesscheck::cli
