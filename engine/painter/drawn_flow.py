"""A flow that somebody has drawn: strokes of any brush that say where brush strokes go, as far as they cover.

A direction is that of the structure tensor of what is drawn, at all scales: near edges and bristles the fine ones say
it, within broad strokes and between thin ones the coarse ones do. Strokes are laid along it, and when they move they
are held to it: as closely as `STRAY` where it holds whole, not at all where it does not.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath
from impasto.engine.painting.strokes import R0, R2, X0, X1, X2, Y0, Y1, Y2
from impasto.engine.pictures.blur import blurred
from impasto.engine.pictures.io import Picture, load_picture

f4 = np.float32
SIDE = 512  # longer side of the flow that is kept, pixels
SCALES = (4.0, 8.0, 16.0, 32.0, 64.0, 128.0)  # pixels, of the tensor's blurs
COARSE = SCALES[3:]  # of those that first say what the sides of strokes are, and what their ends
ROUNDS, SELECTIVE = 2, 4  # how often ends are left out, and how strictly
COARSER = 0.3  # what each scale counts beside the next finer one
FAINT = 0.015  # slope a pixel, below which nothing was drawn: noise of cameras and compression
UNSURE = 0.3  # coherence, below which strokes that cross say nothing sure
REACH = 0.02  # canvas units around what is drawn, within which its hold fades
STRAY = np.radians(5)  # how far strokes may turn away where it holds whole
ALONG = (1 / 6, 1 / 2, 5 / 6)  # of a stroke: where the flow is looked up
LEAST = 1 / 64  # hold, below which it is none
SHARPEST = 1.2  # tangent of the angle between a stroke's chord and its ends
LONG = 1.6  # times its radius is a stroke at least where it holds: what is round goes nowhere


def flow_drawn(drawn: Picture, height: int, width: int) -> np.ndarray:
    """The flow that a picture of strokes says of a canvas: (3, h, w) uint8, its longer side `SIDE`.

    height, width: the canvas's, over which the picture is spread. Planes: cos 2φ and sin 2φ, 128 ± 127, and how far
    the flow holds, 255 whole: as far as what is drawn is opaque. Raises ImpastoError if no strokes are to be seen.
    """
    scale = SIDE / max(height, width)
    height, width = (max(2, round(side * scale)) for side in (height, width))
    colours, alpha = drawn.resampled(height, width)
    parts = _tensor([*(colours * alpha[..., None]).transpose(2, 0, 1), alpha])
    if not parts[2].any() or not alpha.any():
        raise ImpastoError("no strokes are to be seen in the flow; draw some that go where brush strokes are to go")
    lean, cross, energy = _spread(parts, COARSE)
    for _ in range(ROUNDS):  # what goes across counts less: the ends of strokes
        size = np.maximum(np.hypot(lean, cross), 1e-30)
        agrees = (1 + (parts[0] * lean + parts[1] * cross) / (size * np.maximum(parts[2], 1e-30))) / 2
        lean, cross, energy = _spread([part * agrees**SELECTIVE for part in parts], SCALES)
    size = np.maximum(np.hypot(lean, cross), 1e-30)
    reach = REACH * max(height, width) / 2
    hold = np.maximum(alpha, blurred(_widened(alpha, reach), reach))
    hold *= (size / np.maximum(energy, 1e-30) / UNSURE).clip(0, 1)
    turned = [128 - 127 * plane / size for plane in (lean, cross)]  # a quarter turn from the slope
    return np.stack([np.rint(plane).astype(np.uint8) for plane in (*turned, 255 * hold.clip(0, 1))])


def _tensor(planes: list[np.ndarray]) -> list[np.ndarray]:
    """The structure tensor of planes (H, W) together: xx - yy, 2 xy and xx + yy, each (H, W)."""
    parts = np.zeros((3, *planes[0].shape), f4)
    for plane in planes:
        gy, gx = np.gradient(blurred(np.ascontiguousarray(plane, f4), 0.8))
        parts += np.stack([gx * gx - gy * gy, 2 * gx * gy, gx * gx + gy * gy])
    return list(parts * (parts[2] > FAINT**2))


def _spread(parts: list[np.ndarray], scales: tuple[float, ...]) -> np.ndarray:
    """Planes (H, W) blurred at all scales, the coarser ones faintly."""
    return np.stack([
        np.sum([f4(COARSER**k) * blurred(np.ascontiguousarray(part, f4), scale) for k, scale in enumerate(scales)], 0)
        for part in parts
    ])  # fmt: skip


def read_flow(path: AnyPath, max_pixels: int = 100_000_000) -> Picture:
    """A picture of strokes for `flow_drawn`.

    Raises ImpastoError for all that `engine.pictures.io.load_picture` refuses, and if no strokes are to be seen in it.
    """
    drawn = load_picture(path, max_pixels)
    try:
        flow_drawn(drawn, drawn.height, drawn.width)
    except ImpastoError as error:
        raise ImpastoError(str(error).replace("the flow", str(path))) from error
    return drawn


class DrawnFlow:
    """A drawn flow at work. planes: (3, h, w) uint8 as `flow_drawn` makes them."""

    def __init__(self, planes: np.ndarray) -> None:
        cos, sin = ((plane.astype(f4) - 128) / 127 for plane in planes[:2])
        by = 1 / np.maximum(np.sqrt(cos * cos + sin * sin), 1e-6)
        self._planes = np.stack([cos * by, sin * by, planes[2] / f4(255)]).astype(f4)

    def on(self, height: int, width: int) -> np.ndarray:
        """(3, height, width): cos 2φ and sin 2φ, as much shorter than 1 as they disagree there, and the hold, 0..1."""
        if self._planes.shape[1:] == (height, width):
            return self._planes
        size, way = (width, height), Image.Resampling.BILINEAR
        return np.stack([np.asarray(Image.fromarray(plane).resize(size, way), f4) for plane in self._planes])

    def at(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The direction φ (N,), radians, and the hold (N,), 0..1, at places in canvas units."""
        cos, sin, hold = self._at(x, y)
        return np.arctan2(sin, cos) / 2, hold

    def _at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        _, height, width = self._planes.shape
        side = max(height, width)
        row = np.clip(np.asarray(y) * side, 0, height - 1).astype(np.intp)
        column = np.clip(np.asarray(x) * side, 0, width - 1).astype(np.intp)
        return self._planes[:, row, column]

    def under(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The direction (N,) and the hold (N,) under strokes (N, 13): where it holds most, at three places of each."""
        places = [
            self._at(*((1 - t) ** 2 * table[:, k] + 2 * t * (1 - t) * table[:, k + 2] + t * t * table[:, k + 4]
                       for k in (X0, Y0)))
            for t in ALONG
        ]  # fmt: skip
        cos, sin = (sum(place[k] * place[2] ** 2 for place in places) for k in (0, 1))
        return np.arctan2(sin, cos) / 2, np.max([place[2] for place in places], 0)

    def keep(self, table: np.ndarray, straight: bool = False) -> None:
        """Turn strokes (N, 13) back to the flow, in place, as far as it holds where they are: all, and their ends.

        straight: whether they are to stay so.
        """
        flow, hold = self.under(table)
        held = np.flatnonzero(hold > LEAST)
        if held.size == 0:
            return
        some = table[held].astype(np.float64)
        _turn(some, flow[held], hold[held])
        if not straight:
            self._bow(some)
        table[held] = some

    def _bow(self, table: np.ndarray) -> None:
        """Bend strokes as the flow bends from one of their ends to the other."""
        start, end, control = table[:, [X0, Y0]], table[:, [X2, Y2]], table[:, [X1, Y1]]
        chord = end - start
        length = np.maximum(np.hypot(*chord.T), 1e-9)
        unit = chord / length[:, None]
        normal = np.stack([-unit[:, 1], unit[:, 0]], 1)
        lean = np.arctan2(chord[:, 1], chord[:, 0])
        (first, hold0), (last, hold2) = self.at(*start.T), self.at(*end.T)
        slope0, slope2 = (np.tan(_axis(flow - lean)).clip(-SHARPEST, SHARPEST) for flow in (first, last))
        # a parabola's ends lean by ± its control point's height over half its chord
        wanted = length / 4 * (slope0 - slope2)
        most = length / 2 * np.tan(np.minimum(_stray(np.minimum(hold0, hold2)), np.arctan(40)))
        away = control - (start + end) / 2
        height, shift = (away * normal).sum(1), (away * unit).sum(1)
        height = np.clip(height, wanted - most, wanted + most)
        farthest = length * (0.25 + (1 - np.minimum(hold0, hold2)))
        shift = np.clip(shift, -farthest, farthest)
        table[:, [X1, Y1]] = (start + end) / 2 + height[:, None] * normal + shift[:, None] * unit


def _turn(table: np.ndarray, flow: np.ndarray, hold: np.ndarray) -> None:
    """Turn and stretch whole strokes (N, 13), in place, around the middles of their curves, towards directions (N,)."""
    x, y = ((table[:, k] + 2 * table[:, k + 2] + table[:, k + 4]) / 4 for k in (X0, Y0))
    along, across = table[:, X2] - table[:, X0], table[:, Y2] - table[:, Y0]
    off, most = _axis(np.arctan2(across, along) - flow), _stray(hold)
    turn = np.clip(off, -most, most) - off
    least = LONG * hold * table[:, R0 : R2 + 1].mean(1)
    stretch = (least / np.maximum(np.hypot(along, across), 1e-9)).clip(1, 2)
    cos, sin = np.cos(turn) * stretch, np.sin(turn) * stretch
    for column, row in ((X0, Y0), (X1, Y1), (X2, Y2)):
        dx, dy = table[:, column] - x, table[:, row] - y
        table[:, column], table[:, row] = x + cos * dx - sin * dy, y + sin * dx + cos * dy


def _axis(angle: np.ndarray) -> np.ndarray:
    """An angle between axes, radians, -π/2 to π/2: what goes one way goes the other as well."""
    return (angle + np.pi / 2) % np.pi - np.pi / 2


def _stray(hold: np.ndarray) -> np.ndarray:
    """How far strokes may turn away, radians: a quarter turn where nothing holds them."""
    return STRAY + (np.pi / 2 - STRAY) * (1 - hold) ** 2


def _widened(plane: np.ndarray, reach: float) -> np.ndarray:
    """The largest value (H, W) within `reach` pixels."""
    from scipy.ndimage import maximum_filter

    return maximum_filter(plane, 2 * round(reach) + 1)
