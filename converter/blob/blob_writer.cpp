#include "converter/blob/blob_writer.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/hash.h"
#include "converter/blob/blob_tables.h"
#include "converter/blob/blob_view.h"
#include "converter/blob/row_reader.h"
#include "converter/blob/self_test.h"
#include "converter/error.h"
#include "converter/parallel.h"
#include "format/formats.h"
#include "quant/error_measure.h"
#include "quant/hadamard.h"
#include "quant/tile.h"

namespace tidbit::convert {
namespace {

using format::Format;
using format::kAlignment;
using format::kTileRows;
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
      : parts_(parts),
        out_(out),
        progress_(progress),
        provenance_(provenance_bytes(parts)),
        self_test_(self_test_tokens(plan.config)),
        tables_(plan, {parts.embeddings, parts.group, parts.transform}, sections()) {
    tables_.set_revision(parts.revision);
  }

  TensorReports run() {
    for (const PlacedTensor &tensor : tables_.tensors()) {
      if (tensor.plan != nullptr) write_tensor(*tensor.plan, tensor.entry);
    }
    tables_.section(SectionKind::weights).checksum = weights_hash_.digest();
    if (!parts_.tokenizer.empty()) write_section(SectionKind::tokenizer, std::span(parts_.tokenizer));
    if (!parts_.chat.empty()) write_section(SectionKind::chat_template, std::span(parts_.chat));
    if (!parts_.grammars.empty()) write_section(SectionKind::grammars, std::span(parts_.grammars));
    write_section(SectionKind::provenance, std::span(provenance_));
    if (parts_.key != nullptr) write_signature(parts_.key->unsigned_section());
    write_self_test();
    if (!parts_.self_test) return {};
    self_test_.hash = compute_self_test();
    write_self_test();
    if (parts_.key != nullptr) write_signature(compute_signature());
    return std::move(reports_);
  }

 private:
  std::vector<std::pair<SectionKind, std::uint64_t>> sections() const {
    std::vector<std::pair<SectionKind, std::uint64_t>> sections;
    if (!parts_.tokenizer.empty()) sections.emplace_back(SectionKind::tokenizer, parts_.tokenizer.size());
    if (!parts_.chat.empty()) sections.emplace_back(SectionKind::chat_template, parts_.chat.size());
    if (!parts_.grammars.empty()) sections.emplace_back(SectionKind::grammars, parts_.grammars.size());
    sections.emplace_back(SectionKind::provenance, provenance_.size());
    sections.emplace_back(SectionKind::self_test, sizeof self_test_);
    if (parts_.key != nullptr) sections.emplace_back(SectionKind::signature, sizeof(format::Signature));
    return sections;
  }

  void write_section(SectionKind kind, std::span<const std::byte> bytes) {
    Section &section = tables_.section(kind);
    section.checksum = hash64(bytes.data(), bytes.size());
    out_.write_padded(section.offset, bytes.data(), bytes.size());
  }

  // The table of sections is signed, so that it holds no checksum of this section.
  void write_signature(const format::Signature &signature) {
    out_.write_padded(tables_.section(SectionKind::signature).offset, &signature, sizeof signature);
  }

  format::Signature compute_signature() {
    const BlobView blob(out_.temporary());
    return parts_.key->sign(blob.bytes(), tables_.section(SectionKind::signature).offset);
  }

  // Writes the self-test and then the tables, which hold its checksum. This completes the blob but for a signature.
  void write_self_test() {
    write_section(SectionKind::self_test, std::as_bytes(std::span(&self_test_, 1)));
    const std::vector<std::byte> tables = tables_.bytes();
    out_.write_padded(0, tables.data(), tables.size());
  }

  std::uint64_t compute_self_test() const {
    const BlobView blob(out_.temporary());
    std::function<void(std::uint64_t, std::uint64_t)> progress;
    if (progress_) progress = [this](std::uint64_t done, std::uint64_t total) { progress_("self-test", done, total); };
    return hash_self_test(blob, self_test_, progress);
  }

  // Appends to the weights section. The checksum also covers the padding between tensors.
  void append_weights(std::uint64_t offset, const std::byte *data, std::uint64_t bytes) {
    out_.write(offset, data, bytes);
    weights_hash_.update(data, bytes);
    const Section &weights = tables_.section(SectionKind::weights);
    if (progress_) progress_("weights", offset + bytes - weights.offset, weights.bytes);
  }

  void write_tensor(const TensorPlan &plan, const format::Tensor &entry) {
    const std::uint32_t step = slice_rows(plan), rows = plan.source_rows(), cols = plan.source_cols();
    std::vector<float> values(std::uint64_t{std::min(step, rows)} * cols);
    TensorReport report = {.name = plan.name, .relative_error = 0, .plan = &plan, .entry = entry};
    quant::ErrorMeasure measure;
    coarse_ = {};
    std::uint64_t offset = entry.offset;
    for (std::uint32_t first = 0; first < rows; first += step) {
      const std::uint32_t count = std::min(step, rows - first);
      read_rows(plan, first, count, values.data());
      if (entry.transform == format::InputTransform::hadamard) transform_rows(values.data(), count, cols);
      check_range(plan, entry.format, values.data(), std::uint64_t{count} * cols);
      if (plan.role->kind == format::TensorKind::matrix) {
        pack_tiles(entry, values.data(), count, rounded_tiles(plan, entry, first), report.rows);
      } else {
        pack_plain(entry.format, values.data(), std::uint64_t{count} * cols, measure);
      }
      append_weights(offset, packed_.data(), packed_.size());
      offset += packed_.size();
    }
    packed_.assign(format::round_up(offset, kAlignment) - offset, std::byte{0});
    append_weights(offset, packed_.data(), packed_.size());
    check_scales(plan, entry.format);
    for (const quant::ErrorMeasure &of_row : report.rows) measure.add(of_row);
    report.relative_error = measure.relative_rms();
    reports_.push_back(std::move(report));
  }

  static void transform_rows(float *rows, std::uint32_t count, std::uint32_t cols) {
    in_parallel(count, [&](std::uint32_t i) { quant::transform_weights(rows + std::uint64_t{i} * cols, cols); });
  }

  static void check_range(const TensorPlan &plan, Format format, const float *values, std::uint64_t count) {
    const float largest = quant::largest_value(format);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (std::fabs(values[i]) <= largest) continue;
      throw ConvertError(plan.name + ": the weight " + std::to_string(values[i]) +
                         " is too large for the chosen number format; use --weights f32");
    }
  }

  // Weights that are so small that their scales have few bits in f16 are lost, unless they are a small part of all.
  void check_scales(const TensorPlan &plan, Format format) const {
    constexpr double kMostLost = 0.01;
    if (!(coarse_.noise > kMostLost * coarse_.signal)) return;
    throw ConvertError(plan.name + ": many weights are too small for scales in f16, which " +
                       std::string(tidbit_format_name(static_cast<tidbit_format>(format))) + " has; use --weights f32");
  }

  // Both fill packed_ with a slice and measure the loss, the second row by row.
  void pack_plain(Format format, const float *values, std::uint64_t count, quant::ErrorMeasure &measure) {
    packed_.resize(format::plain_bytes(format, count));
    quant::pack_plain(format, values, count, packed_.data());
    std::vector<float> stored(count);
    quant::unpack_plain(format, packed_.data(), count, stored.data());
    measure.add(values, stored.data(), count);
  }

  // The tiles from a row on, if they are packed already.
  const std::byte *rounded_tiles(const TensorPlan &plan, const format::Tensor &entry, std::uint32_t first) const {
    if (parts_.rounded == nullptr) return nullptr;
    const auto found = parts_.rounded->find(&plan);
    if (found == parts_.rounded->end()) return nullptr;
    return found->second.data() +
           std::uint64_t{first / kTileRows} * format::tile_bytes(entry.format, entry.cols, entry.group);
  }

  void pack_tiles(const format::Tensor &entry, const float *rows, std::uint32_t count, const std::byte *rounded,
                  std::vector<quant::ErrorMeasure> &measures) {
    const std::uint32_t cols = entry.cols;
    const std::uint64_t tile_bytes = format::tile_bytes(entry.format, cols, entry.group);
    const std::uint32_t tiles = format::tile_count(count);
    packed_.resize(tiles * tile_bytes);
    const std::size_t before = measures.size();
    measures.resize(before + count);
    std::vector<quant::ErrorMeasure> coarse(tiles);
    in_parallel(tiles, [&](std::uint32_t i) {
      const std::uint32_t first = i * kTileRows, n = std::min(kTileRows, count - first);
      const float *from = rows + std::uint64_t{first} * cols;
      std::byte *tile = packed_.data() + i * tile_bytes;
      std::vector<float> stored(std::uint64_t{n} * cols);
      if (rounded != nullptr) {
        std::copy_n(rounded + i * tile_bytes, tile_bytes, tile);
      } else {
        quant::pack_tile(entry.format, from, n, cols, entry.group, tile);
      }
      quant::unpack_tile(entry.format, tile, n, cols, entry.group, stored.data());
      for (std::uint32_t row = 0; row < n; ++row) {
        const std::uint64_t at = std::uint64_t{row} * cols;
        measures[before + first + row].add(from + at, stored.data() + at, cols);
      }
      coarse[i] = quant::coarse_part(entry.format, tile, from, n, cols, entry.group);
    });
    for (const quant::ErrorMeasure &of_tile : coarse) coarse_.add(of_tile);
  }

  const BlobParts &parts_;
  OutputFile &out_;
  const Progress &progress_;
  const std::vector<std::byte> provenance_;
  format::SelfTest self_test_;
  BlobTables tables_;
  Hash64 weights_hash_;
  std::vector<std::byte> packed_;
  quant::ErrorMeasure coarse_;  // of the tensor: the squares of all weights, and of those with coarse scales
  TensorReports reports_;
};

}  // namespace

TensorReports write_blob(const ModelPlan &plan, const BlobParts &parts, OutputFile &out, const Progress &progress) {
  return BlobWriter(plan, parts, out, progress).run();
}

}  // namespace tidbit::convert
