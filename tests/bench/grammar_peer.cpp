// Measures llama.cpp's grammar sampler at the places of grammar_places.h. grammar_compare.py compiles it against
// libllama.
//
//   grammar_peer GGUF
//
// prints for each place: its name, the allowed tokens, and the microseconds of CPU time of a mask over the vocabulary
// and of asking for a single token.
#include <json-schema-to-grammar.h>
#include <llama.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "grammar_places.h"

namespace {

constexpr int kTries = 7;

double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

std::vector<llama_token> tokens_of(const llama_vocab *vocab, const char *text) {
  std::vector<llama_token> tokens(std::strlen(text) + 1);
  const int count = llama_tokenize(vocab, text, static_cast<int>(std::strlen(text)), tokens.data(),
                                   static_cast<int>(tokens.size()), false, false);
  tokens.resize(static_cast<std::size_t>(std::max(count, 0)));
  return tokens;
}

// The least time of some tries, because other programs can only add to it.
double measure(const llama_sampler *grammar, const std::vector<llama_token_data> &candidates, std::size_t &allowed) {
  double least = 1e30;
  for (int i = 0; i < kTries; ++i) {
    std::vector<llama_token_data> data = candidates;
    llama_token_data_array all = {data.data(), data.size(), -1, false};
    const double start = cpu_microseconds();
    llama_sampler_apply(const_cast<llama_sampler *>(grammar), &all);
    least = std::min(least, cpu_microseconds() - start);
    allowed = static_cast<std::size_t>(
        std::count_if(data.begin(), data.end(), [](const llama_token_data &d) { return d.logit != -INFINITY; }));
  }
  return least;
}

int run(const char *model_file) {
  const std::string text = json_schema_to_grammar(common_json::parse(kSchema));
  llama_log_set([](ggml_log_level, const char *, void *) {}, nullptr);
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  llama_model *model = llama_model_load_from_file(model_file, params);
  if (model == nullptr) return 1;
  const llama_vocab *vocab = llama_model_get_vocab(model);
  std::vector<llama_token_data> all;
  for (llama_token t = 0; t < llama_vocab_n_tokens(vocab); ++t) all.push_back({t, 0.0f, 0.0f});
  for (const Place &place : kPlaces) {
    llama_sampler *grammar = llama_sampler_init_grammar(vocab, text.c_str(), "root");
    if (grammar == nullptr) return 1;
    for (const llama_token token : tokens_of(vocab, place.text)) llama_sampler_accept(grammar, token);
    std::size_t allowed = 0, ignored = 0;
    const double mask = measure(grammar, all, allowed);
    const double single = measure(grammar, {all[static_cast<std::size_t>(tokens_of(vocab, "lamp").at(0))]}, ignored);
    std::printf("%s %zu %.2f %.2f\n", place.name, allowed, mask, single);
    llama_sampler_free(grammar);
  }
  llama_model_free(model);
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 2) return run(argv[1]);
  std::fprintf(stderr, "usage: grammar_peer GGUF\n");
  return 2;
}
