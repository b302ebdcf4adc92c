// What is in a written blob, by a second reading of blob_format.h and of the role table.
#include <algorithm>
#include <cstring>

#include "converter/blob/blob_view.h"
#include "converter/families/planner.h"
#include "format/formats.h"
#include "format/model.h"
#include "format/roles.h"
#include "tests/converter/support.h"
#include "tests/support/aligned.h"
#include "tests/support/runner.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using format::Format;
using format::Header;
using format::LayerKind;
using format::NamedRole;
using format::Presence;
using format::Section;
using format::SectionKind;
using format::Slot;
using format::Tensor;

constexpr const char *kGoldens[] = {"llama-gqa",  "llama-llama3-biases", "gpt2-odd-heads", "gpt2-untied-by-layer",
                                    "openai-gpt", "openai-gpt-segments", "marian",         "marian-translation"};

class Blob {
 public:
  explicit Blob(const std::string &text) : bytes_(std::as_bytes(std::span(text))) {}

  const std::byte *data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  const Header &header() const { return *at<Header>(0); }
  std::span<const Section> sections() const { return {at<Section>(sizeof(Header)), header().section_count}; }
  std::span<const LayerKind> kinds() const {
    return {reinterpret_cast<const LayerKind *>(sections().data() + sections().size()), header().stacks[0].kinds};
  }
  std::span<const Tensor> tensors() const {
    return {reinterpret_cast<const Tensor *>(kinds().data() + kinds().size()), header().tensor_count};
  }
  std::span<const std::uint8_t> layers() const {
    return {reinterpret_cast<const std::uint8_t *>(tensors().data() + tensors().size()), header().stacks[0].layers};
  }
  const Section &section(SectionKind kind) const {
    return *std::find_if(sections().begin(), sections().end(), [&](const Section &s) { return s.kind == kind; });
  }
  bool zero(std::uint64_t begin, std::uint64_t end) const {
    return std::all_of(data() + begin, data() + end, [](std::byte b) { return b == std::byte{0}; });
  }

  template <class T>
  const T *at(std::uint64_t offset) const {
    return reinterpret_cast<const T *>(data() + offset);
  }

 private:
  AlignedBytes bytes_;
};

Blob converted(const std::string &name, Format weights = Format::q8, std::uint32_t context = 0) {
  const Folder folder;
  auto options = plain_options(golden(name), folder / "x.tidbit");
  options.weights = weights;
  options.context = context;
  convert::convert(options);
  return Blob(read_file(options.output));
}

// Slots ascend without gaps over the roles that are there; the table says which must be and which may not. Returns the
// number of them.
template <std::size_t n>
std::uint32_t check_slots(const NamedRole (&roles)[n], const Slot *slots, std::size_t slot_count,
                          const format::Config &config, const void *fields) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < slot_count; ++i) {
    const bool there = slots[i] != format::kAbsent;
    EXPECT_TRUE(!there || (i < n && slots[i] == next)) << i;
    if (there) ++next;
    if (i >= n) continue;
    const Presence wanted = format::presence(roles[i].row, config, fields);
    EXPECT_NE(wanted, there ? Presence::forbidden : Presence::required) << roles[i].name;
  }
  return next;
}

template <std::size_t n>
void check_entries(const NamedRole (&roles)[n], const Slot *slots, const Tensor *row, const format::Config &config,
                   const LayerKind *kind) {
  for (std::size_t i = 0; i < n; ++i) {
    if (slots[i] == format::kAbsent) continue;
    const Tensor &t = row[slots[i]];
    EXPECT_EQ(t.rows, format::size_of(roles[i].row.rows, config, kind)) << roles[i].name;
    EXPECT_EQ(t.cols, format::size_of(roles[i].row.cols, config, kind)) << roles[i].name;
    const format::TensorKind stored = roles[i].row.kind;
    const Format table = config.weights == Format::f32 ? Format::f32 : Format::f16;
    EXPECT_EQ(t.format, stored == format::TensorKind::matrix  ? config.weights
                        : stored == format::TensorKind::table ? table
                                                              : Format::f32)
        << roles[i].name;
  }
}

TEST(Blob, GroupsAreAsLongAsTheOptionSays) {
  convert::ConvertOptions options{.source = std::filesystem::path(TIDBIT_GOLDENS_DIR) / "qwen2_moe",
                                  .output = std::filesystem::path(testing::TempDir()) / "group.tidbit"};
  options.tokenizer = convert::TokenizerChoice::none;
  options.group = 64;
  convert::convert(options);
  const convert::BlobView blob(options.output);
  EXPECT_NE(std::string(blob.info().converter).find("--group 64"), std::string::npos);
  const Model &model = model_of(&blob.model());
  for (std::uint32_t i = 0; i < model.layers(); ++i) {
    const LayerView layer = model.layer(i);
    EXPECT_EQ(layer.matrix(format::LayerRole::qkv).group, 64u);
    const format::Tensor *router = layer.find(format::LayerRole::router);
    if (router != nullptr) {
      EXPECT_EQ(router->format, format::Format::f16) << "a router is not quantized";
    }
  }
  std::filesystem::remove(options.output);
}

TEST(Slots, FollowTheRoleTable) {
  for (const char *name : kGoldens) {
    SCOPED_TRACE(name);
    const Blob blob = converted(name);
    const Header &h = blob.header();
    const format::Stack &stack = h.stacks[0];
    EXPECT_EQ(check_slots(format::kGlobalRoles, h.global_slots, format::kGlobalSlots, h.config, &h.config),
              stack.first_tensor);
    check_entries(format::kGlobalRoles, h.global_slots, blob.tensors().data(), h.config, nullptr);
    std::uint32_t most = 0;
    for (const LayerKind &k : blob.kinds()) {
      most = std::max(most, check_slots(format::kLayerRoles, k.slots, format::kLayerSlots, h.config, &k));
    }
    EXPECT_EQ(stack.layer_tensors, most);
    for (std::size_t i = 0; i < blob.layers().size(); ++i) {
      const LayerKind &kind = blob.kinds()[blob.layers()[i]];
      const Tensor *row = blob.tensors().data() + stack.first_tensor + i * stack.layer_tensors;
      check_entries(format::kLayerRoles, kind.slots, row, h.config, &kind);
    }
  }
}

TEST(Sections, AreInOrderWithZerosBetweenThem) {
  for (const char *name : kGoldens) {
    SCOPED_TRACE(name);
    const Blob blob = converted(name);
    const auto *layers_end = reinterpret_cast<const std::byte *>(blob.layers().data() + blob.layers().size());
    EXPECT_TRUE(blob.zero(static_cast<std::uint64_t>(layers_end - blob.data()), blob.header().header_bytes));
    std::uint64_t end = blob.header().header_bytes;
    for (const Section &s : blob.sections()) {
      EXPECT_EQ(s.offset % format::kAlignment, 0u);
      ASSERT_GE(s.offset, end);
      EXPECT_TRUE(blob.zero(end, s.offset));
      EXPECT_EQ(tidbit_hash(blob.data() + s.offset, s.bytes), s.checksum);
      end = s.offset + s.bytes;
    }
    EXPECT_EQ(blob.header().blob_bytes, blob.size());
    EXPECT_TRUE(blob.zero(end, blob.size()));
  }
}

TEST(LayerKinds, AreSharedByLayersThatAgree) {
  EXPECT_EQ(converted("llama-gqa").kinds().size(), 1u);
  const Blob blob = converted("gpt2-untied-by-layer");  // each layer divides its scores by another number
  ASSERT_EQ(blob.kinds().size(), blob.layers().size());
  for (std::size_t i = 0; i < blob.layers().size(); ++i) {
    const float scale = blob.kinds()[blob.layers()[i]].attention_scale;
    EXPECT_FLOAT_EQ(scale * static_cast<float>(i + 1), blob.kinds()[0].attention_scale);
  }
}

TEST(LayerKinds, WithFewerTensorsLeaveZerosInTheTable) {
  const convert::Checkpoint checkpoint = convert::open_checkpoint(golden("gpt2-odd-heads"));
  convert::ModelPlan plan = convert::plan_model(checkpoint);
  plan.config.default_context = 16;
  plan.config.weights = Format::f16;
  convert::StackPlan &stack = plan.stacks.front();
  auto layers = std::move(stack.layers);
  const LayerKind kind = stack.kinds.front();
  stack = {};
  layers.back()[static_cast<std::size_t>(format::LayerRole::ffn_down_bias)] = {};
  for (auto &layer : layers) stack.add_layer(kind, std::move(layer));

  const Folder folder;
  convert::OutputFile out(folder / "x.tidbit");
  convert::BlobParts parts;
  parts.embeddings = Format::f16;
  convert::write_blob(plan, parts, out, {});  // runs it, too
  const Blob blob(read_file(out.temporary()));
  EXPECT_EQ(blob.kinds().size(), 2u);
  EXPECT_EQ(blob.layers().back(), 1);
  const Tensor none = {};
  EXPECT_EQ(std::memcmp(&blob.tensors().back(), &none, sizeof none), 0);
  EXPECT_NE(blob.tensors()[blob.tensors().size() - 2].rows, 0u);
}

tidbit_status run_self_test(const Blob &blob, tidbit_isa isa) {
  tidbit_model model;
  const tidbit_status status = tidbit_open(blob.data(), blob.size(), &model, nullptr);
  if (status != TIDBIT_OK) return status;
  tidbit_options options = {};
  options.isa = isa;
  return tidbit_selftest(Runner(model, options).session());
}

TEST(SelfTest, HoldsOnEveryInstructionSet) {
  for (std::uint32_t weights = 0; weights < format::kFormats; ++weights) {
    SCOPED_TRACE(format::kFormatNames.of[weights]);
    for (const char *name : kGoldens) {
      const Blob blob = converted(name, Format{static_cast<std::uint8_t>(weights)});
      EXPECT_EQ(run_self_test(blob, TIDBIT_ISA_SCALAR), TIDBIT_OK) << name;
      EXPECT_EQ(run_self_test(blob, TIDBIT_ISA_AUTO), TIDBIT_OK) << name;
    }
  }
}

// Computed again, one token at a time.
TEST(SelfTest, IsTheHashOfTheLogitsOfAWalkOverTheVocabulary) {
  const Blob blob = converted("llama-gqa");
  const auto &test = *blob.at<format::SelfTest>(blob.section(SectionKind::self_test).offset);
  ASSERT_EQ(test.token_count, 4u);
  const std::uint32_t vocab = blob.header().config.vocab_size;
  const auto tokens = some_tokens(vocab, 4);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(test.tokens[i], i < 4 ? tokens[static_cast<std::size_t>(i)] : 0);
  tidbit_model model;
  ASSERT_EQ(tidbit_open(blob.data(), blob.size(), &model, nullptr), TIDBIT_OK);
  EXPECT_EQ(test.hash, hash_of(Runner(model, {}).logits_of(tokens, 1, vocab)));
}

TEST(SelfTest, IsAsShortAsTheContext) {
  for (const std::uint32_t context : {1u, 3u, 5u}) {
    const Blob blob = converted("gpt2-odd-heads", Format::q8, context);
    EXPECT_EQ(blob.at<format::SelfTest>(blob.section(SectionKind::self_test).offset)->token_count,
              std::min(context, 4u));
    EXPECT_EQ(run_self_test(blob, TIDBIT_ISA_AUTO), TIDBIT_OK);
  }
}

TEST(OutputFile, UnfinishedOnesAreAllRemovedByASignalHandler) {
  const Folder folder;
  const convert::OutputFile a(folder / "a"), b(folder / "b");
  EXPECT_EQ(folder.files(), 2u);
  convert::remove_unfinished_output();
  EXPECT_EQ(folder.files(), 0u);
}

TEST(OutputFile, RemovesOrFinishesNoOtherThanItself) {
  const Folder folder;
  convert::OutputFile kept(folder / "kept");
  {
    const convert::OutputFile dropped(folder / "dropped");
    convert::OutputFile finished(folder / "finished");
    finished.finish();
  }
  EXPECT_TRUE(fs::exists(kept.temporary()));
  EXPECT_EQ(folder.files(), 2u);
  convert::remove_unfinished_output();
  EXPECT_FALSE(fs::exists(kept.temporary()));
  EXPECT_TRUE(fs::exists(folder / "finished"));
}

TEST(Progress, CountsUpToTheTotalOfEachStage) {
  const Folder folder;
  auto options = plain_options(golden("llama-gqa"), folder / "x.tidbit");
  std::vector<std::string> stages;
  std::uint64_t last = 0, end = 0;
  options.progress = [&](const char *stage, std::uint64_t done, std::uint64_t total) {
    if (stages.empty() || stages.back() != stage) {
      EXPECT_EQ(last, end);
      stages.emplace_back(stage);
      last = 0;
    }
    EXPECT_GE(done, last);
    last = done;
    end = total;
  };
  convert::convert(options);
  EXPECT_EQ(last, end);
  EXPECT_EQ(stages, (std::vector<std::string>{"weights", "self-test"}));
}

}  // namespace
}  // namespace tidbit::test
