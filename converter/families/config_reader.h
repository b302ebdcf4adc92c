// Reads config.json key by key. Keys that are known to change the computation are refused unless they are read or have
// a harmless value; other unknown keys are reported.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tidbit::convert {

class ConfigReader {
 public:
  // `file` is used in error messages. Both must outlive the reader.
  ConfigReader(const nlohmann::json &object, const std::string &file) : object_(object), file_(file) {}

  bool has(const std::string &key) const;       // present and not null
  bool contains(const std::string &key) const;  // present, perhaps null

  std::uint32_t count(const std::string &key, std::uint32_t most);  // 1 to most; an error if it is missing
  std::uint32_t count_or(const std::string &key, std::uint32_t most, std::uint32_t fallback);
  double number_or(const std::string &key, double fallback);  // finite as f32
  float epsilon_or(const std::string &key, double fallback);  // not negative
  bool flag_or(const std::string &key, bool fallback);
  std::string text_or(const std::string &key, const std::string &fallback);
  const nlohmann::json *object_or_null(const std::string &key);
  std::vector<double> numbers(const std::string &key);     // an error if it is missing
  std::vector<std::string> texts(const std::string &key);  // empty if it is missing
  // One id, a list of ids, or nothing.
  std::vector<std::int64_t> ids(const std::string &key);

  // Refuses the key unless it is missing, null, or this value.
  void only(const std::string &key, std::nullptr_t);
  void only(const std::string &key, bool value);
  void only(const std::string &key, double value);
  void only(const std::string &key, const char *value);
  void refuse_null(const std::string &key) const;  // for keys whose default is not what null means
  void harmless(std::span<const char *const> keys);
  const std::string &file() const { return file_; }
  [[noreturn]] void refuse(const std::string &key, const std::string &why) const;

  // Refuses the remaining keys that change a transformer's computation, and returns the unknown ones.
  std::vector<std::string> finish();

 private:
  void only_json(const std::string &key, const nlohmann::json &value);
  const nlohmann::json *take(const std::string &key);

  const nlohmann::json &object_;
  const std::string &file_;
  std::set<std::string> known_;
};

}  // namespace tidbit::convert
