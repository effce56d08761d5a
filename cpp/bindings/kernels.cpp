// The bare kernels on NumPy arrays, and losses and metrics called outside a model: arrays are copied into padded
// buffers and handed to the very table entries that the engine binds.
#include "bindings/arrays.h"
#include "bindings/bind.h"
#include "bindings/spec_from_dict.h"
#include "compile/compile.h"
#include "cpu/hinge_targets.h"
#include "cpu/isa.h"
#include "model/variables.h"
#include "train/batches.h"
#include "train/check_data.h"

namespace bardana::bindings {
namespace {

/// Rows padded to a multiple of 16 in an own block.
template <class T>
struct Rows {
  Rows(int64_t row_count, int64_t col_count)
      : rows(row_count),
        cols(col_count),
        ld(padded(col_count)),
        memory(row_count * ld * static_cast<int64_t>(sizeof(T))) {}

  T* data() { return memory.template as<T>(); }
  int64_t size() const { return rows * ld; }
  std::vector<const T*> pointers() {
    std::vector<const T*> list;
    for (int64_t row = 0; row < rows; ++row) list.push_back(data() + row * ld);
    return list;
  }
  py::array unpack(const Shape& shape) {
    py::array array = new_array(sizeof(T) == 4 ? DType::float32 : DType::float64, shape);
    auto* to = static_cast<T*>(array.mutable_data());
    for (int64_t r = 0; r < rows; ++r) std::copy_n(data() + r * ld, cols, to + r * cols);
    return array;
  }

  int64_t rows, cols, ld;
  Memory memory;
};

template <class T>
const cpu::Kernels<T>& kernels() {
  return cpu::kernels_in<T>(cpu::active_table());
}

/// The array as rows of its last axis, converted to T.
template <class T>
Rows<T> pack(const py::array& array, const char* argument) {
  const Source source = source_of(array, argument);
  const int64_t cols = array.shape(array.ndim() - 1);
  if (cols == 0) fail(argument, ": expected a last axis of at least 1, received 0");
  Rows<T> rows(source.rows * source.row_elements / cols, cols);
  kernels<T>().gather({source.data, source.type, nullptr, 0, rows.rows, cols, rows.data(), rows.ld});
  return rows;
}

/// call(T{}) for the array's float type.
template <class Call>
auto with_dtype(const py::array& array, const char* argument, Call call) {
  return float_dtype(array, argument) == DType::float32 ? call(float{}) : call(double{});
}

void check_same_shape(const py::array& a, const py::array& b, const char* names) {
  if (shape_of(a) != shape_of(b)) {
    fail("expected ", names, " of equal shapes, received ", to_string(shape_of(a)), " and ", to_string(shape_of(b)));
  }
}

ActivationRef activation_ref(const std::string& name, const py::dict& parameters) {
  ActivationRef ref;
  ref.formula = find_activation(name);
  ref.parameters = bind_parameters(activations()[static_cast<size_t>(ref.formula)], number_map(parameters));
  return ref;
}

/// The number of an activation of whole rows, if it is one.
std::optional<size_t> row_activation(const std::string& name, const py::dict& parameters) {
  const std::optional<RowActivation> found = find_row_activation(name);
  if (!found) return std::nullopt;
  bind_parameters({name, {}}, number_map(parameters));
  return static_cast<size_t>(*found);
}

/// y = f(x) in place of x.
template <class T>
void apply(Rows<T>& x, const std::string& name, const py::dict& parameters) {
  if (const auto rows = row_activation(name, parameters)) {
    return kernels<T>().activate_rows[*rows]({x.data(), nullptr, x.data(), x.ld, x.rows, x.cols});
  }
  const ActivationRef f = activation_ref(name, parameters);
  kernels<T>().activate[f.formula]({x.data(), nullptr, x.data(), x.size(), f.parameters.data()});
}

/// dy ← dy · f'(x); x is overwritten.
template <class T>
void apply_backward(Rows<T>& x, Rows<T>& dy, const std::string& name, const py::dict& parameters) {
  if (const auto rows = row_activation(name, parameters)) {
    apply(x, name, parameters);
    return kernels<T>().activate_rows_backward[*rows]({x.data(), dy.data(), dy.data(), x.ld, x.rows, x.cols});
  }
  const ActivationRef f = activation_ref(name, parameters);
  if (activations()[static_cast<size_t>(f.formula)].saves == Saves::output) apply(x, name, parameters);
  kernels<T>().activate_backward[f.formula]({x.data(), dy.data(), dy.data(), x.size(), f.parameters.data()});
}

py::array activate(const std::string& name, const py::array& x, const py::dict& parameters) {
  return with_dtype(x, "x", [&](auto zero) {
    auto rows = pack<decltype(zero)>(x, "x");
    apply(rows, name, parameters);
    return rows.unpack(shape_of(x));
  });
}

py::array activate_backward(const std::string& name, const py::array& x, const py::array& dy,
                            const py::dict& parameters) {
  check_same_shape(x, dy, "x and dy");
  return with_dtype(x, "x", [&](auto zero) {
    auto rows = pack<decltype(zero)>(x, "x"), gradient = pack<decltype(zero)>(dy, "dy");
    apply_backward(rows, gradient, name, parameters);
    return gradient.unpack(shape_of(x));
  });
}

/// w and b in the engine's own layout.
template <class T>
struct DenseWeights {
  DenseWeights(const py::array& w, const py::object& b)
      : k(w.shape(0)),
        n(w.shape(1)),
        variables(sizeof(T) == 4 ? DType::float32 : DType::float64, {{"w", {k, n}}, {"b", {n}}}) {
    source_of(w, "w");
    variables.write(variables.params(), 0, w.data());
    if (b.is_none()) return;
    source_of(b, "b");
    variables.write(variables.params(), 1, b.cast<py::array>().data());
  }
  T* w() { return variables.params().template as<T>() + variables.offset(0); }
  T* b() { return variables.params().template as<T>() + variables.offset(1); }

  int64_t k, n;
  Variables variables;
};

void check_dense(const py::array& x, const py::array& w, const py::object& b) {
  if (x.ndim() != 2 || w.ndim() != 2 || x.shape(1) != w.shape(0)) {
    fail("expected x of shape (rows, in) and w of shape (in, out), received ", to_string(shape_of(x)), " and ",
         to_string(shape_of(w)));
  }
  if (float_dtype(w, "w") != float_dtype(x, "x")) fail("expected x and w of one float type");
  if (b.is_none()) return;
  const auto bias = b.cast<py::array>();
  if (shape_of(bias) != Shape{w.shape(1)} || float_dtype(bias, "b") != float_dtype(x, "x")) {
    fail("expected b of shape (", w.shape(1), ",) and x's type, received shape ", to_string(shape_of(bias)));
  }
}

/// y = x w + b.
template <class T>
void affine(Rows<T>& x, const T* w, const T* b, Rows<T>& y) {
  const std::vector<const T*> rows = x.pointers();
  std::vector<T> scratch(static_cast<size_t>(cpu::affine_scratch(x.cols)));
  kernels<T>().affine({.x = rows.data(),
                       .w = w,
                       .b = b,
                       .y = y.data(),
                       .ldy = y.ld,
                       .m = x.rows,
                       .k = x.cols,
                       .n = y.cols,
                       .end = y.ld,
                       .narrow = cpu::is_narrow(x.cols, y.cols),
                       .scratch = scratch.data()});
}

/// dw = xᵀ dy and db = Σ dy, in the engine's layout.
template <class T>
void back_weights(Rows<T>& x, Rows<T>& dy, T* dw, T* db) {
  const std::vector<const T*> rows = x.pointers();
  std::vector<T> scratch(static_cast<size_t>(cpu::back_weights_scratch(x.rows, dy.cols)));
  kernels<T>().back_weights({.x = rows.data(),
                             .dy = dy.data(),
                             .ldy = dy.ld,
                             .dw = dw,
                             .db = db,
                             .m = x.rows,
                             .k = x.cols,
                             .n = dy.cols,
                             .end = panels_size(x.cols, dy.cols),
                             .last = dy.ld,
                             .narrow = cpu::is_narrow(x.cols, dy.cols),
                             .scratch = scratch.data()});
}

/// dx = dy wᵀ.
template <class T>
void back_input(Rows<T>& dy, DenseWeights<T>& weights, Rows<T>& dx) {
  Memory transposed(panels_size(dy.ld, weights.k) * static_cast<int64_t>(sizeof(T)));
  T* wt = transposed.template as<T>();
  for (int64_t first = 0; first < weights.k; first += kPanel) {
    kernels<T>().transpose({.w = weights.w(),
                            .wt = wt + panel_offset(dy.cols, weights.k, 0, first),
                            .k = weights.k,
                            .n = weights.n,
                            .first = first,
                            .width = panel_width(weights.k, first)});
  }
  affine(dy, wt, static_cast<const T*>(nullptr), dx);
}

py::array dense_forward(const py::array& x, const py::array& w, const py::object& b, const std::string& activation) {
  check_dense(x, w, b);
  return with_dtype(x, "x", [&](auto zero) {
    using T = decltype(zero);
    DenseWeights<T> weights(w, b);
    Rows<T> input = pack<T>(x, "x"), y(input.rows, weights.n);
    affine(input, weights.w(), weights.b(), y);
    apply(y, activation, {});
    return y.unpack({y.rows, y.cols});
  });
}

py::tuple dense_backward(const py::array& dy, const py::array& x, const py::array& w, const py::object& b,
                         const std::string& activation) {
  check_dense(x, w, b);
  if (shape_of(dy) != Shape{x.shape(0), w.shape(1)}) {
    fail("expected dy of shape ", to_string(Shape{x.shape(0), w.shape(1)}), ", received ", to_string(shape_of(dy)));
  }
  return with_dtype(x, "x", [&](auto zero) {
    using T = decltype(zero);
    DenseWeights<T> weights(w, b);
    Rows<T> input = pack<T>(x, "x"), dz = pack<T>(dy, "dy"), z(input.rows, weights.n);
    affine(input, weights.w(), weights.b(), z);
    apply_backward(z, dz, activation, {});
    Variables& v = weights.variables;
    const int64_t k = weights.k, n = weights.n;
    T* grads = v.grads().template as<T>();
    back_weights(input, dz, grads + v.offset(0), grads + v.offset(1));
    Rows<T> dx(input.rows, k);
    back_input(dz, weights, dx);
    py::array dw = new_array(v.dtype(), {k, n}), db = new_array(v.dtype(), {n});
    v.read(v.grads(), 0, dw.mutable_data());
    v.read(v.grads(), 1, db.mutable_data());
    return py::make_tuple(dx.unpack({dx.rows, k}), dw, db);
  });
}

void check_in_place(const py::array& array, const py::array& w, const char* argument) {
  check_same_shape(array, w, "w, dw and velocity");
  if (float_dtype(array, argument) != float_dtype(w, "w")) fail("expected w, dw and velocity of one float type");
  source_of(array, argument);
}

void sgd_update(py::array w, const py::array& dw, const py::object& velocity, double learning_rate, double momentum,
                bool nesterov) {
  check_in_place(w, w, "w");
  check_in_place(dw, w, "dw");
  if (!velocity.is_none()) check_in_place(velocity.cast<py::array>(), w, "velocity");
  if (velocity.is_none() && momentum != 0.0) fail("expected a velocity array when momentum is not 0, received None");
  const char* name = velocity.is_none() ? "sgd" : nesterov ? "sgd_nesterov" : "sgd_momentum";
  with_dtype(w, "w", [&](auto zero) {
    using T = decltype(zero);
    const int64_t size = w.size();
    Rows<T> weights(1, size), gradient(1, size), slot(1, size);
    std::copy_n(static_cast<const T*>(w.data()), size, weights.data());
    std::copy_n(static_cast<const T*>(dw.data()), size, gradient.data());
    if (!velocity.is_none()) std::copy_n(static_cast<const T*>(velocity.cast<py::array>().data()), size, slot.data());
    cpu::UpdateArgs<T> args = {weights.data(), gradient.data(), {slot.data()}, weights.ld, {learning_rate}, &momentum};
    kernels<T>().update[find_optimizer(name)](args);
    std::copy_n(weights.data(), size, static_cast<T*>(w.mutable_data()));
    if (!velocity.is_none()) std::copy_n(slot.data(), size, static_cast<T*>(velocity.cast<py::array>().mutable_data()));
    return 0;
  });
}

Objective objective_of(const py::dict& dict, const char* owner, bool is_loss) {
  ObjectiveSpec objective = objective_spec(dict, owner);
  objective.reduction = "sum_over_batch_size";  // values are not reduced here
  if (!is_loss) return resolve_objective(objective);
  CompileSpec spec;
  spec.loss = objective;
  return *resolve(spec).loss;
}

/// Throws std::invalid_argument unless there are so many targets.
Source targets_of(const std::string& name, const py::array& y_true, const py::array& y_pred, int64_t expected) {
  const Source source = source_of(y_true, "y_true");
  if (source.rows * source.row_elements != expected) {
    fail(name, ": expected y_true with ", expected, " elements for y_pred of shape ", to_string(shape_of(y_pred)),
         ", received ", source.rows * source.row_elements);
  }
  return source;
}

/// What a metric with a larger state counts in an array.
py::array_t<double> tally(const py::dict& metric, const py::array& y_true, const py::array& y_pred,
                          const py::object& sample_weight) {
  const Objective objective = objective_of(metric, "metric", false);
  if (!objective.is_tally)
    fail("expected a metric with a state of its own, received ", py::repr(metric).cast<std::string>());
  return with_dtype(y_pred, "y_pred", [&](auto zero) {
    using T = decltype(zero);
    Rows<T> pred = pack<T>(y_pred, "y_pred"), target = pack<T>(y_true, "y_true"), weight(1, pred.rows);
    targets_of("metric", y_true, y_pred, pred.rows * pred.cols);
    check_tally(objective, 1, pred.cols);
    const Source given = source_of(sample_weight, "sample_weight");
    if (given.data != nullptr) {
      if (given.rows * given.row_elements != pred.rows) fail("sample_weight: expected ", pred.rows, " numbers");
      kernels<T>().gather({given.data, given.type, nullptr, 0, 1, pred.rows, weight.data(), weight.ld});
    }
    if (objective.from_logits) apply(pred, "sigmoid", {});
    py::array_t<double> state(objective.state_size(pred.cols));
    std::fill_n(state.mutable_data(), state.size(), 0.0);
    kernels<T>().tally[objective.formula](
        {pred.data(), target.data(), pred.ld, pred.rows, pred.cols, given.data == nullptr ? nullptr : weight.data(),
         objective.parameters.data(), objective.thresholds.data(), static_cast<int64_t>(objective.thresholds.size()),
         objective.label_weights.empty() ? nullptr : objective.label_weights.data(), state.mutable_data()});
    return state;
  });
}

/// Values of a loss or metric, one for every row of y_pred's last axis.
py::array values_of(const Objective& objective, const py::array& y_true, const py::array& y_pred) {
  if (objective.is_tally) fail("expected a metric with a value for each row, received one that counts");
  const LossInfo& info = loss_info(objective.formula);
  return with_dtype(y_pred, "y_pred", [&](auto zero) {
    using T = decltype(zero);
    Rows<T> pred = pack<T>(y_pred, "y_pred"), scratch(pred.rows, pred.cols), values(1, pred.rows);
    Rows<T> target(info.labels ? 0 : pred.rows, pred.cols);
    std::vector<int32_t> labels;
    const int64_t expected = info.labels ? pred.rows : pred.rows * pred.cols;
    const Source source = targets_of(info.name, y_true, y_pred, expected);
    if (info.labels) {
      if (info.differentiable) check_labels(info, source, pred.cols, objective.parameters[0]);
      visit_elements(source, [&](const auto* from) {
        for (int64_t i = 0; i < expected; ++i) labels.push_back(class_number(from[i]));
      });
    } else {
      kernels<T>().gather({source.data, source.type, nullptr, 0, pred.rows, pred.cols, target.data(), target.ld});
    }
    cpu::LossArgs<T> args = {};
    args.pred = pred.data();
    args.target = target.data();
    args.labels = info.labels ? labels.data() : nullptr;
    args.ld = pred.ld, args.rows = pred.rows, args.cols = pred.cols;
    args.values = values.data();
    args.probabilities = scratch.data();
    args.parameters = info.hinges ? cpu::hinge_parameters(args) : objective.parameters.data();
    kernels<T>().loss[objective.formula](args);
    Shape shape = shape_of(y_pred);
    shape.pop_back();
    return values.unpack(shape);
  });
}

py::array_t<int64_t> permutation_array(int64_t rows, uint64_t seed, uint64_t epoch) {
  if (rows < 0) fail("rows: expected at least 0, received ", rows);
  const std::vector<int64_t> order = permutation(rows, seed, epoch);
  return py::array_t<int64_t>(static_cast<py::ssize_t>(order.size()), order.data());
}

py::dict activation_parameters(const std::string& name) {
  py::dict parameters;
  if (find_row_activation(name)) return parameters;
  for (const Parameter& p : activations()[static_cast<size_t>(find_activation(name))].parameters)
    parameters[p.name] = p.value;
  return parameters;
}

}  // namespace

void bind_kernels(py::module_& module) {
  using namespace py::literals;
  module.def("activation_parameters", &activation_parameters, "name"_a);
  module.def("activate", &activate, "name"_a, "x"_a, "parameters"_a = py::dict());
  module.def("activate_backward", &activate_backward, "name"_a, "x"_a, "dy"_a, "parameters"_a = py::dict());
  module.def("dense_forward", &dense_forward, "x"_a, "w"_a, "b"_a, "activation"_a = "linear");
  module.def("dense_backward", &dense_backward, "dy"_a, "x"_a, "w"_a, "b"_a, "activation"_a = "linear");
  module.def("sgd_update", &sgd_update, "w"_a, "dw"_a, "velocity"_a, "learning_rate"_a, "momentum"_a = 0.0,
             "nesterov"_a = false);
  module.def(
      "loss_values",
      [](const py::dict& loss, const py::array& y_true, const py::array& y_pred) {
        return values_of(objective_of(loss, "loss", true), y_true, y_pred);
      },
      "loss"_a, "y_true"_a, "y_pred"_a);
  module.def(
      "metric_values",
      [](const py::dict& metric, const py::array& y_true, const py::array& y_pred) {
        return values_of(objective_of(metric, "metric", false), y_true, y_pred);
      },
      "metric"_a, "y_true"_a, "y_pred"_a);
  module.def("tally", &tally, "metric"_a, "y_true"_a, "y_pred"_a, "sample_weight"_a);
  module.def("permutation", &permutation_array, "rows"_a, "seed"_a, "epoch"_a);
}

}  // namespace bardana::bindings
