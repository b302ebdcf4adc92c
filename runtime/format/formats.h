// The list of weight formats. Code that depends on the format of a matrix visits it. A new format is a file and an
// entry here.
#pragma once

#include "base/features.h"
#include "format/few_bits.h"
#include "format/floats.h"
#include "format/q8.h"
#include "format/trained_codes.h"

namespace tidbit::format {

// Words separated by spaces, zero-terminated.
template <std::size_t n>
struct WordList {
  char text[n] = {};
};

template <class... Rows>
struct FormatList {
  static constexpr std::uint32_t count = sizeof...(Rows);

  struct Names {
    const char *of[count];
  };
  static consteval Names names() { return {{Rows::name...}}; }

  static consteval auto name_list() {
    constexpr std::size_t kBytes = (__builtin_strlen(Rows::name) + ... + sizeof...(Rows));
    WordList<kBytes> list;
    char *to = list.text;
    for (const char *name : names().of) {
      if (to != list.text) *to++ = ' ';
      while (*name != 0) *to++ = *name++;
    }
    return list;
  }

  // Calls body.template operator()<Row>() with the type of each format.
  template <class Body>
  static constexpr void each(Body body) {
    (body.template operator()<Rows>(), ...);
  }

  // The number of the last format that this build has.
  static constexpr std::uint32_t last_built = [] {
    std::uint32_t last = 0, number = 0;
    ((last = features::has_weights(Rows::format) ? number : last, ++number), ...);
    return last;
  }();

  // Whether this build has weights with codes, for which activations become codes too.
  static constexpr bool has_codes = ((features::has_weights(Rows::format) && Rows::input != Input::floats) || ...);

  // Calls body.template operator()<Row>() with the type of format f, which this build must have. Formats that are left
  // out produce no code, and a build with a single format compares nothing.
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

using Formats = FormatList<F32, F16, Q8, Q4, Q8x16, Q2, Q3, Q5, Q6, Ternary, Binary>;
static_assert(Formats::count == kFormats);

static constexpr auto kFormatNames = Formats::names();         // by number
static constexpr auto kFormatNameList = Formats::name_list();  // "f32 f16 ..."

static constexpr std::uint32_t tile_bytes(Format f, std::uint32_t cols, std::uint32_t group) {
  return Formats::visit(f, [&]<class Row> { return Row::tile_bytes(cols, group); });
}
static constexpr std::uint64_t matrix_bytes(Format f, std::uint32_t rows, std::uint32_t cols, std::uint32_t group) {
  return std::uint64_t{tile_count(rows)} * tile_bytes(f, cols, group);
}
static constexpr Input input_of(Format f) {
  return Formats::visit(f, []<class Row> { return Row::input; });
}
// Whether the format has codes of a few bits in blocks with scales of their own.
static constexpr bool in_blocks(Format f) {
  return Formats::visit(f, []<class Row> {
    if constexpr (requires { Row::has_fine; }) return Row::has_fine;
    return false;
  });
}
// Whether the format is for weights that were trained with two or three values.
static constexpr bool is_trained(Format f) { return f == Ternary::format || f == Binary::format; }
// Whether the format has codes in groups, with a scale per group.
static constexpr bool in_groups(Format f) { return input_of(f) != Input::floats; }

}  // namespace tidbit::format
