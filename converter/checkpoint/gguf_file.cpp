#include "converter/checkpoint/gguf_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "converter/checkpoint/ggml_types.h"
#include "converter/checkpoint/safetensors.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::uint64_t kMostKeys = 1u << 16;
constexpr std::uint64_t kMostKeyBytes = 1u << 16;
constexpr std::uint64_t kMostTextBytes = std::uint64_t{16} << 20;   // of one text
constexpr std::uint64_t kMostTextsBytes = std::uint64_t{64} << 20;  // of all that are kept
constexpr std::uint64_t kMostNameBytes = 256;
constexpr std::uint32_t kMostDimensions = 4;
constexpr std::uint64_t kMostElements = std::uint64_t{1} << 48;

// The types of metadata.
enum : std::uint32_t { kText = 8, kArray = 9, kTypes = 13 };
struct ValueType {
  const char *name;
  std::uint32_t bytes;  // 0: varies
};
constexpr ValueType kValueTypes[kTypes] = {{"u8", 1},  {"i8", 1},  {"u16", 2},  {"i16", 2},  {"u32", 4},
                                           {"i32", 4}, {"f32", 4}, {"bool", 1}, {"text", 0}, {"array", 0},
                                           {"u64", 8}, {"i64", 8}, {"f64", 8}};
constexpr std::uint32_t kF32 = 6;

// Reads a file from front to back through a buffer.
class Cursor {
 public:
  Cursor(const InputFile &file, std::uint64_t at, const std::string &where) : file_(file), at_(at), where_(where) {}

  std::uint64_t at() const { return at_; }
  std::uint64_t left() const { return file_.size() - at_; }
  void skip(std::uint64_t bytes) {
    need(bytes);
    at_ += bytes;
  }
  void need(std::uint64_t bytes) const {
    if (bytes > left()) throw ConvertError(where_ + ": ends inside its header; it is cut off or damaged");
  }

  template <class T>
  T number() {
    T value;
    read(&value, sizeof value);
    return value;
  }
  std::string text(std::uint64_t most, const char *what) {
    const std::uint64_t bytes = length(most, what);
    std::string value(bytes, '\0');
    read(value.data(), bytes);
    return value;
  }
  std::uint64_t length(std::uint64_t most, const char *what) {
    const auto bytes = number<std::uint64_t>();
    need(bytes);
    if (bytes > most) throw ConvertError(where_ + ": has " + what + " of " + std::to_string(bytes) + " bytes");
    return bytes;
  }

 private:
  void read(void *to, std::uint64_t bytes) {
    need(bytes);
    if (bytes > buffer_.size()) {
      file_.read(at_, to, bytes);
    } else {
      if (at_ < begin_ || at_ + bytes > end_) fill();
      std::memcpy(to, buffer_.data() + (at_ - begin_), bytes);
    }
    at_ += bytes;
  }
  void fill() {
    begin_ = at_;
    end_ = at_ + std::min<std::uint64_t>(buffer_.size(), left());
    file_.read(begin_, buffer_.data(), end_ - begin_);
  }

  const InputFile &file_;
  std::uint64_t at_;
  const std::string &where_;
  std::array<char, 1u << 15> buffer_;
  std::uint64_t begin_ = 0, end_ = 0;
};

Json value_of(Cursor &in, std::uint32_t type) {
  switch (type) {
    case 0:
      return in.number<std::uint8_t>();
    case 1:
      return in.number<std::int8_t>();
    case 2:
      return in.number<std::uint16_t>();
    case 3:
      return in.number<std::int16_t>();
    case 4:
      return in.number<std::uint32_t>();
    case 5:
      return in.number<std::int32_t>();
    case kF32:
      return in.number<float>();
    case 7:
      return in.number<std::uint8_t>() != 0;
    case 10:
      return in.number<std::uint64_t>();
    case 11:
      return in.number<std::int64_t>();
    default:
      return in.number<double>();
  }
}

}  // namespace

class GgufReader {
 public:
  explicit GgufReader(GgufFile &gguf) : gguf_(gguf), in_(*gguf.file_, 0, gguf.where_) {}

  void run() {
    if (in_.number<std::array<char, 4>>() != std::array{'G', 'G', 'U', 'F'}) refuse("is not a GGUF file");
    const auto version = in_.number<std::uint32_t>();
    if (version != 2 && version != 3) {
      refuse("has the GGUF version " + std::to_string(version) + "; 2 and 3 are supported" +
             ((version & 0xFFFF) == 0 ? " (a file for big-endian machines?)" : ""));
    }
    const auto tensors = in_.number<std::uint64_t>(), keys = in_.number<std::uint64_t>();
    if (tensors > kMostTensors) refuse("has " + std::to_string(tensors) + " tensors, more than any model");
    if (keys > kMostKeys) refuse("has " + std::to_string(keys) + " keys, more than any model");
    for (std::uint64_t i = 0; i < keys; ++i) read_key();
    read_tensors(tensors);
  }

 private:
  [[noreturn]] void refuse(const std::string &what) const { throw ConvertError(gguf_.where_ + ": " + what); }

  void read_key() {
    const std::string key = in_.text(kMostKeyBytes, "a key");
    if (key.empty()) refuse("has a key without a name");
    if (gguf_.metadata_.contains(key) || gguf_.arrays_.contains(key)) refuse("key " + in_quotes(key) + " occurs twice");
    const std::uint32_t type = type_of(key);
    if (type == kArray) return read_array(key);
    gguf_.metadata_[key] = type == kText ? Json(text(key)) : value_of(in_, type);
  }

  std::uint32_t type_of(const std::string &key) {
    const auto type = in_.number<std::uint32_t>();
    if (type >= kTypes) refuse("key " + in_quotes(key) + " has the unknown type " + std::to_string(type));
    return type;
  }

  std::string text(const std::string &key) {
    std::string value = in_.text(kMostTextBytes, "a text");
    kept_ += value.size();
    if (kept_ > kMostTextsBytes) refuse("key " + in_quotes(key) + ": the texts together are too long");
    return value;
  }

  void read_array(const std::string &key) {
    const std::uint32_t type = type_of(key);
    if (type == kArray) refuse("key " + in_quotes(key) + " is an array of arrays, which no model has");
    const auto count = in_.number<std::uint64_t>();
    const std::uint64_t each = type == kText ? sizeof(std::uint64_t) : kValueTypes[type].bytes;
    if (count > in_.left() / each) refuse("key " + in_quotes(key) + " has more elements than the file has room for");
    gguf_.arrays_[key] = {type, count, in_.at()};
    if (count <= GgufFile::kMostListed) {
      Json list = Json::array();
      for (std::uint64_t i = 0; i < count; ++i) list.push_back(type == kText ? Json(text(key)) : value_of(in_, type));
      gguf_.metadata_[key] = std::move(list);
    } else if (type == kText) {
      for (std::uint64_t i = 0; i < count; ++i) in_.skip(in_.length(kMostTextBytes, "a text"));
    } else {
      in_.skip(count * each);
    }
  }

  void read_tensors(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) gguf_.tensors_.push_back(read_tensor());
    const auto found = gguf_.metadata_.find("general.alignment");
    const bool usual = found == gguf_.metadata_.end();
    const std::uint64_t alignment = usual ? 32 : found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    if (alignment == 0 || alignment > 65536 || (alignment & (alignment - 1)) != 0) {
      refuse("general.alignment is not a power of two up to 65536");
    }
    place_tensors(alignment);
  }

  StoredTensor read_tensor() {
    StoredTensor tensor;
    tensor.name = in_.text(kMostNameBytes, "a tensor name");
    tensor.file = gguf_.file_;
    const auto dimensions = in_.number<std::uint32_t>();
    if (dimensions == 0 || dimensions > kMostDimensions) {
      refuse(tensor, "has " + std::to_string(dimensions) + " dimensions");
    }
    std::uint64_t elements = 1;
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      const auto size = in_.number<std::uint64_t>();
      if (size == 0) refuse(tensor, "has a dimension of 0");
      if (elements > kMostElements / size) refuse(tensor, "is too large");
      elements *= size;
      tensor.shape.insert(tensor.shape.begin(), size);
    }
    const auto id = in_.number<std::uint32_t>();
    const GgmlType *type = ggml_type(id);
    if (type == nullptr) refuse(tensor, "has the unknown type " + std::to_string(id));
    if (tensor.shape.back() % type->block != 0) {
      refuse(tensor, "has rows of " + std::to_string(tensor.shape.back()) + " elements, which are no whole blocks of " +
                         type->stored.safetensors);
    }
    tensor.type = &type->stored;
    tensor.block = type->block;
    tensor.offset = in_.number<std::uint64_t>();
    return tensor;
  }

  // The data of the tensors follow each other in the order of the table, each at a multiple of the alignment.
  void place_tensors(std::uint64_t alignment) {
    const auto aligned = [&](std::uint64_t at) { return (at + alignment - 1) / alignment * alignment; };
    const std::uint64_t data = aligned(in_.at());
    std::uint64_t next = 0;
    for (StoredTensor &tensor : gguf_.tensors_) {
      if (tensor.offset != next)
        refuse(tensor, tensor.offset < next ? "overlaps another one" : "has a gap in front of it");
      if (data + next > gguf_.file_->size() || tensor.bytes() > gguf_.file_->size() - data - next) {
        refuse(tensor, "ends behind the end of the file; it is cut off");
      }
      tensor.offset = data + next;
      next = aligned(next + tensor.bytes());
    }
  }

  [[noreturn]] void refuse(const StoredTensor &tensor, const std::string &what) const {
    refuse("tensor " + in_quotes(tensor.name) + " " + what);
  }

  GgufFile &gguf_;
  Cursor in_;
  std::uint64_t kept_ = 0;  // bytes of texts
};

GgufFile::GgufFile(const std::filesystem::path &path)
    : file_(std::make_shared<InputFile>(path)), where_(path.string()) {
  GgufReader(*this).run();
}

const GgufFile::Array *GgufFile::array(const std::string &key, std::uint32_t type, const char *name) const {
  const auto found = arrays_.find(key);
  if (found == arrays_.end() && !metadata_.contains(key)) return nullptr;
  if (found == arrays_.end() || found->second.type != type) {
    throw ConvertError(where_ + ": key " + in_quotes(key) + " is not an array of " + name);
  }
  return &found->second;
}

std::vector<std::string> GgufFile::texts(const std::string &key) const {
  std::vector<std::string> values;
  const Array *list = array(key, kText, "texts");
  if (list == nullptr) return values;
  Cursor in(*file_, list->offset, where_);
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < list->count; ++i) {
    values.push_back(in.text(kMostTextBytes, "a text"));
    bytes += values.back().size() + sizeof(std::string);
    if (bytes > 2 * kMostTokenizerBytes) throw ConvertError(where_ + ": " + key + " is too large");
  }
  return values;
}

template <class T>
static std::vector<T> numbers_at(const InputFile &file, std::uint64_t offset, std::uint64_t count) {
  std::vector<T> values(count);
  file.read(offset, values.data(), count * sizeof(T));
  return values;
}

std::vector<float> GgufFile::floats(const std::string &key) const {
  const Array *list = array(key, kF32, "f32");
  return list == nullptr ? std::vector<float>{} : numbers_at<float>(*file_, list->offset, list->count);
}

std::vector<std::int32_t> GgufFile::integers(const std::string &key) const {
  const auto found = arrays_.find(key);
  const bool is_unsigned = found != arrays_.end() && found->second.type == 4;
  const Array *list = array(key, is_unsigned ? 4 : 5, "i32");
  return list == nullptr ? std::vector<std::int32_t>{} : numbers_at<std::int32_t>(*file_, list->offset, list->count);
}

std::string GgufFile::bytes(const std::string &key) const {
  const auto found = arrays_.find(key);
  const bool is_signed = found != arrays_.end() && found->second.type == 1;
  const Array *list = array(key, is_signed ? 1 : 0, "bytes");
  if (list == nullptr) return "";
  if (list->count > kMostTextBytes) throw ConvertError(where_ + ": " + key + " is too large");
  std::string value(list->count, '\0');
  file_->read(list->offset, value.data(), value.size());
  return value;
}

void GgufFile::add_tensors(TensorMap &tensors) const {
  for (const StoredTensor &tensor : tensors_) {
    const auto [place, is_new] = tensors.emplace(tensor.name, tensor);
    if (is_new) continue;
    throw ConvertError(
        where_ + ": tensor " + in_quotes(tensor.name) +
        (place->second.file == file_ ? " occurs twice" : " is in " + place->second.file->name() + ", too"));
  }
}

}  // namespace tidbit::convert
