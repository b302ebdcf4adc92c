// Compares what this target computes with what the converter's scalar kernels computed.
#include "base/hash.h"
#include "model/session.h"

using namespace tidbit;

extern "C" tidbit_status tidbit_selftest(tidbit_session *session) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  const format::SelfTest *test = session->model.self_test;
  if (test == nullptr) return TIDBIT_ERR_UNSUPPORTED;
  tidbit_reset(session);
  Hash64 hash;
#if TIDBIT_HAS_ENCODER
  if (session->model.is_encoder()) {
    const tidbit_status status = tidbit_encode(session, test->tokens, &test->token_count, 1);
    for (std::uint32_t i = 0; i < session->encoded; ++i) {
      hash.update(session->memory.activations.hidden[i], session->model.config().width * sizeof(float));
    }
    tidbit_reset(session);
    if (status != TIDBIT_OK) return status;
    return hash.digest() == test->hash ? TIDBIT_OK : TIDBIT_ERR_SELFTEST;
  }
#endif
  for (std::uint32_t i = 0; i < test->token_count; ++i) {
    float *logits = nullptr;
    tidbit_status status = tidbit_prefill(session, test->tokens + i, 1, 0, nullptr);
    if (status == TIDBIT_OK) status = tidbit_logits(session, &logits, nullptr);
    if (status != TIDBIT_OK) {
      tidbit_reset(session);
      return status;
    }
    hash.update(logits, session->model.config().vocab_size * sizeof(float));
  }
  tidbit_reset(session);
  return hash.digest() == test->hash ? TIDBIT_OK : TIDBIT_ERR_SELFTEST;
}
