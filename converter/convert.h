// The whole conversion, as the program tidbit-convert and the tests call it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "converter/blob/blob_writer.h"
#include "converter/error.h"
#include "format/blob_format.h"
#include "tidbit/tidbit.h"

namespace tidbit::convert {

enum class TokenizerChoice : std::uint8_t { find, none, file };

struct ConvertOptions {
  std::filesystem::path source;  // Hugging Face directory or llama2.c file
  std::filesystem::path output;
  TokenizerChoice tokenizer = TokenizerChoice::find;
  std::filesystem::path tokenizer_file = {};  // of TokenizerChoice::file
  format::Dtype weights = format::Dtype::q8;
  std::optional<format::Dtype> embeddings = {};  // of the token embedding and the head; default: that of the weights
  format::Layout q8_layout = format::Layout::tile16;
  format::Dtype kv = format::Dtype::f16;
  std::uint32_t context = 0;  // default context of the blob; 0: the model's, at most 2048
  Progress progress = {};
};

struct ConvertReport {
  tidbit_model_info info = {};  // its strings are those below
  std::string family, source, converter;
  tidbit_plan_result memory = {};    // at the default context
  std::vector<TensorReport> errors;  // worst first
  std::string tokenizer;             // one line; empty without one
  std::vector<std::string> notes;
};

// Writes options.output, or nothing: every failure is a ConvertError and leaves no file behind.
ConvertReport convert(const ConvertOptions &options);

// The KV cache that goes with a number format unless the user says otherwise.
constexpr format::Dtype default_kv(format::Dtype weights) {
  return weights == format::Dtype::f32 ? format::Dtype::f32 : format::Dtype::f16;
}

const char *dtype_name(format::Dtype dtype);

}  // namespace tidbit::convert
