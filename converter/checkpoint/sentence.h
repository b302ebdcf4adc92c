// How the vectors of a text's tokens become the text's vector, as sentence-transformers stores it beside a checkpoint:
// modules.json names what follows the model, and the folder of the pooling has a config.json of its own.
#pragma once

#include <filesystem>
#include <optional>

#include "format/enums.h"

namespace tidbit::convert {

struct Sentence {
  format::Pooling pooling = format::Pooling::none;
  bool unit_length = false;
};

// None if there is no modules.json. Throws ConvertError for what is not supported.
std::optional<Sentence> read_sentence(const std::filesystem::path &directory);

}  // namespace tidbit::convert
