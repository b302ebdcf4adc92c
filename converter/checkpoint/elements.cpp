// Reads stored numbers of all types as f32.
#include <algorithm>

#include "base/arith.h"
#include "converter/checkpoint/checkpoint.h"
#include "converter/checkpoint/low_rank.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::uint64_t kPiece = 16384;  // elements converted at a time

void read_f32(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  tensor.file->read(tensor.offset + first * 4, out, count * 4);
}

float bf16_to_float(std::uint16_t upper_half) { return bits_float(std::uint32_t{upper_half} << 16); }

template <float (*kToFloat)(std::uint16_t)>
void read_halves(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  std::uint16_t piece[kPiece];
  for (std::uint64_t done = 0; done < count; done += kPiece) {
    const std::uint64_t n = std::min(kPiece, count - done);
    tensor.file->read(tensor.offset + (first + done) * 2, piece, n * 2);
    std::transform(piece, piece + n, out + done, kToFloat);
  }
}

// llama2.c version 2: all int8 codes, then an f32 scale for each group of them.
void read_q8_groups(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  const std::uint64_t scales_at = tensor.offset + tensor.elements();
  std::int8_t codes[kPiece];
  float scales[kPiece + 1];
  for (std::uint64_t done = 0; done < count; done += kPiece) {
    const std::uint64_t n = std::min(kPiece, count - done);
    const std::uint64_t start = first + done;
    const std::uint64_t first_group = start / tensor.group;
    const std::uint64_t groups = (start + n - 1) / tensor.group - first_group + 1;
    tensor.file->read(tensor.offset + start, codes, n);
    tensor.file->read(scales_at + first_group * 4, scales, groups * 4);
    for (std::uint64_t i = 0; i < n; ++i) {
      out[done + i] = static_cast<float>(codes[i]) * scales[(start + i) / tensor.group - first_group];
    }
  }
}

constexpr StoredType kStoredTypes[] = {
    {"F32", "float32", 4, 0, read_f32},
    {"F16", nullptr, 2, 0, read_halves<half_to_float>},
    {"BF16", nullptr, 2, 0, read_halves<bf16_to_float>},
    {nullptr, "int8", 1, 4, read_q8_groups},
    {"F64", nullptr, 8, 0, nullptr},
    {"I64", nullptr, 8, 0, nullptr},
    {"I32", nullptr, 4, 0, nullptr},
    {"I16", nullptr, 2, 0, nullptr},
    {"I8", nullptr, 1, 0, nullptr},
    {"U64", nullptr, 8, 0, nullptr},
    {"U32", nullptr, 4, 0, nullptr},
    {"U16", nullptr, 2, 0, nullptr},
    {"U8", nullptr, 1, 0, nullptr},
    {"BOOL", nullptr, 1, 0, nullptr},
    {"F8_E4M3", nullptr, 1, 0, nullptr},
    {"F8_E5M2", nullptr, 1, 0, nullptr},
};

}  // namespace

const StoredType *stored_type(const char *StoredType::*container, std::string_view name) {
  for (const StoredType &type : kStoredTypes) {
    if (type.*container != nullptr && name == type.*container) return &type;
  }
  return nullptr;
}

// "F32, F16 and BF16"
static std::string readable_types() {
  std::vector<std::string> names;
  for (const StoredType &type : kStoredTypes) {
    if (type.read != nullptr && type.safetensors != nullptr) names.emplace_back(type.safetensors);
  }
  std::string text = names[0];
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 < names.size() ? ", " : " and ") + names[i];
  return text;
}

void check_type(const StoredTensor &tensor) {
  if (tensor.layout == Layout::gaps) {
    throw ConvertError(tensor.file->path().string() + ": tensor " + in_quotes(tensor.name) +
                       " is a view with gaps of another one; save tensor.contiguous() instead");
  }
  if (tensor.type->read != nullptr) return;
  throw ConvertError(tensor.file->path().string() + ": tensor " + in_quotes(tensor.name) + " has the type " +
                     tensor.type->name() + "; of this file format, " + readable_types() + " are read");
}

void read_elements(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  check_type(tensor);
  tensor.type->read(tensor, first, count, out);
  if (tensor.update != nullptr) tensor.update->add(first, count, out);
}

std::string shape_text(const std::vector<std::uint64_t> &shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace tidbit::convert
