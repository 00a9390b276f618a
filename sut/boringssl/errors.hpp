#pragma once

namespace sesscheck::boringssl {

/// One of their error codes as OpenSSL 1.1.1 would pack it. A reason of libssl that is not known there is 3000 and its
/// number.
unsigned long translated(unsigned long code);

}  // namespace sesscheck::boringssl
