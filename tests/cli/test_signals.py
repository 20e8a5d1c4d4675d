"""Ctrl-C and a terminal that is closed: one line or none, the code of the signal, and a run that can be resumed."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands import environment, run

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = """
seed = 1
dtype = "float32"
[tensors]
"w{0..999}" = [1000, 1000]
[[rule]]
match = "*"
init = "normal"
std = 0.02
"""
SMALL = RECIPE.replace("999", "3")
HANGS_UP = """
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it is ignored
from fastinit.cli import main
sys.exit(main())
"""


def test_closed_terminal_leaves_a_run_that_is_resumed(tmp_path: Path) -> None:
    recipe, out = tmp_path / "r.toml", tmp_path / "out"
    recipe.write_text(RECIPE)
    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", HANGS_UP, "init", str(recipe), str(out), "--shard-size", "4MB"]
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(TERM="xterm"), start_new_session=True
    )
    os.close(theirs)
    try:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("out.partial/*.safetensors"))) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.close(ours)
        process.send_signal(signal.SIGHUP)  # as the kernel does where it is the terminal of the session
        assert process.wait(60) == 129
    finally:
        process.kill()
        process.wait()
    finished = len(list(tmp_path.glob("out.partial/*.safetensors")))
    assert 2 <= finished < 1000
    # The rest would take its time: another recipe is told how to go on.
    recipe.write_text(SMALL)
    done = run("init", recipe, out, "--resume", "--shard-size", "4MB")
    assert done.returncode == 1
    assert "use --force to start anew" in done.stderr


ENTRY = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Signals:
    def find_spec(self, name, *_):
        if name == os.environ["STOPS_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Signals())
sys.argv[0] = "fastinit"
runpy.run_module("fastinit", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    "module", ["fastinit.cli.run", "argparse", "fastinit.cli.commands", "fastinit.checkpoint.plan"]
)
def test_interruption_of_imports_is_one_line(module: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(SMALL)
    words = ["init", tmp_path / "r.toml", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(STOPS_AT=module),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "fastinit: error: interrupted\n")
    assert os.listdir(tmp_path) == ["r.toml"]
