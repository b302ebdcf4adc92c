#include "quant/feedback.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/arith.h"
#include "format/formats.h"
#include "quant/feedback_rows.h"
#include "quant/q8.h"
#include "quant/weighted_blocks.h"

namespace tidbit::quant {
namespace {

using format::Format;

// q8 and q8x16.
template <class Codes>
struct ByteCoder {
  struct Group {
    std::uint16_t bits = 0;
    float scale = 0, inverse = 0;
  };

  static Group fit(const float *x, const float *, std::uint32_t count) {
    std::int8_t codes[format::kMaxGroup];
    return group_of(quantize_group(x, count, codes));
  }

  static float round(const Group &group, std::uint32_t, float x, int *code) {
    const float at = std::min(std::max(x * group.inverse, -127.0f), 127.0f);
    const float nearest = (at + 0x1.8p23f) - 0x1.8p23f;
    *code = static_cast<int>(nearest);
    return nearest * group.scale;
  }

  static float value(const Group &group, std::uint32_t, int code) { return static_cast<float>(code) * group.scale; }

  static Group rescaled(const Group &group, float factor) {
    return group_of(
        static_cast<std::uint16_t>(std::min(std::max<int>(float_to_half(group.scale * factor), 1), kLargestHalf)));
  }

  static bool neighbor(const Group &, std::uint32_t, Group *, std::uint32_t *) { return false; }
  static constexpr std::uint32_t kNeighborWidth = 0;

  static void store(const Group &group, std::uint32_t first, std::uint32_t row, std::uint32_t, std::uint32_t group_size,
                    std::byte *tile) {
    std::memcpy(tile + format::tile_element(row, first / group_size) * 2, &group.bits, 2);
  }

  static void store_code(int code, std::uint32_t col, std::uint32_t row, std::uint32_t cols, std::uint32_t group,
                         std::byte *tile) {
    tile[Codes::head_bytes(cols, group) + Codes::code_at(row, col)] = static_cast<std::byte>(code);
  }

 private:
  static constexpr int kLargestHalf = 0x7BFF;

  static Group group_of(std::uint16_t bits) {
    const float scale = half_to_float(bits);
    return {bits, scale, scale == 0 ? 0 : 1.0f / scale};
  }
};

struct FeedbackPacking {
  Format format;
  void (*pack)(const float *rows, std::uint32_t count, std::uint32_t cols, std::uint32_t group,
               const Feedback &feedback, std::byte *tile);
};

// A format with codes that is not here is rounded plainly.
constexpr FeedbackPacking kPackings[] = {
    {Format::q8, pack_rows_with_feedback<ByteCoder<format::Q8>>},
    {Format::q8x16, pack_rows_with_feedback<ByteCoder<format::Q8x16>>},
    {format::Q2::format, pack_rows_with_feedback<BlockCoder<format::Q2>>},
    {format::Q3::format, pack_rows_with_feedback<BlockCoder<format::Q3>>},
    {format::Q4::format, pack_rows_with_feedback<BlockCoder<format::Q4>>},
    {format::Q5::format, pack_rows_with_feedback<BlockCoder<format::Q5>>},
    {format::Q6::format, pack_rows_with_feedback<BlockCoder<format::Q6>>},
};

const FeedbackPacking *packing_of(Format format) {
  const auto *found = std::find_if(std::begin(kPackings), std::end(kPackings),
                                   [&](const FeedbackPacking &p) { return p.format == format; });
  return found == std::end(kPackings) ? nullptr : found;
}

}  // namespace

bool takes_feedback(Format format) { return packing_of(format) != nullptr; }

void pack_tile_with_feedback(Format format, const float *rows, std::uint32_t count, std::uint32_t cols,
                             std::uint32_t group, const Feedback &feedback, std::byte *tile) {
  std::memset(tile, 0, format::tile_bytes(format, cols, group));
  packing_of(format)->pack(rows, count, cols, group, feedback, tile);
}

}  // namespace tidbit::quant
