// The classes for special parameters, which take less work, give the bits of the general classes wherever they are
// chosen.
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "lanes/scalar.h"
#include "methods.h"
#include "tests/check.h"
#include "tests/tests.h"

namespace fastinit::test {
namespace {

constexpr int kRandomWords = 20'000;

// The words at every edge, and some between.
template <class Word>
std::vector<Word> words() {
  constexpr Word sign = Word{1} << (std::numeric_limits<Word>::digits - 1);
  std::vector<Word> result;
  for (const Word edge : {Word{0}, static_cast<Word>(sign / 2), sign}) {
    for (const Word step : {Word{0}, Word{1}, Word{2}, Word{255}, Word{256}}) {
      result.push_back(static_cast<Word>(edge + step));
      result.push_back(static_cast<Word>(edge - step));
    }
  }
  Word word = 1;
  for (int i = 0; i < kRandomWords; ++i) {
    word = static_cast<Word>(word * 6364136223846793005u + 1442695040888963407u);
    result.push_back(word);
  }
  return result;
}

template <class Lane>
FillSpec spec_of(Distribution distribution) {
  FillSpec spec{};
  spec.distribution = distribution;
  spec.type = sizeof(typename Lane::Scalar) == 8 ? ElementType::kFloat64 : ElementType::kFloat32;
  return spec;
}

template <class Lane, class General, class Special>
void check_same(const FillSpec& spec, const std::string& what) {
  const General general(spec);
  const Special special(spec);
  int different = 0;
  for (const auto word : words<typename Lane::Word>()) {
    const auto expected = general.template draw<Lane>(word);
    different += Lane::bits(expected) != Lane::bits(special.template draw<Lane>(word));
  }
  check(different == 0, what + ": " + std::to_string(different) + " values differ");
}

template <class Lane>
void check_uniform(double low, double high, bool chosen) {
  FillSpec spec = spec_of<Lane>(Distribution::kUniform);
  spec.parameters[0] = low;
  spec.parameters[1] = high;
  const std::string what = "uniform on [" + std::to_string(low) + ", " + std::to_string(high) + "]";
  check((std::string(method_of(spec).name) == "ExactUniform") == chosen,
        what + ": chosen, or not, against expectation");
  if (chosen) check_same<Lane, Uniform<Lane>, ExactUniform<Lane>>(spec, what);
}

template <class Lane>
void check_truncated(double mean, double std, double bound, bool chosen) {
  FillSpec spec = spec_of<Lane>(Distribution::kTruncatedNormal);
  const double tail = 0.5 * std::erfc(bound / std::sqrt(2.0));
  const double parameters[] = {mean, std, mean - std * bound, mean + std * bound, tail, tail, 1 - 2 * tail};
  std::memcpy(spec.parameters, parameters, sizeof parameters);
  const std::string what = "normal of mean " + std::to_string(mean) + " cut at " + std::to_string(bound);
  check((std::string(method_of(spec).name) == "CentralTruncatedNormal") == chosen,
        what + ": chosen, or not, against expectation");
  if (chosen) check_same<Lane, TruncatedNormal<Lane>, CentralTruncatedNormal<Lane>>(spec, what);
}

template <class Lane>
void test_methods_of() {
  using Intervals = std::initializer_list<std::pair<double, double>>;
  const double tiny = 4 * std::numeric_limits<typename Lane::Scalar>::denorm_min();
  for (const auto& [low, high] :
       Intervals{{-1, 1}, {0, 1}, {-1, 0}, {-0.3, 0.3}, {2, 6}, {-1e-20, 1e-20}, {-3e38, 3e38}})
    check_uniform<Lane>(low, high, true);
  // These need the general class: a zero of the other sign, rounded ends, no width, or underflow.
  for (const auto& [low, high] :
       Intervals{{-0.0, 1}, {-1, -0.0}, {-0.0, 0.0}, {0.1, 0.7}, {5, 5}, {0, 0}, {-tiny, tiny}})
    check_uniform<Lane>(low, high, false);
  for (const double bound : {0.5, 1.0, 2.0, 2.8}) {
    check_truncated<Lane>(0, 1, bound, true);
    check_truncated<Lane>(-0.5, 0.02, bound, true);
    check_truncated<Lane>(bound, 1, bound, false);  // a bound is zero
  }
  check_truncated<Lane>(0, 1, 3, false);
  check_truncated<Lane>(0, 0, 2, false);
}

}  // namespace

void test_methods() {
  test_methods_of<ScalarLane32>();
  test_methods_of<ScalarLane64>();
}

}  // namespace fastinit::test
