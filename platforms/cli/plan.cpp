#include <inttypes.h>
#include <stdio.h>

#include "cli/board_report.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/plan_features.h"
#include "cli/plan_header.h"

namespace tidbit::cli {
namespace {

void print_json(const LoadedModel &model, const tidbit_plan_result &plan, uint32_t prompt_bytes,
                const BoardReport &report, Output &out) {
  Json json(out);
  json.begin();
  json.number("context", plan.context);
  json.number("chunk", plan.chunk);
  json.number("workers", plan.workers);
  json.begin("bytes");
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    json.number(tidbit_part_name(static_cast<tidbit_part>(i)), plan.bytes[i]);
  }
  json.end();
  json.number("total", plan.total);
  json.number("blob_bytes", model.info().blob_bytes);
  if (prompt_bytes != 0) json.number("workspace_bytes", tidbit_tokenize_bytes(model.get(), prompt_bytes));
  report.print_json(json);
  json.end();
}

void print_plain(const LoadedModel &model, const tidbit_plan_result &plan, uint32_t prompt_bytes,
                 const BoardReport &report, Output &out) {
  out.print("memory for a session with context %u, chunk %u, workers %u\n", plan.context, plan.chunk, plan.workers);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    out.print("  %-12s %12" PRIu64 "\n", tidbit_part_name(static_cast<tidbit_part>(i)), plan.bytes[i]);
  }
  out.print("  %-12s %12" PRIu64 " bytes of RAM\n", "total", plan.total);
  out.print("  %-12s %12" PRIu64 " bytes of flash or file, used in place\n", "model", model.info().blob_bytes);
  if (prompt_bytes != 0) {
    out.print("  %-12s %12" PRIu64 " bytes while a prompt of %u bytes is tokenized\n", "workspace",
              tidbit_tokenize_bytes(model.get(), prompt_bytes), prompt_bytes);
  }
  report.print_plain(out);
}

struct PlanRequest {
  tidbit_options session = {};
  HeaderRequest header;
  const char *features = nullptr;
  FeatureSyntax syntax = FeatureSyntax::none;
  const char *board_name = nullptr;
  const Board *board = nullptr;
  bool as_json = false;
};

int parse_plan(Arguments *arguments, Output &out, PlanRequest *request) {
  const Option options[] = {
      number_option("--context", nullptr, &request->session.context, 1, UINT32_MAX,
                    "context length in tokens; default: the model's"),
      number_option("--chunk", nullptr, &request->session.chunk, 1, 256,
                    "prompt tokens computed together; default: 16"),
      number_option("--threads", nullptr, &request->session.workers, 1, 64, "worker threads; default: 1"),
      text_option("--board", nullptr, "NAME", &request->board_name, "check that it fits this board, and show where"),
      text_option("--header", nullptr, "FILE", &request->header.path, "write the sizes to a C header"),
      text_option("--prefix", nullptr, "NAME", &request->header.prefix,
                  "prefix of the header's macros, for a second model; default: TIDBIT_PLAN"),
      number_option("--prompt-bytes", nullptr, &request->header.prompt_bytes, 1, UINT32_MAX,
                    "add the tokenizer's workspace for a prompt of N bytes"),
      text_option("--features", nullptr, "SYNTAX", &request->features,
                  "only print the build options that the model needs, for cmake or kconfig"),
      flag_option("--json", &request->as_json, "one line of JSON"),
  };
  char boards[256], notes[1536];
  list_boards(boards, sizeof boards);
  snprintf(
      notes, sizeof notes,
      "The sizes are the same on every target and equal those of tidbit_plan() in the firmware. The header also\n"
      "declares the model as model_blob, or with --prefix LAMP as lamp_blob.\n"
      "A library built with the options of --features runs this model and refuses models that need more.\n\n"
      "Boards: %s.\n"
      "The model is placed in the fastest flash that holds it together with 60 KB of program, else in the fastest\n"
      "flash that holds it alone, else in the slowest RAM that holds it. Then activations, scratch, kv, logits and\n"
      "state are placed in this order, each in the fastest RAM that leaves room for the rest. Bandwidths are upper\n"
      "bounds computed from the width and clock of the bus, not measured; a value marked 'inferred' is an assumption.\n"
      "Memory used by the program itself is not counted.",
      boards);
  const Usage usage = {"plan", "MODEL", "Prints how many bytes of memory a session needs, part by part.", options, 9, 1,
                       1,      notes};
  if (const int code = parse_arguments(usage, arguments, out); code != kGoOn) return code;
  if (!is_prefix(request->header.prefix)) {
    return usage_error("--prefix: '%s' is not a C identifier of at most 64 characters", request->header.prefix);
  }
  if (request->features != nullptr) {
    if (request->header.path != nullptr || request->board_name != nullptr || request->as_json) {
      return usage_error("--features prints nothing else; leave out --header, --board and --json");
    }
    if (const int code = parse_syntax(request->features, &request->syntax); code != kOk) return code;
  }
  // The sizes depend on the number of workers only if there are threads; these are never started.
  request->session.parallel_for = posix::ThreadPool::parallel_for;
  if (request->board_name == nullptr) return kGoOn;
  request->board = find_board(request->board_name);
  if (request->board != nullptr) return kGoOn;
  return usage_error("--board: unknown board '%s'; use one of %s", request->board_name, boards);
}

}  // namespace

int plan_command(Arguments arguments, Output &out) {
  PlanRequest request;
  if (const int code = parse_plan(&arguments, out, &request); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  if (request.syntax != FeatureSyntax::none) {
    print_features(needs_of(model.get()), request.syntax, out);
    return kOk;
  }
  if (request.header.prompt_bytes != 0 && model.info().has_tokenizer == 0) {
    return usage_error("--prompt-bytes: %s has no tokenizer", model.path());
  }
  if (const int code = check_context(model, request.session.context); code != kOk) return code;
  tidbit_plan_result plan = {};
  const tidbit_status status = tidbit_plan(model.get(), &request.session, &plan);
  if (status != TIDBIT_OK) return status_error(model.path(), status);
  const BoardReport report(request.board, model, plan);
  if (const int code = report.check(); code != kOk) return code;
  if (request.header.path != nullptr) {
    if (const int code = write_header(request.header, model, plan); code != kOk) return code;
  }
  if (request.as_json) {
    print_json(model, plan, request.header.prompt_bytes, report, out);
  } else {
    print_plain(model, plan, request.header.prompt_bytes, report, out);
  }
  return kOk;
}

}  // namespace tidbit::cli
