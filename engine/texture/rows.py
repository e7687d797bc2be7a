"""From strokes to what the kernels need of each: its texture, every number from the stroke and its id alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.oklab import from_oklab, to_oklab
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.texture import strips
from impasto.engine.texture.kernels import columns as C
from impasto.engine.texture.kernels.dragging import look_under
from impasto.engine.texture.numbers import Bristles

f4 = np.float32
_NUMBERS = 16  # of chance, a stroke
_DRAG_CANVAS = 256  # pixels of the longer side; the same for every size
_TYPICAL = 0.02  # the radius that lengths are told for
_PARABOLA = np.linalg.pinv(np.stack([np.ones(5), np.linspace(-0.8, 0.8, 5), np.linspace(-0.8, 0.8, 5) ** 2], 1))


@dataclass(frozen=True)
class Textures:
    """Textured strokes, ready to be laid at one size. table (N, 13) with varied colours, rows (N, TEXTURE)."""

    table: NDArray[np.float32]
    rows: NDArray[np.float32]


def carried_colours(
    table: NDArray[np.float32], height: int, width: int, ground: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """What each stroke's brush meets (N, 8, 3): five places across its start, one under its tail, and under both caps.

    height, width: of the canvas, of which only the aspect counts; ground: RGB 0..1 that lies under the strokes.
    """
    longest = max(height, width)
    h, w = (max(1, round(side * _DRAG_CANVAS / longest)) for side in (height, width))
    raster = CpuRaster(h, w, edges=StrokeEdge(0.002), scale=float(_DRAG_CANVAS), threads=1)
    canvas, carried = np.empty((h, w, 3), f4), np.zeros((len(table), C.MET, 3), f4)
    canvas[:] = ground
    look_under(raster.prepared(table), canvas, carried)
    return np.rint(carried.clip(0, 1) * 255).astype(np.uint8)


def textures(
    table: NDArray[np.float32], ids: NDArray[np.int64], carried: NDArray[np.uint8], bristles: Bristles, scale: float,
    tip: bytes | None = None,
) -> Textures:  # fmt: skip
    """Strokes (N, 13) of one kind of bristles at `scale` pixels to a canvas unit.

    ids: (N,), which chance follows; carried: as `carried_colours` finds it; tip: a picture, as `strips.strip`
    takes it, that is the second strip then, and laid over the whole stroke once.
    """
    chance = strips.hashed(ids, _NUMBERS)
    rows = np.zeros((len(table), C.TEXTURE), f4)
    radius = np.maximum((table[:, 6].astype(float) + table[:, 7]) / 2, 1e-4)
    _set_lengths(rows, table, scale)
    _set_strip(rows, chance, bristles, radius, scale, tip is not None)
    _set_paint(rows, chance, bristles, radius, scale, strips.strip(tip)[1])
    varied = _set_colours(rows, table, chance, bristles, radius, scale)
    _set_carried(rows, varied, carried, bristles)
    return Textures(varied, rows)


def plain_rows(count: int) -> NDArray[np.float32]:
    """The rows of strokes without texture."""
    rows = np.zeros((count, C.TEXTURE), f4)
    rows[:, C.PLAIN] = 1
    return rows


def _set_lengths(rows: np.ndarray, table: np.ndarray, scale: float) -> None:
    """The curve's length up to t: the integral of the parabola through |B'| at 0, ½ and 1."""
    p = table[:, :6].astype(float).reshape(-1, 3, 2) * scale
    c1, c2 = 2 * (p[:, 1] - p[:, 0]), p[:, 0] - 2 * p[:, 1] + p[:, 2]
    v0, v1, v2 = (np.hypot(*(c1 + 2 * at * c2).T) for at in (0, 0.5, 1))
    sb, sc = -3 * v0 + 4 * v1 - v2, 2 * v0 - 4 * v1 + 2 * v2
    rows[:, C.SA], rows[:, C.SB], rows[:, C.SC] = v0, sb / 2, sc / 3
    rows[:, C.LENGTH] = np.maximum(v0 + sb / 2 + sc / 3, 1)


def _set_strip(
    rows: np.ndarray, chance: np.ndarray, b: Bristles, radius: np.ndarray, scale: float, tipped: bool
) -> None:  # fmt: skip
    pixels = radius * scale
    spacing = b.spacing * (radius / _TYPICAL) ** 0.35 * scale
    rows[:, C.ROW], rows[:, C.COLUMN] = chance[:, 0] * strips.ROWS, chance[:, 1] * strips.COLUMNS
    rows[:, C.PER_RADIUS], rows[:, C.PER_PIXEL] = strips.PER_BRISTLE * pixels / spacing, 1 / (strips.ALONG * spacing)
    if tipped:
        rows[:, C.ROW], rows[:, C.PER_RADIUS] = 127.5, np.where(chance[:, 0] < 0.5, -118, 118)  # ends before it wraps
        rows[:, C.PER_PIXEL] = 126 / (rows[:, C.LENGTH] + 2 * pixels)
        rows[:, C.COLUMN] = 1 + rows[:, C.PER_PIXEL] * pixels
    per_pixel = np.maximum(np.abs(rows[:, C.PER_RADIUS]) / pixels, 1)
    level = np.clip(np.round(2 * np.log2(per_pixel)), 0, strips.LEVELS - 1)
    rows[:, C.STRIP] = level + (strips.LEVELS if tipped else 0)


def _set_paint(
    rows: np.ndarray, chance: np.ndarray, b: Bristles, radius: np.ndarray, scale: float, lost: np.ndarray
) -> None:  # fmt: skip
    pixels = radius * scale
    rows[:, C.SIDES], rows[:, C.ENDS] = 1 / np.maximum(b.soft * pixels, 1), 1 / np.maximum(2.5 * b.soft * pixels, 1)
    rows[:, C.RAGGED], rows[:, C.START], rows[:, C.LIFT] = b.ragged, b.start, b.lift
    rows[:, C.DRY] = b.dry + b.dry_vary * b.dry * (chance[:, 2] - 0.5) - 0.02 - b.hard
    rows[:, C.RUN] = b.run_dry * (1 + 2 * b.dry_vary * (chance[:, 3] - 0.5)) + b.hard
    rows[:, C.FROM] = np.clip(b.dry_from + b.dry_vary * (chance[:, 4] - 0.5), 0, 1)
    rows[:, C.BITE] = b.bite
    level = rows[:, C.STRIP].astype(int) % strips.LEVELS
    rows[:, C.SHARP] = 0.5 / np.sqrt(b.hard**2 + (1.2 * lost[level]) ** 2)  # bristles too fine to see blur the step
    wall = np.maximum(b.wall, 0.8 / pixels)
    rows[:, C.FURROW], rows[:, C.RIDGE], rows[:, C.WALL] = b.furrow, b.ridge * b.wall / wall, 1 / wall
    rows[:, C.BLOB], rows[:, C.KEEP], rows[:, C.TIP], rows[:, C.SQUARE] = b.blob, b.keep, b.tip, b.square


def _set_colours(
    rows: np.ndarray, table: np.ndarray, chance: np.ndarray, b: Bristles, radius: np.ndarray, scale: float
) -> NDArray[np.float32]:
    """Colours as they vary along the bristles; returns the table with colours that vary from stroke to stroke."""
    lab = to_oklab(table[:, 10:13])
    fat = 1 + b.fat * (2 * lab[:, 0].clip(0, 1) ** 1.5 - 1)
    rows[:, C.BODY] = b.body * np.sqrt(radius / _TYPICAL) * scale * (0.7 + 0.6 * chance[:, 6]) * fat
    own = lab + b.vary * np.stack([2 * chance[:, 7] - 1, 0.65 * (chance[:, 8] - 0.5), 0.65 * (chance[:, 9] - 0.5)], 1)
    if b.broken:  # less where colours cannot be vivid without another lightness
        room = np.clip(np.minimum(lab[:, 0] / 0.3, (1 - lab[:, 0]) / 0.18), 0.1, 1)
        hue, far = 2 * np.pi * chance[:, 12], b.broken * room * np.sqrt(chance[:, 13])
        own[:, 1:] += np.stack([far * np.cos(hue), far * np.sin(hue)], 1)
    colour = from_oklab(own)
    turn = 2 * np.pi * chance[:, 11]
    hue = np.stack([0.6 * np.sign(chance[:, 10] - 0.5), 0.65 * np.cos(turn), 0.65 * np.sin(turn)], 1)
    rows[:, C.MARKED : C.MARKED + 3] = (from_oklab(own + np.array([b.streak, 0, 0])) - colour) * 2
    rows[:, C.MIXED : C.MIXED + 3] = (from_oklab(own + b.mix * hue) - colour) * 2
    varied = np.array(table, f4)
    varied[:, 10:13] += colour - from_oklab(lab)
    rows[:, C.PICK] = b.drag * (0.4 + 1.2 * chance[:, 5])
    rows[:, C.NEAR] = 1 / (b.drag_far * radius * scale)
    return varied


def _set_carried(rows: np.ndarray, table: np.ndarray, carried: NDArray[np.uint8], b: Bristles) -> None:
    """Where what is met is very different, little is dragged, or it looked like a ghost.

    There no paint runs out, either, and ends are less ragged, or holes would show it.
    """
    met = carried / 255.0
    fit = np.stack([sum(_PARABOLA[p, k] * met[:, k] for k in range(5)) for p in range(3)], -1)  # (N, channel, power)
    rows[:, C.CARRIED : C.CARRIED + 9] = fit.reshape(len(table), 9)
    odd = np.abs(met - table[:, None, 10:13]).mean(2)
    rows[:, C.PICK] *= np.clip(1.25 - 2.5 * odd[:, :5].mean(1), 0.1, 1)
    rows[:, C.RUN] *= 1 - b.guard * (1 - np.clip(1.3 - 3 * odd[:, 5], 0.25, 1))
    tail, start = (1 - b.guard * (1 - np.clip(1.2 - 4 * each, 0.2, 1)) for each in (odd[:, 5:7].max(1), odd[:, 7]))
    rows[:, C.LIFT] *= tail
    rows[:, C.START] *= start
