#include "converter/blob/blob_tables.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "base/hash.h"
#include "converter/error.h"
#include "format/formats.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kAlignment;
using format::Section;
using format::SectionKind;
using format::TensorKind;

bool is_token_embedding(const TensorPlan &tensor) {
  return tensor.role == &format::kGlobalRoles[static_cast<std::size_t>(format::GlobalRole::token_embedding)].row;
}

bool is_embedding(const TensorPlan &tensor) {
  return is_token_embedding(tensor) ||
         tensor.role == &format::kGlobalRoles[static_cast<std::size_t>(format::GlobalRole::head)].row;
}

// Small matrices whose errors decide which experts are chosen.
bool is_router(const TensorPlan &tensor) {
  return tensor.role->need == format::Need::shared ||
         tensor.role == &format::kLayerRoles[static_cast<std::size_t>(format::LayerRole::router)].row;
}

format::Tensor entry_of(const TensorPlan &tensor, Format f, const MatrixStorage &storage) {
  format::Tensor entry = {};
  entry.format = f;
  entry.rows = tensor.rows;
  entry.cols = tensor.cols;
  if (tensor.role->kind != TensorKind::matrix) {
    entry.bytes = format::plain_bytes(f, std::uint64_t{entry.rows} * entry.cols);
    return entry;
  }
  if (format::in_groups(f)) {
    entry.group = static_cast<std::uint16_t>(storage.group);
    entry.transform = transform_of(tensor, f, storage.transform);
  }
  entry.bytes = format::matrix_bytes(f, entry.rows, entry.cols, entry.group);
  return entry;
}

void append(std::vector<std::byte> &bytes, std::span<const std::byte> more) {
  const std::size_t at = bytes.size();
  bytes.resize(at + more.size());
  if (!more.empty()) std::memcpy(bytes.data() + at, more.data(), more.size());
}

}  // namespace

bool has_choice(const TensorPlan &tensor) { return tensor.role->kind == TensorKind::matrix && !is_router(tensor); }

Format format_of(const TensorPlan &tensor, Format weights, Format embeddings) {
  if (has_choice(tensor)) return tensor.format.value_or(is_embedding(tensor) ? embeddings : weights);
  if (tensor.role->kind == TensorKind::vector) return Format::f32;
  return weights == Format::f32 ? Format::f32 : Format::f16;
}

format::InputTransform transform_of(const TensorPlan &tensor, Format format, format::InputTransform transform) {
  return format::in_groups(format) && !is_token_embedding(tensor) ? transform : format::InputTransform::none;
}

BlobTables::BlobTables(const ModelPlan &plan, const MatrixStorage &storage,
                       const std::vector<std::pair<SectionKind, std::uint64_t>> &sections)
    : plan_(plan), storage_(storage) {
  std::memcpy(header_.magic, format::kMagic, sizeof header_.magic);
  header_.version = format::kVersion;
  header_.config = plan.config;
  header_.section_count = static_cast<std::uint32_t>(sections.size() + 1);
  header_.stack_count = static_cast<std::uint32_t>(plan.stacks.size());
  assign_slots(plan.globals.data(), plan.globals.size(), header_.global_slots, format::kGlobalSlots);
  add_tensors(plan.globals.data(), plan.globals.size());
  for (std::size_t i = 0; i < plan.stacks.size(); ++i) add_layers(plan.stacks[i], header_.stacks[i]);
  if (tensors_.size() > format::kMaxTensors) {
    throw ConvertError("the model has " + std::to_string(tensors_.size()) + " tensors; a blob holds at most " +
                       std::to_string(format::kMaxTensors));
  }
  header_.tensor_count = static_cast<std::uint32_t>(tensors_.size());

  sections_.resize(header_.section_count);  // so that bytes() has the final size
  header_.header_bytes = static_cast<std::uint32_t>(bytes().size());
  sections_.clear();
  std::uint64_t end = header_.header_bytes;
  for (PlacedTensor &tensor : tensors_) {
    if (tensor.plan == nullptr) continue;
    tensor.entry.offset = end;
    end = format::round_up(end + tensor.entry.bytes, kAlignment);
  }
  add_section(SectionKind::weights, header_.header_bytes, end - header_.header_bytes);
  for (const auto &[kind, bytes] : sections) add_section(kind, header_.blob_bytes, bytes);
}

void BlobTables::add_tensors(const TensorPlan *tensors, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (tensors[i].role == nullptr) continue;
    tensors_.push_back(
        {&tensors[i],
         entry_of(tensors[i], format_of(tensors[i], plan_.config.weights, storage_.embeddings), storage_)});
  }
}

void BlobTables::add_layers(const StackPlan &stack, format::Stack &entry) {
  const auto is_there = [](const TensorPlan &tensor) { return tensor.role != nullptr; };
  std::ptrdiff_t most = 0;
  for (const LayerTensors &layer : stack.layers) {
    most = std::max(most, std::count_if(layer.begin(), layer.end(), is_there));
  }
  entry.type = stack.type;
  entry.kinds = static_cast<std::uint8_t>(stack.kinds.size());
  entry.layers = static_cast<std::uint16_t>(stack.layers.size());
  entry.first_tensor = static_cast<std::uint32_t>(tensors_.size());
  entry.layer_tensors = static_cast<std::uint32_t>(most);
  for (const LayerTensors &layer : stack.layers) {
    const std::size_t end = tensors_.size() + entry.layer_tensors;
    add_tensors(layer.data(), layer.size());
    tensors_.resize(end);
  }
}

void BlobTables::add_section(SectionKind kind, std::uint64_t offset, std::uint64_t bytes) {
  sections_.push_back({kind, 0, offset, bytes, 0});
  header_.blob_bytes = format::round_up(offset + bytes, kAlignment);
}

Section &BlobTables::section(SectionKind kind) {
  return *std::find_if(sections_.begin(), sections_.end(), [&](const Section &s) { return s.kind == kind; });
}

std::vector<std::byte> BlobTables::bytes() const {
  std::vector<std::byte> bytes(sizeof header_);
  append(bytes, std::as_bytes(std::span(sections_)));
  for (const StackPlan &stack : plan_.stacks) append(bytes, std::as_bytes(std::span(stack.kinds)));
  for (const PlacedTensor &tensor : tensors_) append(bytes, std::as_bytes(std::span(&tensor.entry, 1)));
  for (const StackPlan &stack : plan_.stacks) append(bytes, std::as_bytes(std::span(stack.layer_kinds)));
  bytes.resize(format::round_up(bytes.size(), kAlignment));
  format::Header header = header_;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.header_checksum = hash64(bytes.data(), bytes.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

}  // namespace tidbit::convert
