// Renders a chat template: the part of Jinja that templates use, as transformers runs it. A template can neither reach
// anything outside nor take more than bounded time, memory and stack.
#pragma once

#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "converter/chat/template_tree.h"

namespace tidbit::convert::chat {

class Template {
 public:
  // Throws TemplateError with the line that cannot be parsed.
  explicit Template(const std::string &source) : statements_(parse_template(source)) {}

  struct Result {
    std::string text;
    bool has_date;  // strftime_now was called
  };
  // `variables` is an object. `now` is what strftime_now takes, in UTC. Throws TemplateError.
  Result render(const nlohmann::ordered_json &variables, std::time_t now) const;

 private:
  Statements statements_;
};

}  // namespace tidbit::convert::chat
