// From the chat template of a checkpoint to the section of a blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "converter/chat/find.h"
#include "converter/grammar/tools.h"
#include "format/blob_format.h"

namespace tidbit::convert::chat {

struct ImportedChat {
  std::vector<std::byte> section;  // empty if there is no template, or none that can be put into pieces
  std::vector<std::int32_t> end_tokens;
  std::string description;  // one line for the summary; empty if there is no template
  std::vector<std::string> notes;
  std::optional<CallSyntax> calls;  // if tools were given: how the template writes calls of them
};

// `tokenizer` is the section of the blob, in which the tokens of the template become special. bos_token and eos_token
// that the template's files do not name are those of the configuration. A template that is wrong is no error. `tools`
// (null: none) become part of the pieces, if the template writes them.
ImportedChat import_chat(FoundTemplate found, std::vector<std::byte> &tokenizer, const format::Config &config,
                         const Tools &tools = nullptr);

}  // namespace tidbit::convert::chat
