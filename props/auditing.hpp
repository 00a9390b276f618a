// What tests of audits and reports share: audits of anything, and a folder of their own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "audit/audit.hpp"
#include "audit/report.hpp"

namespace sesscheck::props {

/// An audit by the Rules of OpenSSL 3.0, with one worker and the usual seed.
AuditResult audit_of(const SutFactory& make, std::size_t commands);
/// Of the model under these Rules.
AuditResult audit_model(const Rules& rules, std::size_t commands);

/// Makes a system under test of this kind, as often as an audit wants one.
template <class Kind, class... Arguments>
SutFactory make(Arguments... arguments) {
  return [arguments...](Patience) { return sesscheck::Subject{std::make_unique<Kind>(arguments...), {}}; };
}

/// A folder of its own for each test, gone afterwards.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const std::string& name);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

/// The whole file.
std::string text_of(const std::filesystem::path& file);
/// Exit code of a shell command; -1 when it did not exit.
int exit_code(const std::string& command);

}  // namespace sesscheck::props
