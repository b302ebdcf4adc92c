// A GGUF file, whole or in parts named NAME-00001-of-00003.gguf.
#include <algorithm>
#include <map>

#include "converter/checkpoint/containers.h"
#include "converter/checkpoint/gguf_config.h"
#include "converter/error.h"

namespace tidbit::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostParts = 512;  // each stays open until the end

std::uint64_t number(const GgufFile &gguf, const char *key) {
  const auto found = gguf.metadata().find(key);
  if (found == gguf.metadata().end()) return 0;
  // gguf-split writes some of them as signed numbers.
  const bool is_count = found->is_number_integer() && (found->is_number_unsigned() || found->get<std::int64_t>() >= 0);
  if (!is_count) throw ConvertError(gguf.where() + ": key \"" + key + "\" is not a count");
  return found->get<std::uint64_t>();
}

std::string five_digits(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  return std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

// The number formats of the matrices, the most frequent first: "Q5_0 (108 matrices), Q6_K (18)".
std::string types_in(const TensorMap &tensors) {
  std::map<std::string, std::size_t> counts;
  for (const auto &[name, tensor] : tensors) {
    if (tensor.shape.size() > 1) ++counts[tensor.type->safetensors];
  }
  std::vector<std::pair<std::string, std::size_t>> rows(counts.begin(), counts.end());
  std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string text;
  for (const auto &[type, count] : rows) {
    text += (text.empty() ? "" : ", ") + type + " (" + std::to_string(count) + (text.empty() ? " matrices)" : ")");
  }
  return text;
}

// The path of part `index`, counted from 0. The first part has the metadata.
fs::path part_path(const fs::path &first, std::uint64_t index, std::uint64_t parts) {
  const std::string of = "-of-" + five_digits(parts) + ".gguf", name = first.filename().string();
  const std::string end = "-00001" + of;
  if (!name.ends_with(end)) {
    throw ConvertError(first.string() + ": is one of " + std::to_string(parts) + " parts, but not named like ..." +
                       end + "; give the first part");
  }
  return first.parent_path() / (name.substr(0, name.size() - end.size()) + "-" + five_digits(index + 1) + of);
}

}  // namespace

Checkpoint open_gguf(const fs::path &path) {
  Checkpoint checkpoint;
  checkpoint.source = path;
  checkpoint.dialect = Dialect::gguf;
  checkpoint.generation_config = Json::object();
  const GgufFile gguf(path);
  gguf.add_tensors(checkpoint.tensors);
  const std::uint64_t parts = number(gguf, "split.count");
  if (parts > kMostParts) throw ConvertError(path.string() + ": is one of " + std::to_string(parts) + " parts");
  if (number(gguf, "split.no") != 0) throw ConvertError(path.string() + ": is not the first part; give that one");
  for (std::uint64_t i = 1; i < parts; ++i) {
    const GgufFile part(part_path(path, i, parts));
    if (number(part, "split.no") != i || number(part, "split.count") != parts) {
      throw ConvertError(part.where() + ": does not say that it is part " + std::to_string(i + 1));
    }
    part.add_tensors(checkpoint.tensors);
  }
  if (const std::uint64_t all = number(gguf, "split.tensors.count"); all != 0 && all != checkpoint.tensors.size()) {
    throw ConvertError(path.string() + ": the parts have " + std::to_string(checkpoint.tensors.size()) +
                       " tensors together, and should have " + std::to_string(all));
  }
  const auto found = gguf.metadata().find("tokenizer.chat_template");
  if (found != gguf.metadata().end() && found->is_string()) checkpoint.chat_template = found->get<std::string>();
  read_gguf_config(gguf, checkpoint);
  checkpoint.notes.push_back("stored as " + types_in(checkpoint.tensors));
  return checkpoint;
}

}  // namespace tidbit::convert
