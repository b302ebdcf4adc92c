#include "converter/convert.h"

#include <algorithm>
#include <sstream>
#include <tuple>

#include "base/features.h"
#include "converter/blob/blob_view.h"
#include "converter/blob/records.h"
#include "converter/calibrate/calibrate.h"
#include "converter/chat/import.h"
#include "converter/families/adapter.h"
#include "converter/families/planner.h"
#include "converter/families/read_model.h"
#include "converter/report/collect.h"
#include "converter/report/page.h"
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
void refuse_file_beside(const fs::path &output, const fs::path &source, bool (*is_older)(const fs::path &)) {
  std::error_code ignored;
  if (!fs::is_regular_file(output, ignored) || fs::file_size(output) == 0 || is_older(output)) return;
  fs::path folder = fs::is_directory(source) ? source : source.parent_path();
  if (folder.empty()) folder = ".";
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    if (!fs::equivalent(output, entry.path(), ignored)) continue;
    throw ConvertError(output.string() + ": is in the checkpoint's folder and is not " +
                       (is_older == is_blob ? "a blob" : "a report") + "; it would be overwritten");
  }
}

void refuse_inputs(const fs::path &output, const ConvertOptions &options, const Checkpoint &checkpoint) {
  refuse_same_file(output, options.source);
  refuse_same_file(output, options.tokenizer_file);
  refuse_same_file(output, options.sign_key);
  refuse_same_file(output, options.calibrate);
  refuse_same_file(output, checkpoint.config_name);
  for (const auto &[name, tensor] : checkpoint.tensors) refuse_same_file(output, tensor.file->path());
}

void check_output(const ConvertOptions &options, const Checkpoint &checkpoint) {
  refuse_inputs(options.output, options, checkpoint);
  refuse_file_beside(options.output, options.source, is_blob);
  if (!options.adapter.empty()) refuse_file_beside(options.output, options.adapter, is_blob);
}

void check_report(const ConvertOptions &options, const Checkpoint &checkpoint) {
  if (options.report.empty()) return;
  if (fs::weakly_canonical(options.report) == fs::weakly_canonical(options.output)) {
    throw ConvertError(options.report.string() + ": is the name of the blob, too; give --report another");
  }
  refuse_inputs(options.report, options, checkpoint);
  refuse_file_beside(options.report, options.source, is_report);
  if (!options.adapter.empty()) refuse_file_beside(options.report, options.adapter, is_report);
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

Tools tools_of(const GrammarSource &source) {
  return read_tools(read_whole_file(source.text, kMostConfigBytes), source.text);
}

// The template is in the checkpoint, in its folder, or beside a tokenizer that is elsewhere.
// How it writes calls of the tools, if there are any.
std::optional<CallSyntax> add_chat(const ConvertOptions &options, const Checkpoint &checkpoint,
                                   const fs::path &tokenizer, ModelPlan &plan, BlobParts &parts,
                                   ConvertReport &report) {
  if (tokenizer.empty()) return std::nullopt;
  const Tools tools = options.grammar.kind == GrammarSource::Kind::tools ? tools_of(options.grammar) : Tools();
  chat::FoundTemplate found = {checkpoint.chat_template, checkpoint.source.filename().string(),
                               nlohmann::ordered_json::object()};
  if (found.text.empty() && fs::is_directory(options.source))
    found = chat::find_template(options.source, !tools.is_null());
  if (found.text.empty()) found = chat::find_template(tokenizer.parent_path(), !tools.is_null());
  chat::ImportedChat imported = chat::import_chat(std::move(found), parts.tokenizer, plan.config, tools);
  parts.chat = std::move(imported.section);
  report.chat = imported.description;
  plan.notes.insert(plan.notes.end(), imported.notes.begin(), imported.notes.end());
  add_end_tokens(imported.end_tokens, plan.config);
  return imported.calls;
}

// As in the blob's provenance. An expression could be too long for it.
std::string grammar_text(const GrammarSource &source) {
  switch (source.kind) {
    case GrammarSource::Kind::none:
      return "";
    case GrammarSource::Kind::regex:
      return "--regex";
    case GrammarSource::Kind::schema:
      return "--schema " + base_name(source.text);
    case GrammarSource::Kind::gbnf:
      return "--gbnf " + base_name(source.text);
    case GrammarSource::Kind::tools:
      break;
  }
  return "--tools " + base_name(source.text);
}

void add_grammar(const GrammarSource &source, const std::optional<CallSyntax> &calls, BlobParts &parts,
                 ConvertReport &report) {
  if (source.kind == GrammarSource::Kind::none) return;
  if (parts.tokenizer.empty()) {
    throw ConvertError(grammar_text(source) + ": a blob without a tokenizer has no texts that could have a form");
  }
  const std::vector<std::byte> grammar = calls ? compile_tools(tools_of(source), source.text, calls) : compile(source);
  RecordsWriter records;
  records.add(format::kAnswerGrammar, grammar);
  parts.grammars = records.section();
  report.grammar = grammar_text(source) + ", " + std::to_string(grammar.size()) + " bytes";
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

bool is_encoder(const ModelPlan &plan) { return plan.stacks.front().type == format::StackType::encoder; }

// Both run the model as one that generates text.
void check_encoder(const ConvertOptions &options, const ModelPlan &plan) {
  if (!is_encoder(plan)) return;
  const char *option = !options.calibrate.empty() ? "--calibrate" : options.budget.is_set() ? "--bits and --size" : "";
  if (*option != 0) throw ConvertError(std::string(option) + ": encoders are not supported; leave it out");
}

// Encoders with 8 bits lose half as much with it: their activations have a few large channels.
format::InputTransform transform_for(const ConvertOptions &options, const ModelPlan &plan, std::uint32_t group) {
  const bool helps = options.transform_by_model && is_encoder(plan) && options.weights == format::Format::q8;
  return helps && group <= format::kHadamardBlock ? format::InputTransform::hadamard : options.transform;
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

std::string options_text(const ConvertOptions &options, const fs::path &tokenizer, const BlobParts &parts,
                         std::uint32_t context) {
  return std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION + weights_options(options) +
         (options.embeddings ? std::string(" --embeddings ") + format_name(*options.embeddings) : "") +
         (parts.group != format::kDefaultGroup ? " --group " + std::to_string(parts.group) : "") +
         (parts.transform == format::InputTransform::hadamard ? " --transform hadamard" : "") + " --kv " +
         format_name(options.kv) + " --context " + std::to_string(context) + " --tokenizer " +
         (tokenizer.empty() ? "none" : base_name(tokenizer)) + adapter_text(options) +
         (options.calibrate.empty() ? "" : " --calibrate " + base_name(options.calibrate)) +
         (options.grammar.kind == GrammarSource::Kind::none ? "" : " " + grammar_text(options.grammar));
}

// Those of tensors that could differ from the checkpoint's, worst first.
std::vector<TensorReport> errors_of(const TensorReports &written) {
  std::vector<TensorReport> errors;
  for (const TensorReport &tensor : written) {
    if (tensor.entry.format != format::Format::f32) errors.push_back({tensor.name, tensor.relative_error});
  }
  std::sort(errors.begin(), errors.end(), [](const TensorReport &a, const TensorReport &b) {
    return std::tie(b.relative_error, a.name) < std::tie(a.relative_error, b.name);
  });
  return errors;
}

void write_report(const ModelPlan &plan, const BlobParts &parts, const TensorReports &written, const OutputFile &blob,
                  const ConvertOptions &options, const ConvertReport &summary, OutputFile &out) {
  const BlobView view(blob.temporary());
  const std::string page = report_page(collect_report(plan, parts, written, view, options, summary));
  out.write(0, page.data(), page.size());
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
  check_report(options, checkpoint);
  std::optional<OutputFile> page;  // opened before the work, so that a wrong path costs none
  if (!options.report.empty()) page.emplace(options.report);
  ModelPlan plan = plan_model(checkpoint, options.context);
  check_encoder(options, plan);
  set_options(options, plan.config);
  check_format(options.weights);
  check_format(options.embeddings.value_or(default_embeddings(options.weights)));
  ConvertReport report;
  BlobParts parts;
  const fs::path tokenizer = tokenizer_path(options);
  add_tokenizer(tokenizer, plan, parts, report);
  const std::optional<CallSyntax> calls = add_chat(options, checkpoint, tokenizer, plan, parts, report);
  add_grammar(options.grammar, calls, parts, report);
  parts.embeddings = options.embeddings.value_or(default_embeddings(options.weights));
  std::optional<SigningKey> key;
  if (!options.sign_key.empty()) parts.key = &key.emplace(options.sign_key);
  parts.group = options.group != 0 ? options.group : default_group(options.weights, plan.group);
  parts.transform = transform_for(options, plan, parts.group);
  check_transform(options, parts.group);
  parts.revision = options.revision;
  parts.source = base_name(options.source);
  parts.converter = options_text(options, tokenizer, parts, plan.config.default_context);

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
  const TensorReports written = write_blob(plan, parts, out, options.progress);
  report.errors = errors_of(written);
  report.notes = plan.notes;
  describe_blob(out.temporary(), report);
  if (page) write_report(plan, parts, written, out, options, report, *page);
  out.finish();
  if (page) page->finish();
  return report;
} catch (const fs::filesystem_error &error) {
  throw ConvertError(error.what());
}

}  // namespace tidbit::convert
