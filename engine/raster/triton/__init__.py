"""The GPU backend, in Triton: the same formulas as the CPU's, one strip of a tile per program.

`strokes` prepares strokes and finds the strips they touch, `paint` walks a strip down and up again, `step` turns
what was found into moved strokes; `raster` has the interface of `CpuRaster`, and `descent` is the optimiser's loop,
which stays on the device. Importing any of them imports torch and triton.
"""
