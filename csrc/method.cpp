// Which class draws a fill: compiled for any processor, unlike the loops.
#include "distributions.h"
#include "lanes/scalar.h"

namespace fastinit {
namespace {

// `Lane`: plain numbers of the type that the elements are computed in.
template <class Lane>
Method method_in(const FillSpec& spec) {
  switch (spec.distribution) {
    case Distribution::kBits:
      return Method::kBits;
    case Distribution::kUniform:
      return Uniform<Lane>(spec).is_exact() ? Method::kExactUniform : Method::kUniform;
    case Distribution::kNormal:
      return Method::kNormal;
    case Distribution::kTruncatedNormal:
      break;
  }
  return TruncatedNormal<Lane>(spec).is_central() ? Method::kCentralTruncatedNormal : Method::kTruncatedNormal;
}

}  // namespace

Method method_of(const FillSpec& spec) {
  const bool is_double = spec.type == ElementType::kFloat64;
  return is_double ? method_in<ScalarLane64>(spec) : method_in<ScalarLane32>(spec);
}

}  // namespace fastinit
