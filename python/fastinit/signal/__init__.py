"""Checks whether a model passes its signal on: measurements, findings, tables, pictures. Imports no framework."""

from __future__ import annotations

from fastinit.signal.growth import Growth
from fastinit.signal.judged import UnhealthyError
from fastinit.signal.readings import Reading, Stage, Weight
from fastinit.signal.records import Record, read_records
from fastinit.signal.report import ProbeReport
from fastinit.signal.training_plot import plot_records
from fastinit.signal.verdict import Finding

__all__ = [
    "Finding",
    "Growth",
    "ProbeReport",
    "Reading",
    "Record",
    "Stage",
    "UnhealthyError",
    "Weight",
    "plot_records",
    "read_records",
]
