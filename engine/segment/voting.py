"""The inner loop of edges.py, compiled: what the pixels around say of a pixel's region."""

import numpy as np

from impasto.engine.compiling import kernel

_STEPS, _END = 256, 12  # of the table below, to the unit; where e^-x is as good as nothing
_POWERS = np.exp(-(np.arange(_STEPS * _END) + 0.5) / _STEPS).astype(np.float32)  # to .2 %, at half the cost


@kernel
def count_votes(
    at: np.ndarray, labels: np.ndarray, colours: np.ndarray, steps: np.ndarray, near: np.ndarray, tolerance: np.float32,
    votes: np.ndarray,
) -> None:  # fmt: skip
    """Add up in votes (N, K) float32 what the pixels around pixels `at` (N,) int64 say, each for its own region.

    labels: (P,) uint8 of all pixels, colours: (P, 3) float32 of theirs; steps: (M,) int64 from a pixel to those that
    are asked; near: (M,) float32, what the vote of one so far away counts; tolerance: a half over the square of the
    standard deviation between colours.
    """
    scale, last = np.float32(_STEPS) * tolerance, np.float32(_STEPS * _END - 1)
    for n in range(at.shape[0]):
        a = at[n]
        x, y, z = colours[a, 0], colours[a, 1], colours[a, 2]
        for m in range(steps.shape[0]):
            b = np.uint64(a + steps[m])
            dx, dy, dz = colours[b, 0] - x, colours[b, 1] - y, colours[b, 2] - z
            far = min(scale * (dx * dx + dy * dy + dz * dz), last)
            votes[n, labels[b]] += _POWERS[np.uint64(far)] * near[m]
