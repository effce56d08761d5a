#include "common/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

#include "common/check.h"

namespace bardana {
namespace {

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

/// Distinct cores in the affinity mask; hardware threads of one core share its arithmetic units. 0 if unknown.
int cores_in_affinity() {
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    const std::string siblings =
        first_line(concat("/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list"));
    cores.insert(siblings.empty() ? concat(cpu) : siblings);
  }
  return static_cast<int>(cores.size());
}

/// This process's folder below a cgroup mount point: what /proc/self/cgroup says of the controller ("" for version 2).
std::string cgroup_folder(const std::string& controller) {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // id:controllers:folder
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = concat(',', line.substr(first + 1, second - first - 1), ',');
    if (controllers.find(concat(',', controller, ',')) != std::string::npos) return line.substr(second + 1);
  }
  return "/";
}

double quota_of(const std::string& quota, const std::string& period) {
  if (quota.empty() || quota == "max" || quota[0] == '-' || period.empty()) return INFINITY;
  return std::stod(quota) / std::stod(period);
}

/// The tightest quota from `folder` up to the mount point; read(path of a folder) gives one folder's.
template <class Read>
double tightest_quota(const std::string& mount, std::string folder, Read read) {
  double tightest = read(mount);
  while (folder.size() > 1) {
    tightest = std::min(tightest, read(mount + folder));
    folder.erase(folder.rfind('/'));
  }
  return tightest;
}

/// CPUs' worth of time that the cgroup grants, versions 2 and 1; infinite without a limit.
double cgroup_quota() {
  const double unified = tightest_quota("/sys/fs/cgroup", cgroup_folder(""), [](const std::string& folder) {
    const std::string line = first_line(folder + "/cpu.max");  // "max 100000" or "150000 100000"
    const size_t space = line.find(' ');
    return space == std::string::npos ? INFINITY : quota_of(line.substr(0, space), line.substr(space + 1));
  });
  const double legacy = tightest_quota("/sys/fs/cgroup/cpu", cgroup_folder("cpu"), [](const std::string& folder) {
    return quota_of(first_line(folder + "/cpu.cfs_quota_us"), first_line(folder + "/cpu.cfs_period_us"));
  });
  return std::min(unified, legacy);
}

}  // namespace

int available_cores() {
  const int cores = std::max(1, cores_in_affinity());
  const double quota = cgroup_quota();
  return quota < cores ? std::max(1, static_cast<int>(std::ceil(quota))) : cores;
}

}  // namespace bardana
