// Writes the seeds of the fuzz targets, a folder for each:
//
//   make_seeds FOLDER
//
// They come from the checkpoints and tokenizers among the tests' goldens and from tiny models.
#include <array>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "converter/checkpoint/zip.h"
#include "converter/convert.h"
#include "converter/grammar/compile.h"
#include "converter/tokenizer/gguf.h"
#include "converter/tokenizer/import.h"
#include "tests/converter/torch_files.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/models.h"
#include "tests/support/runner.h"

namespace tidbit::fuzz {
namespace {

namespace fs = std::filesystem;
using format::Format;
using nlohmann::json;

std::string read_file(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The folders of a folder that hold a certain file.
std::vector<fs::path> folders_with(const fs::path &folder, const char *name) {
  std::vector<fs::path> found;
  for (const auto &entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / name)) found.push_back(entry.path());
  }
  return found;
}

class Seeds {
 public:
  explicit Seeds(fs::path root) : root_(std::move(root)) {}

  void add(const std::string &target, std::string_view bytes) {
    fs::create_directories(root_ / target);
    const std::string name = std::to_string(count_++);
    std::ofstream(root_ / target / name, std::ios::binary).write(bytes.data(), std::ssize(bytes));
  }
  void add_files(const std::string &target, const std::vector<std::string> &files) {
    std::string joined;
    for (const std::string &file : files) joined += (joined.empty() ? "" : std::string(1, kBetweenFiles)) + file;
    add(target, joined);
  }

 private:
  fs::path root_;
  int count_ = 0;
};

std::string_view as_text(const test::AlignedBytes &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

// ---- checkpoints and blobs ----

// llama2.c's first format: dim 16, hidden 24, one layer, 4 heads over 2, a vocabulary of 640 with its own head.
std::string small_llama2c() {
  constexpr std::array<std::int32_t, 7> header = {16, 24, 1, 4, 2, -640, 32};
  std::vector<float> floats(640 * 16 * 2 + 3 * 16 + 16 * (2 * 16 + 2 * 8 + 3 * 24) + 32 * 4);
  for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(i * 7919 % 2003) / 1001.5f - 1;
  std::string bytes(reinterpret_cast<const char *>(header.data()), sizeof header);
  return bytes.append(reinterpret_cast<const char *>(floats.data()), floats.size() * sizeof(float));
}

// Versions 1 and 2, of which the fuzz target needs the header alone.
std::string later_header(std::uint32_t version) {
  const std::array<std::uint32_t, 9> start = {0x616B3432, version, 16, 24, 1, 4, 2, 64, 32};
  const std::uint32_t group = 8;
  std::string bytes(reinterpret_cast<const char *>(start.data()), sizeof start);
  bytes.push_back(1);
  bytes.append(reinterpret_cast<const char *>(&group), sizeof group);
  return bytes + std::string(256 - bytes.size(), '\0');
}

void add_blob(Seeds &seeds, const Folder &work, convert::ConvertOptions options) {
  options.output = work / "seed.tidbit";
  convert::convert(options);
  seeds.add("open_run", read_file(options.output));
}

void add_blobs(Seeds &seeds, const Folder &work) {
  work.write("model.bin", small_llama2c());
  for (const fs::path &folder : folders_with(TIDBIT_TOKENIZERS, "tokenizer.json")) {
    convert::ConvertOptions options;
    options.source = work / "model.bin";
    options.tokenizer = convert::TokenizerChoice::file;
    options.tokenizer_file = folder / "tokenizer.json";
    options.grammar = {convert::GrammarSource::Kind::regex, "[a-z]{2,4}( [^x]*|\"[^\"]{0,3}\")"};
    add_blob(seeds, work, options);
  }
  constexpr std::array<std::pair<Format, Format>, 4> formats = {
      {{Format::f32, Format::f32}, {Format::f16, Format::f16}, {Format::q8, Format::q8}, {Format::q4, Format::f16}}};
  std::size_t next = 0;
  for (const fs::path &folder : folders_with(TIDBIT_CHECKPOINTS, "config.json")) {
    convert::ConvertOptions options;
    options.source = folder;
    options.tokenizer = convert::TokenizerChoice::none;
    std::tie(options.weights, options.kv) = formats[next++ % formats.size()];
    add_blob(seeds, work, options);
  }
  for (const fs::path &folder : folders_with(fs::path(TIDBIT_CHAT) / "goldens", "turns.json")) {
    convert::ConvertOptions options;
    options.source = work / "model.bin";
    options.tokenizer = convert::TokenizerChoice::file;
    options.tokenizer_file = folder / "tokenizer.json";
    add_blob(seeds, work, options);
  }
  for (const auto &entry : fs::directory_iterator(fs::path(TIDBIT_CHAT) / "templates")) {
    seeds.add("chat_template", read_file(entry.path()));
  }
  for (const auto &entry : fs::directory_iterator(fs::path(TIDBIT_CHECKPOINTS).parent_path() / "gguf")) {
    seeds.add("gguf_file", read_file(entry.path()));
  }
  seeds.add("llama2c", small_llama2c().substr(0, 256));
  seeds.add("llama2c", later_header(1));
  seeds.add("llama2c", later_header(2));
}

std::string safetensors_header(const fs::path &file) {
  const std::string bytes = read_file(file);
  std::uint64_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof size);
  return bytes.substr(sizeof size, size);
}

void add_huggingface(Seeds &seeds, const fs::path &folder) {
  std::vector<std::string> files = {read_file(folder / "config.json"), read_file(folder / "generation_config.json"),
                                    read_file(folder / "model.safetensors.index.json")};
  std::vector<fs::path> shards;
  for (const auto &entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") shards.push_back(entry.path());
  }
  std::sort(shards.begin(), shards.end());
  for (std::size_t i = 0; i < shards.size(); ++i) {  // the target calls them a, b and so on
    const std::string name = shards[i].filename().string();
    std::string &index = files[2];
    for (auto at = index.find(name); at != std::string::npos; at = index.find(name, at)) {
      index.replace(at, name.size(), std::string(1, static_cast<char>('a' + i)) + ".safetensors");
    }
    files.push_back(safetensors_header(shards[i]));
  }
  seeds.add_files("huggingface", files);
}

void add_checkpoints(Seeds &seeds) {
  for (const fs::path &folder : folders_with(TIDBIT_CHECKPOINTS, "config.json")) {
    add_huggingface(seeds, folder);
    seeds.add("json", read_file(folder / "config.json"));
    if (fs::exists(folder / "model.safetensors")) seeds.add("safetensors", read_file(folder / "model.safetensors"));
  }
}

// The contents of an archive's data.pkl.
std::string pickle_in(const fs::path &file) {
  const convert::InputFile archive(file);
  for (const auto &[name, entry] : convert::read_zip(archive)) {
    if (!name.ends_with("data.pkl")) continue;
    std::string bytes(entry.bytes, '\0');
    archive.read(entry.offset, bytes.data(), bytes.size());
    return bytes;
  }
  return "";
}

void add_torch_files(Seeds &seeds) {
  for (const auto &entry : fs::recursive_directory_iterator(TIDBIT_TORCH_GOLDENS)) {
    const std::string extension = entry.path().extension();
    if (extension != ".pt" && extension != ".pth" && extension != ".bin") continue;
    seeds.add("zip", read_file(entry.path()));
    seeds.add("pytorch", read_file(entry.path()));
    seeds.add("pickle", pickle_in(entry.path()));
  }
  using namespace test::pickle;
  seeds.add("pickle", state_dict({.storage = 16}));
  seeds.add("pickle",
            program(dictionary(text("stoi") + dictionary(text("a") + number(0) + text("<unk>") + number(1)))));
  seeds.add("pickle", program(dictionary(text("chars") + text("abc"))));
}

void add_adapters(Seeds &seeds) {
  const fs::path folder = fs::path(TIDBIT_LORA_GOLDENS) / "llama";
  const fs::path weights = folder / "adapter_model.safetensors";
  const std::string header = safetensors_header(weights);
  seeds.add_files("adapter", {read_file(folder / "adapter_config.json"), header,
                              std::to_string(fs::file_size(weights) - sizeof(std::uint64_t) - header.size())});
}

void add_images(Seeds &seeds) {
  for (const test::TinyModel &model : models()) {
    const test::AlignedBytes blob = test::build_blob(model);
    tidbit_model opened;
    tidbit_open(blob.data(), blob.size(), &opened, nullptr);
    test::Runner runner(opened, {});
    for (const std::uint32_t more : {0u, 3u, 20u}) {
      runner.logits_of(test::some_tokens(model.config.vocab_size, more), 8, model.config.vocab_size);
      test::AlignedBytes image(tidbit_save_bytes(runner.session()));
      tidbit_save(runner.session(), image.data(), image.size(), nullptr);
      seeds.add("restore", as_text(image));
    }
  }
}

// ---- tokenizers ----

std::string u32(std::uint32_t value) { return {reinterpret_cast<const char *>(&value), sizeof value}; }
std::string f32(float value) { return {reinterpret_cast<const char *>(&value), sizeof value}; }

std::string byte_name(unsigned byte) {
  constexpr const char *kDigits = "0123456789ABCDEF";
  return std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">";
}

struct Scored {
  std::string text;
  float score;
  std::uint32_t type;  // SentencePiece's
};

// The pieces that every SentencePiece model with byte fallback begins with, and a few that merge.
std::vector<Scored> scored_pieces() {
  std::vector<Scored> pieces = {{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}};
  for (unsigned byte = 0; byte < 256; ++byte) pieces.push_back({byte_name(byte), 0, 6});
  float score = 0;
  for (const char *text : {"\xE2\x96\x81t", "he", "\xE2\x96\x81the", "in", "\xE2\x96\x81", "t", "h", "e", "i", "n"}) {
    pieces.push_back({text, score--, 1});
  }
  pieces.push_back({"<|end|>", 0, 4});
  return pieces;
}

// llama2.c writes blanks where SentencePiece writes U+2581.
std::string llama2c_tokenizer() {
  std::string bytes = u32(16);
  for (const Scored &piece : scored_pieces()) {
    std::string text = piece.text;
    if (text.starts_with("\xE2\x96\x81")) text.replace(0, 3, " ");
    bytes += f32(piece.score) + u32(static_cast<std::uint32_t>(text.size())) + text;
  }
  return bytes;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
std::string number_field(std::uint32_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes_field(std::uint32_t field, const std::string &bytes) {
  return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
}

std::string sentencepiece_model() {
  std::string model;
  for (const Scored &piece : scored_pieces()) {
    model += bytes_field(
        1, bytes_field(1, piece.text) + varint(2 << 3 | 5) + f32(piece.score) + number_field(3, piece.type));
  }
  model += bytes_field(2, number_field(3, 2) + number_field(35, 1) + number_field(41, 1) + number_field(42, 2));
  return model + bytes_field(3, bytes_field(1, "identity") + number_field(3, 1) + number_field(4, 1));
}

std::string lines_of(const std::vector<std::string> &lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + lines[i];
  return text;
}

void add_scored_gguf(Seeds &seeds) {
  std::vector<std::string> texts, scores, types;
  for (const Scored &piece : scored_pieces()) {
    texts.push_back(piece.text);
    scores.push_back(std::to_string(piece.score));
    types.push_back(std::to_string(piece.type));
  }
  seeds.add_files("gguf", {"llama", lines_of(texts), lines_of(scores), lines_of(types), "", "1\n2\n1\n0\n1"});
}

void add_gguf_word_piece(Seeds &seeds) {
  const auto gguf = convert::read_gguf_tokenizer(fs::path(TIDBIT_TOKENIZERS) / "gguf_bert" / "tokenizer.gguf");
  std::vector<std::string> types;
  for (const std::int32_t type : gguf.types) types.push_back(std::to_string(type));
  for (const char *numbers : {"1\n-1\n-1\n-1\n-1\n0\n-1\n2", "1\n-1\n-1\n-1\n-1\n0\n-1\n2\n0\n1"}) {
    seeds.add_files("gguf", {"bert\njina-v2-en", lines_of(gguf.tokens), "", lines_of(types), "", numbers});
  }
}

void add_gguf_unigram(Seeds &seeds) {
  const auto gguf = convert::read_gguf_tokenizer(fs::path(TIDBIT_TOKENIZERS) / "gguf_t5" / "tokenizer.gguf");
  std::vector<std::string> scores, types, charsmap;
  for (const float score : gguf.scores) scores.push_back(std::to_string(score));
  for (const std::int32_t type : gguf.types) types.push_back(std::to_string(type));
  for (const char byte : gguf.charsmap) charsmap.push_back(std::to_string(static_cast<unsigned char>(byte)));
  for (const char *numbers : {"1\n2\n0\n1\n1\n0\n1", "1\n2\n0\n1\n1\n0\n0", "1\n2\n1\n0\n0\n0\n1"}) {
    seeds.add_files("gguf",
                    {"t5", lines_of(gguf.tokens), lines_of(scores), lines_of(types), "", numbers, lines_of(charsmap)});
  }
}

std::vector<std::string> tokens_by_id(const json &vocab) {
  std::vector<std::string> texts(vocab.size());
  for (const auto &[text, id] : vocab.items()) texts.at(id.get<std::size_t>()) = text;
  return texts;
}

std::vector<std::string> merge_lines(const json &model) {
  std::vector<std::string> lines;
  for (const json &merge : model.value("merges", json::array())) {
    lines.push_back(merge.is_string() ? merge.get<std::string>()
                                      : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  }
  return lines;
}

void add_byte_level(Seeds &seeds, const json &tokenizer) {
  const json &model = tokenizer.at("model");
  const std::string merges = lines_of(merge_lines(model));
  seeds.add_files("vocab_json", {model.at("vocab").dump(), merges, R"({"tokenizer_class":"GPT2Tokenizer"})"});
  const std::string tokens = lines_of(tokens_by_id(model.at("vocab")));
  seeds.add_files("gguf", {"gpt2\ngpt-2", tokens, "", "", merges, "0\n1\n0\n0\n0"});
  seeds.add_files("gguf", {"gpt2\nllama-bpe", tokens, "", "", merges, "0\n1\n1\n0\n0"});
}

void add_texts(Seeds &seeds) {
  std::vector<std::string> texts;
  for (const json &row : json::parse(read_file(fs::path(TIDBIT_TOKENIZERS) / "byte_level" / "expected.json"))) {
    if (row.is_object() && row.contains("text")) texts.push_back(row.at("text").get<std::string>());
  }
  texts.push_back("<s> Turn <|end|> it on, [[room]] \xE2\x96\x81 東京 \xFF\xF0\x9F🙂\n\n it'LL");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (char which = 0; which < 7; ++which) {
      seeds.add("tokenize", std::string{which, static_cast<char>(i % 8), static_cast<char>(i % 4)} + texts[i]);
    }
  }
}

// The expressions and the texts of the goldens.
void add_expressions(Seeds &seeds) {
  const json expected = json::parse(read_file(fs::path(TIDBIT_TOKENIZERS) / "splits" / "expected.json"));
  std::size_t i = 0;
  for (const json &item : expected.at("cases")) {
    for (const json &step : item.at("pre_tokenizer").at("pretokenizers")) {
      if (!step.contains("pattern") || !step["pattern"].contains("Regex")) continue;
      const auto text = expected["texts"][i++ % expected["texts"].size()].get<std::string>();
      seeds.add_files("split_regex", {static_cast<char>(i) + step["pattern"]["Regex"].get<std::string>(), text});
    }
  }
}

// The normalizers and the texts of the goldens.
void add_normalizers(Seeds &seeds) {
  const fs::path folder = fs::path(TIDBIT_TOKENIZERS) / "normalizers";
  const json expected = json::parse(read_file(folder / "expected.json"));
  const json &texts = expected.at("texts");
  for (std::size_t i = 0; i < expected.at("cases").size(); ++i) {
    const json &item = expected.at("cases")[i];
    json tokenizer = expected.at("tokenizers").at(item.at("base").get<std::string>());
    tokenizer.update(item.at("change"));
    seeds.add_files("tokenizer_json", {tokenizer.dump(), "{}"});
    const auto text = texts[i % texts.size()].get<std::string>();
    seeds.add("normalize", std::string{static_cast<char>(i), static_cast<char>(i % 8)} + text);
  }
  seeds.add("sentencepiece", read_file(folder / "rules.model"));
}

void add_section(Seeds &seeds, const fs::path &tokenizer) {
  const auto section = convert::import_tokenizer(tokenizer, 640).section;
  seeds.add("tokenizer_section", {reinterpret_cast<const char *>(section.data()), section.size()});
}

void add_tokenizers(Seeds &seeds) {
  add_normalizers(seeds);
  for (const fs::path &folder : folders_with(TIDBIT_TOKENIZERS, "tokenizer.json")) {
    const std::string text = read_file(folder / "tokenizer.json");
    const json tokenizer = json::parse(text);
    seeds.add_files("tokenizer_json", {text, R"({"bos_token":"<s>","add_bos_token":true})"});
    add_section(seeds, folder / "tokenizer.json");
    if (folder.filename() == "byte_level") add_byte_level(seeds, tokenizer);
    if (folder.filename() == "characters") seeds.add("vocab_json", tokenizer.at("model").at("vocab").dump());
  }
  for (const char *file : {"sp_unigram/tokenizer.model", "gguf_t5/tokenizer.gguf", "gguf_bert/tokenizer.gguf"}) {
    add_section(seeds, fs::path(TIDBIT_TOKENIZERS) / file);
  }
  const auto bert = fs::path(TIDBIT_TOKENIZERS) / "vocab_txt";
  for (const json &entry : json::parse(read_file(bert / "expected.json"))) {
    seeds.add_files("vocab_txt", {read_file(bert / "vocab.txt"), entry.at("config").dump()});
  }
  const auto pairs = fs::path(TIDBIT_TOKENIZERS) / "vocab_json";
  for (const json &entry : json::parse(read_file(pairs / "expected.json"))) {
    const fs::path folder = pairs / entry.at("folder").get<std::string>();
    seeds.add_files("vocab_json",
                    {read_file(folder / "vocab.json"), read_file(folder / "merges.txt"), entry.at("config").dump()});
  }
  seeds.add("llama2c_tokenizer", llama2c_tokenizer());
  seeds.add("sentencepiece", sentencepiece_model());
  for (const char *name : {"sp_unigram", "sp_suffix", "sp_suffix_bpe", "sp_spaces"}) {
    seeds.add("sentencepiece", read_file(fs::path(TIDBIT_TOKENIZERS) / name / "tokenizer.model"));
  }
  add_scored_gguf(seeds);
  add_gguf_unigram(seeds);
  add_gguf_word_piece(seeds);
  add_texts(seeds);
  add_expressions(seeds);
}

// ---- sampling ----

void add_logits(Seeds &seeds) {
  for (const tidbit_sampling &sampling : {tidbit_sampling{}, {0.8f, 5, 0.9f, 0.05f, 1.1f}, {1, 0, 0, 1, 0}}) {
    std::string bytes(reinterpret_cast<const char *>(&sampling), sizeof sampling);
    for (int i = 0; i < 40; ++i) bytes += f32(static_cast<float>(i * 7 % 40) * 0.25f - 3);
    seeds.add("sample", bytes);
  }
}

// The keys of RFC 8410, and the first signature of RFC 8032 with its key.
void add_keys(Seeds &seeds) {
  seeds.add("signature",
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
            "-----END PRIVATE KEY-----\n");
  seeds.add("signature",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
            "-----END PUBLIC KEY-----\n");
  const char hex[] =
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
      "d25bf5f0595bbe24655141438e7a100b";
  std::string bytes;
  for (const char *at = hex; *at != 0; at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(at, 2), nullptr, 16)));
  }
  seeds.add("signature", bytes);
}

void add_grammars(Seeds &seeds) {
  const char *const regexes[] = {"a(b|c)*[0-9]{2,4}", "[à-ÿ東]+\\.?", "(ab?){3}|x"};
  const char *const schemas[] = {
      R"({"type":"object","properties":{"a":{"type":"integer","minimum":-3,"maximum":17},"b":{"enum":["x",1,null]}},
          "required":["b"],"additionalProperties":{"type":"string","minLength":1,"maxLength":3}})",
      R"({"$defs":{"t":{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/t"},{"type":"number",
          "exclusiveMinimum":0.5}]},"maxItems":2}},"anyOf":[{"$ref":"#/$defs/t"},{"type":"string","pattern":"^a+$"},
          {"type":["null","boolean"]}]})",
      R"({"type":"string","format":"date-time"})"};
  const char *const gbnfs[] = {"root ::= \"[\" (root (\",\" root)*)? \"]\" | [0-9]{1,3} # list\n",
                               "root ::= a | b\na ::= \"x\" a?\nb ::= \"\\u00e9\" [^a-c]+\n"};
  const auto add = [&](const char *target, const char *text, auto compile) {
    seeds.add(target, text);
    const std::vector<std::byte> bytes = compile(text, "seed");
    seeds.add("grammar_open",
              std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()) + std::string(64, 'a'));
  };
  for (const char *text : regexes) add("grammar_regex", text, convert::compile_regex);
  seeds.add("grammar_tools", R"([{"function": {"name": "a", "parameters": {"properties": {"b": {"$ref": "#/$defs/c"}},
    "$defs": {"c": {"enum": [1, "x"]}}}}}, {"name": "d"}])");
  seeds.add("confidence", R"({"a":"x\"","b":[-1.5e3,true,null,{"c":""}]})");
  for (const char *text : schemas) add("grammar_schema", text, convert::compile_schema);
  for (const char *text : gbnfs) add("grammar_gbnf", text, convert::compile_gbnf);
}

}  // namespace
}  // namespace tidbit::fuzz

int main(int count, char **arguments) try {
  using namespace tidbit::fuzz;
  if (count != 2) {
    std::cerr << "usage: make_seeds FOLDER\n";
    return 2;
  }
  const Folder work;
  Seeds seeds(arguments[1]);
  add_blobs(seeds, work);
  add_checkpoints(seeds);
  add_torch_files(seeds);
  add_adapters(seeds);
  seeds.add("json", R"({"a":{"b":[1,-2,3.5e1,null,true],"c":{"a":"\u00e9\n"}},"d":[[],{}]})");
  add_images(seeds);
  add_tokenizers(seeds);
  add_logits(seeds);
  add_keys(seeds);
  add_grammars(seeds);
  return 0;
} catch (const std::exception &error) {
  std::cerr << "make_seeds: " << error.what() << "\n";
  return 1;
}
