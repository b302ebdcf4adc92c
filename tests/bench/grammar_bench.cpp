// Measures the mask of a grammar with any tokenizer file that tidbit-convert can read, at places of an answer where
// few, some and nearly all tokens are allowed, and how long sorting the vocabulary takes:
//
//   grammar_bench TOKENIZER... [--benchmark_...]
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "converter/grammar/compile.h"
#include "format/model.h"
#include "tests/bench/grammar_places.h"
#include "tests/tokenizers/support.h"

namespace {

using namespace tidbit;

constexpr std::uint32_t kMostTokens = (1 << 20) - 1;

class Bench {
 public:
  explicit Bench(const std::string &file)
      : model_(test::import(file, convert::import_tokenizer(file, kMostTokens).vocab_size)),
        bytes_(convert::compile_schema(kSchema, "bench")),
        memory_(tidbit_vocabulary_bytes(model_.get()) / 4 + 1),
        logits_(model_of(model_.get()).config().vocab_size) {
    tidbit_grammar_open(bytes_.data(), bytes_.size(), &grammar_, nullptr);
    sort();
  }

  void sort() { tidbit_vocabulary_init(model_.get(), memory_.data(), memory_.size() * 4, &vocabulary_); }

  void mask(benchmark::State &state, const Place &place) {
    tidbit_grammar_state at;
    tidbit_grammar_start(&grammar_, 0, &at);
    for (const std::int32_t token : model_.encode(place.text)) {
      if (tidbit_grammar_accept(&grammar_, model_.get(), token, &at) != TIDBIT_OK) state.SkipWithError(place.text);
    }
    std::uint32_t allowed = 0;
    for (auto _ : state) {
      tidbit_grammar_mask(&grammar_, &vocabulary_, &at, logits_.data(), static_cast<std::uint32_t>(logits_.size()),
                          &allowed);
    }
    state.counters["tokens"] = static_cast<double>(logits_.size());
    state.counters["allowed"] = allowed;
  }

 private:
  test::TextModel model_;
  std::vector<std::byte> bytes_;
  std::vector<std::uint32_t> memory_;
  std::vector<float> logits_;
  tidbit_grammar grammar_{};
  tidbit_vocabulary vocabulary_{};
};

int run(int argc, char **argv) {
  std::vector<std::unique_ptr<Bench>> all;
  for (int i = 1; i < argc; ++i) {
    Bench *bench = all.emplace_back(std::make_unique<Bench>(argv[i])).get();
    const std::string file = argv[i];
    benchmark::RegisterBenchmark((file + " sort").c_str(), [bench](benchmark::State &state) {
      for (auto _ : state) bench->sort();
    })->Unit(benchmark::kMicrosecond);
    for (const Place &place : kPlaces) {
      benchmark::RegisterBenchmark((file + " " + place.name).c_str(), [bench, place](benchmark::State &state) {
        bench->mask(state, place);
      })->Unit(benchmark::kMicrosecond);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: grammar_bench TOKENIZER...\n");
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "grammar_bench: %s\n", error.what());
    return 1;
  }
}
