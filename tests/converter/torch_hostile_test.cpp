// Archives and pickles that lie, call, or ask for too much are refused with the reason.
#include <fstream>
#include <random>

#include "converter/checkpoint/checkpoint.h"
#include "converter/checkpoint/pickle.h"
#include "converter/checkpoint/state_dict.h"
#include "converter/checkpoint/wrappers.h"
#include "converter/families/planner.h"
#include "tests/converter/support.h"
#include "tests/converter/torch_files.h"
#include "tests/support/tries.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using namespace pickle;

// The error of reading a file of torch.save.
std::string failure_of_file(const std::string &bytes) {
  const Folder folder;
  write_file(folder / "x.pt", bytes);
  return failure([&] {
    convert::TensorMap tensors;
    convert::read_state_dict(folder / "x.pt", tensors);
  });
}

std::string failure_of_pickle(const std::string &bytes) {
  return failure([&] { const convert::Pickle read(bytes, "x.pkl"); });
}

void expect_refused(const std::string &message, const std::string &reason) {
  EXPECT_NE(message.find(reason), std::string::npos) << reason << "\n" << message;
}

// ---- pickles ----

TEST(Pickle, ThatCallsSomethingIsRefusedByItsName) {
  const std::string command = tuple(text("touch /tmp/x"));
  for (const auto &[module, name] : {std::pair("os", "system"),
                                     {"posix", "system"},
                                     {"builtins", "eval"},
                                     {"builtins", "getattr"},
                                     {"__builtin__", "exec"},
                                     {"subprocess", "Popen"},
                                     {"torch", "load"},
                                     {"torch.hub", "load"}}) {
    const std::string what = "calls \"" + std::string(module) + "." + name + "\", which could do anything";
    expect_refused(failure_of_pickle(program(global(module, name) + command + kReduce)), what);
    expect_refused(failure_of_pickle(program(global(module, name) + command + kNewObject)), what);
    const std::string by_stack = text(module) + text(name) + "\x93";
    expect_refused(failure_of_pickle(program(by_stack + command + kReduce)), what);
  }
  expect_refused(failure_of_pickle(program("i" + std::string("os\nsystem\n"))), "has the instruction 105");
  expect_refused(failure_of_pickle(program("\x82\x01")), "has the instruction 130");
}

// What is behind a tensor must be a tensor's.
TEST(Pickle, ThatHidesACallInAKnownOneIsRefused) {
  const std::string inner = tuple(global("os", "system") + global("torch", "Tensor") + tuple(text("x")));
  expect_refused(failure_of_pickle(program(global("torch._tensor", "_rebuild_from_type_v2") + inner + kReduce)),
                 "calls \"os.system\" for a tensor");
}

TEST(Pickle, ThatBreaksItsMachineIsRefused) {
  const std::pair<std::string, const char *> rows[] = {
      {"", "ends too early"},
      {"\x80", "ends too early"},
      {"\x80\x01N.", "has the protocol 1"},
      {"\x80\x06N.", "has the protocol 6"},
      {"(lp0\n.", "does not begin as a pickle"},
      {kProto, "ends too early"},
      {program(""), "does not end with one value"},
      {program("NN"), "does not end with one value"},
      {program("N("), "does not end with one value"},
      {program("N") + "N", "bytes behind its end"},
      {program("0"), "a value that is not there"},
      {program("(0"), "a value that is not there"},
      {program("N(\x85"), "a value that is not there"},
      {program("t"), "a list that has no beginning"},
      {program("1"), "a list that has no beginning"},
      {program("h\x05"), "asks for a value that was never stored"},
      {program("Nj\xFF\xFF\xFF\xFF"), "asks for a value that was never stored"},
      {program("Nr\xFF\xFF\xFF\xFF"), "numbers a value higher"},
      {program("q\x01"), "a value that is not there"},
      {program("X\xFF\xFF\xFF\xFFshort"), "ends too early"},
      {program("\x8D" + little(~std::uint64_t{0}) + "short"), "ends too early"},
      {program("\x8E" + little(std::uint64_t{1} << 60) + "short"), "ends too early"},
      {program("\x8B\xFF\xFF\xFF\xFF"), "ends too early"},
      {program("\x95" + little(std::uint64_t{1} << 60) + "N"), "ends too early"},
      {program("c" + std::string(1000, 'a')), "a name that is too long"},
      {program("cos\nsystem"), "a name that is too long"},
      {program("NN\x93"), "names a class by something else"},
      {program("NNa"), "adds to a value that is of another kind"},
      {program("}(Nu"), "a key without a value"},
      {program("](NNu"), "adds to a value that is of another kind"},
      {program("N)R"), "calls something that is not a function"},
      {program(global("torch", "Size") + "NR"), "without a list of arguments"},
      {program(global("torch", "Size") + ")R"), "with the wrong arguments"},
      {program(global("collections", "OrderedDict") + tuple(kEmptyList + "(Ne") + kReduce),
       "something else than pairs"},
      {program("NQ"), "without a list of arguments"},
  };
  for (const auto &[bytes, reason] : rows) expect_refused(failure_of_pickle(bytes), reason);
}

std::string repeated(const std::string &text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

// None of them recurses, and none takes long or much memory.
TEST(Pickle, ThatAsksForTooMuchIsRefusedOrReadSoon) {
  EXPECT_EQ(failure_of_pickle(program(repeated("]", 100001) + repeated("a", 100000))), "");  // nested
  EXPECT_EQ(failure_of_pickle(program("N" + repeated("\x85", 100000))), "");
  expect_refused(failure_of_pickle(program(repeated("]", 2000000))), "more values than any checkpoint");
  expect_refused(failure_of_pickle(program(repeated("(", 2000000))), "more values than any checkpoint");
  expect_refused(failure_of_pickle(program("]q\x01" + repeated("h\x01", 2000000))), "more values than any checkpoint");
  const std::string thousand = "](" + repeated("N", 1000) + "eq\x01";
  const std::string copied = "0cbuiltins\nset\n(h\x01tR";
  expect_refused(failure_of_pickle(program(thousand + repeated(copied, 10000))), "more values than any checkpoint");
  const std::string in_itself =
      "]q\x01h\x01"
      "a";
  EXPECT_EQ(failure_of_pickle(program(in_itself)), "");
}

TEST(Pickle, ObjectsAreTheirAttributesAndNothingElse) {
  const std::string state = dictionary(text("n_head") + number(3));
  const convert::Pickle read(program(global("__main__", "GPTConfig") + kEmptyTuple + kNewObject + state + kBuild), "x");
  EXPECT_EQ(read.root().text(), "__main__.GPTConfig");
  ASSERT_TRUE(read.root().find("n_head").has_value());
  EXPECT_EQ(read.root().find("n_head")->integer(), 3);
}

// ---- tensors ----

TEST(TorchTensor, ThatIsWholeIsRead) { EXPECT_EQ(failure_of_file(torch_file(state_dict({}))), ""); }

TEST(TorchTensor, ThatLiesIsRefused) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 47;
  const std::pair<Tensor, const char *> rows[] = {
      {{.offset = 1}, "ends behind the end of its storage"},
      {{.offset = -1}, "has a bad offset"},
      {{.shape = {2, 3}}, "ends behind the end of its storage"},
      {{.shape = {4, 1}, .strides = {2, 1}}, "ends behind the end of its storage"},
      {{.shape = {-2, -2}}, "has a bad shape"},
      {{.strides = {-2, 1}}, "has a bad strides"},
      {{.strides = {2}}, "another number of strides"},
      {{.shape = {kHuge, kHuge}, .strides = {0, 0}}, "is too large"},
      {{.shape = {2, 2}, .strides = {kHuge, 1}}, "ends behind the end of its storage"},
      {{.shape = {std::int64_t{1} << 32, std::int64_t{1} << 32}}, "is too large"},
      {{.shape = {std::int64_t{1} << 62}, .strides = {1}}, "has a bad shape"},
      {{.shape = std::vector<std::int64_t>(9, 1), .strides = std::vector<std::int64_t>(9, 1)}, "has a bad shape"},
      {{.storage = 5}, "which is not 5 elements of F32"},
      {{.storage = 3}, "which is not 3 elements of F32"},
      {{.storage = -1}, "has a bad storage"},
      {{.type = "HalfStorage"}, "which is not 4 elements of F16"},
      {{.type = "FunnyStorage"}, "has the unknown type \"torch.FunnyStorage\""},
      {{.key = "1"}, "which is missing"},
      {{.key = "../byteorder"}, "which is missing"},
  };
  for (const auto &[tensor, reason] : rows) expect_refused(failure_of_file(torch_file(state_dict(tensor))), reason);
}

TEST(TorchTensor, WithoutElementsIsRead) {
  EXPECT_EQ(failure_of_file(torch_file(state_dict({.shape = {0, 5}, .strides = {5, 1}}))), "");
  EXPECT_EQ(failure_of_file(torch_file(state_dict({.offset = 4, .shape = {0}, .strides = {1}}))), "");
}

TEST(TorchTensor, WithGapsIsRefusedWhenItIsUsed) {
  const Folder folder;
  write_file(folder / "x.pt", torch_file(state_dict({.shape = {2}, .strides = {2}})));
  convert::TensorMap tensors;
  convert::read_state_dict(folder / "x.pt", tensors);
  expect_refused(failure([&] { convert::check_type(tensors.at("a")); }), "is a view with gaps");
}

TEST(TorchTensor, OfBrokenPartsIsRefused) {
  const std::string rebuild = global("torch._utils", "_rebuild_tensor_v2");
  const std::pair<std::string, const char *> rows[] = {
      {rebuild + ")R", "is not made as tensors are"},
      {rebuild + tuple("NNNN") + "R", "has no storage"},
      {rebuild + tuple(tuple(text("storage") + "NNNN") + "QNNN") + "R", "has the unknown type \"\""},
      {rebuild + tuple(kEmptyTuple + "QNNN") + "R", "has no storage"},
      {global("torch._utils", "_rebuild_parameter") + ")R", "is not made as tensors are"},
      {global("torch._utils", "_rebuild_parameter") + tuple("N") + "R", "is not made as tensors are"},
  };
  for (const auto &[tensor, reason] : rows) {
    expect_refused(failure_of_file(torch_file(program(dictionary(text("a") + tensor)))), reason);
  }
  expect_refused(failure_of_file(torch_file(program(dictionary(number(1) + tensor({}))))), "a tensor without a name");
  expect_refused(failure_of_file(torch_file(program(dictionary(text("a") + tensor({}) + text("a") + tensor({}))))),
                 "tensor \"a\" occurs twice");
}

TEST(TorchFile, WithoutAStateDictSaysWhatItHas) {
  expect_refused(failure_of_file(torch_file(program(dictionary(text("epoch") + number(1))))),
                 "has no dictionary of tensors; it has \"epoch\"");
  const std::string one = dictionary(text("w") + tensor({}));
  expect_refused(failure_of_file(torch_file(program(dictionary(text("g") + one + text("d") + one)))),
                 "has more than one dictionary of tensors; it has \"g\", \"d\"");
  expect_refused(failure_of_file(torch_file(program("N"))), "has no dictionary of tensors");
  const std::string object = global("__main__", "GPT") + kEmptyTuple + kNewObject + kEmptyDict + kBuild;
  expect_refused(failure_of_file(torch_file(program(object))), "an object of the class \"__main__.GPT\"");
}

TEST(TorchFile, OfTheFormatBeforeTheArchiveIsRefusedWithTheWayOut) {
  const std::string magic = "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.";
  expect_refused(failure_of_file(magic + std::string(300, '\0')), "until version 1.5; load it and save it again");
  const Folder folder;
  write_file(folder / "x.pt", magic + std::string(300, '\0'));
  expect_refused(failure([&] { convert::open_checkpoint(folder / "x.pt"); }), "until version 1.5");
}

// Two names that are one behind their wrappers.
TEST(TorchFile, WhoseNamesCollideIsRefused) {
  const Folder folder;
  write_file(folder / "x.pt", torch_file(program(dictionary(text("a") + tensor({}) + text("module.a") + tensor({})))));
  write_file(folder / "config.json", "{}");
  expect_refused(failure([&] { convert::open_checkpoint(folder / "x.pt"); }), "tensor \"a\" is there twice");
}

TEST(Wrappers, AreSeenThroughWhereverTheyStand) {
  const std::pair<const char *, const char *> rows[] = {
      {"_orig_mod.a.weight", "a.weight"},
      {"module._orig_mod.a.weight", "a.weight"},
      {"_orig_mod.module.a.weight", "a.weight"},
      {"base_model.model.model.layers.0.a", "model.layers.0.a"},
      {"module.base_model.model.a", "a"},
      {"model.layers.0._orig_mod.a", "model.layers.0.a"},
      {"_fsdp_wrapped_module.h.0._checkpoint_wrapped_module.a", "h.0.a"},
      {"my_orig_mod.a", "my_orig_mod.a"},
      {"a.module.b", "a.module.b"},
      {"model.transformer.h.0.attn.c_attn.weight", "transformer.h.0.attn.c_attn.weight"},
      {"model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight"},
  };
  for (const auto &[before, after] : rows) {
    convert::TensorMap tensors;
    tensors[before].name = before;
    convert::see_through_wrappers(tensors);
    ASSERT_TRUE(tensors.contains(after)) << before << " became " << tensors.begin()->first;
    EXPECT_EQ(tensors.at(after).name, after);
  }
}

// ---- archives ----

std::string failure_of_members(const std::vector<ZipMember> &members) {
  Zip zip;
  for (const ZipMember &member : members) zip.add(member);
  return failure_of_file(zip.bytes());
}

TEST(ZipArchive, ThatIsCompressedOrEncryptedIsRefused) {
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = "abc", .method = 8}}), "is compressed");
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = "abc", .flags = 1}}), "is encrypted");
}

// A few bytes that say they are many, and one member that many share.
TEST(ZipArchive, ThatIsABombIsRefused) {
  const std::string pickle = state_dict({});
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = pickle, .size = 0x7FFFFFFF}}),
                 "ends behind the end of the file");
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = pickle, .size = 0x7FFFFFFF, .packed = 10}}),
                 "its two sizes differ");
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = pickle},
                                     {.name = "x/data.pkl", .contents = pickle, .header = 0}}),
                 "occurs twice");
}

TEST(ZipArchive, WhoseMembersOverlapOrHaveGapsIsRefused) {
  Zip inner;
  inner.add({"x/data/0", std::string(16, '\0')});
  const std::string nested = inner.bytes();
  Zip overlapping;
  overlapping.add({"x/data.pkl", nested});
  overlapping.add({.name = "x/data/0", .contents = std::string(16, '\0'), .header = 30 + 10});
  expect_refused(failure_of_file(overlapping.bytes()), "\"x/data/0\" overlaps another one");
  Zip gap;
  gap.add({"x/data.pkl", "abc"});
  gap.add_gap(1);
  gap.add({"x/data/0", "abc"});
  expect_refused(failure_of_file(gap.bytes()), "\"x/data/0\" has a gap in front of it");
  Zip late;
  late.add_gap(5);
  late.add({"x/data.pkl", "abc"});
  expect_refused(failure_of_file(late.bytes()), "has a gap in front of it");
  Zip early;
  early.add({"x/data.pkl", "abc"});
  early.add_gap(40);
  expect_refused(failure_of_file(early.bytes()), "a gap in front of its zip directory");
}

TEST(ZipArchive, WhoseDirectoryLiesIsRefused) {
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = "abc", .local_name = "x/data.pkm"}}),
                 "is not where the zip directory says");
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = std::string(99, 'a'), .header = 7}}),
                 "is not where the zip directory says");
  expect_refused(failure_of_members({{.name = "x/data.pkl", .contents = "abc", .header = 0x7FFFFFFF}}),
                 "lies outside the file");
  expect_refused(failure_of_members({{.name = "", .contents = "abc"}}), "without a name");
  const std::string good = torch_file(state_dict({}));
  expect_refused(failure_of_file(good + "x"), "without its directory at the end");
  expect_refused(failure_of_file(good.substr(0, good.size() - 1)), "without its directory at the end");
  std::string more = good;
  more[good.size() - 12] = more[good.size() - 14] = 4;  // entries
  expect_refused(failure_of_file(more), "ends inside its zip directory");
  std::string fewer = good;
  fewer[good.size() - 12] = fewer[good.size() - 14] = 2;
  expect_refused(failure_of_file(fewer), "bytes behind the last entry");
  std::string elsewhere = good;
  elsewhere[good.size() - 6] = static_cast<char>(elsewhere[good.size() - 6] + 1);  // its offset
  expect_refused(failure_of_file(elsewhere), "does not end where the file ends");
}

TEST(ZipArchive, ThatIsNotOfTorchIsRefused) {
  expect_refused(failure_of_members({{"word/document.xml", "x"}}), "no data.pkl");
  expect_refused(failure_of_members({{"a/data.pkl", "x"}, {"b/data.pkl", "x"}}), "several data.pkl");
  expect_refused(failure_of_members({{"x/data.pkl", "x"}, {"x/constants.pkl", "x"}}), "is a TorchScript archive");
  expect_refused(failure_of_members({{"x/data.pkl", "x"}, {"x/byteorder", "big"}}), "a big-endian machine");
}

// 5 GB, most of which is a hole in the file.
TEST(ZipArchive, OfMoreThanFourGigabytesIsRead) {
  constexpr std::uint64_t kBig = std::uint64_t{5} << 30;
  const Folder folder;
  const std::string pickle = state_dict({.storage = kBig / 4, .offset = kBig / 4 - 4});
  const auto local = [](const std::string &name, std::uint32_t size, const std::string &extra) {
    return "PK\3\4" + std::string(14, '\0') + little(size) + little(size) +
           little(static_cast<std::uint16_t>(name.size())) + little(static_cast<std::uint16_t>(extra.size())) + name +
           extra;
  };
  const auto central = [](const std::string &name, std::uint32_t size, std::uint32_t header, const std::string &extra) {
    return "PK\1\2" + std::string(16, '\0') + little(size) + little(size) +
           little(static_cast<std::uint16_t>(name.size())) + little(static_cast<std::uint16_t>(extra.size())) +
           std::string(10, '\0') + little(header) + name + extra;
  };
  const std::string wide = little(std::uint16_t{1}) + little(std::uint16_t{16}) + little(kBig) + little(kBig);
  const std::string first = local("x/data/0", 0xFFFFFFFF, wide);
  const std::uint64_t second = first.size() + kBig;
  const std::string far = little(std::uint16_t{1}) + little(std::uint16_t{8}) + little(second);
  const std::string member = local("x/data.pkl", static_cast<std::uint32_t>(pickle.size()), "") + pickle;
  const std::string directory = central("x/data/0", 0xFFFFFFFF, 0, wide) +
                                central("x/data.pkl", static_cast<std::uint32_t>(pickle.size()), 0xFFFFFFFF, far);
  const std::uint64_t start = second + member.size(), end = start + directory.size();
  const std::string record = "PK\6\6" + little(std::uint64_t{44}) + std::string(12, '\0') + little(std::uint64_t{2}) +
                             little(std::uint64_t{2}) + little(std::uint64_t{directory.size()}) + little(start);
  const std::string locator = "PK\6\7" + std::string(4, '\0') + little(end) + little(std::uint32_t{1});
  const std::string last =
      "PK\5\6" + std::string(4, '\0') + std::string(4, '\xFF') + std::string(8, '\xFF') + std::string(2, '\0');
  write_file(folder / "x.pt", first);
  fs::resize_file(folder / "x.pt", second);
  std::ofstream(folder / "x.pt", std::ios::binary | std::ios::app) << member << directory << record << locator << last;
  convert::TensorMap tensors;
  convert::read_state_dict(folder / "x.pt", tensors);
  EXPECT_EQ(tensors.at("a").offset, first.size() + kBig - 16);
  float values[4];
  convert::read_elements(tensors.at("a"), 0, 4, values);
  EXPECT_EQ(values[3], 0.0f);
}

// ---- at random ----

TEST(TorchFile, DamagedAtRandomIsRefusedOrRead) {
  const Folder folder;
  const fs::path golden = fs::path(TIDBIT_TORCH_GOLDENS) / "nanogpt" / "ckpt.pt";
  const std::string good = read_file(golden);
  std::mt19937 random(3);
  for (int round = 0; round < tries(600); ++round) {
    std::string bytes = good;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 4 == 0) bytes.resize(random() % bytes.size());
    write_file(folder / "x.pt", bytes);
    failure([&] {
      const auto checkpoint = convert::open_checkpoint(folder / "x.pt");
      convert::plan_model(checkpoint);
    });
  }
}

TEST(PickledCharacters, ThatAreNoTableAreRefused) {
  const std::pair<std::string, const char *> rows[] = {
      {program("N"), "has no table of characters"},
      {program(dictionary(text("stoi") + kEmptyDict)), "is empty"},
      {program(dictionary(text("stoi") + dictionary(text("a") + number(-1)))), "has no valid id"},
      {program(dictionary(text("stoi") + dictionary(text("a") + text("b")))), "has no valid id"},
      {program(dictionary(text("stoi") + dictionary(text("a") + number(std::int64_t{1} << 60)))), "has no valid id"},
      {program(dictionary(text("stoi") + dictionary(number(1) + number(1)))), "something else than texts"},
      {program(dictionary(text("itos") + dictionary(number(0) + text("a") + number(0) + text("b")))), "the same id 0"},
      {program(dictionary(text("itos") + dictionary(number(0) + text("a") + number(1) + text("a")))), "occurs twice"},
      {program(dictionary(text("chars") + text("aba"))), "occurs twice"},
      {program(dictionary(text("stoi") + dictionary(text("ab") + number(0)))), "must be a single character"},
      {program(global("os", "system") + kEmptyTuple + kReduce), "calls \"os.system\""},
  };
  for (const auto &[bytes, reason] : rows) {
    const Folder folder;
    copy_golden("llama-gqa", folder);
    write_file(folder / "meta.pkl", bytes);
    auto options = plain_options(folder.path(), folder / "x.tidbit");
    options.tokenizer = convert::TokenizerChoice::find;
    expect_refused(failure([&] { convert::convert(options); }), reason);
  }
}

}  // namespace
}  // namespace tidbit::test
