"""fastinit: in place with `out=`, or as a whole call that makes the array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fastinit

from ..check import CONSTANT
from . import Prepared, ready_array

if TYPE_CHECKING:
    from ..cases import Subject, Work

PARAMETERS: dict[str, dict[str, Any]] = {"constant": {"value": CONSTANT}}


def versions() -> dict[str, str]:
    build = fastinit.build_info()
    return {"fastinit": f"{build['version']} ({build['isa']}, {build['compiler']})"}


def prepare(work: Work, subject: Subject) -> Prepared:
    fastinit.set_num_threads(subject.threads)
    initializer, options = getattr(fastinit, work.kind), PARAMETERS.get(work.kind, {})
    if subject.variant == "fresh":
        return Prepared(lambda: initializer(work.shape, **options))
    array = ready_array(work)
    return Prepared(lambda: initializer(None, out=array, **options))
