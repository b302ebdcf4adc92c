/* Runs the self-tests of two models: kernels, options and flags are right if the logits have the converter's hash. */
#include <tidbit/tidbit.h>

extern const unsigned char model_blob[], model_blob_end[], home[], home_end[];
static unsigned char memory[1 << 20] __attribute__((aligned(TIDBIT_ALIGNMENT)));

static int test(const unsigned char *blob, const unsigned char *end) {
  tidbit_options options = {.context = 32, .chunk = 8};
  tidbit_model model;
  tidbit_plan_result plan;
  tidbit_memory parts;
  tidbit_session *session;
  int status = tidbit_open(blob, (uint64_t)(end - blob), &model, NULL);
  if (!status) status = tidbit_plan(&model, &options, &plan);
  if (!status) status = tidbit_split_memory(&plan, memory, sizeof memory, &parts, NULL);
  if (!status) status = tidbit_init(&model, &options, &parts, &session, NULL);
  return status ? status : (int)tidbit_selftest(session);
}

__attribute__((visibility("default"))) int plugin_test(void);

int plugin_test(void) {
  int status = test(model_blob, model_blob_end);
  return status ? status : test(home, home_end);
}
