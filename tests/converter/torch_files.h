// Files of torch.save, made by hand: pickles opcode by opcode, and zip archives record by record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidbit::test {

// Little-endian.
template <class Number>
std::string little(Number value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> 8 * i);
  return bytes;
}

// Opcodes of pickles.
namespace pickle {

inline const std::string kProto = "\x80\x02", kStop = ".", kMark = "(", kReduce = "R", kBuild = "b",
                         kNewObject = "\x81", kTuple = "t", kEmptyTuple = ")", kEmptyList = "]", kEmptyDict = "}",
                         kAppends = "e", kSetItems = "u", kPersid = "Q", kFalse = "\x89";

inline std::string program(const std::string &body) { return kProto + body + kStop; }
inline std::string global(const std::string &module, const std::string &name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string text(const std::string &text) {
  return std::string("X").append(little(static_cast<std::uint32_t>(text.size()))).append(text);
}
inline std::string number(std::int64_t value) { return "\x8A\x08" + little(value); }
inline std::string tuple(const std::string &items) { return kMark + items + kTuple; }
inline std::string dictionary(const std::string &pairs) { return kEmptyDict + kMark + pairs + kSetItems; }
inline std::string numbers(const std::vector<std::int64_t> &values) {
  std::string items;
  for (const std::int64_t value : values) items += number(value);
  return tuple(items);
}

struct Tensor {
  std::string type = "FloatStorage";
  std::string key = "0";
  std::int64_t storage = 4;  // elements
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape = {2, 2};
  std::vector<std::int64_t> strides = {2, 1};
};

inline std::string tensor(const Tensor &t) {
  const std::string storage =
      tuple(text("storage") + global("torch", t.type) + text(t.key) + text("cpu") + number(t.storage)) + kPersid;
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple(storage + number(t.offset) + numbers(t.shape) + numbers(t.strides) + kFalse + kEmptyDict) + kReduce;
}

// A state_dict of one tensor.
inline std::string state_dict(const Tensor &t) { return program(dictionary(text("a") + tensor(t))); }

}  // namespace pickle

struct ZipMember {
  std::string name, contents;
  std::uint16_t method = 0, flags = 0;
  std::uint32_t size = 0xFFFFFFFF;    // that the directory tells; default: the right one
  std::uint32_t packed = 0xFFFFFFFF;  // compressed size
  std::string local_name = {};        // in the member's own header; default: the same
  std::int64_t header = -1;           // its offset in the directory; default: the right one
};

class Zip {
 public:
  void add(const ZipMember &member) {
    const auto size = static_cast<std::uint32_t>(member.contents.size());
    const std::uint32_t told = member.size == 0xFFFFFFFF ? size : member.size;
    const std::uint32_t packed = member.packed == 0xFFFFFFFF ? told : member.packed;
    const auto header =
        member.header < 0 ? static_cast<std::uint32_t>(bytes_.size()) : static_cast<std::uint32_t>(member.header);
    const std::string &name = member.local_name.empty() ? member.name : member.local_name;
    bytes_ += "PK\3\4" + little(std::uint16_t{0}) + little(member.flags) + little(member.method) +
              std::string(8, '\0') + little(packed) + little(told) + little(static_cast<std::uint16_t>(name.size())) +
              little(std::uint16_t{0}) + name + member.contents;
    directory_ += "PK\1\2" + std::string(4, '\0') + little(member.flags) + little(member.method) +
                  std::string(8, '\0') + little(packed) + little(told) +
                  little(static_cast<std::uint16_t>(member.name.size())) + std::string(12, '\0') + little(header) +
                  member.name;
    ++count_;
  }
  void add_gap(std::size_t bytes) { bytes_ += std::string(bytes, 'x'); }

  std::string bytes() const {
    return bytes_ + directory_ + "PK\5\6" + std::string(4, '\0') + little(count_) + little(count_) +
           little(static_cast<std::uint32_t>(directory_.size())) + little(static_cast<std::uint32_t>(bytes_.size())) +
           little(std::uint16_t{0});
  }

 private:
  std::string bytes_, directory_;
  std::uint16_t count_ = 0;
};

// An archive with this pickle and one storage of 4 floats.
inline std::string torch_file(const std::string &pickle, const std::string &storage = std::string(16, '\0')) {
  Zip zip;
  zip.add({"x/data.pkl", pickle});
  zip.add({"x/byteorder", "little"});
  zip.add({"x/data/0", storage});
  return zip.bytes();
}

}  // namespace tidbit::test
