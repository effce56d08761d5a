// What several tests share: seeded random numbers, rows with padding as kernels see them, and small model declarations.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cpu/isa.h"
#include "math/formulas.h"
#include "model/spec.h"

namespace bardana::test {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int64_t integer(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine_); }
  double uniform(double low, double high) { return std::uniform_real_distribution<double>(low, high)(engine_); }
  template <class Item>
  const Item& among(const std::vector<Item>& items) {
    return items[static_cast<size_t>(integer(0, static_cast<int64_t>(items.size()) - 1))];
  }
  template <class T>
  std::vector<T> list(int64_t size, double low = -1.0, double high = 1.0) {
    std::vector<T> values(static_cast<size_t>(size));
    for (T& value : values) value = static_cast<T>(uniform(low, high));
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

/// rows × cols numbers, each row padded to a multiple of 16; the block ends where the last row's padding ends, so that
/// the address sanitizer sees a kernel that goes on.
template <class T>
struct Rows {
  int64_t rows, cols, ld;
  std::vector<T> data;

  Rows(int64_t r, int64_t c) : rows(r), cols(c), ld(padded(c)), data(static_cast<size_t>(r * ld)) {}
  Rows(int64_t r, int64_t c, Random& random, double low = -1.0, double high = 1.0) : Rows(r, c) {
    for_each([&](int64_t, int64_t, T& value) { value = static_cast<T>(random.uniform(low, high)); });
  }

  T& at(int64_t row, int64_t col) { return data[static_cast<size_t>(row * ld + col)]; }
  const T& at(int64_t row, int64_t col) const { return data[static_cast<size_t>(row * ld + col)]; }
  template <class Visit>
  void for_each(Visit visit) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t col = 0; col < cols; ++col) visit(row, col, at(row, col));
  }
  std::vector<const T*> pointers() const {
    std::vector<const T*> list;
    for (int64_t row = 0; row < rows; ++row) list.push_back(data.data() + row * ld);
    return list;
  }
  void set_padding(T value) {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t col = cols; col < ld; ++col) at(row, col) = value;
  }
  bool padding_is_zero() const {
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t col = cols; col < ld; ++col)
        if (!(at(row, col) == T(0))) return false;
    return true;
  }
};

/// A matrix in column panels, with zeros in the padding.
template <class T>
std::vector<T> panels(const Rows<T>& w) {
  std::vector<T> stored(static_cast<size_t>(panels_size(w.rows, w.cols)));
  for (int64_t row = 0; row < w.rows; ++row)
    for (int64_t col = 0; col < w.cols; ++col)
      stored[static_cast<size_t>(panel_offset(w.rows, w.cols, row, col))] = w.at(row, col);
  return stored;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// The same bits, or both NaN: payloads may differ.
template <class T>
bool same_numbers(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) ? !std::isnan(b[i]) : std::memcmp(&a[i], &b[i], sizeof(T)) != 0) return false;
  }
  return true;
}

/// Calls check(kernels), with Kernels<float> or Kernels<double>, for every ISA that this machine can run.
template <class Check>
void for_each_kernels(Check check) {
  for (const cpu::KernelTable* table : cpu::supported_tables()) {
    INFO("isa ", std::string(table->isa));
    check(table->f32);
    check(table->f64);
  }
}

/// The table of that name, or null if this machine cannot run it.
inline const cpu::KernelTable* find_table(const std::string& isa) {
  for (const cpu::KernelTable* table : cpu::supported_tables()) {
    if (isa == table->isa) return table;
  }
  return nullptr;
}

/// Calls check(avx2 kernels, avx512 kernels) for float and double; says so where one of the two cannot run.
template <class Check>
void for_avx2_and_avx512(Check check) {
  const cpu::KernelTable *narrow = find_table("avx2"), *wide = find_table("avx512");
  if (narrow == nullptr || wide == nullptr) {
    MESSAGE("not compared: this machine lacks AVX2 or AVX-512");
    return;
  }
  check(narrow->f32, wide->f32);
  check(narrow->f64, wide->f64);
}

inline LayerSpec layer(const std::string& class_name, const std::string& name, Value::Dict config,
                       bool trainable = true) {
  config["name"] = {name};
  config["trainable"] = {trainable};
  return {class_name, std::move(config)};
}

inline LayerSpec dense(const std::string& name, int64_t units, const std::string& activation, bool trainable = true) {
  return layer("Dense", name, {{"units", {units}}, {"use_bias", {true}}, {"activation", {activation}}}, trainable);
}

inline LayerSpec batch_normalization(const std::string& name, double momentum) {
  return layer("BatchNormalization", name,
               {{"axis", {int64_t{-1}}},
                {"momentum", {momentum}},
                {"epsilon", {0.0009765625}},
                {"center", {true}},
                {"scale", {true}}});
}

inline LayerSpec layer_normalization(const std::string& name) {
  return layer(
      "LayerNormalization", name,
      {{"axis", {Value::List{{int64_t{-1}}}}}, {"epsilon", {0.0009765625}}, {"center", {true}}, {"scale", {true}}});
}

inline LayerSpec gaussian_noise(const std::string& name, double deviation, int64_t seed) {
  return layer("GaussianNoise", name, {{"stddev", {deviation}}, {"seed", {seed}}});
}

inline LayerSpec activation(const std::string& name, const std::string& function) {
  return layer("Activation", name, {{"activation", {function}}});
}

inline LayerSpec dropout(const std::string& name, double rate, int64_t seed) {
  return layer("Dropout", name, {{"rate", {rate}}, {"seed", {seed}}, {"noise_shape", {}}});
}

inline LayerSpec flatten(const std::string& name) {
  return layer("Flatten", name, {{"data_format", {std::string("channels_last")}}});
}

template <class Item>
Value list_of(const std::vector<Item>& items) {
  Value::List list;
  for (const Item& item : items) list.push_back({item});
  return {list};
}

inline LayerSpec reshape(const std::string& name, const Shape& shape) {
  return layer("Reshape", name, {{"target_shape", list_of(shape)}});
}

inline LayerSpec embedding(const std::string& name, int64_t rows, int64_t width) {
  return layer("Embedding", name, {{"input_dim", {rows}}, {"output_dim", {width}}, {"mask_zero", {false}}});
}

inline LayerSpec normalization(const std::string& name, bool given = false) {
  return layer("Normalization", name,
               {{"axis", list_of(Shape{-1})},
                {"invert", {false}},
                {"given", {given}},
                {"epsilon", {1e-7}},
                {"mean", list_of(std::vector<double>{0.5})},
                {"variance", list_of(std::vector<double>{2.0})},
                {"moment_shape", list_of(Shape{})}});
}

inline LayerSpec rescaling(const std::string& name, double scale) {
  return layer("Rescaling", name,
               {{"scale", list_of(std::vector<double>{scale})},
                {"offset", list_of(std::vector<double>{0.5})},
                {"scale_shape", list_of(Shape{})},
                {"offset_shape", list_of(Shape{})}});
}

inline LayerSpec discretization(const std::string& name, const std::vector<double>& boundaries) {
  return layer("Discretization", name,
               {{"bin_boundaries", list_of(boundaries)}, {"output_mode", {std::string("int")}}});
}

inline LayerSpec category_encoding(const std::string& name, int64_t classes) {
  return layer("CategoryEncoding", name,
               {{"num_tokens", {classes}}, {"output_mode", {std::string("count")}}, {"weighted", {false}}});
}

inline CompileSpec compile_spec(const std::string& loss, const std::vector<std::string>& metrics = {}) {
  CompileSpec spec;
  spec.loss = ObjectiveSpec{.function = loss, .parameters = {}};
  for (const std::string& metric : metrics) spec.metrics.push_back({.function = metric, .parameters = {}});
  spec.optimizer = OptimizerSpec{"sgd", {}};
  return spec;
}

}  // namespace bardana::test
