// Turns a request from the serial port ("dim the kitchen lamp to thirty percent") into JSON. Needs about 110 KB of RAM
// and 620 KB of flash. Make the model's two headers on a PC and put them next to the sketch:
//
//   tidbit-convert CHECKPOINT -o model.tidbit --weights q4 --kv q8
//   tidbit plan model.tidbit --context 96 --chunk 8 --header model_plan.h
//   xxd -i < model.tidbit > model_blob.h
#include <tidbit.h>

#include "model_plan.h"

alignas(TIDBIT_ALIGNMENT) const unsigned char model_blob[] = {
#include "model_blob.h"
};
alignas(TIDBIT_ALIGNMENT) static unsigned char memory[TIDBIT_PLAN_TOTAL_BYTES];
static char request[128];
static uint64_t workspace[TIDBIT_TOKENIZE_BYTES(sizeof request) / sizeof(uint64_t)];
static int32_t tokens[TIDBIT_PLAN_CONTEXT];

static tidbit_model model;
static tidbit_session *session;
static tidbit_stream stream;

static tidbit_status start() {
  tidbit_options options = {};
  options.context = TIDBIT_PLAN_CONTEXT;
  options.chunk = TIDBIT_PLAN_CHUNK;
  tidbit_plan_result plan;
  tidbit_memory parts;
  tidbit_status status = tidbit_open(model_blob, sizeof model_blob, &model, nullptr);
  if (status == TIDBIT_OK) status = tidbit_plan(&model, &options, &plan);
  if (status == TIDBIT_OK) status = tidbit_split_memory(&plan, memory, sizeof memory, &parts, nullptr);
  if (status == TIDBIT_OK) status = tidbit_init(&model, &options, &parts, &session, nullptr);
  return status;
}

// Feeds tokens[0 .. count) and stores the most probable next token in tokens[0].
static tidbit_status next(uint32_t count) {
  const tidbit_sampling greedy = {};
  float *logits;
  tidbit_status status = tidbit_prefill(session, tokens, count, 0, nullptr);
  if (status == TIDBIT_OK) status = tidbit_logits(session, &logits, NULL);
  if (status == TIDBIT_OK) {
    status = tidbit_sample(logits, TIDBIT_PLAN_VOCAB_SIZE, &greedy, nullptr, nullptr, 0, tokens);
  }
  return status;
}

static tidbit_status answer(size_t bytes) {
  uint32_t count;
  tidbit_reset(session);
  tidbit_tokenize_options options = {};
  options.flags = TIDBIT_TEXT_SPECIAL;
  tidbit_status status = tidbit_tokenize(&model, request, bytes, &options, workspace, sizeof workspace, tokens,
                                         TIDBIT_PLAN_CONTEXT, &count);
  if (status == TIDBIT_OK) status = tidbit_stream_init(&stream, &model, 0, nullptr, 0);
  for (; status == TIDBIT_OK; count = 1) {
    const char *text;
    uint32_t length;
    status = next(count);
    if (status != TIDBIT_OK || tidbit_is_end(&model, tokens[0])) break;
    status = tidbit_stream_push(&stream, tokens[0], &text, &length);
    if (status == TIDBIT_OK) Serial.write(reinterpret_cast<const uint8_t *>(text), length);
  }
  return status;
}

void setup() {
  Serial.begin(115200);
  Serial.setTimeout(1000);
  const tidbit_status status = start();
  if (status != TIDBIT_OK) {
    Serial.println(tidbit_status_string(status));
    while (true) {
    }
  }
}

void loop() {
  const size_t bytes = Serial.readBytesUntil('\n', request, sizeof request);
  if (bytes == 0) return;
  const tidbit_status status = answer(bytes);
  Serial.println(status == TIDBIT_OK ? "" : tidbit_status_string(status));
}
