#include <algorithm>

#include "converter/numbers.h"
#include "converter/report/markup.h"
#include "converter/report/sections.h"

namespace tidbit::convert {
namespace {

constexpr double kHeight = 560;
constexpr double kTextSize = 12;
constexpr double kHeadHeight = 17;

struct Leaf {
  std::string name;
  std::string title;
  std::string css;
  std::uint64_t bytes;
};

// A layer, or something that stands alone.
struct Branch {
  std::string name;
  std::vector<Leaf> leaves;

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Leaf &leaf : leaves) sum += leaf.bytes;
    return sum;
  }
};

const char *css_of(TensorGroup group) {
  switch (group) {
    case TensorGroup::embedding:
      return "c-embedding";
    case TensorGroup::mixer:
      return "c-mixer";
    case TensorGroup::feed_forward:
      return "c-ffn";
    case TensorGroup::small:
      break;
  }
  return "c-small";
}

std::string share_text(std::uint64_t bytes, std::uint64_t all) {
  return percent(static_cast<double>(bytes) / static_cast<double>(all));
}

std::string size_text(std::uint64_t bytes, std::uint64_t all) {
  return grouped(bytes) + " bytes, " + share_text(bytes, all) + " of the file";
}

std::string shape_text(const format::Tensor &entry) {
  return std::to_string(entry.rows) + " x " + std::to_string(entry.cols);
}

// The small tensors of a layer are one leaf.
void add_tensor(const ReportTensor &tensor, std::uint64_t all, Branch &branch) {
  if (tensor.group != TensorGroup::small) {
    branch.leaves.push_back({tensor.role,
                             tensor.name + ": " + format_name(tensor.entry.format) + ", " + shape_text(tensor.entry) +
                                 ", " + size_text(tensor.bytes, all),
                             css_of(tensor.group), tensor.bytes});
    return;
  }
  auto small =
      std::find_if(branch.leaves.begin(), branch.leaves.end(), [](const Leaf &l) { return l.css == "c-small"; });
  if (small == branch.leaves.end()) small = branch.leaves.insert(small, {"small", "", "c-small", 0});
  small->bytes += tensor.bytes;
  small->title =
      (branch.name.empty() ? "norms and tables of the model" : branch.name + ": norms, biases and the like") + ", " +
      size_text(small->bytes, all);
}

std::vector<Branch> branches_of(const Report &report) {
  const std::uint64_t all = report.summary.info.blob_bytes;
  std::vector<Branch> layers(report.layers), branches(1);
  for (std::uint32_t i = 0; i < report.layers; ++i) layers[i].name = "layer " + std::to_string(i);
  for (const ReportTensor &tensor : report.tensors) {
    if (tensor.layer >= 0) {
      add_tensor(tensor, all, layers[static_cast<std::size_t>(tensor.layer)]);
    } else if (tensor.group == TensorGroup::small) {
      add_tensor(tensor, all, branches[0]);
    } else {
      add_tensor(tensor, all, branches.emplace_back());
    }
  }
  Branch rest;
  for (const ReportSection &section : report.sections) {
    const bool text = section.name == "tokenizer" || section.name == "chat template";
    Branch &branch = text ? branches.emplace_back() : rest;
    branch.leaves.push_back(
        {section.name, section.name + ": " + size_text(section.bytes, all), text ? "c-text" : "c-rest", section.bytes});
  }
  branches.push_back(std::move(rest));
  branches.insert(branches.end(), layers.begin(), layers.end());
  return branches;
}

std::string draw_leaf(const Leaf &leaf, const Box &box) {
  std::string shapes = rect(box, leaf.css);
  if (box.height >= kTextSize + 8 && fits(leaf.name, kTextSize, box.width - 10)) {
    shapes += text_at(box.x + 6, box.y + kTextSize + 4, "on", leaf.name);
    const std::string size = rounded_bytes(leaf.bytes);
    if (box.height >= 2 * kTextSize + 14 && fits(size, kTextSize, box.width - 10)) {
      shapes += text_at(box.x + 6, box.y + 2 * kTextSize + 8, "on faint", size);
    }
  }
  return titled(leaf.title, shapes);
}

std::string draw_branch(const Branch &branch, Box box, std::uint64_t all) {
  std::string shapes;
  if (!branch.name.empty()) {
    std::string frame = rect(box, "frame");
    box = box.shrunk(1, 1, 1, 1);
    if (box.height >= 3 * kHeadHeight && fits(branch.name, kTextSize, box.width - 8)) {
      frame += text_at(box.x + 5, box.y + kTextSize, "head", branch.name);
      box = box.shrunk(0, kHeadHeight - 1, 0, 0);
    }
    shapes = titled(branch.name + ": " + size_text(branch.bytes(), all), frame);
  }
  std::vector<std::uint64_t> sizes(branch.leaves.size());
  std::transform(branch.leaves.begin(), branch.leaves.end(), sizes.begin(),
                 [](const Leaf &leaf) { return leaf.bytes; });
  const std::vector<Box> boxes = treemap(sizes, box);
  for (std::size_t i = 0; i < boxes.size(); ++i) shapes += draw_leaf(branch.leaves[i], boxes[i]);
  return shapes;
}

std::string draw(const Report &report) {
  const std::vector<Branch> branches = branches_of(report);
  std::vector<std::uint64_t> sizes(branches.size());
  std::transform(branches.begin(), branches.end(), sizes.begin(), [](const Branch &branch) { return branch.bytes(); });
  const std::vector<Box> boxes = treemap(sizes, {0, 0, kDrawingWidth, kHeight});
  std::string shapes;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    shapes += draw_branch(branches[i], boxes[i].shrunk(1, 1, 1, 1), report.summary.info.blob_bytes);
  }
  return drawing(kDrawingWidth, kHeight, "Map of the file: areas are bytes", shapes);
}

std::string group_table(const Report &report) {
  struct Row {
    const char *name;
    std::uint64_t bytes = 0, count = 0;
  } rows[] = {
      {"embedding and head"}, {"attention and convolution"}, {"feed-forward"}, {"norms, biases, routers, tables"}};
  for (const ReportTensor &tensor : report.tensors) {
    Row &row = rows[static_cast<std::size_t>(tensor.group)];
    row.bytes += tensor.bytes;
    ++row.count;
  }
  const std::uint64_t all = report.summary.info.blob_bytes;
  Table table({"what", "tensors", "bytes", "of the file"});
  for (const Row &row : rows) table.row({row.name, grouped(row.count), grouped(row.bytes), share_text(row.bytes, all)});
  for (const ReportSection &section : report.sections) {
    table.row({section.name, "", grouped(section.bytes), share_text(section.bytes, all)});
  }
  table.row({"the file", grouped(report.tensors.size()), grouped(all), share_text(all, all)}, "sum");
  return table.text();
}

std::string tensor_table(const Report &report) {
  Table table({"tensor", "format", "shape", "bytes", "error"});
  for (const ReportTensor &tensor : report.tensors) {
    table.row({tensor.name, format_name(tensor.entry.format), shape_text(tensor.entry), grouped(tensor.bytes),
               tensor.entry.format == format::Format::f32 ? "" : percent(tensor.error)});
  }
  return table.text();
}

}  // namespace

std::string map_section(const Report &report) {
  return section("Where the bytes are",
                 "Each area is as large as the part of the file that it stands for. All of it is used in place.",
                 draw(report) +
                     legend({{"c-embedding", "embedding and head"},
                             {"c-mixer", "attention and convolution"},
                             {"c-ffn", "feed-forward"},
                             {"c-small", "norms, biases, routers, tables"},
                             {"c-text", "tokenizer and chat template"},
                             {"c-rest", "the rest"}}) +
                     group_table(report) + details("All tensors", tensor_table(report)));
}

}  // namespace tidbit::convert
