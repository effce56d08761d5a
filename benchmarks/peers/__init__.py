"""One file per package: `kinds(options)` maps a kind of workload to what prepares a run of it."""
