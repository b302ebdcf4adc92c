// Walks over the starts of a text, up to the end of each character, with their hashes.
#pragma once

#include "text/steps.h"
#include "text/tokenizer_format.h"
#include "text/utf8.h"

namespace tidbit {

inline constexpr std::uint32_t kLookupsPerStep = 64;

class Starts {
 public:
  // Of at most `most` of the `size` bytes. `state` is fnv of what stands in front of the text.
  Starts(const char *text, std::uint32_t size, std::uint32_t most, std::uint32_t state, Steps &steps)
      : text_(text), size_(size), most_(most), state_(state), steps_(steps) {}

  // False if there is no longer one, or the call must end.
  bool next() {
    if (bytes_ >= most_) return false;
    const std::uint32_t bytes = utf8_decode(text_ + bytes_, size_ - bytes_).bytes;
    if (bytes > most_ - bytes_ || (++count_ % kLookupsPerStep == 0 && !steps_.take())) return false;
    state_ = format::fnv(state_, text_ + bytes_, bytes);
    bytes_ += bytes;
    return true;
  }
  std::uint32_t bytes() const { return bytes_; }
  std::uint32_t hash() const { return format::mixed(state_); }

 private:
  const char *text_;
  const std::uint32_t size_;
  const std::uint32_t most_;
  std::uint32_t state_;
  Steps &steps_;
  std::uint32_t bytes_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace tidbit
