// The configuration of a GGUF file in Hugging Face's terms.
#pragma once

#include "converter/checkpoint/gguf_file.h"

namespace tidbit::convert {

// Sets config, config_name and rotary_pairs_adjacent. The tensors must be there already, because some of them say what
// the metadata do not. Throws ConvertError for an architecture that is not known, and for a key that might change what
// is computed and is not understood.
void read_gguf_config(const GgufFile &gguf, Checkpoint &checkpoint);

}  // namespace tidbit::convert
