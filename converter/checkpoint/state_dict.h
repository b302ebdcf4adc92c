// The tensors of a PyTorch file: a dictionary from names to tensors, which is the pickle's root or a value in it.
#pragma once

#include "converter/checkpoint/checkpoint.h"
#include "converter/checkpoint/torch_archive.h"

namespace tidbit::convert {

// The dictionary with the model's tensors. Throws ConvertError if there is none, or more than one that could be it.
PickleValue find_state_dict(const TorchArchive &archive);

// Adds the dictionary's tensors. Each is checked against its storage. Values that are no tensors are passed over.
// Throws ConvertError.
void add_state_dict(const TorchArchive &archive, const PickleValue &dictionary, TensorMap &tensors);

// Both, for a file that has nothing else.
void read_state_dict(const std::filesystem::path &path, TensorMap &tensors);

}  // namespace tidbit::convert
