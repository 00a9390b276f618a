// Error reasons of BoringSSL and AWS-LC (their ssl.h and err.h) as OpenSSL's.
#include "sut/boringssl/errors.hpp"

#include <algorithm>

#include "model/observation.hpp"
#include "sut/openssl/table.hpp"

namespace sesscheck::boringssl {
namespace {

constexpr unsigned long library_of_ssl = 16;  // their ERR_LIB_SSL
constexpr std::uint16_t alerts_from = 1000, internal_error = 68, unknown = 3000;

struct Pair {
  std::uint16_t theirs, ours;
};
constexpr Pair reasons[] = {
    {101, error::session_in_different_context},  // ATTEMPT_TO_REUSE_SESSION_IN_DIFFERENT_CONTEXT
    {139, error::bad_record_mac},                // DECRYPTION_FAILED_OR_BAD_RECORD_MAC
    {162, error::length_mismatch},
    {175, error::no_ciphers_available},
    {184, error::no_shared_cipher},
    {187, error::old_session_cipher_not_returned},
    {203, error::required_cipher_missing},
    {204, error::inconsistent_extms},            // RESUMED_EMS_SESSION_WITHOUT_EMS_EXTENSION
    {205, error::inconsistent_extms},            // RESUMED_NON_EMS_SESSION_WITH_EMS_EXTENSION
    {216, error::id_context_too_long},
    {222, error::unsolicited_extension},         // UNEXPECTED_EXTENSION
    {223, error::unexpected_message},
    {225, error::unexpected_record},
    {240, error::unsupported_protocol},
    {242, error::wrong_cipher_returned},
    {246, error::wrong_ssl_version},
    {247, error::wrong_version_number},
};

}  // namespace

unsigned long translated(unsigned long code) {
  if (code == 0 || (code >> 24 & 0xff) != library_of_ssl) return code;
  const auto theirs = static_cast<std::uint16_t>(code & 0xfff);
  const auto* const pair = std::ranges::find(reasons, theirs, &Pair::theirs);
  std::uint16_t ours = theirs;
  if (pair != std::end(reasons))
    ours = pair->ours;
  else if (theirs < alerts_from && theirs != internal_error)
    ours = static_cast<std::uint16_t>(unknown + theirs);
  return static_cast<unsigned long>(ERR_LIB_SSL) << 24 | ours;
}

}  // namespace sesscheck::boringssl
