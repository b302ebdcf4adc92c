#include "converter/tokenizer/decoder_chain.h"

#include <algorithm>
#include <array>
#include <utility>

#include "converter/error.h"
#include "converter/tokenizer/normalizer/read.h"
#include "converter/tokenizer/vocabulary.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMostSteps = 16;
constexpr std::size_t kMostBytes = 4096;  // of a token between two steps

const std::string kBlank = "\xE2\x96\x81";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos && text.size() <= kMostBytes;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// The clean-up of WordPiece, in its order.
std::string cleaned_up(std::string text) {
  constexpr std::array<std::pair<const char *, const char *>, 11> kRules = {{{" .", "."},
                                                                             {" ?", "?"},
                                                                             {" !", "!"},
                                                                             {" ,", ","},
                                                                             {" ' ", "'"},
                                                                             {" n't", "n't"},
                                                                             {" 'm", "'m"},
                                                                             {" do not", " don't"},
                                                                             {" 's", "'s"},
                                                                             {" 've", "'ve"},
                                                                             {" 're", "'re"}}};
  for (const auto &[from, to] : kRules) text = replaced(std::move(text), from, to);
  return text;
}

// At most `start` characters that are `content` at the start, and `stop` at the end.
std::string stripped(const std::string &text, const std::string &content, std::uint64_t start, std::uint64_t stop) {
  std::string_view rest = text;
  for (; start > 0 && rest.starts_with(content); --start) rest.remove_prefix(content.size());
  for (; stop > 0 && rest.ends_with(content); --stop) rest.remove_suffix(content.size());
  return std::string(rest);
}

std::uint64_t count_of(const JsonNode &json, const char *key) {
  const auto number = json.find(key);
  if (!number) return 0;
  if (!number->value().is_number_unsigned()) number->refuse("is not a number of characters");
  return number->value().get<std::uint64_t>();
}

bool is_ascii(const std::string &text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string without_word_end(const std::string &text, const std::string &suffix, TokenPlace place) {
  return replaced(text, suffix, place.last ? "" : " ");
}

}  // namespace

DecoderChain::DecoderChain(const std::optional<JsonNode> &decoder, const std::string &source) : source_(source) {
  if (decoder) {
    read(*decoder);
  } else {
    steps_.emplace_back([](const std::string &token, TokenPlace place) { return place.first ? token : " " + token; });
  }
}

std::string DecoderChain::decoded(std::string name, TokenPlace place) const {
  for (const Step &step : steps_) {
    name = step(std::move(name), place);
    if (name.size() > kMostBytes) throw ConvertError(source_ + ": the decoder makes a token longer than 4096 bytes");
  }
  return name;
}

void DecoderChain::end_words(const std::string &suffix) {
  steps_.emplace_back(
      [suffix](const std::string &token, TokenPlace place) { return without_word_end(token, suffix, place); });
}

void DecoderChain::read(const JsonNode &json) {
  using Reader = void (DecoderChain::*)(const JsonNode &);
  constexpr std::array<std::pair<const char *, Reader>, 9> kReaders = {
      {{"BPEDecoder", &DecoderChain::read_bpe},
       {"ByteFallback", &DecoderChain::read_byte_fallback},
       {"ByteLevel", &DecoderChain::read_byte_level},
       {"Fuse", &DecoderChain::read_fuse},
       {"Metaspace", &DecoderChain::read_metaspace},
       {"Replace", &DecoderChain::read_replace},
       {"Sequence", &DecoderChain::read_sequence},
       {"Strip", &DecoderChain::read_strip},
       {"WordPiece", &DecoderChain::read_word_piece}}};
  const std::string &type = json.at("type").text();
  const auto known = std::find_if(kReaders.begin(), kReaders.end(), [&](const auto &row) { return type == row.first; });
  if (type == "CTC") json.refuse("is the decoder \"CTC\", which drops repeated tokens; that is not supported");
  if (known == kReaders.end()) json.refuse("is the decoder " + in_quotes(type) + ", which is not supported");
  (this->*known->second)(json);
  if (steps_.size() > kMostSteps) json.refuse("has more than " + std::to_string(kMostSteps) + " decoders");
}

// For decoders that see where tokens begin, or find texts that may be made of several tokens. ByteFallback makes one
// token of the bytes side by side.
void DecoderChain::refuse_joined(const JsonNode &json) const {
  if (!fused_ && !bytes_) return;
  json.refuse("is the decoder " + in_quotes(json.at("type").text()) +
              " behind one that joins tokens, which is not supported");
}

void DecoderChain::read_sequence(const JsonNode &json) {
  const JsonNode steps = json.at("decoders");
  for (std::size_t i = 0; i < steps.size(); ++i) read(steps.element(i));
}

void DecoderChain::read_bpe(const JsonNode &json) {
  refuse_joined(json);
  const std::string suffix = json.text_or("suffix", "</w>");
  if (suffix.empty()) json.refuse("has an empty suffix, which is not supported");
  end_words(suffix);
}

void DecoderChain::read_byte_fallback(const JsonNode &json) {
  refuse_joined(json);
  bytes_ = true;
  steps_.emplace_back([](const std::string &token, TokenPlace) {
    const int byte = byte_of_name(token);
    return byte < 0 ? token : std::string(1, static_cast<char>(byte));
  });
}

void DecoderChain::read_byte_level(const JsonNode &json) {
  refuse_joined(json);
  fused_ = bytes_ = true;
  steps_.emplace_back([](const std::string &token, TokenPlace) { return byte_level_bytes(token); });
}

void DecoderChain::read_fuse(const JsonNode &) { fused_ = true; }

// The first token loses each of its symbols, also those inside.
void DecoderChain::read_metaspace(const JsonNode &json) {
  refuse_joined(json);
  const std::string symbol = json.text_or("replacement", kBlank.c_str());
  if (characters_of(symbol).size() != 1) json.refuse("has a replacement that is not one character");
  const bool prepends =
      json.text_or("prepend_scheme", json.flag_or("add_prefix_space", true) ? "always" : "never") != "never";
  drops_blanks_ = drops_blanks_ || prepends;
  steps_.emplace_back([symbol, prepends](std::string token, TokenPlace place) {
    return replaced(std::move(token), symbol, prepends && place.first ? "" : " ");
  });
}

void DecoderChain::read_replace(const JsonNode &json) {
  const JsonNode pattern = json.at("pattern");
  const std::string &content = json.at("content").text();
  const auto regex = pattern.find("Regex");
  const std::string text = pattern.text_or("String", "");
  if (!regex && text.empty()) pattern.refuse("is empty, which is not supported");
  const bool one = !regex && characters_of(text).size() == 1 && (!bytes_ || is_ascii(text));
  if (!one) refuse_joined(json);
  if (!regex) {
    steps_.emplace_back(
        [text, content](std::string token, TokenPlace) { return replaced(std::move(token), text, content); });
    return;
  }
  NormalizerStep step{NormalizerStep::Kind::replace};
  step.text = content;
  step.expression = regex_stage(regex->text(), json.place());
  const NormalizerRun run(make_normalizer_program({step}, {}, json.place()));
  steps_.emplace_back([run](const std::string &token, TokenPlace) { return run(token); });
}

// Of the whole text, it may take one character at the start: more might be those of several tokens.
void DecoderChain::read_strip(const JsonNode &json) {
  const std::string content = json.at("content").text();
  if (characters_of(content).size() != 1) json.refuse("has a content that is not one character");
  const std::uint64_t start = count_of(json, "start"), stop = count_of(json, "stop");
  if (fused_ && (start > 1 || stop > 0 || drops_first_ || !is_ascii(content))) {
    json.refuse("is the decoder \"Strip\", which is supported only for one character at the start of a text");
  }
  if (!fused_) refuse_joined(json);
  if (fused_) drops_first_ = start == 1;
  steps_.emplace_back([content, start, stop, fused = fused_](const std::string &token, TokenPlace place) {
    return fused && !place.first ? token : stripped(token, content, start, stop);
  });
}

void DecoderChain::read_word_piece(const JsonNode &json) {
  refuse_joined(json);
  word_prefix_ = json.text_or("prefix", "##");
  const bool cleans_up = json.flag_or("cleanup", true);
  steps_.emplace_back([prefix = word_prefix_, cleans_up](std::string token, TokenPlace place) {
    if (!place.first) token = token.starts_with(prefix) ? token.substr(prefix.size()) : " " + token;
    return cleans_up ? cleaned_up(std::move(token)) : token;
  });
}

}  // namespace tidbit::convert
