// Where there are two libraries: what a worker tells the other one when it has done something.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "sut/openssl/run.hpp"

namespace sesscheck::openssl {

/// Writes values into a message. Both workers are of one build: values are their bytes.
class Packer {
 public:
  template <class T>
  void value(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    message_.insert(message_.end(), bytes, bytes + sizeof value);
  }
  template <class T>
  void list(const std::vector<T>& values) {
    value(values.size());
    for (const T& each : values) value(each);
  }
  [[nodiscard]] const std::vector<std::uint8_t>& message() const { return message_; }

 private:
  std::vector<std::uint8_t> message_;
};

/// Reads them in the same order.
class Unpacker {
 public:
  explicit Unpacker(const std::vector<std::uint8_t>& message) : at_(message.data()) {}
  template <class T>
  void value(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(static_cast<void*>(&value), at_, sizeof value);
    at_ += sizeof value;
  }
  template <class T>
  void list(std::vector<T>& values) {
    std::size_t size = 0;
    value(size);
    values.resize(size);
    for (T& each : values) value(each);
  }

 private:
  const std::uint8_t* at_;
};

}  // namespace sesscheck::openssl
