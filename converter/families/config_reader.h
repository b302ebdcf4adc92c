// config.json, key by key. Every key is read, declared harmless, or checked; what remains is reported, and keys that
// are known to change the computation are refused.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tidbit::convert {

class ConfigReader {
 public:
  // `file` names the text in messages; both must outlive the reader.
  ConfigReader(const nlohmann::json &object, const std::string &file) : object_(object), file_(file) {}

  bool has(const std::string &key) const;  // there, and not null

  std::uint32_t count(const std::string &key, std::uint32_t most);  // 1 to most; an error where it is missing
  std::uint32_t count_or(const std::string &key, std::uint32_t most, std::uint32_t fallback);
  double number_or(const std::string &key, double fallback);  // finite as f32
  float epsilon_or(const std::string &key, double fallback);  // not negative
  bool flag_or(const std::string &key, bool fallback);
  std::string text_or(const std::string &key, const std::string &fallback);
  const nlohmann::json *object_or_null(const std::string &key);
  // One id, a list of ids, or nothing.
  std::vector<std::int64_t> ids(const std::string &key);

  // Refuses the key unless it is missing, null, or this value.
  void only(const std::string &key, const nlohmann::json &value);
  void harmless(std::initializer_list<const char *> keys);
  const std::string &file() const { return file_; }
  [[noreturn]] void refuse(const std::string &key, const std::string &why) const;

  // Refuses what is left of the keys that change a transformer's computation; returns the unknown others.
  std::vector<std::string> finish();

 private:
  const nlohmann::json *take(const std::string &key);

  const nlohmann::json &object_;
  const std::string &file_;
  std::set<std::string> known_;
};

}  // namespace tidbit::convert
