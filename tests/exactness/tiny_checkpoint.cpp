// Writes a llama2.c checkpoint with random weights that is small enough for the smallest microcontrollers:
//
//   tiny_checkpoint FILE [VOCABULARY POSITIONS]
//
// The same bytes everywhere: the weights come from integers and are scaled by powers of two.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

// The numbers of the header, in the file's order; the head shares the embedding's weights.
constexpr std::int32_t kDim = 32, kHidden = 48, kLayers = 2, kHeads = 4, kKvHeads = 2, kVocab = 64, kPositions = 32;

class Checkpoint {
 public:
  // `count` floats in steps of `scale` / 2^15 between -scale and scale, around `center`. Wide enough that attention is
  // not flat, which would hide errors.
  void add(std::int32_t count, float scale, float center = 0) {
    for (std::int32_t i = 0; i < count; ++i) {
      state_ = state_ * 6364136223846793005u + 1442695040888963407u;
      const auto step = static_cast<std::int16_t>(state_ >> 48);
      floats_.push_back(center + static_cast<float>(step) * (scale * 0x1p-15f));
    }
  }

  void add_layers(std::int32_t count, float scale, float center = 0) { add(kLayers * count, scale, center); }

  bool write(const char *path, std::int32_t vocab, std::int32_t positions) const {
    const std::int32_t header[] = {kDim, kHidden, kLayers, kHeads, kKvHeads, vocab, positions};
    std::FILE *file = std::fopen(path, "wb");
    if (file == nullptr) return false;
    const bool written = std::fwrite(header, sizeof header, 1, file) == 1 &&
                         std::fwrite(floats_.data(), sizeof(float), floats_.size(), file) == floats_.size();
    return (std::fclose(file) == 0) && written;
  }

 private:
  std::vector<float> floats_;
  std::uint64_t state_ = 1;
};

Checkpoint make(std::int32_t vocab, std::int32_t positions) {
  constexpr std::int32_t kKv = kDim / kHeads * kKvHeads;
  Checkpoint c;
  c.add(vocab * kDim, 0.5f);
  c.add_layers(kDim, 0.25f, 1.0f);  // norm before attention
  c.add_layers(kDim * kDim, 0.5f);  // q, k, v, output
  c.add_layers(kDim * kKv, 0.5f);
  c.add_layers(kDim * kKv, 0.5f);
  c.add_layers(kDim * kDim, 0.5f);
  c.add_layers(kDim, 0.25f, 1.0f);  // norm before the network
  c.add_layers(kDim * kHidden, 0.5f);
  c.add_layers(kDim * kHidden, 0.5f);
  c.add_layers(kDim * kHidden, 0.5f);
  c.add(kDim, 0.25f, 1.0f);
  c.add(2 * positions * (kDim / kHeads / 2), 0);  // cosines and sines, which nobody reads
  return c;
}

}  // namespace

int main(int argc, char **argv) {
  const std::int32_t vocab = argc == 4 ? std::atoi(argv[2]) : kVocab;
  const std::int32_t positions = argc == 4 ? std::atoi(argv[3]) : kPositions;
  if ((argc == 2 || argc == 4) && make(vocab, positions).write(argv[1], vocab, positions)) return 0;
  std::fprintf(stderr, "usage: tiny_checkpoint FILE [VOCABULARY POSITIONS]\n");
  return 1;
}
