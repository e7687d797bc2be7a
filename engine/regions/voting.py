"""The inner loop of edges.py, compiled: what the pixels around say of a pixel's region."""

import numpy as np

from engine.raster.compiling import kernel


@kernel
def count_votes(
    at: np.ndarray, labels: np.ndarray, colours: np.ndarray, steps: np.ndarray, far: np.ndarray, tolerance: np.float32,
    votes: np.ndarray,
) -> None:  # fmt: skip
    """Add up in votes (N, K) float32 what the pixels around pixels `at` (N,) int64 say, each for its own region.

    labels: (P,) uint8 of all pixels, colours: (P, 3) float32 of theirs; steps: (M,) int64 from a pixel to those that
    are asked; far: (M,) float32, the square of their distance in standard deviations, halved; tolerance: the
    same for a difference of one between colours.
    """
    for n in range(at.shape[0]):
        a = at[n]
        x, y, z = colours[a, 0], colours[a, 1], colours[a, 2]
        for m in range(steps.shape[0]):
            b = a + steps[m]
            dx, dy, dz = colours[b, 0] - x, colours[b, 1] - y, colours[b, 2] - z
            votes[n, labels[b]] += np.exp(-(tolerance * (dx * dx + dy * dy + dz * dz) + far[m]))
