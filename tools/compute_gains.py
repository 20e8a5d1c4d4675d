"""Computes the gain of every activation and writes python/fastinit/gains.py and docs/gains.md between their marks.

The gain of f is 1 / sqrt(E f(z)^2) for a standard normal z, integrated by mpmath in 30 digits and rounded once.
`DEFINITIONS` defines each function, for the integral and for the page.

    python tools/compute_gains.py            # rewrite both tables (needs mpmath)
    python tools/compute_gains.py --check    # exit status 1 if this script would change a table
"""

from __future__ import annotations

import argparse
import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path

from mpmath import mp, mpf

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from bench.tables import table
from fastinit.gains import CUSTOMARY

mp.dps = 30
Function = Callable[[mpf], mpf]

# The names of a function, the first one its own, and the function of z.
DEFINITIONS = {
    ("linear", "identity", *(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))): "z",
    ("relu", "reglu"): "max(z, 0)",
    ("leaky_relu",): "max(z, 0) + 0.01 * min(z, 0)",
    ("relu6",): "clip(z, 0, 6)",
    ("relu_squared", "relu2", "squared_relu"): "max(z, 0) ** 2",
    ("elu", "celu"): "max(z, 0) + min(exp(z) - 1, 0)",
    ("selu",): "1.0507009873554804934 * (max(z, 0) + 1.6732632423543772848 * min(exp(z) - 1, 0))",
    ("gelu", "gelu_python", "geglu"): "z * Phi(z)",
    (
        "gelu_tanh",
        *(f"gelu_{name}" for name in ("new", "fast", "accurate", "pytorch_tanh", "python_tanh")),
    ): "z / 2 * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z ** 3)))",
    ("gelu_10",): "clip(z * Phi(z), -10, 10)",
    ("quick_gelu",): "z * sigmoid(1.702 * z)",
    ("silu", "swish", "swiglu"): "z * sigmoid(z)",
    ("hardswish", "hard_swish", "hard_silu"): "z * clip(z + 3, 0, 6) / 6",
    ("mish",): "z * tanh(log(1 + exp(z)))",
    ("softplus",): "log(1 + exp(z))",
    ("sqrtsoftplus",): "sqrt(log(1 + exp(z)))",
    ("squareplus",): "(z + sqrt(z ** 2 + 4)) / 2",
    ("sparse_plus",): "clip((z + 1) / 2, 0, 1) ** 2 + max(z - 1, 0)",
    ("sigmoid",): "sigmoid(z)",
    ("glu",): "sigmoid(z)",
    ("hardsigmoid", "hard_sigmoid"): "clip(z + 3, 0, 6) / 6",
    ("sparse_sigmoid",): "clip((z + 1) / 2, 0, 1)",
    ("laplace",): "Phi((z - 0.707107) / 0.282095)",
    ("logsigmoid", "log_sigmoid"): "-log(1 + exp(-z))",
    ("tanh",): "tanh(z)",
    ("hardtanh", "hard_tanh"): "clip(z, -1, 1)",
    ("softsign", "soft_sign"): "z / (1 + abs(z))",
    ("tanhshrink", "tanh_shrink"): "z - tanh(z)",
    ("softshrink", "soft_shrink"): "z - clip(z, -0.5, 0.5)",
    ("hardshrink", "hard_shrink"): "z if abs(z) > 0.5 else 0",
    ("exponential",): "exp(z)",
}
WORDS = {
    "pi": mp.pi,
    "exp": mp.exp,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "tanh": mp.tanh,
    "Phi": mp.ncdf,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "clip": lambda x, low, high: min(max(x, low), high),
    "mpf": mpf,
}
# The integral is split where a definition changes its form. A split elsewhere changes nothing.
CUTS = sorted(mpf(sign) * cut for cut in (0, 0.5, 1, 3, 6, 10, mp.inf) for sign in (-1, 1) if cut or sign > 0)


def function(definition: str) -> Function:
    """Returns the function. Its decimals are exact, and not rounded to float64."""
    return eval("lambda z: " + re.sub(r"\d+\.\d+", r"mpf('\g<0>')", definition), WORDS)  # the literals above


def expectation(f: Function) -> mpf:
    """E f(z) for a standard normal z."""
    value, error = mp.quad(lambda z: f(z) * mp.npdf(z), CUTS, error=True)
    if error > mpf(10) ** -20:
        raise ArithmeticError(f"no convergence: {value} with an error of {error}")
    return value


@functools.cache
def moments(definition: str) -> tuple[mpf, mpf, mpf]:
    """E f(z), E f(z)^2 and E (z f(z))^2."""
    f = function(definition)
    return expectation(f), expectation(lambda z: f(z) ** 2), expectation(lambda z: (z * f(z)) ** 2)


def gain(definition: str) -> float:
    return float(1 / mp.sqrt(moments(definition)[1]))


def numbers() -> str:
    """The table of python/fastinit/gains.py."""
    lines = [f'    "{name}": {gain(d)!r},' for names, d in DEFINITIONS.items() for name in names]
    return "\n".join(["EXACT = {", *lines, "}"])


def page() -> str:
    """The table of docs/gains.md."""
    lines = []
    for names, definition in DEFINITIONS.items():
        mean, square, weighted = moments(definition)
        customary, exact = CUSTOMARY.get(names[0]), gain(definition)
        lines.append(
            (
                ", ".join(f"`{name}`" for name in names),
                f"`{definition}`",
                f"{exact:.10f}",
                f"{customary:.6g} ({customary / exact - 1:+.1%})" if customary else "",
                f"{float(mean**2 / square):.1%}",
                f"{float(weighted / square - 1) / 2:.2f}",  # d ln E f(sqrt(q) z)^2 / d ln q at q = 1
            )
        )
    head = ("activation", "f(z)", "gain", "PyTorch's number", "share of the mean", "deviation a layer")
    return f"\n{table(head, lines)}\n"


def replaced(text: str, begin: str, end: str, section: str) -> str:
    """Returns the text with another section between two of its lines."""
    before, begin, rest = text.partition(begin + "\n")
    _, end, after = rest.partition(end + "\n")
    if not end:
        raise ValueError(f"the file must hold the lines {begin!r} and {end!r}")
    return f"{before}{begin}{section}\n{end}{after}"


def written() -> dict[Path, str]:
    """The correct contents of the files that hold a table."""
    code, docs = ROOT / "python" / "fastinit" / "gains.py", ROOT / "docs" / "gains.md"
    made = "made by tools/compute_gains.py"
    return {
        code: replaced(code.read_text(), f"# Exact gains: {made}.", "# End of the exact gains.", numbers()),
        docs: replaced(docs.read_text(), f"<!-- gains: {made} -->", "<!-- end of gains -->", page()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tools/compute_gains.py", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a table differs")
    check = parser.parse_args().check
    different = {path: text for path, text in written().items() if path.read_text() != text}
    for path, text in different.items():
        print(f"{path.relative_to(ROOT)} {'is not what this script writes' if check else 'changed'}")
        if not check:
            path.write_text(text)
    return int(check and bool(different))


if __name__ == "__main__":
    sys.exit(main())
