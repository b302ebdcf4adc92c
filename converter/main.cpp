// tidbit-convert: a trained checkpoint becomes a blob. It also signs blobs.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/boards.h"
#include "converter/convert.h"
#include "converter/grammar/options.h"
#include "converter/parallel.h"
#include "converter/sign.h"
#include "converter/summary.h"

namespace {

using namespace tidbit::convert;
using tidbit::format::Format;

extern "C" void stop(int signal_number) {
  remove_unfinished_output();
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void install_signal_handlers() {
  for (const int number :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF}) {
    struct sigaction action = {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;  // as under nohup
    action.sa_handler = stop;
    ::sigaction(number, &action, nullptr);
  }
  ::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write() like any other
}

// A bar on stderr for each stage, with its rate and the time that is left. Drawn when it grows, and once a second.
class ProgressBar {
 public:
  void operator()(const char *stage, std::uint64_t done, std::uint64_t total) {
    const Clock::time_point now = Clock::now();
    const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
    if (stage != stage_) begin_ = now;
    if (percent == shown_ && stage == stage_ && (percent == 100 || now - drawn_ < std::chrono::seconds(1))) return;
    shown_ = percent;
    drawn_ = now;
    stage_ = stage;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    std::fprintf(stderr, "\r%-9s [%s] %3u%%%s", stage, bar(percent).c_str(), static_cast<unsigned>(percent),
                 pace(done, total, seconds).c_str());
    if (percent == 100) std::fputc('\n', stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::string bar(std::uint64_t percent) {
    constexpr std::uint64_t kWidth = 30;
    const std::uint64_t full = percent * kWidth / 100;
    return std::string(full, '#') + std::string(kWidth - full, ' ');
  }

  // As long as any other, because each overwrites the one before. The weights are counted in bytes.
  std::string pace(std::uint64_t done, std::uint64_t total, double seconds) const {
    if (done == 0 || seconds < 0.05) return std::string(28, ' ');
    const double rate = static_cast<double>(done) / seconds;
    const double rest = done < total ? static_cast<double>(total - done) / rate : seconds;
    std::array<char, 64> text;
    const std::string speed =
        stage_ == "weights" ? std::to_string(static_cast<std::uint64_t>(rate / 1e6)) + " MB/s" : "";
    std::snprintf(text.data(), text.size(), " %10s %6.0f s %-8s", speed.c_str(), rest,
                  done < total ? "left" : "in all");
    return text.data();
  }

  std::string stage_;
  std::uint64_t shown_ = 101;
  Clock::time_point begin_, drawn_;
};

// The options as they were typed; CLI11 has checked them.
struct CommandLine {
  std::string source, output, tokenizer, weights = "q8", embeddings, kv, transform;
  std::string sign_key, adapter, calibrate, report, board;
  double adapter_scale = 1;
  GrammarSource grammar;
  Budget budget;
  std::string size;
  std::uint32_t group = 0, context = 0, revision = 0, threads = 0;
};

// The names of the first `count` formats.
std::vector<std::string> format_names(std::uint32_t count) {
  std::vector<std::string> names(count);
  for (std::uint32_t i = 0; i < count; ++i) names[i] = format_name(static_cast<Format>(i));
  return names;
}

Format format_named(const std::string &name) {
  const auto names = format_names(tidbit::format::kFormats);
  return static_cast<Format>(std::find(names.begin(), names.end(), name) - names.begin());
}

// Empty if there is such a board.
std::string board_error(const std::string &name) {
  if (tidbit::cli::find_board(name.c_str()) != nullptr) return "";
  std::array<char, 256> boards;
  tidbit::cli::list_boards(boards.data(), boards.size());
  return "unknown board '" + name + "'; use one of " + boards.data();
}

// Empty if the text is a number of bits.
std::string check_bits(const std::string &text) {
  double bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool good = error == std::errc() && end == text.data() + text.size() && bits >= 2 && bits <= 16;
  return good ? "" : "is not a number from 2 to 16";
}

// "4000000", "4MB" or "4MiB" as bytes; none for any other text, for 0, and above 2^60.
std::optional<std::uint64_t> bytes_in(const std::string &text) {
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {{"", 1},
                                                                   {"kB", 1000},
                                                                   {"KB", 1000},
                                                                   {"MB", 1000000},
                                                                   {"GB", 1000000000},
                                                                   {"KiB", 1ull << 10},
                                                                   {"MiB", 1ull << 20},
                                                                   {"GiB", 1ull << 30}};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto *unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto &u) { return u.first == rest; });
  if (error != std::errc() || unit == std::end(kUnits) || number == 0) return std::nullopt;
  if (number > (1ull << 60) / unit->second) return std::nullopt;
  return number * unit->second;
}
constexpr const char *kSizeRange = "is not a size such as 4000000, 4MB or 4MiB";

void declare(CLI::App &app, CommandLine &line) {
  const CLI::IsMember weights(format_names(tidbit::format::kFormats)), kv(format_names(tidbit::format::kKvFormats));
  app.set_version_flag("--version", std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION);
  app.add_option("SOURCE", line.source,
                 "Hugging Face directory (config.json and weights), GGUF, PyTorch .pt or .bin, or llama2.c .bin; with "
                 "--sign also "
                 "a blob")
      ->required();
  app.add_option("-o,--output", line.output, "the blob to write")->required();
  app.add_option("--tokenizer", line.tokenizer, "tokenizer file, or 'none'; default: the one beside the checkpoint");
  CLI::Option *adapter =
      app.add_option("--adapter", line.adapter, "folder of a LoRA adapter (PEFT), which is merged into the weights");
  app.add_option("--adapter-scale", line.adapter_scale, "how much of the adapter is added; default: 1")->needs(adapter);
  CLI::Option *format =
      app.add_option("--weights", line.weights,
                     "number format of the matrices; default: q8; q8x16 is q8 for Helium (Cortex-M55): the results are "
                     "the same; ternary and binary are for models that were trained with such weights")
          ->check(weights);
  CLI::Option *embeddings = app.add_option("--embeddings", line.embeddings,
                                           "number format of the token embedding and the head; default: that of the "
                                           "weights, or q8 for ternary and binary")
                                ->check(weights);
  CLI::Option *bits =
      app.add_option("--bits", line.budget.bits,
                     "in place of formats: bits per weight on average. The format of each matrix is chosen so that the "
                     "predictions change least, which is measured")
          ->check(CLI::Validator(check_bits, "NUMBER"))
          ->excludes(format)
          ->excludes(embeddings);
  app.add_option("--size", line.size, "the same, for the bytes of the blob, such as 4000000 or 4MB")
      ->check(CLI::Validator([](const std::string &text) { return bytes_in(text) ? "" : kSizeRange; }, "SIZE"))
      ->excludes(format)
      ->excludes(embeddings)
      ->excludes(bits);
  app.add_option("--group", line.group,
                 "weights that share a scale (all but f32 and f16): 64, 128 or 256; default: 128, or 64 for Gemma, or "
                 "256 for ternary; fewer are more accurate")
      ->check(CLI::IsMember({64u, 128u, 256u}));
  app.add_option("--transform", line.transform,
                 "hadamard: transform the inputs of matrices in groups, which makes few bits more accurate; default: "
                 "hadamard for q2 to q6, none for others")
      ->check(CLI::IsMember({"none", "hadamard"}));
  app.add_option("--calibrate", line.calibrate,
                 "round the weights (all but f32 and f16) so that the layers' outputs change least on a sample: FILE "
                 "is a text or a "
                 "list of token ids, 'self' lets the model write the sample; needs disk space for the model in f32");
  add_grammar_options(app, line.grammar, ": the form of the answers, stored in the blob");
  CLI::Option *report = app.add_option(
      "--report", line.report,
      "write an HTML page: bytes by tensor, errors by layer, other formats, memory; takes a while for large models");
  app.add_option("--board", line.board, "in the report, what is left on this board; 'tidbit plan --help' lists them")
      ->check(CLI::Validator(board_error, "BOARD"))
      ->needs(report);
  app.add_option("--threads", line.threads, "threads; default: one per CPU")->check(CLI::Range(1u, 1024u));
  app.add_option("--kv", line.kv, "number format of the KV cache; default: f32 with f32 weights, else f16")->check(kv);
  app.add_option("--context", line.context,
                 "positions of a session unless the firmware says otherwise; default: the model's, at most 2048")
      ->check(CLI::Range(1u, tidbit::format::kMaxContext));
  app.add_option("--revision", line.revision, "number of this blob: of two, the firmware opens the higher; default: 0");
  app.add_option("--sign", line.sign_key,
                 "sign the blob with the private key in this PEM file ('openssl genpkey -algorithm ed25519')");
}

ConvertOptions options_of(const CommandLine &line) {
  ConvertOptions options{.source = line.source, .output = line.output};
  options.adapter = line.adapter;
  options.adapter_scale = line.adapter_scale;
  options.weights = format_named(line.weights);
  if (!line.embeddings.empty()) options.embeddings = format_named(line.embeddings);
  options.kv = line.kv.empty() ? default_kv(options.weights) : format_named(line.kv);
  options.budget = line.budget;
  if (!line.size.empty()) options.budget.bytes = bytes_in(line.size).value_or(0);
  options.group = line.group;
  const Format narrowest = options.budget.is_set() ? Format::q4 : options.weights;  // as far as is known here
  options.transform = line.transform.empty()         ? default_transform(narrowest, options.group)
                      : line.transform == "hadamard" ? tidbit::format::InputTransform::hadamard
                                                     : tidbit::format::InputTransform::none;
  options.transform_by_model = line.transform.empty();
  options.calibrate = line.calibrate;
  options.context = line.context;
  options.revision = line.revision;
  options.grammar = line.grammar;
  options.report = line.report;
  options.board = line.board;
  options.sign_key = line.sign_key;
  if (line.tokenizer == "none") {
    options.tokenizer = TokenizerChoice::none;
  } else if (!line.tokenizer.empty()) {
    options.tokenizer = TokenizerChoice::file;
    options.tokenizer_file = line.tokenizer;
  }
  if (::isatty(STDERR_FILENO) != 0) options.progress = ProgressBar();
  return options;
}

int fail(const char *message, int code) {
  std::fprintf(stderr, "tidbit-convert: %s\n", message);
  return code;
}

int run(const ConvertOptions &options) {
  const ConvertReport report = convert(options);
  std::fputs(summary(report, options).c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : fail("the blob is written, but standard output cannot be written", 1);
}

// Signs a blob as it is.
int run_sign(const CLI::App &app, const CommandLine &line) {
  for (const CLI::Option *option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() == 0 || name == "SOURCE" || name == "--output" || name == "--sign") continue;
    return fail((one_line(line.source) + ": is a blob already, so that " + name + " has no effect").c_str(), 2);
  }
  sign_blob(line.source, line.output, line.sign_key);
  std::printf("%-11s%s, signed\n", "blob", line.output.c_str());
  return std::fflush(stdout) == 0 ? 0 : fail("the blob is written, but standard output cannot be written", 1);
}

int print_help(const CLI::App &app, const CLI::ParseError &help) {
  app.exit(help);
  return std::cout.flush() ? 0 : fail("standard output cannot be written", 1);
}

int parse_and_run(int argc, char **argv) {
  CLI::App app{"Turns a trained transformer into a blob that tidbit runs in place.", "tidbit-convert"};
  CommandLine line;
  declare(app, line);
  install_signal_handlers();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) return print_help(app, error);
    return fail((one_line(error.what()) + "; see 'tidbit-convert --help'").c_str(), 2);
  }
  try {
    if (!line.sign_key.empty() && is_blob(line.source)) return run_sign(app, line);
    limit_threads(line.threads);
    return run(options_of(line));
  } catch (const ConvertError &error) {
    return fail(one_line(error.what()).c_str(), 1);
  }
}

}  // namespace

int main(int argc, char **argv) try { return parse_and_run(argc, argv); } catch (const std::bad_alloc &) {
  return fail("out of memory", 1);
} catch (const std::exception &error) {
  return fail(tidbit::convert::one_line(error.what()).c_str(), 1);
}
