"""Giving a picture the colours of another: a smooth map from colours to colours that carries one palette to the other.

Sliced optimal transport in Oklab says where the picture's colours should go. Alone it tears apart what is of one
colour: of two reds that hardly differ, one becomes orange and one olive. So a step is not taken by each colour alone
but by its kin together: colours of one hue, be they in light or shade, turn alike, and lightness changes as lightness.
What smoothing takes from the likeness of the palettes, later steps make up for as far as kin may.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impasto.engine.pictures.oklab import from_oklab, to_oklab

SEEN = 1 << 14  # pixels that a palette is made of
OURS = 512  # colours that stand for a picture that is given others
LATTICE = 17  # points a side
ROUNDS = 32
_STEP = 0.5  # of the way, in each round
_GREY = 0.05  # chroma from which on a colour is one rather than a grey
_KIN = 0.026  # how far kin reaches in the space of `_kinship`
_TONE = 0.05  # likewise of lightness
_LIGHT = 0.7  # how much of the change of lightness is made: a picture is read by it


def even_colours(rgb: np.ndarray, count: int) -> np.ndarray:
    """Colours (count, 3), Oklab, of which each stands for equally many pixels; count: a power of two, `SEEN` at most.

    rgb: sRGB (N, 3) in 0..1, N at least 1. The pixels are halved where they differ most, and then each half.
    """
    seen = np.linspace(0, len(rgb) - 1, SEEN).round().astype(np.intp)
    parts = to_oklab(rgb[seen])[None]
    while len(parts) < count:
        axis = parts.var(1).argmax(1)
        along = np.take_along_axis(parts, axis[:, None, None], 2)[..., 0]
        order = along.argsort(1, kind="stable")
        parts = np.take_along_axis(parts, order[..., None], 1).reshape(2 * len(parts), -1, 3)
    return parts.mean(1)


@dataclass(frozen=True, eq=False)
class ColourMap:
    """A map of colours: lattice (n, n, n, 3), float32, what is added to sRGB's red, green and blue at its points."""

    lattice: np.ndarray

    @classmethod
    def between(cls, ours: np.ndarray, theirs: np.ndarray, strength: float = 1.0) -> ColourMap:
        """The map that gives a picture the colours of another.

        ours, theirs: Oklab (N, 3) and (M, 3), each standing for equally many pixels; strength: 0..1, how far to go.
        """
        turns, lights = _turns(ours, ours), _lights(ours, ours)
        steps = np.zeros_like(ours)
        rng = np.random.default_rng(0)
        for _ in range(ROUNDS):
            moved = ours + _moves(steps, turns, lights)
            steps += _STEP * _transport(moved, theirs, np.linalg.qr(rng.normal(size=(3, 3)))[0])
        axis = np.linspace(0, 1, LATTICE)
        rgb = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        lab = to_oklab(rgb)
        moves = _moves(steps, _turns(lab, ours), _lights(lab, ours))
        moves *= strength * np.array([_LIGHT, 1, 1])
        change = from_oklab(lab + moves) - rgb
        return cls(change.reshape(LATTICE, LATTICE, LATTICE, 3).astype(np.float32))

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """The colours (H, W, 3), float32 in 0..1, as the map has them."""
        from scipy.ndimage import map_coordinates  # takes its time, and few need it

        places = [channel * np.float32(LATTICE - 1) for channel in np.moveaxis(rgb, -1, 0)]
        changes = [map_coordinates(self.lattice[..., k], places, order=1, mode="nearest") for k in range(3)]
        return (rgb + np.stack(changes, -1)).clip(0, 1).astype(np.float32)


def _transport(ours: np.ndarray, theirs: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """What each of our colours (N, 3) lacks for all of them to be spread as theirs (M, 3) are, along three axes."""
    at, of = ((np.arange(len(colours)) + 0.5) / len(colours) for colours in (ours, theirs))
    lacks = np.zeros_like(ours)
    for axis in axes.T:
        mine, wanted = (ours * axis).sum(1), np.sort((theirs * axis).sum(1))
        order = mine.argsort(kind="stable")
        lack = np.empty_like(mine)
        lack[order] = np.interp(at, of, wanted) - mine[order]
        lacks += lack[:, None] * axis
    return lacks


def _moves(steps: np.ndarray, turns: np.ndarray, lights: np.ndarray) -> np.ndarray:
    """What colours (K, 3) do who take part in the steps (N, 3) of others, by the shares (K, N) of those."""
    parts = zip((lights, turns, turns), steps.T.astype(np.float32), strict=True)
    return np.stack([np.einsum("kn,n->k", shares, step) for shares, step in parts], 1)  # no BLAS, see `oklab`


def _turns(lab: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How much each colour (K, 3) moves in a and b as each of the others (N, 3) does: (K, N).

    Kin are colours of one hue, however light, and greys as light. The more of its hue a colour has, the farther it
    moves: what was one hue on its way to grey is one again.
    """
    full, theirs = (np.hypot(each[:, 1], each[:, 2]) + _GREY for each in (lab, others))

    def place(lab: np.ndarray, full: np.ndarray) -> np.ndarray:
        return np.column_stack([0.5 * _GREY / full * lab[:, 0], 0.15 * lab[:, 1:] / full[:, None]])

    return _shares(place(lab, full), place(others, theirs), _KIN) * (full[:, None] / theirs).astype(np.float32)


def _lights(lab: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Likewise in lightness: (K, N). Kin are colours as light, and the more so the more alike they are."""
    weights = np.array([1, 0.4, 0.4])
    return _shares(lab * weights, others * weights, _TONE)


def _shares(places: np.ndarray, others: np.ndarray, reach: float) -> np.ndarray:
    """How much each of the others (N, D) counts at each place (K, D): float32 (K, N), a row sums to 1."""
    scale = np.float32(0.5**0.5 / reach)
    distance = np.zeros((len(places), len(others)), np.float32)
    for a, b in zip(places.T.astype(np.float32) * scale, others.T.astype(np.float32) * scale, strict=True):
        apart = a[:, None] - b[None]
        apart *= apart
        distance += apart
    np.subtract(distance.min(1, keepdims=True), distance, out=distance)
    np.exp(distance, out=distance)
    distance /= distance.sum(1, keepdims=True)
    return distance
