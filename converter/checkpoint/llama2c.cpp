#include <cstring>

#include "converter/checkpoint/containers.h"
#include "converter/error.h"
#include "format/blob_format.h"

namespace tidbit::convert {
namespace {

using format::kMaxContext;
using format::kMaxFfn;
using format::kMaxHeads;
using format::kMaxLayers;
using format::kMaxVocab;
using format::kMaxWidth;

constexpr std::uint32_t kMagic = 0x616B3432;  // "ak42"
constexpr std::uint64_t kHeaderBytes = 256;   // of versions 1 and 2

// The numbers of the header, in the file's order.
struct Numbers {
  std::int32_t dim, hidden_dim, layers, heads, kv_heads, vocab_size, seq_len;
};
static_assert(sizeof(Numbers) == 28);

struct Header {
  Numbers n = {};
  std::uint32_t version = 0;  // 0: without magic number
  bool shared_head = false;
  std::uint32_t group = 0;  // of version 2
  std::uint64_t bytes = 0;
};

Header read_header(const InputFile &file) {
  Header header;
  std::uint32_t start[2] = {};
  file.read(0, start, 8);
  if (start[0] != kMagic) {  // a negative vocabulary size means that the head is stored separately
    header.bytes = sizeof(Numbers);
    file.read(0, &header.n, sizeof(Numbers));
    header.shared_head = header.n.vocab_size > 0;
    if (header.n.vocab_size < 0 && header.n.vocab_size != INT32_MIN) header.n.vocab_size = -header.n.vocab_size;
    return header;
  }
  header.version = start[1];
  if (header.version != 1 && header.version != 2) {
    throw ConvertError(file.path().string() + ": llama2.c version " + std::to_string(header.version) + " is not known");
  }
  unsigned char shared = 0;
  file.read(8, &header.n, sizeof(Numbers));
  file.read(8 + sizeof(Numbers), &shared, 1);
  if (header.version == 2) file.read(9 + sizeof(Numbers), &header.group, 4);
  header.shared_head = shared != 0;
  header.bytes = kHeaderBytes;
  return header;
}

void check_header(const Header &header, const std::string &where) {
  const Numbers &n = header.n;
  const struct {
    const char *name;
    std::int32_t value;
    std::uint32_t most;
  } rows[] = {{"dim", n.dim, kMaxWidth},
              {"hidden_dim", n.hidden_dim, kMaxFfn},
              {"n_layers", n.layers, kMaxLayers},
              {"n_heads", n.heads, kMaxHeads},
              {"n_kv_heads", n.kv_heads, kMaxHeads},
              {"vocab_size", n.vocab_size, kMaxVocab},
              {"seq_len", n.seq_len, kMaxContext}};
  for (const auto &row : rows) {
    if (row.value < 1 || static_cast<std::uint32_t>(row.value) > row.most) {
      throw ConvertError(where + ": is not a llama2.c checkpoint: " + row.name + " is " + std::to_string(row.value));
    }
  }
  if (n.dim % n.heads != 0 || n.heads % n.kv_heads != 0) {
    throw ConvertError(where + ": dim, n_heads and n_kv_heads do not divide each other");
  }
  const bool bad_group = header.group == 0 || n.dim % static_cast<std::int64_t>(header.group) != 0;
  if (header.version == 2 && bad_group) {
    throw ConvertError(where + ": a group of " + std::to_string(header.group) + " does not divide dim");
  }
}

// A number of the checked header.
std::uint64_t u(std::int32_t n) { return static_cast<std::uint64_t>(n); }

// Lists the tensors in the order of the file.
class Walk {
 public:
  Walk(std::shared_ptr<const InputFile> file, const Header &header, TensorMap &tensors)
      : file_(std::move(file)), h_(header), tensors_(tensors), at_(header.bytes) {}

  void run() { return h_.version == 0 ? first_format() : later_format(); }

 private:
  using Shape = std::vector<std::uint64_t>;

  std::uint64_t dim() const { return u(h_.n.dim); }
  std::uint64_t kv_dim() const { return dim() / u(h_.n.heads) * u(h_.n.kv_heads); }

  void first_format() {
    matrix("model.embed_tokens.weight", {u(h_.n.vocab_size), dim()});
    layers("input_layernorm", {dim()});
    attention();
    layers("post_attention_layernorm", {dim()});
    feed_forward();
    matrix("model.norm.weight", {dim()});
    at_ += u(h_.n.seq_len) * (dim() / u(h_.n.heads) / 2) * 2 * 4;  // cosines and sines
    if (!h_.shared_head) matrix("lm_head.weight", {u(h_.n.vocab_size), dim()});
    check_end();
  }

  void later_format() {
    layers("input_layernorm", {dim()});
    layers("post_attention_layernorm", {dim()});
    matrix("model.norm.weight", {dim()});
    matrix("model.embed_tokens.weight", {u(h_.n.vocab_size), dim()});
    attention();
    feed_forward();
    if (!h_.shared_head) matrix("lm_head.weight", {u(h_.n.vocab_size), dim()});
    check_end();
  }

  void attention() {
    layers("self_attn.q_proj", {dim(), dim()});
    layers("self_attn.k_proj", {kv_dim(), dim()});
    layers("self_attn.v_proj", {kv_dim(), dim()});
    layers("self_attn.o_proj", {dim(), dim()});
  }

  void feed_forward() {
    layers("mlp.gate_proj", {u(h_.n.hidden_dim), dim()});
    layers("mlp.down_proj", {dim(), u(h_.n.hidden_dim)});
    layers("mlp.up_proj", {u(h_.n.hidden_dim), dim()});
  }

  void layers(const std::string &role, const Shape &shape) {
    for (std::int32_t i = 0; i < h_.n.layers; ++i) {
      matrix("model.layers." + std::to_string(i) + "." + role + ".weight", shape);
    }
  }

  void matrix(const std::string &name, const Shape &shape) {
    const bool groups = h_.version == 2 && shape.size() == 2;
    const StoredType *type = stored_type(&StoredType::llama2c, groups ? "int8" : "float32");
    StoredTensor tensor{name, file_, type, shape, at_, groups ? h_.group : 0};
    if (groups && tensor.elements() % h_.group != 0) {
      throw ConvertError(file_->path().string() + ": a group of " + std::to_string(h_.group) + " does not divide " +
                         name);
    }
    at_ += tensor.bytes();
    tensors_.emplace(name, std::move(tensor));
  }

  void check_end() const {
    if (at_ == file_->size()) return;
    throw ConvertError(file_->path().string() + ": has " + std::to_string(file_->size()) +
                       " bytes, its llama2.c header asks for " + std::to_string(at_));
  }

  std::shared_ptr<const InputFile> file_;
  const Header &h_;
  TensorMap &tensors_;
  std::uint64_t at_;
};

nlohmann::json config_of(const Header &header) {
  const Numbers &n = header.n;
  return {{"model_type", "llama"},
          {"hidden_size", u(n.dim)},
          {"intermediate_size", u(n.hidden_dim)},
          {"num_hidden_layers", u(n.layers)},
          {"num_attention_heads", u(n.heads)},
          {"num_key_value_heads", u(n.kv_heads)},
          {"vocab_size", u(n.vocab_size)},
          {"max_position_embeddings", u(n.seq_len)},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 10000.0},
          {"tie_word_embeddings", header.shared_head},
          {"bos_token_id", 1},
          {"eos_token_id", {2, 1}}};  // llama2.c separates its stories with the token that begins them
}

}  // namespace

Checkpoint open_llama2c(const std::filesystem::path &path) {
  const auto file = std::make_shared<const InputFile>(path);
  if (file->size() < kHeaderBytes) throw ConvertError(path.string() + ": is shorter than any llama2.c checkpoint");
  const Header header = read_header(*file);
  check_header(header, path.string());
  Checkpoint checkpoint;
  checkpoint.source = path;
  checkpoint.config_name = path.string();
  checkpoint.config = config_of(header);
  checkpoint.generation_config = nlohmann::json::object();
  checkpoint.dialect = Dialect::huggingface;
  checkpoint.rotary_pairs_adjacent = true;
  Walk(file, header, checkpoint.tensors).run();
  return checkpoint;
}

}  // namespace tidbit::convert
