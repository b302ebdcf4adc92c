#include "converter/families/tensor_finder.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

std::string replaced(std::string text, char marker, const std::string &by) {
  const std::size_t at = text.find(marker);
  return at == std::string::npos ? text : text.replace(at, 1, by);
}

// Dimensions of 1 make no difference: [channels][1][taps] is [channels][taps].
TensorFinder::Shape without_ones(TensorFinder::Shape shape) {
  std::erase(shape, 1u);
  return shape;
}

// How many characters two names have in common at the beginning and at the end.
std::ptrdiff_t likeness(std::string_view a, std::string_view b) {
  const auto front = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  a.remove_prefix(static_cast<std::size_t>(front));
  b.remove_prefix(static_cast<std::size_t>(front));
  const auto back = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin();
  return front + back;
}

}  // namespace

TensorFinder::TensorFinder(const Checkpoint &checkpoint, const Names &names) : checkpoint_(checkpoint), names_(names) {
  const auto of_layer_0 = [&](const LayerRow &row) {
    return item_name(layer_name(row.origin.names[0], "weight", 0), 0);
  };
  std::string best;
  std::ptrdiff_t most = 0;
  for (const char *prefix : names.prefixes) {
    prefix_ = prefix;
    const auto is_stored = [&](const LayerRow &row) {
      return row.origin.names[0] != nullptr && find(of_layer_0(row)) != nullptr;
    };
    const auto count = std::count_if(names.layers.begin(), names.layers.end(), is_stored);
    if (count <= most) continue;
    most = count;
    best = prefix;
  }
  prefix_ = most != 0 ? best : names.prefixes.front();
  if (most != 0) return;
  const std::string name = of_layer_0(names.layers.front());
  throw ConvertError(where() + ": there is no tensor " + in_quotes(name) + instead_of(name));
}

std::string TensorFinder::global_name(const char *name, const char *suffix) const {
  return replaced(*name == '/' ? std::string(name + 1) : prefix_ + name, '*', suffix);
}

std::string TensorFinder::layer_name(const char *name, const char *suffix, std::uint32_t layer) const {
  return replaced(replaced(prefix_ + names_.layer + name, '#', std::to_string(layer)), '*', suffix);
}

std::string item_name(const std::string &name, std::uint32_t item) { return replaced(name, '@', std::to_string(item)); }

const StoredTensor *TensorFinder::find(const std::string &name) const {
  const auto found = checkpoint_.tensors.find(name);
  return found == checkpoint_.tensors.end() ? nullptr : &found->second;
}

const StoredTensor *TensorFinder::take_if(const std::string &name, const Shape &shape) {
  const StoredTensor *tensor = find(name);
  if (tensor == nullptr) return nullptr;
  const std::string file = tensor->file->path().string();
  if (without_ones(tensor->shape) != without_ones(shape)) {
    throw ConvertError(file + ": tensor " + in_quotes(name) + " has the shape " + shape_text(tensor->shape) +
                       ", the configuration asks for " + shape_text(shape));
  }
  check_type(*tensor);
  used_.insert(name);
  return tensor;
}

// Whether the family has a name like this, of any layer.
bool TensorFinder::is_known(const std::string &name) const {
  const auto matches = [&](const std::string &in_front, const auto &rows) {
    for (const auto &row : rows) {
      for (const char *part : row.origin.names) {
        if (part == nullptr) continue;
        std::string pattern = *part == '/' ? std::string(part + 1) : in_front + part;
        for (char &c : pattern) c = c == '#' || c == '@' ? '*' : c;
        if (::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) return true;
      }
    }
    return false;
  };
  return matches(prefix_, names_.globals) || matches(prefix_ + names_.layer, names_.layers);
}

std::string TensorFinder::instead_of(const std::string &name) const {
  constexpr std::size_t kCompared = 16, kShown = 3;
  std::set<std::pair<std::ptrdiff_t, std::string_view>> best;  // the one most like it comes first
  for (const auto &[other, tensor] : checkpoint_.tensors) {
    if (used_.contains(other)) continue;
    best.emplace(-likeness(name, other), other);
    if (best.size() > kCompared) best.erase(std::prev(best.end()));
  }
  // Those that the family does not know come before the others: they may be the missing one under another name.
  std::vector<std::string_view> shown;
  for (const bool known : {false, true}) {
    for (const auto &[unlikeness, other] : best) {
      if (is_known(std::string(other)) == known && shown.size() < kShown) shown.push_back(other);
    }
  }
  std::string text;
  for (const std::string_view other : shown) text += (text.empty() ? "; there is " : ", ") + in_quotes(other);
  return text;
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
