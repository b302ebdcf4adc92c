// The tokenizer of a GGUF file, as the metadata describe it. The input is text: the lines of one record are separated
// by line feeds, the records by zero bytes: model, pre; tokens; scores; types; merges; bos, eos, three switches,
// unknown, one more switch, separator and two more switches; the charsmap, as numbers.
#include "converter/tokenizer/gguf.h"

#include <cstdlib>

#include "tests/fuzz/readers.h"

namespace {

using tidbit::fuzz::split;

std::vector<float> floats(const std::string &lines) {
  std::vector<float> values;
  if (lines.empty()) return values;
  for (const std::string &line : split(lines, '\n')) values.push_back(std::strtof(line.c_str(), nullptr));
  return values;
}

std::vector<std::int32_t> integers(const std::string &lines) {
  std::vector<std::int32_t> values;
  if (lines.empty()) return values;
  for (const std::string &line : split(lines, '\n')) {
    values.push_back(static_cast<std::int32_t>(std::strtol(line.c_str(), nullptr, 10)));
  }
  return values;
}

tidbit::convert::GgufTokenizer read(const std::uint8_t *data, std::size_t size) {
  std::vector<std::string> records = tidbit::fuzz::split_files(data, size);
  records.resize(7);
  tidbit::convert::GgufTokenizer gguf;
  const auto names = split(records[0], '\n');
  gguf.model = names[0];
  gguf.pre = names.size() > 1 ? names[1] : "";
  gguf.tokens = split(records[1], '\n');
  gguf.scores = floats(records[2]);
  gguf.types = integers(records[3]);
  if (!records[4].empty()) gguf.merges = split(records[4], '\n');
  auto numbers = integers(records[5]);
  numbers.resize(10, -1);
  gguf.bos = numbers[0];
  gguf.eos = numbers[1];
  gguf.add_bos = numbers[2];
  gguf.add_eos = numbers[3];
  gguf.add_space_prefix = numbers[4];
  gguf.unknown = numbers[5];
  gguf.remove_extra_whitespaces = numbers[6];
  gguf.separator = numbers[7];
  gguf.lowercase = numbers[8];
  gguf.strip_accents = numbers[9];
  for (const std::int32_t byte : integers(records[6])) gguf.charsmap.push_back(static_cast<char>(byte));
  return gguf;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  const convert::GgufTokenizer gguf = read(data, size);
  fuzz::check_import([&] { return convert::import_gguf_tokenizer(gguf, fuzz::kVocab, "GGUF"); });
  return 0;
}
