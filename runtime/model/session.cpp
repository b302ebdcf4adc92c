// The life of a session: initialization, prefill under a budget, logits, rewind.
#include "model/session.h"

#include "base/place.h"
#include "model/layer.h"

namespace tidbit {
namespace {

tidbit_status check_memory(const tidbit_plan_result &plan, const tidbit_memory &memory, tidbit_shortage *shortage) {
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    if (memory.bytes[i] < plan.bytes[i]) {
      if (shortage != nullptr) *shortage = {static_cast<tidbit_part>(i), plan.bytes[i] - memory.bytes[i]};
      return TIDBIT_ERR_MEMORY;
    }
    if (memory.data[i] == nullptr) return TIDBIT_ERR_ARGUMENT;
    if (reinterpret_cast<std::uintptr_t>(memory.data[i]) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  }
  return TIDBIT_OK;
}

// The hook needs a build that has it, and a single worker: then it gets whole chunks, in order, on the calling thread.
tidbit_status check_observer(const tidbit_options &options, const tidbit_plan_result &plan) {
  if (options.observe == nullptr) return TIDBIT_OK;
  if constexpr (!features::kInspect) return TIDBIT_ERR_UNSUPPORTED;
  return plan.workers == 1 ? TIDBIT_OK : TIDBIT_ERR_ARGUMENT;
}

tidbit_status check_tokens(const Session &s, const std::int32_t *tokens, std::uint32_t count) {
  if (count > s.limits.context - s.position) return TIDBIT_ERR_CONTEXT_FULL;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (static_cast<std::uint32_t>(tokens[i]) >= s.model.config().vocab_size) return TIDBIT_ERR_TOKEN;
  }
  return TIDBIT_OK;
}

void forget_chunk(Session &s) {
  s.pending_tokens = 0;
  s.chunk_tokens = 0;
}

// The work that one call may do. Starting with 0 means no limit.
class Budget {
 public:
  explicit Budget(std::uint64_t units) : bounded_(units != 0), left_(units) {}

  bool spent() const { return bounded_ && left_ == 0; }
  void use(std::uint64_t units) { left_ = units < left_ ? left_ - units : 0; }

 private:
  bool bounded_;
  std::uint64_t left_;
};

// Runs as many layers of the current chunk as the budget allows.
tidbit_status run_pending(Session &s, Budget &budget) {
  while (s.pending_layer < s.model.layers()) {
    if (budget.spent()) return TIDBIT_PENDING;
    if (s.poll != nullptr && s.poll(s.poll_user) != 0) {
      forget_chunk(s);
      return TIDBIT_CANCELED;
    }
    s.pending_kv = run_layer(s, s.pending_layer, s.pending_kv, s.pending_tokens);
    budget.use(s.pending_tokens);
    ++s.pending_layer;
  }
  s.position += s.pending_tokens;
  s.chunk_tokens = s.pending_tokens;
  s.pending_tokens = 0;
  return TIDBIT_OK;
}

void begin_chunk(Session &s, const std::int32_t *tokens, std::uint32_t left) {
  s.chunk_tokens = 0;
  s.pending_tokens = left < s.limits.chunk ? left : s.limits.chunk;
  s.pending_layer = 0;
  s.pending_kv = 0;
  embed_chunk(s, tokens, s.pending_tokens);
}

tidbit_status prefill(Session &s, const std::int32_t *tokens, std::uint32_t count, Budget budget,
                      std::uint32_t *consumed) {
  while (*consumed < count) {
    if (s.pending_tokens == 0) {
      if (budget.spent()) return TIDBIT_PENDING;
      begin_chunk(s, tokens + *consumed, count - *consumed);
    }
    const std::uint32_t chunk = s.pending_tokens;
    if (const tidbit_status status = run_pending(s, budget); status != TIDBIT_OK) return status;
    *consumed += chunk;
  }
  return TIDBIT_OK;
}

}  // namespace
}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_init(const tidbit_model *model, const tidbit_options *options,
                                     const tidbit_memory *memory, tidbit_session **session, tidbit_shortage *shortage) {
  if (memory == nullptr || session == nullptr) return TIDBIT_ERR_ARGUMENT;
  tidbit_plan_result plan{};
  if (const tidbit_status status = tidbit_plan(model, options, &plan); status != TIDBIT_OK) return status;
  if (const tidbit_status status = check_memory(plan, *memory, shortage); status != TIDBIT_OK) return status;
  if (const tidbit_status status = check_observer(*options, plan); status != TIDBIT_OK) return status;
  const Kernels *kernels = find_kernels(options->isa, options->cpu);
  if (kernels == nullptr) return TIDBIT_ERR_ISA;

  Arena arenas[TIDBIT_PART_COUNT];
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) arenas[i] = Arena(memory->data[i]);
  auto *s = new (Place{memory->data[TIDBIT_PART_STATE]}) Session{};
  s->model = model_of(model);
  s->kernels = kernels;
  s->limits = {plan.context, plan.chunk, plan.workers};
  s->memory = carve(s->model, s->limits, arenas);
  s->parallel_for = options->parallel_for;
  s->parallel_user = options->parallel_user;
  s->poll = options->poll;
  s->poll_user = options->poll_user;
  s->observe = options->observe;
  s->observe_user = options->observe_user;
  *session = s;
  return TIDBIT_OK;
}

extern "C" void tidbit_reset(tidbit_session *session) {
  session->position = 0;
  session->segment = 0;
  forget_chunk(*session);
}

extern "C" uint32_t tidbit_position(const tidbit_session *session) { return session->position; }
extern "C" uint32_t tidbit_context(const tidbit_session *session) { return session->limits.context; }
extern "C" uint32_t tidbit_chunk_size(const tidbit_session *session) { return session->chunk_tokens; }
extern "C" tidbit_isa tidbit_session_isa(const tidbit_session *session) { return session->kernels->isa; }

extern "C" tidbit_status tidbit_rewind(tidbit_session *session, uint32_t position) {
  if (session == nullptr || position > session->position) return TIDBIT_ERR_ARGUMENT;
  session->position = position;
  forget_chunk(*session);
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_set_segment(tidbit_session *session, uint32_t segment) {
  if (session == nullptr || segment >= session->model.config().segments) return TIDBIT_ERR_ARGUMENT;
  session->segment = segment;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_prefill(tidbit_session *session, const int32_t *tokens, uint32_t count, uint64_t budget,
                                        uint32_t *consumed) {
  std::uint32_t done = 0;
  std::uint32_t &total = consumed != nullptr ? *consumed : done;
  total = 0;
  if (session == nullptr || (tokens == nullptr && count != 0)) return TIDBIT_ERR_ARGUMENT;
  if (count < session->pending_tokens) return TIDBIT_ERR_ARGUMENT;
  if (const tidbit_status status = check_tokens(*session, tokens, count); status != TIDBIT_OK) return status;
  return prefill(*session, tokens, count, Budget(budget), &total);
}

extern "C" tidbit_status tidbit_logits_at(tidbit_session *session, uint32_t index, float **logits) {
  if (session == nullptr || logits == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (index >= session->chunk_tokens) return TIDBIT_ERR_NO_LOGITS;
  compute_logits(*session, index);
  *logits = session->memory.logits;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_logits(tidbit_session *session, float **logits) {
  if (session == nullptr) return TIDBIT_ERR_ARGUMENT;
  return tidbit_logits_at(session, session->chunk_tokens - 1, logits);
}
