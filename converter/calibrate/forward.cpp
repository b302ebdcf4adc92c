#include "converter/calibrate/forward.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "converter/calibrate/head.h"
#include "converter/parallel.h"

namespace tidbit::convert {
namespace {

bool shares(const BlobView &blob) {
  const Model &model = model_of(&blob.model());
  for (std::uint32_t i = 0; i < model.layers(); ++i) {
    if (shares_kv(model.kind(i))) return true;
  }
  return false;
}

constexpr std::uint32_t kBeforeFirst = ~0u;  // no layer: the embedding alone

bool is_of_experts(tidbit_point point) { return point == TIDBIT_POINT_EXPERT_IN || point == TIDBIT_POINT_EXPERT_INNER; }

}  // namespace

// A session, and what its hook collects.
struct Forward::Runner {
  // With a limit of work, steps ask whether the chunk is canceled.
  Runner(const BlobView &blob, std::uint32_t context) : session(blob, options_for(context)) {
    session.get()->poll_work = ~0u;
  }

  tidbit_options options_for(std::uint32_t context) {
    tidbit_options options = {};
    options.context = context;
    options.chunk = std::min(context, kMaxChunk);
    options.observe = collect;
    options.observe_user = this;
    return options;
  }

  static void collect(void *user, std::uint32_t, tidbit_point point, std::uint32_t first, std::uint32_t count,
                      std::uint32_t width, std::size_t stride, const float *data) {
    Runner &runner = *static_cast<Runner *>(user);
    Observed *const into = runner.into.at[point];
    if (into == nullptr) return;
    std::vector<float> &part = into->parts[is_of_experts(point) ? first : 0];
    into->width = width;
    for (std::uint32_t i = 0; i < count; ++i) part.insert(part.end(), data + i * stride, data + i * stride + width);
    // Unless the layer's result is stored, the rest of it is not needed.
    runner.session.get()->canceled = !runner.stores && !is_of_experts(point);
  }

  // Runs a layer on all tokens of a sequence, from and to hidden[tokens][width].
  void run(const std::vector<std::int32_t> &tokens, std::uint32_t layer, bool keeps_all, float *hidden, bool store);

  BlobSession session;
  struct {
    Observed *at[TIDBIT_POINT_COUNT];  // by point
  } into = {};
  bool stores = false;
};

void Forward::Runner::run(const std::vector<std::int32_t> &tokens, std::uint32_t layer, bool keeps_all, float *hidden,
                          bool store) {
  Session &s = *session.get();
  const std::uint32_t width = s.model.config().width, total = static_cast<std::uint32_t>(tokens.size());
  stores = store;
  const std::uint64_t cache = keeps_all ? s.memory.kv.offset_of(s.model, layer) : 0;
  for (std::uint32_t begin = 0; begin < total; begin += s.limits.chunk) {
    const std::uint32_t count = std::min(s.limits.chunk, total - begin);
    s.position = begin;
    s.written = begin + count;
    s.canceled = false;
    const auto observed = std::exchange(into, {});
    embed_chunk(s, tokens.data() + begin, count);  // also the angles of the positions
    into = observed;
    const Rows &rows = s.memory.activations.hidden;
    float *chunk = hidden + std::size_t{begin} * width;
    const auto each = [&](auto body) {
      for (std::uint32_t t = 0; t < count; ++t) body(rows[t], chunk + std::size_t{t} * width);
    };
    const std::size_t bytes = width * sizeof(float);
    if (layer != kBeforeFirst) {
      each([&](float *row, const float *from) { std::memcpy(row, from, bytes); });
      run_layer(s, layer, cache, count);
    }
    if (store) each([&](const float *row, float *to) { std::memcpy(to, row, bytes); });
  }
}

Forward::Forward(const BlobView &blob, const Sequences &sequences)
    : sequences_(sequences), keeps_all_(shares(blob)), hidden_(sequences.size()), observed_(kBatch) {
  std::size_t longest = 0;
  for (const auto &tokens : sequences) longest = std::max(longest, tokens.size());
  const std::size_t runners = keeps_all_ ? sequences.size() : std::min<std::size_t>(kBatch, sequences.size());
  for (std::size_t i = 0; i < runners; ++i) {
    runners_.push_back(std::make_unique<Runner>(blob, static_cast<std::uint32_t>(longest)));
  }
  const std::uint32_t width = blob.info().width;
  for (std::uint32_t i = 0; i < sequences.size(); ++i) {
    hidden_[i].resize(sequences[i].size() * width);
    runner_of(i).run(sequences[i], kBeforeFirst, keeps_all_, hidden_[i].data(), true);
  }
}

Forward::~Forward() = default;

Forward::Runner &Forward::runner_of(std::uint32_t sequence) { return *runners_[sequence % runners_.size()]; }

void Forward::run_batch(std::uint32_t first, tidbit_point point, std::uint32_t parts) {
  const auto count = std::min(kBatch, static_cast<std::uint32_t>(sequences_.size()) - first);
  in_parallel(count, [&](std::uint32_t i) {
    observed_[i] = {0, std::vector<std::vector<float>>(parts)};
    Runner &runner = runner_of(first + i);
    runner.into.at[point] = &observed_[i];
    runner.run(sequences_[first + i], layer_, keeps_all_, hidden_[first + i].data(), false);
    runner.into = {};
  });
}

void Forward::run_head(std::uint32_t sequence) {
  Session &s = *runners_.front()->session.get();
  const std::uint32_t width = s.model.config().width;
  const std::vector<float> &hidden = hidden_[sequence];
  observed_[0] = {width, std::vector<std::vector<float>>(1)};
  for (std::size_t at = 0; at < hidden.size(); at += std::size_t{s.limits.chunk} * width) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(s.limits.chunk, (hidden.size() - at) / width));
    for (std::uint32_t t = 0; t < count; ++t) {
      std::memcpy(s.memory.activations.hidden[t], hidden.data() + at + std::size_t{t} * width, width * sizeof(float));
    }
    const Rows &rows = head_input(s, count);
    for (std::uint32_t t = 0; t < count; ++t) {
      observed_[0].parts[0].insert(observed_[0].parts[0].end(), rows[t], rows[t] + width);
    }
  }
}

std::vector<std::vector<Observed>> Forward::advance(std::initializer_list<tidbit_point> points) {
  const Observed empty = {0, std::vector<std::vector<float>>(1)};
  std::vector<std::vector<Observed>> seen(points.size(), std::vector<Observed>(sequences_.size(), empty));
  for (std::uint32_t first = 0; first < sequences_.size(); first += kBatch) {
    const auto count = std::min(kBatch, static_cast<std::uint32_t>(sequences_.size()) - first);
    in_parallel(count, [&](std::uint32_t i) {
      Runner &runner = runner_of(first + i);
      for (std::size_t p = 0; p < points.size(); ++p) runner.into.at[points.begin()[p]] = &seen[p][first + i];
      runner.run(sequences_[first + i], layer_, keeps_all_, hidden_[first + i].data(), true);
      runner.into = {};
    });
  }
  ++layer_;
  return seen;
}

}  // namespace tidbit::convert
