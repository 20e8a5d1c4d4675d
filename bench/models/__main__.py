"""`python -m bench.models`: try the models of the libraries that are installed, or make the page of a result."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import metadata
from typing import Any

from bench import frontend, machine
from fastinit.progress import progress_bar

from . import cases, report, sources
from .pool import tried

SECONDS = 120
SAVED_EVERY = 10.0  # seconds


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench.models", description=__doc__)
    add = top.add_argument
    which = top.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every model of every library (the default)")
    which.add_argument("--sample", action="store_true", help=f"the {len(cases.SAMPLE)} models that CI tries")
    add("--only", metavar="PATTERN", help='those with this regular expression in "source name"')
    add("--jobs", type=int, default=1, metavar="N", help="processes at a time (default 1)")
    add("--seconds", type=float, default=SECONDS, metavar="S", help=f"at most, for a model (default {SECONDS})")
    add("--resume", action="store_true", help="keep what the file of --json has, of a run that was stopped")
    add("--require-peers", action="store_true", help="a library of the sample that is not installed is an error")
    frontend.add_files(top)
    return top


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Tries the models, and saves the result as it grows."""
    chosen = cases.sample() if options.sample else cases.all_cases()
    if options.only:
        chosen = cases.matching(chosen, options.only)
    names = list(dict.fromkeys(case.source for case in chosen))
    started = saved = time.monotonic()
    result: dict[str, Any] = {
        "schema": 1,
        "complete": not (options.sample or options.only),
        "jobs": options.jobs,
        "seconds": 0.0,
        "machine": machine.describe(),
        "versions": _versions(names),
        "columns": {name: sources.load(name).COLUMNS for name in names},
        "models": {name: {} for name in names},
    }
    before = 0.0
    if options.resume:
        earlier = json.loads(options.json.read_text())
        if earlier["versions"] != result["versions"]:
            raise SystemExit(f"{options.json} has results of other versions; start anew, without --resume")
        before = earlier["seconds"]
        result |= {key: earlier[key] for key in ("machine", "models", "seconds")}
        chosen = [case for case in chosen if case.name not in result["models"][case.source]]
    with progress_bar("trying models", len(chosen), is_hidden=False) as advance:
        for number, (case, outcome) in enumerate(tried(chosen, options.jobs, options.seconds), 1):
            result["models"][case.source][case.name] = vars(outcome)
            now = time.monotonic()
            result["seconds"] = round(before + now - started, 1)
            advance(1, str(case))
            why = "; ".join(f"{step}: {text}" for step, text in outcome.failed.items())
            frontend.note(f"{number}/{len(chosen)} {case}{' - ' if why else ''}{why}")
            if now - saved > SAVED_EVERY:
                frontend.save(options, result, "models-", report.dumps)
                saved = now
    return result


def _versions(names: list[str]) -> dict[str, str]:
    packages = dict.fromkeys(package for name in names for package in sources.load(name).PACKAGES)
    return {package: metadata.version(package) for package in packages}


def errors(result: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """What makes the exit status 1: what passed in the committed result, and libraries that had to be there."""
    committed = options.docs / f"{report.NAME}.json"
    found = list(report.lost(result, json.loads(committed.read_text()))) if committed.exists() else []
    if options.require_peers:
        lacking = {package for case in cases.SAMPLE for package in sources.missing(case.source)}
        found += [f"{package} is not installed" for package in sorted(lacking)]
    return found


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if options.render:
        return frontend.render(options, report.render)
    if options.resume and not options.json:
        parser().error("--resume needs --json FILE")
    result = run(options)
    return frontend.finish(
        options, result, report.page(result), prefix="models-", errors=errors(result, options), text=report.dumps
    )


if __name__ == "__main__":
    sys.exit(main())
