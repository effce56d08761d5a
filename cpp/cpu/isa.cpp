// Compiled without any ISA flag: this file must run everywhere. __builtin_cpu_supports asks CPUID and, through XGETBV,
// whether the operating system saves the wide registers.
#include "cpu/isa.h"

#include <atomic>
#include <cstdlib>

#include "common/check.h"

namespace bardana::cpu {
namespace {

const KernelTable& choose() {
  const std::vector<const KernelTable*> tables = supported_tables();
  const char* wanted = std::getenv("BARDANA_ISA");
  if (wanted == nullptr || *wanted == '\0') return *tables.back();
  std::string names;
  for (const KernelTable* table : tables) {
    if (std::string(wanted) == table->isa) return *table;
    names += std::string(names.empty() ? "" : ", ") + table->isa;
  }
  fail("BARDANA_ISA: expected one of ", names, " (what this machine and this build support), received '", wanted, "'");
}

}  // namespace

std::vector<const KernelTable*> supported_tables() {
  std::vector<const KernelTable*> tables = {&kBaselineTable};
#ifdef BARDANA_X86_64
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(&kAvx2Table);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    tables.push_back(&kAvx512Table);
  }
#endif
#ifdef BARDANA_AARCH64
  tables.push_back(&kNeonTable);  // part of the architecture
#endif
  return tables;
}

const KernelTable& active_table() {
  static std::atomic<const KernelTable*> chosen = nullptr;  // of a type that fork() cannot catch half made
  if (chosen == nullptr) chosen = &choose();
  return *chosen;
}

}  // namespace bardana::cpu
