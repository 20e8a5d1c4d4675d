"""Chores by one command each: `nox -s NAME`; `nox --list` shows them all.

Each makes an environment of its own, once. In one that has everything already: `nox --no-venv -s NAME`.
"""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types"]

FRAMEWORKS = ("torch", "keras", "jax")


def install(session: nox.Session, *packages: str) -> None:
    """What the chore needs, but in an environment that is not its own."""
    if session.virtualenv.venv_backend != "none":
        session.install(*packages)


@nox.session
def tests(session: nox.Session) -> None:
    """The quick tests; what follows -- is pytest's."""
    install(session, ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """The tests with torch, keras and jax, or of one: `nox -s frameworks -- torch`."""
    names = session.posargs or FRAMEWORKS
    extras = {*names, "torch"} if "keras" in names else names  # a backend for Keras
    install(session, f".[test,{','.join(sorted(extras))}]")
    session.run("pytest", "-m", " or ".join(names))


@nox.session
def slow(session: nox.Session) -> None:
    """10^8 words of every accuracy claim, 10^9 draws of statistics: minutes."""
    install(session, ".[test]")
    session.run("pytest", "-s", "-m", "slow", "--durations=10", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The examples in docstrings and in the pages."""
    install(session, ".[test]")
    session.run("pytest", "tests/project", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """The documentation site, into build/site, and its tests in Chromium, which must be installed."""
    install(session, ".[docs,torch,keras,jax,plot]")
    session.run("sphinx-build", "--fail-on-warning", "--keep-going", "--fresh-env", "docs", "build/site")
    session.run("pytest", "docs/_site", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Formatters and linters, mypy and the levels of imports among them."""
    install(session, "pre-commit>=4")
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """The core's stub against what was built; from where no source shadows the installed package."""
    install(session, ".[test]")
    session.chdir(session.create_tmp())
    session.run("python", "-m", "mypy.stubtest", "fastinit._core")


@nox.session
def core(session: nox.Session) -> None:
    """The core's own tests by presets of CMake, such as `nox -s core -- sanitize`; `dev` without a name."""
    install(session, "cmake>=3.26", "ninja")
    for preset in session.posargs or ["dev"]:
        session.run("cmake", "--workflow", "--preset", preset)


@nox.session
def audit(session: nox.Session) -> None:
    """The rules and issue slots of the CUDA kernels; -- --write puts them into the docs."""
    install(session, ".[test]")
    session.run("python", "tools/audit_cuda.py", *(session.posargs or ["--check"]))


@nox.session
def bench(session: nox.Session) -> None:
    """Whether the benchmarks work and their results are right; their speeds say little."""
    install(session, ".[bench]")
    for command in (("bench", "--quick"), ("bench.adapters", "--quick"), ("bench.models", "--sample")):
        session.run("python", "-m", *command, *session.posargs)
