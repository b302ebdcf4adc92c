// How a chat template writes the calls of tools.
#pragma once

#include <optional>

#include "converter/chat/pieces.h"
#include "converter/grammar/tools.h"

namespace tidbit::convert::chat {

// Whether the template tells the model about the tools, which are one of the variables.
bool writes_tools(const Template &chat_template, const nlohmann::ordered_json &variables, std::time_t now);

// Nothing if calls are no JSON objects of a name and arguments, or stand where no answer does.
std::optional<CallSyntax> find_calls(const Template &chat_template, const nlohmann::ordered_json &variables,
                                     const Pieces &pieces, std::time_t now);

}  // namespace tidbit::convert::chat
