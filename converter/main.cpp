// tidbit-convert: a trained checkpoint becomes a blob.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>
#include <string>

#include "converter/convert.h"
#include "converter/summary.h"

namespace {

using namespace tidbit::convert;
using tidbit::format::Dtype;

extern "C" void stop(int signal_number) {
  remove_unfinished_output();
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void install_signal_handlers() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action = {};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;  // as nohup wants it
    action.sa_handler = stop;
    ::sigaction(number, &action, nullptr);
  }
  ::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of write() like any other
}

// A bar on stderr, drawn only when it changes.
class ProgressBar {
 public:
  void operator()(std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t kWidth = 40;
    const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
    if (percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\r[");
    for (std::uint64_t i = 0; i < kWidth; ++i) std::fputc(i < percent * kWidth / 100 ? '#' : ' ', stderr);
    std::fprintf(stderr, "] %3u%%", static_cast<unsigned>(percent));
    if (percent == 100) std::fputc('\n', stderr);
  }

 private:
  std::uint64_t shown_ = 101;
};

// The options as they were typed; CLI11 has checked them.
struct CommandLine {
  std::string source, output, tokenizer, weights = "q8", embeddings, layout, kv;
  std::uint32_t context = 0;
};

void declare(CLI::App &app, CommandLine &line) {
  const CLI::IsMember weights({"f32", "f16", "q8", "q4"}), kv({"f32", "f16", "q8"});
  app.set_version_flag("--version", std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION);
  app.add_option("SOURCE", line.source, "Hugging Face directory (config.json and model.safetensors) or llama2.c .bin")
      ->required();
  app.add_option("-o,--output", line.output, "the blob to write")->required();
  app.add_option("--tokenizer", line.tokenizer, "tokenizer file, or 'none'; default: the one beside the checkpoint");
  app.add_option("--weights", line.weights, "number format of the matrices; default: q8")->check(weights);
  app.add_option("--embeddings", line.embeddings,
                 "number format of the token embedding and the head; default: that of the weights")
      ->check(weights);
  app.add_option(
         "--layout", line.layout,
         "order of q8 codes: tile16 (default) for all, tile16x16 for Helium (Cortex-M55); the results are the same")
      ->check(CLI::IsMember({"tile16", "tile16x16"}));
  app.add_option("--kv", line.kv, "number format of the KV cache; default: f32 with f32 weights, else f16")->check(kv);
  app.add_option("--context", line.context,
                 "positions of a session unless the firmware says otherwise; default: the model's, at most 2048")
      ->check(CLI::Range(1u, tidbit::format::kMaxContext));
}

Dtype dtype_named(const std::string &name) {
  if (name == "f32") return Dtype::f32;
  if (name == "f16") return Dtype::f16;
  return name == "q4" ? Dtype::q4 : Dtype::q8;
}

ConvertOptions options_of(const CommandLine &line) {
  ConvertOptions options{.source = line.source, .output = line.output};
  options.weights = dtype_named(line.weights);
  if (!line.embeddings.empty()) options.embeddings = dtype_named(line.embeddings);
  if (line.layout == "tile16x16") options.q8_layout = tidbit::format::Layout::tile16x16;
  options.kv = line.kv.empty() ? default_kv(options.weights) : dtype_named(line.kv);
  options.context = line.context;
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
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int parse_and_run(int argc, char **argv) {
  CLI::App app{"Turns a trained transformer into a blob that tidbit runs where it lies.", "tidbit-convert"};
  CommandLine line;
  declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return fail((one_line(error.what()) + "; see 'tidbit-convert --help'").c_str(), 2);
  }
  install_signal_handlers();
  try {
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
