#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/loaded_model.h"

namespace tidbit::cli {
namespace {

const char *dtype_name(tidbit_dtype type) {
  switch (type) {
    case TIDBIT_F32:
      return "f32";
    case TIDBIT_F16:
      return "f16";
    case TIDBIT_Q8:
      return "q8";
    case TIDBIT_Q4:
      return "q4";
  }
  return "unknown";
}

const char *layout_name(tidbit_layout layout) { return layout == TIDBIT_TILE16X16 ? "tile16x16" : "tile16"; }

struct Field {
  const char *name;
  uint64_t value;
};

constexpr size_t kFieldCount = 14;

void list_fields(const tidbit_model_info &info, Field (&fields)[kFieldCount]) {
  const Field list[kFieldCount] = {{"vocab_size", info.vocab_size},
                                   {"layers", info.layers},
                                   {"width", info.width},
                                   {"heads", info.heads},
                                   {"kv_heads", info.kv_heads},
                                   {"head_dim", info.head_dim},
                                   {"ffn_width", info.ffn_width},
                                   {"segments", info.segments},
                                   {"max_context", info.max_context},
                                   {"default_context", info.default_context},
                                   {"parameters", info.parameters},
                                   {"blob_bytes", info.blob_bytes},
                                   {"weight_bytes", info.weight_bytes},
                                   {"bytes_per_token", info.bytes_per_token}};
  memcpy(fields, list, sizeof list);
}

// Strings of a blob are anyone's: what could steer a terminal is left out.
void print_text(Output &out, const char *name, const char *value) {
  out.print("%-16s", name);
  for (; *value != 0; ++value) {
    const bool control = static_cast<unsigned char>(*value) < 32 || *value == 127;
    out.write(control ? "?" : value, 1);
  }
  out.print("\n");
}

void print_plain(const tidbit_model_info &info, Output &out) {
  print_text(out, "family", info.family);
  print_text(out, "source", info.source);
  print_text(out, "converter", info.converter);
  Field fields[kFieldCount];
  list_fields(info, fields);
  for (const Field &field : fields) out.print("%-16s%" PRIu64 "\n", field.name, field.value);
  out.print("%-16s%s\n", "weights", dtype_name(info.weights));
  out.print("%-16s%s\n", "kv", dtype_name(info.kv));
  out.print("%-16s%s\n", "layout", layout_name(info.layout));
  out.print("%-16s%" PRId32 "\n", "bos_token", info.bos_token);
  out.print("%-16s%" PRId32 "\n", "eos_token", info.eos_token);
  out.print("%-16s%s\n", "tokenizer", info.has_tokenizer != 0 ? "yes" : "no");
  out.print("%-16s%016" PRIx64 "\n", "checksum", info.checksum);
}

void print_json(const tidbit_model_info &info, Output &out) {
  Json json(out);
  json.begin();
  json.text("family", info.family);
  json.text("source", info.source);
  json.text("converter", info.converter);
  Field fields[kFieldCount];
  list_fields(info, fields);
  for (const Field &field : fields) json.number(field.name, field.value);
  json.text("weights", dtype_name(info.weights));
  json.text("kv", dtype_name(info.kv));
  json.text("layout", layout_name(info.layout));
  json.integer("bos_token", info.bos_token);
  json.integer("eos_token", info.eos_token);
  json.boolean("tokenizer", info.has_tokenizer != 0);
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016" PRIx64, info.checksum);
  json.text("checksum", checksum);
  json.end();
}

}  // namespace

int info_command(Arguments arguments, Output &out) {
  bool as_json = false;
  const Option options[] = {flag_option("--json", &as_json, "one line of JSON with the same names")};
  const Usage usage = {"info",
                       "MODEL",
                       "Prints what a model is and where it came from.",
                       options,
                       1,
                       1,
                       1,
                       "Sizes are bytes; bytes_per_token are the weights read for one decoded token."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  if (as_json) {
    print_json(model.info(), out);
  } else {
    print_plain(model.info(), out);
  }
  return kOk;
}

int verify_command(Arguments arguments, Output &out) {
  const Usage usage = {"verify", "MODEL", "Reads the whole model and compares each section with its checksum.",
                       nullptr,  0,       1,
                       1,        nullptr};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  Progress progress("verifying");
  progress.show(0, 1);
  uint64_t fault = 0;
  const tidbit_status status = tidbit_verify(model.get(), &fault);
  if (status != TIDBIT_OK) {
    return data_error("%s: %s in the section at byte %" PRIu64 "; convert or copy the model again", model.path(),
                      tidbit_status_string(status), fault);
  }
  out.print("%s: all checksums match, %" PRIu64 " bytes\n", model.path(), model.info().blob_bytes);
  return kOk;
}

}  // namespace tidbit::cli
