#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/board_report.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/output_file.h"

namespace tidbit::cli {
namespace {

// A header of a few hundred bytes, put together line by line.
class HeaderText {
 public:
  void line(const char *format, ...) __attribute__((format(printf, 2, 3))) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text_ + used_, sizeof text_ - used_, format, arguments);
    va_end(arguments);
    if (length > 0 && used_ + static_cast<size_t>(length) < sizeof text_) used_ += static_cast<size_t>(length);
  }
  void define(const char *name, uint64_t value) { line("#define TIDBIT_PLAN_%s %" PRIu64 "\n", name, value); }

  const char *data() const { return text_; }
  size_t bytes() const { return used_; }

 private:
  char text_[4096];
  size_t used_ = 0;
};

// "kv" as "KV_BYTES"
void part_macro(tidbit_part part, char *macro, size_t size) {
  snprintf(macro, size, "%s_BYTES", tidbit_part_name(part));
  for (char *c = macro; *c != 0; ++c) {
    if (*c >= 'a' && *c <= 'z') *c = static_cast<char>(*c - 'a' + 'A');
  }
}

int write_header(const char *path, const LoadedModel &model, const tidbit_plan_result &plan) {
  HeaderText text;
  text.line("/* Made by `tidbit plan`; do not edit. Memory of a session of the model with this checksum:\n");
  text.line(" *   static unsigned char memory[TIDBIT_PLAN_TOTAL_BYTES] __attribute__((aligned(%d)));\n",
            TIDBIT_ALIGNMENT);
  text.line(" * or one array for each part. Parts are bytes; each must be aligned like that. */\n");
  text.line("#ifndef TIDBIT_PLAN_H\n#define TIDBIT_PLAN_H\n\n");
  text.line("#define TIDBIT_PLAN_CHECKSUM 0x%016" PRIx64 "\n", model.info().checksum);
  text.define("BLOB_BYTES", model.info().blob_bytes);
  text.define("VOCAB_SIZE", model.info().vocab_size);
  text.define("CONTEXT", plan.context);
  text.define("CHUNK", plan.chunk);
  text.define("WORKERS", plan.workers);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    char macro[64];
    part_macro(static_cast<tidbit_part>(i), macro, sizeof macro);
    text.define(macro, plan.bytes[i]);
  }
  text.define("TOTAL_BYTES", plan.total);
  text.line("\n#endif\n");
  return write_file(path, text.data(), text.bytes());
}

void print_json(const LoadedModel &model, const tidbit_plan_result &plan, const BoardReport &report, Output &out) {
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
  report.print_json(json);
  json.end();
}

void print_plain(const LoadedModel &model, const tidbit_plan_result &plan, const BoardReport &report, Output &out) {
  out.print("memory of a session: context %u, chunk %u, workers %u\n", plan.context, plan.chunk, plan.workers);
  for (int i = 0; i < TIDBIT_PART_COUNT; ++i) {
    out.print("  %-12s %12" PRIu64 "\n", tidbit_part_name(static_cast<tidbit_part>(i)), plan.bytes[i]);
  }
  out.print("  %-12s %12" PRIu64 " bytes of RAM\n", "total", plan.total);
  out.print("  %-12s %12" PRIu64 " bytes of flash or file, used in place\n", "model", model.info().blob_bytes);
  report.print_plain(out);
}

struct PlanRequest {
  tidbit_options session = {};
  const char *header = nullptr;
  const char *board_name = nullptr;
  const Board *board = nullptr;
  bool as_json = false;
};

int parse_plan(Arguments *arguments, Output &out, PlanRequest *request) {
  const Option options[] = {
      number_option("--context", nullptr, &request->session.context, 1, UINT32_MAX,
                    "positions; default: the model's own"),
      number_option("--chunk", nullptr, &request->session.chunk, 1, 256,
                    "prompt tokens computed together; default: 16"),
      number_option("--threads", nullptr, &request->session.workers, 1, 64, "workers that share a step; default: 1"),
      text_option("--board", nullptr, "NAME", &request->board_name, "whether all fits that board, and where it lies"),
      text_option("--header", nullptr, "FILE", &request->header, "write a C header with the figures"),
      flag_option("--json", &request->as_json, "one line of JSON"),
  };
  char boards[256], notes[1024];
  list_boards(boards, sizeof boards);
  snprintf(
      notes, sizeof notes,
      "The figures are the same on every target, and those of tidbit_plan() in the firmware.\n\n"
      "Boards: %s.\n"
      "The model goes to the fastest flash that holds it and 60 KB of program, or it alone, or else to the slowest\n"
      "such RAM; then activations, scratch, kv, logits and state in turn, each to the fastest RAM that leaves room\n"
      "for the rest. Bandwidths are computed from a bus's width and clock: upper bounds, not measured. Width and\n"
      "clock are documented or, where no document gives them, inferred. What the program takes is not counted.",
      boards);
  const Usage usage = {"plan", "MODEL", "Prints the bytes of memory that a session needs, part by part.", options, 6, 1,
                       1,      notes};
  if (const int code = parse_arguments(usage, arguments, out); code != kGoOn) return code;
  if (request->board_name == nullptr) return kGoOn;
  request->board = find_board(request->board_name);
  if (request->board != nullptr) return kGoOn;
  return usage_error("--board: there is no board '%s'; known are: %s", request->board_name, boards);
}

}  // namespace

int plan_command(Arguments arguments, Output &out) {
  PlanRequest request;
  if (const int code = parse_plan(&arguments, out, &request); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  if (const int code = check_context(model, request.session.context); code != kOk) return code;
  tidbit_plan_result plan = {};
  const tidbit_status status = tidbit_plan(model.get(), &request.session, &plan);
  if (status != TIDBIT_OK) return status_error(model.path(), status);
  const BoardReport report(request.board, model, plan);
  if (const int code = report.check(); code != kOk) return code;
  if (request.header != nullptr) {
    if (const int code = write_header(request.header, model, plan); code != kOk) return code;
  }
  if (request.as_json) {
    print_json(model, plan, report, out);
  } else {
    print_plain(model, plan, report, out);
  }
  return kOk;
}

}  // namespace tidbit::cli
