// Prints the deepest call path of each public function, from GCC's output for -fcallgraph-info=su and from the
// relocations of the archive:
//
//   call_graph CLAIM MOST OUTSIDE relocations.txt file.ci...
//
// CLAIM says when the program fails: `depth`, if a path takes MOST bytes of stack or more; `recursion`, if a function
// can call itself, directly or not; `frames`, if the size of a frame is known only at run time. Functions of the
// compiler and the C library, for which there is no entry, count as OUTSIDE bytes each. Application callbacks are not
// counted.
//
// A function can be called through a pointer if its address is taken. Tasks of parallel() (model/session.h), which the
// application's threads call, are treated as callees of the function that passes them to parallel(). All others,
// including the kernels of the table, are treated as callees of every indirect call, with one exception: a kernel that
// delegates to another table does not call a kernel of its own file.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

struct Function {
  std::string label;  // for display; empty if the function has no entry
  std::uint64_t frame = 0;
  bool is_static = true;
  bool calls_pointer = false;
  std::set<std::string> callees;

  enum class State { fresh, open, done } state = State::fresh;
  std::uint64_t depth = 0;  // including its callees
  std::string deepest;      // the callee on the deepest path
};

// By GCC's title: the mangled name. For functions local to a file, it is preceded by the file's path and a colon.
using Graph = std::map<std::string, Function>;

std::string symbol_of(const std::string &title) { return title.substr(title.rfind(':') + 1); }

std::string file_of(const std::string &title) { return title.substr(0, title.size() - symbol_of(title).size()); }

void read_node(const std::smatch &match, Graph &graph) {
  Function &f = graph[match[1]];
  f.label = match[2];
  f.frame = std::max<std::uint64_t>(f.frame, std::stoull(match[3]));
  f.is_static = f.is_static && match[4] == "static";
}

void read_graph(const char *path, Graph &graph) {
  static const std::regex node(R"re(^node: \{ title: "(.*)" label: "(.*?)\\n.*\\n(\d+) bytes \((.*)\)" \}$)re");
  static const std::regex edge(R"re(^edge: \{ sourcename: "(.*)" targetname: "(.*)" label: .*$)re");
  std::ifstream file(path);
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, node)) read_node(match, graph);
    if (!std::regex_match(line, match, edge)) continue;
    if (match[2] == "__indirect_call") {
      graph[match[1]].calls_pointer = true;
    } else {
      graph[match[1]].callees.insert(match[2]);
    }
  }
}

struct AddressTaken {
  std::string section, symbol;
};

// Relocations that refer to a symbol but are not calls or branches.
std::vector<AddressTaken> read_relocations(const char *path) {
  static const std::regex head(R"(^RELOCATION RECORDS FOR \[(.*)\]:$)");
  static const std::regex record(
      R"(^[0-9a-f]+ R_(?:ARM_(?!THM_CALL|THM_JUMP)|RISCV_(?!CALL|JAL|BRANCH|RVC_))\w+ +([^+]*).*$)");
  std::vector<AddressTaken> taken;
  std::ifstream file(path);
  std::string section;
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, head)) section = match[1];
    if (std::regex_match(line, match, record)) taken.push_back({section, match[1]});
  }
  return taken;
}

std::vector<std::string> titles_of(const Graph &graph, const std::string &symbol) {
  std::vector<std::string> titles;
  for (const auto &[title, f] : graph) {
    if (!f.label.empty() && symbol_of(title) == symbol) titles.push_back(title);
  }
  return titles;
}

// Adds the calls through pointers. Returns the number of functions that they can reach.
std::size_t add_pointer_calls(const std::vector<AddressTaken> &taken, Graph &graph) {
  static const std::string kTask = "N6tidbit8parallelI", kText = ".text.";
  std::set<std::string> targets;
  for (const auto &[section, symbol] : taken) {
    for (const std::string &title : titles_of(graph, symbol)) {
      if (symbol.find(kTask) == std::string::npos) targets.insert(title);
      for (const std::string &user : titles_of(graph, section.substr(std::min(kText.size(), section.size())))) {
        graph[user].callees.insert(title);
      }
    }
  }
  for (auto &[title, f] : graph) {
    if (!f.calls_pointer) continue;
    const std::string own = targets.contains(title) ? file_of(title) : "";
    std::copy_if(targets.begin(), targets.end(), std::inserter(f.callees, f.callees.end()),
                 [&](const std::string &target) { return own.empty() || file_of(target) != own; });
  }
  return targets.size();
}

class Walk {
 public:
  Walk(Graph &graph, std::uint64_t outside) : graph_(graph), outside_(outside) {}

  const Function &visit(const std::string &title) {
    Function &f = graph_[title];
    if (f.state == Function::State::open) recursive_.insert(title);
    if (f.state != Function::State::fresh) return f;
    f.state = Function::State::open;
    std::uint64_t below = 0;
    for (const std::string &callee : f.callees) {
      const std::uint64_t depth = visit(callee).depth;
      if (depth > below) f.deepest = callee;
      below = std::max(below, depth);
    }
    f.depth = (f.label.empty() ? outside_ : f.frame) + below;
    f.state = Function::State::done;
    return f;
  }

  const std::set<std::string> &recursive() const { return recursive_; }

 private:
  Graph &graph_;
  const std::uint64_t outside_;
  std::set<std::string> recursive_;
};

void print_path(const Graph &graph, std::string title) {
  for (; !title.empty(); title = graph.at(title).deepest) {
    const Function &f = graph.at(title);
    std::cout << "  " << (f.label.empty() ? "     outside  " + title : std::to_string(f.frame) + "  " + f.label)
              << "\n";
  }
}

std::vector<std::string> public_functions(const Graph &graph) {
  std::vector<std::string> titles;
  for (const auto &[title, f] : graph) {
    if (title.starts_with("tidbit_") && !f.label.empty()) titles.push_back(title);
  }
  return titles;
}

bool is_true(const std::string &claim, std::uint64_t most, std::uint64_t deepest, const Walk &walk,
             const Graph &graph) {
  if (claim == "depth") return deepest < most;
  if (claim == "recursion") {
    for (const std::string &title : walk.recursive()) std::cout << "recursive: " << title << "\n";
    return walk.recursive().empty();
  }
  const auto is_dynamic = [](const auto &entry) { return !entry.second.is_static; };
  return claim == "frames" && std::none_of(graph.begin(), graph.end(), is_dynamic);
}

}  // namespace

int main(int count, char **words) {
  if (count < 6) return 2;
  Graph graph;
  for (int i = 5; i < count; ++i) read_graph(words[i], graph);
  const std::size_t targets = add_pointer_calls(read_relocations(words[4]), graph);
  Walk walk(graph, std::stoull(words[3]));
  std::string deepest;
  for (const std::string &title : public_functions(graph)) {
    const std::uint64_t depth = walk.visit(title).depth;
    std::cout << depth << " " << title << "\n";
    if (deepest.empty() || depth > graph.at(deepest).depth) deepest = title;
  }
  if (deepest.empty() || targets == 0) {
    std::cout << "found no public functions or no table of kernels; are the input files right?\n";
    return 1;
  }
  std::cout << "deepest, " << graph.at(deepest).depth << " bytes:\n";
  print_path(graph, deepest);
  return is_true(words[1], std::stoull(words[2]), graph.at(deepest).depth, walk, graph) ? 0 : 1;
}
