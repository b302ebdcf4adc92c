// Vectors of texts, and search by them.
#include <math.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/tokens.h"
#include "posix/growing.h"

namespace tidbit::cli {
namespace {

constexpr uint32_t kChunk = 256;  // tokens of texts that are encoded together

// Writes a text as JSON does.
int add_text(Json &json, const char *text, size_t bytes) {
  posix::Growing<char> copy;
  const char zero = 0;
  if (!copy.append(text, bytes) || !copy.append(&zero, 1)) return data_error("out of memory");
  json.text("text", copy.data());
  return kOk;
}

// Encodes texts, several at a time if they are short, and calls sink.take(text, bytes, vector) for each, in order. The
// texts have to stay in memory until finish.
class Embedder {
 public:
  int start(const LoadedModel &model, SessionRequest request) {
    model_ = &model;
    request.encodes = true;
    request.chunk = kChunk;
    request.context = model.info().max_context > kChunk ? model.info().max_context : kChunk;
    if (!vector_.reserve(model.info().width) || !tokens_.reserve(request.context)) return data_error("out of memory");
    return session_.start(model, request);
  }

  template <class Sink>
  int add(const char *text, size_t bytes, Sink &sink) {
    Tokens tokens;
    if (const int code = tokens.from_text(*model_, text, bytes, TIDBIT_TEXT_SPECIAL); code != kOk) return code;
    if (tokens.count() == 0) return data_error("text %u has no tokens; leave it out", number_ + 1);
    if (tokens.count() > model_->info().max_context) {
      return data_error("text %u has %u tokens, but the model takes at most %u; cut it into parts", number_ + 1,
                        tokens.count(), model_->info().max_context);
    }
    ++number_;
    const size_t full = tokens_.count() == 0 ? session_.plan().context : kChunk;
    if (tokens_.count() + tokens.count() > full || texts_.count() == kMostTexts) {
      if (const int code = finish(sink); code != kOk) return code;
    }
    const uint32_t end = static_cast<uint32_t>(tokens_.count()) + tokens.count();
    const Place place{text, bytes};
    if (tokens_.append(tokens.data(), tokens.count()) && ends_.append(&end, 1) && texts_.append(&place, 1)) return kOk;
    return data_error("out of memory");
  }

  // Encodes what has been added since the last time.
  template <class Sink>
  int finish(Sink &sink) {
    const auto count = static_cast<uint32_t>(texts_.count());
    if (count == 0) return kOk;
    tidbit_status status = tidbit_encode(session_.get(), tokens_.data(), ends_.data(), count);
    if (status != TIDBIT_OK) return status_error("encoding", status);
    float *vector = vector_.data();
    for (uint32_t i = 0, begin = 0; i < count; begin = ends_[i++]) {
      status = tidbit_embedding(session_.get(), begin, ends_[i], vector, model_->info().width);
      if (status == TIDBIT_ERR_UNSUPPORTED) {
        return data_error(
            "%s: does not say how the vectors of tokens become one; convert it with modules.json beside it",
            model_->path());
      }
      if (status != TIDBIT_OK) return status_error("embedding", status);
      if (const int code = sink.take(texts_[i].text, texts_[i].bytes, vector); code != kOk) return code;
    }
    tokens_.cut(0);
    ends_.cut(0);
    texts_.cut(0);
    return kOk;
  }

 private:
  static constexpr size_t kMostTexts = kChunk;
  struct Place {
    const char *text;
    size_t bytes;
  };

  const LoadedModel *model_ = nullptr;
  LoadedSession session_;
  posix::Growing<int32_t> tokens_;
  posix::Growing<uint32_t> ends_;
  posix::Growing<Place> texts_;
  posix::Growing<float> vector_;
  uint32_t number_ = 0;
};

class Printer {
 public:
  Printer(const LoadedModel &model, bool json, Output &out) : width_(model.info().width), json_(json), out_(out) {}

  int take(const char *text, size_t bytes, const float *vector) {
    if (json_) {
      Json line(out_);
      line.begin();
      if (const int code = add_text(line, text, bytes); code != kOk) return code;
      line.reals("embedding", vector, width_);
      line.end();
      return kOk;
    }
    for (uint32_t i = 0; i < width_; ++i) out_.print("%s%.9g", i > 0 ? " " : "", static_cast<double>(vector[i]));
    out_.print("\n");
    return kOk;
  }

 private:
  uint32_t width_;
  bool json_;
  Output &out_;
};

// Keeps the texts whose vectors have the largest cosines with the first one.
class Search {
 public:
  int start(uint32_t width, uint32_t top) {
    width_ = width;
    top_ = top;
    return query_.reserve(width) ? kOk : data_error("out of memory");
  }

  int take(const char *text, size_t bytes, const float *vector) {
    if (query_.count() == 0) return query_.append(vector, width_) ? kOk : data_error("out of memory");
    const Found found{text, bytes, cosine(vector)};
    size_t at = best_.count();
    while (at > 0 && best_[at - 1].cosine < found.cosine) --at;
    if (at == top_) return kOk;
    if (!best_.insert(at, &found, 1)) return data_error("out of memory");
    if (best_.count() > top_) best_.cut(top_);
    return kOk;
  }

  int print(bool json, Output &out) const {
    for (size_t i = 0; i < best_.count(); ++i) {
      const Found &found = best_[i];
      if (json) {
        Json line(out);
        line.begin();
        line.real("cosine", found.cosine);
        if (const int code = add_text(line, found.text, found.bytes); code != kOk) return code;
        line.end();
        continue;
      }
      out.print("%.4f\t", found.cosine);
      out.write(found.text, found.bytes);
      out.print("\n");
    }
    return kOk;
  }

 private:
  struct Found {
    const char *text;
    size_t bytes;
    double cosine;
  };

  double cosine(const float *vector) const {
    double both = 0, own = 0, other = 0;
    for (uint32_t i = 0; i < width_; ++i) {
      const double a = static_cast<double>(query_[i]), b = static_cast<double>(vector[i]);
      both += a * b;
      own += a * a;
      other += b * b;
    }
    return own > 0 && other > 0 ? both / sqrt(own * other) : 0;
  }

  uint32_t width_ = 0, top_ = 0;
  posix::Growing<float> query_;
  posix::Growing<Found> best_;
};

// Calls body(line, bytes) for each line that is not empty.
template <class Body>
int each_line(const char *text, size_t bytes, const char *what, Body body) {
  Progress progress(what);
  const char *end = text + bytes;
  for (const char *at = text; at < end;) {
    const auto *newline = static_cast<const char *>(memchr(at, '\n', static_cast<size_t>(end - at)));
    const char *stop = newline != nullptr ? newline : end, *next = newline != nullptr ? newline + 1 : end;
    while (stop > at && (stop[-1] == '\r' || stop[-1] == ' ')) --stop;
    if (stop > at) {
      if (const int code = body(at, static_cast<size_t>(stop - at)); code != kOk) return code;
    }
    progress.show(static_cast<uint64_t>(next - text), bytes);
    at = next;
  }
  return kOk;
}

struct EmbedOptions {
  SessionRequest session;
  const char *file = nullptr;
  uint32_t top = 10;
  bool json = false;
};

int search(const LoadedModel &model, Embedder &embedder, const EmbedOptions &options, const char *query, Output &out) {
  posix::MappedFile file;
  if (const char *reason = file.map(options.file)) return data_error("%s: %s", options.file, reason);
  Search best;
  int code = best.start(model.info().width, options.top);
  if (code == kOk) code = embedder.add(query, strlen(query), best);
  if (code == kOk) {
    code = each_line(static_cast<const char *>(file.data()), file.bytes(), "search",
                     [&](const char *line, size_t bytes) { return embedder.add(line, bytes, best); });
  }
  if (code == kOk) code = embedder.finish(best);
  return code != kOk ? code : best.print(options.json, out);
}

int embed(const LoadedModel &model, Embedder &embedder, const Arguments &arguments, bool json, Output &out) {
  Printer printer(model, json, out);
  if (arguments.count == 2 && strcmp(arguments.items[1], "-") == 0) {
    Text text;
    if (const int code = text.read("-"); code != kOk) return code;
    const int code = each_line(text.data(), text.bytes(), "embed",
                               [&](const char *line, size_t bytes) { return embedder.add(line, bytes, printer); });
    return code != kOk ? code : embedder.finish(printer);
  }
  for (int i = 1; i < arguments.count; ++i) {
    const int code = embedder.add(arguments.items[i], strlen(arguments.items[i]), printer);
    if (code != kOk) return code;
  }
  return embedder.finish(printer);
}

}  // namespace

int embed_command(Arguments arguments, Output &out) {
  EmbedOptions options;
  const Option table[] = {
      text_option("--search", nullptr, "FILE", &options.file, "print the lines of FILE that are most like TEXT"),
      number_option("--top", nullptr, &options.top, 1, 10000, "how many lines; default: 10"),
      flag_option("--json", &options.json, "one line of JSON for each text"),
      isa_option(&options.session.isa),
      number_option("--threads", nullptr, &options.session.threads, 1, 64,
                    "threads; default: 1 for small models, else one per CPU"),
  };
  const Usage usage = {"embed",
                       "MODEL TEXT...",
                       "Prints the vector of each text, one per line. MODEL is an encoder, such as BERT.",
                       table,
                       5,
                       2,
                       kAnyNumber,
                       "If TEXT is '-', each line of standard input is a text. --search takes one text and prints the\n"
                       "cosine in front of each line."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  if (options.file != nullptr && arguments.count != 2) return usage_error("embed: --search takes one text");
  LoadedModel model;
  if (const int code = model.open_with_tokenizer(arguments.items[0]); code != kOk) return code;
  if (model.info().is_encoder == 0) {
    return data_error("%s: generates text; 'tidbit embed' needs an encoder, such as BERT", model.path());
  }
  Embedder embedder;
  if (const int code = embedder.start(model, options.session); code != kOk) return code;
  if (options.file != nullptr) return search(model, embedder, options, arguments.items[1], out);
  return embed(model, embedder, arguments, options.json, out);
}

}  // namespace tidbit::cli
