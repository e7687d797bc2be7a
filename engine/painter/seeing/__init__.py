"""What the eye sees and no pixel by itself: senses look at whole canvases and say how these should change.

Like pixels' losses they move strokes, `engine.painter.descent` adds both. A sense is a class of a file here; `_sense`
makes those that a style asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.losses import Loss, PixelLoss
from impasto.engine.painter.seeing.gradient import Gradients
from impasto.engine.painter.seeing.sense import Sense
from impasto.engine.painter.seeing.ssim import Ssim
from impasto.engine.painter.targets import Target
from impasto.engine.shapes import Ground, RegionOf, Table
from impasto.engine.styles.gram import unpacked
from impasto.engine.styles.losses import LossSettings

if TYPE_CHECKING:
    from impasto.engine.raster.devices import Raster

f4 = np.float32
SIDE = 512  # pixels of the longer side of the canvas that is looked at, at most
EVERY = 2  # steps after which it is looked at again; until then strokes remember what was seen
EVERY_GUIDED = 8  # with a guide, which takes as long as all else in so many steps together


class Sight:
    """What the senses of a style say about strokes on a canvas of some size.

    target: the picture on that canvas; loss: of the style; pixels: what is minimised besides; threads: as for the
    rasteriser; finish: whether it is the finish, when more counts. Each sense's gradient is scaled, so that in the mean
    over the canvas it is `weight` times that of `pixels`: what a weight means does not depend on the picture, nor on
    how far it is painted.

    Raises ImpastoError if a sense needs what is not installed or has not been fetched.
    """

    def __init__(
        self, target: Target, loss: LossSettings, pixels: Loss, threads: int | None = None, finish: bool = True
    ) -> None:
        self._target, self._pixels = target, pixels
        self.every = EVERY_GUIDED if "guide" in loss.counted(finish) else EVERY
        self._weight = target.importance if target.matters is None else target.importance * target.matters
        self._scale = 1 / max(3 * float(target.importance.sum(dtype=np.float64)), 1e-9)
        self._senses = [
            (weight, _sense(name, target, self._weight, loss, threads)) for name, weight in loss.counted(finish).items()
        ]

    def slope(
        self, canvas_of: Callable[..., Raster], table: Table, ground: Ground, region: RegionOf | None,
        interrupt: Callable[[], bool],
    ) -> Table:  # fmt: skip
        """The senses' gradient (N, 13) of strokes (N, 13) over a ground (4,) that is opaque.

        canvas_of: makes rasters, see `Descent.raster`; region: (N,), which of the target's regions each stroke belongs
        to; None if there is one. Senses see all regions' paint, each as much as it shows, and the picture elsewhere.
        Raises Interrupted.
        """
        target, longer = self._target, max(self._target.height, self._target.width)
        shown, found = target.colours.copy(), np.zeros_like(table)
        painted = []
        for k, own in enumerate(target.own):
            mine = slice(None) if region is None else np.flatnonzero(region == k)
            if own.pixels.size == 0 or len(table[mine]) == 0:
                continue
            raster = canvas_of(
                *own.pixels.shape, scale=longer, first_row=own.top, first_column=own.left, interrupt=interrupt
            )
            place = slice(None), slice(own.top, own.bottom), slice(own.left, own.right)
            canvas = raster.forward(table[mine], ground)[:3]
            shown[place] += own.pixels * (canvas - target.colours[place])
            painted.append((raster, mine, place, own.pixels))
        back = np.concatenate([self._seen(shown), np.zeros_like(shown[:1])])
        for raster, mine, place, share in painted:
            found[mine] = raster.backward(table[mine], ground, np.ascontiguousarray(back[place] * share))
        return found

    def _seen(self, shown: np.ndarray) -> np.ndarray:
        """The gradient (3, H, W) of all senses together, in what is shown (3, H, W)."""
        usual, found = self._of_pixels(shown), np.zeros_like(shown)
        for weight, sense in self._senses:
            _, slope = sense.value_and_gradient(shown)
            size = float(np.abs(slope).sum(dtype=np.float64))
            if size > 0:
                found += slope * f4(weight * usual / size)
        return found

    def _of_pixels(self, shown: np.ndarray) -> float:
        """The size of the gradient of what is minimised besides, all pixels together."""
        if not isinstance(self._pixels, PixelLoss):
            return float(self._weight.sum(dtype=np.float64)) * 3 * self._scale
        slope = np.abs(self._pixels.formula(shown - self._target.colours)[1])
        return float((slope * self._weight).sum(dtype=np.float64)) * self._scale


def require_networks(loss: LossSettings) -> None:
    """Raise ImpastoError if a sense needs a network that is not on this computer, naming what brings it."""
    if loss.perceptual > 0:
        from impasto.engine.painter.seeing.networks import features_of

        features_of(loss.network)
    if loss.guide > 0:
        from impasto.engine.painter.seeing.networks import words_network

        words_network()
    if loss.texture > 0:
        from impasto.engine.painter.seeing.networks import lite0

        lite0()


def _sense(
    name: str, seen: Target, weight: np.ndarray, loss: LossSettings, threads: int | None
) -> Sense:  # fmt: skip
    target = seen.colours
    if name == "ssim":
        return Ssim(target, weight, threads)
    if name == "gradient":
        return Gradients(target, weight)
    if name == "texture":
        from impasto.engine.painter.seeing.networks import lite0
        from impasto.engine.painter.seeing.texture import Texture

        calm = seen.importance if seen.matters is None else seen.importance / np.maximum(seen.matters, f4(0.1))
        return Texture(calm, unpacked(loss.example), lite0())
    if name == "guide":
        from impasto.engine.painter.seeing.networks import words_network

        network = words_network()  # first, as it says what is missing
        from impasto.engine.painter.seeing.guide import Guide

        return Guide(loss.words, network)
    from impasto.engine.painter.seeing.networks import features_of
    from impasto.engine.painter.seeing.perceptual import Perceptual

    return Perceptual(target, weight, features_of(loss.network))
