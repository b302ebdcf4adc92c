#include "tests/grammar/support.h"

#include "format/grammar_format.h"
#include "format/model.h"

namespace tidbit::test {
namespace {

// Its tokens cover all bytes.
const TextModel &byte_model() {
  static const TextModel model = golden("byte_level");
  return model;
}

// False if the text leaves the grammar.
bool read(const tidbit_grammar *grammar, std::string_view text, tidbit_grammar_state *state) {
  EXPECT_EQ(tidbit_grammar_start(grammar, 0, state), TIDBIT_OK);
  for (const std::int32_t token : byte_model().encode(text)) {
    const tidbit_status status = tidbit_grammar_accept(grammar, byte_model().get(), token, state);
    if (status == TIDBIT_ERR_NO_TOKEN) return false;
    EXPECT_EQ(status, TIDBIT_OK);
  }
  return true;
}

}  // namespace

Form::Form(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {
  std::uint64_t fault = 0;
  EXPECT_EQ(tidbit_grammar_open(bytes_.data(), bytes_.size(), &grammar_, &fault), TIDBIT_OK) << fault;
}

bool Form::matches(std::string_view text) const {
  tidbit_grammar_state state;
  return read(&grammar_, text, &state) && tidbit_grammar_may_end(&grammar_, &state) != 0;
}

bool Form::begins(std::string_view text) const {
  tidbit_grammar_state state;
  return read(&grammar_, text, &state);
}

std::size_t Form::states() const { return reinterpret_cast<const format::GrammarHeader *>(bytes_.data())->states; }

std::uint32_t vocab_size(const TextModel &model) { return model_of(model.get()).config().vocab_size; }

SortedVocabulary::SortedVocabulary(const tidbit_model *model) : memory_(tidbit_vocabulary_bytes(model) / 4 + 1) {
  EXPECT_EQ(tidbit_vocabulary_init(model, memory_.data(), memory_.size() * 4, &vocabulary_), TIDBIT_OK);
}

}  // namespace tidbit::test
