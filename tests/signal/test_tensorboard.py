"""Event files, read back by a reader of their formats and by TensorBoard's own."""

from __future__ import annotations

import dataclasses
import math
import random
from typing import TYPE_CHECKING

import pytest

from fastinit.signal.records import Record, record_of
from fastinit.signal.tensorboard import EventFile, crc32c, frame
from tests.signal.event_files import crc_bit_by_bit, read
from tests.signal.reports import growing

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = [
    dataclasses.replace(record_of(growing(factor), step, 1e9 + step), verdict=f"growth \u00d7{factor}")
    for step, factor in ((0, 1.0), (127, 0.5), (128, 2.0), (3_000_000_000, 1 / 3))
]


def written(folder: Path) -> Path:
    file = EventFile(folder)
    for record in RECORDS:
        file.write(record)
    file.close()
    (path,) = folder.iterdir()
    return path


# RFC 3720, appendix B.4, and the customary check value.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0x00000000),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_checksums_are_the_known_answers(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_checksums_equal_a_division_bit_by_bit() -> None:
    draw = random.Random(0)
    for size in range(50):
        data = draw.randbytes(size)
        assert crc32c(data) == crc_bit_by_bit(data)


def test_a_frame_has_the_bytes_of_the_specification() -> None:
    """The record of "abc", as tensorboard's RecordWriter frames it."""
    assert frame(b"abc").hex(" ", 4) == "030000 00000000 00b09949 0e616263 6e57f121"


def test_events_are_read_back_by_another_reader(tmp_path: Path) -> None:
    first, *events = read(written(tmp_path / "run"))
    assert first["version"] == b"brain.Event:2"
    assert first["scalars"] == {}
    for event, record in zip(events, RECORDS, strict=True):
        assert (event["time"], event["step"]) == (record.time, record.step)
        assert event["texts"] == {"health/verdict": record.verdict}
        expected = {f"{group}/{name}": x for group, some in record.figures.items() for name, x in some.items()}
        expected["health/healthy"] = float(record.is_healthy)
        assert event["scalars"] == {tag: pytest.approx(value, rel=1e-6) for tag, value in expected.items()}


def test_each_event_is_in_the_file_when_it_was_written(tmp_path: Path) -> None:
    file = EventFile(tmp_path)
    for count, record in enumerate(RECORDS, 2):
        file.write(record)
        assert len(read(file.path)) == count
    file.close()


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    files = [EventFile(tmp_path) for _ in range(3)]
    assert len(list(tmp_path.iterdir())) == 3
    for file in files:
        assert "tfevents" in file.path.name  # what TensorBoard looks for
        file.close()


def test_values_that_are_not_finite_stay_what_they_are(tmp_path: Path) -> None:
    file = EventFile(tmp_path)
    file.write(Record(0, 0.0, "", False, (), {"activations": {"nan": math.nan}}))
    file.close()
    assert math.isnan(read(file.path)[1]["scalars"]["activations/nan"])


def test_tensorboard_reads_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    written(tmp_path)
    found = EventAccumulator(str(tmp_path))
    found.Reload()
    steps = [(event.wall_time, event.step, event.value) for event in found.Scalars("activations/layers.7")]
    assert steps == [
        (record.time, record.step, pytest.approx(record.figures["activations"]["layers.7"])) for record in RECORDS
    ]
    assert len(found.Tags()["scalars"]) == 1 + sum(map(len, RECORDS[0].figures.values()))
    texts = [event.tensor_proto.string_val[0].decode() for event in found.Tensors("health/verdict")]
    assert texts == [record.verdict for record in RECORDS]
    metadata = found.SummaryMetadata("health/verdict")
    assert (metadata.plugin_data.plugin_name, metadata.data_class) == ("text", 2)  # DATA_CLASS_TENSOR


@pytest.mark.parametrize("value", [3.5e38, -1e300])
def test_numbers_beyond_float32_are_infinite(tmp_path: Path, value: float) -> None:
    file = EventFile(tmp_path)
    file.write(Record(0, 0.0, "", False, (), {"gradients": {"a": value}}))
    file.close()
    assert read(file.path)[1]["scalars"]["gradients/a"] == math.copysign(math.inf, value)
