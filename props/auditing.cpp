#include "props/auditing.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "check/model_sut.hpp"

namespace sesscheck::props {

namespace fs = std::filesystem;

AuditResult audit_of(const SutFactory& factory, std::size_t commands) {
  Fleet fleet(factory, 1);
  AuditOptions options;
  options.expected = Rules::openssl_3_0();
  options.expected_name = "openssl-3.0";
  options.commands = commands;
  return audit(fleet, options);
}

AuditResult audit_model(const Rules& rules, std::size_t commands) { return audit_of(make<ModelSut>(rules), commands); }

Folder::Folder(const std::string& name)
    : path(fs::temp_directory_path() / ("sesscheck-" + name + "-" + std::to_string(::getpid()))) {
  fs::create_directories(path);
}

Folder::~Folder() { fs::remove_all(path); }

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

int exit_code(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace sesscheck::props
