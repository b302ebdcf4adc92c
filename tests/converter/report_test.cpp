// The page of --report: well-formed, complete, the same each time, and safe with names from outside.
#include <sys/wait.h>

#include <cstdlib>
#include <cstring>
#include <regex>

#include "converter/report/markup.h"
#include "converter/report/treemap.h"
#include "tests/converter/support.h"

namespace tidbit::test {
namespace {

namespace fs = std::filesystem;
using format::Format;

// The first mistake in a document as XML: tags that do not match, attributes without quotes, a stray & or <.
std::string mistake_in(const std::string &page) {
  static const std::regex kToken(
      R"(<!DOCTYPE html>|<!--[^-]*-->|<(/?)([a-z][a-z0-9]*)((?: [A-Za-z0-9:-]+="[^"<]*")*)(/?)>)");
  static const std::regex kText(R"((?:[^&<]|&(?:amp|lt|gt|quot);)*)");
  std::vector<std::string> open;
  auto at = page.cbegin();
  for (std::sregex_iterator i(page.begin(), page.end(), kToken); i != std::sregex_iterator(); ++i) {
    const std::smatch &tag = *i;
    const std::string text(at, tag[0].first);
    if (!std::regex_match(text.substr(0, 2000), kText) && (open.empty() || open.back() != "style")) return text;
    if (!std::regex_match(tag[3].str(), kText)) return tag[3];
    at = tag[0].second;
    if (tag[2].length() == 0 || tag[4].length() != 0) continue;
    if (tag[1].length() == 0) {
      open.push_back(tag[2]);
    } else if (open.empty() || open.back() != tag[2]) {
      return tag[0];
    } else {
      open.pop_back();
    }
  }
  return open.empty() && std::string(at, page.cend()) == "\n" ? "" : "the end";
}

convert::ConvertOptions options_with_report(const std::string &name, const Folder &folder) {
  auto options = plain_options(golden(name), folder / "x.tidbit");
  options.report = folder / "x.html";
  return options;
}

std::string page_of(const convert::ConvertOptions &options) {
  convert::convert(options);
  return read_file(options.report);
}

// A cell of the row that begins with this name, 0 for the first behind it. Without commas.
std::string cell(const std::string &page, const std::string &row, int index) {
  const std::size_t at = page.find("<th scope=\"row\">" + row + "</th>");
  if (at == std::string::npos) return "no row " + row;
  const std::string cells = page.substr(at, page.find("</tr>", at) - at);
  static const std::regex kCell("<td>([^<]*)</td>");
  std::string text = std::next(std::sregex_iterator(cells.begin(), cells.end(), kCell), index)->str(1);
  std::erase(text, ',');
  return text;
}

// In the map: the sum of what its titles say.
std::uint64_t bytes_in_map(const std::string &page) {
  std::uint64_t sum = 0;
  const std::string map = page.substr(0, page.find("</svg>"));
  static const std::regex kTitle("<title>([^<]*[,:]) ([0-9,]+) bytes, [^<]*of the file</title><rect class=\"c-");
  for (std::sregex_iterator i(map.begin(), map.end(), kTitle); i != std::sregex_iterator(); ++i) {
    std::string digits = i->str(2);
    std::erase(digits, ',');
    sum += std::stoull(digits);
  }
  return sum;
}

TEST(Report, IsWellFormedForEveryFamilyAndFormat) {
  for (const char *name :
       {"llama-gqa", "gpt2-odd-heads", "gemma3", "mixtral", "qwen2_moe", "lfm2", "bloom", "gpt_oss"}) {
    for (const Format weights : {Format::f32, Format::q8, Format::q4}) {
      const Folder folder;
      auto options = options_with_report(name, folder);
      options.weights = weights;
      options.board = "teensy-4.1";
      const std::string page = page_of(options);
      EXPECT_EQ(mistake_in(page), "") << name;
      EXPECT_FALSE(std::regex_search(page, std::regex(R"(\b(nan|inf)\b)"))) << name;
    }
  }
}

TEST(Report, AccountsForEveryByteOfTheFile) {
  for (const char *name : {"llama-gqa", "gpt2-untied-by-layer", "mixtral", "lfm2"}) {
    const Folder folder;
    const std::string page = page_of(options_with_report(name, folder));
    const std::uint64_t bytes = fs::file_size(folder / "x.tidbit");
    EXPECT_EQ(bytes_in_map(page), bytes) << name;
    EXPECT_EQ(cell(page, "the file", 1), std::to_string(bytes)) << name;
  }
}

TEST(Report, SaysWhatAnotherFormatCosts) {
  const Folder folder;
  auto options = options_with_report("llama-gqa", folder);
  const std::string page = page_of(options);
  for (std::uint32_t i = 1; i < format::kFormats; ++i) {  // f32 also changes tables
    const auto other = static_cast<Format>(i);
    if (other == Format::q8x16 || format::is_trained(other)) continue;  // shown as q8, and not at all
    options.weights = other;
    options.transform = convert::default_transform(other, options.group);
    options.report.clear();
    convert::convert(options);
    const auto difference =
        static_cast<long>(fs::file_size(options.output)) - std::stol(cell(page, convert::format_name(other), 0));
    EXPECT_LE(std::abs(difference), 128) << "but for the length of the options in the provenance";
  }
  EXPECT_EQ(cell(page, "f32", 2), "0%");
  EXPECT_EQ(cell(page, "q8", 2), cell(page, "this file", 2));
}

TEST(Report, NamesTheErrorsOfFusedMatricesPartByPart) {
  const Folder folder;
  const std::string page = page_of(options_with_report("llama-gqa", folder));
  for (const char *part : {"q", "k", "v", "attention_out", "ffn_gate", "ffn_up", "ffn_down"}) {
    EXPECT_NE(page.find("<title>layer 0 " + std::string(part) + ": 0."), std::string::npos) << part;
  }
}

TEST(Report, HasTheSameBytesEachTime) {
  const Folder a, b;
  EXPECT_EQ(page_of(options_with_report("mixtral", a)), page_of(options_with_report("mixtral", b)));
}

TEST(Report, DoesNotChangeTheBlob) {
  const Folder folder;
  page_of(options_with_report("llama-gqa", folder));
  convert::convert(plain_options(golden("llama-gqa"), folder / "y.tidbit"));
  EXPECT_EQ(read_file(folder / "x.tidbit"), read_file(folder / "y.tidbit"));
}

TEST(Report, NeedsNothingFromElsewhere) {
  const Folder folder;
  std::string page = page_of(options_with_report("llama-gqa", folder));
  for (const char *name : {"<script", "<link", "<img", "url(", "@import", "src=", "href="}) {
    EXPECT_EQ(page.find(name), std::string::npos) << name;
  }
  const std::regex names("xmlns=\"http://www.w3.org/(1999/xhtml|2000/svg)\"");
  page = std::regex_replace(page, names, "");
  EXPECT_EQ(page.find("http"), std::string::npos);
}

TEST(Report, ShowsNamesFromOutsideAsText) {
  const Folder folder;
  const fs::path source = folder / "<script>alert(1)<!-- &amp; \"' \xFF\x01\xED\xA0\x80 \xEF\xBF\xBE";
  fs::create_directory(source);
  for (const char *file : {"config.json", "model.safetensors"}) {
    write_file(source / file, read_file(golden("llama-gqa") / file));
  }
  auto options = plain_options(source, folder / "x.tidbit");
  options.report = folder / "x.html";
  const std::string page = page_of(options);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;!-- &amp;amp; &quot;' "), std::string::npos);
  EXPECT_EQ(page.find('\xFF'), std::string::npos);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(mistake_in(page), "");
}

TEST(Report, KeepsCharactersThatXmlAllowsAndReplacesTheOthers) {
  EXPECT_EQ(convert::escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;'");
  EXPECT_EQ(convert::escaped("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  const std::string replaced = "\xEF\xBF\xBD";
  for (const std::string bad : {"\x01", "\x7F", "\x80", "\xC0", "\xF8", "\xC3"})
    EXPECT_EQ(convert::escaped(bad), replaced);
  EXPECT_EQ(convert::escaped("\xE2\x82"), replaced + replaced);                 // cut off
  EXPECT_EQ(convert::escaped("\xED\xA0\x80"), replaced + replaced + replaced);  // half of a surrogate pair
  EXPECT_EQ(convert::escaped("\xC1\xBC"), replaced + replaced);                 // "<", too long
}

TEST(Report, SaysWhatIsLeftOnABoardOrMissing) {
  const Folder folder;
  auto options = options_with_report("llama-gqa", folder);
  options.board = "pico2";
  std::string page = page_of(options);
  EXPECT_EQ(cell(page, "QSPI flash", 1), std::to_string(fs::file_size(options.output)));
  EXPECT_EQ(std::stoul(cell(page, "QSPI flash", 2)), 4u * 1024 * 1024 - fs::file_size(options.output));
  EXPECT_EQ(page.find("class=\"missing\""), std::string::npos);

  const Folder source;
  copy_golden("llama-gqa", source);
  const std::string config = read_file(source / "config.json");
  write_file(source / "config.json", std::regex_replace(config, std::regex("\"max_position_embeddings\": [0-9]+"),
                                                        "\"max_position_embeddings\": 100000"));
  options.source = source.path();
  options.context = 100000;
  page = page_of(options);
  EXPECT_NE(page.find("do not fit"), std::string::npos);
  EXPECT_NE(page.find("class=\"missing\""), std::string::npos);
  EXPECT_EQ(cell(page, "SRAM", 2).front(), '-');
  EXPECT_EQ(mistake_in(page), "");
}

TEST(Treemap, GivesEachSizeItsArea) {
  const std::vector<std::uint64_t> sizes = {5, 0, 100, 7, 7, 1, 40, 3};
  const std::vector<convert::Box> boxes = convert::treemap(sizes, {10, 20, 163, 10});
  ASSERT_EQ(boxes.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_NEAR(boxes[i].width * boxes[i].height, 10.0 * static_cast<double>(sizes[i]), 1e-9);
    if (sizes[i] == 0) continue;
    EXPECT_GE(boxes[i].x, 10);
    EXPECT_GE(boxes[i].y, 20);
    EXPECT_LE(boxes[i].x + boxes[i].width, 173 + 1e-9);
    EXPECT_LE(boxes[i].y + boxes[i].height, 30 + 1e-9);
    for (std::size_t j = 0; j < i; ++j) {
      const convert::Box &a = boxes[i], &b = boxes[j];
      const double overlap_x = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
      const double overlap_y = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
      EXPECT_FALSE(overlap_x > 1e-9 && overlap_y > 1e-9) << i << " " << j;
    }
  }
}

TEST(Treemap, OfNothingIsEmpty) {
  EXPECT_TRUE(convert::treemap({}, {0, 0, 10, 10}).empty());
  EXPECT_EQ(convert::treemap({0, 0}, {0, 0, 10, 10}).size(), 2u);
}

TEST(Report, IsRefusedWhereItCanNotBeWrittenOrWouldOverwriteSomethingElse) {
  const Folder folder, source;
  copy_golden("llama-gqa", source);
  auto options = plain_options(source.path(), folder / "x.tidbit");
  write_file(source / "notes.txt", "mine");
  for (const fs::path &path : {folder.path(), folder / "no" / "x.html", folder / "x.tidbit", source / "config.json",
                               source / "model.safetensors", source / "notes.txt"}) {
    options.report = path;
    EXPECT_THROW(convert::convert(options), convert::ConvertError) << path;
    EXPECT_EQ(folder.files(), 0u) << path;
  }
  EXPECT_EQ(read_file(source / "notes.txt"), "mine");
  options.report = source / "x.html";
  convert::convert(options);
  convert::convert(options);  // over the older one
}

// Runs the program; standard error goes to a file.
int run(const Folder &folder, const std::string &arguments) {
  const std::string command = std::string(TIDBIT_CONVERT_PROGRAM) + " " + golden("llama-gqa").string() + " -o " +
                              (folder / "x.tidbit").string() + " --tokenizer none " + arguments + " > /dev/null 2> " +
                              (folder / "error").string();
  return WEXITSTATUS(std::system(command.c_str()));
}

std::string only_line(const fs::path &path) {
  std::string text = read_file(path);
  EXPECT_EQ(text.find('\n') + 1, text.size()) << text;
  return text;
}

TEST(ReportOption, WritesThePageAndLeavesNothingElse) {
  const Folder folder;
  const std::string page = (folder / "x.html").string();
  EXPECT_EQ(run(folder, "--report " + page + " --board PICO2"), 0);
  EXPECT_EQ(folder.files(), 3u);
  EXPECT_NE(read_file(page).find("On the board pico2"), std::string::npos);
}

TEST(ReportOption, FailsInOneLine) {
  const Folder folder;
  EXPECT_EQ(run(folder, "--report " + (folder / "no" / "x.html").string()), 1);
  EXPECT_NE(only_line(folder / "error").find("there is no directory"), std::string::npos);
  EXPECT_EQ(run(folder, "--report " + (folder / "x.html").string() + " --board toaster"), 2);
  EXPECT_NE(only_line(folder / "error").find("unknown board 'toaster'; use one of pico2, "), std::string::npos);
  EXPECT_EQ(run(folder, "--board pico2"), 2);
  EXPECT_NE(only_line(folder / "error").find("--report"), std::string::npos);
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace tidbit::test
