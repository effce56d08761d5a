#include "common/config.h"

namespace bardana {

const Value& ConfigReader::take(const std::string& key) {
  auto found = dict_.find(key);
  if (found == dict_.end()) fail(owner_, ": the configuration lacks the key '", key, "'");
  taken_.insert(key);
  return found->second;
}

template <class T>
const T& ConfigReader::get(const std::string& key, const char* expected) {
  const T* value = std::get_if<T>(&take(key).data);
  if (value == nullptr) fail(owner_, ": expected ", expected, " for '", key, "'");
  return *value;
}

bool ConfigReader::flag(const std::string& key) { return get<bool>(key, "a bool"); }

int64_t ConfigReader::integer(const std::string& key) { return get<int64_t>(key, "an integer"); }

double ConfigReader::number(const std::string& key) {
  const Value& value = take(key);
  if (const auto* whole = std::get_if<int64_t>(&value.data)) return static_cast<double>(*whole);
  return get<double>(key, "a number");
}

std::string ConfigReader::text(const std::string& key) { return get<std::string>(key, "a string"); }

const Value::Dict& ConfigReader::dict(const std::string& key) { return get<Value::Dict>(key, "a dict"); }

Shape ConfigReader::shape(const std::string& key) {
  Shape shape;
  for (const Value& axis : get<Value::List>(key, "a list of integers")) {
    const auto* size = std::get_if<int64_t>(&axis.data);
    if (size == nullptr) fail(owner_, ": expected a list of integers for '", key, "'");
    shape.push_back(*size);
  }
  return shape;
}

std::vector<double> ConfigReader::numbers(const std::string& key) {
  std::vector<double> numbers;
  for (const Value& item : get<Value::List>(key, "a list of numbers")) {
    const auto* whole = std::get_if<int64_t>(&item.data);
    const auto* number = std::get_if<double>(&item.data);
    if (whole == nullptr && number == nullptr) fail(owner_, ": expected a list of numbers for '", key, "'");
    numbers.push_back(whole != nullptr ? static_cast<double>(*whole) : *number);
  }
  return numbers;
}

void ConfigReader::ignore(std::initializer_list<const char*> keys) { taken_.insert(keys.begin(), keys.end()); }

void ConfigReader::ignore_endings(std::initializer_list<const char*> endings) {
  for (const auto& [key, value] : dict_) {
    for (const char* ending : endings) {
      if (key.ends_with(ending)) taken_.insert(key);
    }
  }
}

void ConfigReader::finish() const {
  for (const auto& [key, value] : dict_) {
    if (!taken_.contains(key)) fail(owner_, ": the configuration has an unknown key '", key, "'");
  }
}

}  // namespace bardana
