// Generates text from a prompt and prints each token as soon as it is known.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/generation.h"
#include "cli/loaded_model.h"
#include "cli/prompt_cache.h"
#include "cli/tokens.h"
#include "posix/clock.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

struct RunOptions {
  SessionRequest session;
  GenerationRequest generation;
  const char *prompt = nullptr;
  const char *tokens = nullptr;
  const char *choice = nullptr;
  const char *grammar = nullptr;
  const char *cache = nullptr;
  Seed seed = {0, false};
  uint32_t logprobs = 0;
  bool chat = false;
  bool json = false;
  bool no_grammar = false;
  bool parse = false;
  bool preload = false;
  bool echo = false;
  bool stats = false;
};

constexpr char kNotes[] =
    "The tokenizer's special tokens (usually begin-of-text) are added to the prompt. Without -p and --tokens,\n"
    "generation starts from begin-of-text alone. '-p -' reads standard input, at most 16 MiB.\n"
    "Sampling order: repetition penalty (over the last 64 tokens), temperature, top-k, top-p, min-p, draw.\n"
    "Generation ends at end-of-text, at a stop string (not printed), after -n tokens, when the context is full, or\n"
    "on Ctrl-C (exit code 130). Among ids, the token that completes a stop string is printed.\n"
    "--logprobs gives the model's own probabilities, as natural logarithms, before temperature and filters. A token\n"
    "that is part of a character has U+FFFD as its text.\n"
    "--choice compares the probabilities of the whole texts, which include a space in front if one is written:\n"
    "--choice ' on, off'. Of two that begin alike, the shorter is never less probable. With --logprobs it prints a "
    "line\n"
    "of JSON for each of the N most probable; 'share' is the probability among the texts.\n"
    "--grammar takes a file of tidbit-grammar; tidbit-convert --schema puts a grammar into MODEL. A text that ends\n"
    "early, as with -n, may be unfinished.\n"
    "--json: a value's probability is that among all that the grammar allowed there, as temperature 1 draws without\n"
    "filters. Values are the strings, numbers, true, false and null in the text, at most 32.\n"
    "--cache keeps the computed prompt in FILE, one prompt at a time, and never changes the text. With -n 0 it only\n"
    "fills the file. With windows or short convolutions, all of the kept prompt must be the start of the next one.\n"
    "The same model, prompt, options and seed give the same text on every machine.\n"
    "The model is read from its file as it is used. If the file may change or vanish meanwhile, use --preload.";

int parse(Arguments *arguments, RunOptions *run, Output &out) {
  const Option others[] = {
      text_option("--prompt", "-p", "TEXT", &run->prompt, "text to continue"),
      flag_option("--chat", &run->chat, "the prompt is a user's message, in the model's chat template"),
      flag_option("--parse", &run->parse, "recognize special tokens written out in the prompt"),
      text_option("--tokens", nullptr, "IDS", &run->tokens, "prompt as ids (1,2,3); prints ids instead of text"),
      text_option("--choice", nullptr, "A,B,C", &run->choice, "print the most probable of these texts, generate none"),
      text_option("--grammar", nullptr, "FILE", &run->grammar,
                  "generate only what this compiled grammar allows; default: the one in MODEL, if it has one"),
      flag_option("--no-grammar", &run->no_grammar, "generate any text, even if MODEL has a grammar"),
      text_option("--cache", nullptr, "FILE", &run->cache, "take up what the last prompt shares with this one"),
      number_option("--context", nullptr, &run->session.context, 1, UINT32_MAX,
                    "context length in tokens; default: the model's"),
      number_option("--threads", nullptr, &run->session.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      isa_option(&run->session.isa),
      flag_option("--preload", &run->preload, "copy the model into memory first, in huge pages"),
      flag_option("--echo", &run->echo, "print the prompt first"),
      number_option("--logprobs", nullptr, &run->logprobs, 1, Logprobs::kMost,
                    "print a line of JSON per token, with the N most probable"),
      flag_option("--json", &run->json, "print a line of JSON: the text, and how probable it and its values were"),
      flag_option("--stats", &run->stats, "speed, memory and seed on standard error"),
  };
  Option options[sizeof others / sizeof others[0] + kGenerationOptions];
  memcpy(options, others, sizeof others);
  add_generation_options(options + sizeof others / sizeof others[0], &run->generation, &run->seed);
  const Usage usage = {"run", "MODEL", "Generates text.", options, sizeof options / sizeof options[0], 1, 1, kNotes};
  return parse_arguments(usage, arguments, out);
}

int check(const RunOptions &run) {
  if (run.prompt != nullptr && run.tokens != nullptr) return usage_error("use either -p or --tokens, not both");
  if (run.parse && run.prompt == nullptr) return usage_error("--parse needs a prompt; give it with -p");
  if (run.chat && run.prompt == nullptr) return usage_error("--chat needs a message; give it with -p");
  if (run.chat && run.parse) return usage_error("use either --chat or --parse, not both");
  if (run.choice != nullptr && (run.tokens != nullptr || run.stats || run.generation.stops.count > 0)) {
    return usage_error("--choice cannot be used with --tokens, --stats or --stop");
  }
  if (run.choice != nullptr && run.grammar != nullptr) return usage_error("use either --choice or --grammar, not both");
  if (run.grammar != nullptr && run.no_grammar) return usage_error("use either --grammar or --no-grammar, not both");
  if (run.choice != nullptr && run.cache != nullptr) return usage_error("use either --choice or --cache, not both");
  if (run.json && (run.tokens != nullptr || run.choice != nullptr || run.logprobs > 0 || run.echo ||
                   run.generation.stops.count > 0)) {
    return usage_error("--json cannot be used with --tokens, --choice, --logprobs, --echo or --stop");
  }
  if (run.logprobs > 0 && run.echo) return usage_error("use either --echo or --logprobs, not both");
  return check_stops(run.generation.stops);
}

// A prompt whose special tokens are written out may begin with begin-of-text; it is not added again.
int read_marked_prompt(const LoadedModel &model, const Text &text, Tokens *tokens) {
  if (const int code = tokens->from_text(model, text.data(), text.bytes(), TIDBIT_TEXT_PARSE); code != kOk) return code;
  if (tokens->count() > 0 && tokens->data()[0] == model.info().bos_token) return kOk;
  return tokens->from_text(model, text.data(), text.bytes(), TIDBIT_TEXT_PARSE | TIDBIT_TEXT_SPECIAL);
}

int read_message(const LoadedModel &model, const Text &text, Tokens *tokens) {
  if (tidbit_chat_roles(model.get()) == 0) {
    return data_error("--chat: %s has no chat template; leave out --chat, or convert a checkpoint that has one",
                      model.path());
  }
  const tidbit_message message = {text.data(), text.bytes(), TIDBIT_ROLE_USER};
  posix::Growing<int32_t> turn;
  if (const int code = add_messages(model, TIDBIT_ROLE_NONE, &message, 1, turn); code != kOk) return code;
  if (const int code = tokens->reserve(turn.count()); code != kOk) return code;
  for (size_t i = 0; i < turn.count(); ++i) tokens->append(turn[i]);
  return kOk;
}

int read_prompt(const RunOptions &run, const LoadedModel &model, Text *text, Tokens *tokens) {
  if (run.tokens != nullptr) return tokens->from_list(model, run.tokens);
  if (run.prompt != nullptr) {
    if (const int code = text->read(run.prompt); code != kOk) return code;
  }
  if (run.chat) return read_message(model, *text, tokens);
  if (run.parse) return read_marked_prompt(model, *text, tokens);
  const uint32_t flags = run.prompt != nullptr ? TIDBIT_TEXT_SPECIAL : TIDBIT_TEXT_BOS;
  if (const int code = tokens->from_text(model, text->data(), text->bytes(), flags); code != kOk) return code;
  if (tokens->count() > 0) return kOk;
  return data_error("%s: has no begin-of-text token to start from; pass a prompt with -p", model.path());
}

// The session is empty and has room for the prompt.
int choose(const RunOptions &run, const LoadedModel &model, LoadedSession &session, const Text &text,
           const Tokens &prompt, Choices &choices, Output &out) {
  const uint32_t flags = text.bytes() > 0 ? TIDBIT_TEXT_CONTINUE : 0;
  if (const int code = choices.score(model, session, prompt, flags); code != kOk) return code;
  if (run.echo) out.write(text.data(), text.bytes());
  choices.print(run.logprobs, out);
  return kOk;
}

// What a generation has beyond its numbers.
class Extras {
 public:
  explicit Extras(Output &out) : out_(out), logprobs_(out) {}

  int start(const RunOptions &run, const LoadedModel &model, GenerationRequest *request) {
    if (run.logprobs > 0) {
      if (const int code = logprobs_.start(model, run.logprobs); code != kOk) return code;
      request->logprobs = &logprobs_;
    }
    if (run.grammar != nullptr || (!run.no_grammar && Grammar::is_in(model))) {
      if (const int code = grammar_.start(model, run.grammar, request->continues_text); code != kOk) return code;
      request->grammar = &grammar_;
    }
    if (!run.json) return kOk;
    request->answer = &answer_;
    return answer_.start(model, request->continues_text);
  }

  // Ends the line, or prints the one of --json. `code` is that of the generation.
  int end(const GenerationRequest &request, const GenerationResult &result, int code, Emitter &emitter) {
    if (request.answer == nullptr) {
      if (request.logprobs == nullptr) emitter.end();
      return code;
    }
    if (code != kOk && code != kInterrupted) return code;
    const int printed = answer_.print(result.ending, request.grammar != nullptr, out_);
    return printed != kOk ? printed : code;
  }

 private:
  Output &out_;
  Logprobs logprobs_;
  Grammar grammar_;
  Answer answer_;
};

int save_prompt(void *cache) { return static_cast<const PromptCache *>(cache)->save(); }

int generate_and_report(const RunOptions &run, const LoadedModel &model, const Text &text, const Tokens &prompt,
                        Choices &choices, Output &out) {
  const double start = posix::seconds_now();
  LoadedSession session;
  if (const int code = session.start(model, run.session); code != kOk) return code;
  if (prompt.count() > session.plan().context) {
    return data_error("the prompt has %u tokens, but the context holds %u; shorten it or use a larger --context",
                      prompt.count(), session.plan().context);
  }
  if (run.choice != nullptr) return choose(run, model, session, text, prompt, choices, out);
  PromptCache cache(run.cache, model, session, prompt);
  uint32_t fed = 0;
  if (run.cache != nullptr) {
    if (const int code = cache.take_up(&fed); code != kOk) return code;
  }
  const bool ids = run.tokens != nullptr;
  if (run.echo && !ids) out.write(text.data(), text.bytes());
  Emitter emitter(out, ids, ids && run.echo ? &prompt : nullptr);
  GenerationRequest request = run.generation;
  request.fed = run.cache == nullptr ? nullptr : &save_prompt;
  request.user = &cache;
  request.rng.state = run.seed.given ? run.seed.value : random_seed();
  const uint64_t seed = request.rng.state;
  request.continues_text = !run.chat && run.prompt != nullptr && text.bytes() > 0;
  Extras extras(out);
  if (const int code = extras.start(run, model, &request); code != kOk) return code;
  GenerationResult result;
  int code = generate(model, session, {prompt.data(), prompt.count(), fed}, request, start, emitter, &result);
  code = extras.end(request, result, code, emitter);
  if (run.stats && (code == kOk || code == kInterrupted)) print_stats(result, session, seed);
  return code;
}

}  // namespace

int run_command(Arguments arguments, Output &out) {
  RunOptions run;
  if (const int code = parse(&arguments, &run, out); code != kGoOn) return code;
  if (const int code = check(run); code != kOk) return code;
  Choices choices;
  if (run.choice != nullptr) {
    if (const int code = choices.read(run.choice); code != kOk) return code;
  }
  LoadedModel model;
  const char *path = arguments.items[0];
  const posix::Paging paging = run.preload ? posix::Paging::preload : posix::Paging::on_use;
  const int opened = run.tokens != nullptr ? model.open(path, paging) : model.open_with_tokenizer(path, paging);
  if (opened != kOk) return opened;
  if (run.generation.stops.count > 0 && model.info().has_tokenizer == 0) {
    return usage_error("--stop: %s has no tokenizer, so there is no text to stop at", path);
  }
  if (const int code = check_context(model, run.session.context); code != kOk) return code;
  Text text;
  Tokens prompt;
  if (const int code = read_prompt(run, model, &text, &prompt); code != kOk) return code;
  return generate_and_report(run, model, text, prompt, choices, out);
}

}  // namespace tidbit::cli
