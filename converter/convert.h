// The whole conversion, as called by the program tidbit-convert and by the tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "converter/blob/blob_writer.h"
#include "converter/budget/choose.h"
#include "converter/error.h"
#include "converter/grammar/compile.h"
#include "format/blob_format.h"
#include "format/formats.h"
#include "tidbit/tidbit.h"

namespace tidbit::convert {

enum class TokenizerChoice : std::uint8_t { find, none, file };

struct ConvertOptions {
  std::filesystem::path source;  // Hugging Face directory, or file of PyTorch or llama2.c
  std::filesystem::path output;
  TokenizerChoice tokenizer = TokenizerChoice::find;
  std::filesystem::path tokenizer_file = {};  // of TokenizerChoice::file
  std::filesystem::path adapter = {};         // PEFT folder; empty: none
  double adapter_scale = 1;
  format::Format weights = format::Format::q8;
  Budget budget = {};                             // set: formats are chosen for it, whatever `weights` says
  std::optional<format::Format> embeddings = {};  // the token embedding and the head; default: default_embeddings
  std::uint32_t group = 0;                        // weights that share a scale: 64, 128 or 256; 0: default_group
  format::InputTransform transform = format::InputTransform::none;  // of the inputs of matrices in groups
  bool transform_by_model = false;                                  // or what is better for the kind of model
  format::Format kv = format::Format::f16;
  std::uint32_t context = 0;             // default context of the blob; 0: the model's, at most 2048
  std::uint32_t revision = 0;            // of the blob, for updates
  std::filesystem::path sign_key = {};   // PEM file of an Ed25519 private key; empty: the blob is not signed
  std::filesystem::path calibrate = {};  // sample text or token ids; empty: weights are rounded to the nearest
  GrammarSource grammar = {};            // the form of the answers; none: no section
  std::filesystem::path report = {};     // HTML page about the blob; empty: none
  std::string board = {};                // of the report: a name in platforms/cli/boards.cpp; empty: none
  Progress progress = {};
};

struct ConvertReport {
  tidbit_model_info info = {};  // its strings are those below
  std::string family, source, converter;
  tidbit_plan_result memory = {};    // at the default context
  std::vector<TensorReport> errors;  // worst first
  std::string formats;               // one line about the choice for a budget; empty without one
  std::string calibration;           // likewise
  std::string tokenizer;             // likewise
  std::string chat;                  // likewise, about the chat template
  std::string grammar;               // likewise
  std::vector<std::string> notes;
};

// Writes options.output. Every failure is a ConvertError and leaves no file behind.
ConvertReport convert(const ConvertOptions &options);

// The default transform for a weight format and a group, if one was given: codes of a few bits gain from it.
constexpr format::InputTransform default_transform(format::Format weights, std::uint32_t group) {
  return format::in_blocks(weights) && group <= format::kHadamardBlock ? format::InputTransform::hadamard
                                                                       : format::InputTransform::none;
}

// The default format of the token embedding and the head. Models that were trained with few values have others there.
constexpr format::Format default_embeddings(format::Format weights) {
  return format::is_trained(weights) ? format::Format::q8 : weights;
}

// The default number of weights that share a scale. BitNet has one scale per matrix.
constexpr std::uint32_t default_group(format::Format weights, std::uint32_t of_family) {
  return weights == format::Ternary::format ? format::kMaxGroup : of_family;
}

// The default format of the KV cache for a weight format.
constexpr format::Format default_kv(format::Format weights) {
  return weights == format::Format::f32 ? format::Format::f32 : format::Format::f16;
}

inline const char *format_name(format::Format format) { return tidbit_format_name(static_cast<tidbit_format>(format)); }

}  // namespace tidbit::convert
