// The number formats of GGUF: every block stands for the values that the Python package gguf gives it.
#include <fstream>
#include <sstream>

#include "converter/checkpoint/ggml_types.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using convert::GgmlType;

// The values of blocks, read by any of the ways to read them.
std::vector<float> values_of(const GgmlType &type, const std::string &bytes, std::uint64_t step) {
  const Folder folder;
  write_file(folder / "blocks", bytes);
  convert::StoredTensor tensor;
  tensor.name = type.stored.safetensors;
  tensor.file = std::make_shared<convert::InputFile>(folder / "blocks");
  tensor.type = &type.stored;
  tensor.block = type.block;
  tensor.shape = {bytes.size() / type.stored.bytes * type.block};
  std::vector<float> values(tensor.elements());
  for (std::uint64_t first = 0; first < values.size(); first += step) {
    const std::uint64_t count = std::min(step, values.size() - first);
    convert::read_elements(tensor, first, count, values.data() + first);
  }
  return values;
}

std::string hash_of(const std::vector<float> &values) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const float value : values) {
    const float without_sign_of_zero = value + 0.0f;
    unsigned char bytes[sizeof value];
    std::memcpy(bytes, &without_sign_of_zero, sizeof value);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001B3u;
  }
  std::ostringstream text;
  text << std::hex;
  text.width(16);
  text.fill('0');
  text << hash;
  return text.str();
}

std::string unhex(const std::string &text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

TEST(GgufTypes, StandForTheValuesThatTheGgufPackageGives) {
  std::ifstream file(TIDBIT_GGUF_BLOCKS);
  std::string name, bytes, hash;
  std::uint32_t id = 0;
  int count = 0;
  for (; file >> name >> id >> bytes >> hash; ++count) {
    const GgmlType *type = convert::ggml_type(id);
    ASSERT_NE(type, nullptr) << name;
    EXPECT_EQ(type->stored.safetensors, name);
    const std::string blocks = unhex(bytes);
    EXPECT_EQ(hash_of(values_of(*type, blocks, 4096)), hash) << name;
    EXPECT_EQ(hash_of(values_of(*type, blocks, 37)), hash) << name << " in pieces";
  }
  EXPECT_EQ(count, 25);
}

// The vectors of ggml itself: NAME.blocks and NAME.deq.f32.
TEST(GgufTypes, StandForGgmlsOwnValues) {
  const fs::path vectors = fs::path(TIDBIT_DATA_DIR) / "gguf" / "quant_vectors";
  TIDBIT_SKIP_WITHOUT(vectors);
  std::ifstream index(vectors / "INDEX.txt");
  std::string line;
  int count = 0;
  for (; std::getline(index, line); ++count) {
    const std::string name = line.substr(0, line.find(' '));
    const GgmlType *type =
        convert::ggml_type(static_cast<std::uint32_t>(std::stoul(line.substr(line.find("type_id=") + 8))));
    ASSERT_NE(type, nullptr) << name;
    const std::string expected = read_file(vectors / (name + ".deq.f32"));
    const std::vector<float> values = values_of(*type, read_file(vectors / (name + ".blocks")), 65536);
    ASSERT_EQ(values.size() * sizeof(float), expected.size()) << name;
    std::vector<float> wanted(values.size());
    std::memcpy(wanted.data(), expected.data(), expected.size());
    EXPECT_EQ(values, wanted) << name;
  }
  EXPECT_GE(count, 17);
}

// The package has no values for these.
TEST(GgufTypes, OfOneAndTwoBitsAreMultiplesOfTheScale) {
  const std::string scale("\x00\x38", 2);  // 0.5
  const std::vector<float> one = values_of(*convert::ggml_type(41), scale + std::string(16, '\x05'), 128);
  EXPECT_EQ(std::vector<float>(one.begin(), one.begin() + 4), (std::vector<float>{0.5f, -0.5f, 0.5f, -0.5f}));
  const std::vector<float> two = values_of(*convert::ggml_type(42), scale + std::string(16, '\xE4'), 64);
  EXPECT_EQ(std::vector<float>(two.begin(), two.begin() + 4), (std::vector<float>{-0.5f, 0, 0.5f, 1}));
  std::string eight(292, '\0');
  eight.replace(0, 4, std::string("\0\0\x80\x3E", 4));  // 0.25
  eight[4] = '\xFF';
  EXPECT_EQ(values_of(*convert::ggml_type(15), eight, 256).front(), -0.25f);
}

}  // namespace
}  // namespace tidbit::test
