// Any pattern is compiled or refused, in bounded time, and what is compiled splits any text within the bound of steps.
// Input: a byte that chooses the behavior, the pattern, a zero byte, the text.
#include <cstring>

#include "converter/error.h"
#include "converter/tokenizer/split_program/program.h"
#include "tests/fuzz/files.h"
#include "tests/tokenizers/support.h"
#include "text/split_program.h"
#include "text/tokenizer_format.h"

namespace tidbit::fuzz {
namespace {

using test::AlignedBytes;

// A section that has nothing but the program.
AlignedBytes section_of(const convert::SplitProgram &program) {
  format::TokenizerHeader header{};
  const std::size_t classes = program.classes.size() * sizeof program.classes[0];
  header.classes = {sizeof header, static_cast<std::uint32_t>(program.classes.size())};
  header.split_program = {static_cast<std::uint32_t>(sizeof header + (classes + 7) / 8 * 8),
                          static_cast<std::uint32_t>(program.table.size())};
  std::vector<std::byte> bytes(header.split_program.offset + program.table.size() * sizeof program.table[0]);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + header.classes.offset, program.classes.data(), classes);
  std::memcpy(bytes.data() + header.split_program.offset, program.table.data(),
              program.table.size() * sizeof program.table[0]);
  return AlignedBytes(bytes);
}

void run(const AlignedBytes &section, std::string_view text) {
  ASSERT_TRUE(valid_split_program(section.data()));
  tidbit_tokenize_options options{};
  options.budget = static_cast<std::uint32_t>(48 * text.size() + 48);
  Steps steps(options);
  const Tables tables(section.data());
  SplitProgram program(tables, steps, text.data(), static_cast<std::uint32_t>(text.size()));
  std::uint32_t at = 0;
  for (SplitProgram::Piece piece; program.next(&piece); at = piece.end) {
    ASSERT_GE(piece.begin, at);
    ASSERT_GT(piece.end, piece.begin);
    ASSERT_LE(piece.end, text.size());
  }
  ASSERT_FALSE(steps.ended());
}

}  // namespace
}  // namespace tidbit::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  if (size < 1) return 0;
  auto parts = fuzz::split_files(data + 1, size - 1);
  parts.resize(2);
  try {
    convert::SplitStage stage = convert::regex_stage(parts[0], "x");
    stage.behavior = static_cast<format::split_program::Behavior>(data[0] % 5);
    stage.invert = (data[0] & 0x40) != 0;
    stage.byte_level = (data[0] & 0x80) != 0;
    std::vector<convert::SplitStage> stages{stage};
    if ((data[0] & 0x20) != 0) stages.push_back(convert::regex_stage("\\s+|[a-f]{2}", "x"));
    fuzz::run(fuzz::section_of(convert::make_split_program(stages, "x")), parts[1]);
  } catch (const convert::ConvertError &) {
  }
  return 0;
}
