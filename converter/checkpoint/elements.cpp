// Stored numbers of every kind, widened to f32.
#include <algorithm>
#include <cstring>

#include "converter/checkpoint/checkpoint.h"
#include "converter/error.h"
#include "base/arith.h"

namespace tidbit::convert {
namespace {

constexpr std::uint64_t kPiece = 16384;  // elements converted at a time

// Two bytes an element: f16, or bf16, which is the upper half of an f32.
void read_halves(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  std::uint16_t piece[kPiece];
  for (std::uint64_t done = 0; done < count; done += kPiece) {
    const std::uint64_t n = std::min(kPiece, count - done);
    tensor.file->read(tensor.offset + (first + done) * 2, piece, n * 2);
    for (std::uint64_t i = 0; i < n; ++i) {
      out[done + i] =
          tensor.type == StoredType::f16 ? half_to_float(piece[i]) : bits_float(std::uint32_t{piece[i]} << 16);
    }
  }
}

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

}  // namespace

void read_elements(const StoredTensor &tensor, std::uint64_t first, std::uint64_t count, float *out) {
  switch (tensor.type) {
    case StoredType::f32:
      return tensor.file->read(tensor.offset + first * 4, out, count * 4);
    case StoredType::f16:
    case StoredType::bf16:
      return read_halves(tensor, first, count, out);
    case StoredType::q8_groups:
      return read_q8_groups(tensor, first, count, out);
    case StoredType::other:
      break;
  }
  throw ConvertError(tensor.file->name() + ": tensor \"" + tensor.name + "\" has the type " + tensor.type_name +
                     "; weights must be F32, F16 or BF16");
}

std::string shape_text(const std::vector<std::uint64_t> &shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace tidbit::convert
