// Releases the interpreter's lock while no Python code runs.
#pragma once

#include <Python.h>

#include <chrono>
#include <thread>

namespace fastinit {

class Unlocked {
 public:
  Unlocked() : state_(PyEval_SaveThread()) {}
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;
  ~Unlocked() { lock(); }

  // Runs pending signal handlers, which works only in Python's main thread. Returns true if a handler raised.
  bool signal_raised() {
    lock();
    const bool raised = PyErr_CheckSignals() != 0;
    state_ = PyEval_SaveThread();
    return raised;
  }

 private:
  // An interpreter that is ending does not give the lock to daemon threads. Before 3.14 it ends them, by an exception
  // that pthread_exit throws and that neither destructors nor pybind11 let pass, so the process would abort. The
  // exception is caught here, and the thread waits for the end of the process, as it does from 3.14 on.
  void lock() noexcept {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }

  PyThreadState* state_;
};

}  // namespace fastinit
