#include "converter/convert.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "base/features.h"
#include "converter/blob/blob_view.h"
#include "converter/calibrate/calibrate.h"
#include "converter/chat/import.h"
#include "converter/families/adapter.h"
#include "converter/families/planner.h"
#include "converter/families/read_model.h"
#include "converter/sign.h"
#include "converter/tokenizer/import.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

// The last component of a path, also for "dir/" and ".".
std::string base_name(const fs::path &path) {
  const fs::path whole = fs::weakly_canonical(path);
  return whole.filename().string();
}

// Protects indices, configurations and tokenizers in the checkpoint's folder, even if they are not read. They may be
// symbolic links: so they are in the cache of Hugging Face.
void refuse_file_beside(const fs::path &output, const fs::path &source) {
  std::error_code ignored;
  if (!fs::is_regular_file(output, ignored) || fs::file_size(output) == 0 || is_blob(output)) return;
  fs::path folder = fs::is_directory(source) ? source : source.parent_path();
  if (folder.empty()) folder = ".";
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    if (!fs::equivalent(output, entry.path(), ignored)) continue;
    throw ConvertError(output.string() + ": is in the checkpoint's folder and is not a blob; it would be overwritten");
  }
}

void check_output(const ConvertOptions &options, const Checkpoint &checkpoint) {
  refuse_same_file(options.output, options.source);
  refuse_same_file(options.output, options.tokenizer_file);
  refuse_same_file(options.output, options.sign_key);
  refuse_same_file(options.output, options.calibrate);
  refuse_same_file(options.output, checkpoint.config_name);
  for (const auto &[name, tensor] : checkpoint.tensors) refuse_same_file(options.output, tensor.file->path());
  refuse_file_beside(options.output, options.source);
  if (!options.adapter.empty()) refuse_file_beside(options.output, options.adapter);
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

// The configuration's special tokens come first; the tokenizer adds its own end-of-text tokens.
void add_tokenizer(const fs::path &path, ModelPlan &plan, BlobParts &parts, ConvertReport &report) {
  if (path.empty()) return;
  ImportedTokenizer tokenizer = import_tokenizer(path, plan.config.vocab_size);
  if (plan.config.bos_token < 0) plan.config.bos_token = tokenizer.bos_token;
  add_end_tokens(tokenizer.end_tokens, plan.config);
  parts.tokenizer = std::move(tokenizer.section);
  report.tokenizer = tokenizer.description;
}

// The template is in the checkpoint, in its folder, or beside a tokenizer that is elsewhere.
void add_chat(const ConvertOptions &options, const Checkpoint &checkpoint, const fs::path &tokenizer, ModelPlan &plan,
              BlobParts &parts, ConvertReport &report) {
  if (tokenizer.empty()) return;
  chat::FoundTemplate found = {checkpoint.chat_template, checkpoint.source.filename().string(),
                               nlohmann::ordered_json::object()};
  if (found.text.empty() && fs::is_directory(options.source)) found = chat::find_template(options.source);
  if (found.text.empty()) found = chat::find_template(tokenizer.parent_path());
  chat::ImportedChat imported = chat::import_chat(std::move(found), parts.tokenizer, plan.config);
  parts.chat = std::move(imported.section);
  report.chat = imported.description;
  plan.notes.insert(plan.notes.end(), imported.notes.begin(), imported.notes.end());
  add_end_tokens(imported.end_tokens, plan.config);
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

void check_transform(const ConvertOptions &options, std::uint32_t group) {
  if (options.transform == format::InputTransform::none || group <= format::kHadamardBlock) return;
  throw ConvertError("--transform hadamard works with groups of 64 or 128 weights, not of " + std::to_string(group));
}

void check_format(format::Format format) {
  if (features::has_weights(format)) return;
  throw ConvertError(std::string(format_name(format)) + " weights are not in this build of tidbit (TIDBIT_WEIGHTS)");
}

std::string adapter_text(const ConvertOptions &options) {
  if (options.adapter.empty()) return "";
  std::ostringstream text;
  text << " --adapter " << base_name(options.adapter) << " --adapter-scale " << options.adapter_scale;
  return text.str();
}

std::string weights_options(const ConvertOptions &options) {
  if (options.budget.bytes != 0) return " --size " + std::to_string(options.budget.bytes);
  if (options.budget.bits == 0) return std::string(" --weights ") + format_name(options.weights);
  std::ostringstream text;
  text << " --bits " << options.budget.bits;
  return text.str();
}

std::string options_text(const ConvertOptions &options, const fs::path &tokenizer, std::uint32_t group,
                         std::uint32_t context) {
  return std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION + weights_options(options) +
         (options.embeddings ? std::string(" --embeddings ") + format_name(*options.embeddings) : "") +
         (group != format::kDefaultGroup ? " --group " + std::to_string(group) : "") +
         (options.transform == format::InputTransform::hadamard ? " --transform hadamard" : "") + " --kv " +
         format_name(options.kv) + " --context " + std::to_string(context) + " --tokenizer " +
         (tokenizer.empty() ? "none" : base_name(tokenizer)) + adapter_text(options) +
         (options.calibrate.empty() ? "" : " --calibrate " + base_name(options.calibrate));
}

// Opens the finished blob with the runtime, as the last check.
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

ConvertReport convert(const ConvertOptions &options) try {
  Checkpoint checkpoint = open_checkpoint(options.source);
  if (!options.adapter.empty()) merge_adapter(options.adapter, options.adapter_scale, checkpoint);
  check_output(options, checkpoint);
  ModelPlan plan = plan_model(checkpoint, options.context);
  set_options(options, plan.config);
  check_format(options.weights);
  check_format(options.embeddings.value_or(default_embeddings(options.weights)));
  ConvertReport report;
  BlobParts parts;
  const fs::path tokenizer = tokenizer_path(options);
  add_tokenizer(tokenizer, plan, parts, report);
  add_chat(options, checkpoint, tokenizer, plan, parts, report);
  parts.embeddings = options.embeddings.value_or(default_embeddings(options.weights));
  std::optional<SigningKey> key;
  if (!options.sign_key.empty()) parts.key = &key.emplace(options.sign_key);
  parts.group = options.group != 0 ? options.group : default_group(options.weights, plan.group);
  parts.transform = options.transform;
  check_transform(options, parts.group);
  parts.revision = options.revision;
  parts.source = base_name(options.source);
  parts.converter = options_text(options, tokenizer, parts.group, plan.config.default_context);

  if (options.budget.is_set()) {
    report.formats = choose_formats(plan, parts, options.budget, options.output, options.progress);
  }
  Calibration calibration;
  if (!options.calibrate.empty()) {
    calibration = calibrate(plan, parts, options.calibrate, options.output, options.progress);
    parts.rounded = &calibration.tensors;
    report.calibration = calibration.description;
  }
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
