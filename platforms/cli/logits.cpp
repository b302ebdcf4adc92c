#include <inttypes.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/loaded_model.h"
#include "cli/output_file.h"
#include "cli/tokens.h"

namespace tidbit::cli {
namespace {

// Feeds one chunk at a time and copies a row of logits for each token.
int compute_rows(const LoadedModel &model, LoadedSession &session, const Tokens &tokens, float *rows) {
  const uint32_t vocab = model.info().vocab_size;
  const uint32_t chunk = session.plan().chunk;
  for (uint32_t at = 0; at < tokens.count(); at += chunk) {
    const uint32_t count = tokens.count() - at < chunk ? tokens.count() - at : chunk;
    if (const int code = session.feed(tokens.data() + at, count); code != kOk) return code;
    for (uint32_t i = 0; i < count; ++i) {
      float *logits = nullptr;
      const tidbit_status status = tidbit_logits_at(session.get(), i, &logits, nullptr);
      if (status != TIDBIT_OK) return status_error("computing logits", status);
      if (const int code = check_logits(model, logits, at + i); code != kOk) return code;
      memcpy(rows + size_t{at + i} * vocab, logits, size_t{vocab} * sizeof(float));
    }
  }
  return kOk;
}

// The file is little-endian, and so is every target of this program.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace

int logits_command(Arguments arguments, Output &out) {
  SessionRequest request;
  const char *list = nullptr, *path = nullptr;
  const Option options[] = {
      text_option("--tokens", nullptr, "IDS", &list, "token ids separated by commas (1,2,3); required"),
      text_option("--output", "-o", "FILE", &path, "write the logits to FILE; default: print the hash only"),
      isa_option(&request.isa),
      number_option("--threads", nullptr, &request.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      number_option("--chunk", nullptr, &request.chunk, 1, 256, "tokens computed together; default: 64"),
  };
  const Usage usage = {"logits",
                       "MODEL --tokens IDS",
                       "Computes the logits after each of the given tokens.",
                       options,
                       5,
                       1,
                       1,
                       "FILE contains little-endian floats: for each token, one row with the size of the vocabulary.\n"
                       "Standard output is the XXH64 of those bytes, the same on every machine and with every option."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  if (list == nullptr) return usage_error("logits: --tokens is missing; example: --tokens 1,2,3");
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  Tokens tokens;
  if (const int code = tokens.from_list(model, list); code != kOk) return code;
  if (tokens.count() > model.info().max_context) {
    return usage_error("--tokens: %u tokens given, but the model supports at most %u", tokens.count(),
                       model.info().max_context);
  }
  request.context = tokens.count();
  LoadedSession session;
  if (const int code = session.start(model, request); code != kOk) return code;
  const uint64_t bytes = uint64_t{tokens.count()} * model.info().vocab_size * sizeof(float);
  posix::MemoryRegion rows;
  if (!rows.allocate(bytes)) {
    return data_error("out of memory: the logits need %" PRIu64 " bytes; pass fewer tokens", bytes);
  }
  const int code = compute_rows(model, session, tokens, static_cast<float *>(rows.data()));
  if (code != kOk) return code;
  if (path != nullptr) {
    if (const int written = write_file(path, rows.data(), rows.bytes()); written != kOk) return written;
  }
  out.print("%016" PRIx64 "\n", tidbit_hash(rows.data(), rows.bytes()));
  return kOk;
}

}  // namespace tidbit::cli
