"""The inner loops of each instruction set, with llvm-mca's predictions for processors that this machine lacks.

`python -m bench.lanes` compiles the loops of `csrc/fill_loop.h`, hands them to llvm-mca, measures
the loops that run on this machine (`speed.cpp`), and writes JSON. docs/benchmarks.md has its tables.
`python -m bench.lanes.compilers` compares two builds' speeds.
"""
