// The options with which a command line names a grammar.
#pragma once

#include <CLI/CLI.hpp>

#include "converter/grammar/compile.h"

namespace tidbit::convert {

// `note` goes behind each description. At most one of the options can be given.
inline void add_grammar_options(CLI::App &app, GrammarSource &source, const std::string &note) {
  const auto add = [&](const char *name, GrammarSource::Kind kind, const char *description) {
    return app.add_option_function<std::string>(
        name,
        [&source, kind](const std::string &text) {
          source = {kind, text};
        },
        description + note);
  };
  CLI::Option *regex = add("--regex", GrammarSource::Kind::regex, "a regular expression for the whole text");
  CLI::Option *schema = add("--schema", GrammarSource::Kind::schema, "file of a JSON Schema");
  CLI::Option *gbnf = add("--gbnf", GrammarSource::Kind::gbnf, "file of a grammar as llama.cpp has them");
  CLI::Option *tools = add("--tools", GrammarSource::Kind::tools, "file of functions as OpenAI's interface has them");
  schema->excludes(regex);
  gbnf->excludes(regex)->excludes(schema);
  tools->excludes(regex)->excludes(schema)->excludes(gbnf);
}

}  // namespace tidbit::convert
