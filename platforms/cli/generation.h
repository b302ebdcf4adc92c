// The generation loop: feed, sample, emit.
#pragma once

#include <stdint.h>

#include "cli/loaded_model.h"
#include "cli/options.h"
#include "cli/tokens.h"

namespace tidbit::cli {

struct GenerationRequest {
  tidbit_sampling sampling = {0.8f, 0, 0.95f, 0, 1};
  tidbit_rng rng = {0};
  TextList stops = {};
  uint32_t most = 256;          // tokens to generate
  bool continues_text = false;  // the first token continues a text, so its leading space is kept
};

struct GenerationResult {
  uint32_t prompt_tokens = 0;
  uint32_t decoded_tokens = 0;  // fed back one by one
  double prefill_seconds = 0;
  double decode_seconds = 0;
  double first_token_seconds = 0;
  const char *ending = "";  // why it ended
};

// Prints tokens, either as text or as ids separated by spaces.
class Emitter {
 public:
  // Prints the ids of `prompt` first unless it is null.
  Emitter(Output &out, bool ids, const Tokens *prompt);

  void text(const char *text, uint32_t bytes);
  void id(int32_t token);
  // Ends the line.
  void end();

  bool prints_ids() const { return ids_; }
  bool is_open() const { return out_.is_open(); }

 private:
  Output &out_;
  bool ids_;
  bool first_ = true;
};

// `start` is the time from which "time to first token" is measured. Returns an exit code.
int generate(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, const GenerationRequest &request,
             double start, Emitter &emitter, GenerationResult *result);

// count / seconds, or 0 if `seconds` is 0.
double rate(uint64_t count, double seconds);

}  // namespace tidbit::cli
