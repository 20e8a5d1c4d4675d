// Chooses the class that draws a fill. Compiled for any processor, unlike the loops.
#include "dtype.h"
#include "lanes/scalar.h"
#include "methods.h"

namespace fastinit {
namespace {

// Whether a class draws the fill. If not, `method` moves on to the next class.
template <class Class>
bool is_drawn_by(const FillSpec& spec, Method& method) {
  method.name = Class::kName;
  const bool found = Class::kDistribution == spec.distribution && Class::serves(spec);
  method.place += !found;
  return found;
}

// `Lane`: plain numbers of the type in which the elements are computed.
template <class Lane, template <class> class... Classes>
Method method_in(const FillSpec& spec, ClassList<Classes...>) {
  Method method{};
  (void)(is_drawn_by<Classes<Lane>>(spec, method) || ...);
  return method;
}

template <template <class> class... Classes>
constexpr bool is_drawn_by_any(Distribution distribution, ClassList<Classes...>) {
  return ((Classes<ScalarLane32>::kDistribution == distribution) || ...);
}
template <int... kNumbers>
constexpr bool is_each_drawn(std::integer_sequence<int, kNumbers...>) {
  return (is_drawn_by_any(static_cast<Distribution>(kNumbers), Methods{}) && ...);
}
static_assert(is_each_drawn(std::make_integer_sequence<int, kDistributions>()), "a distribution without a class");

}  // namespace

Method method_of(const FillSpec& spec) {
  return element_facts(spec.type).is_wide ? method_in<ScalarLane64>(spec, Methods{})
                                          : method_in<ScalarLane32>(spec, Methods{});
}

}  // namespace fastinit
