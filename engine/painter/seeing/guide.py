"""Words as a guide: how far what is seen of a canvas is from what they mean, to a network of the CLIP family.

As CLIPDraw and FRIDA do it: not the canvas is shown but a few views of it, each a random part that is seen at a slant,
so that no single view can be pleased by noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from impasto.engine.segment.features import one_thread
from impasto.engine.shapes import Colours

if TYPE_CHECKING:
    from impasto.engine.segment.networks.clip import Clip

f4 = np.float32
VIEWS = 4
SMALLEST = 0.6  # side of a view, of the canvas's shorter one
SLANT = 0.08  # how far a view's corners may be astray, of its side


class Guide:
    """The mean of 1 − cosine between words and some views. Of views only what a canvas shows decides.

    words: one text. Bits do not depend on the number of threads: torch has one.
    """

    def __init__(self, words: str, network: Clip) -> None:
        self._network, self._meant = network, network.of_texts([words])

    def value_and_gradient(self, canvas: Colours) -> tuple[float, Colours]:
        """See `Sense`."""
        return self.seen(canvas, crc32(np.ascontiguousarray(canvas).data))

    def seen(self, canvas: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
        """The same in views that are drawn by this seed."""
        rng, side = np.random.default_rng(seed), self._network.side
        with one_thread(), torch.enable_grad():
            shown = torch.from_numpy(np.array(canvas, f4))[None].requires_grad_(True)
            step = max(1, min(canvas.shape[1:]) // (2 * side))  # finer than that, pixels would be skipped
            small = functional.interpolate(shown, [max(1, n // step) for n in canvas.shape[1:]], mode="area")
            views = torch.cat([_view(small, side, rng) for _ in range(VIEWS)])
            loss = 1 - (self._network.of_pixels(views) @ self._meant[0]).mean()
            (slope,) = torch.autograd.grad(loss, shown)
        return float(loss.detach()), np.nan_to_num(slope[0].numpy())


def _view(canvas: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A random part (1, 3, side, side) of a canvas (1, 3, H, W), mirrored or not, its corners astray."""
    height, width = canvas.shape[2:]
    size = rng.uniform(SMALLEST, 1) * min(height, width)
    left, top = rng.uniform(0, width - size), rng.uniform(0, height - size)
    corners = np.array([[[0, 0], [1, 0]], [[0, 1], [1, 1]]]) + rng.uniform(-SLANT, SLANT, (2, 2, 2))  # y, x, (x, y)
    if rng.random() < 0.5:
        corners = corners[:, ::-1]
    place = (corners * size + (left, top)) / (width, height) * 2 - 1
    across = (np.arange(side) + 0.5) / side
    rows = place[0] + (place[1] - place[0]) * across[:, None, None]
    grid = rows[:, None, 0] + (rows[:, None, 1] - rows[:, None, 0]) * across[None, :, None]
    return functional.grid_sample(
        canvas, torch.from_numpy(grid.astype(f4))[None], padding_mode="reflection", align_corners=False
    )
