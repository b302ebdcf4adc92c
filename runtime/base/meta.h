// The few templates that the library would otherwise take from <concepts>, <type_traits> and <utility>.
#pragma once

#include "base/types.h"

namespace tidbit {

template <class A, class B>
inline constexpr bool is_same = false;
template <class A>
inline constexpr bool is_same<A, A> = true;

template <class A, class B>
concept SameAs = is_same<A, B>;

template <class From, class To>
concept ConvertibleTo = requires(From (*make)(), void (*take)(To)) {
  take(make());
};

// Indices<0, 1, ..., n - 1>, to unpack a loop whose counter is a template argument.
template <std::uint32_t... i>
struct Indices {};

template <std::uint32_t n, std::uint32_t... i>
struct CountTo {
  using type = typename CountTo<n - 1, n - 1, i...>::type;
};
template <std::uint32_t... i>
struct CountTo<0, i...> {
  using type = Indices<i...>;
};
template <std::uint32_t n>
using IndicesTo = typename CountTo<n>::type;

}  // namespace tidbit
