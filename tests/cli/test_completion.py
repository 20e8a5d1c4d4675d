"""Completion in the shells themselves, as far as they are installed; CI has all three."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sysconfig
from typing import TYPE_CHECKING

import pytest

from fastinit.cli import main
from fastinit.cli.parser import COMMANDS, SHELLS
from tests.cli.commands import environment

if TYPE_CHECKING:
    from pathlib import Path

# A line that ends where the tabulator is pressed, what must be offered, and what must not.
OFFERS: dict[str, tuple[set[str], set[str]]] = {
    "fastinit ": ({*COMMANDS}, {"my.toml"}),
    "fastinit pl": ({"plan"}, {"probe"}),
    "fastinit init --r": ({"--resume"}, {"--force"}),
    "fastinit plan ": ({"gpt2", "llama-3.2-1b", "my.toml", "folder/"}, {"other.txt"}),
    "fastinit plan --dtype b": ({"bfloat16", "bf16"}, {"float32"}),
    "fastinit plan --layout ": ({"torch", "keras"}, {"gpt2"}),
    "fastinit plan gpt2 --preset meg": ({"megatron", "megatron-mup"}, {"mup"}),
    "fastinit init --like ": ({"folder/"}, {"other.txt"}),
    "fastinit probe --config o": ({"other.txt"}, {"folder/"}),
    "fastinit completion ": ({*SHELLS}, {"my.toml"}),
    "fastinit help v": ({"verify"}, {"init"}),
}
COMPLETED = {
    "fastinit veri\t": "fastinit verify",
    "fastinit plan gp\t--dty\tbfl\t": "fastinit plan gpt2 --dtype bfloat16",
    "fastinit init my\tout --forc\t": "fastinit init my.toml out --force",
    "fastinit stats fol\t": "fastinit stats folder/",
}
BASH = """
eval "$(fastinit completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=63 COMP_WORDS=($1)
[ "${1: -1}" != " " ] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p fastinit)
function=${function##*-F }
function=${function%% *}
"$function" fastinit "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'fastinit completion fish | source; complete -C "$argv[1]"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    for name in ("my.toml", "other.txt"):
        (tmp_path / name).touch()
    return tmp_path


def of_path(folder: Path) -> dict[str, str]:
    """An environment in which `fastinit` is the command of this installation, and no shell reads a user's files."""
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    return environment(PATH=path, HOME=str(folder), TERM="dumb")


def offered(shell: str, line: str, folder: Path) -> set[str]:
    """What a shell offers after a line."""
    words = {"bash": ["bash", "--norc", "-c", BASH, "bash", line], "fish": ["fish", "-N", "-c", FISH, line]}[shell]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=folder, env=of_path(folder))
    return {text.split("\t")[0].strip() for text in done.stdout.splitlines()}


def installed(*shells: str) -> list[str]:
    return [shell for shell in shells if shutil.which(shell)]


@pytest.mark.parametrize("line", OFFERS)
@pytest.mark.parametrize("shell", installed("bash", "fish"))
def test_shell_offers_what_may_come_next(shell: str, line: str, folder: Path) -> None:
    wanted, unwanted = OFFERS[line]
    found = offered(shell, line, folder)
    assert wanted <= found
    assert found.isdisjoint(unwanted)


@pytest.mark.parametrize("typed", COMPLETED)
@pytest.mark.parametrize("shell", installed("zsh"))
def test_shell_completes_what_is_typed(shell: str, typed: str, folder: Path) -> None:
    ours, theirs = pty.openpty()
    words = [shell, "-f", "-i"]
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=of_path(folder), start_new_session=True
    )
    os.close(theirs)
    # What was typed goes to a file in the end: the screen has much else. Ctrl-A goes to the start of the line.
    set_up = 'bindkey -e; autoload -U compinit; compinit -u; eval "$(fastinit completion zsh)"\n'
    os.write(ours, f"{set_up}{typed}\x01print -r -- \x05 > typed\nexit\n".encode())
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # it has ended
        pass
    os.close(ours)
    assert process.wait() == 0
    assert (folder / "typed").read_text().strip() == COMPLETED[typed]


@pytest.mark.parametrize("shell", SHELLS)
def test_script_of_every_shell_names_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "fastinit" in capsys.readouterr().out
