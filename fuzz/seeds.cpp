// sesscheck-seeds: what a fuzzing engine starts from.
//
//   sesscheck-seeds traces IN_DIR OUT_DIR    every *.trace below IN_DIR, as bytes, for the targets that read bytes
//   sesscheck-seeds dictionary FILE          the words of the text notation, for trace_fuzzer. (The others need none:
//   their
//                                            bytes are numbers, and their mutator knows the interesting ones.)
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

#include "model/trace/bytes.hpp"
#include "model/trace/fields.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {
namespace {

namespace fs = std::filesystem;

/// "evict/size-2.trace" becomes "evict-size-2".
std::string seed_name(const fs::path& below) {
  std::string name = fs::path(below).replace_extension().generic_string();
  std::ranges::replace(name, '/', '-');
  return name;
}

int write_traces(const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  std::size_t written = 0, wrong = 0;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (entry.path().extension() != ".trace") continue;
    std::ifstream in(entry.path());
    const auto parsed = parse(std::string{std::istreambuf_iterator<char>(in), {}});
    if (const auto* error = std::get_if<ParseError>(&parsed)) {
      std::fprintf(stderr, "%s:%zu: %s\n", entry.path().c_str(), error->line, error->message.c_str());
      ++wrong;
      continue;
    }
    const auto bytes = to_bytes(std::get<Trace>(parsed));
    std::ofstream out(to / seed_name(fs::relative(entry.path(), from)), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ++written;
  }
  std::printf("%zu seeds in %s\n", written, to.c_str());
  return wrong == 0 ? 0 : 1;
}

int write_dictionary(const fs::path& file) {
  std::set<std::string> words = {
      "context ", "certificates", "mode=", "size=", "timeout=", "verify-peer", "store=references", "store=serialised"};
  for (const SettingInfo& row : setting_table())
    for (const std::string_view value : row.values) words.insert(std::string(row.name) + '=' + std::string(value));
  for (std::int64_t bit = 1; bit <= mode::update_time; bit <<= 1) words.insert(mode_text(bit));
  for (const OpInfo& op : op_table()) {
    std::string line = usage(op.op);
    for (char& c : line)
      if (std::string_view("[]|\"").find(c) != std::string_view::npos) c = ' ';
    std::istringstream tokens(line);
    for (std::string word; tokens >> word;) {
      words.insert(word);
      if (const auto equals = word.find('='); equals != std::string::npos) words.insert(word.substr(0, equals + 1));
    }
  }
  std::ofstream out(file);
  for (const std::string& word : words) out << '"' << word << "\"\n";
  std::printf("%zu words in %s\n", words.size(), file.c_str());
  return 0;
}

}  // namespace
}  // namespace sesscheck

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "traces" && argc == 4) return sesscheck::write_traces(argv[2], argv[3]);
  if (verb == "dictionary" && argc == 3) return sesscheck::write_dictionary(argv[2]);
  std::fputs("usage: sesscheck-seeds traces IN_DIR OUT_DIR\n       sesscheck-seeds dictionary FILE\n", stderr);
  return 2;
}
