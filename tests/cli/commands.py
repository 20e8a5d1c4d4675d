"""Runs commands: in this process, as a process, and in a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, NamedTuple

from fastinit.cli import main

if TYPE_CHECKING:
    import pytest

_PLAIN = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM"}  # not of the one who runs the tests


class Shown(NamedTuple):
    """What a command has shown in a terminal, and its exit code."""

    code: int
    text: str


def environment(**more: str) -> dict[str, str]:
    """The environment without what changes how output looks."""
    return {name: text for name, text in os.environ.items() if name not in _PLAIN} | more


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a process of its own, whose output is piped."""
    return subprocess.run(
        [sys.executable, "-m", "fastinit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**more),
    )


def in_terminal(columns: int, *words: object, **more: str) -> Shown:
    """Runs a program in a terminal of a width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        list(map(str, words)),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**{"TERM": "xterm-256color", **more}),
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    os.close(ours)
    return Shown(process.wait(), shown.decode().replace("\r\n", "\n"))


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """Runs a command that must fail, and returns the one line that it prints."""
    try:
        result = main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        result = int(exit_.code or 0)
    output = capsys.readouterr()
    assert (result, output.out) == (code, "")
    assert output.err.count("\n") == 1
    assert output.err.startswith("fastinit: error: ")
    return output.err
