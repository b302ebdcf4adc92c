// The list of weight formats: everything that depends on the format of a matrix goes through it. A new format is a file
// of its own and a row here.
#pragma once

#include "base/features.h"
#include "format/floats.h"
#include "format/q4.h"
#include "format/q8.h"

namespace tidbit::format {

template <class... Rows>
struct FormatList {
  static constexpr std::uint32_t count = sizeof...(Rows);

  // Calls body.template operator()<Row>() for the row of a format that this build has. Formats that are left out take no
  // code, and a build with a single format does not compare.
  template <class Body>
  [[gnu::always_inline]] static constexpr auto visit(Format f, Body body) {
    return visit_first<Body, Rows...>(f, body);
  }

 private:
  template <class Body, class First, class... Rest>
  [[gnu::always_inline]] static constexpr auto visit_first(Format f, Body &body) {
    if constexpr (sizeof...(Rest) == 0 || !(features::has_weights(Rest::format) || ...)) {
      return body.template operator()<First>();
    } else if constexpr (!features::has_weights(First::format)) {
      return visit_first<Body, Rest...>(f, body);
    } else {
      return f == First::format ? body.template operator()<First>() : visit_first<Body, Rest...>(f, body);
    }
  }
};

using Formats = FormatList<F32, F16, Q8, Q4, Q8x16>;
static_assert(Formats::count == kFormats);

static constexpr std::uint64_t tile_bytes(Format f, std::uint64_t cols, std::uint64_t group) {
  return Formats::visit(f, [&]<class Row> { return Row::tile_bytes(cols, group); });
}
static constexpr std::uint64_t matrix_bytes(Format f, std::uint64_t rows, std::uint64_t cols, std::uint64_t group) {
  return tile_count(rows) * tile_bytes(f, cols, group);
}
static constexpr Input input_of(Format f) {
  return Formats::visit(f, []<class Row> { return Row::input; });
}
// Codes in groups, each group with a scale.
static constexpr bool in_groups(Format f) { return input_of(f) != Input::floats; }

}  // namespace tidbit::format
