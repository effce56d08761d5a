// Giving up and taking back the GIL, in a way that survives the end of the interpreter: up to Python 3.13 a daemon
// thread that asks for the GIL during finalization is ended by pthread_exit, whose unwinding would abort the process in
// the first noexcept frame. Such a thread sleeps for ever here instead, as Python 3.14 itself has it.
#pragma once

#include <pybind11/pybind11.h>

namespace bardana::bindings {

/// The GIL is free while this lives. Turn Python objects into plain data before.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil();
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

/// The GIL is held while this lives, on a thread that had given it up.
class WithGil {
 public:
  WithGil();
  ~WithGil() { PyGILState_Release(state_); }
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;

 private:
  PyGILState_STATE state_;
};

}  // namespace bardana::bindings
