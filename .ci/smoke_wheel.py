"""Run by a Python that has a wheel installed: the wheel itself, every path of this architecture, the same bits."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fastinit
from fastinit import _core

SETS = {"x86_64": {"scalar", "avx2", "avx512"}, "aarch64": {"scalar", "neon"}}
DRAW = (
    "import fastinit, hashlib; w = fastinit.he_normal((300, 400), dtype='bfloat16', seed=1);"
    "print(fastinit.build_info()['isa'], hashlib.sha256(w.tobytes()).hexdigest())"
)


def check_threads() -> None:
    """Threads that draw at once get the values of one; a Python without the GIL goes on without it."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled(), "a module that is imported switched the GIL on"
    names = [f"layer.{k}" for k in range(200)]
    generator = fastinit.Generator(1)

    def draw(name: str) -> tuple[bytes, int]:
        return fastinit.normal(999, seed=1, stream=name).tobytes(), generator.next_stream()

    with ThreadPoolExecutor(8) as pool:
        together = [*pool.map(draw, names)]
    assert [values for values, _ in together] == [draw(name)[0] for name in names]
    assert sorted(stream for _, stream in together) == [*range(200)]


def main() -> None:
    source = Path(__file__).parents[1]
    for module in (fastinit, _core):
        assert source not in Path(str(module.__file__)).parents, f"from the source tree: {module}"
    built = {name for name, is_built, _ in _core.isas() if is_built}
    assert built == SETS[platform.machine()], f"built: {built}"
    drawn = fastinit.he_normal((300, 400), dtype="bfloat16", seed=1)
    expected = hashlib.sha256(drawn.tobytes()).hexdigest()
    for name in fastinit.build_info()["isas"].split():
        environment = {**os.environ, "FASTINIT_ISA": name}
        command = [sys.executable, "-c", DRAW]
        line = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        assert line.stdout.split() == [name, expected], line.stdout
        print(f"{name}: {expected}")
    check_threads()
    print(fastinit.build_info())


if __name__ == "__main__":
    main()
