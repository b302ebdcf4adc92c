#include "cli/tokens.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/numbers.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

constexpr size_t kMostInput = size_t{16} << 20;
constexpr size_t kMostDigits = 10;

}  // namespace

int Tokens::reserve(uint64_t count) {
  if (count <= UINT32_MAX && memory_.allocate(count * sizeof(int32_t))) return kOk;
  return data_error("out of memory: no room for %llu tokens; use a shorter text",
                    static_cast<unsigned long long>(count));
}

// The begin-of-text token of a model whose tokenizer puts none in front of a text, or -1.
static int32_t begin_of_text(const LoadedModel &model) {
  const tidbit_tokenize_options options{TIDBIT_TEXT_BOS, 0, nullptr, nullptr};
  uint64_t workspace[TIDBIT_TOKENIZE_BYTES(0) / 8];
  int32_t tokens[4];
  uint32_t count = 0;
  const tidbit_status status =
      tidbit_tokenize(model.get(), "", 0, &options, workspace, sizeof workspace, tokens, 4, &count);
  return status == TIDBIT_OK && count == 0 ? model.info().bos_token : -1;
}

int Tokens::from_text(const LoadedModel &model, const char *text, size_t bytes, uint32_t flags) {
  const int32_t begin = (flags & TIDBIT_TEXT_BOS) != 0 ? begin_of_text(model) : -1;
  const uint32_t front = begin >= 0 ? 1 : 0;
  const uint64_t most = tidbit_tokenize_most(model.get(), bytes);
  if (const int code = reserve(most + front); code != kOk) return code;
  if (begin >= 0) data()[0] = begin;
  posix::MemoryRegion workspace;
  if (!workspace.allocate(tidbit_tokenize_bytes(model.get(), bytes))) {
    return data_error("out of memory: cannot tokenize a text of %zu bytes; use a shorter one", bytes);
  }
  const tidbit_tokenize_options options{flags, 0, posix::poll_interrupt, nullptr};
  const tidbit_status status = tidbit_tokenize(model.get(), text, bytes, &options, workspace.data(), workspace.bytes(),
                                               data() + front, static_cast<uint32_t>(most), &count_);
  count_ += front;
  if (status == TIDBIT_CANCELED) return kInterrupted;
  return status == TIDBIT_OK ? kOk : status_error("tokenizing", status);
}

int Tokens::from_list(const LoadedModel &model, const char *list) {
  if (const int code = reserve(strlen(list) / 2 + 1); code != kOk) return code;
  while (true) {
    const size_t length = strcspn(list, ",");
    char word[kMostDigits + 1] = "";
    if (length == 0 || length > kMostDigits) {
      return usage_error("--tokens: expected ids separated by commas (1,2,3), not '%.40s'", list);
    }
    memcpy(word, list, length);
    if (const int code = append(model, word); code != kOk) return code;
    if (list[length] == 0) return kOk;
    list += length + 1;
  }
}

int Tokens::from_ids(const LoadedModel &model, const char *path, const char *text, size_t bytes) {
  if (const int code = reserve(bytes / 2 + 1); code != kOk) return code;
  for (size_t at = 0; at < bytes;) {
    const size_t begin = at;
    uint64_t id = 0;
    while (at < bytes && text[at] >= '0' && text[at] <= '9' && id <= INT32_MAX) {
      id = id * 10 + static_cast<uint64_t>(text[at++] - '0');
    }
    const bool ends =
        at == bytes || text[at] == ',' || text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t';
    if (!ends || id >= model.info().vocab_size) {
      return data_error("%s: no token id below %u at byte %zu; expected ids separated by commas or white space", path,
                        model.info().vocab_size, begin);
    }
    if (at > begin) append(static_cast<int32_t>(id));
    if (at < bytes) ++at;
  }
  return kOk;
}

int Tokens::append(const LoadedModel &model, const char *word) {
  uint64_t id = 0;
  if (!parse_unsigned(word, INT32_MAX, &id)) return usage_error("'%s' is not a token id; use a whole number", word);
  if (id >= model.info().vocab_size) {
    return usage_error("token %s is not in the vocabulary; the model has %u tokens", word, model.info().vocab_size);
  }
  append(static_cast<int32_t>(id));
  return kOk;
}

int Text::read(const char *argument) {
  if (strcmp(argument, "-") == 0) return read_standard_input();
  data_ = argument;
  bytes_ = strlen(argument);
  return kOk;
}

int Text::read_standard_input() {
  if (!memory_.allocate(kMostInput + 1)) return data_error("out of memory: cannot read standard input");
  auto *buffer = static_cast<char *>(memory_.data());
  data_ = buffer;
  while (bytes_ <= kMostInput) {
    const ssize_t count = ::read(STDIN_FILENO, buffer + bytes_, kMostInput + 1 - bytes_);
    if (posix::interrupted()) return kInterrupted;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return data_error("cannot read standard input: %s", strerror(errno));
    if (count == 0) return kOk;
    bytes_ += static_cast<size_t>(count);
  }
  return data_error("standard input is longer than %zu bytes; use a shorter text", kMostInput);
}

}  // namespace tidbit::cli
