#include "bindings/gil.h"

#include <cxxabi.h>
#include <unistd.h>

namespace bardana::bindings {
namespace {

template <class Acquire>
auto acquire_or_sleep(Acquire acquire) {
  try {
    return acquire();
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
}

}  // namespace

WithoutGil::~WithoutGil() {
  acquire_or_sleep([this] { PyEval_RestoreThread(state_); });
}

WithGil::WithGil() : state_(acquire_or_sleep([] { return PyGILState_Ensure(); })) {}

}  // namespace bardana::bindings
