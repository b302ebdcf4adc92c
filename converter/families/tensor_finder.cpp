#include "converter/families/tensor_finder.h"

#include <fnmatch.h>

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

std::string replaced(std::string text, char marker, const std::string &by) {
  const std::size_t at = text.find(marker);
  return at == std::string::npos ? text : text.replace(at, 1, by);
}

}  // namespace

TensorFinder::TensorFinder(const Checkpoint &checkpoint, const Names &names) : checkpoint_(checkpoint), names_(names) {
  const auto of_layer_0 = [&](const LayerRow &row) { return layer_name(row.origin.names[0], "weight", 0); };
  std::string best;
  std::ptrdiff_t most = 0;
  for (const char *prefix : names.prefixes) {
    prefix_ = prefix;
    const auto is_stored = [&](const LayerRow &row) { return find(of_layer_0(row)) != nullptr; };
    const auto count = std::count_if(names.layers.begin(), names.layers.end(), is_stored);
    if (count <= most) continue;
    most = count;
    best = prefix;
  }
  prefix_ = most != 0 ? best : names.prefixes.front();
  if (most == 0) throw ConvertError(where() + ": there is no tensor " + in_quotes(of_layer_0(names.layers.front())));
}

std::string TensorFinder::global_name(const char *name, const char *suffix) const {
  return replaced(*name == '/' ? std::string(name + 1) : prefix_ + name, '*', suffix);
}

std::string TensorFinder::layer_name(const char *name, const char *suffix, std::uint32_t layer) const {
  return replaced(replaced(prefix_ + names_.layer + name, '#', std::to_string(layer)), '*', suffix);
}

const StoredTensor *TensorFinder::find(const std::string &name) const {
  const auto found = checkpoint_.tensors.find(name);
  return found == checkpoint_.tensors.end() ? nullptr : &found->second;
}

const StoredTensor *TensorFinder::take_if(const std::string &name, const Shape &shape) {
  const StoredTensor *tensor = find(name);
  if (tensor == nullptr) return nullptr;
  const std::string file = tensor->file->path().string();
  const bool as_one_row = shape.size() == 1 && tensor->shape == Shape{1, shape[0]};
  if (tensor->shape != shape && !as_one_row) {
    throw ConvertError(file + ": tensor " + in_quotes(name) + " has the shape " + shape_text(tensor->shape) +
                       ", the configuration asks for " + shape_text(shape));
  }
  check_type(*tensor);
  used_.insert(name);
  return tensor;
}

std::size_t TensorFinder::leave_out(const char *pattern) {
  std::size_t count = 0;
  for (const auto &[name, tensor] : checkpoint_.tensors) {
    if (::fnmatch(pattern, name.c_str(), 0) == 0 && used_.insert(name).second) ++count;
  }
  return count;
}

void TensorFinder::finish() const {
  for (const auto &[name, tensor] : checkpoint_.tensors) {
    if (used_.count(name) != 0) continue;
    throw ConvertError(tensor.file->path().string() + ": tensor " + in_quotes(name) +
                       " is not part of this model family; it would be lost");
  }
}

}  // namespace tidbit::convert
