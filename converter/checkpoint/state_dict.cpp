#include "converter/checkpoint/state_dict.h"

#include <algorithm>
#include <array>
#include <utility>

#include "converter/checkpoint/safetensors.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMostDimensions = 8;
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 48;
constexpr std::size_t kMostKeysShown = 12;
constexpr std::size_t kMostKeys = 256;  // of a checkpoint, among which the model is looked for
constexpr int kMostParameters = 4;      // around a tensor

// The names of the model's tensors in a checkpoint that has more, the usual one first.
constexpr std::array kModelKeys = {"model", "state_dict", "model_state_dict", "model_state", "module", "weights",
                                   "net",   "params"};

// PyTorch's classes of storages, and the names of their element types.
constexpr std::pair<std::string_view, const char *> kStorages[] = {
    {"torch.FloatStorage", "F32"},  {"torch.HalfStorage", "F16"}, {"torch.BFloat16Storage", "BF16"},
    {"torch.DoubleStorage", "F64"}, {"torch.LongStorage", "I64"}, {"torch.IntStorage", "I32"},
    {"torch.ShortStorage", "I16"},  {"torch.CharStorage", "I8"},  {"torch.ByteStorage", "U8"},
    {"torch.BoolStorage", "BOOL"},
};

// The call that makes a tensor, inside those that make a parameter of it.
PickleValue without_parameter(PickleValue value) {
  for (int i = 0; i < kMostParameters && value.text().starts_with("torch._utils._rebuild_parameter"); ++i) {
    if (!value.is(PickleKind::call) || value.size() == 0) break;
    value = value.element(0);
  }
  return value;
}

bool is_tensor(const PickleValue &value) { return value.is(PickleKind::call); }

bool has_tensors(const PickleValue &value) {
  if (!value.is_map()) return false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (is_tensor(value.value(i))) return true;
  }
  return false;
}

std::string keys_of(const PickleValue &map) {
  std::string keys;
  for (std::size_t i = 0; i < std::min(map.size(), kMostKeysShown); ++i) {
    keys += (i == 0 ? "" : ", ") + in_quotes(map.key(i).text());
  }
  return keys + (map.size() > kMostKeysShown ? " and more" : "");
}

class TensorReader {
 public:
  TensorReader(const TorchArchive &archive, std::string name, const PickleValue &call)
      : archive_(archive), name_(std::move(name)), call_(without_parameter(call)) {}

  // (storage, offset, shape, strides, ...)
  StoredTensor read() const {
    if (!call_.is(PickleKind::call) || call_.size() < 4) refuse("is not made as tensors are");
    const PickleValue storage = call_.element(0);
    if (!storage.is(PickleKind::persistent) || storage.size() < 5 || storage.element(0).text() != "storage") {
      refuse("has no storage");
    }
    StoredTensor tensor{name_, archive_.file(), &type_of(storage.element(1).text()),
                        numbers(call_.element(2), "shape")};
    const ZipEntry &contents = contents_of(storage, *tensor.type);
    const std::uint64_t all = contents.bytes / tensor.type->bytes;
    const std::vector<std::uint64_t> strides = numbers(call_.element(3), "strides");
    if (strides.size() != tensor.shape.size()) refuse("has another number of strides than of dimensions");
    const std::uint64_t first = number(call_.element(1), "offset");
    check_range(tensor.shape, strides, first, all);
    tensor.offset = contents.offset + first * tensor.type->bytes;
    tensor.layout = layout_of(tensor.shape, strides);
    return tensor;
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const {
    throw ConvertError(archive_.where() + ": tensor " + in_quotes(name_) + " " + what);
  }

  std::uint64_t number(const PickleValue &value, const char *what) const {
    const auto number = value.integer();
    if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > kMostElements) {
      refuse(std::string("has a bad ") + what);
    }
    return static_cast<std::uint64_t>(*number);
  }

  std::vector<std::uint64_t> numbers(const PickleValue &list, const char *what) const {
    if (!list.is(PickleKind::list) || list.size() > kMostDimensions) refuse(std::string("has a bad ") + what);
    std::vector<std::uint64_t> numbers;
    numbers.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) numbers.push_back(number(list.element(i), what));
    return numbers;
  }

  const StoredType &type_of(std::string_view storage) const {
    for (const auto &[name, type] : kStorages) {
      if (storage == name) return *stored_type(&StoredType::safetensors, type);
    }
    refuse("has the unknown type " + in_quotes(storage));
  }

  const ZipEntry &contents_of(const PickleValue &storage, const StoredType &type) const {
    const std::string_view key = storage.element(2).text();
    const ZipEntry *contents = archive_.storage(key);
    if (contents == nullptr) refuse("is in the storage " + in_quotes(key) + ", which is missing");
    const std::uint64_t elements = number(storage.element(4), "storage");
    if (elements * type.bytes != contents->bytes) {
      refuse("is in a storage of " + std::to_string(contents->bytes) + " bytes, which is not " +
             std::to_string(elements) + " elements of " + type.safetensors);
    }
    return *contents;
  }

  // All elements are in the storage.
  void check_range(const std::vector<std::uint64_t> &shape, const std::vector<std::uint64_t> &strides,
                   std::uint64_t first, std::uint64_t all) const {
    std::uint64_t count = 1, last = first;
    for (const std::uint64_t n : shape) {
      if (n != 0 && count > kMostElements / n) refuse("is too large: " + shape_text(shape));
      count *= n;
    }
    if (first > all) refuse("ends behind the end of its storage");
    if (count == 0) return;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const std::uint64_t steps = shape[i] - 1;
      if (strides[i] != 0 && steps > all / strides[i]) refuse("ends behind the end of its storage");
      last += steps * strides[i];
    }
    if (last >= all) refuse("ends behind the end of its storage");
  }

  // A dimension of 1 may have any stride.
  static Layout layout_of(const std::vector<std::uint64_t> &shape, const std::vector<std::uint64_t> &strides) {
    const auto in_order = [&](const auto &dimensions) {
      std::uint64_t step = 1;
      for (const std::size_t i : dimensions) {
        if (shape[i] > 1 && strides[i] != step) return false;
        step *= shape[i];
      }
      return true;
    };
    std::vector<std::size_t> from_the_last(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) from_the_last[i] = shape.size() - 1 - i;
    const bool empty = std::find(shape.begin(), shape.end(), 0u) != shape.end();
    if (empty || in_order(from_the_last)) return Layout::rows;
    return shape.size() == 2 && in_order(std::array<std::size_t, 2>{0, 1}) ? Layout::columns : Layout::gaps;
  }

  const TorchArchive &archive_;
  std::string name_;
  PickleValue call_;
};

}  // namespace

PickleValue find_state_dict(const TorchArchive &archive) {
  const PickleValue root = archive.root();
  if (root.is(PickleKind::object)) {
    throw ConvertError(archive.where() + ": holds an object of the class " + in_quotes(root.text()) +
                       ", which only its program can read; save its state_dict");
  }
  for (const char *key : kModelKeys) {
    const auto found = root.find(key);
    if (found && has_tensors(*found)) return *found;
  }
  if (has_tensors(root)) return root;
  std::vector<PickleValue> others;
  for (std::size_t i = 0; root.is_map() && i < std::min(root.size(), kMostKeys); ++i) {
    if (has_tensors(root.value(i))) others.push_back(root.value(i));
  }
  if (others.size() == 1) return others[0];
  const std::string has = root.is_map() ? "; it has " + keys_of(root) : "";
  throw ConvertError(archive.where() + ": has " + (others.empty() ? "no" : "more than one") + " dictionary of tensors" +
                     has + "; save the model's state_dict");
}

void add_state_dict(const TorchArchive &archive, const PickleValue &dictionary, TensorMap &tensors) {
  for (std::size_t i = 0; i < dictionary.size(); ++i) {
    if (!is_tensor(dictionary.value(i))) continue;
    if (!dictionary.key(i).is(PickleKind::text)) throw ConvertError(archive.where() + ": has a tensor without a name");
    const std::string name(dictionary.key(i).text());
    const auto other = tensors.find(name);
    if (other != tensors.end()) {
      throw ConvertError(
          archive.where() + ": tensor " + in_quotes(name) +
          (other->second.file == archive.file() ? " occurs twice" : " is in " + other->second.file->name() + ", too"));
    }
    if (tensors.size() == kMostTensors) {
      throw ConvertError(archive.where() + ": has more than " + std::to_string(kMostTensors) +
                         " tensors, more than any model");
    }
    tensors.emplace(name, TensorReader(archive, name, dictionary.value(i)).read());
  }
}

void read_state_dict(const std::filesystem::path &path, TensorMap &tensors) {
  const TorchArchive archive(path);
  add_state_dict(archive, find_state_dict(archive), tensors);
}

}  // namespace tidbit::convert
