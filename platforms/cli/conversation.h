// A conversation with a model: its turns, and their tokens in the session. When the context is full, the oldest turns
// are dropped.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cli/generation.h"
#include "cli/loaded_model.h"
#include "posix/growing.h"

namespace tidbit::cli {

// Appends the tokens of messages behind one of the role `before`, and of what starts an answer. Returns an exit code.
int add_messages(const LoadedModel &model, tidbit_role before, const tidbit_message *messages, uint32_t count,
                 posix::Growing<int32_t> &tokens);

class Conversation {
 public:
  // Model and session must outlive it.
  Conversation(const LoadedModel &model, LoadedSession &session) : model_(model), session_(session) {}

  int set_system(const char *text, size_t bytes);
  // Forgets all turns.
  void reset();

  // Adds a user's message. If it is too long for the context, the conversation stays as it is. Returns an exit code.
  int begin_turn(const char *text, size_t bytes);
  // Forgets the turn that was begun last.
  void take_back_turn();
  // Adds a token to the answer.
  int add_token(int32_t token);
  // Drops turns until the context has room, and feeds the others again. kGoOn if there is none to drop.
  int make_room();

  // All tokens. Those that are in the session come first.
  History history() const;
  size_t turns() const { return turns_.count(); }

  // A text file, from which another program's run can go on with the same model. Return an exit code.
  int save(const char *path) const;
  int load(const char *path);

 private:
  struct Turn {
    size_t text_bytes;
    size_t prompt_tokens, answer_tokens;
  };

  // Appends the tokens of a user's message, which is the first of the conversation or not.
  int encode(const char *text, size_t bytes, bool first, posix::Growing<int32_t> &tokens) const;
  int drop_oldest();
  int drop_until(size_t most);
  int fail_memory() const;
  int read(const char *path, const char *data, size_t bytes);
  void swap(Conversation &other);

  const LoadedModel &model_;
  LoadedSession &session_;
  posix::Growing<char> system_;
  bool has_system_ = false;
  posix::Growing<char> texts_;  // of all turns, one after another
  posix::Growing<int32_t> tokens_;
  posix::Growing<Turn> turns_;
  bool has_dropped_ = false;
};

}  // namespace tidbit::cli
