// Instantiates the fill kernels, plans their launches and makes them.
#include <algorithm>
#include <cstring>

#include "cpu/float_environment.h"
#include "cuda/cuda.h"
#include "cuda/kernel.h"
#include "cuda/launch.h"
#include "cuda/pattern.h"

namespace fastinit::cuda {
namespace {

// Warps in a launch: eight times as many as a multiprocessor holds of these kernels, so that the hardware gives the
// remaining warps to multiprocessors that finish early. With 32 an H100 writes 7 % fewer normals.
constexpr std::uint64_t kWarpsPerMultiprocessor = 256;
// The number of pieces into which a small fill is cut.
constexpr std::uint64_t kPiecesPerMultiprocessor = 128;
// A piece costs some hundred instructions at its beginning and must be large enough to outweigh them, but small fills
// need many pieces.
constexpr std::uint64_t kSmallestPieceBytes = 4 * kWarp * kGroupBytes;
constexpr std::uint64_t kLargestPieceBytes = std::uint64_t{1} << 16;

std::uint64_t blocks_for(std::uint64_t warps, int multiprocessors) {
  constexpr std::uint64_t block_warps = kThreads / kWarp;
  const std::uint64_t most = static_cast<std::uint64_t>(multiprocessors) * kWarpsPerMultiprocessor;
  return (std::min(warps, most) + block_warps - 1) / block_warps;
}

template <template <class> class Distribution, ElementType kType>
Launch plan(const FillSpec& spec, void* target, int multiprocessors, const char* method) {
  using Arguments = typename WarpWriter<Distribution, kType>::Arguments;
  const std::uint64_t count = spec.size();
  const std::size_t item = item_bytes(kType);
  const std::uint64_t pieces_wanted = static_cast<std::uint64_t>(multiprocessors) * kPiecesPerMultiprocessor;
  const auto pieces =
      Pieces::make(target, count, item, count * item / pieces_wanted, kSmallestPieceBytes, kLargestPieceBytes);
  const Arguments arguments{spec, pieces, target, Schedule::make(spec.seed, spec.stream),
                            decltype(Arguments::draw)(spec)};
  const auto kernel = reinterpret_cast<const void*>(&fill_kernel<Distribution, kType>);
  return make_launch(kernel, method, count == 0 ? 0 : blocks_for(pieces.size(), multiprocessors), kThreads, arguments);
}

struct PlanMaker {
  using Function = Launch (*)(const FillSpec&, void* target, int multiprocessors, const char* method);
  using Lane = CudaLanes::Lane32;
  template <template <class> class Class, ElementType kType>
  static constexpr Function make() {
    return plan<Class, kType>;
  }
};

}  // namespace

Launch plan_fill(const FillSpec& spec, void* target, int multiprocessors) {
  static constexpr auto kPlans = MakeTable<PlanMaker>::make();
  const DefaultFloatEnvironment guard;
  const Method method = method_of(spec);
  return kPlans.function(method, spec.type)(spec, target, multiprocessors, method.name);
}

Launch plan_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes,
                    int multiprocessors) {
  PatternArguments arguments{static_cast<unsigned char*>(target), count * item_bytes, {}, 0};
  for (std::size_t i = 0; i < sizeof arguments.line; i += item_bytes) {
    std::memcpy(reinterpret_cast<unsigned char*>(arguments.line) + i, &bits, item_bytes);
  }
  arguments.head = std::min<std::uint64_t>(-reinterpret_cast<std::uintptr_t>(target) % kGroupBytes, arguments.bytes);
  const std::uint64_t warps = arguments.bytes / (kGroupBytes * kWarp) + 1;
  const std::uint64_t blocks = count == 0 ? 0 : blocks_for(warps, multiprocessors);
  return make_launch(reinterpret_cast<const void*>(&pattern_kernel), "pattern", blocks, kThreads, arguments);
}

void fill(const FillSpec& spec, void* target, int device, void* stream) {
  const OnDevice current(device);
  run(plan_fill(spec, target, multiprocessors_of(device)), stream);
}

void fill_pattern(void* target, std::uint64_t count, std::uint64_t bits, std::size_t item_bytes, int device,
                  void* stream) {
  const OnDevice current(device);
  run(plan_pattern(target, count, bits, item_bytes, multiprocessors_of(device)), stream);
}

int device_count() {
  int count = 0;
  check(cudaGetDeviceCount(&count));
  return count;
}

int device_of(const void* address) {
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, address));
  return attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged ? attributes.device : -1;
}

const char* toolkit() { return FASTINIT_CUDA_TOOLKIT; }

}  // namespace fastinit::cuda
