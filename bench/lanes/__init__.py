"""Each instruction set's inner loops: what llvm-mca predicts on processors that are not here.

`python -m bench.lanes` compiles the loops of `csrc/fill_loop.h`, hands them to llvm-mca, measures
those that run on this machine (`speed.cpp`), and writes JSON; docs/benchmarks.md has its tables.
`python -m bench.lanes.compilers` compares two builds' speeds.
"""
