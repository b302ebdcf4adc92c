// The containers of checkpoints and how to recognize them. To add one, add a file beside llama2c.cpp and a row here.
#include <algorithm>
#include <iterator>

#include "converter/checkpoint/containers.h"
#include "converter/checkpoint/torch_archive.h"
#include "converter/checkpoint/wrappers.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

struct Source {
  const fs::path &path;
  std::string start;  // the first bytes of a file, at most 8

  bool begins_with(const char *magic) const { return start.rfind(magic, 0) == 0; }
  bool is_named(const char *extension) const { return path.extension() == extension; }
};

struct Container {
  bool (*matches)(const Source &source);
  Checkpoint (*open)(const fs::path &path);  // null if it is known but not supported
  const char *refusal;                       // the error message in this case
};

bool is_part_of_a_directory(const Source &s) { return s.is_named(".safetensors") || s.is_named(".json"); }

// The first row that matches is used.
constexpr Container kContainers[] = {
    {[](const Source &s) { return fs::is_directory(s.path); }, open_huggingface, nullptr},
    {is_part_of_a_directory, nullptr, "give the directory that holds config.json and model.safetensors"},
    {[](const Source &s) { return s.start.size() < 8; }, nullptr, "is shorter than any checkpoint"},
    {[](const Source &s) { return s.begins_with("GGUF"); }, open_gguf, nullptr},
    {[](const Source &s) { return s.begins_with(kZipStart) || s.begins_with(kOldTorchStart); }, open_pytorch, nullptr},
    {[](const Source &s) { return s.begins_with("\x80") && s.is_named(".pkl"); }, nullptr,
     "is a pickle without tensors; it can only be a tokenizer, with --tokenizer"},
    {[](const Source &s) { return s.begins_with("TIDBIT"); }, nullptr,
     "is a tidbit blob already; it can only be signed, with --sign"},
    {[](const Source &) { return true; }, open_llama2c, nullptr},
};

std::string start_of(const fs::path &path) {
  if (fs::is_directory(path)) return "";
  const InputFile file(path);
  std::string start(std::min<std::uint64_t>(file.size(), 8), '\0');
  file.read(0, start.data(), start.size());
  return start;
}

}  // namespace

Checkpoint open_checkpoint(const fs::path &source) {
  if (!fs::exists(source)) throw ConvertError(source.string() + ": does not exist");
  const Source opened = {source, start_of(source)};
  const auto *container = std::find_if(std::begin(kContainers), std::end(kContainers),
                                       [&](const Container &row) { return row.matches(opened); });
  if (container->open == nullptr) throw ConvertError(source.string() + ": " + container->refusal);
  Checkpoint checkpoint = container->open(source);
  see_through_wrappers(checkpoint.tensors);
  return checkpoint;
}

}  // namespace tidbit::convert
