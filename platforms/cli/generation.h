// The generation loop: feed, sample, emit.
#pragma once

#include <stdint.h>

#include "cli/answer.h"
#include "cli/grammar.h"
#include "cli/loaded_model.h"
#include "cli/logprobs.h"
#include "cli/options.h"
#include "cli/tokens.h"

namespace tidbit::cli {

// The tokens in front of the generated ones. The first `fed` are in the session already.
struct History {
  const int32_t *tokens;
  uint32_t count;
  uint32_t fed;
};

struct GenerationRequest {
  tidbit_sampling sampling = {0.8f, 0, 0.95f, 0, 1};
  tidbit_rng rng = {0};
  TextList stops = {};
  uint32_t most = 256;           // tokens to generate
  bool continues_text = false;   // the first token continues a text, so its leading space is kept
  Logprobs *logprobs = nullptr;  // if not null, each token becomes a line of it instead of text or an id
  Grammar *grammar = nullptr;    // if not null, the form of the text
  Answer *answer = nullptr;      // if not null, it takes each token, and nothing is emitted
  // Called when the session has the prompt and nothing else. May be null. Returns an exit code.
  int (*fed)(void *user) = nullptr;
  // Takes each token that is emitted, before it is fed. May be null. Returns an exit code.
  int (*take)(void *user, int32_t token) = nullptr;
  // Called when the context is full. May be null. If it has made room, it feeds all tokens that were taken and returns
  // kOk; kGoOn if there is no room to be made; otherwise an exit code.
  int (*make_room)(void *user) = nullptr;
  void *user = nullptr;  // of all three
};

struct GenerationResult {
  uint32_t prompt_tokens = 0;
  uint32_t decoded_tokens = 0;  // fed back one by one
  double prefill_seconds = 0;
  double decode_seconds = 0;
  double first_token_seconds = 0;
  const char *ending = "";  // why it ended
  tidbit_rng rng = {0};     // for the next generation
};

// The options of GenerationRequest and the seed, for a command's table. Returns their number.
constexpr size_t kGenerationOptions = 8;
size_t add_generation_options(Option *options, GenerationRequest *request, Seed *seed);
// Refuses stop strings that are empty or too long.
int check_stops(const TextList &stops);

uint64_t random_seed();

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
int generate(const LoadedModel &model, LoadedSession &session, const History &history, const GenerationRequest &request,
             double start, Emitter &emitter, GenerationResult *result);

// Speed, memory and seed on standard error.
void print_stats(const GenerationResult &result, const LoadedSession &session, uint64_t seed);

// count / seconds, or 0 if `seconds` is 0.
double rate(uint64_t count, double seconds);

}  // namespace tidbit::cli
