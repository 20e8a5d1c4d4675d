"""JAX on a real GPU: `fastinit.jax` there, JAX's arrays as `out`, and copies from one to the other.

JAX takes memory of the GPU for itself, so that its checks run in a process of their own: this file, as a script.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import fastinit
from fastinit.dtypes import FLOATS
from tests.cuda.gpu import QUIET, draw, needs_gpu  # noqa: F401 - fixtures are found by name

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.cuda, pytest.mark.jax, pytest.mark.usefixtures("needs_gpu"), QUIET]

NO_GPU = "JAX sees no GPU"
SHAPE = (37, 22)
NARROW = [name for name in FLOATS if name != "float64"]  # without JAX's 64-bit mode


def narrow_types(name: str) -> list[str]:
    """Those that JAX's function of this name takes: its orthogonal matrices need a QR decomposition."""
    return ["float32"] if name == "orthogonal" else NARROW


def same_bits(got: Any, expected: Any) -> None:
    got, expected = np.asarray(got), np.asarray(expected)
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
    assert got.tobytes() == expected.tobytes()


def is_on_gpu(array: Any) -> bool:
    return {device.platform for device in array.devices()} == {"gpu"}


def drawn_by_us() -> dict[str, tuple[Any, Callable[..., Any]]]:
    """Initializers of `fastinit.jax`, and what fastinit draws for them."""
    from fastinit import jax as init

    return {
        "uniform": (init.uniform(0.5), lambda **o: fastinit.uniform(SHAPE, high=0.5, **o)),
        "normal": (init.normal(0.02), lambda **o: fastinit.normal(SHAPE, std=0.02, **o)),
        "truncated_normal": (
            init.truncated_normal(0.02, None, -1.0, 3.0),
            lambda **o: fastinit.truncated_normal(SHAPE, std=0.02, lower=-1.0, upper=3.0, **o),
        ),
        "he_normal": (
            init.he_normal(),
            lambda **o: fastinit.he_normal(SHAPE, truncated=True, **o),
        ),
        "glorot_uniform": (init.glorot_uniform(), lambda **o: fastinit.glorot_uniform(SHAPE, **o)),
        "orthogonal": (init.orthogonal(), lambda **o: fastinit.orthogonal(SHAPE, **o)),
    }


def check_initializers() -> None:
    import jax

    for name, (own, expected) in drawn_by_us().items():
        for dtype in narrow_types(name):
            made = own(jax.random.key(42), SHAPE, dtype)
            assert is_on_gpu(made)
            same_bits(made, expected(seed=42, dtype=dtype))


def check_initializers_in_a_compiled_function() -> None:
    import jax

    for name, (own, expected) in drawn_by_us().items():
        for dtype in narrow_types(name):
            made = jax.jit(own, static_argnums=(1, 2))(jax.random.key(42), SHAPE, dtype)
            assert is_on_gpu(made)
            same_bits(made, expected(seed=42, dtype=dtype))


def check_float64() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    try:
        for own, expected in drawn_by_us().values():
            made = own(jax.random.key(42), SHAPE, "float64")
            assert is_on_gpu(made)
            same_bits(made, expected(seed=42, dtype="float64"))
    finally:
        jax.config.update("jax_enable_x64", False)


def check_large_arrays() -> None:
    import jax

    from fastinit import jax as init

    shape = (2**12, 2**12 + 1)
    made = init.normal(1.0)(jax.random.key(42), shape)
    assert is_on_gpu(made)
    same_bits(made, fastinit.normal(shape, seed=42))


def check_make() -> None:
    import jax

    from fastinit import jax as init

    mesh = jax.make_mesh((1,), ("x",), axis_types=(jax.sharding.AxisType.Auto,))
    shardings = (
        jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x")),
        jax.sharding.SingleDeviceSharding(jax.devices()[0]),
    )
    for sharding in shardings:
        for dtype in NARROW:
            options: dict[str, Any] = {"seed": 7, "stream": "layer.kernel", "dtype": dtype}
            made = init.make(SHAPE, sharding, init="he_normal", **options)
            assert is_on_gpu(made)
            same_bits(made, fastinit.he_normal(SHAPE, **options))


def check_arrays_are_refused_as_out() -> None:
    import jax

    for device in (jax.devices()[0], jax.devices("cpu")[0]):
        array = jax.device_put(np.full(10, 7.0, np.float32), device)
        with pytest.raises(ValueError, match=r"got an immutable jax.*; draw with fastinit and"):
            fastinit.normal(None, out=array)
        same_bits(array, np.full(10, 7.0, np.float32))


def check_memory_of_an_array_by_dlpack_into_cupy() -> None:
    import cupy
    import jax

    array = jax.block_until_ready(jax.device_put(np.full(1001, 7.0, np.float32)))
    view = cupy.from_dlpack(array)
    assert view.data.ptr == array.unsafe_buffer_pointer()
    draw("normal", None, "float32", out=view)
    assert view.tobytes() == draw("normal", 1001, "float32").tobytes()


def check_cupys_arrays_become_jaxs() -> None:
    import cupy
    import jax

    for dtype in ("float32", "float16"):
        drawn = draw("normal", SHAPE, dtype, device="cuda")
        cupy.cuda.Device().synchronize()
        for take in (jax.numpy.asarray, jax.numpy.from_dlpack):
            taken = take(drawn)
            assert is_on_gpu(taken)
            same_bits(taken, draw("normal", SHAPE, dtype))


CHECKS: dict[str, Callable[[], None]] = {
    name.removeprefix("check_"): check for name, check in list(globals().items()) if name.startswith("check_")
}


def main() -> None:
    """Runs the checks, and prints what failed in them as JSON in the last line."""
    import jax

    if jax.default_backend() != "gpu":
        print(json.dumps(NO_GPU))
        return
    failures = {}
    for name, check in CHECKS.items():
        try:
            check()
        except BaseException:  # noqa: BLE001 - pytest's own errors are no Exceptions
            failures[name] = traceback.format_exc()
    print(json.dumps(failures))


@pytest.fixture(scope="module")
def failures() -> Any:
    """The checks that failed, and how."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("needs JAX")
    environment = {
        **os.environ,
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path))),
    }
    ended = subprocess.run(
        [sys.executable, __file__],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    if found == NO_GPU:
        pytest.skip("needs JAX with CUDA")
    return found


@pytest.mark.parametrize("check", CHECKS)
def test_in_a_process_of_jaxs(check: str, failures: dict[str, str]) -> None:
    assert failures.get(check, "") == ""


if __name__ == "__main__":
    main()
