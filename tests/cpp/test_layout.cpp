// Variables in their stored layout: what is written is read back, every element stands where math/layout.h says, and
// padding stays zero.
#include "model/variables.h"

#include <algorithm>

#include "support.h"

namespace bardana::test {
namespace {

const std::vector<int64_t> kSizes = {1, 2, 15, 16, 17, 31, 47, 48, 49, 63, 64, 65, 95, 96, 97, 113, 150};

template <class T>
constexpr DType kDType = sizeof(T) == 4 ? DType::float32 : DType::float64;

/// Numbers without a zero, so that zeros in the buffer are padding.
template <class T>
std::vector<T> nonzero(int64_t size) {
  std::vector<T> values(static_cast<size_t>(size));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i + 1);
  return values;
}

template <class T>
int64_t count_nonzero(const Memory& buffer) {
  int64_t count = 0;
  for (int64_t i = 0; i < buffer.bytes() / static_cast<int64_t>(sizeof(T)); ++i) count += buffer.as<T>()[i] != T(0);
  return count;
}

template <class T>
void check_shape(const Shape& shape) {
  CAPTURE(to_string(shape));
  Variables variables(kDType<T>, {{"w", shape}});
  const std::vector<T> values = nonzero<T>(size_of(shape));
  std::vector<T> back(values.size());
  variables.write(variables.params(), 0, values.data());
  variables.read(variables.params(), 0, back.data());
  CHECK(back == values);
  CHECK(count_nonzero<T>(variables.params()) == size_of(shape));
  CHECK(count_nonzero<T>(variables.grads()) == 0);
  if (shape.size() != 2) return;
  int64_t wrong = 0;
  for (int64_t row = 0; row < shape[0]; ++row) {
    for (int64_t col = 0; col < shape[1]; ++col) {
      const T stored = variables.params().as<T>()[panel_offset(shape[0], shape[1], row, col)];
      wrong += stored != values[static_cast<size_t>(row * shape[1] + col)];
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("read gives what write took, and padding is zero", T, float, double) {
  check_shape<T>({});
  for (const int64_t n : kSizes) {
    check_shape<T>({n});
    check_shape<T>({n, 3, 5});
    for (const int64_t k : kSizes) check_shape<T>({k, n});
  }
}

TEST_CASE("panels are 48 wide and the last is padded to 16") {
  CHECK(panels_size(5, 48) == 5 * 48);
  CHECK(panels_size(5, 49) == 5 * 64);
  CHECK(panels_size(5, 97) == 5 * 112);
  CHECK(panel_offset(5, 97, 0, 47) == 47);
  CHECK(panel_offset(5, 97, 1, 0) == 48);
  CHECK(panel_offset(5, 97, 0, 48) == 5 * 48);
  CHECK(panel_offset(5, 97, 2, 96) == 5 * 96 + 2 * 16);
}

TEST_CASE("slices do not touch, are aligned, and trainable ones stand first") {
  const std::vector<VariableSpec> specs = {{"a", {3, 49}}, {"frozen", {7, 5}, false}, {"b", {49}},
                                           {"c", {1, 1}},  {"state", {17}, false},    {"d", {50, 96}}};
  Variables variables(DType::float32, specs);
  variables.reset_slots({0.0, 0.0});
  CHECK(variables.slot_count() == 2);
  CHECK(variables.slot(1).bytes() == variables.trainable_elements() * 4);
  for (int id = 0; id < variables.count(); ++id) {
    CAPTURE(specs[static_cast<size_t>(id)].name);
    CHECK(variables.offset(id) % 16 == 0);
    CHECK((variables.offset(id) < variables.trainable_elements()) == variables.spec(id).trainable);
    variables.write(variables.params(), id, nonzero<float>(size_of(variables.spec(id).shape)).data());
  }
  int64_t total = 0;
  for (int id = 0; id < variables.count(); ++id) {
    const std::vector<float> expected = nonzero<float>(size_of(variables.spec(id).shape));
    std::vector<float> back(expected.size());
    variables.read(variables.params(), id, back.data());
    CHECK(back == expected);
    total += static_cast<int64_t>(expected.size());
  }
  CHECK(count_nonzero<float>(variables.params()) == total);
}

TEST_CASE("write restores the zeros of a padding that a NaN has reached, and touches no neighbour") {
  Variables variables(DType::float32, {{"before", {16}}, {"w", {3, 49}}, {"after", {16}}});
  float* params = variables.params().as<float>();
  const int64_t elements = variables.params().bytes() / 4;
  std::fill(params, params + elements, std::numeric_limits<float>::quiet_NaN());
  variables.write(variables.params(), 1, nonzero<float>(3 * 49).data());
  int64_t wrong = 0, zeros = 0;
  for (int64_t i = 0; i < elements; ++i) {
    const bool inside = variables.offset(1) <= i && i < variables.offset(2);
    wrong += std::isnan(params[i]) == inside;
    zeros += params[i] == 0.0f;
  }
  CHECK(wrong == 0);
  CHECK(zeros == 3 * 15);
}

TEST_CASE("no variables at all") {
  Variables variables(DType::float64, {});
  variables.reset_slots({0.0});
  CHECK(variables.count() == 0);
  CHECK(variables.trainable_elements() == 0);
}

}  // namespace bardana::test
