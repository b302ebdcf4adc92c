// Speed in tokens per second, in bytes of weights read per second, and as a share of the memory bandwidth.
#include <inttypes.h>

#include "cli/bandwidth.h"
#include "cli/commands.h"
#include "cli/generation.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"
#include "posix/clock.h"
#include "posix/cpu_features.h"

namespace tidbit::cli {
namespace {

constexpr uint32_t kRepeats = 3;
constexpr uint32_t kDefaultPrompt = 512, kDefaultGenerated = 128;

struct BenchOptions {
  SessionRequest session;
  uint32_t prompt = 0, generated = 0;
  bool preload = false;
  bool as_json = false;
};

struct Times {
  double prefill[kRepeats], decode[kRepeats];
};

double median(const double (&times)[kRepeats]) {
  double low = times[0] < times[1] ? times[0] : times[1];
  double high = times[0] < times[1] ? times[1] : times[0];
  return times[2] < low ? low : times[2] > high ? high : times[2];
}

// Any tokens will do, since they do not affect the time. A step of 7919 spreads them over the embedding.
int fill_tokens(const LoadedModel &model, uint32_t count, Tokens *tokens) {
  if (const int code = tokens->reserve(count); code != kOk) return code;
  for (uint32_t i = 0; i < count; ++i) {
    tokens->append(static_cast<int32_t>(uint64_t{i} * 7919 % model.info().vocab_size));
  }
  return kOk;
}

int compute_logits(LoadedSession &session, float **logits) {
  const tidbit_status status = tidbit_logits(session.get(), logits, nullptr);
  return status == TIDBIT_OK ? kOk : status_error("computing logits", status);
}

int measure(const LoadedModel &model, LoadedSession &session, const Tokens &tokens, const BenchOptions &bench,
            Times *times) {
  Progress progress("bench");
  float *logits = nullptr;
  for (uint32_t repeat = 0; repeat < kRepeats; ++repeat) {
    progress.show(repeat, kRepeats);
    tidbit_reset(session.get());
    const double start = posix::seconds_now();
    if (const int code = session.feed(tokens.data(), bench.prompt); code != kOk) return code;
    if (const int code = compute_logits(session, &logits); code != kOk) return code;
    const double middle = posix::seconds_now();
    for (uint32_t i = 0; i < bench.generated; ++i) {
      if (const int code = session.feed(tokens.data() + bench.prompt + i, 1); code != kOk) return code;
      if (const int code = compute_logits(session, &logits); code != kOk) return code;
    }
    times->prefill[repeat] = middle - start;
    times->decode[repeat] = posix::seconds_now() - middle;
    // What is not finite stays in the KV cache, so the last logits show it.
    const uint32_t position = tidbit_position(session.get()) - 1;
    if (const int code = check_logits(model, logits, position); code != kOk) return code;
  }
  return kOk;
}

struct Report {
  double prefill, decode;     // tokens per second
  double read, bound, share;  // bytes per second, and their ratio
  uint64_t buffer, cache;     // bytes
  bool in_cache;
};

Report summarize(const LoadedModel &model, const BenchOptions &bench, const Times &times, const Bandwidth &bandwidth) {
  Report report = {};
  report.prefill = rate(bench.prompt, median(times.prefill));
  report.decode = rate(bench.generated, median(times.decode));
  report.read = report.decode * static_cast<double>(model.info().bytes_per_token);
  report.bound = bandwidth.bytes_per_second;
  report.share = report.bound > 0 ? report.read / report.bound : 0;
  report.buffer = bandwidth.buffer_bytes;
  report.cache = posix::largest_cache_bytes();
  report.in_cache = model.info().bytes_per_token < report.cache;
  return report;
}

void print_plain(const LoadedSession &session, const BenchOptions &bench, const Report &report, Output &out) {
  out.print("isa %s, threads %u, prompt %u, generated %u, median of %u runs\n",
            tidbit_isa_name(tidbit_session_isa(session.get())), session.threads(), bench.prompt, bench.generated,
            kRepeats);
  out.print("prefill  %10.1f tok/s\ndecode   %10.1f tok/s\n", report.prefill, report.decode);
  out.print("weights  %10.2f GB/s read while decoding\n", 1e-9 * report.read);
  out.print("memory   %10.2f GB/s measured on a %" PRIu64 " MB buffer with the same number of threads\n",
            1e-9 * report.bound, report.buffer >> 20);
  out.print("share    %10.1f %% of the memory bandwidth\n", 100 * report.share);
  if (report.in_cache) {
    out.print("The weights read per token fit in the %" PRIu64 " MB cache, so memory does not limit the speed.\n",
              report.cache >> 20);
  }
}

void print_json(const LoadedModel &model, const LoadedSession &session, const BenchOptions &bench, const Report &report,
                Output &out) {
  Json json(out);
  json.begin();
  json.text("isa", tidbit_isa_name(tidbit_session_isa(session.get())));
  json.number("threads", session.threads());
  json.number("prompt", bench.prompt);
  json.number("gen", bench.generated);
  json.number("repeats", kRepeats);
  json.real("prefill_tokens_per_second", report.prefill);
  json.real("decode_tokens_per_second", report.decode);
  json.number("bytes_per_token", model.info().bytes_per_token);
  json.real("weights_gb_per_second", 1e-9 * report.read);
  json.real("memory_gb_per_second", 1e-9 * report.bound);
  json.real("share_of_bandwidth", report.share);
  json.number("bandwidth_buffer_bytes", report.buffer);
  json.number("largest_cache_bytes", report.cache);
  json.boolean("fits_in_cache", report.in_cache);
  json.end();
}

int run_bench(const LoadedModel &model, const BenchOptions &bench, Output &out) {
  LoadedSession session;
  if (const int code = session.start(model, bench.session); code != kOk) return code;
  Tokens tokens;
  if (const int code = fill_tokens(model, bench.prompt + bench.generated, &tokens); code != kOk) return code;
  Times times;
  if (const int code = measure(model, session, tokens, bench, &times); code != kOk) return code;
  Bandwidth bandwidth = {};
  if (!measure_bandwidth(session.pool(), session.threads(), &bandwidth)) {
    return data_error("cannot measure the memory bandwidth: out of memory for the buffer; close other programs");
  }
  const Report report = summarize(model, bench, times, bandwidth);
  if (bench.as_json) {
    print_json(model, session, bench, report, out);
  } else {
    print_plain(session, bench, report, out);
  }
  return kOk;
}

// Defaults shrink to fit the model's longest context; given values do not.
int settle_lengths(const LoadedModel &model, BenchOptions *bench) {
  const uint32_t longest = model.info().max_context;
  if (bench->generated == 0) bench->generated = kDefaultGenerated < longest / 2 ? kDefaultGenerated : longest / 2;
  if (bench->prompt == 0 && bench->generated < longest) {
    const uint32_t rest = longest - bench->generated;
    bench->prompt = kDefaultPrompt < rest ? kDefaultPrompt : rest;
  }
  const uint64_t sum = uint64_t{bench->prompt} + bench->generated;
  if (bench->prompt == 0 || bench->generated == 0 || sum > longest) {
    return usage_error("--prompt and --gen must each be 1 or more, and at most %u together with this model", longest);
  }
  bench->session.context = static_cast<uint32_t>(sum);
  return kOk;
}

constexpr char kNotes[] =
    "The prompt is fed at once, then tokens one by one, with logits for each. Nothing is sampled.\n"
    "'weights' is the bytes of weights read per token times the decode speed. 'memory' is the best of 12 passes,\n"
    "with 1, 4 and 8 streams per thread, over a buffer of 256 MB or twice the largest cache, whichever is larger\n"
    "(at most a quarter of the free memory).";

}  // namespace

int bench_command(Arguments arguments, Output &out) {
  BenchOptions bench;
  bench.session.chunk = 256;
  const Option options[] = {
      number_option("--prompt", nullptr, &bench.prompt, 1, UINT32_MAX,
                    "prompt tokens; default: 512, or as many as fit"),
      number_option("--gen", nullptr, &bench.generated, 1, UINT32_MAX,
                    "decoded tokens; default: 128, or as many as fit"),
      number_option("--chunk", nullptr, &bench.session.chunk, 1, 256, "prompt tokens computed together; default: 256"),
      number_option("--threads", nullptr, &bench.session.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
      isa_option(&bench.session.isa),
      flag_option("--preload", &bench.preload, "copy the model into memory first, in huge pages"),
      flag_option("--json", &bench.as_json, "one line of JSON"),
  };
  const Usage usage = {
      "bench", "MODEL", "Measures the model's speed and the machine's memory bandwidth.", options, 7, 1, 1, kNotes};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  const posix::Paging paging = bench.preload ? posix::Paging::preload : posix::Paging::on_use;
  if (const int code = model.open(arguments.items[0], paging); code != kOk) return code;
  if (const int code = settle_lengths(model, &bench); code != kOk) return code;
  return run_bench(model, bench, out);
}

}  // namespace tidbit::cli
