"""The definition that the reference shows below the first line of a function. docs/streams.md is exact."""

from __future__ import annotations

_NORMAL = r"w \sim \mathcal{N}(0, \sigma^2), \quad \sigma^2 = "
_UNIFORM = r"w \sim \mathcal{U}[-b, b], \quad b = "

_HE = r"{(1 + a^2)\, n_\text{in}}"
_GLOROT = r"{n_\text{in} + n_\text{out}}"
_LECUN = r"{n_\text{in}}"

FORMULAS = {
    "fastinit.constant": r"w = c",
    "fastinit.delta": r"w_{\dots i \dots} = v \text{ if } i = \text{place, else } 0",
    "fastinit.gain": r"g = \left( \mathbb{E}\, f(z)^2 \right)^{-1/2}, \quad z \sim \mathcal{N}(0, 1)",
    "fastinit.glorot_normal": _NORMAL + r"\frac{2 g^2}" + _GLOROT,
    "fastinit.glorot_uniform": _UNIFORM + r"g \sqrt{\frac{6}" + _GLOROT + "}",
    "fastinit.hadamard": r"w_{ij} = g\, 2^{-m/2} (-1)^{\operatorname{popcount}(i \wedge j)}",
    "fastinit.he_normal": _NORMAL + r"\frac{2}" + _HE,
    "fastinit.he_uniform": _UNIFORM + r"\sqrt{\frac{6}" + _HE + "}",
    "fastinit.identity": r"w_{ij} = g\, \delta_{ij}",
    "fastinit.lecun_normal": _NORMAL + r"\frac{1}" + _LECUN,
    "fastinit.lecun_uniform": _UNIFORM + r"\sqrt{\frac{3}" + _LECUN + "}",
    "fastinit.normal": r"w \sim \mathcal{N}(\mu, \sigma^2)",
    "fastinit.orthogonal": r"W^\top W = g^2 I \text{ or } W W^\top = g^2 I",
    "fastinit.sincos": r"w_{p, 2k} = \sin(p\, T^{-2k/d}), \quad w_{p, 2k+1} = \cos(p\, T^{-2k/d})",
    "fastinit.triangular": r"w_{ij} = v \text{ if } j \le i + \text{diagonal, else } 0",
    "fastinit.truncated_normal": r"w = \mu + \sigma z, \quad z \sim \mathcal{N}(0, 1) \text{ given } \ell \le z \le u",
    "fastinit.uniform": r"w \sim \mathcal{U}[\text{low}, \text{high}]",
    "fastinit.variance_scaling": r"\operatorname{Var} w = \frac{\text{scale}}{n}, \quad n \in "
    r"\left\{ n_\text{in},\; n_\text{out},\; \tfrac{1}{2}(n_\text{in} + n_\text{out}) \right\}",
}
for _alias, _name in {"kaiming": "he", "xavier": "glorot"}.items():
    for _kind in ("normal", "uniform"):
        FORMULAS[f"fastinit.{_alias}_{_kind}"] = FORMULAS[f"fastinit.{_name}_{_kind}"]
