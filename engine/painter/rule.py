"""What painters make of what viewers look at, and of maps drawn by hand.

With as many strokes as before, they lie closer there, count for more and may be finer (LOSSES.md, section 2). Nothing
here changes a painting by itself: a painter multiplies its numbers by these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from impasto.engine.painting.crops import Crop
from impasto.engine.shapes import AnyPlane, Each, Map, Maps, Plane

APPETITE = 0.12  # k of the rule; .35 gives faces and things more, and takes it from all else
GREEDIEST = 5.0  # the most that attention is multiplied by, less one,
GREEDIEST_COVER = 10.0  # and of strokes that cover: of a small face there is little, however dense they are
STEEP = 2.5  # times as dense is what a detail map shows white, if strokes were spread evenly
SHARES = 1.8, 0.25, 3.7  # of the appetite, for faces, animals' eyes and things
SOUGHT = 0.9  # by how much of the focus steeper where they go after errors
HEAVIEST = 2.0  # the most that the loss is multiplied by, less one,
HEAVIEST_COVER = 1.5, 1.5, 0.25  # and of strokes that cover, for each: it is taken from all else
_HEAVIER = 2.0  # and times as heavy is what is white
FINEST = 0.5  # of the smallest radius, where interest is whole
LOOKED_UP = 64  # longer side of the map of that, pixels: it stays in the nearest caches, step after step
_AROUND = 0.3, 0.6  # of a thing


@dataclass(frozen=True, eq=False)
class Interest:
    """How much each part of a picture is looked at, and what is asked for by hand: the rule that follows from both.

    layers: (L, h, w) float32 in 0..1, each of which has a gain of its own, so that a face gets no less for the things
    around it; appetite: k of the rule; strength: what gains are multiplied by, 0..2; area: what share of the canvas is
    painted at all. detail: (h, w) float32 in -1..1, as a detail map has it: much coarser, as usual, much finer; None
    for as usual everywhere. All are spread over the whole canvas. shares: of the appetite, for each layer; most: the
    largest gain; heaviest: what the loss is multiplied by at most, less one, for each layer.
    """

    layers: Maps
    appetite: float = APPETITE
    strength: float = 1.0
    area: float = 1.0
    detail: Map | None = None
    shares: tuple[float, ...] = (1.0,)
    most: float = GREEDIEST
    heaviest: tuple[float, ...] = (HEAVIEST,)

    @cached_property
    def gains(self) -> tuple[float, ...]:
        """g of the rule for each layer, if strokes were spread evenly."""
        return self._gains(self._means)

    @cached_property
    def _means(self) -> list[float]:
        """How much interest there is of each layer on average, where anything is painted."""
        return [float(layer.mean(dtype=np.float64)) / max(self.area, 1e-6) for layer in self.layers]

    def _gains(self, means: Sequence[float]) -> tuple[float, ...]:
        """g of the rule for each layer, of whose interest there is so much on average: large where there is little of
        it, and none where there is none.

        The more faces take of what they may, the less is left for the rest: who looks at a face looks at little else.
        """
        gains, left = [], 1.0
        for mean, share in zip(means, self.shares, strict=True):
            most = self.appetite * share
            gains.append(min(most * left / mean, self.most) if mean > 1e-6 else 0.0)
            if len(gains) == 1:
                left = max(1 - gains[0] * mean / most, 0.0)
        return tuple(self.strength * gain for gain in gains)

    def _gains_among(self, usual: Crop, height: int, width: int) -> tuple[float, ...]:
        """g for each layer, where strokes would be as close on a canvas (height, width) as `usual` says, but as if they
        were spread evenly if that is less: what is painted well by few already needs not so many more.
        """
        rows, columns = self.layers.shape[1:]
        whole = Image.fromarray(usual.on(height, width).astype(np.float32))
        among = np.asarray(whole.resize((columns, rows), Image.Resampling.BOX))
        shares = np.tensordot(self.layers, among, 2) / max(float(among.sum(dtype=np.float64)), 1e-12)
        return self._gains(np.maximum(shares, self._means).tolist())

    @property
    def gain(self) -> float:
        """The largest of them."""
        return max(self.gains)

    @cached_property
    def map(self) -> Map:
        """All layers as one (h, w)."""
        return self.layers.max(0)

    @property
    def share(self) -> float:
        """How much of what it does at most to what a stroke may be."""
        return min(self.strength, 1.0) if self.gain else 0.0

    @property
    def is_even(self) -> bool:
        """Is all as usual everywhere?"""
        return self.gain == 0 and self.detail is None

    def on(self, height: int, width: int) -> Plane:
        """The map at another size (height, width)."""
        return _spread(self.map, height, width).clip(0, 1)

    def density(self, height: int, width: int, focus: float = 0.0, usual: Crop | None = None) -> AnyPlane:
        """What the density of strokes is to be multiplied by (height, width); 1 where all is as usual.

        focus: with which power of the error they are spread, which is less where they are close already. usual: the
        part of that canvas on which they are to lie, and how close they would be there, in any unit: as many go
        to what is looked at, whether few would go there anyway or most; without, as if they were spread evenly.
        """
        density = self._raised(self.gains if usual is None else self._gains_among(usual, height, width), height, width)
        if self.detail is not None:
            density *= np.float32(STEEP ** (1 + SOUGHT * focus)) ** self._asked(height, width)
        return density

    def _raised(self, gains: Iterable[float], height: int, width: int) -> Plane:
        """1 + Σ g · m of the layers, at another size (height, width)."""
        wanted = np.tensordot(np.array(tuple(gains), np.float32), self.layers, 1)
        return 1 + _spread(wanted, height, width).clip(0, wanted.max())

    def eagerness(self, x: Each, y: Each) -> Each:
        """What strokes at places (N,) in canvas units are worth as a detail map has it, 1 where all is as usual."""
        asked = np.zeros(len(x), np.float32) if self.detail is None else values_at(self.detail, x, y)
        return np.float32(STEEP**2) ** asked

    def looked_at(self, x: Each, y: Each) -> Each:
        """How much closer strokes are to lie at places (N,) in canvas units, if they were spread evenly: 1 or more."""
        layers = zip(self.gains, self.layers, strict=True)
        return (1 + np.sum([gain * values_at(layer, x, y) for gain, layer in layers], 0)).astype(np.float32)

    def sharp(self, height: int, width: int) -> Plane:
        """How much of the picture's own detail is to be kept where a style simplifies it (height, width): 0..1."""
        return np.maximum(np.float32(self.share) * self.on(height, width), self._asked(height, width))

    def weight(self, height: int, width: int) -> Plane:
        """What the loss is to be multiplied by (height, width); 1 on average, so that learning is as fast."""
        weight = self._raised(map(min, self.gains, self.heaviest), height, width)
        if self.detail is not None:
            weight = weight * np.float32(_HEAVIER) ** self._asked(height, width)
        return weight / weight.mean(dtype=np.float64).astype(np.float32)

    @cached_property
    def smallest(self) -> Map:
        """What the smallest radius is to be multiplied by, .5 to 1: (h, w), small, as each step looks all over it."""
        maps = [self.map] if self.detail is None else [self.map, self.detail]
        height, width = max((each.shape for each in maps), key=max)
        scale = min(1.0, LOOKED_UP / max(height, width))
        sharp = self.sharp(*(max(1, round(side * scale)) for side in (height, width)))
        return np.ascontiguousarray(1 - np.float32(1 - FINEST) * sharp, np.float32)

    def _asked(self, height: int, width: int) -> np.ndarray:
        if self.detail is None:
            return np.zeros((1, 1), np.float32)
        return _spread(self.detail, height, width).clip(-1, 1)


def _spread(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """A plane at another size (height, width)."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BILINEAR), np.float32)


def values_at(plane: Map, x: Each, y: Each) -> Each:
    """A map's values (N,) at places in canvas units, of which its longer side is 1."""
    side = max(plane.shape)
    row = np.clip(np.asarray(y) * side, 0, plane.shape[0] - 1).astype(np.intp)
    column = np.clip(np.asarray(x) * side, 0, plane.shape[1] - 1).astype(np.intp)
    return plane[row, column]


def closed_in(layers: Maps) -> Maps:
    """Layers (3, h, w) 0..1 as strokes that cover want them: things with firmer borders, to lose less around."""
    ramp = ((layers[2] - _AROUND[0]) / (_AROUND[1] - _AROUND[0])).clip(0, 1)
    return np.stack([*layers[:2], ramp * ramp * (3 - 2 * ramp)])
