#include "converter/checkpoint/wrappers.h"

#include <algorithm>
#include <iterator>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::string_view kInFront[] = {"module.", "base_model.model."};
constexpr std::string_view kAnywhere[] = {"_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."};

// Lightning names a model after the attribute that holds it, usually "model". Hugging Face's names begin like that,
// too, but never with these.
constexpr std::string_view kAttribute = "model.";
constexpr const char *kInAttribute[] = {"model.transformer.h.0.attn.c_attn.weight", "model.blocks.0.attn.c_attn.weight",
                                        "model.blocks.0.attn.query.weight", "model.layers.0.attention.wq.weight"};

// Removes the parts of a name that are wrappers.
void remove_parts(std::string &name) {
  for (const std::string_view part : kAnywhere) {
    for (std::size_t at = name.find(part); at != std::string::npos; at = name.find(part, at)) {
      if (at == 0 || name[at - 1] == '.') {
        name.erase(at, part.size());
      } else {
        at += part.size();
      }
    }
  }
}

std::string without_wrappers(const std::string &whole) {
  std::string name = whole;
  remove_parts(name);
  std::string_view rest = name;
  for (bool found = true; found;) {
    found = false;
    for (const std::string_view part : kInFront) {
      if (!rest.starts_with(part)) continue;
      rest.remove_prefix(part.size());
      found = true;
    }
  }
  return std::string(rest);
}

std::string without_attribute(const std::string &name) {
  return name.starts_with(kAttribute) ? name.substr(kAttribute.size()) : name;
}

void rename(TensorMap &tensors, std::string (*new_name)(const std::string &)) {
  TensorMap renamed;
  while (!tensors.empty()) {
    auto tensor = tensors.extract(tensors.begin());
    const std::string name = new_name(tensor.key());
    if (renamed.contains(name)) {
      throw ConvertError(tensor.mapped().file->path().string() + ": tensor " + in_quotes(name) +
                         " is there twice, also as " + in_quotes(tensor.key()));
    }
    tensor.key() = tensor.mapped().name = name;
    renamed.insert(std::move(tensor));
  }
  tensors = std::move(renamed);
}

}  // namespace

void see_through_wrappers(TensorMap &tensors) {
  rename(tensors, without_wrappers);
  const bool in_attribute = std::any_of(std::begin(kInAttribute), std::end(kInAttribute),
                                        [&](const char *name) { return tensors.contains(name); });
  if (in_attribute) rename(tensors, without_attribute);
}

}  // namespace tidbit::convert
