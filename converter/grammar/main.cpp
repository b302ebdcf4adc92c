// tidbit-grammar: a regular expression, a JSON Schema or a GBNF grammar becomes the automaton that the library takes.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <new>
#include <string>

#include "converter/error.h"
#include "converter/grammar/options.h"
#include "converter/summary.h"

namespace {

using namespace tidbit::convert;

struct CommandLine {
  GrammarSource source;
  std::string output;
};

void declare(CLI::App &app, CommandLine &line) {
  app.set_version_flag("--version", std::string("tidbit-grammar ") + TIDBIT_CONVERTER_VERSION);
  CLI::Option_group *source = app.add_option_group("source");
  add_grammar_options(*source, line.source, "");
  source->require_option(1);
  app.add_option("-o,--output", line.output, "the compiled grammar to write")->required();
}

int fail(const std::string &message, int code) {
  std::fprintf(stderr, "tidbit-grammar: %s\n", one_line(message).c_str());
  return code;
}

int write(const std::vector<std::byte> &bytes, const std::string &path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file ? 0 : fail(path + ": cannot be written", 1);
}

int run(int argc, char **argv) {
  CLI::App app{"Compiles the form of an answer, for 'tidbit run --grammar' and tidbit_grammar_open.", "tidbit-grammar"};
  CommandLine line;
  declare(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() != 0) return fail(std::string(error.what()) + "; see 'tidbit-grammar --help'", 2);
    app.exit(error);
    return std::cout.flush() ? 0 : fail("standard output cannot be written", 1);
  }
  try {
    return write(compile(line.source), line.output);
  } catch (const ConvertError &error) {
    return fail(error.what(), 1);
  }
}

}  // namespace

int main(int argc, char **argv) try { return run(argc, argv); } catch (const std::bad_alloc &) {
  return fail("out of memory", 1);
} catch (const std::exception &error) {
  return fail(error.what(), 1);
}
