#include <stdio.h>
#include <tidbit/tidbit.h>

#include "model_plan.h" /* made by: tidbit plan model.tidbit --header model_plan.h */

extern const unsigned char model_blob[TIDBIT_PLAN_BLOB_BYTES]; /* model.tidbit, in flash */
static unsigned char memory[TIDBIT_PLAN_TOTAL_BYTES] __attribute__((aligned(TIDBIT_ALIGNMENT)));
static const char request[] = "turn on the light";
static uint64_t workspace[TIDBIT_TOKENIZE_BYTES(sizeof request) / 8];
static tidbit_stream stream; /* 1 KB, so not on the stack */

int main(void) {
  tidbit_options options = {.context = TIDBIT_PLAN_CONTEXT, .chunk = TIDBIT_PLAN_CHUNK};
  tidbit_tokenize_options prompt = {.flags = TIDBIT_TEXT_SPECIAL};
  tidbit_sampling greedy = {0};
  tidbit_model model;
  tidbit_session *session;
  int32_t tokens[32], token;
  uint32_t count, bytes;
  const char *text;

  if (tidbit_start(model_blob, sizeof model_blob, &options, memory, sizeof memory, &model, &session, NULL) ||
      tidbit_tokenize(&model, request, sizeof request - 1, &prompt, workspace, sizeof workspace, tokens, 32, &count) ||
      tidbit_prefill(session, tokens, count, 0, NULL) || tidbit_stream_init(&stream, &model, 0, NULL, 0))
    return 1;
  while (!tidbit_next(session, &greedy, NULL, NULL, 0, &token) && !tidbit_is_end(&model, token)) {
    if (tidbit_stream_push(&stream, token, &text, &bytes)) return 1;
    fwrite(text, 1, bytes, stdout); /* or the UART */
  }
  return 0;
}
