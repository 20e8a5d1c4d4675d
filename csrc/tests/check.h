// Helpers of the core's tests: a count of failures, and memory that shows what was and was not written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

namespace fastinit::test {

// Lists of numbers whose type does not depend on how they are written.
using Sizes = std::initializer_list<std::size_t>;
using Counts = std::initializer_list<std::uint64_t>;

void fail(const std::string& what);
int failures();

inline void check(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

// `bytes` bytes that begin `offset` after a 64-byte boundary, with preset contents, between guards that nothing may
// change.
class GuardedMemory {
 public:
  static constexpr unsigned char kPreset = 0xA5;

  GuardedMemory(std::size_t bytes, std::size_t offset) : memory_(bytes + offset + 3 * kGuardBytes, kPreset) {
    const std::size_t past_boundary = reinterpret_cast<std::uintptr_t>(memory_.data()) % kGuardBytes;
    first_ = (kGuardBytes - past_boundary) + kGuardBytes + offset;
    bytes_ = bytes;
  }
  unsigned char* data() { return memory_.data() + first_; }
  std::size_t size() const { return bytes_; }

  bool equals(const unsigned char* expected) { return bytes_ == 0 || std::memcmp(data(), expected, bytes_) == 0; }
  bool guards_untouched() const { return preset(0, first_) && preset(first_ + bytes_, memory_.size()); }
  bool untouched() const { return preset(0, memory_.size()); }

 private:
  static constexpr std::size_t kGuardBytes = 64;

  bool preset(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (memory_[i] != kPreset) return false;
    }
    return true;
  }

  std::vector<unsigned char> memory_;
  std::size_t first_;
  std::size_t bytes_;
};

}  // namespace fastinit::test
