// A normalizer as a list of steps, and the list as the tables of the tokenizer section (TOKENIZER_FORMAT.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "converter/tokenizer/normalizer/char_map.h"
#include "converter/tokenizer/split_program/program.h"

namespace tidbit::convert {

struct NormalizerStep {
  enum class Kind { map, clusters, order, skip, strip, prepend, replace };

  Kind kind = Kind::map;
  CharMap map = {};       // map, clusters
  bool composes = false;  // order
  CharSet set = {};       // skip: the next `count` steps, if no character is in the set
  std::uint32_t count = 0;
  bool left = false;  // strip
  bool right = false;
  std::string text = {};                      // prepend, replace
  std::optional<SplitStage> expression = {};  // replace: its matches
};

// Options of an added token, and the text by which it is found.
struct AddedSearch {
  std::string text;
  bool own_text = true;  // the token's own
  bool single_word = false;
  bool strip_left = false;
  bool strip_right = false;
};

struct NormalizerProgram {
  std::vector<std::uint32_t> table;
  std::vector<std::uint32_t> data;
};

// `source` names the file in error messages. `added` are in the order of the section; may be empty.
NormalizerProgram make_normalizer_program(const std::vector<NormalizerStep> &steps,
                                          const std::vector<AddedSearch> &added, const std::string &source);

// What the library makes of texts.
class NormalizerRun {
 public:
  explicit NormalizerRun(const NormalizerProgram &program);
  std::string operator()(std::string_view text) const;

 private:
  std::vector<std::uint32_t> section_;  // a tokenizer section that has only the normalizer
  std::size_t growth_;
};

}  // namespace tidbit::convert
