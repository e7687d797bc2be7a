"""The GPU backend, in Triton: what the CPU's kernels compute, one strip of a tile per program.

It differs in one thing, where the search for a pixel's nearest point starts (see `paint.nearest`). It has run under
Triton's interpreter and been compiled for NVIDIA's and AMD's cards, never on one.

`strokes` prepares strokes and finds the strips they touch, `paint` walks a strip down and up again, `step` turns
what was found into moved strokes, and `placed` is what they look up; `raster` has the interface of `CpuRaster`, and
`descent` is the optimiser's loop, which stays on the device. Importing any of them imports torch and triton.
"""
