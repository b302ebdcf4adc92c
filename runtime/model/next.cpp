// One step of generation: logits, a choice, and the token is fed.
#include "model/session.h"

using namespace tidbit;

extern "C" tidbit_status tidbit_next(tidbit_session *session, const tidbit_sampling *sampling, tidbit_rng *rng,
                                     const int32_t *recent, uint32_t recent_count, int32_t *token) {
  if (token == nullptr) return TIDBIT_ERR_ARGUMENT;
  *token = -1;
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  float *logits = nullptr;
  std::uint32_t count = 0;
  if (session->position == session->limits.context) return TIDBIT_ERR_CONTEXT_FULL;
  tidbit_status status = tidbit_logits(session, &logits, &count);
  if (status == TIDBIT_OK) status = tidbit_sample(logits, count, sampling, rng, recent, recent_count, token);
  if (status != TIDBIT_OK || format::is_end(session->model.config(), *token)) return status;
  return tidbit_prefill(session, token, 1, 0, nullptr);
}
