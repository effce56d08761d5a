// Around a step that calls the host: its code may read the weights, though its own thread holds their lock, and write
// them where that is the lock of a writer. What it wrote is taken back if the step fails.
#pragma once

#include <cstring>
#include <stdexcept>
#include <vector>

#include "backend/backend.h"
#include "train/weights_lock.h"

namespace bardana {

class HostScope {
 public:
  /// `variables`: null where the thread holds the lock as a reader.
  HostScope(WeightsLock& lock, Variables* variables)
      : lock_(lock), pass_(lock), variables_(variables), outer_(innermost()) {
    innermost() = this;
  }
  ~HostScope() {
    innermost() = outer_;
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
      std::memcpy(change->at, change->before.data(), change->before.size());
    }
  }
  HostScope(const HostScope&) = delete;
  HostScope& operator=(const HostScope&) = delete;

  /// That of the calling thread under this lock, or null.
  static HostScope* of(const WeightsLock& lock) {
    for (HostScope* scope = innermost(); scope != nullptr; scope = scope->outer_) {
      if (&scope->lock_ == &lock) return scope;
    }
    return nullptr;
  }

  /// Before a variable is written; std::runtime_error where it must not be.
  void keep(VariableId id) {
    if (variables_ == nullptr) {
      throw std::runtime_error(
          "expected no variable to be assigned in code that evaluate, predict or a call without training=True runs; "
          "others may be reading it at this moment");
    }
    const int64_t element = bytes_of(variables_->dtype());
    std::byte* at = variables_->params().data() + variables_->offset(id) * element;
    changes_.push_back({at, {at, at + variables_->stored_elements(id) * element}});
  }

  /// The step is complete.
  void commit() { changes_.clear(); }

 private:
  struct Change {
    std::byte* at;
    std::vector<std::byte> before;
  };
  static HostScope*& innermost() {
    static thread_local HostScope* scope = nullptr;
    return scope;
  }

  WeightsLock& lock_;
  WeightsLock::Pass pass_;
  Variables* variables_;
  HostScope* outer_;
  std::vector<Change> changes_;
};

/// One step under a lock that the thread holds. `variables`: null unless it holds it as a writer.
inline void run_step(Executable& executable, const StepInput& step, Team& team, WeightsLock& lock,
                     Variables* variables) {
  if (!executable.calls_host()) return executable.run(step, team);
  HostScope scope(lock, variables);
  executable.run(step, team);
  scope.commit();
}

}  // namespace bardana
