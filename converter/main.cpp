// tidbit-convert: a trained checkpoint becomes a blob.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

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

const std::map<std::string, Dtype> kDtypes = {{"f32", Dtype::f32}, {"f16", Dtype::f16}, {"q8", Dtype::q8}};

struct CommandLine {
  ConvertOptions options;
  std::string tokenizer;
};

void declare(CLI::App &app, CommandLine &line) {
  ConvertOptions &o = line.options;
  app.set_version_flag("--version", std::string("tidbit-convert ") + TIDBIT_CONVERTER_VERSION);
  app.add_option("SOURCE", o.source, "Hugging Face directory (config.json and model.safetensors) or llama2.c .bin")
      ->required();
  app.add_option("-o,--output", o.output, "the blob to write")->required();
  app.add_option("--tokenizer", line.tokenizer, "tokenizer file, or 'none'; default: the one beside the checkpoint");
  app.add_option("--weights", o.weights, "number format of the matrices: f32, f16 or q8; default: q8")
      ->transform(CLI::Transformer(kDtypes))
      ->type_name("FORMAT");
  app.add_option("--kv", o.kv, "number format of the KV cache: f32, f16 or q8; default: f32 with f32 weights, else f16")
      ->transform(CLI::Transformer(kDtypes))
      ->type_name("FORMAT");
  app.add_option("--context", o.context,
                 "positions of a session unless the firmware says otherwise; default: the "
                 "model's, at most 2048")
      ->check(CLI::PositiveNumber);
}

void fill_in(const CLI::App &app, CommandLine &line) {
  if (app.count("--kv") == 0) line.options.kv = default_kv(line.options.weights);
  if (app.count("--tokenizer") == 0) return;
  line.options.tokenizer = line.tokenizer == "none" ? TokenizerChoice::none : TokenizerChoice::file;
  if (line.options.tokenizer == TokenizerChoice::file) line.options.tokenizer_file = line.tokenizer;
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app{"Turns a trained transformer into a blob that tidbit runs where it lies.", "tidbit-convert"};
  CommandLine line;
  declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  fill_in(app, line);
  install_signal_handlers();
  if (::isatty(STDERR_FILENO) != 0) line.options.progress = ProgressBar();
  try {
    const ConvertReport report = convert(line.options);
    std::fputs(summary(report, line.options).c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const ConvertError &error) {
    std::fprintf(stderr, "tidbit-convert: %s\n", error.what());
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "tidbit-convert: out of memory\n");
  }
  return 1;
}
