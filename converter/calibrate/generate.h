// Sample text that the model writes itself.
#pragma once

#include <cstdint>
#include <functional>

#include "converter/calibrate/samples.h"

namespace tidbit::convert {

// Draws sequences at temperature 1, each from its own seed. They are the same on every machine. Each begins with the
// begin-of-text token or, without one, with any token; another text follows one that ends.
Sequences generate_samples(const BlobView &blob, std::uint32_t sequences, std::uint32_t length,
                           const std::function<void(std::uint64_t done, std::uint64_t total)> &progress);

}  // namespace tidbit::convert
