#include "converter/checkpoint/safetensors.h"

#include <algorithm>
#include <utility>

#include "converter/checkpoint/json.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMaxDimensions = 8;
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 48;

// The bytes of a tensor within the data part, for the overlap check.
struct Range {
  std::uint64_t begin, end;
  std::string name;
};

class HeaderReader {
 public:
  HeaderReader(std::shared_ptr<const InputFile> file, TensorMap &tensors)
      : file_(std::move(file)), where_(file_->path().string()), tensors_(tensors) {}

  void run() {
    const auto take = [this](const std::string &name, const Json &entry) { add(name, entry); };
    parse_json_object(header_text(), where_ + " (header)", {{{}, Json::value_t::object, take}});
    check_ranges();
  }

 private:
  [[noreturn]] void refuse(const std::string &name, const std::string &what) const {
    throw ConvertError(where_ + ": tensor " + in_quotes(name) + " " + what);
  }

  std::string header_text() {
    if (file_->size() < 8) throw ConvertError(where_ + ": is shorter than a safetensors header");
    std::uint64_t bytes = 0;
    file_->read(0, &bytes, 8);
    if (bytes > kMostIndexBytes) {
      throw ConvertError(where_ + ": the header would be larger than " + std::to_string(kMostIndexBytes >> 20) +
                         " MB; check that this is a safetensors file");
    }
    if (bytes > file_->size() - 8) throw ConvertError(where_ + ": ends inside its header");
    std::string text(bytes, '\0');
    file_->read(8, text.data(), bytes);
    data_ = 8 + bytes;
    return text;
  }

  const Json &member(const std::string &name, const Json &entry, const char *key) const {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    if (!entry.is_object() || found == entry.end()) refuse(name, std::string("has no ") + key);
    return *found;
  }

  std::vector<std::uint64_t> numbers(const std::string &name, const Json &list, const char *key) const {
    if (!list.is_array() || list.size() > kMaxDimensions) refuse(name, std::string("has a bad ") + key);
    std::vector<std::uint64_t> values;
    for (const Json &value : list) {
      if (!value.is_number_unsigned()) refuse(name, std::string("has a bad ") + key);
      values.push_back(value.get<std::uint64_t>());
    }
    return values;
  }

  const StoredType &type(const std::string &name, const Json &value) const {
    if (!value.is_string()) refuse(name, "has a dtype that is not a text");
    const auto text = value.get<std::string>();
    const StoredType *type = stored_type(&StoredType::safetensors, text);
    if (type == nullptr) refuse(name, "has the unknown dtype " + in_quotes(text));
    return *type;
  }

  std::uint64_t elements(const std::string &name, const std::vector<std::uint64_t> &shape) const {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) {
      if (n != 0 && count > kMaxElements / n) refuse(name, "is too large: " + shape_text(shape));
      count *= n;
    }
    return count;
  }

  void add(const std::string &name, const Json &entry) {
    if (name == "__metadata__") {
      if (std::exchange(has_metadata_, true)) refuse(name, "occurs twice");
      return;
    }
    if (const auto other = tensors_.find(name); other != tensors_.end()) {
      refuse(name, other->second.file == file_ ? "occurs twice" : "is in " + other->second.file->name() + ", too");
    }
    if (tensors_.size() == kMostTensors) {
      throw ConvertError(where_ + ": has more than " + std::to_string(kMostTensors) + " tensors, more than any model");
    }
    const StoredType &stored = type(name, member(name, entry, "dtype"));
    const auto shape = numbers(name, member(name, entry, "shape"), "shape");
    const auto range = numbers(name, member(name, entry, "data_offsets"), "data_offsets");
    if (range.size() != 2 || range[0] > range[1]) refuse(name, "has bad data_offsets");
    if (range[1] > file_->size() - data_) refuse(name, "ends behind the end of the file");
    if (elements(name, shape) * stored.bytes != range[1] - range[0]) {
      refuse(name, "has " + std::to_string(range[1] - range[0]) + " bytes, which is not " + stored.safetensors + " " +
                       shape_text(shape));
    }
    ranges_.push_back({range[0], range[1], name});
    StoredTensor tensor{name, file_, &stored, shape, data_ + range[0]};
    tensors_.emplace(name, std::move(tensor));
  }

  // The format leaves no byte of the data unused.
  void check_ranges() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range &a, const Range &b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
    std::uint64_t end = 0;
    for (const Range &range : ranges_) {
      if (range.begin < end) refuse(range.name, "overlaps another one");
      if (range.begin > end) refuse(range.name, "has a gap in front of it");
      end = range.end;
    }
    if (end != file_->size() - data_) {
      throw ConvertError(where_ + ": has " + std::to_string(file_->size() - data_ - end) +
                         " bytes behind the last tensor");
    }
  }

  std::shared_ptr<const InputFile> file_;
  std::string where_;
  TensorMap &tensors_;
  std::vector<Range> ranges_;
  bool has_metadata_ = false;
  std::uint64_t data_ = 0;  // where the data part begins
};

}  // namespace

void read_safetensors(const std::filesystem::path &path, TensorMap &tensors) {
  HeaderReader(std::make_shared<InputFile>(path), tensors).run();
}

}  // namespace tidbit::convert
