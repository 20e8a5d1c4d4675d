"""runtime.py, and fills on bad days: after fork, in threads, interrupted by Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastinit
from fastinit import _core, runtime

NEEDS_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def environment(**variables: str) -> dict[str, str]:
    ours = ("FASTINIT_ISA", "FASTINIT_NUM_THREADS", "OMP_NUM_THREADS")
    return {**{k: v for k, v in os.environ.items() if k not in ours}, **variables}


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs code in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def output(code: str, **variables: str) -> str:
    done = python(code, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_build_info() -> None:
    info = fastinit.build_info()
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in info.items())
    assert info["isa"] in info["isas"].split()
    assert info["stream_version"] == "2"
    assert info["threads"] == str(fastinit.get_num_threads())


def test_threads_are_set_and_do_not_change_values() -> None:
    expected = None
    for count in (1, 2, 3, 7, np.int64(2)):
        fastinit.set_num_threads(count)  # type: ignore[arg-type]
        assert fastinit.get_num_threads() == count
        drawn = fastinit.normal(3_000_001, seed=1)
        expected = drawn if expected is None else expected
        np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize(
    ("count", "kind", "message"),
    [
        (0, ValueError, "`n` must be an int in [1, 1024], got 0"),
        (-1, ValueError, "`n` must be an int in [1, 1024], got -1"),
        (2**40, ValueError, "`n` must be an int in [1, 1024]"),
        (1.0, TypeError, "`n` must be an int in [1, 1024], got 1.0"),
        (True, TypeError, "`n` must be an int in [1, 1024], got True"),
        (None, TypeError, "`n` must be an int in [1, 1024], got None"),
    ],
)
def test_bad_threads(count: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        fastinit.set_num_threads(count)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"FASTINIT_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "5"}, 5),
        ({"OMP_NUM_THREADS": "2,4"}, 2),
        ({"OMP_NUM_THREADS": "65536"}, 1024),
        ({"OMP_NUM_THREADS": "99999999999"}, 1024),
        ({"OMP_NUM_THREADS": "5", "FASTINIT_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "many", "FASTINIT_NUM_THREADS": "4"}, 4),
    ],
)
def test_threads_from_the_environment(variables: dict[str, str], expected: int) -> None:
    code = "import fastinit; print(fastinit.get_num_threads())"
    assert output(code, **variables) == str(expected)


def test_other_libraries_variable_never_stops_the_import() -> None:
    code = "import fastinit; print(fastinit.get_num_threads() >= 1)"
    for value in ("many", "0", "-1", "", "9" * 5000):
        assert output(code, OMP_NUM_THREADS=value) == "True"


@pytest.mark.parametrize("value", ["0", "-2", "many", "1.5", "1025", "65536", "99999999999"])
def test_bad_thread_variable(value: str) -> None:
    done = python("import fastinit", FASTINIT_NUM_THREADS=value)
    assert done.returncode != 0
    assert f"`FASTINIT_NUM_THREADS` must be a number from 1 to 1024, got '{value}'" in done.stderr


def test_isa_from_the_environment() -> None:
    code = (
        "import fastinit, hashlib; print(fastinit.build_info()['isa'],"
        "hashlib.sha256(fastinit.normal(100_003, seed=1).tobytes()).hexdigest())"
    )
    digests = set()
    for name in fastinit.build_info()["isas"].split():
        used, digest = output(code, FASTINIT_ISA=name).split()
        assert used == name
        digests.add(digest)
    assert len(digests) == 1


def test_bad_isa_variable() -> None:
    done = python("import fastinit", FASTINIT_ISA="mmx")
    assert done.returncode != 0
    assert "`FASTINIT_ISA` must be one of 'scalar'" in done.stderr
    assert "got 'mmx'; leave it out for the widest that runs here" in done.stderr
    assert "Traceback" in done.stderr, "a program of one's own learns where it imports fastinit"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("avx512", "this processor has no avx512: leave it out for the widest that it has"),
        ("neon", "this build has no neon, which is for another architecture: leave it out"),
        ("avx", "leave it out for the widest that runs here"),
    ],
)
def test_isa_that_does_not_run_here_says_why(name: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    isas = [("scalar", True, True), ("avx2", True, True), ("avx512", True, False)]
    monkeypatch.setattr(_core, "isas", lambda: [*isas, ("neon", False, False)])
    monkeypatch.setenv("FASTINIT_ISA", name)
    before = _core.isa()
    with pytest.raises(ValueError) as error:
        runtime.configure()
    rule = "`FASTINIT_ISA` must be one of 'scalar', 'avx2'"
    assert str(error.value) == f"{rule}, got '{name}'; {remedy}"
    assert _core.isa() == before


def test_core_refuses_what_does_not_run_here() -> None:
    before = _core.isa()
    refused = [name for name, built, supported in _core.isas() if not (built and supported)]
    for name in [*refused, "mmx", ""]:
        with pytest.raises(ValueError, match="not built or not supported by this processor"):
            _core.set_isa(name)
    assert _core.isa() == before


FORK = """
import copy, hashlib, os, sys, warnings
import fastinit

warnings.simplefilter("ignore")  # newer Pythons warn about any fork of a process with threads

def digest():
    return hashlib.sha256(fastinit.normal(5_000_003, seed=1).tobytes()).hexdigest()

fastinit.set_num_threads(2)
expected = digest()
seeded, unseeded = fastinit.Generator(3), fastinit.Generator()
copied = copy.deepcopy(unseeded)
before = fastinit.random_bits(4).tobytes()  # from the default generator, which no one seeded
fastinit.random_bits(4, seed=seeded)
read, write = os.pipe()
child = os.fork()
values = [
    expected,
    digest(),
    fastinit.random_bits(4, seed=seeded).tobytes().hex(),
    fastinit.random_bits(4, seed=unseeded).tobytes().hex(),
    fastinit.random_bits(4).tobytes().hex(),
    fastinit.random_bits(4, seed=copied).tobytes().hex(),
]
if child == 0:
    os.write(write, " ".join(values).encode())
    os._exit(0)
os.close(write)
print(*values)
print(os.fdopen(read).read())
sys.exit(os.waitpid(child, 0)[1])
"""


@NEEDS_FORK
def test_fork_after_threaded_fills() -> None:
    parent, child = (line.split() for line in output(FORK).splitlines())
    assert parent[0] == parent[1] == child[0] == child[1]
    assert parent[2] == child[2], "a seeded generator goes on alike in both"
    assert parent[3] != child[3], "an unseeded one starts anew in the child"
    assert parent[4] != child[4], "so does the unseeded default"
    assert parent[5] != child[5], "and a copy of an unseeded one"


FORK_IN_A_HANDLER = """
import hashlib, os, signal, time, warnings
import numpy as np
import fastinit

warnings.simplefilter("ignore")  # newer Pythons warn about any fork of a process with threads
out = np.zeros(2**25, np.uint8)
children = []

def fork(*_):
    children.append(os.fork())

def digest():
    fastinit.truncated_normal(None, seed=1, out=memoryview(out), dtype="float8_e5m2")
    return hashlib.sha256(out).hexdigest()

expected = digest()
out[:] = 0
signal.signal(signal.SIGALRM, fork)
signal.setitimer(signal.ITIMER_REAL, 0.1)
right = digest() == expected
while not children:
    time.sleep(0.01)
if children == [0]:
    os._exit(0 if right and digest() == expected else 1)
print(right, os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
"""


@NEEDS_FORK
@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_fork_in_a_signal_handler_during_a_fill(threads: str) -> None:
    """Parent and child both finish the fill, with all of its values."""
    variables = {"FASTINIT_ISA": "scalar", "FASTINIT_NUM_THREADS": threads}
    assert output(FORK_IN_A_HANDLER, **variables) == "True 0"


FEW_THREADS = """
import hashlib, os, resource
import fastinit

def digest():
    return hashlib.sha256(fastinit.normal(5_000_003, seed=1).tobytes()).hexdigest()

fastinit.set_num_threads(1)
expected = digest()
resource.setrlimit(resource.RLIMIT_AS, (8 << 30,) * 2)
fastinit.set_num_threads(64)
child = os.fork() if FORKED else 0
if not FORKED or child == 0:
    right = [digest() == expected for _ in range(3)]
    fastinit.set_num_threads(2)
    right.append(digest() == expected)
    fastinit.set_num_threads(1024)
    right.append(digest() == expected)
    os._exit(0 if all(right) else 1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) % 256)
"""


@NEEDS_FORK
@pytest.mark.parametrize("forked", [False, True])
def test_fill_with_fewer_threads_than_asked_for(forked: bool) -> None:
    """Each thread wants a stack of 1 GiB, of which there is room for a few."""
    code = f"FORKED = {forked}\n{FEW_THREADS}"
    done = subprocess.run(
        ["sh", "-c", 'ulimit -s 1048576 && exec "$@"', "sh", sys.executable, "-c", code],
        env=environment(OPENBLAS_NUM_THREADS="1"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


AT_EXIT = """
import threading, time
import numpy as np
import fastinit

def work(out):
    while True:
        DRAW(None, seed=1, out=out)

for _ in range(2):
    threading.Thread(target=work, args=(np.empty(200_000, np.float32),), daemon=True).start()
time.sleep(0.1)
"""


@pytest.mark.parametrize("draw", ["normal", "zeros"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_exit_while_daemon_threads_fill(draw: str, threads: str) -> None:
    for _ in range(3):
        code = AT_EXIT.replace("DRAW", f"fastinit.{draw}")
        done = python(code, FASTINIT_NUM_THREADS=threads)
        assert (done.returncode, done.stderr) == (0, "")


def test_fills_from_many_threads_at_once() -> None:
    shape = (257, 1031)
    expected = [fastinit.normal(shape, seed=seed) for seed in range(8)]
    fastinit.set_num_threads(2)
    start = threading.Barrier(8)

    def work(seed: int) -> bool:
        start.wait()
        return all(np.array_equal(fastinit.normal(shape, seed=seed), expected[seed]) for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_fill_releases_the_interpreter() -> None:
    fastinit.set_num_threads(1)
    out = np.empty(2**26, np.float32)
    span: list[float] = []

    def work() -> None:
        span.append(time.perf_counter())
        fastinit.truncated_normal(None, seed=1, out=out)
        span.append(time.perf_counter())

    thread = threading.Thread(target=work)
    thread.start()
    ticks = []
    while thread.is_alive():
        ticks.append(time.perf_counter())
        time.sleep(0.001)
    thread.join()
    margin = (span[1] - span[0]) / 4
    assert any(span[0] + margin < tick < span[1] - margin for tick in ticks)


LONG = """
import signal
import numpy as np
import fastinit

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
out = np.zeros(2**29, np.uint8)
print("started", flush=True)
try:
    fastinit.truncated_normal(None, seed=1, out=memoryview(out), dtype="float8_e5m2")
except KeyboardInterrupt:
    print("interrupted", flush=True)
else:
    print("finished", flush=True)
"""


@pytest.mark.parametrize("threads", ["1", "2"])
def test_interrupt_stops_a_fill_within_a_second(threads: str) -> None:
    variables = environment(FASTINIT_ISA="scalar", FASTINIT_NUM_THREADS=threads)
    with subprocess.Popen([sys.executable, "-c", LONG], env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        time.sleep(0.3)
        sent = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
        assert time.perf_counter() - sent < 1.0
