#include "cpu/executable.h"

namespace bardana {
namespace {

class CpuBackend : public Backend {
 public:
  std::unique_ptr<Executable> prepare(const Plan& plan, Variables& variables) override {
    const cpu::KernelTable& table = cpu::active_table();
    if (plan.dtype == DType::float32) return std::make_unique<cpu::CpuExecutable<float>>(plan, variables, table.f32);
    return std::make_unique<cpu::CpuExecutable<double>>(plan, variables, table.f64);
  }
};

}  // namespace

Backend& cpu_backend() {
  static CpuBackend backend;
  return backend;
}

}  // namespace bardana
