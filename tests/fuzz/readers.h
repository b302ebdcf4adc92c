// What every reader of a tokenizer file must do with any bytes: throw ConvertError, or give a section that the library
// takes and can use.
#pragma once

#include <optional>

#include "converter/error.h"
#include "tests/fuzz/files.h"
#include "tests/tokenizers/support.h"

namespace tidbit::fuzz {

inline constexpr std::uint32_t kVocab = 4096;  // more tokens are refused, which bounds the work

template <class Import>
void check_import(Import import) {
  std::optional<convert::ImportedTokenizer> tokenizer;
  try {
    tokenizer = import();
  } catch (const convert::ConvertError &) {
    return;
  }
  const test::TextModel model(*tokenizer, kVocab);
  std::uint64_t fault = 0;
  EXPECT_EQ(model.check(&fault), TIDBIT_OK);
  test::use_everything(model);
}

// The files lie side by side in a folder; the first one is imported. An empty one is left out.
inline void check_files(const std::vector<std::string> &names, const std::vector<std::string> &contents) {
  static const Folder folder;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool there = i == 0 || (i < contents.size() && !contents[i].empty());
    if (there) {
      folder.write(names[i], contents[i]);
    } else {
      folder.remove(names[i]);
    }
  }
  check_import([&] { return convert::import_tokenizer(folder / names[0], kVocab); });
}

}  // namespace tidbit::fuzz
