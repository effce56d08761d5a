// How many processors this process may use.
#pragma once

namespace bardana {

/// Cores (not their hardware threads) that the affinity mask allows, at most the cgroup's CPU quota, at least 1.
int available_cores();

}  // namespace bardana
