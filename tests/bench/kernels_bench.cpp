// Measures all kernels of all instruction sets that this CPU has, on one thread:
//
//   kernel_bench --benchmark_filter=avx2/matmul/q8
//
// Names have the form instruction set/kernel/format/sizes. The counter "bytes/s" counts the bytes that the kernel
// reads, "ops/s" two operations per product. "share" is the rate divided by a bound that is measured and printed when
// the program starts: the memory bandwidth for bytes/s, the rate of multiply instructions for ops/s.
#include <benchmark/benchmark.h>
#include <time.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "format/formats.h"
#include "kernels/kernels.h"
#include "posix/cpu_features.h"
#include "tests/bench/bounds.h"
#include "tests/bench/operands.h"

namespace tidbit::bench {
namespace {

using ::benchmark::Counter;
using ::benchmark::State;
using format::Format;

// ---- formats and sizes to measure ----

struct WeightFormat {
  const char *name;
  Format format;
  std::uint32_t group;  // 0: the kernel takes floats
  Unit unit;
};
constexpr WeightFormat kWeightFormats[] = {
    {"f32", Format::f32, 0, Unit::fma},
    {"f16", Format::f16, 0, Unit::fma},
    {"q8", Format::q8, format::kDefaultGroup, Unit::int8},
    {"q2", format::Q2::format, format::kDefaultGroup, Unit::few_bits},
    {"q3", format::Q3::format, format::kDefaultGroup, Unit::few_bits},
    {"q4", Format::q4, format::kDefaultGroup, Unit::few_bits},
    {"q5", format::Q5::format, format::kDefaultGroup, Unit::few_bits},
    {"q6", format::Q6::format, format::kDefaultGroup, Unit::few_bits},
    {"ternary", format::Ternary::format, format::kMaxGroup, Unit::few_bits},
    {"binary", format::Binary::format, format::kDefaultGroup, Unit::few_bits},
};

struct CacheFormat {
  const char *name;
  Format format;
  std::size_t element_bytes;
  std::size_t scale_bytes;  // of a position
  Unit scores_unit;
};
constexpr CacheFormat kCacheFormats[] = {
    {"f16", Format::f16, 2, 0, Unit::fma},
    {"q8", Format::q8, 1, sizeof(float), Unit::int8},
};

struct Size {
  std::uint32_t rows, cols;
};
constexpr Size kMatrix = {2048, 2048};
constexpr Size kCachedMatrix = {256, 512};  // at most half a megabyte
constexpr Size kPrefillMatrices[] = {{2048, 2048}, {288, 768}};
constexpr std::uint32_t kPrefillTokens[] = {8, 64, 512};
struct Head {
  std::uint32_t positions, queries;
};
constexpr Head kHeads[] = {{2048, 1}, {2048, 8}, {8192, 1}, {8192, 8}};
constexpr std::uint32_t kHeadDim = 64;
constexpr std::uint32_t kVector = 2048;

// ---- reporting ----

// CPU time of this thread, so that other programs do not count. Create it right before the loop.
class Stopwatch {
 public:
  double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = now();
};

// `amount` is the work of one iteration; `bound` is the most work possible per second, or 0 if not known.
void report(State &state, const Stopwatch &stopwatch, const char *unit, double amount, double bound) {
  const double rate = amount * static_cast<double>(state.iterations()) / stopwatch.seconds();
  state.counters[unit] = Counter(rate);
  if (bound > 0) state.counters["share"] = Counter(rate / bound);
}

struct Context {
  const Kernels &kernels;
  const Storage &storage;
  const MemoryBound &memory;
};

// ---- matrices ----

class Operands {
 public:
  Operands(const Kernels &kernels, const WeightFormat &format, Size size, std::uint32_t tokens)
      : stride_(format::round_up(size.cols, 64)),
        groups_(format.group == 0 ? 0 : format::ceil_div(size.cols, format.group)),
        x_(some_floats(tokens * stride_)),
        y_(std::size_t{tokens} * size.rows),
        codes_(tokens * stride_),
        scales_(tokens * groups_),
        sums_(tokens * stride_ / format::kPair) {
    const QuantizedRows q = {codes_.data(), scales_.data(), sums_.data(), stride_, groups_};
    matmul_ = {nullptr, size.rows, size.cols, format.group, tokens, x_.data(), stride_, q, y_.data(), size.rows};
    if (format.group != 0) quantize(kernels);
  }
  // matmul_ points into this.
  Operands(const Operands &) = delete;
  Operands &operator=(const Operands &) = delete;

  const Matmul &with(const std::byte *weights) {
    matmul_.weights = weights;
    return matmul_;
  }

 private:
  void quantize(const Kernels &kernels) {
    const QuantizedRows &q = matmul_.q;
    for (std::size_t t = 0; t < matmul_.tokens; ++t) {
      kernels.quantize(matmul_.x + t * stride_, matmul_.cols, matmul_.group, q.codes + t * stride_,
                       q.scales + t * groups_, q.sums + t * q.sum_stride());
    }
  }

  std::size_t stride_, groups_;
  Array<float> x_, y_;
  Array<std::int8_t> codes_;
  Array<float> scales_;
  Array<CodeSums> sums_;
  Matmul matmul_;
};

std::uint64_t weight_bytes(const WeightFormat &format, Size size) {
  return format::matrix_bytes(format.format, size.rows, size.cols, format.group);
}

enum class From { memory, cache };

void bench_matmul(State &state, Context context, const WeightFormat &format, Size size, std::uint32_t tokens,
                  From from) {
  Operands operands(context.kernels, format, size, tokens);
  const std::uint64_t bytes = weight_bytes(format, size);
  const auto tiles = static_cast<std::uint32_t>(format::tile_count(size.rows));
  Walk walk(context.storage, bytes);
  const std::byte *weights = walk.next();
  const Stopwatch stopwatch;
  for (auto _ : state) {
    if (from == From::memory) weights = walk.next();
    context.kernels.matmul[index_of(format.format)](operands.with(weights), 0, tiles);
    ::benchmark::ClobberMemory();
  }
  if (tokens == 1)
    return report(state, stopwatch, "bytes/s", static_cast<double>(bytes), context.memory.bytes_per_second);
  const double operations = 2.0 * size.rows * size.cols * tokens;
  report(state, stopwatch, "ops/s", operations, multiply_bound(context.kernels.isa, format.unit).operations_per_second);
}

// ---- attention over one key-value head, with the cache in memory ----

double cache_bytes(const CacheFormat &format, std::uint32_t positions) {
  return static_cast<double>(positions) * static_cast<double>(kHeadDim * format.element_bytes + format.scale_bytes);
}

void report_attention(State &state, const Stopwatch &stopwatch, Context context, const CacheFormat &format, Head head,
                      Unit unit) {
  const double bytes = cache_bytes(format, head.positions);
  if (head.queries == 1) return report(state, stopwatch, "bytes/s", bytes, context.memory.bytes_per_second);
  const double operations = 2.0 * kHeadDim * head.positions * head.queries;
  report(state, stopwatch, "ops/s", operations, multiply_bound(context.kernels.isa, unit).operations_per_second);
}

void bench_scores(State &state, Context context, const CacheFormat &format, Head head) {
  Operands queries(context.kernels, {"", Format::q8, kHeadDim, Unit::int8}, {0, kHeadDim}, head.queries);
  const Matmul &rows = queries.with(nullptr);
  Array<float> k_scales(head.positions, 0.01f), scores(std::size_t{head.positions} * head.queries);
  Walk walk(context.storage, std::uint64_t{head.positions} * kHeadDim * format.element_bytes);
  const Stopwatch stopwatch;
  for (auto _ : state) {
    context.kernels.scores[index_of(format.format)]({.k = walk.next(),
                                                     .k_scales = k_scales.data(),
                                                     .queries = head.queries,
                                                     .q = rows.x,
                                                     .q_stride = rows.x_stride,
                                                     .codes = rows.q,
                                                     .positions = head.positions,
                                                     .head_dim = kHeadDim,
                                                     .scale = 0.125f,
                                                     .scores = scores.data(),
                                                     .score_stride = head.positions});
    ::benchmark::ClobberMemory();
  }
  report_attention(state, stopwatch, context, format, head, format.scores_unit);
}

void bench_mix(State &state, Context context, const CacheFormat &format, Head head) {
  Array<float> v_scales(head.positions, 0.01f), weights(std::size_t{head.positions} * head.queries, 0.001f);
  Array<float> out(kHeadDim * head.queries), inverse_sums(head.queries, 0.5f);
  Walk walk(context.storage, std::uint64_t{head.positions} * kHeadDim * format.element_bytes);
  const Stopwatch stopwatch;
  for (auto _ : state) {
    context.kernels.mix[index_of(format.format)]({.v = walk.next(),
                                                  .v_scales = v_scales.data(),
                                                  .queries = head.queries,
                                                  .weights = weights.data(),
                                                  .weight_stride = head.positions,
                                                  .inverse_sums = inverse_sums.data(),
                                                  .positions = head.positions,
                                                  .step = 0,
                                                  .head_dim = kHeadDim,
                                                  .out = out.data(),
                                                  .out_stride = kHeadDim});
    ::benchmark::ClobberMemory();
  }
  report_attention(state, stopwatch, context, format, head, Unit::fma);
}

// ---- vectors, in the nearest cache ----

// body(x, y, n) changes x or writes y. Resetting x before each call is part of the measured time.
template <class Body>
void bench_vector(State &state, Body body) {
  Array<float> from = some_floats(kVector), x(kVector), y(kVector);
  const Stopwatch stopwatch;
  for (auto _ : state) {
    std::memcpy(x.data(), from.data(), kVector * sizeof(float));
    body(x.data(), y.data(), kVector);
    ::benchmark::ClobberMemory();
  }
  report(state, stopwatch, "bytes/s", kVector * sizeof(float), 0);
}

void bench_quantize(State &state, decltype(Kernels::quantize) quantize) {
  Array<std::int8_t> codes(kVector);
  Array<float> scales(kVector / format::kDefaultGroup);
  Array<CodeSums> sums(kVector / format::kPair);
  bench_vector(state, [&](float *x, float *, std::uint32_t n) {
    quantize(x, n, format::kDefaultGroup, codes.data(), scales.data(), sums.data());
  });
}

// ---- sampling ----

void bench_sample(State &state, std::uint32_t vocabulary, tidbit_sampling sampling) {
  Array<float> logits = some_floats(vocabulary);
  Array<float> x(vocabulary);
  tidbit_rng rng = {1};
  const Stopwatch stopwatch;
  for (auto _ : state) {
    std::memcpy(x.data(), logits.data(), vocabulary * sizeof(float));
    std::int32_t token = 0;
    tidbit_sample(x.data(), vocabulary, &sampling, &rng, nullptr, 0, &token);
    ::benchmark::DoNotOptimize(token);
  }
  report(state, stopwatch, "bytes/s", vocabulary * sizeof(float), 0);
}

// ---- list of benchmarks ----

template <class Run>
void add(const std::string &name, Run run) {
  ::benchmark::RegisterBenchmark(name.c_str(), run);
}

void add_matrices(const std::string &isa, Context context) {
  // The scalar kernels are the specification and slow, so long prompts would take minutes.
  const std::uint32_t longest = context.kernels.isa == TIDBIT_ISA_SCALAR ? 8 : 512;
  for (const WeightFormat &format : kWeightFormats) {
    const auto one = [&](Size size, std::uint32_t tokens, From from) {
      const std::string name = isa + "/matmul/" + format.name + "/" + std::to_string(size.rows) + "x" +
                               std::to_string(size.cols) + "/tokens:" + std::to_string(tokens) +
                               (from == From::memory ? "/memory" : "/cache");
      add(name, [=, &format](State &state) { bench_matmul(state, context, format, size, tokens, from); });
    };
    one(kMatrix, 1, From::memory);
    one(kCachedMatrix, 1, From::cache);
    for (const Size size : kPrefillMatrices) {
      for (const std::uint32_t tokens : kPrefillTokens) {
        if (tokens <= longest) one(size, tokens, From::memory);
      }
    }
  }
}

void add_attention(const std::string &isa, Context context) {
  for (const CacheFormat &format : kCacheFormats) {
    for (const Head head : kHeads) {
      const std::string what = std::string("/") + format.name + "/positions:" + std::to_string(head.positions) +
                               "/queries:" + std::to_string(head.queries);
      add(isa + "/scores" + what, [=, &format](State &state) { bench_scores(state, context, format, head); });
      add(isa + "/mix" + what, [=, &format](State &state) { bench_mix(state, context, format, head); });
    }
  }
}

void add_vectors(const std::string &isa, const Kernels &k) {
  using format::Activation;
  const auto add_activation = [&](const char *name, Activation kind, bool gated) {
    add(isa + "/activate/" + name, [=, &k](State &state) {
      Array<float> ones(kVector, 1.0f);
      const float *up = gated ? ones.data() : nullptr;
      bench_vector(state, [&](float *x, float *, std::uint32_t n) { k.activate(kind, x, up, n); });
    });
  };
  add(isa + "/quantize", [&k](State &state) { bench_quantize(state, k.quantize); });
  add(isa + "/quantize_transformed", [&k](State &state) { bench_quantize(state, k.quantize_transformed); });
  add(isa + "/rms_norm", [&k](State &state) {
    Array<float> weight(kVector, 1.0f);
    bench_vector(state, [&](float *x, float *y, std::uint32_t n) { k.rms_norm(x, weight.data(), n, 1e-5f, y); });
  });
  add(isa + "/softmax", [&k](State &state) {
    bench_vector(state, [&](float *x, float *, std::uint32_t n) { ::benchmark::DoNotOptimize(k.softmax(x, n)); });
  });
  add_activation("silu_gated", Activation::silu, true);
  add_activation("gelu_tanh", Activation::gelu_tanh, false);
  add_activation("gelu_erf", Activation::gelu_erf, false);
}

void add_sampling() {
  for (const std::uint32_t vocabulary : {32000u, 151936u}) {
    const std::string size = std::string("/").append(std::to_string(vocabulary));
    add("sample/greedy" + size, [=](State &state) { bench_sample(state, vocabulary, {}); });
    add("sample/top_p" + size, [=](State &state) { bench_sample(state, vocabulary, {0.8f, 0, 0.95f, 0, 0}); });
  }
}

std::string billions(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", 1e-9 * rate);
  return text;
}

void print_bounds(const std::string &isa, const Kernels &kernels) {
  const MultiplyBound *last = nullptr;
  for (const Unit unit : {Unit::fma, Unit::int8, Unit::few_bits}) {
    const MultiplyBound &bound = multiply_bound(kernels.isa, unit);
    if (bound.instructions == nullptr || &bound == last) continue;
    ::benchmark::AddCustomContext(isa + ", " + bound.instructions + ", 1e9 ops/s",
                                  billions(bound.operations_per_second));
    last = &bound;
  }
}

void add_all(const Storage &storage, const MemoryBound &memory) {
  for (int i = TIDBIT_ISA_AUTO + 1; i < TIDBIT_ISA_COUNT; ++i) {
    const auto set = static_cast<tidbit_isa>(i);
    const Kernels *kernels = find_kernels(set, posix::cpu_features());
    if (kernels == nullptr) continue;
    const std::string isa = tidbit_isa_name(set);
    const Context context = {*kernels, storage, memory};
    print_bounds(isa, *kernels);
    add_matrices(isa, context);
    add_attention(isa, context);
    add_vectors(isa, *kernels);
  }
}

}  // namespace
}  // namespace tidbit::bench

int main(int argc, char **argv) {
  using namespace tidbit::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const MemoryBound memory = measure_memory();
  if (memory.buffer_bytes == 0) {
    std::fprintf(stderr, "kernel_bench: out of memory for measuring the bandwidth; close other programs\n");
    return 1;
  }
  benchmark::AddCustomContext("memory read by one thread, GB/s", billions(memory.bytes_per_second));
  const Storage storage(memory.buffer_bytes);
  add_all(storage, memory);
  add_sampling();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
