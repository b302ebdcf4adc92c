// The trained model of the test data, in all its file formats.
#include <cmath>
#include <cstring>

#include "format/blob_format.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;

const fs::path kStories = fs::path(TIDBIT_DATA_DIR) / "stories260K";

std::string blob_of(const std::string &source, format::Format weights) {
  const Folder folder;
  auto options = plain_options(kStories / source, folder / "x.tidbit");
  options.weights = weights;
  convert::convert(options);
  return read_file(options.output);
}

// The weights section.
std::string weights_of(const std::string &blob) {
  format::Section section;
  std::memcpy(&section, blob.data() + sizeof(format::Header), sizeof section);
  return blob.substr(section.offset, section.bytes);
}

TEST(Stories, HaveTheSameWeightsInAllContainers) {
  TIDBIT_SKIP_WITHOUT(kStories);
  for (const auto dtype : {format::Format::f32, format::Format::q8}) {
    const std::string weights = weights_of(blob_of("stories260K.bin", dtype));
    for (const char *source : {"stories260K-v1.bin", "stories260K-f32", "stories260K-f32-sharded"}) {
      EXPECT_EQ(weights, weights_of(blob_of(source, dtype))) << source;
    }
  }
}

double distance(const std::string &a, const std::string &b) {
  double difference = 0, sum = 0;
  for (std::size_t at = 0; at < a.size(); at += 4) {
    float x, y;
    std::memcpy(&x, a.data() + at, 4);
    std::memcpy(&y, b.data() + at, 4);
    difference += std::pow(static_cast<double>(x) - static_cast<double>(y), 2);
    sum += std::pow(static_cast<double>(x), 2);
  }
  return std::sqrt(difference / sum);
}

TEST(Stories, InRoundedContainersAreClose) {
  TIDBIT_SKIP_WITHOUT(kStories);
  const std::string weights = weights_of(blob_of("stories260K.bin", format::Format::f32));
  EXPECT_LT(distance(weights, weights_of(blob_of("stories260K-bf16", format::Format::f32))), 0.003);
  EXPECT_LT(distance(weights, weights_of(blob_of("stories260K-q8-v2-gs8.bin", format::Format::f32))), 0.005);
}

TEST(Stories, CutAnywhereAreRefused) {
  TIDBIT_SKIP_WITHOUT(kStories);
  for (const char *source : {"stories260K.bin", "stories260K-v1.bin", "stories260K-q8-v2-gs8.bin"}) {
    const std::string bytes = read_file(kStories / source);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{7}, std::size_t{28}, std::size_t{255}, std::size_t{256}, bytes.size() - 1}) {
      const Folder folder;
      write_file(folder / "cut.bin", bytes.substr(0, size));
      EXPECT_NE(failure([&] { convert::convert(plain_options(folder / "cut.bin", folder / "x.tidbit")); }), "");
      EXPECT_EQ(folder.files(), 1u);
    }
  }
}

TEST(Stories, AreFoundWithTheirTokenizer) {
  TIDBIT_SKIP_WITHOUT(kStories);
  const Folder folder;
  convert::ConvertOptions options{.source = kStories / "stories260K.bin", .output = folder / "x.tidbit"};
  const auto report = convert::convert(options);
  EXPECT_EQ(report.info.has_tokenizer, 1);
  EXPECT_EQ(report.info.bos_token, 1);
  EXPECT_EQ(report.info.eos_token, 2);
}

}  // namespace
}  // namespace tidbit::test
