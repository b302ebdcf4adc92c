// Work whose instructions are counted, selected by the request "what n":
//   token n     n tokens of model_blob, fed one at a time, each with logits and greedy sampling
//   matmul n    n products of a q8 matrix with 288 rows and 768 columns and a vector
//   tall n      the same with 768 rows and 288 columns
//   runs n      like matmul, with the matrix in q8x16
#include "format/formats.h"
#include "kernels/kernels.h"
#include "tests/baremetal/console.h"

namespace tidbit::test {
namespace {

constexpr std::uint32_t kLong = 768, kShort = 288, kGroup = format::kDefaultGroup;

void run_tokens(std::uint32_t n) {
  tidbit_model model;
  tidbit_model_info info;
  open_model(&model);
  must(tidbit_info(&model, &info));
  tidbit_options options{};
  options.context = 64;
  options.chunk = 1;
  tidbit_session *session = start_session(model, options);
  const tidbit_sampling greedy{};
  std::int32_t token = info.bos_token;
  for (std::uint32_t i = 0; i < n; ++i) {
    float *logits = nullptr;
    must(tidbit_prefill(session, &token, 1, 0, nullptr));
    must(tidbit_logits(session, &logits, nullptr));
    must(tidbit_sample(logits, info.vocab_size, &greedy, nullptr, nullptr, 0, &token));
  }
}

// Zeros do as well: no kernel looks at what it multiplies.
void run_matmuls(format::Format format, std::uint32_t rows, std::uint32_t cols, std::uint32_t n) {
  alignas(64) static std::byte weights[format::matrix_bytes(format::Format::q8x16, kShort, kLong, kGroup)];
  alignas(64) static std::int8_t codes[kLong];
  static float scales[kLong / kGroup], y[kLong];
  static CodeSums sums[kLong / format::kPair];
  const QuantizedRows q{codes, scales, sums, kLong, kLong / kGroup};
  const Matmul m{weights, rows, cols, kGroup, 1, nullptr, 0, q, y, rows};
  const auto tiles = static_cast<std::uint32_t>(format::tile_count(rows));
  const Kernels &kernels = *find_kernels(TIDBIT_ISA_AUTO, 0);
  for (std::uint32_t i = 0; i < n; ++i) kernels.matmul[index_of(format)](m, 0, tiles);
}

// Removes `name` and a space from the front of the request; false if it does not start with `name`.
bool take(const char *&request, const char *name) {
  const std::size_t length = strlen(name);
  if (strncmp(request, name, length) != 0) return false;
  request += length + 1;
  return true;
}

std::uint32_t number(const char *digits) {
  std::uint32_t n = 0;
  for (; *digits != 0; ++digits) n = n * 10 + static_cast<std::uint32_t>(*digits - '0');
  return n;
}

void run(const char *request) {
  if (take(request, "token")) return run_tokens(number(request));
  if (take(request, "matmul")) return run_matmuls(format::Format::q8, kShort, kLong, number(request));
  if (take(request, "tall")) return run_matmuls(format::Format::q8, kLong, kShort, number(request));
  if (take(request, "runs")) return run_matmuls(format::Format::q8x16, kShort, kLong, number(request));
  fail("unknown request");
}

}  // namespace
}  // namespace tidbit::test

int main() {
  char text[64] = "";
  semihosting_command_line(text, sizeof text);
  tidbit::test::run(text);
  return 0;
}
