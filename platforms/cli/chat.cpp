// Talks to a model, turn by turn. On a terminal lines are edited; otherwise standard input is a script.
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/conversation.h"
#include "posix/clock.h"
#include "posix/interrupt.h"
#include "posix/line_editor.h"

namespace tidbit::cli {
namespace {

struct ChatOptions {
  SessionRequest session;
  GenerationRequest generation;
  const char *system = nullptr;
  Seed seed = {0, false};
  bool no_grammar = false;
  bool preload = false;
};

constexpr char kNotes[] =
    "Each line is a message. A line that ends with a backslash goes on in the next one. Lines that begin with a slash\n"
    "are commands: /help lists them. Ctrl-C stops an answer, Ctrl-D or /quit ends the program.\n"
    "If standard input is not a terminal, nothing is printed but the answers, and an error ends the program.\n"
    "If MODEL has a grammar (tidbit-convert --tools, --schema), answers have its form.\n"
    "The markers around messages come from the model's chat template. When the context is full, the oldest turns are\n"
    "dropped. Sampling is as in 'tidbit run'.";

constexpr char kCommandHelp[] =
    "/save FILE  write the conversation to a file\n"
    "/load FILE  go on with a conversation that was saved\n"
    "/reset      forget the conversation\n"
    "/stats      speed, memory and seed of the last answer\n"
    "/quit       end\n";

int parse(Arguments *arguments, ChatOptions *chat, Output &out) {
  const Option others[] = {
      text_option("--system", nullptr, "TEXT", &chat->system, "system message: how the model should behave"),
      number_option("--context", nullptr, &chat->session.context, 1, UINT32_MAX,
                    "context length in tokens; default: the model's"),
      number_option("--threads", nullptr, &chat->session.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      isa_option(&chat->session.isa),
      flag_option("--no-grammar", &chat->no_grammar, "answer with any text, even if MODEL has a grammar"),
      flag_option("--preload", &chat->preload, "copy the model into memory first, in huge pages"),
  };
  constexpr size_t kOthers = sizeof others / sizeof others[0];
  Option options[kOthers + kGenerationOptions];
  memcpy(options, others, sizeof others);
  add_generation_options(options + kOthers, &chat->generation, &chat->seed);
  const Usage usage = {"chat", "MODEL", "Talks to a model.", options, kOthers + kGenerationOptions, 1, 1, kNotes};
  return parse_arguments(usage, arguments, out);
}

class Chat {
 public:
  Chat(const LoadedModel &model, LoadedSession &session, const GenerationRequest &request, Output &out)
      : model_(model), session_(session), conversation_(model, session), request_(request), out_(out) {
    seed_ = request.rng.state;
    request_.take = [](void *self, int32_t token) { return static_cast<Chat *>(self)->conversation_.add_token(token); };
    request_.make_room = [](void *self) { return static_cast<Chat *>(self)->conversation_.make_room(); };
    request_.user = this;
  }

  int start(const ChatOptions &options);
  int run();

 private:
  int add_template_stop();
  // Reads a message or a command, of one or several lines.
  posix::LineEditor::Result read();
  bool forget_interrupt();
  int handle();
  int answer();
  int command(const char *line);
  bool takes_file(const char *line, const char *name, const char **file) const;

  const LoadedModel &model_;
  LoadedSession &session_;
  Conversation conversation_;
  Grammar grammar_;
  GenerationRequest request_;
  Output &out_;
  posix::LineEditor editor_;
  posix::Growing<char> message_;
  char stop_[129] = "";
  uint64_t seed_;
  GenerationResult last_;
  bool has_answered_ = false, is_over_ = false;
};

// Where no token ends an answer, a text does.
int Chat::add_template_stop() {
  const char *text = nullptr;
  uint32_t bytes = 0;
  const tidbit_status status = tidbit_chat_stop(model_.get(), &text, &bytes);
  if (status != TIDBIT_OK) return status_error(model_.path(), status);
  if (bytes == 0 || request_.stops.count == TextList::kMost) return kOk;
  bytes = bytes < sizeof stop_ ? bytes : static_cast<uint32_t>(sizeof stop_ - 1);
  memcpy(stop_, text, bytes);
  request_.stops.items[request_.stops.count++] = stop_;
  return kOk;
}

int Chat::start(const ChatOptions &options) {
  if (const int code = add_template_stop(); code != kOk) return code;
  if (!options.no_grammar && Grammar::is_in(model_)) {
    if (const int code = grammar_.start(model_, nullptr, false); code != kOk) return code;
    request_.grammar = &grammar_;
  }
  const char *system = options.system;
  return system != nullptr ? conversation_.set_system(system, strlen(system)) : kOk;
}

posix::LineEditor::Result Chat::read() {
  using Result = posix::LineEditor::Result;
  message_.cut(0);
  while (true) {
    const Result result = editor_.read(message_.count() == 0 ? "> " : ". ");
    if (result == Result::end && message_.count() > 0) return Result::line;
    if (result != Result::line) return result;
    editor_.remember();
    size_t bytes = editor_.bytes();
    const bool goes_on = bytes > 0 && editor_.text()[bytes - 1] == '\\';
    if (goes_on) --bytes;
    if (!message_.append(editor_.text(), bytes) || !message_.append(goes_on ? "\n" : "", 1)) return Result::failed;
    if (!goes_on) return result;
  }
}

int Chat::run() {
  using Result = posix::LineEditor::Result;
  while (!is_over_) {
    const Result result = read();
    if (result == Result::end) break;
    if (result == Result::failed) return data_error("out of memory: the line is too long");
    if (result == Result::interrupted) {
      if (forget_interrupt() || (editor_.is_terminal() && !posix::interrupted())) continue;
      return kInterrupted;
    }
    forget_interrupt();  // it was for the line
    const int code = handle();
    if (code == kInterrupted && forget_interrupt()) continue;
    if (code != kOk && (!editor_.is_terminal() || code == kInterrupted)) return code;
    if (!out_.is_open()) break;
  }
  return kOk;
}

// On a terminal, Ctrl-C is for the line or the answer. Returns whether it came.
bool Chat::forget_interrupt() {
  if (!editor_.is_terminal() || !posix::forget_interrupt()) return false;
  out_.forget_interrupt();
  return true;
}

int Chat::handle() {
  // The terminating zero is no part of it.
  const size_t bytes = message_.count() - 1;
  if (message_[0] == '/') return command(message_.data());
  if (bytes == 0) return kOk;
  if (const int code = conversation_.begin_turn(message_.data(), bytes); code != kOk) return code;
  return answer();
}

int Chat::answer() {
  last_ = {};
  if (request_.grammar != nullptr) grammar_.restart();
  Emitter emitter(out_, false, nullptr);
  int code = generate(model_, session_, conversation_.history(), request_, posix::seconds_now(), emitter, &last_);
  request_.rng = last_.rng;
  has_answered_ = true;
  if (code == kInterrupted && forget_interrupt()) code = kOk;
  emitter.end();
  out_.flush();
  if (code != kOk && code != kInterrupted) conversation_.take_back_turn();
  return code;
}

// Whether the line is "/name FILE".
bool Chat::takes_file(const char *line, const char *name, const char **file) const {
  const size_t bytes = strlen(name);
  if (strncmp(line, name, bytes) != 0 || line[bytes] != ' ') return false;
  *file = line + bytes + strspn(line + bytes, " ");
  return **file != 0;
}

int Chat::command(const char *line) {
  const char *file = nullptr;
  if (takes_file(line, "/save", &file)) return conversation_.save(file);
  if (takes_file(line, "/load", &file)) return conversation_.load(file);
  if (strcmp(line, "/quit") == 0 || strcmp(line, "/exit") == 0) {
    is_over_ = true;
  } else if (strcmp(line, "/reset") == 0) {
    conversation_.reset();
  } else if (strcmp(line, "/stats") == 0) {
    if (has_answered_) print_stats(last_, session_, seed_);
    fprintf(stderr, "turns: %zu\n", conversation_.turns());
  } else if (strcmp(line, "/help") == 0) {
    out_.print("%s", kCommandHelp);
    out_.flush();
  } else {
    return usage_error("unknown command '%.40s'; /help lists the commands", line);
  }
  return kOk;
}

}  // namespace

int chat_command(Arguments arguments, Output &out) {
  ChatOptions chat;
  if (const int code = parse(&arguments, &chat, out); code != kGoOn) return code;
  if (const int code = check_stops(chat.generation.stops); code != kOk) return code;
  LoadedModel model;
  const char *path = arguments.items[0];
  const posix::Paging paging = chat.preload ? posix::Paging::preload : posix::Paging::on_use;
  if (const int code = model.open_with_tokenizer(path, paging); code != kOk) return code;
  if (tidbit_chat_roles(model.get()) == 0) {
    return data_error("%s: has no chat template; use 'tidbit run', or convert a checkpoint that has one", path);
  }
  LoadedSession session;
  if (const int code = session.start(model, chat.session); code != kOk) return code;
  chat.generation.rng.state = chat.seed.given ? chat.seed.value : random_seed();
  Chat program(model, session, chat.generation, out);
  if (const int code = program.start(chat); code != kOk) return code;
  return program.run();
}

}  // namespace tidbit::cli
