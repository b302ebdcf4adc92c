#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/grammar.h"
#include "cli/json.h"
#include "cli/loaded_model.h"
#include "cli/public_key.h"
#include "cli/utf8.h"
#include "posix/interrupt.h"

namespace tidbit::cli {
namespace {

struct Fact {
  const char *name;
  uint64_t value;
};

constexpr size_t kFactCount = 6;

void list_facts(const tidbit_model_info &info, Fact (&facts)[kFactCount]) {
  const Fact list[kFactCount] = {
      {"layers", info.layers},         {"layer_kinds", info.layer_kinds},   {"parameters", info.parameters},
      {"blob_bytes", info.blob_bytes}, {"weight_bytes", info.weight_bytes}, {"bytes_per_token", info.bytes_per_token}};
  memcpy(facts, list, sizeof list);
}

// The strings of a blob may hold anything.
void print_text(Output &out, const char *name, const char *value) {
  out.print("%-20s", name);
  for (size_t length = 0; *value != 0; value += length) {
    length = utf8_length(value);
    const bool harmless = length > 0 && control_at(value) == 0;
    if (length == 0) length = 1;
    out.write(harmless ? value : "?", harmless ? length : 1);
  }
  out.print("\n");
}

void print_field(const tidbit_field &field, Output &out) {
  out.print("%-20s", field.name);
  if (field.value != nullptr) {
    out.print("%.*s\n", static_cast<int>(field.value_bytes), field.value);
  } else if (field.is_real != 0) {
    out.print("%.9g\n", static_cast<double>(field.real));
  } else {
    out.print("%" PRId64 "\n", field.integer);
  }
}

void print_field(const tidbit_field &field, Json &json) {
  if (field.value != nullptr) {
    char word[64];
    snprintf(word, sizeof word, "%.*s", static_cast<int>(field.value_bytes), field.value);
    json.text(field.name, word);
  } else if (field.is_real != 0) {
    json.real(field.name, static_cast<double>(field.real));
  } else {
    json.integer(field.name, field.integer);
  }
}

// 0, no or none. Other names of a zero say something: relu.
bool is_neutral(const tidbit_field &field) {
  if (field.is_real != 0) return field.real == 0.0f;
  if (field.value == nullptr) return field.integer == 0;
  const auto is = [&](const char *word) {
    return strlen(word) == field.value_bytes && memcmp(word, field.value, field.value_bytes) == 0;
  };
  return is("no") || is("none");
}

// Calls field(f) for every number of the configuration, and kind(i) before those of a kind of layer.
template <class OnField, class OnKind>
void each_field(const LoadedModel &model, OnField on_field, OnKind on_kind) {
  tidbit_field field = {};
  int32_t kind = -1;
  for (uint32_t i = 0; tidbit_describe(model.get(), i, &field) == TIDBIT_OK; ++i) {
    if (field.kind != kind) on_kind(kind = field.kind);
    on_field(field);
  }
}

// "no", or the first 8 bytes of the key that the signature claims. Nothing is checked.
void describe_signature(const LoadedModel &model, char (&text)[32]) {
  unsigned char id[8];
  if (tidbit_signature_key(model.get(), id) == 0) {
    snprintf(text, sizeof text, "no");
    return;
  }
  int used = snprintf(text, sizeof text, "key ");
  for (const unsigned char byte : id) {
    used += snprintf(text + used, sizeof text - static_cast<size_t>(used), "%02x", byte);
  }
}

// "system, user, assistant"
void describe_chat(const LoadedModel &model, char (&text)[48]) {
  constexpr const char *kRoles[TIDBIT_ROLE_COUNT] = {"", "system", "user", "assistant", "tool"};
  const uint32_t roles = tidbit_chat_roles(model.get());
  size_t used = 0;
  for (int role = TIDBIT_ROLE_SYSTEM; role < TIDBIT_ROLE_COUNT; ++role) {
    if ((roles & 1u << role) == 0) continue;
    used += static_cast<size_t>(snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? ", " : "", kRoles[role]));
  }
  if (used == 0) snprintf(text, sizeof text, "none");
}

void print_plain(const LoadedModel &model, Output &out) {
  const tidbit_model_info &info = model.info();
  print_text(out, "family", info.family);
  print_text(out, "source", info.source);
  print_text(out, "converter", info.converter);
  Fact facts[kFactCount];
  list_facts(info, facts);
  for (const Fact &fact : facts) out.print("%-20s%" PRIu64 "\n", fact.name, fact.value);
  out.print("%-20s%" PRId32 "\n", "eos_token", info.eos_token);
  out.print("%-20s%s\n", "tokenizer", info.has_tokenizer != 0 ? "yes" : "no");
  char chat[48];
  describe_chat(model, chat);
  out.print("%-20s%s\n", "chat", chat);
  out.print("%-20s%s\n", "grammar", Grammar::is_in(model) ? "yes" : "no");
  out.print("%-20s%s\n", "selftest", info.has_selftest != 0 ? "yes" : "no");
  out.print("%-20s%016" PRIx64 "\n", "checksum", info.checksum);
  char signature[32];
  describe_signature(model, signature);
  out.print("%-20s%s\n", "signature", signature);
  out.print("%-20s%" PRIu32 "\n", "revision", tidbit_revision(model.get()));
  each_field(
      model,
      [&](const tidbit_field &field) {
        if (field.kind < 0 || !is_neutral(field)) print_field(field, out);
      },
      [&](int32_t kind) { out.print("layer_kind_%d, without what is 0, no or none\n", kind); });
}

void print_json(const LoadedModel &model, Output &out) {
  const tidbit_model_info &info = model.info();
  Json json(out);
  json.begin();
  json.text("family", info.family);
  json.text("source", info.source);
  json.text("converter", info.converter);
  Fact facts[kFactCount];
  list_facts(info, facts);
  for (const Fact &fact : facts) json.number(fact.name, fact.value);
  json.integer("eos_token", info.eos_token);
  json.boolean("tokenizer", info.has_tokenizer != 0);
  char chat[48];
  describe_chat(model, chat);
  json.text("chat", chat);
  json.boolean("grammar", Grammar::is_in(model));
  json.boolean("selftest", info.has_selftest != 0);
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016" PRIx64, info.checksum);
  json.text("checksum", checksum);
  char signature[32];
  describe_signature(model, signature);
  json.text("signature", signature);
  json.number("revision", tidbit_revision(model.get()));
  bool in_kind = false;
  each_field(
      model, [&](const tidbit_field &field) { print_field(field, json); },
      [&](int32_t kind) {
        if (in_kind) json.end();
        in_kind = true;
        char name[32];
        snprintf(name, sizeof name, "layer_kind_%d", kind);
        json.begin(name);
      });
  if (in_kind) json.end();
  json.end();
}

// Shows how far a check of the whole file is, and ends it on Ctrl-C. The library calls the hook once per KB or less.
class Reading {
 public:
  explicit Reading(const LoadedModel &model) : bytes_(model.info().blob_bytes) {}

  static int poll(void *user) {
    auto *self = static_cast<Reading *>(user);
    self->progress_.show(self->done_ < self->bytes_ ? self->done_ : self->bytes_, self->bytes_);
    self->done_ += 1024;
    return posix::poll_interrupt(nullptr);
  }

 private:
  Progress progress_{"verifying"};
  uint64_t done_ = 0, bytes_;
};

// Without a key, only says that there is a signature.
int check_signature(const LoadedModel &model, const char *key_argument, Output &out) {
  unsigned char id[8];
  const bool is_signed = tidbit_signature_key(model.get(), id) != 0;
  if (key_argument == nullptr) {
    if (is_signed) out.print("%s: signed, not checked; to check it, give --key\n", model.path());
    return kOk;
  }
  uint8_t key[32] = {};
  if (const int code = read_public_key(key_argument, key); code != kOk) return code;
  if (!is_signed) return data_error("%s: is not signed; sign it with tidbit-convert --sign", model.path());
  if (memcmp(id, key, sizeof id) != 0) return data_error("%s: was not signed with the key of --key", model.path());
  tidbit_status status = TIDBIT_OK;
  {
    Reading reading(model);
    const tidbit_trust trust = {key, tidbit_ed25519, nullptr, Reading::poll, &reading};
    status = tidbit_verify_signature(model.get(), &trust);
  }
  if (status == TIDBIT_CANCELED) return kInterrupted;
  if (status != TIDBIT_OK) return status_error(model.path(), status);
  out.print("%s: the signature is valid\n", model.path());
  return kOk;
}

// Runs the blob's self-test on this machine.
int run_selftest(const LoadedModel &model, Output &out) {
  if (model.info().has_selftest == 0) {
    out.print("%s: has no self-test\n", model.path());
    return kOk;
  }
  constexpr uint32_t kMostTokens = 16;
  SessionRequest request;
  request.context = model.info().max_context < kMostTokens ? model.info().max_context : kMostTokens;
  request.encodes = model.info().is_encoder != 0;
  LoadedSession session;
  if (const int code = session.start(model, request); code != kOk) return code;
  const tidbit_status status = tidbit_selftest(session.get());
  if (status == TIDBIT_OK) {
    out.print("%s: the self-test passes with %s kernels\n", model.path(),
              tidbit_isa_name(tidbit_session_isa(session.get())));
    return kOk;
  }
  return status_error(model.path(), status);
}

}  // namespace

int info_command(Arguments arguments, Output &out) {
  bool as_json = false;
  const Option options[] = {flag_option("--json", &as_json, "one line of JSON with the same names")};
  const Usage usage = {"info",
                       "MODEL",
                       "Prints what a model is and where it came from.",
                       options,
                       1,
                       1,
                       1,
                       "Sizes are bytes; bytes_per_token are the weights read for one decoded token."};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  if (as_json) {
    print_json(model, out);
  } else {
    print_plain(model, out);
  }
  return kOk;
}

int verify_command(Arguments arguments, Output &out) {
  const char *key = nullptr;
  const Option options[] = {
      text_option("--key", nullptr, "KEY", &key, "public key that must have signed it: a PEM file, or 64 hex digits")};
  const Usage usage = {
      "verify", "MODEL", "Compares each section with its checksum, and this machine's logits with the converter's.",
      options,  1,       1,
      1,        nullptr};
  if (const int code = parse_arguments(usage, &arguments, out); code != kGoOn) return code;
  LoadedModel model;
  if (const int code = model.open(arguments.items[0]); code != kOk) return code;
  if (const int code = check_signature(model, key, out); code != kOk) return code;
  uint64_t fault = 0;
  tidbit_status status = TIDBIT_OK;
  {
    Reading reading(model);
    status = tidbit_verify(model.get(), Reading::poll, &reading, &fault);
  }
  if (status == TIDBIT_CANCELED) return kInterrupted;
  if (status != TIDBIT_OK) {
    return data_error("%s: %s in the section at byte %" PRIu64 "; convert or copy the model again", model.path(),
                      tidbit_status_string(status), fault);
  }
  if (const int code = Grammar::check(model); code != kOk) return code;
  out.print("%s: all checksums match, %" PRIu64 " bytes\n", model.path(), model.info().blob_bytes);
  return run_selftest(model, out);
}

}  // namespace tidbit::cli
