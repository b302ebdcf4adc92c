// What the converter's functions refuse.
#pragma once

#include <string>

#include "converter/error.h"

namespace tidbit::test {

// The message of the ConvertError that the call throws; empty if it throws none.
template <class Call>
std::string failure(Call call) {
  try {
    call();
  } catch (const convert::ConvertError &error) {
    return error.what();
  }
  return "";
}

}  // namespace tidbit::test
