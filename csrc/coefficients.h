// Polynomial coefficients of the core, lowest power first: written by tools/fit_polynomials.py, which
// says how they were fitted. Part of the stream's contract: a changed digit is a new stream version.
#pragma once

namespace fastinit {

template <class Scalar>
struct Coefficients;

template <>
struct Coefficients<float> {
  // -2 ln(1 + f) = f p(f) on [-0.345, 0.31], weighted error 1.1e-7
  static constexpr float kLog[] = {
      -0x1.0000020000000p+1f,
      0x1.fffe300000000p-1f,
      -0x1.555df20000000p-1f,
      0x1.0073da0000000p-1f,
      -0x1.95e5e20000000p-2f,
      0x1.439f120000000p-2f,
      -0x1.5b73c00000000p-2f,
      0x1.7bd5b20000000p-2f};
  // sin(pi/2 t) = t p(t^2) on [0, 0.25], weighted error 3.2e-9
  static constexpr float kSin[] = {
      0x1.921fb60000000p+0f,
      -0x1.4abbba0000000p-1f,
      0x1.465e920000000p-4f,
      -0x1.2d93020000000p-8f};
  // cos(pi/2 t) = 1 + t^2 p(t^2) on [0, 0.25], weighted error 6.5e-8
  static constexpr float kCos[] = {
      -0x1.3bd3a00000000p+0f,
      0x1.03b0480000000p-2f,
      -0x1.4e5e6e0000000p-6f};
  // z^2 = v p(v) on [0, 10], weighted error 1.6e-7
  static constexpr float kCentre[] = {
      0x1.921fba0000000p-1f,
      0x1.2fa0f80000000p-7f,
      -0x1.ac3e0e0000000p-14f,
      -0x1.06552c0000000p-16f,
      0x1.77e34a0000000p-21f,
      0x1.6a3f200000000p-27f,
      -0x1.0b6d8e0000000p-30f};
  // z = p(sqrt v) on [3.16, 6.64], weighted error 1.1e-7
  static constexpr float kTail[] = {
      0x1.585bfa0000000p-4f,
      0x1.96a8e80000000p-1f,
      0x1.973de40000000p-6f,
      0x1.93a0940000000p-7f,
      -0x1.4366b40000000p-8f,
      0x1.9454ea0000000p-11f,
      -0x1.ea8e940000000p-15f,
      0x1.de225c0000000p-20f};
  // z = p(sqrt v) on [6.63, 14], weighted error 1.1e-7
  static constexpr float kFarTail[] = {
      -0x1.6332800000000p-3f,
      0x1.e356140000000p-1f,
      0x1.0127d00000000p-6f,
      -0x1.f227720000000p-10f,
      0x1.075a460000000p-13f,
      -0x1.2795fa0000000p-18f,
      0x1.1460da0000000p-24f};
};

template <>
struct Coefficients<double> {
  // -2 ln(1 + f) = f p(f) on [-0.345, 0.31], weighted error 2.0e-16
  static constexpr double kLog[] = {
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
      -0x1.08ac8883dd98fp-2};
  // sin(pi/2 t) = t p(t^2) on [0, 0.25], weighted error 3.3e-18
  static constexpr double kSin[] = {
      0x1.921fb54442d18p+0,
      -0x1.4abbce625be41p-1,
      0x1.466bc67758700p-4,
      -0x1.32d2cce2d535cp-8,
      0x1.50782fca384d5p-13,
      -0x1.e300639fb7c90p-19,
      0x1.e3eed5a45044dp-25};
  // cos(pi/2 t) = 1 + t^2 p(t^2) on [0, 0.25], weighted error 6.1e-17
  static constexpr double kCos[] = {
      -0x1.3bd3cc9be459dp+0,
      0x1.03c1f081b0e28p-2,
      -0x1.55d3c7dc3de22p-6,
      0x1.e1f4fb84482e3p-11,
      -0x1.a6c9ca5191276p-16,
      0x1.f3dcefe99a164p-22};
  // z^2 = v p(v) on [0, 10], weighted error 1.8e-16
  static constexpr double kCentre[] = {
      0x1.921fb54442d1ap-1,
      0x1.2fab0e0ed988fp-7,
      -0x1.b441d3acc3ebep-14,
      -0x1.e7382970cdee0p-17,
      0x1.b20ea15a3193cp-22,
      0x1.85b0f2e929b6cp-25,
      -0x1.da52f7e5b5379p-30,
      -0x1.870072c024f5cp-33,
      0x1.1aa2c23bdfedcp-37,
      0x1.a2481e7f69991p-41,
      -0x1.2747c7d572646p-45,
      -0x1.063ec8a78bf2fp-48,
      -0x1.68d55328472c9p-58,
      0x1.2a7b0c9d03b4bp-54,
      -0x1.034822b9cebffp-57,
      0x1.ae52258570caep-62,
      -0x1.778d13181ab7dp-67,
      0x1.177921ff4c1b1p-73};
  // z = p(sqrt v) on [3.16, 6.64], weighted error 2.8e-17
  static constexpr double kTail[] = {
      -0x1.0f9d92a638d4cp+0,
      0x1.cf4f78f08e3d9p+2,
      -0x1.179f1312bad87p+4,
      0x1.da1224ba35727p+4,
      -0x1.17345af5884fcp+5,
      0x1.e7f90ba1cb656p+4,
      -0x1.4939929f0525dp+4,
      0x1.602ae1499546ep+3,
      -0x1.30161cf7016ecp+2,
      0x1.ad3cf081015c4p+0,
      -0x1.f37283a864d86p-2,
      0x1.e18aea6c5d5e4p-4,
      -0x1.81a12321b6af1p-6,
      0x1.006bee7aed2a2p-8,
      -0x1.1a40a48b2a4cap-11,
      0x1.feffb3e0b2295p-15,
      -0x1.786be69278fb8p-18,
      0x1.bc211b7d696fbp-22,
      -0x1.99abd8f991e71p-26,
      0x1.1ca54c55ea8f3p-30,
      -0x1.183dd742f4456p-35,
      0x1.5c8744cfe8364p-41,
      -0x1.9bbf311ac8965p-48};
  // z = p(sqrt v) on [6.63, 14], weighted error 4.1e-16
  static constexpr double kFarTail[] = {
      0x1.3b2def9eb836cp-1,
      -0x1.b5fffc614c641p-6,
      0x1.314f3e45b5a7fp-1,
      -0x1.d0a6605382196p-3,
      0x1.03444775ec4e2p-4,
      -0x1.bd0e39d11936ep-7,
      0x1.2d691cd027041p-9,
      -0x1.46dc9ef400d97p-12,
      0x1.1df31ea1ebfa6p-15,
      -0x1.948471ba5a4ecp-19,
      0x1.cd7c89634345ap-23,
      -0x1.a556d50e11070p-27,
      0x1.2fa2175596708p-31,
      -0x1.51c484bdbc795p-36,
      0x1.17ccb37650ea4p-41,
      -0x1.4508bbdc938e0p-47,
      0x1.d879119fe50ecp-54,
      -0x1.435f1786e0cedp-61};
};

}  // namespace fastinit
