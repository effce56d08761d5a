// A layer's configuration as Python's get_config() gives it, and a reader that refuses missing and unknown keys.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "common/check.h"
#include "common/shape.h"

namespace bardana {

/// None, bool, int, float, string, list or dict.
struct Value {
  using List = std::vector<Value>;
  using Dict = std::map<std::string, Value>;
  std::variant<std::monostate, bool, int64_t, double, std::string, List, Dict> data;
};

/// Takes typed values out of a dict; finish() complains of what nobody took. `owner` opens every message.
class ConfigReader {
 public:
  ConfigReader(std::string owner, const Value::Dict& dict) : owner_(std::move(owner)), dict_(dict) {}

  bool flag(const std::string& key);
  int64_t integer(const std::string& key);
  double number(const std::string& key);
  std::string text(const std::string& key);
  Shape shape(const std::string& key);
  bool is_text(const std::string& key) { return std::holds_alternative<std::string>(take(key).data); }
  const Value::Dict& dict(const std::string& key);
  std::vector<double> numbers(const std::string& key);
  bool is_none(const std::string& key) { return std::holds_alternative<std::monostate>(take(key).data); }
  /// Accepts a key that matters to Python alone, present or not.
  void ignore(std::initializer_list<const char*> keys);
  /// Accepts all keys that end so.
  void ignore_endings(std::initializer_list<const char*> endings);
  void finish() const;
  const std::string& owner() const { return owner_; }

 private:
  const Value& take(const std::string& key);
  template <class T>
  const T& get(const std::string& key, const char* expected);

  std::string owner_;
  const Value::Dict& dict_;
  std::set<std::string> taken_;
};

}  // namespace bardana
