#include "converter/calibrate/generate.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "converter/blob/blob_session.h"
#include "converter/calibrate/head.h"
#include "converter/parallel.h"

namespace tidbit::convert {
namespace {

constexpr std::uint32_t kMostTogether = 16;

tidbit_options options_of(std::uint32_t context, std::uint32_t chunk) {
  tidbit_options options = {};
  options.context = context;
  options.chunk = chunk;
  return options;
}

// Sequences that are continued together, so that the weights of a layer and of the head are read once for all.
class Writers {
 public:
  Writers(const BlobView &blob, std::uint32_t first, std::uint32_t count, std::uint32_t length, Sequences &texts)
      : first_(first), texts_(texts), head_(blob, options_of(count, count)), vocab_(blob.info().vocab_size) {
    for (std::uint32_t i = 0; i < count; ++i) {
      sessions_.push_back(std::make_unique<BlobSession>(blob, options_of(length, 1)));
      rngs_.push_back({first + i});
      texts[first + i].push_back(start(blob.info().bos_token, rngs_[i]));
    }
    logits_.resize(std::size_t{count} * vocab_);
  }

  // Appends a token to each text.
  void step(const tidbit_model &model) {
    run_layers();
    compute_logits();
    const tidbit_sampling sampling = {1, 0, 0, 0, 0};
    for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
      std::vector<std::int32_t> &text = texts_[first_ + i];
      std::int32_t token = 0;
      check_status(
          tidbit_sample(logits_.data() + std::size_t{i} * vocab_, vocab_, &sampling, &rngs_[i], nullptr, 0, &token),
          "tidbit_sample");
      const std::int32_t begin = model_of(&model).config().bos_token;
      text.push_back(tidbit_is_end(&model, token) != 0 && begin >= 0 ? begin : token);
    }
  }

 private:
  std::int32_t start(std::int32_t begin, tidbit_rng &rng) const {
    if (begin >= 0) return begin;
    std::vector<float> even(vocab_);
    const tidbit_sampling sampling = {1, 0, 0, 0, 0};
    std::int32_t token = 0;
    check_status(tidbit_sample(even.data(), vocab_, &sampling, &rng, nullptr, 0, &token), "tidbit_sample");
    return token;
  }

  // Takes the last token of each text through all layers.
  void run_layers() {
    for (std::uint32_t i = 0; i < sessions_.size(); ++i) {
      Session &s = *sessions_[i]->get();
      s.written = s.position + 1;
      embed_chunk(s, &texts_[first_ + i].back(), 1);
    }
    const std::uint32_t layers = sessions_.front()->get()->model.layers();
    std::uint64_t cache = 0, next = 0;
    for (std::uint32_t layer = 0; layer < layers; ++layer, cache = next) {
      for (const auto &session : sessions_) next = run_layer(*session->get(), layer, cache, 1);
    }
    for (const auto &session : sessions_) ++session->get()->position;
  }

  void compute_logits() {
    Session &s = *head_.get();
    const format::Config &c = s.model.config();
    const Rows &hidden = s.memory.activations.hidden;
    const auto count = static_cast<std::uint32_t>(sessions_.size());
    for (std::uint32_t i = 0; i < count; ++i) {
      std::memcpy(hidden[i], sessions_[i]->get()->memory.activations.hidden[0], c.width * sizeof(float));
    }
    head_logits(s, count, logits_.data());
  }

  const std::uint32_t first_;
  Sequences &texts_;
  BlobSession head_;
  const std::uint32_t vocab_;
  std::vector<std::unique_ptr<BlobSession>> sessions_;
  std::vector<tidbit_rng> rngs_;
  std::vector<float> logits_;
};

}  // namespace

Sequences generate_samples(const BlobView &blob, std::uint32_t sequences, std::uint32_t length,
                           const std::function<void(std::uint64_t, std::uint64_t)> &progress) {
  Sequences texts(sequences);
  const std::uint32_t most = std::min(kMostTogether, blob.info().max_context);
  const std::uint32_t least = (sequences + most - 1) / most;
  const std::uint32_t groups = std::clamp(thread_count(), least, sequences);
  std::vector<std::unique_ptr<Writers>> writers;
  for (std::uint32_t i = 0; i < groups; ++i) {
    const Range range = range_of(sequences, groups, i);
    writers.push_back(std::make_unique<Writers>(blob, range.begin, range.count(), length, texts));
  }
  for (std::uint32_t done = 1; done < length; ++done) {
    in_parallel(groups, [&](std::uint32_t i) { writers[i]->step(blob.model()); });
    if (progress) progress(done + 1, length);
  }
  return texts;
}

}  // namespace tidbit::convert
