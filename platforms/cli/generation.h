// The loop of a generation: feed, sample, emit.
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
  bool continues_text = false;  // the first token goes on a text, so that its leading blank counts
};

struct GenerationResult {
  uint32_t prompt_tokens = 0;
  uint32_t decoded_tokens = 0;  // fed back one by one
  double prefill_seconds = 0;
  double decode_seconds = 0;
  double first_token_seconds = 0;
  const char *ending = "";  // why it ended
};

// Where tokens go: text, or ids with blanks between them.
class Emitter {
 public:
  // `prompt` is printed first; it may be null.
  Emitter(Output &out, bool ids, const Tokens *prompt);

  void text(const char *text, uint32_t bytes);
  void id(int32_t token);
  // The end of the line, where there is one to end: after ids, and on a terminal.
  void end();

  bool prints_ids() const { return ids_; }
  bool is_open() const { return out_.is_open(); }

 private:
  Output &out_;
  bool ids_;
  bool first_ = true;
};

// `start` is the moment that "time to first token" counts from.
int generate(const LoadedModel &model, LoadedSession &session, const Tokens &prompt, const GenerationRequest &request,
             double start, Emitter &emitter, GenerationResult *result);

// Things per second; 0 where there was no time to measure.
double rate(uint64_t count, double seconds);

}  // namespace tidbit::cli
