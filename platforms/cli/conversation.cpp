#include "cli/conversation.h"

#include "posix/interrupt.h"

namespace tidbit::cli {

int add_messages(const LoadedModel &model, tidbit_role before, const tidbit_message *messages, uint32_t count,
                 posix::Growing<int32_t> &tokens) {
  const uint64_t most = tidbit_chat_most(model.get(), before, messages, count);
  posix::MemoryRegion workspace;
  if (most > UINT32_MAX || !tokens.reserve(tokens.count() + most) ||
      !workspace.allocate(tidbit_chat_bytes(model.get(), before, messages, count))) {
    return data_error("out of memory: the message has %zu bytes; use a shorter one", messages[count - 1].bytes);
  }
  const tidbit_tokenize_options options{0, 0, posix::poll_interrupt, nullptr};
  uint32_t made = 0;
  const tidbit_status status =
      tidbit_chat_turn(model.get(), before, messages, count, &options, workspace.data(), workspace.bytes(),
                       tokens.data() + tokens.count(), static_cast<uint32_t>(most), &made);
  if (status != TIDBIT_OK) return status_error("tokenizing", status);
  tokens.cut(tokens.count() + made);
  return kOk;
}

int Conversation::fail_memory() const { return data_error("out of memory: the conversation is too long"); }

int Conversation::set_system(const char *text, size_t bytes) {
  if ((tidbit_chat_roles(model_.get()) & 1u << TIDBIT_ROLE_SYSTEM) == 0) {
    return data_error("%s: its chat template has no system messages; leave out --system", model_.path());
  }
  system_.cut(0);
  has_system_ = true;
  return system_.append(text, bytes) ? kOk : fail_memory();
}

void Conversation::reset() {
  texts_.cut(0);
  tokens_.cut(0);
  turns_.cut(0);
  tidbit_reset(session_.get());
}

int Conversation::encode(const char *text, size_t bytes, bool first, posix::Growing<int32_t> &tokens) const {
  const tidbit_message messages[] = {{system_.data(), system_.count(), TIDBIT_ROLE_SYSTEM},
                                     {text, bytes, TIDBIT_ROLE_USER}};
  const bool with_system = first && has_system_;
  const tidbit_message *list = with_system ? messages : messages + 1;
  const uint32_t count = with_system ? 2 : 1;
  const tidbit_role before = first ? TIDBIT_ROLE_NONE : TIDBIT_ROLE_ASSISTANT;
  return add_messages(model_, before, list, count, tokens);
}

int Conversation::begin_turn(const char *text, size_t bytes) {
  const size_t before = tokens_.count();
  if (const int code = encode(text, bytes, turns_.count() == 0, tokens_); code != kOk) return code;
  const Turn turn = {bytes, tokens_.count() - before, 0};
  if (turn.prompt_tokens >= session_.plan().context) {
    tokens_.cut(before);
    return data_error("the message has %zu tokens, but the context holds %u; shorten it or use a larger --context",
                      turn.prompt_tokens, session_.plan().context);
  }
  if (!texts_.append(text, bytes) || !turns_.append(&turn, 1)) return fail_memory();
  const uint32_t context = session_.plan().context, reserve = context / 4 < 64 ? context / 4 : 64;
  return tokens_.count() + reserve > context ? drop_until(context - context / 4) : kOk;
}

void Conversation::take_back_turn() {
  const Turn &last = turns_[turns_.count() - 1];
  tokens_.cut(tokens_.count() - last.prompt_tokens - last.answer_tokens);
  texts_.cut(texts_.count() - last.text_bytes);
  turns_.cut(turns_.count() - 1);
  // What cannot be taken out of the session is fed again.
  const uint32_t position = tidbit_position(session_.get());
  if (position <= tokens_.count()) return;
  if (tidbit_rewind(session_.get(), static_cast<uint32_t>(tokens_.count())) != TIDBIT_OK) tidbit_reset(session_.get());
}

int Conversation::add_token(int32_t token) {
  ++turns_[turns_.count() - 1].answer_tokens;
  return tokens_.append(&token, 1) ? kOk : fail_memory();
}

// The second turn becomes the first, whose message has other tokens. There must be two.
int Conversation::drop_oldest() {
  const size_t first_tokens = turns_[0].prompt_tokens + turns_[0].answer_tokens;
  texts_.remove(0, turns_[0].text_bytes);
  turns_.remove(0, 1);
  posix::Growing<int32_t> begin;
  if (const int code = encode(texts_.data(), turns_[0].text_bytes, true, begin); code != kOk) return code;
  tokens_.remove(0, first_tokens + turns_[0].prompt_tokens);
  if (!tokens_.insert(0, begin.data(), begin.count())) return fail_memory();
  turns_[0].prompt_tokens = begin.count();
  return kOk;
}

int Conversation::drop_until(size_t most) {
  if (turns_.count() < 2) return tokens_.count() < session_.plan().context ? kOk : kGoOn;
  while (turns_.count() > 1 && tokens_.count() > most) {
    if (const int code = drop_oldest(); code != kOk) return code;
  }
  tidbit_reset(session_.get());
  if (!has_dropped_) note("the context of %u tokens is full, so the oldest turns are dropped", session_.plan().context);
  has_dropped_ = true;
  return kOk;
}

int Conversation::make_room() {
  const uint32_t context = session_.plan().context;
  if (const int code = drop_until(context - context / 4); code != kOk) return code;
  if (tokens_.count() >= context) return kGoOn;
  return session_.feed(tokens_.data(), static_cast<uint32_t>(tokens_.count()));
}

History Conversation::history() const {
  return {tokens_.data(), static_cast<uint32_t>(tokens_.count()), tidbit_position(session_.get())};
}

void Conversation::swap(Conversation &other) {
  const bool has_system = has_system_;
  has_system_ = other.has_system_;
  other.has_system_ = has_system;
  system_.swap(other.system_);
  texts_.swap(other.texts_);
  tokens_.swap(other.tokens_);
  turns_.swap(other.turns_);
}

int Conversation::load(const char *path) {
  posix::MappedFile file;
  if (const char *reason = file.map(path)) return data_error("%s: %s", path, reason);
  Conversation loaded(model_, session_);
  if (const int code = loaded.read(path, static_cast<const char *>(file.data()), file.bytes()); code != kOk)
    return code;
  swap(loaded);
  tidbit_reset(session_.get());
  return kOk;
}

}  // namespace tidbit::cli
