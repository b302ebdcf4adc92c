// From the chat template of a checkpoint to the section of a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "converter/chat/find.h"
#include "format/blob_format.h"

namespace tidbit::convert::chat {

struct ImportedChat {
  std::vector<std::byte> section;  // empty if there is no template, or none that can be put into pieces
  std::vector<std::int32_t> end_tokens;
  std::string description;  // one line for the summary; empty if there is no template
  std::vector<std::string> notes;
};

// `tokenizer` is the section of the blob, in which the tokens of the template become special. bos_token and eos_token
// that the template's files do not name are those of the configuration. A template that is wrong is no error.
ImportedChat import_chat(FoundTemplate found, std::vector<std::byte> &tokenizer, const format::Config &config);

}  // namespace tidbit::convert::chat
