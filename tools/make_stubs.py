"""Writes the stubs that editors and type checkers read, from the package at run time.

`@initializer` gives every function the shared arguments, which no type checker can see. The stubs write them out, with
the docstrings, and have overloads for the array that a call returns. The formulas remain the only source of all this.

    python tools/make_stubs.py            # rewrite the stubs
    python tools/make_stubs.py --check    # exit status 1 if this script would change a stub
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastinit
from fastinit import functions, gains, options, typing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PACKAGE = Path(__file__).resolve().parent.parent / "python" / "fastinit"
HEAD = '''"""{summary} Made by tools/make_stubs.py."""
# fmt: off

{imports}
'''
# The modules of the names in annotations.
MODULES = {
    "collections.abc": ("Sequence",),
    "typing": ("Any", "Literal", "SupportsFloat", "SupportsIndex", "TypeAlias", "overload"),
    "numpy.typing": ("NDArray",),
    "fastinit.shards": ("Shard",),
    "fastinit.typing": typing.__all__,
}
WIDER = {"int": "SupportsIndex", "float": "SupportsFloat"}
WIDTH = 110  # of a signature's lines; methods indent them further
# The overloads of a call: annotations that replace those of the formula, and the type of the result.
# The last one is for a device that is known only at run time.
OVERLOADS: tuple[tuple[dict[str, str], str], ...] = (
    ({"shape": "Sizes", "device": 'CpuName = "cpu"', "out": "None = None"}, "NDArray[{scalar}]"),
    ({"shape": "Sizes", "device": "CudaName", "out": "None = None"}, "CudaArray"),
    ({"shape": "Shape", "device": 'DeviceLike = "cpu"', "out": "Out"}, "Out"),
    ({"shape": "Sizes", "device": "DeviceLike", "out": "None = None"}, "Any"),
)


def annotations_of(function: Callable[..., Any]) -> dict[str, str]:
    """The annotations of an initializer's own and shared arguments, as text."""
    shared = {name: kind.__forward_arg__ for name, kind in options.FanOptions.__annotations__.items()}
    own = inspect.unwrap(function).__annotations__
    return {**shared, **{name: _widened(kind) for name, kind in own.items()}}


def _widened(annotation: str) -> str:
    """Lets a number be NumPy's, which type checkers do not take for an `int` or a `float`."""
    return re.sub(r"\b(int|float)\b", lambda kind: WIDER[kind[0]], annotation)


def parameters_of(function: Callable[..., Any], annotations: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The parameters of a signature, as text; `given` has the annotation and default of some."""
    written, seen_star = [], False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and not seen_star:
            written.append("*")
            seen_star = True
        if name == "self":
            written.append(name)
            continue
        default = "" if parameter.default is parameter.empty else f" = {literal(parameter.default)}"
        written.append(f"{name}: {given.get(name, annotations[name] + default)}")
    return written


def literal(value: Any) -> str:
    """Writes a default as code, strings in double quotes."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def define(name: str, parameters: Iterable[str], result: str, doc: str) -> str:
    """Writes a function without a body, with its parameters on as few lines as possible."""
    lines = textwrap.fill(
        ", ".join(each.replace(" ", "\0") for each in parameters),
        width=WIDTH,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    ).replace("\0", " ")
    return f"def {name}(\n{lines}\n) -> {result}:\n{docstring(doc)}"


def docstring(text: str) -> str:
    prefix = "r" if "\\" in text else ""
    end = "\n" if "\n" in text else ""
    return textwrap.indent(f'{prefix}"""{text}{end}"""', "    ") + "\n"


def initializer(name: str, function: Callable[..., Any], of: Callable[..., Any]) -> str:
    """Writes the overloads of a function that draws. `of` is the initializer that it calls: itself, or a method's."""
    doc, annotations = inspect.getdoc(function) or "", annotations_of(of)
    scalar = "Any" if "dtype" in inspect.signature(of).parameters else "np.uint32"
    written = []
    for given, result in OVERLOADS:
        parameters = parameters_of(function, annotations, given)
        written.append("@overload\n" + define(name, parameters, result.format(scalar=scalar), doc))
        doc = doc.partition("\n\nRaises:")[0]  # an editor shows the docstring of the overload that a call uses
    return "".join(written)


def gain() -> str:
    """Writes the function, and the names of all nonlinearities."""
    names = textwrap.fill(", ".join(map(literal, gains.EXACT)), WIDTH, initial_indent="    ", subsequent_indent="    ")
    parameters = parameters_of(fastinit.gain, fastinit.gain.__annotations__, {"nonlinearity": "Nonlinearity"})
    function = define("gain", parameters, "float", inspect.getdoc(fastinit.gain) or "")
    return f"Nonlinearity: TypeAlias = Literal[\n{names},\n]\n\n{function}"


def imports(text: str, has: Iterable[str] = ()) -> str:
    """Writes the imports of the names that a stub uses and does not define."""
    used = set(re.findall(r"\b\w+\b", re.sub(r'"""(?s:.*?)"""', "", text))) - set(has)
    lines = ["import numpy as np"] if "np" in used else []
    for module, names in MODULES.items():
        if listed := sorted(used & {*names}):
            lines.append(f"from {module} import {', '.join(listed)}")
    return "\n".join(lines)


def package() -> str:
    """The stub of `fastinit`."""
    drawn = {name: function for name, function in functions.FUNCTIONS.items() if name in fastinit.__all__}
    public = {name: f"fastinit.{name}" for name in fastinit._LAZY}
    for name in set(fastinit.__all__) - drawn.keys() - {"__version__", "gain"}:
        public[name] = f"{getattr(fastinit, name).__module__}.{name}"
    names = "".join(f"    {literal(name)},\n" for name in sorted(fastinit.__all__))
    sections = [f"__all__ = [\n{names}]", "__version__: str\n", gain()]
    for name, function in drawn.items():
        own = function.__name__
        sections.append(initializer(name, function, function) if name == own else f"{name} = {own}\n")
    sections.append("def __dir__() -> list[str]: ...\n")
    body = "\n".join(sections)
    lines = [imports(body, public)]
    for name, path in sorted(public.items(), key=lambda each: each[1]):
        lines.append(f"from {path.rpartition('.')[0]} import {name} as {name}")
    return HEAD.format(summary=inspect.getdoc(fastinit), imports="\n".join(lines)) + "\n" + body


def methods() -> str:
    """The stub of the methods that `Generator` takes from `fastinit.functions`."""
    drawn = functions.FUNCTIONS.items()
    sections = [initializer(name, getattr(fastinit.Generator, name), function) for name, function in drawn]
    own = docstring("Every initializer, drawn from the next stream of a generator.")
    body = f"class Methods:\n{own}\n" + textwrap.indent("\n".join(sections), "    ")
    return HEAD.format(summary="The initializers as methods of `Generator`.", imports=imports(body)) + "\n" + body


def stubs() -> dict[Path, str]:
    """The correct contents of the stubs."""
    return {PACKAGE / "__init__.pyi": package(), PACKAGE / "generator_methods.pyi": methods()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tools/make_stubs.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a stub differs")
    check = parser.parse_args().check
    different = {path: text for path, text in stubs().items() if not path.exists() or path.read_text() != text}
    for path, text in different.items():
        print(f"{path.name} {'is not what this script writes' if check else 'changed'}")
        if not check:
            path.write_text(text)
    return int(check and bool(different))


if __name__ == "__main__":
    sys.exit(main())
