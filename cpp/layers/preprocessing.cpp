#include "layers/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "math/formulas.h"

namespace bardana {
namespace {

/// For every element of an array of this shape, in C order, the number of the element of another one that it meets by
/// broadcasting from the last axis on. Nothing where the other one does not broadcast to the shape.
std::optional<std::vector<int64_t>> broadcast(const Shape& shape, Shape other) {
  while (other.size() > shape.size() && other.front() == 1) other.erase(other.begin());
  if (other.size() > shape.size()) return std::nullopt;
  other.insert(other.begin(), shape.size() - other.size(), 1);
  std::vector<int64_t> index(static_cast<size_t>(size_of(shape)));
  int64_t inner = 1, stride = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (other[axis] != 1 && other[axis] != shape[axis]) return std::nullopt;
    for (size_t i = 0; other[axis] != 1 && i < index.size(); ++i) {
      index[i] += static_cast<int64_t>(i) / inner % shape[axis] * stride;
    }
    inner *= shape[axis], stride *= other[axis];
  }
  return index;
}

/// Values in the order of `index`.
std::vector<double> taken(const std::vector<double>& values, const std::vector<int64_t>& index) {
  std::vector<double> list;
  for (const int64_t i : index) list.push_back(values[static_cast<size_t>(i)]);
  return list;
}

/// Elements of a row in C order, moved to where a tensor of rows holds them; `padding` elsewhere.
template <class Number>
std::vector<Number> stored(const Tensor& t, const std::vector<Number>& row, Number padding) {
  std::vector<Number> list(static_cast<size_t>(t.outer * t.ld), padding);
  for (int64_t i = 0; i < t.row_size(); ++i) {
    list[static_cast<size_t>(i / t.last * t.ld + i % t.last)] = row[static_cast<size_t>(i)];
  }
  return list;
}

double root(double variance, double epsilon, DType dtype) {
  const double root =
      dtype == DType::float32 ? static_cast<double>(std::sqrt(static_cast<float>(variance))) : std::sqrt(variance);
  return root < epsilon ? epsilon : root;
}

/// Adds the op and gives it a derivative, which has the same factors and no offset.
Lowered scaled(Builder& plan, const Flow& x, Scale op) {
  op.x = x.id;
  op.y = plan.like(x.id);
  plan.add(op);
  const auto backward = [op](Builder& b, TensorId dy, bool wants_dx) {
    if (!wants_dx) return kNone;
    Scale derivative = op;
    derivative.x = b.grouped(dy, b.tensor(op.y).last);
    derivative.y = b.like(op.y);
    derivative.offset = kNone;
    derivative.offsets.clear();
    b.add(derivative);
    return derivative.y;
  };
  return {{op.y, x.shape}, backward};
}

Lowered without_gradient(const Flow& y, TensorId x) {
  return {y, [x](Builder& plan, TensorId, bool wants_dx) { return wants_dx ? plan.zeros(x) : kNone; }};
}

Encoding parse_encoding(const std::string& name, const std::string& owner) {
  if (name == "one_hot") return Encoding::one_hot;
  if (name == "multi_hot") return Encoding::multi_hot;
  if (name == "count") return Encoding::count;
  fail(owner, ": expected output_mode 'one_hot', 'multi_hot' or 'count', received '", name, "'");
}

/// Shape of the encoded numbers: a vector for each of them, or for each position behind the first axis.
Shape encoded_shape(const Shape& input, Encoding encoding, int64_t width) {
  Shape output = input;
  if (encoding != Encoding::one_hot) {
    output.erase(output.begin());
  } else if (output.back() == 1) {
    output.pop_back();
  }
  output.push_back(width);
  return output;
}

Flow encode(Builder& plan, const Flow& x, Encoding encoding, const Shape& output, bool weighted = false) {
  const TensorId y = plan.batch(size_of(output) / output.back(), output.back());
  plan.add(Encode{x.id, y, encoding, weighted});
  return {y, output};
}

void expect_axes(const char* kind, const std::string& name, const Shape& input) {
  if (input.empty()) {
    fail(kind, " layer '", name, "': expected inputs with at least 2 axes (rows, values), received shape ",
         to_batch_string(input));
  }
}

}  // namespace

Normalization::Normalization(ConfigReader& config)
    : Layer(config),
      axes_(config.shape("axis")),
      invert_(config.flag("invert")),
      given_(config.flag("given")),
      epsilon_(config.number("epsilon")) {
  if (!given_) {
    config.ignore({"mean", "variance", "moment_shape"});
    return;
  }
  mean_ = config.numbers("mean");
  variance_ = config.numbers("variance");
  given_shape_ = config.shape("moment_shape");
}

Shape Normalization::output_shape(const Shape& input) const {
  moment_shape(input);
  return input;
}

Shape Normalization::kept(const Shape& input) const {
  const auto axes = static_cast<int64_t>(input.size()) + 1;
  Shape sizes(input.size(), 1);
  for (const int64_t axis : axes_) {
    const int64_t place = axis < 0 ? axis + axes : axis;
    if (place < 1 || place >= axes) {
      fail("Normalization layer '", name(), "': expected axes from 1 to ", axes - 1,
           " (or negative) for inputs of shape ", to_batch_string(input), ", received axis=", to_string(axes_));
    }
    sizes[static_cast<size_t>(place - 1)] = input[static_cast<size_t>(place - 1)];
  }
  return sizes;
}

Shape Normalization::moment_shape(const Shape& input) const {
  const Shape all = kept(input);
  std::vector<bool> keeps(input.size());
  for (const int64_t axis : axes_) keeps[static_cast<size_t>(axis < 0 ? axis + std::ssize(input) : axis - 1)] = true;
  Shape shape;
  for (size_t i = 0; i < all.size(); ++i) {
    if (keeps[i]) shape.push_back(all[i]);
  }
  if (given_ && !broadcast(shape, given_shape_)) {
    fail("Normalization layer '", name(), "': expected mean and variance that broadcast to ", to_string(shape),
         " for inputs of shape ", to_batch_string(input), ", received ", to_string(given_shape_));
  }
  return shape;
}

std::vector<VariableSpec> Normalization::variables(const Shape& input) const {
  if (given_) return {};
  const Shape shape = moment_shape(input);
  return {{"mean", shape, false}, {"variance", shape, false}, {"count", {}, false}};
}

Lowered Normalization::lower(Scope scope, const Flow& x) const {
  Builder& plan = scope.plan;
  const Shape moments = moment_shape(x.shape);
  std::vector<int64_t> index = *broadcast(x.shape, kept(x.shape));
  Scale op;
  op.divides = !invert_;
  if (given_) {
    const std::vector<int64_t> given = *broadcast(moments, given_shape_);
    for (int64_t& i : index) i = given[static_cast<size_t>(i)];
    std::vector<double> factors = taken(variance_, index);
    for (double& factor : factors) factor = root(factor, epsilon_, plan.plan().dtype);
    op.factors = stored(plan.tensor(x.id), factors, 1.0);
    op.offsets = stored(plan.tensor(x.id), taken(mean_, index), 0.0);
    return scaled(plan, x, std::move(op));
  }
  if (moments.size() == 2) {  // a matrix, which stands in column panels
    for (int64_t& i : index) i = panel_offset(moments[0], moments[1], i / moments[1], i % moments[1]);
  }
  const Tensor t = plan.tensor(x.id);
  op.factor = plan.columns(t.outer * t.ld), op.offset = plan.columns(t.outer * t.ld);
  plan.add(Factors{op.factor, op.offset, scope.first_variable + 1, scope.first_variable, epsilon_,
                   stored(t, index, int64_t{-1})});
  return scaled(plan, x, std::move(op));
}

Rescaling::Rescaling(ConfigReader& config)
    : Layer(config),
      scale_(config.numbers("scale")),
      offset_(config.numbers("offset")),
      scale_shape_(config.shape("scale_shape")),
      offset_shape_(config.shape("offset_shape")) {}

Shape Rescaling::output_shape(const Shape& input) const {
  for (const Shape& shape : {scale_shape_, offset_shape_}) {
    if (broadcast(input, shape)) continue;
    fail("Rescaling layer '", name(), "': expected scale and offset that broadcast to the inputs' shape ",
         to_batch_string(input), ", received shape ", to_string(shape));
  }
  return input;
}

Lowered Rescaling::lower(Scope scope, const Flow& x) const {
  const Tensor t = scope.plan.tensor(x.id);
  Scale op;
  op.factors = stored(t, taken(scale_, *broadcast(x.shape, scale_shape_)), 1.0);
  op.offsets = stored(t, taken(offset_, *broadcast(x.shape, offset_shape_)), 0.0);
  return scaled(scope.plan, x, std::move(op));
}

CategoryEncoding::CategoryEncoding(ConfigReader& config)
    : Layer(config),
      num_tokens_(config.integer("num_tokens")),
      encoding_(parse_encoding(config.text("output_mode"), config.owner())),
      weighted_(config.flag("weighted")) {
  if (num_tokens_ < 1) fail(config.owner(), ": expected num_tokens of at least 1, received ", num_tokens_);
}

Shape CategoryEncoding::output_shape(const Shape& input) const {
  expect_axes("CategoryEncoding", name(), input);
  return encoded_shape(input, encoding_, num_tokens_);
}

std::optional<IndexRange> CategoryEncoding::indices() const {
  if (encoding_ == Encoding::one_hot || weighted_) return std::nullopt;
  return IndexRange{0, std::numeric_limits<int32_t>::max(),
                    concat("CategoryEncoding layer '", name(), "': expected class numbers of at least 0")};
}

Lowered CategoryEncoding::lower(Scope scope, const Flow& x) const {
  return without_gradient(encode(scope.plan, x, encoding_, output_shape(x.shape), weighted_), x.id);
}

Discretization::Discretization(ConfigReader& config) : Layer(config), boundaries_(config.numbers("bin_boundaries")) {
  if (!std::is_sorted(boundaries_.begin(), boundaries_.end())) {
    fail(config.owner(), ": expected bin_boundaries in rising order");
  }
  const std::string mode = config.text("output_mode");
  if (mode != "int") encoding_ = parse_encoding(mode, config.owner());
}

Shape Discretization::output_shape(const Shape& input) const {
  if (!encoding_) return input;
  expect_axes("Discretization", name(), input);
  return encoded_shape(input, *encoding_, std::ssize(boundaries_) + 1);
}

Lowered Discretization::lower(Scope scope, const Flow& x) const {
  const Flow bins = {scope.plan.like(x.id), x.shape};
  scope.plan.add(Bucketize{x.id, bins.id, boundaries_});
  if (!encoding_) return without_gradient(bins, x.id);
  return without_gradient(encode(scope.plan, bins, *encoding_, output_shape(x.shape)), x.id);
}

}  // namespace bardana
