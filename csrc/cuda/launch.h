// Helpers of every launch: errors as exceptions, the current device, and the kernel's one argument.
#pragma once

#include <cstring>
#include <string>
#include <type_traits>

#include "cuda/cuda.h"

namespace fastinit::cuda {

inline void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // so that the next call does not report it again
  throw Error(std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status));
}

// Makes a device the current one until the end of the scope.
class OnDevice {
 public:
  explicit OnDevice(int device) {
    check(cudaGetDevice(&before_));
    check(cudaSetDevice(device));
  }
  ~OnDevice() { cudaSetDevice(before_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 private:
  int before_ = 0;
};

inline int multiprocessors_of(int device) {
  int count = 0;
  check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device));
  return count;
}

template <class Argument>
Launch make_launch(const void* kernel, const char* method, std::uint64_t blocks, unsigned threads,
                   const Argument& argument) {
  static_assert(std::is_trivially_copyable_v<Argument>);
  Launch launch{kernel, method, static_cast<unsigned>(blocks), threads, {}};
  launch.argument.resize(sizeof argument);
  std::memcpy(launch.argument.data(), &argument, sizeof argument);
  return launch;
}

inline void run(const Launch& launch, void* stream) {
  if (launch.grid == 0) return;
  void* argument = const_cast<unsigned char*>(launch.argument.data());
  check(cudaLaunchKernel(launch.kernel, dim3(launch.grid), dim3(launch.block), &argument, 0,
                         static_cast<cudaStream_t>(stream)));
}

// Runs the launches that plan(workspace) returns, one after the other, in memory that is allocated in the stream's
// order.
template <class Plan>
void run_in_workspace(std::uint64_t bytes, void* stream, const Plan& plan) {
  const auto on = static_cast<cudaStream_t>(stream);
  void* workspace = nullptr;
  if (bytes != 0) check(cudaMallocAsync(&workspace, bytes, on));
  try {
    for (const Launch& launch : plan(workspace)) run(launch, stream);
  } catch (...) {
    if (bytes != 0) cudaFreeAsync(workspace, on);
    throw;
  }
  if (bytes != 0) check(cudaFreeAsync(workspace, on));
}

}  // namespace fastinit::cuda
