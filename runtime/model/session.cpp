// The life of a session: initialization, prefill under a budget, logits, rewind.
#include "model/session.h"

#include "base/place.h"
#include "model/layer.h"

namespace tidbit {
namespace {

// Parts may be anywhere, but each byte belongs to one of them or to the blob.
tidbit_status check_overlap(const tidbit_plan_result &plan, const tidbit_memory &memory, const Model &model) {
  const auto begin = [&](int i) {
    return reinterpret_cast<std::uintptr_t>(i < TIDBIT_PART_COUNT ? memory.data[i] : model.blob);
  };
  for (int b = TIDBIT_PART_COUNT; b >= 0; --b) {
    const auto bytes = static_cast<std::size_t>(b < TIDBIT_PART_COUNT ? plan.bytes[b] : model.header->blob_bytes);
    for (int a = TIDBIT_PART_COUNT; a >= 0; --a) {
      if (a != b && begin(a) - begin(b) < bytes) return TIDBIT_ERR_ARGUMENT;
    }
  }
  return TIDBIT_OK;
}

tidbit_status check_memory(const tidbit_plan_result &plan, const tidbit_memory &memory, const Model &model,
                           tidbit_shortage *shortage) {
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    if (memory.bytes[i] < plan.bytes[i]) {
      if (shortage != nullptr) *shortage = {plan.bytes[i] - memory.bytes[i], i, 0};
      return TIDBIT_ERR_MEMORY;
    }
    if (memory.data[i] == nullptr) return TIDBIT_ERR_ARGUMENT;
    if (reinterpret_cast<std::uintptr_t>(memory.data[i]) % TIDBIT_ALIGNMENT != 0) return TIDBIT_ERR_ALIGNMENT;
  }
  return check_overlap(plan, memory, model);
}

// Whether this thread rounds to nearest and keeps subnormals. Seen from what it computes, because the registers that
// say so differ between CPUs.
bool float_mode_is_right() {
  volatile float down = 0x1.000002p-126f, up = 0x1.000006p-126f;  // their halves are subnormal, and ties
  down = down * 0.5f;
  up = up * 0.5f;
  return float_bits(down) == 0x400000 && float_bits(up) == 0x400002 && up * 2 > 0;
}

// The hook needs a build that has it, and a single worker: then it gets whole chunks, in order, on the calling thread.
tidbit_status check_observer(const tidbit_options &options, const tidbit_plan_result &plan) {
  if (options.observe == nullptr) return TIDBIT_OK;
  if constexpr (!features::kInspect) return TIDBIT_ERR_UNSUPPORTED;
  return plan.workers == 1 ? TIDBIT_OK : TIDBIT_ERR_ARGUMENT;
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
    if (!s.canceled) poll(s);
    if (!s.canceled) s.pending_kv = run_layer(s, s.pending_layer, s.pending_kv, s.pending_tokens);
    if (s.canceled) {
      forget_chunk(s);
      return TIDBIT_CANCELED;
    }
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
  const std::uint32_t end = s.position + s.pending_tokens;
  if (kHasRings && end > s.written) s.written = end;
  embed_chunk(s, tokens, s.pending_tokens);
}

// Whether the rings of all layers still hold what the token at `position` needs.
bool rings_hold(const Session &s, std::uint32_t position) {
  if (position == 0) return true;
  for (std::uint32_t i = 0; i < s.model.decoder().kinds; ++i) {
    const format::LayerKind &kind = s.model.kinds[i];
    const std::uint32_t needed = first_needed(kind, position);
    if (needed < position && position < s.restored && needed < first_needed(kind, s.restored)) return false;
    if (has_convolution(kind)) {
      if (!s.memory.kv.convolution(kind, 1, 0).holds(needed, s.written)) return false;
    } else if (!s.memory.kv.layer(kind, 0).holds(needed, s.written)) {
      return false;
    }
  }
  return true;
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

tidbit_status check_idle(const Session *s) {
  if (s == nullptr) return TIDBIT_ERR_ARGUMENT;
  return s->running ? TIDBIT_ERR_BUSY : TIDBIT_OK;
}

void poll(Session &s) {
  s.poll_left = s.poll_work;
  if (s.poll != nullptr && s.poll(s.poll_user) != 0) s.canceled = true;
}

bool pace(Session &s, std::uint64_t work) {
  if (s.poll_work == 0) return true;
  if (work > s.poll_left && !s.canceled) poll(s);
  s.poll_left = work < s.poll_left ? s.poll_left - static_cast<std::uint32_t>(work) : 0;
  return !s.canceled;
}

}  // namespace tidbit

using namespace tidbit;

extern "C" tidbit_status tidbit_init(const tidbit_model *model, const tidbit_options *options,
                                     const tidbit_memory *memory, tidbit_session **session, tidbit_shortage *shortage) {
  if (memory == nullptr || session == nullptr) return TIDBIT_ERR_ARGUMENT;
  tidbit_plan_result plan{};
  if (const tidbit_status status = tidbit_plan(model, options, &plan); status != TIDBIT_OK) return status;
  if (const tidbit_status status = check_memory(plan, *memory, model_of(model), shortage); status != TIDBIT_OK)
    return status;
  if (const tidbit_status status = check_observer(*options, plan); status != TIDBIT_OK) return status;
  const Kernels *kernels = find_kernels(options->isa, options->cpu);
  if (kernels == nullptr) return TIDBIT_ERR_ISA;
  if (!float_mode_is_right()) return TIDBIT_ERR_FLOAT_MODE;

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
  // Tasks of other threads do not call the hook.
  if (options->poll != nullptr && plan.workers == 1) {
    s->poll_work = options->poll_work != 0 ? options->poll_work : kDefaultPollWork;
  }
  *session = s;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_reset(tidbit_session *session) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  session->position = 0;
  if constexpr (kHasRings) session->written = session->restored = 0;
  session->segment = 0;
  if constexpr (features::has(features::LayerPart::encoder)) session->encoded = 0;
  forget_chunk(*session);
  return TIDBIT_OK;
}

extern "C" uint32_t tidbit_position(const tidbit_session *session) { return session ? session->position : 0; }
extern "C" uint32_t tidbit_context(const tidbit_session *session) { return session ? session->limits.context : 0; }
extern "C" uint32_t tidbit_chunk_size(const tidbit_session *session) { return session ? session->chunk_tokens : 0; }
extern "C" tidbit_isa tidbit_session_isa(const tidbit_session *session) { return session ? session->kernels->isa : 0; }

extern "C" tidbit_status tidbit_rewind(tidbit_session *session, uint32_t position) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (position > session->position) return TIDBIT_ERR_ARGUMENT;
  if constexpr (kHasRings) {
    if (!rings_hold(*session, position)) return TIDBIT_ERR_REWIND;
  }
  session->position = position;
  forget_chunk(*session);
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_set_segment(tidbit_session *session, uint32_t segment) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (segment >= session->model.config().segments) return TIDBIT_ERR_ARGUMENT;
  session->segment = segment;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_prefill(tidbit_session *session, const int32_t *tokens, uint32_t count, uint64_t budget,
                                        uint32_t *consumed) {
  std::uint32_t done = 0;
  std::uint32_t &total = consumed != nullptr ? *consumed : done;
  total = 0;
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (session->model.is_encoder()) return TIDBIT_ERR_UNSUPPORTED;
  if (tokens == nullptr && count != 0) return TIDBIT_ERR_ARGUMENT;
  if (count < session->pending_tokens) return TIDBIT_ERR_ARGUMENT;
  if (const tidbit_status status = check_tokens(*session, tokens, count); status != TIDBIT_OK) return status;
  const Running running(*session);
  return prefill(*session, tokens, count, Budget(budget), &total);
}

extern "C" tidbit_status tidbit_logits_at(tidbit_session *session, uint32_t index, float **logits, uint32_t *count) {
  if (const tidbit_status status = check_idle(session); status != TIDBIT_OK) return status;
  if (logits == nullptr) return TIDBIT_ERR_ARGUMENT;
  if (index >= session->chunk_tokens) return TIDBIT_ERR_NO_LOGITS;
  const Running running(*session);
  compute_logits(*session, index);
  if (session->canceled) return TIDBIT_CANCELED;
  *logits = session->memory.logits;
  if (count != nullptr) *count = session->model.config().vocab_size;
  return TIDBIT_OK;
}

extern "C" tidbit_status tidbit_logits(tidbit_session *session, float **logits, uint32_t *count) {
  return tidbit_logits_at(session, tidbit_chunk_size(session) - 1, logits, count);
}
