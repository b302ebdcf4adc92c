// Any text may be a list of tools. Each list that is read becomes a sound grammar, with or without a syntax of calls.
#include "converter/grammar/tools.h"
#include "tests/fuzz/grammars.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  using namespace tidbit;
  const std::string text(reinterpret_cast<const char *>(data), size);
  fuzz::compile(text, [](const std::string &json, const char *source) {
    const convert::Tools tools = convert::read_tools(json, source);
    fuzz::compile("", [&](const std::string &, const char *) {
      return convert::compile_tools(tools, source, convert::CallSyntax{"<c>", "</c><c>", "</c>", "n", "a", true});
    });
    return convert::compile_tools(tools, source, std::nullopt);
  });
  return 0;
}
