// Plans the two launches of a transformed draw, the draw and the transform, and makes them.
#include <algorithm>

#include "cuda/launch.h"
#include "cuda/transform_kernel.h"

namespace fastinit::cuda {
namespace {

// As many blocks as a multiprocessor holds of a kernel that waits for memory as much as for arithmetic.
constexpr std::uint64_t kBlocksPerMultiprocessor = 16;

template <int... kTypes>
const void* kernel_for(ElementType type, std::integer_sequence<int, kTypes...>) {
  const void* found = nullptr;
  const auto look = [&](auto one) {
    constexpr ElementType kType = decltype(one)::value;
    if constexpr (kType != ElementType::kUint32) {
      if (type == kType) found = reinterpret_cast<const void*>(&transform_kernel<kType>);
    }
  };
  (look(std::integral_constant<ElementType, static_cast<ElementType>(kTypes)>{}), ...);
  return found;
}

}  // namespace

// Types of 32 and 64 bits are drawn into the target itself.
std::uint64_t transform_workspace(const TransformedSpec& spec) {
  const std::size_t drawn_bytes = item_bytes(drawn_type(spec.base.type));
  return drawn_bytes == item_bytes(spec.base.type) ? 0 : spec.base.size() * drawn_bytes;
}

std::vector<Launch> plan_transformed(const TransformedSpec& spec, void* target, void* workspace, int multiprocessors) {
  FillSpec drawn = spec.base;
  drawn.type = drawn_type(spec.base.type);
  void* draws = drawn.type == spec.base.type ? target : workspace;
  TransformArguments arguments{draws, target, spec.base.size(), spec.count, {}};
  std::copy(spec.steps, spec.steps + spec.count, arguments.steps);
  const std::uint64_t most = static_cast<std::uint64_t>(multiprocessors) * kBlocksPerMultiprocessor;
  const std::uint64_t blocks = std::min((arguments.size + kThreads - 1) / kThreads, most);
  const void* kernel = kernel_for(spec.base.type, std::make_integer_sequence<int, kElementTypes>());
  return {plan_fill(drawn, draws, multiprocessors), make_launch(kernel, "transform", blocks, kThreads, arguments)};
}

void fill_transformed(const TransformedSpec& spec, void* target, int device, void* stream) {
  const OnDevice current(device);
  const int multiprocessors = multiprocessors_of(device);
  run_in_workspace(transform_workspace(spec), stream,
                   [&](void* workspace) { return plan_transformed(spec, target, workspace, multiprocessors); });
}

}  // namespace fastinit::cuda
