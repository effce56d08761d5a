// An owning, 64-byte aligned, zero-filled block of bytes; the handle a backend hands out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace bardana {

class Memory {
 public:
  static constexpr size_t kAlignment = 64;

  Memory() = default;
  explicit Memory(int64_t bytes) : bytes_(bytes) {
    if (bytes == 0) return;
    data_.reset(static_cast<std::byte*>(::operator new(static_cast<size_t>(bytes), std::align_val_t{kAlignment})));
    clear();
  }

  int64_t bytes() const { return bytes_; }
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }
  void clear() {
    if (bytes_ > 0) std::memset(data_.get(), 0, static_cast<size_t>(bytes_));
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<std::byte, Free> data_;
  int64_t bytes_ = 0;
};

}  // namespace bardana
