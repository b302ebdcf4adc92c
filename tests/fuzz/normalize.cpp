// Any bytes may be a text for the normalizers of the goldens. Input: which of them, flags, the text.
#include <unistd.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/tokenizers/support.h"

namespace tidbit::test {
namespace {

using Json = nlohmann::json;

// The model of a case. Each is made when an input first asks for it: all of them together take long under sanitizers.
const TextModel &model_of(std::size_t which) {
  static const Json goldens =
      Json::parse(read_file(std::filesystem::path(TIDBIT_GOLDENS) / "normalizers/expected.json"));
  static std::map<std::size_t, TextModel> models;
  const std::size_t place = which % goldens.at("cases").size();
  if (const auto found = models.find(place); found != models.end()) return found->second;
  const Json &item = goldens.at("cases")[place];
  Json tokenizer = goldens.at("tokenizers").at(item.at("base").get<std::string>());
  tokenizer.update(item.at("change"));
  const auto file =
      std::filesystem::temp_directory_path() / ("tidbit_normalize_" + std::to_string(::getpid()) + ".json");
  std::ofstream(file) << tokenizer.dump();
  const TextModel &model = models.emplace(place, import(file, 1024)).first->second;
  std::filesystem::remove(file);
  return model;
}

// With the room that the library asks for, each text has tokens, and with less the call says so.
void use(std::size_t which, std::uint32_t flags, std::string_view text) {
  const TextModel &model = model_of(which);
  const Ids expected = model.encode(text, flags);
  model.decode(expected);
  const std::size_t least = TIDBIT_TOKENIZE_BYTES(text.size());
  std::vector<std::uint64_t> workspace(least / 8);
  Ids ids(expected.size());
  std::uint32_t count = 0;
  const tidbit_tokenize_options options{flags, 0, nullptr, nullptr};
  const tidbit_status status = tidbit_tokenize(model.get(), text.data(), text.size(), &options, workspace.data(), least,
                                               ids.data(), static_cast<std::uint32_t>(ids.size()), &count);
  if (status == TIDBIT_OK) EXPECT_EQ(ids, expected);
  if (status != TIDBIT_OK) EXPECT_EQ(status, TIDBIT_ERR_MEMORY);
}

}  // namespace
}  // namespace tidbit::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size < 2) return 0;
  tidbit::test::use(data[0], data[1] & 7u, {reinterpret_cast<const char *>(data) + 2, size - 2});
  return 0;
}
