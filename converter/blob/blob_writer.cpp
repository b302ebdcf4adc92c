#include "converter/blob/blob_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "converter/blob/roles.h"
#include "converter/blob/row_reader.h"
#include "converter/error.h"
#include "converter/parallel.h"
#include "base/hash.h"
#include "format/tensor_layout.h"
#include "quant/error_measure.h"
#include "quant/tile.h"

namespace tidbit::convert {
namespace {

using format::Dtype;
using format::kAlignment;
using format::kTileRows;
using format::Layout;
using format::Section;
using format::SectionKind;

std::vector<std::byte> provenance_bytes(const BlobParts &parts) {
  std::vector<std::byte> bytes;
  for (const std::string &text : {parts.source, parts.converter}) {
    const auto *start = reinterpret_cast<const std::byte *>(text.c_str());
    bytes.insert(bytes.end(), start, start + text.size() + 1);
  }
  return bytes;
}

class BlobWriter {
 public:
  BlobWriter(const ModelPlan &plan, const BlobParts &parts, OutputFile &out, const Progress &progress)
      : plan_(plan), parts_(parts), out_(out), progress_(progress), provenance_(provenance_bytes(parts)) {}

  std::vector<TensorReport> run() {
    place_everything();
    for (std::size_t i = 0; i < entries_.size(); ++i) write_tensor(plan_.tensors[i], entries_[i]);
    sections_[0].checksum = weights_hash_.digest();
    for (Section &section : sections_) {
      if (section.kind == SectionKind::tokenizer) write_section(section, parts_.tokenizer);
      if (section.kind == SectionKind::provenance) write_section(section, provenance_);
    }
    write_header();
    return std::move(reports_);
  }

 private:
  format::Dtype format_of(const TensorPlan &tensor) const {
    const bool embedding = tensor.role == format::Role::token_embedding || tensor.role == format::Role::head;
    return embedding ? parts_.embeddings : plan_.config.weights;
  }

  // Sections and tensors get their offsets before a byte is written.
  void place_everything() {
    const std::size_t section_count = parts_.tokenizer.empty() ? 2 : 3;
    header_bytes_ =
        sizeof(format::Header) + section_count * sizeof(Section) + plan_.tensors.size() * sizeof(format::Tensor);
    end_ = format::round_up(header_bytes_, kAlignment);
    const std::uint64_t weights = end_;
    for (const TensorPlan &tensor : plan_.tensors) {
      entries_.push_back(tensor_entry(tensor, format_of(tensor), parts_.q8_layout));
      entries_.back().offset = end_;
      end_ = format::round_up(end_ + entries_.back().bytes, kAlignment);
    }
    sections_.push_back({SectionKind::weights, 0, weights, end_ - weights, 0});
    if (!parts_.tokenizer.empty()) place_section(SectionKind::tokenizer, parts_.tokenizer.size());
    place_section(SectionKind::provenance, provenance_.size());
  }

  void place_section(SectionKind kind, std::uint64_t bytes) {
    sections_.push_back({kind, 0, end_, bytes, 0});
    end_ = format::round_up(end_ + bytes, kAlignment);
  }

  void write_section(Section &section, const std::vector<std::byte> &bytes) {
    section.checksum = hash64(bytes.data(), bytes.size());
    write_padded(section.offset, bytes.data(), bytes.size());
  }

  void write_padded(std::uint64_t offset, const std::byte *data, std::uint64_t bytes) {
    static constexpr std::byte kZeros[kAlignment] = {};
    out_.write(offset, data, bytes);
    out_.write(offset + bytes, kZeros, format::round_up(bytes, kAlignment) - bytes);
  }

  // Bytes of the weights section, in order; the checksum covers the padding between tensors too.
  void append_weights(std::uint64_t offset, const std::byte *data, std::uint64_t bytes) {
    out_.write(offset, data, bytes);
    weights_hash_.update(data, bytes);
    if (progress_) progress_(offset + bytes, end_);
  }

  void write_tensor(const TensorPlan &plan, const format::Tensor &entry) {
    const std::uint32_t step = slice_rows(plan);
    std::vector<float> rows(std::uint64_t{std::min(step, plan.rows)} * plan.cols);
    quant::ErrorMeasure measure;
    std::uint64_t offset = entry.offset;
    for (std::uint32_t first = 0; first < plan.rows; first += step) {
      const std::uint32_t count = std::min(step, plan.rows - first);
      read_rows(plan, first, count, rows.data());
      check_range(plan, entry.dtype, rows.data(), std::uint64_t{count} * plan.cols);
      pack(entry, rows.data(), count, plan.cols, measure);
      append_weights(offset, packed_.data(), packed_.size());
      offset += packed_.size();
    }
    packed_.assign(format::round_up(offset, kAlignment) - offset, std::byte{0});
    append_weights(offset, packed_.data(), packed_.size());
    if (entry.dtype != Dtype::f32) reports_.push_back({tensor_name(entry.role, entry.layer), measure.relative_rms()});
  }

  void check_range(const TensorPlan &plan, Dtype dtype, const float *values, std::uint64_t count) const {
    const float largest = quant::largest_value(dtype);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (std::fabs(values[i]) <= largest) continue;
      throw ConvertError(tensor_name(plan.role, plan.layer) + ": the weight " + std::to_string(values[i]) +
                         " is too large for the chosen number format; use --weights f32");
    }
  }

  // Fills packed_ with the rows of a slice and measures what was lost.
  void pack(const format::Tensor &entry, const float *rows, std::uint32_t count, std::uint32_t cols,
            quant::ErrorMeasure &measure) {
    if (entry.layout == Layout::plain) {
      packed_.resize(std::uint64_t{count} * cols * format::element_bytes(entry.dtype));
      quant::pack_plain(entry.dtype, rows, std::uint64_t{count} * cols, packed_.data());
      return measure_plain(entry.dtype, rows, std::uint64_t{count} * cols, measure);
    }
    const std::uint64_t tile_bytes = format::tile_bytes(entry.dtype, entry.layout, cols, entry.group);
    const auto tiles = static_cast<std::uint32_t>(format::tile_count(count));
    packed_.resize(tiles * tile_bytes);
    std::vector<quant::ErrorMeasure> measures(tiles);
    in_parallel(tiles, [&](std::uint32_t i) {
      const std::uint32_t first = i * kTileRows, n = std::min(kTileRows, count - first);
      const float *from = rows + std::uint64_t{first} * cols;
      std::byte *tile = packed_.data() + i * tile_bytes;
      std::vector<float> stored(std::uint64_t{n} * cols);
      quant::pack_tile(entry.dtype, entry.layout, from, n, cols, entry.group, tile);
      quant::unpack_tile(entry.dtype, entry.layout, tile, n, cols, entry.group, stored.data());
      measures[i].add(from, stored.data(), stored.size());
    });
    for (const quant::ErrorMeasure &of_tile : measures) measure.add(of_tile);
  }

  void measure_plain(Dtype dtype, const float *values, std::uint64_t count, quant::ErrorMeasure &measure) const {
    std::vector<float> stored(count);
    quant::unpack_plain(dtype, packed_.data(), count, stored.data());
    measure.add(values, stored.data(), count);
  }

  void write_header() {
    format::Header header = {};
    std::memcpy(header.magic, format::kMagic, sizeof header.magic);
    header.version_major = format::kVersionMajor;
    header.version_minor = format::kVersionMinor;
    header.header_bytes = static_cast<std::uint32_t>(header_bytes_);
    header.blob_bytes = end_;
    header.section_count = static_cast<std::uint32_t>(sections_.size());
    header.tensor_count = static_cast<std::uint32_t>(entries_.size());
    header.config = plan_.config;
    std::vector<std::byte> bytes(header_bytes_);
    std::byte *at = bytes.data() + sizeof header;
    std::memcpy(at, sections_.data(), sections_.size() * sizeof(Section));
    std::memcpy(at + sections_.size() * sizeof(Section), entries_.data(), entries_.size() * sizeof(format::Tensor));
    std::memcpy(bytes.data(), &header, sizeof header);
    header.header_checksum = hash64(bytes.data(), bytes.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    write_padded(0, bytes.data(), bytes.size());
  }

  const ModelPlan &plan_;
  const BlobParts &parts_;
  OutputFile &out_;
  const Progress &progress_;
  std::vector<std::byte> provenance_;
  std::vector<Section> sections_;
  std::vector<format::Tensor> entries_;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t end_ = 0;  // of what is placed
  Hash64 weights_hash_;
  std::vector<std::byte> packed_;
  std::vector<TensorReport> reports_;
};

}  // namespace

std::vector<TensorReport> write_blob(const ModelPlan &plan, const BlobParts &parts, OutputFile &out,
                                     const Progress &progress) {
  return BlobWriter(plan, parts, out, progress).run();
}

}  // namespace tidbit::convert
