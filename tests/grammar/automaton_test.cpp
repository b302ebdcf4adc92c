// Grammars that no compiler made.
#include <cstring>
#include <random>

#include "format/grammar_format.h"
#include "tests/grammar/support.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

Form nested() { return Form::gbnf("root ::= \"(\" root \")\" | [x-z]{1,3}"); }

tidbit_status open(const std::vector<std::byte> &bytes, std::uint64_t *fault = nullptr) {
  tidbit_grammar grammar;
  return tidbit_grammar_open(bytes.data(), bytes.size(), &grammar, fault);
}

TEST(GrammarAutomaton, EveryTruncationIsRejected) {
  const std::vector<std::byte> all = nested().bytes();
  for (std::size_t size = 0; size < all.size(); ++size) {
    EXPECT_NE(open({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size)}), TIDBIT_OK) << size;
  }
}

TEST(GrammarAutomaton, HeaderIsCheckedFieldByField) {
  const std::vector<std::byte> all = nested().bytes();
  for (std::size_t at = 0; at < sizeof(format::GrammarHeader); at += 4) {
    for (const std::uint32_t value : {0xFFFFFFFFu, 0x10000u}) {
      std::vector<std::byte> bytes = all;
      std::memcpy(bytes.data() + at, &value, sizeof value);
      std::uint64_t fault = 99;
      EXPECT_NE(open(bytes, &fault), TIDBIT_OK) << at;
      EXPECT_LE(fault, sizeof(format::GrammarHeader)) << at;
    }
  }
  std::vector<std::byte> newer = all;
  newer[4] = std::byte{2};
  EXPECT_EQ(open(newer), TIDBIT_ERR_VERSION);
}

// Whatever a grammar says that passed the check, there is a legal byte or an end at each step.
TEST(GrammarAutomaton, WhatPassesTheCheckNeverGetsStuck) {
  const std::vector<std::byte> all = nested().bytes();
  const TextModel model = golden("byte_level");
  const SortedVocabulary vocabulary(model.get());
  std::mt19937 random(1);
  std::uint32_t opened = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::byte> bytes = all;
    for (int changes = 0; changes < 2; ++changes) {
      bytes[sizeof(format::GrammarHeader) + random() % (all.size() - sizeof(format::GrammarHeader))] =
          std::byte{static_cast<unsigned char>(random() % 4 == 0 ? random() : random() % 8)};
    }
    tidbit_grammar grammar;
    if (tidbit_grammar_open(bytes.data(), bytes.size(), &grammar, nullptr) != TIDBIT_OK) continue;
    ++opened;
    tidbit_grammar_state state;
    ASSERT_EQ(tidbit_grammar_start(&grammar, 0, &state), TIDBIT_OK);
    for (int step = 0; step < 20; ++step) {
      std::vector<float> logits(vocab_size(model));
      std::uint32_t allowed = 0;
      tidbit_grammar_mask(&grammar, vocabulary.get(), &state, logits.data(), static_cast<std::uint32_t>(logits.size()),
                          &allowed);
      if (allowed == 0) {
        // All single bytes are tokens, so only the end can be left.
        ASSERT_EQ(tidbit_grammar_may_end(&grammar, &state), 1);
        break;
      }
      std::uint32_t skip = static_cast<std::uint32_t>(random() % allowed);
      std::int32_t token = -1;
      for (std::size_t t = 0; t < logits.size() && token < 0; ++t) {
        if (logits[t] == 0 && skip-- == 0) token = static_cast<std::int32_t>(t);
      }
      ASSERT_EQ(tidbit_grammar_accept(&grammar, model.get(), token, &state), TIDBIT_OK);
    }
  }
  EXPECT_GT(opened, 100u);
}

// The mask may take shortcuts, but only where the automaton allows them, whoever made it.
TEST(GrammarAutomaton, MasksOfForgedStringsEqualAcceptingEachToken) {
  const TextModel model = golden("byte_level");
  const SortedVocabulary vocabulary(model.get());
  std::mt19937 random(1);
  std::uint32_t opened = 0;
  const Form forms[] = {Form::regex("[^\"\\\\]{0,3}\"[^x]*"),
                        Form::gbnf(R"(root ::= "\n" root "\n" | [^\n"\\]{1,3} "\"" [^"]*)")};
  for (int i = 0; i < tries(14000); ++i) {
    std::vector<std::byte> bytes = Form(forms[i % 2]).bytes();
    const std::size_t head = sizeof(format::GrammarHeader);
    for (int changes = 0; changes < 1 + i % 3; ++changes) {
      std::byte &byte = bytes[head + random() % (bytes.size() - head)];
      byte = std::byte{static_cast<unsigned char>(random() % 2 == 0 ? random() : random() % 8)};
    }
    tidbit_grammar grammar;
    if (tidbit_grammar_open(bytes.data(), bytes.size(), &grammar, nullptr) != TIDBIT_OK) continue;
    ++opened;
    tidbit_grammar_state state;
    ASSERT_EQ(tidbit_grammar_start(&grammar, 0, &state), TIDBIT_OK);
    for (int step = 0; step < 4; ++step) {
      std::vector<float> logits(vocab_size(model), 1);
      std::vector<std::int32_t> allowed;
      tidbit_grammar_mask(&grammar, vocabulary.get(), &state, logits.data(), vocab_size(model), nullptr);
      for (std::uint32_t t = 0; t < vocab_size(model); ++t) {
        tidbit_grammar_state next = state;
        const tidbit_status status = tidbit_grammar_accept(&grammar, model.get(), static_cast<std::int32_t>(t), &next);
        ASSERT_EQ(status == TIDBIT_OK, logits[t] == 1) << i << " " << step << " " << t;
        if (status == TIDBIT_OK) allowed.push_back(static_cast<std::int32_t>(t));
      }
      if (allowed.empty()) break;
      const std::int32_t token = allowed[random() % allowed.size()];
      ASSERT_EQ(tidbit_grammar_accept(&grammar, model.get(), token, &state), TIDBIT_OK);
    }
  }
  EXPECT_GT(opened, 60u);
}

TEST(GrammarAutomaton, StatesFromOutsideAreChecked) {
  const Form form = nested();
  const TextModel model = golden("byte_level");
  tidbit_grammar_state good;
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &good), TIDBIT_OK);
  const std::int32_t token = model.encode("x").at(0);
  const auto accept = [&](tidbit_grammar_state state) {
    return tidbit_grammar_accept(form.get(), model.get(), token, &state);
  };
  EXPECT_EQ(accept(good), TIDBIT_OK);
  tidbit_grammar_state bad = good;
  bad.state = 60000;
  EXPECT_EQ(accept(bad), TIDBIT_ERR_ARGUMENT);
  bad = good;
  bad.depth = TIDBIT_GRAMMAR_DEPTH + 1;
  EXPECT_EQ(accept(bad), TIDBIT_ERR_ARGUMENT);
  bad = good;
  bad.depth = 2;
  bad.stack[1] = 60000;
  EXPECT_EQ(accept(bad), TIDBIT_ERR_ARGUMENT);
  bad = good;
  bad.first = 2;
  EXPECT_EQ(accept(bad), TIDBIT_ERR_ARGUMENT);
}

TEST(GrammarAutomaton, NullAndUnopenedAreErrors) {
  const Form form = nested();
  tidbit_grammar closed = {};
  tidbit_grammar_state state;
  EXPECT_EQ(tidbit_grammar_open(nullptr, 0, &closed, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_grammar_open("abcd", 4, nullptr, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_grammar_start(&closed, 0, &state), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_grammar_start(form.get(), 0, nullptr), TIDBIT_ERR_ARGUMENT);
  EXPECT_EQ(tidbit_grammar_may_end(&closed, &state), 0);
  EXPECT_EQ(tidbit_grammar_forced(&closed, nullptr, &state), -1);
  EXPECT_EQ(tidbit_vocabulary_bytes(nullptr), 0u);
  tidbit_vocabulary vocabulary;
  EXPECT_EQ(tidbit_vocabulary_init(nullptr, nullptr, 0, &vocabulary), TIDBIT_ERR_ARGUMENT);
  const TextModel model = golden("byte_level");
  std::uint32_t little[4];
  EXPECT_EQ(tidbit_vocabulary_init(model.get(), little, sizeof little, &vocabulary), TIDBIT_ERR_MEMORY);
  std::vector<float> logits(8);
  ASSERT_EQ(tidbit_grammar_start(form.get(), 0, &state), TIDBIT_OK);
  EXPECT_EQ(tidbit_grammar_mask(form.get(), &vocabulary, &state, logits.data(), 8, nullptr), TIDBIT_ERR_ARGUMENT);
}

}  // namespace
}  // namespace tidbit::test
