#include "converter/checkpoint/ggml_types.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kMostBytes = 292;  // of a block: q8_k

// Reads the blocks that hold the elements, and drops what is around them.
template <std::uint32_t kElements, std::uint32_t kBytes, GgmlDecode kDecode>
void read_blocks(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  constexpr std::uint64_t kAtOnce = 64;
  static_assert(kElements <= kGgmlMostBlock && kBytes <= kMostBytes);
  std::array<std::uint8_t, kAtOnce * kBytes> bytes;
  std::array<float, kElements> values;
  const std::uint64_t end = first + count, last = (end + kElements - 1) / kElements;
  for (std::uint64_t block = first / kElements; block < last; block += kAtOnce) {
    const std::uint64_t n = std::min(kAtOnce, last - block);
    tensor.file->read(tensor.offset + block * kBytes, bytes.data(), n * kBytes);
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t begin = (block + i) * kElements;
      const std::uint64_t from = std::max(first, begin), to = std::min(end, begin + kElements);
      kDecode(bytes.data() + i * kBytes, values.data());
      std::memcpy(out + (from - first), values.data() + (from - begin), (to - from) * sizeof(float));
    }
  }
}

template <std::uint32_t kElements, std::uint32_t kBytes, GgmlDecode kDecode>
constexpr GgmlType blocks(std::uint32_t id, const char *name) {
  return {id, {name, nullptr, kBytes, 0, read_blocks<kElements, kBytes, kDecode>}, kElements, kDecode};
}
// Of types that weights do not have.
constexpr GgmlType other(std::uint32_t id, const char *name, std::uint32_t bytes, std::uint32_t elements = 1) {
  return {id, {name, nullptr, bytes, 0, nullptr}, elements, nullptr};
}

constexpr GgmlType kTypes[] = {
    blocks<32, 18, decode_q4_0>(2, "Q4_0"),
    blocks<32, 20, decode_q4_1>(3, "Q4_1"),
    blocks<32, 22, decode_q5_0>(6, "Q5_0"),
    blocks<32, 24, decode_q5_1>(7, "Q5_1"),
    blocks<32, 34, decode_q8_0>(8, "Q8_0"),
    other(9, "Q8_1", 40, 32),
    blocks<256, 84, decode_q2_k>(10, "Q2_K"),
    blocks<256, 110, decode_q3_k>(11, "Q3_K"),
    blocks<256, 144, decode_q4_k>(12, "Q4_K"),
    blocks<256, 176, decode_q5_k>(13, "Q5_K"),
    blocks<256, 210, decode_q6_k>(14, "Q6_K"),
    blocks<256, 292, decode_q8_k>(15, "Q8_K"),
    blocks<256, 66, decode_iq2_xxs>(16, "IQ2_XXS"),
    blocks<256, 74, decode_iq2_xs>(17, "IQ2_XS"),
    blocks<256, 98, decode_iq3_xxs>(18, "IQ3_XXS"),
    blocks<256, 50, decode_iq1_s>(19, "IQ1_S"),
    blocks<32, 18, decode_iq4_nl>(20, "IQ4_NL"),
    blocks<256, 110, decode_iq3_s>(21, "IQ3_S"),
    blocks<256, 82, decode_iq2_s>(22, "IQ2_S"),
    blocks<256, 136, decode_iq4_xs>(23, "IQ4_XS"),
    other(24, "I8", 1),
    other(25, "I16", 2),
    other(26, "I32", 4),
    other(27, "I64", 8),
    other(28, "F64", 8),
    blocks<256, 56, decode_iq1_m>(29, "IQ1_M"),
    blocks<256, 54, decode_tq1_0>(34, "TQ1_0"),
    blocks<256, 66, decode_tq2_0>(35, "TQ2_0"),
    blocks<32, 17, decode_mxfp4>(39, "MXFP4"),
    blocks<64, 36, decode_nvfp4>(40, "NVFP4"),
    blocks<128, 18, decode_q1_0>(41, "Q1_0"),
    blocks<64, 18, decode_q2_0>(42, "Q2_0"),
};

}  // namespace

const GgmlType *ggml_type(std::uint32_t id) {
  // Types that other containers have, too.
  static const GgmlType kPlain[] = {{0, *stored_type(&StoredType::safetensors, "F32"), 1, nullptr},
                                    {1, *stored_type(&StoredType::safetensors, "F16"), 1, nullptr},
                                    {30, *stored_type(&StoredType::safetensors, "BF16"), 1, nullptr}};
  const auto has_id = [id](const GgmlType &type) { return type.id == id; };
  const auto *plain = std::find_if(std::begin(kPlain), std::end(kPlain), has_id);
  if (plain != std::end(kPlain)) return plain;
  const auto *type = std::find_if(std::begin(kTypes), std::end(kTypes), has_id);
  return type != std::end(kTypes) ? type : nullptr;
}

}  // namespace tidbit::convert
