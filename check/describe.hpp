// Observations as words for people.
#pragma once

#include <string>

#include "model/observation.hpp"

namespace sesscheck {

std::string session_name(Name name);               ///< "s3"; "(no id)" for the empty id
std::string version_name(std::uint8_t version);    ///< "TLS 1.3" for 4; "none" for 0
std::string describe(Status status);               ///< "done", "died: crash"
std::string describe(Handshake state);             ///< "finished", "unfinished"
std::string describe(Verified verified);           ///< "ok", "refused"
std::string describe(const SessionView& session);  ///< "s3 time=+10 timeout=300 not resumable"
std::string describe(const Event& event);          ///< "A: get(s3) -> s3"
std::string describe_id_callback(std::uint8_t bits);  ///< "asked: not there", of bits of `generating`
std::string describe_error(std::uint16_t reason);  ///< "unexpected message", "alert 47 received"
/// One line: what the command returned and did. Empty when there is nothing to say.
std::string summary(const Observation& seen);

}  // namespace sesscheck
