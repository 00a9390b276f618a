// The Settings of a trace, as C: the functions behind them, and the calls that make them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "model/command.hpp"
#include "model/trace/text.hpp"

namespace sesscheck {

class SettingsInC {
 public:
  explicit SettingsInC(const Trace& trace);

  /// Nothing but session ids of TLS 1.2, and connections that do not stay open.
  [[nodiscard]] bool plain() const { return plain_; }
  /// Connections that do not stay open, up to TLS 1.2, with nothing to read behind the handshake.
  [[nodiscard]] bool simple() const { return simple_; }
  [[nodiscard]] bool early() const { return early_; }
  [[nodiscard]] bool requests_certificates() const { return verifies_; }
  [[nodiscard]] bool client_certificates() const { return mentions(Setting::client_certificate); }
  [[nodiscard]] bool calls() const;
  [[nodiscard]] bool mentions(Setting setting) const { return mentioned_[static_cast<std::size_t>(setting)]; }

  [[nodiscard]] std::string context_function() const;     ///< keys, certificate, SSL_CTX_new
  [[nodiscard]] std::string callback_functions() const;   ///< after the contexts are declared
  [[nodiscard]] std::vector<std::string> setup(std::uint8_t index);  ///< statements, without ";"
  [[nodiscard]] std::vector<std::string> configure(std::uint8_t index, Setting setting, std::uint8_t value);
  /// The name that a client of this context sends, as things are: "a", or NULL.
  [[nodiscard]] std::string host_name(std::uint8_t index) const;
  /// Whether a client of this context has a certificate to show, as things are.
  [[nodiscard]] bool shows_certificate(std::uint8_t index) const { return now_[index].on(Setting::client_certificate); }

 private:
  [[nodiscard]] std::vector<std::string> apply(std::uint8_t index, Setting setting) const;
  [[nodiscard]] std::string ciphers(std::uint8_t index) const;
  [[nodiscard]] bool uses_value(Setting setting, std::uint8_t value) const;

  const Trace& trace_;
  bool plain_ = true, simple_ = true, tls1_3_ = false, certificate_ = false, early_ = false, verifies_ = false,
       renegotiates_ = false;
  bool only_tls1_3_ = true;  ///< is ever negotiated: each end speaks it at any time
  std::array<bool, setting_count> mentioned_{};
  bool same_versions_ = true;  ///< of all contexts, from beginning to end
  std::vector<Settings> now_;
  std::vector<bool> lowered_;  ///< whose security level has been lowered, for TLS 1.0 or 1.1
  std::vector<char> own_keys_;  ///< the letter that stands for a context's own ticket keys
};

}  // namespace sesscheck
