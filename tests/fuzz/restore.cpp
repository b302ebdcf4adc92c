// Any bytes may be restored as a session: they are refused and leave a reset session, or the session goes on from them.
#include <list>
#include <optional>

#include "tests/fuzz/forge.h"
#include "tests/fuzz/models.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

class Target {
 public:
  explicit Target(const TinyModel &model) : blob_(build_blob(model)) {
    EXPECT_EQ(tidbit_open(blob_.data(), blob_.size(), &model_, nullptr), TIDBIT_OK);
    EXPECT_EQ(tidbit_info(&model_, &info_), TIDBIT_OK);
    tidbit_options options{};
    options.chunk = 5;
    runner_.emplace(model_, options);
  }
  Target(const Target &) = delete;

  void restore(const AlignedBytes &image) {
    tidbit_session *session = runner_->session();
    if (tidbit_restore(session, image.data(), image.size()) != TIDBIT_OK) {
      EXPECT_EQ(tidbit_position(session), 0u);
    } else {
      save_again(image.size());
    }
    go_on();
  }

 private:
  void save_again(std::size_t bytes) {
    AlignedBytes again(tidbit_save_bytes(runner_->session()));
    EXPECT_EQ(again.size(), bytes);
    EXPECT_EQ(tidbit_save(runner_->session(), again.data(), again.size(), nullptr), TIDBIT_OK);
    EXPECT_EQ(tidbit_restore(runner_->session(), again.data(), again.size()), TIDBIT_OK);
  }

  void go_on() {
    tidbit_session *session = runner_->session();
    float *logits = nullptr;
    tidbit_logits(session, &logits, nullptr);
    if (tidbit_position(session) > 2) {
      const tidbit_status status = tidbit_rewind(session, tidbit_position(session) - 2);
      EXPECT_TRUE(status == TIDBIT_OK || status == TIDBIT_ERR_REWIND);
    }
    const std::vector<int32_t> tokens = some_tokens(info_.vocab_size, 2);
    const bool full = tidbit_position(session) + 2 > tidbit_context(session);
    EXPECT_EQ(tidbit_prefill(session, tokens.data(), 2, 0, nullptr), full ? TIDBIT_ERR_CONTEXT_FULL : TIDBIT_OK);
    EXPECT_EQ(tidbit_logits(session, &logits, nullptr), full ? TIDBIT_ERR_NO_LOGITS : TIDBIT_OK);
  }

  AlignedBytes blob_;
  tidbit_model model_;
  tidbit_model_info info_;
  std::optional<Runner> runner_;
};

}  // namespace
}  // namespace tidbit::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  static std::list<test::Target> targets = [] {
    std::list<test::Target> all;
    for (const test::TinyModel &model : fuzz::models()) all.emplace_back(model);
    return all;
  }();
  const test::AlignedBytes image(std::as_bytes(std::span(data, size)));
  for (test::Target &target : targets) target.restore(image);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
  constexpr std::size_t kHead = 64;
  size = tidbit::fuzz::mutate_with_head(data, size, most, std::min(size, kHead), seed);
  tidbit::fuzz::reseal_image(data, size);
  return size;
}
