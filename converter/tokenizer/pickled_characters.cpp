// Tables of characters that trainers pickle: stoi (from characters to ids), itos (the other way round), or chars (a
// text or a list in the order of ids).
#include <algorithm>
#include <optional>

#include "converter/checkpoint/torch_archive.h"
#include "converter/error.h"
#include "converter/tokenizer/readers.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMostPlaces = 256;  // of a checkpoint, in which the table is looked for

std::string start_of(const InputFile &file) {
  std::string start(std::min<std::uint64_t>(file.size(), 4), '\0');
  file.read(0, start.data(), start.size());
  return start;
}

// A table, and which one it is.
struct Table {
  PickleValue value;
  std::string_view name;
};

std::optional<Table> table_in(const PickleValue &map) {
  for (const std::string_view name : {"stoi", "itos", "chars"}) {
    const auto found = map.find(name);
    const bool list = found && (found->is(PickleKind::list) || found->is(PickleKind::text)) && name != "stoi";
    if (found && (found->is_map() || list)) return Table{*found, name};
  }
  return std::nullopt;
}

// In the pickle's root, or one level below.
std::optional<Table> find_table(const PickleValue &root) {
  if (!root.is_map()) return std::nullopt;
  if (auto table = table_in(root)) return table;
  for (std::size_t i = 0; i < std::min(root.size(), kMostPlaces); ++i) {
    if (root.value(i).size() > kMostPlaces) continue;
    if (auto table = table_in(root.value(i))) return table;
  }
  return std::nullopt;
}

class TableReader {
 public:
  TableReader(const std::string &source, NamedTokens &tokens) : source_(source), tokens_(tokens) {}

  void read(const Table &table) {
    const PickleValue &value = table.value;
    if (value.is(PickleKind::text)) {
      for (const std::string_view character : characters_of(value.text())) add(character, next_++);
    } else if (value.is(PickleKind::list)) {
      for (std::size_t i = 0; i < value.size(); ++i) add(text_of(value.element(i)), next_++);
    } else {
      const bool by_text = table.name == "stoi";
      for (std::size_t i = 0; i < value.size(); ++i) {
        const PickleValue &text = by_text ? value.key(i) : value.value(i);
        const PickleValue &id = by_text ? value.value(i) : value.key(i);
        add(text_of(text), id.integer().value_or(-1));
      }
    }
    if (tokens_.ids.empty()) throw ConvertError(source_ + ": its table of characters is empty");
  }

 private:
  std::string_view text_of(const PickleValue &value) const {
    if (!value.is(PickleKind::text))
      throw ConvertError(source_ + ": has something else than texts among its characters");
    return value.text();
  }
  void add(std::string_view text, std::int64_t id) {
    tokens_.add(std::string(text), id < 0 ? Json(id) : Json(static_cast<std::uint64_t>(id)), source_);
  }

  const std::string &source_;
  NamedTokens &tokens_;
  std::int64_t next_ = 0;
};

Vocabulary read_table(const PickleValue &root, const std::string &source) {
  const auto table = find_table(root);
  if (!table) throw ConvertError(source + ": has no table of characters (stoi, itos or chars)");
  NamedTokens tokens;
  TableReader(source, tokens).read(*table);
  return read_characters(tokens, source);
}

}  // namespace

bool is_pickle(const std::filesystem::path &path) {
  const std::string start = start_of(InputFile(path));
  return start == kZipStart || start.starts_with('\x80');
}

bool has_pickled_characters(const std::filesystem::path &checkpoint) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(checkpoint, ignored)) return false;
  if (start_of(InputFile(checkpoint)) != kZipStart) return false;
  return find_table(TorchArchive(checkpoint).root()).has_value();
}

Vocabulary read_pickled_characters(const std::filesystem::path &path) {
  if (start_of(InputFile(path)) == kZipStart) return read_table(TorchArchive(path).root(), path.string());
  const Pickle pickle(read_whole_file(path, kMostIndexBytes), path.string());
  return read_table(pickle.root(), path.string());
}

}  // namespace tidbit::convert
