/* Turns a request into JSON with the home control sample model. The model is used in place in flash. All memory is
 * static. A step of work is at most one layer of one chunk. */
#include <string.h>
#include <tidbit/tidbit.h>

#include "board.h"
#include "model_plan.h" /* made by: tidbit plan model.tidbit --header model_plan.h */

enum { REQUEST_BYTES = 128, WORK_BUDGET = 1 };

static unsigned char memory[TIDBIT_PLAN_TOTAL_BYTES] __attribute__((aligned(TIDBIT_ALIGNMENT)));
static uint64_t workspace[TIDBIT_TOKENIZE_BYTES(REQUEST_BYTES) / sizeof(uint64_t)];
static char request[REQUEST_BYTES];
static int32_t tokens[TIDBIT_PLAN_CONTEXT];

static tidbit_status start(const void *blob, size_t bytes, tidbit_model *model, tidbit_session **session) {
  const tidbit_options options = {.context = TIDBIT_PLAN_CONTEXT, .chunk = TIDBIT_PLAN_CHUNK};
  tidbit_plan_result plan;
  tidbit_memory parts;
  tidbit_status status = tidbit_open(blob, bytes, model, NULL);
  if (status == TIDBIT_OK) status = tidbit_plan(model, &options, &plan);
  if (status == TIDBIT_OK) status = tidbit_split_memory(&plan, memory, sizeof memory, &parts, NULL);
  if (status == TIDBIT_OK) status = tidbit_init(model, &options, &parts, session, NULL);
  return status;
}

static tidbit_status read_request(const tidbit_model *model, uint32_t *count) {
  static const char example[] = "dim the kitchen lamp to thirty percent at half past six";
  const tidbit_tokenize_options options = {.flags = TIDBIT_TEXT_SPECIAL};
  const uint32_t bytes = board_read_request(request, sizeof request);
  return tidbit_tokenize(model, bytes > 0 ? request : example, bytes > 0 ? bytes : sizeof example - 1, &options,
                         workspace, sizeof workspace, tokens, TIDBIT_PLAN_CONTEXT, count);
}

/* Feeds tokens in steps of the work budget, and serves the watchdog after each step. */
static tidbit_status feed(tidbit_session *session, uint32_t count) {
  uint32_t fed = 0;
  for (;;) {
    uint32_t consumed;
    const tidbit_status status = tidbit_prefill(session, tokens + fed, count - fed, WORK_BUDGET, &consumed);
    board_serve_watchdog();
    if (status != TIDBIT_PENDING) return status;
    fed += consumed;
  }
}

/* Greedy decoding up to the end token. The prompt is tokens[0 .. count). */
static tidbit_status answer(const tidbit_model *model, tidbit_session *session, uint32_t count) {
  const tidbit_sampling greedy = {0};
  tidbit_stream stream;
  tidbit_status status = tidbit_stream_init(&stream, model, 0, NULL, 0);
  for (; status == TIDBIT_OK; count = 1) {
    const char *text;
    uint32_t bytes;
    float *logits;
    if ((status = feed(session, count)) != TIDBIT_OK) break;
    if ((status = tidbit_logits(session, &logits, NULL)) != TIDBIT_OK) break;
    status = tidbit_sample(logits, TIDBIT_PLAN_VOCAB_SIZE, &greedy, NULL, NULL, 0, tokens);
    if (status != TIDBIT_OK || tidbit_is_end(model, tokens[0])) break;
    status = tidbit_stream_push(&stream, tokens[0], &text, &bytes);
    if (status == TIDBIT_OK) board_write(text, bytes);
  }
  return status;
}

int app_run(const void *blob, size_t bytes) {
  tidbit_model model;
  tidbit_session *session;
  uint32_t count;
  tidbit_status status = start(blob, bytes, &model, &session);
  if (status == TIDBIT_OK) status = read_request(&model, &count);
  if (status == TIDBIT_OK) status = answer(&model, session, count);
  if (status != TIDBIT_OK) {
    const char *reason = tidbit_status_string(status);
    board_write(reason, (uint32_t)strlen(reason));
  }
  return (int)status;
}
