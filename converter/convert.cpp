#include "converter/convert.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "converter/blob/blob_view.h"
#include "converter/families/plan_builder.h"
#include "converter/families/registry.h"
#include "converter/tokenizer/import.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;
using format::Dtype;

constexpr std::uint32_t kUsualContext = 2048;

// The last part of a path, also of "dir/" and ".".
std::string base_name(const fs::path &path) {
  const fs::path whole = fs::weakly_canonical(path);
  return whole.filename().string();
}

void refuse_same_file(const fs::path &output, const fs::path &input) {
  std::error_code ignored;
  if (fs::is_regular_file(output, ignored) && fs::equivalent(output, input, ignored)) {
    throw ConvertError(output.string() + ": is a file that is read from");
  }
}

// An empty file, or one that begins as a blob does.
bool may_be_replaced(const fs::path &path) {
  const InputFile file(path);
  unsigned char start[sizeof format::kMagic] = {};
  if (file.size() < sizeof start) return file.size() == 0;
  file.read(0, start, sizeof start);
  return std::memcmp(start, format::kMagic, sizeof start) == 0;
}

// Indices, configurations and tokenizers lie beside the weights, whether they are read or not.
void refuse_file_beside(const fs::path &output, const fs::path &source) {
  std::error_code ignored;
  if (!fs::is_regular_file(output, ignored)) return;
  fs::path folder = fs::is_directory(source) ? source : source.parent_path();
  if (folder.empty()) folder = ".";
  if (fs::equivalent(fs::canonical(output).parent_path(), folder, ignored) && !may_be_replaced(output)) {
    throw ConvertError(output.string() + ": lies beside the checkpoint and is not a blob; it would be lost");
  }
}

void check_output(const ConvertOptions &options, const Checkpoint &checkpoint) {
  refuse_same_file(options.output, options.source);
  refuse_same_file(options.output, options.tokenizer_file);
  refuse_same_file(options.output, checkpoint.config_name);
  for (const auto &[name, tensor] : checkpoint.tensors) refuse_same_file(options.output, tensor.file->path());
  refuse_file_beside(options.output, options.source);
}

fs::path tokenizer_path(const ConvertOptions &options) {
  if (options.tokenizer == TokenizerChoice::none) return {};
  if (options.tokenizer == TokenizerChoice::file) return options.tokenizer_file;
  fs::path found = find_tokenizer(options.source);
  if (found.empty()) {
    throw ConvertError(options.source.string() +
                       ": there is no tokenizer beside it; give --tokenizer FILE or --tokenizer none");
  }
  return found;
}

// The configuration's special tokens come first; the tokenizer adds what it calls end of text.
void add_tokenizer(const fs::path &path, ModelPlan &plan, BlobParts &parts, ConvertReport &report) {
  if (path.empty()) return;
  ImportedTokenizer tokenizer = import_tokenizer(path, plan.config.vocab_size);
  if (plan.config.bos_token < 0) plan.config.bos_token = tokenizer.bos_token;
  add_end_tokens(tokenizer.end_tokens, plan.config);
  parts.tokenizer = std::move(tokenizer.section);
  report.tokenizer = tokenizer.description;
}

void set_options(const ConvertOptions &options, format::Config &config) {
  config.weights = options.weights;
  config.kv = options.kv;
  config.default_context = std::min(config.max_context, kUsualContext);
  if (options.context == 0) return;
  if (options.context > config.max_context) {
    throw ConvertError("--context " + std::to_string(options.context) + " is more than the " +
                       std::to_string(config.max_context) + " positions of the model");
  }
  config.default_context = options.context;
}

void check_layout(const ConvertOptions &options) {
  const bool any_q8 = options.weights == Dtype::q8 || options.embeddings == Dtype::q8;
  if (options.q8_layout != format::Layout::tile16 && !any_q8) {
    throw ConvertError("--layout tile16x16 is a layout of q8 weights, and there would be none");
  }
}

std::string options_text(const ConvertOptions &options, const fs::path &tokenizer, std::uint32_t context) {
  return std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION + " --weights " + dtype_name(options.weights) +
         (options.embeddings ? std::string(" --embeddings ") + dtype_name(*options.embeddings) : "") +
         (options.q8_layout == format::Layout::tile16x16 ? " --layout tile16x16" : "") + " --kv " +
         dtype_name(options.kv) + " --context " + std::to_string(context) + " --tokenizer " +
         (tokenizer.empty() ? "none" : base_name(tokenizer));
}

// The runtime has the last word on what was written.
void describe_blob(const fs::path &path, ConvertReport &report) {
  const BlobView view(path);
  report.info = view.info();
  report.memory = view.plan();
  report.family = report.info.family;
  report.source = report.info.source;
  report.converter = report.info.converter;
  report.info.family = report.info.source = report.info.converter = nullptr;
}

}  // namespace

const char *dtype_name(Dtype dtype) {
  constexpr const char *kNames[] = {"f32", "f16", "q8", "q4"};
  return kNames[static_cast<std::size_t>(dtype)];
}

ConvertReport convert(const ConvertOptions &options) try {
  const Checkpoint checkpoint = open_checkpoint(options.source);
  check_output(options, checkpoint);
  ModelPlan plan = plan_model(checkpoint);
  set_options(options, plan.config);
  check_layout(options);
  ConvertReport report;
  BlobParts parts;
  const fs::path tokenizer = tokenizer_path(options);
  add_tokenizer(tokenizer, plan, parts, report);
  parts.embeddings = options.embeddings.value_or(options.weights);
  parts.q8_layout = options.q8_layout;
  parts.source = base_name(options.source);
  parts.converter = options_text(options, tokenizer, plan.config.default_context);

  OutputFile out(options.output);
  report.errors = write_blob(plan, parts, out, options.progress);
  std::sort(report.errors.begin(), report.errors.end(), [](const TensorReport &a, const TensorReport &b) {
    return std::tie(b.relative_error, a.name) < std::tie(a.relative_error, b.name);
  });
  report.notes = plan.notes;
  describe_blob(out.temporary(), report);
  out.finish();
  return report;
} catch (const fs::filesystem_error &error) {
  throw ConvertError(error.what());
}

}  // namespace tidbit::convert
