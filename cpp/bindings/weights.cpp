// What happens to weights besides their gradients, on NumPy arrays: the very steps that a training plan binds.
#include "backend/backend.h"
#include "bindings/arrays.h"
#include "bindings/bind.h"
#include "bindings/spec_from_dict.h"
#include "compile/compile.h"

namespace bardana::bindings {
namespace {

/// One variable with an array's values.
Variables holding(const py::array& w, VariableOptions options = {}) {
  Variables variables(float_dtype(w, "w"), {{"w", shape_of(w), true, std::move(options)}});
  if ((w.flags() & py::array::c_style) == 0) fail("w: expected a C-contiguous array");
  variables.write(variables.params(), 0, w.data());
  return variables;
}

void run(Op op, Variables& variables, double* totals) {
  Plan plan;
  plan.dtype = variables.dtype();
  plan.capacity = 1;
  plan.ops.push_back(std::move(op));
  Team team(1);
  cpu_backend().prepare(plan, variables)->run({.rows = 1, .totals = totals}, team);
}

py::array read(const Variables& variables, const Memory& buffer, const py::array& like) {
  py::array values = new_array(variables.dtype(), shape_of(like));
  variables.read(buffer, 0, values.mutable_data());
  return values;
}

py::tuple penalty(const py::array& w, double l1, double l2) {
  Variables variables = holding(w);
  double totals[2] = {};
  run(Penalize{.terms = {{0, l1, l2}}, .differentiates = true}, variables, totals);
  return py::make_tuple(totals[0], read(variables, variables.grads(), w));
}

py::array constrain_array(const py::dict& constraint, const py::array& w) {
  Variables variables = holding(w, {.constraint = constraint_spec(constraint)});
  run(constrain({variables.spec(0)}), variables, nullptr);
  return read(variables, variables.params(), w);
}

py::list constraint_names() {
  py::list names;
  for (const ConstraintInfo& info : constraints()) names.append(info.name);
  return names;
}

}  // namespace

void bind_weights(py::module_& module) {
  using namespace py::literals;
  module.def("penalty", &penalty, "w"_a, "l1"_a, "l2"_a);
  module.def("constrain", &constrain_array, "constraint"_a, "w"_a);
  module.def("constraint_names", &constraint_names);
}

}  // namespace bardana::bindings
