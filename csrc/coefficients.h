// Polynomial coefficients of the core, lowest power first: written by tools/fit_polynomials.py, which
// says how they were fitted. Part of the stream's contract: a changed digit is a new stream version.
#pragma once

// clang-format off
namespace fastinit {

// By value and out of functions: a GPU cannot reach the constants of the host.
template <class Scalar, int kCount>
struct Polynomial {
  Scalar coefficients[kCount];
};

template <class Scalar>
struct Coefficients;

template <>
struct Coefficients<float> {
  // -2 ln(1 + f) = f p(f) on [-0.345, 0.31], weighted error 1.1e-7
  static constexpr Polynomial<float, 8> log() {
    return {{
      -0x1.0000020000000p+1f,
      0x1.fffe300000000p-1f,
      -0x1.555df20000000p-1f,
      0x1.0073da0000000p-1f,
      -0x1.95e5e20000000p-2f,
      0x1.439f120000000p-2f,
      -0x1.5b73c00000000p-2f,
      0x1.7bd5b20000000p-2f}};
  }
  // sin(pi/2 t) = t p(t^2) on [0, 0.25], weighted error 3.2e-9
  static constexpr Polynomial<float, 4> sin() {
    return {{
      0x1.921fb60000000p+0f,
      -0x1.4abbba0000000p-1f,
      0x1.465e920000000p-4f,
      -0x1.2d93020000000p-8f}};
  }
  // cos(pi/2 t) = 1 + t^2 p(t^2) on [0, 0.25], weighted error 6.5e-8
  static constexpr Polynomial<float, 3> cos() {
    return {{
      -0x1.3bd3a00000000p+0f,
      0x1.03b0480000000p-2f,
      -0x1.4e5e6e0000000p-6f}};
  }
  // z = d p(v) on [0, 10], weighted error 9.4e-8
  static constexpr Polynomial<float, 9> centre() {
    return {{
      0x1.40d9300000000p+0f,
      0x1.4ffefa0000000p-3f,
      0x1.0b34860000000p-8f,
      -0x1.a9f1280000000p-12f,
      -0x1.eff10a0000000p-17f,
      0x1.9765c60000000p-19f,
      -0x1.afdd4c0000000p-24f,
      -0x1.58aa220000000p-29f,
      0x1.5aa55a0000000p-33f}};
  }
  // z = p(sqrt v - 4.9) on [-1.74, 1.74], weighted error 1.1e-7
  static constexpr Polynomial<float, 8> tail() {
    return {{
      0x1.2aaf960000000p+2f,
      0x1.01d7920000000p+0f,
      0x1.3091260000000p-9f,
      -0x1.d6eb6a0000000p-11f,
      0x1.e88ea80000000p-13f,
      -0x1.a350be0000000p-15f,
      0x1.5f172e0000000p-19f,
      0x1.de225c0000000p-20f}};
  }
  // z = p(sqrt v - 10.3) on [-3.67, 3.7], weighted error 1.1e-7
  static constexpr Polynomial<float, 7> far_tail() {
    return {{
      0x1.43c7e20000000p+3f,
      0x1.0220520000000p+0f,
      -0x1.74f9fe0000000p-12f,
      0x1.d286220000000p-18f,
      0x1.32ddb60000000p-20f,
      -0x1.cb54220000000p-22f,
      0x1.1460da0000000p-24f}};
  }
};

template <>
struct Coefficients<double> {
  // -2 ln(1 + f) = f p(f) on [-0.345, 0.31], weighted error 2.0e-16
  static constexpr Polynomial<double, 19> log() {
    return {{
      -0x1.0000000000001p+1,
      0x1.ffffffffffd5fp-1,
      -0x1.5555555558fc9p-1,
      0x1.0000000021085p-1,
      -0x1.99999991dc722p-2,
      0x1.55555547389edp-2,
      -0x1.24924c1583bfbp-2,
      0x1.ffffffe4208adp-3,
      -0x1.c71b51f4499e7p-3,
      0x1.999a6a70421fbp-3,
      -0x1.747c7469bf7cep-3,
      0x1.5534ef060b55bp-3,
      -0x1.3907c080b999ep-3,
      0x1.26ede8aa317dbp-3,
      -0x1.258a280ecbcb3p-3,
      0x1.d0f54165e2a63p-4,
      -0x1.f3d855c1435b2p-5,
      0x1.59c16fe36ab75p-3,
      -0x1.08ac8883dd98fp-2}};
  }
  // sin(pi/2 t) = t p(t^2) on [0, 0.25], weighted error 3.3e-18
  static constexpr Polynomial<double, 7> sin() {
    return {{
      0x1.921fb54442d18p+0,
      -0x1.4abbce625be41p-1,
      0x1.466bc67758700p-4,
      -0x1.32d2cce2d535cp-8,
      0x1.50782fca384d5p-13,
      -0x1.e300639fb7c90p-19,
      0x1.e3eed5a45044dp-25}};
  }
  // cos(pi/2 t) = 1 + t^2 p(t^2) on [0, 0.25], weighted error 6.1e-17
  static constexpr Polynomial<double, 6> cos() {
    return {{
      -0x1.3bd3cc9be459dp+0,
      0x1.03c1f081b0e28p-2,
      -0x1.55d3c7dc3de22p-6,
      0x1.e1f4fb84482e3p-11,
      -0x1.a6c9ca5191276p-16,
      0x1.f3dcefe99a164p-22}};
  }
  // z = d p(v) on [0, 10], weighted error 3.6e-17
  static constexpr Polynomial<double, 21> centre() {
    return {{
      0x1.40d931ff62706p+0,
      0x1.4ffddeaa22d2ap-3,
      0x1.0b9a8ec5ca1d0p-8,
      -0x1.b0d7e371752bcp-12,
      -0x1.7bc0dfca80a34p-17,
      0x1.147b609a59170p-19,
      0x1.7f74a0d84afdbp-25,
      -0x1.8087f94e576f5p-27,
      -0x1.bebbeb8f2eecep-33,
      0x1.0e2b99d223141p-34,
      0x1.d4bb2775f6400p-40,
      -0x1.3ad916ede80b7p-41,
      0x1.84699386505a8p-45,
      -0x1.060487e3e3897p-47,
      0x1.9c8911e0352f3p-50,
      -0x1.89f03a55c2b1ep-53,
      0x1.d93793cf96814p-57,
      -0x1.73e6823022424p-61,
      0x1.78cb9e5988d10p-66,
      -0x1.c32045e0c435bp-72,
      0x1.e850a681f64c2p-79}};
  }
  // z = p(sqrt v - 4.9) on [-1.74, 1.74], weighted error 2.8e-17
  static constexpr Polynomial<double, 23> tail() {
    return {{
      0x1.2aaf950c0d9c9p+2,
      0x1.01d7adb65675dp+0,
      0x1.31213178bf28fp-9,
      -0x1.d9b398afb792ep-11,
      0x1.d95b1322391b6p-13,
      -0x1.7b020ae5833f9p-15,
      0x1.a9f52988e4350p-18,
      0x1.f1de43c1c758cp-24,
      -0x1.09bd9b8a2b8ebp-21,
      0x1.b0f7e3a758868p-23,
      -0x1.7c27d4dfcf963p-25,
      0x1.a6584b6b8a049p-30,
      0x1.910f516074e5ep-29,
      -0x1.4825a195c97eap-30,
      0x1.c58446cb0e0a6p-33,
      0x1.d2c02a5a26645p-37,
      -0x1.54654c6f36a7bp-36,
      0x1.cfdc50b761fc6p-38,
      -0x1.ce58517c7ae48p-41,
      -0x1.b581f1ba551adp-42,
      0x1.5b951ca4050c4p-43,
      0x1.c2a641c014719p-49,
      -0x1.9bbf311ac8965p-48}};
  }
  // z = p(sqrt v - 10.3) on [-3.67, 3.7], weighted error 4.1e-16
  static constexpr Polynomial<double, 18> far_tail() {
    return {{
      0x1.43c7e394bd97fp+3,
      0x1.02206cd0b0547p+0,
      -0x1.763e324c6c293p-12,
      0x1.91d8df2f7553dp-18,
      0x1.852b5031a33b3p-20,
      -0x1.390a8e0f344c6p-22,
      0x1.54e3466ac1433p-25,
      -0x1.4388cc3226877p-28,
      0x1.1dd1d3bdb4014p-31,
      -0x1.e29fa11bd9630p-35,
      0x1.8a1543c9bea1fp-38,
      -0x1.3a4780d789b77p-41,
      0x1.f2b041615b71ap-45,
      -0x1.7d08e1a61da8ap-48,
      0x1.f29fe80f3a653p-52,
      -0x1.7eec165180bd1p-55,
      0x1.e1c62d72f8709p-58,
      -0x1.435f1786e0cedp-61}};
  }
  // e^r - 1 = r + r^2 p(r) on [-0.3466, 0.3466], weighted error 2.7e-18
  static constexpr Polynomial<double, 11> expm1() {
    return {{
      0x1.0000000000001p-1,
      0x1.5555555555557p-3,
      0x1.5555555554d3ep-5,
      0x1.11111111100e7p-7,
      0x1.6c16c16f09f03p-10,
      0x1.a01a01abe290bp-13,
      0x1.a019f397ca480p-16,
      0x1.71de0240d18f8p-19,
      0x1.280223e8295b5p-22,
      0x1.af4dccfd75552p-26,
      0x1.e631fa27d0c6fp-30}};
  }
};

}  // namespace fastinit
// clang-format on
