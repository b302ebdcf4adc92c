#include <inttypes.h>

#include "cli/commands.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"

namespace tidbit::cli {

int tokenize_command(Arguments arguments, Output &out) {
  bool bos = false, special = false, parse = false;
  const Option options[] = {
      flag_option("--bos", &bos, "put begin-of-text in front"),
      flag_option("--special", &special, "add all special tokens that the tokenizer adds to a prompt"),
      flag_option("--parse", &parse, "recognize special tokens written out in the text"),
  };
  const Usage usage = {"tokenize",
                       "MODEL TEXT",
                       "Prints the token ids of a text, separated by spaces.",
                       options,
                       3,
                       2,
                       2,
                       "If TEXT is '-', standard input is read. Put '--' before a text that begins with '-'."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open_with_tokenizer(arguments.items[0]); code != kOk) return code;
  Text text;
  if (const int code = text.read(arguments.items[1]); code != kOk) return code;
  const uint32_t flags =
      (bos ? TIDBIT_TEXT_BOS : 0) | (special ? TIDBIT_TEXT_SPECIAL : 0) | (parse ? TIDBIT_TEXT_PARSE : 0);
  Tokens tokens;
  if (const int code = tokens.from_text(model, text.data(), text.bytes(), flags); code != kOk) return code;
  for (uint32_t i = 0; i < tokens.count(); ++i) out.print("%s%" PRId32, i > 0 ? " " : "", tokens.data()[i]);
  out.print("\n");
  return kOk;
}

int detokenize_command(Arguments arguments, Output &out) {
  const Usage usage = {"detokenize",
                       "MODEL ID...",
                       "Prints the text of token ids, without a newline at the end.",
                       nullptr,
                       0,
                       2,
                       kAnyNumber,
                       "Special tokens have no text."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open_with_tokenizer(arguments.items[0]); code != kOk) return code;
  Tokens tokens;
  if (const int code = tokens.reserve(static_cast<uint64_t>(arguments.count)); code != kOk) return code;
  for (int i = 1; i < arguments.count; ++i) {
    if (const int code = tokens.append(model, arguments.items[i]); code != kOk) return code;
  }
  tidbit_stream stream;
  tidbit_status status = tidbit_stream_init(&stream, model.get(), 1, nullptr, 0);
  const char *text = nullptr;
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < tokens.count() && status == TIDBIT_OK; ++i) {
    status = tidbit_stream_push(&stream, tokens.data()[i], &text, &bytes);
    if (status == TIDBIT_OK) out.write(text, bytes);
  }
  if (status == TIDBIT_OK) status = tidbit_stream_end(&stream, &text, &bytes);
  if (status != TIDBIT_OK) return status_error("detokenizing", status);
  out.write(text, bytes);
  return kOk;
}

}  // namespace tidbit::cli
