"""A few instructions on arrays of operands: thread i works on the arrays' element i."""

from __future__ import annotations

import struct

import numpy as np

from tests.cuda.ptx.machine import launch
from tests.cuda.ptx.memory import Memory
from tests.cuda.ptx.parser import parse

TEMPLATE = """
.version 9.0
.target sm_90
.address_size 64
.visible .entry single({parameters})
{{
    .reg .b64 %address, %offset;
    .reg .b32 %thread, %flag;
{body}
    ret;
}}
"""


def run(body: str, result: str, **inputs: np.ndarray) -> np.ndarray:
    """Runs the instructions once per element and returns what they leave in register `%d`.

    Args:
        body: PTX that writes `%d` and reads registers named as the inputs are; the predicates `%p`
            and `%q` and the 32-bit registers `%s0` to `%s3` are there for what lies between.
        result: The NumPy type of `%d`: "bool" makes it a predicate.
        inputs: Each register's values, of the width of their type.
    """
    count = max(len(values) for values in inputs.values())
    arrays = {name: np.array(np.broadcast_to(values, count)) for name, values in inputs.items()}
    out = np.zeros(count, result)
    lines = ["mov.u32 %thread, %ctaid.x;", ".reg .b32 %s<4>;", ".reg .pred %p, %q;"]
    memory, arguments = Memory(), []
    for name, array in {**arrays, "d": out}.items():
        arguments.append(array.ctypes.data)
        memory.add(array, writable=array is out)
        kind = "pred" if array.dtype == bool else f"b{max(8 * array.itemsize, 16)}"
        lines.append(f".reg .{kind} %{name};")
    for name, array in arrays.items():
        lines += [_locate(name, array), _load(name, array)]
    lines += [body, _locate("d", out), _store("d", out)]
    parameters = ", ".join(f".param .u64 {name}_array" for name in (*arrays, "d"))
    kernel = parse(TEMPLATE.format(parameters=parameters, body="\n".join(lines))).kernels["single"]
    launch(kernel, count, 1, struct.pack(f"<{len(arguments)}Q", *arguments), memory)
    return out


def _locate(name: str, array: np.ndarray) -> str:
    return f"""
    ld.param.u64 %address, [{name}_array];
    mul.wide.u32 %offset, %thread, {array.itemsize};
    add.s64 %address, %address, %offset;"""


def _load(name: str, array: np.ndarray) -> str:
    if array.dtype == bool:
        return f"    ld.u8 %flag, [%address];\n    setp.ne.u32 %{name}, %flag, 0;"
    return f"    ld.u{8 * array.itemsize} %{name}, [%address];"


def _store(name: str, array: np.ndarray) -> str:
    if array.dtype == bool:
        return f"    selp.u32 %flag, 1, 0, %{name};\n    st.u8 [%address], %flag;"
    return f"    st.u{8 * array.itemsize} [%address], %{name};"
