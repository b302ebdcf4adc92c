#include "converter/families/tensor_finder.h"

#include "converter/error.h"

namespace tidbit::convert {

bool ends_with(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

TensorFinder::TensorFinder(const Checkpoint &checkpoint, std::initializer_list<const char *> prefixes,
                           std::initializer_list<const char *> probes)
    : checkpoint_(checkpoint) {
  for (const char *prefix : prefixes) {
    for (const char *probe : probes) {
      if (find(std::string(prefix) + probe) == nullptr) continue;
      prefix_ = prefix;
      return;
    }
  }
  throw ConvertError(where() + ": there is no tensor \"" + *prefixes.begin() + *probes.begin() + "\"");
}

std::string TensorFinder::where() const { return checkpoint_.source.string(); }

const StoredTensor *TensorFinder::find(const std::string &whole_name) const {
  const auto found = checkpoint_.tensors.find(whole_name);
  return found == checkpoint_.tensors.end() ? nullptr : &found->second;
}

const StoredTensor *TensorFinder::checked(const StoredTensor *tensor, const Shape &shape) {
  if (tensor == nullptr) return nullptr;
  const std::string file = tensor->file->path().string();
  if (tensor->shape != shape) {
    throw ConvertError(file + ": tensor \"" + tensor->name + "\" has the shape " + shape_text(tensor->shape) +
                       ", the configuration asks for " + shape_text(shape));
  }
  if (tensor->type == StoredType::other) {
    throw ConvertError(file + ": tensor \"" + tensor->name + "\" has the type " + tensor->type_name +
                       "; weights must be F32, F16 or BF16");
  }
  used_.insert(tensor->name);
  return tensor;
}

const StoredTensor &TensorFinder::take(const std::string &name, const Shape &shape) {
  const StoredTensor *tensor = take_if(name, shape);
  if (tensor == nullptr) throw ConvertError(where() + ": tensor \"" + prefix_ + name + "\" is missing");
  return *tensor;
}

const StoredTensor *TensorFinder::take_if(const std::string &name, const Shape &shape) {
  return checked(find(prefix_ + name), shape);
}

const StoredTensor *TensorFinder::look(const std::string &name) const { return find(prefix_ + name); }

const StoredTensor *TensorFinder::take_bare_if(const std::string &name, const Shape &shape) {
  return checked(find(name), shape);
}

std::size_t TensorFinder::leave_out(const std::function<bool(const std::string &)> &matches) {
  std::size_t count = 0;
  for (const auto &[name, tensor] : checkpoint_.tensors) {
    if (used_.count(name) == 0 && matches(name)) count += used_.insert(name).second ? 1 : 0;
  }
  return count;
}

void TensorFinder::finish() const {
  for (const auto &[name, tensor] : checkpoint_.tensors) {
    if (used_.count(name) != 0) continue;
    throw ConvertError(tensor.file->path().string() + ": tensor \"" + name +
                       "\" is not part of this model family; it would be lost");
  }
}

}  // namespace tidbit::convert
