// Broken containers are refused with a message and never read out of bounds.
#include "converter/checkpoint/safetensors.h"

#include <sys/stat.h>

#include <random>

#include "converter/checkpoint/checkpoint.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;

std::string failure_of(const std::string &file_bytes) {
  const Folder folder;
  write_file(folder / "x.safetensors", file_bytes);
  convert::TensorMap tensors;
  return failure([&] { convert::read_safetensors(folder / "x.safetensors", tensors); });
}

std::string failure_of_header(const std::string &header, std::size_t data_bytes) {
  return failure_of(safetensors(header, std::string(data_bytes, '\0')));
}

struct Broken {
  const char *header;
  std::size_t data_bytes;
  const char *message;  // part of the error message
};

TEST(Safetensors, AreRefusedWithTheReason) {
  const Broken rows[] = {
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7, "ends behind the end of the file"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9, "1 bytes behind the last tensor"},
      {R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "which is not F32 [3]"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "bad data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8, "bad data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,-8]}})", 8, "bad data_offsets"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}})", 8, "bad data_offsets"},
      {R"({"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}})", 8, "bad shape"},
      {R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "too large"},
      {R"({"a":{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]},"b":7})", 0, "\"b\" has no dtype"},
      {R"({"a":{"dtype":"X9","shape":[2],"data_offsets":[0,8]}})", 8, "unknown dtype \"X9\""},
      {R"({"a":{"dtype":32,"shape":[2],"data_offsets":[0,8]}})", 8, "dtype that is not a text"},
      {R"({"a":{"shape":[2],"data_offsets":[0,8]}})", 8, "has no dtype"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
       6, "\"b\" overlaps another one"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}})",
       10, "\"b\" has a gap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8, "occurs twice"},
      {"[]", 0, "is not a JSON object"},
      {"{\"a\":", 0, "is not valid JSON"},
      {R"({"a":{"dtype":"F32","dtype":"F16","shape":[0],"data_offsets":[0,0]}})", 0, "\"a.dtype\" occurs twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "occurs twice"},
      {R"({"__metadata__":{"a":"","a":""}})", 0, "\"__metadata__.a\" occurs twice"},
      {"{\"\xFF\":1}", 0, "is not valid JSON"},
  };
  for (const Broken &row : rows) {
    EXPECT_NE(failure_of_header(row.header, row.data_bytes).find(row.message), std::string::npos)
        << row.header << "\n"
        << failure_of_header(row.header, row.data_bytes);
  }
}

TEST(Safetensors, AreRefusedWhereTheHeaderIsCut) {
  EXPECT_NE(failure_of("").find("shorter than a safetensors header"), std::string::npos);
  EXPECT_NE(failure_of("1234567").find("shorter"), std::string::npos);
  EXPECT_NE(failure_of(std::string("\x09\0\0\0\0\0\0\0{}", 10)).find("ends inside its header"), std::string::npos);
  EXPECT_NE(failure_of(std::string(8, '\xFF') + "{}").find("larger than 32 MB"), std::string::npos);
}

TEST(Safetensors, ThatAreAPipeAreNotWaitedFor) {
  const Folder folder;
  ASSERT_EQ(::mkfifo((folder / "model.safetensors").c_str(), 0600), 0);
  convert::TensorMap tensors;
  const std::string message = failure([&] { convert::read_safetensors(folder / "model.safetensors", tensors); });
  EXPECT_NE(message.find("not a regular file"), std::string::npos) << message;
}

TEST(Safetensors, ThatAreEmptyAreValid) { EXPECT_EQ(failure_of(safetensors("{}", "")), ""); }

// Reads everything that a conversion would read. Only a ConvertError may be thrown.
void read_all(const fs::path &directory) {
  failure([&] {
    const auto checkpoint = convert::open_checkpoint(directory);
    const auto plan = convert::plan_model(checkpoint);
    EXPECT_FALSE(plan.stacks.front().layers.empty());
  });
}

TEST(Safetensors, SamplesThatBreakReadersAreRefusedOrRead) {
  const fs::path samples = fs::path(TIDBIT_DATA_DIR) / "malformed";
  TIDBIT_SKIP_WITHOUT(samples);
  for (const auto &entry : fs::directory_iterator(samples)) {
    const Folder folder;
    copy_golden("llama-gqa", folder);
    write_file(folder / "model.safetensors", read_file(entry.path()));
    EXPECT_NE(failure([&] { convert::convert(plain_options(folder.path(), folder / "x.tidbit")); }), "")
        << entry.path();
    EXPECT_EQ(folder.files(), 2u);
  }
}

// Changes a byte, flips a bit, truncates, or duplicates some bytes, at random.
std::string damaged(std::string bytes, std::mt19937 &random, std::size_t within) {
  const std::size_t at = random() % std::min(within, bytes.size());
  switch (random() % 4) {
    case 0:
      bytes[at] = static_cast<char>(random());
      break;
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      break;
    case 2:
      bytes.resize(at);
      break;
    default:
      bytes.insert(at, bytes.substr(at, random() % 16));
      break;
  }
  return bytes;
}

TEST(Safetensors, DamagedAtRandomAreRefusedOrRead) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  const std::string good = read_file(folder / "model.safetensors");
  std::mt19937 random(1);
  for (int round = 0; round < tries(2000); ++round) {
    write_file(folder / "model.safetensors", damaged(good, random, 3000));
    read_all(folder.path());
  }
}

TEST(Configuration, DamagedAtRandomIsRefusedOrRead) {
  for (const char *name : {"llama-llama3-biases", "gpt2-odd-heads", "openai-gpt", "marian"}) {
    const Folder folder;
    copy_golden(name, folder);
    const std::string good = read_file(folder / "config.json");
    std::mt19937 random(2);
    for (int round = 0; round < tries(500); ++round) {
      write_file(folder / "config.json", damaged(good, random, good.size()));
      read_all(folder.path());
    }
  }
}

TEST(ShardIndex, NamesOnlyFilesOfItsFolder) {
  for (const char *name : {"../model.safetensors", "/etc/passwd", "a/b", "..", "", "a\\\\b"}) {
    const Folder folder;
    write_file(folder / "config.json", read_file(golden("llama-gqa") / "config.json"));
    write_file(folder / "model.safetensors.index.json", std::string(R"({"weight_map":{"t":")") + name + "\"}}");
    EXPECT_NE(failure([&] { convert::open_checkpoint(folder.path()); }).find("not a plain file name"),
              std::string::npos);
  }
}

TEST(ShardIndex, MustAgreeWithItsFiles) {
  const Folder folder;
  copy_golden("llama-gqa", folder);
  fs::rename(folder / "model.safetensors", folder / "part.safetensors");
  write_file(folder / "model.safetensors.index.json", R"({"weight_map":{"no.such":"part.safetensors"}})");
  EXPECT_NE(failure([&] { convert::open_checkpoint(folder.path()); }).find("\"no.such\" is not in part.safetensors"),
            std::string::npos);
}

}  // namespace
}  // namespace tidbit::test
