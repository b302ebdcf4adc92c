// Measures the speed of tokenizing a text with any tokenizer file that tidbit-convert can read:
//
//   tokenizer_bench TEXT TOKENIZER... [--benchmark_...]
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <string>

#include "tests/tokenizers/support.h"

namespace {

using namespace tidbit;

void tokenize(benchmark::State &state, const test::TextModel &model, const std::string &text) {
  const std::size_t bytes = tidbit_tokenize_bytes(model.get(), text.size());
  std::vector<std::uint64_t> workspace(bytes / 8 + 1);
  test::Ids ids(tidbit_tokenize_most(model.get(), text.size()));
  std::uint32_t count = 0;
  for (auto _ : state) {
    const auto room = static_cast<std::uint32_t>(ids.size());
    const tidbit_status status = tidbit_tokenize(model.get(), text.data(), text.size(), nullptr, workspace.data(),
                                                 bytes, ids.data(), room, &count);
    if (status != TIDBIT_OK) state.SkipWithError(tidbit_status_string(status));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
  state.counters["bytes/token"] = static_cast<double>(text.size()) / count;
}

constexpr std::uint32_t kMostTokens = (1 << 20) - 1;

int run(int argc, char **argv) {
  const std::string text = test::read_file(argv[1]);
  for (int i = 2; i < argc; ++i) {
    const std::uint32_t vocab = convert::import_tokenizer(argv[i], kMostTokens).vocab_size;
    benchmark::RegisterBenchmark(argv[i], [file = std::string(argv[i]), vocab, &text](benchmark::State &state) {
      tokenize(state, test::import(file, vocab), text);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 3) {
    std::fprintf(stderr, "usage: tokenizer_bench TEXT TOKENIZER...\n");
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "tokenizer_bench: %s\n", error.what());
    return 1;
  }
}
