// Where the learning rate of a step comes from when it is no plain number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bardana {

class LearningRate {
 public:
  virtual ~LearningRate() = default;
  /// The rate of the step after `iterations` others. May throw if it calls the host.
  virtual double at(int64_t iterations) = 0;
  /// Whether `at` runs code of the user, so that no lock may be held around it.
  virtual bool calls_host() const { return false; }
};

struct ScheduleSpec {
  std::string name;  // of a formula in math/schedules.h, or "piecewise_constant_decay"
  std::map<std::string, double> parameters;
  std::vector<double> boundaries, values;  // of the last one: values[i] until boundaries[i], inclusive
};

/// std::invalid_argument for unknown names.
std::unique_ptr<LearningRate> make_schedule(const ScheduleSpec& spec);
std::vector<std::string> schedule_names();

}  // namespace bardana
