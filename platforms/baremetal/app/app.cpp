// The application of app.c, in C++20.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "board.h"
#include "model_plan.h"
#include "tidbit/tidbit.h"

namespace {

constexpr std::size_t kRequestBytes = 128;
constexpr std::uint64_t kWorkBudget = 1;
constexpr std::string_view kExample = "dim the kitchen lamp to thirty percent at half past six";

alignas(TIDBIT_ALIGNMENT) constinit std::array<unsigned char, TIDBIT_PLAN_TOTAL_BYTES> memory{};
constinit std::array<std::uint64_t, TIDBIT_TOKENIZE_BYTES(kRequestBytes) / sizeof(std::uint64_t)> workspace{};
constinit std::array<std::int32_t, TIDBIT_PLAN_CONTEXT> tokens{};
constinit std::array<char, kRequestBytes> request{};

class Assistant {
 public:
  tidbit_status start(const void *blob, std::size_t bytes) {
    tidbit_options options{};
    options.context = TIDBIT_PLAN_CONTEXT;
    options.chunk = TIDBIT_PLAN_CHUNK;
    tidbit_plan_result plan;
    tidbit_memory parts;
    if (const auto s = tidbit_open(blob, bytes, &model_, nullptr); s != TIDBIT_OK) return s;
    if (const auto s = tidbit_plan(&model_, &options, &plan); s != TIDBIT_OK) return s;
    if (const auto s = tidbit_split_memory(&plan, memory.data(), memory.size(), &parts, nullptr); s != TIDBIT_OK) {
      return s;
    }
    return tidbit_init(&model_, &options, &parts, &session_, nullptr);
  }

  // Greedy decoding. Calls write(text) with each piece of the answer.
  template <class Write>
  tidbit_status answer(std::string_view text, Write write) {
    std::uint32_t count = 0;
    tidbit_tokenize_options options{};
    options.flags = TIDBIT_TEXT_SPECIAL;
    tidbit_status status = tidbit_tokenize(&model_, text.data(), text.size(), &options, workspace.data(),
                                           sizeof workspace, tokens.data(), tokens.size(), &count);
    if (status == TIDBIT_OK) status = tidbit_stream_init(&stream_, &model_, 0, nullptr, 0);
    for (std::span<const std::int32_t> next = tokens; status == TIDBIT_OK; count = 1) {
      if (status = feed(next.first(count)); status != TIDBIT_OK) break;
      if (status = choose(); status != TIDBIT_OK || tidbit_is_end(&model_, tokens[0]) != 0) break;
      const char *piece = nullptr;
      std::uint32_t bytes = 0;
      status = tidbit_stream_push(&stream_, tokens[0], &piece, &bytes);
      if (status == TIDBIT_OK) write(std::string_view(piece, bytes));
    }
    return status;
  }

 private:
  // Feeds tokens in steps of the work budget, and serves the watchdog after each step.
  tidbit_status feed(std::span<const std::int32_t> left) {
    for (;;) {
      std::uint32_t consumed = 0;
      const auto count = static_cast<std::uint32_t>(left.size());
      const tidbit_status status = tidbit_prefill(session_, left.data(), count, kWorkBudget, &consumed);
      board_serve_watchdog();
      if (status != TIDBIT_PENDING) return status;
      left = left.subspan(consumed);
    }
  }

  tidbit_status choose() {
    constexpr tidbit_sampling greedy{};
    float *logits = nullptr;
    const tidbit_status status = tidbit_logits(session_, &logits, nullptr);
    if (status != TIDBIT_OK) return status;
    return tidbit_sample(logits, TIDBIT_PLAN_VOCAB_SIZE, &greedy, nullptr, nullptr, 0, tokens.data());
  }

  tidbit_model model_{};
  tidbit_session *session_ = nullptr;
  tidbit_stream stream_{};
};

constinit Assistant assistant;

}  // namespace

int app_run(const void *blob, std::size_t blob_bytes) {
  const auto write = [](std::string_view text) { board_write(text.data(), static_cast<std::uint32_t>(text.size())); };
  const std::uint32_t bytes = board_read_request(request.data(), request.size());
  tidbit_status status = assistant.start(blob, blob_bytes);
  if (status == TIDBIT_OK)
    status = assistant.answer(bytes > 0 ? std::string_view(request.data(), bytes) : kExample, write);
  if (status != TIDBIT_OK) write(tidbit_status_string(status));
  return status;
}
