#include <pybind11/stl.h>

#include <algorithm>

#include "bindings/bind.h"
#include "common/threads.h"
#include "cpu/isa.h"
#include "layers/layer.h"
#include "plan/registry.h"

namespace bardana::bindings {
namespace {

namespace py = pybind11;

std::vector<std::string> activation_names() {
  std::vector<std::string> names(bardana::kRowActivations.begin(), bardana::kRowActivations.end());
  for (const ActivationInfo& info : activations()) names.push_back(info.name);
  return names;
}

/// Names as users write them: the variants from logits are a parameter of their loss.
std::vector<std::string> objective_names(bool only_losses) {
  std::vector<std::string> names;
  for (const LossInfo& info : losses()) {
    if (!info.takes_logits() && (info.differentiable || !only_losses)) names.push_back(info.name);
  }
  return names;
}

std::vector<std::string> tally_names() {
  std::vector<std::string> names;
  for (const FormulaInfo& info : tallies()) names.push_back(info.name);
  return names;
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerInfo& info : optimizers()) names.push_back(info.name);
  return names;
}

py::dict build_info() {
  py::dict info;
  py::list isas;
  for (const cpu::KernelTable* table : cpu::supported_tables()) isas.append(table->isa);
  info["version"] = BARDANA_VERSION;
  info["isa"] = cpu::active_table().isa;
  info["isas"] = isas;
  info["threads"] = thread_limit();
  info["devices"] = py::make_tuple("cpu");
  info["compiler"] = BARDANA_COMPILER;
  info["build_type"] = BARDANA_BUILD_TYPE;
  return info;
}

}  // namespace
}  // namespace bardana::bindings

// What threadpoolctl finds in the loaded module and calls, as it does with BLAS libraries. They cannot throw: 0 stands
// for the default, which a wrong BARDANA_NUM_THREADS leaves unknown.
extern "C" {
__attribute__((visibility("default"))) int bardana_get_num_threads() noexcept {
  try {
    return bardana::thread_limit();
  } catch (const std::exception&) {
    return 0;
  }
}
__attribute__((visibility("default"))) void bardana_set_num_threads(int threads) noexcept {
  bardana::set_thread_limit(std::clamp(threads, 0, bardana::kMaxThreads));
}
}

PYBIND11_MODULE(_core, module) {
  using namespace bardana::bindings;
  module.attr("__version__") = BARDANA_VERSION;
  module.def("build_info", &build_info);
  module.def("thread_limit", &bardana::thread_limit);
  module.def("set_thread_limit", &bardana::set_thread_limit, pybind11::arg("threads"));
  module.def("most_threads_used", &bardana::most_threads_used);
  module.def("activation_names", &activation_names);
  module.def("loss_names", [] { return objective_names(true); });
  module.def("metric_names", [] { return objective_names(false); });
  module.def("tally_names", &tally_names);
  module.def("optimizer_names", &optimizer_names);
  module.def("layer_names", &bardana::layer_names);
  bind_kernels(module);
  bind_weights(module);
  bind_perceptron(module);
  bind_optimizers(module);
  bind_model(module);
  bind_slots(module);
  bind_runs(module);
  bind_feeds(module);
}
