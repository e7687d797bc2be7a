"""Absorbing strokes at one size: what lies ready to say what rows of the sheet absorb, on threads, region by region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impasto.engine.parallel import on_all
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.pictures.noise import hashed
from impasto.engine.raster.cpu.cuts import Cut, moved, tiles_of
from impasto.engine.raster.cpu.raster import CpuRaster, first_row_of_tile
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.layout import TILE_H, TILE_W
from impasto.engine.raster.region_tiles import NONE, RegionTiles
from impasto.engine.wash import noise
from impasto.engine.wash.kernels import columns as C
from impasto.engine.wash.kernels.tiles import absorb_tiles, wet_tiles
from impasto.engine.wash.numbers import COAL_GRAIN
from impasto.engine.wash.rows import Glazes, coal_level, melt_of, seeded

f4 = np.float32
_PER_MELT = 4.0  # pixels of the canvas on which washes melt, to the distance they run
_LARGEST_MELT = 1024.0  # pixels of its longer side
_OWN = StrokeEdge(0)  # each stroke has its own
_BLOOMS = 1 << 40  # told to chance


@dataclass(frozen=True, eq=False)
class WashSheet:
    """Planned strokes on a canvas of height × width pixels. border: of the margin, canvas units; backruns: how many
    there are; stray: how far regions' borders wander at most, pixels."""

    plan: Glazes
    height: int
    width: int
    border: float = 0.0
    backruns: int = 5
    stray: int = 0
    threads: int | None = None
    _kept: dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """Pixels to a canvas unit."""
        return float(max(self.height, self.width))

    @cached_property
    def _rows(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.plan.rows(self.scale)

    @property
    def paper_level(self) -> int:
        """Of `noise.paper`, at this size."""
        return noise.level_of(1 / (noise.PAPER_TEXEL * self.scale))

    def numbers(self, scale: float, height: float, width: float) -> NDArray[np.float32]:
        """Those of the whole sheet, see `kernels.columns`."""
        numbers = np.zeros(C.NUMBERS, f4)
        plain, rough = noise.PLAIN_TEXELS / scale, noise.ROUGH_TEXELS / scale
        numbers[C.PER_COARSE], numbers[C.PER_FINE], numbers[C.PER_MARGIN] = plain / 0.016, plain / 0.0035, rough / 0.03
        numbers[C.PER_SLOW], numbers[C.PER_TURN] = rough / 0.05, rough / 0.02
        numbers[C.PER_GONE], numbers[C.PER_RAGGED] = rough / 0.035, rough / 0.012
        numbers[C.PER_PAPER] = 1 / (noise.PAPER_TEXEL * scale)
        numbers[C.PER_COAL] = numbers[C.PER_PAPER] * noise.GRAIN / COAL_GRAIN
        numbers[C.NARROW], numbers[C.BROAD] = 1 / (0.0011 * scale), 1 / (0.0045 * scale)
        numbers[C.BORDER], numbers[C.TALL], numbers[C.BROADSIDE] = self.border * scale, height, width
        numbers[C.SHAKE], numbers[C.SHAKE_PER] = 0.0004 * scale, plain / 0.0045
        numbers[C.STRAY] = min(self.stray / (noise.HIGHEST * numbers[C.SHAKE]), 1)
        lost = noise.paper(self.paper_level)[1]
        numbers[C.CRISP_TOOTH] = 1 / np.hypot(0.10, 2 * lost)
        return numbers

    def absorbance(
        self, top: int, bottom: int, cuts: Sequence[Cut | None], which: NDArray[np.bool_] | None = None,
        glazes: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:  # fmt: skip
        """What the rows top..bottom absorb, (rows, width, 3).

        cuts: for each region its share of these rows, None if it is not cut; which: (N,) those of the painting's
        strokes that count, all if None; glazes: (G,) likewise, but of whole glazes, which is quick for one after the
        other. The bits of a pixel do not depend on the rows.
        """
        canvas = np.zeros((bottom - top, self.width, 3), f4)
        first = first_row_of_tile(top)
        y0, y1 = top - first, bottom - first
        raster = CpuRaster(y1, self.width, edges=_OWN, scale=self.scale, first_row=first, threads=self.threads)
        chosen = slice(None) if which is None else which[self.plan.order]
        if glazes is not None:
            chosen = glazes[self.plan.glaze]
        (rows, edges), table = self._rows, np.ascontiguousarray(self.plan.table[chosen])
        rows = np.ascontiguousarray(rows[chosen])
        tile_of, pixels, boxes = tiles_of(
            [moved(cut, y0, 0, self.width) for cut in cuts], y1, self.width, self.stray + (self.stray > 0)
        )
        places = np.zeros(int(tile_of.max(initial=-1)) + 1, np.int32)
        pairs = raster.bin(table, RegionTiles(tile_of, places, NONE, NONE), self.plan.region[chosen], edges[chosen])
        looks, melted, pool = self._melted(which)
        numbers = self.numbers(self.scale, self.height, self.width)
        coarse, frac, paper, coal = noise.plain(), noise.rough(), noise.paper(self.paper_level)[0], self._coal
        streaks, blooms = noise.streaks(), self._blooms

        def paint(i: int, step: int) -> None:
            absorb_tiles(
                pairs.prepared, rows, looks, melted, pool, coarse, frac, paper, coal, streaks, blooms, numbers, first,
                0, y1, self.width, y0, y1, tile_of, pairs.tile_first, pairs.stroke, pairs.blocks, pixels, boxes,
                canvas, i, step,
            )  # fmt: skip

        raster.in_chunks(paint, tile_of.shape[1])
        return canvas

    @cached_property
    def _coal(self) -> NDArray[np.float32]:
        return noise.paper(coal_level(self.scale))[0]

    @cached_property
    def _blooms(self) -> NDArray[np.float32]:
        """Where water ran back into a drying wash."""
        found = np.zeros((self.backruns, 4), f4)
        chance = hashed(seeded(_BLOOMS + np.arange(self.backruns), self.plan.seed), 4)
        found[:, C.BLOOM_Y] = (0.05 + 0.9 * chance[:, 0]) * self.height
        found[:, C.BLOOM_X] = (0.05 + 0.9 * chance[:, 1]) * self.width
        found[:, C.BLOOM_R] = (0.025 + 0.045 * chance[:, 2]) * self.scale
        found[:, C.BLOOM_SQUASH] = 0.8 + 0.5 * chance[:, 3]
        return found

    def _melted(self, which: NDArray[np.bool_] | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each glaze's look, and where and what it is when its colours have run: (G, GLAZE_LOOK), (G, 5), flat."""
        key = b"" if which is None else np.packbits(which).tobytes()
        if key not in self._kept:
            if len(self._kept) > 1:
                self._kept.clear()
            self._kept[key] = self._melt(which)
        return self._kept[key]

    def _melt(self, which: NDArray[np.bool_] | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        plan = self.plan
        glazes = plan.glaze_rows(self.scale)
        melted, pools, place = np.zeros((len(glazes), 5), np.int64), [], 0
        shown = np.ones(len(plan.table), bool) if which is None else which[plan.order]
        for g in np.flatnonzero(glazes[:, C.MELTS] > 0):
            own = np.flatnonzero(shown & (plan.glaze == g))
            melt = melt_of(plan.glazes[g])
            scale = min(max(_PER_MELT / melt, 64.0), _LARGEST_MELT, self.scale)
            box = self._box(own, scale)
            if box is None:
                glazes[g, C.MELTS] = 0
                continue
            planes = self._wet(own, glazes[g], scale, box)
            spread = on_all(lambda plane, s=melt * scale: gaussian_filter(plane, s), list(planes), self.threads)
            ratio = np.stack(spread[:6], -1) / (spread[6][..., None] + f4(1e-3))
            melted[g] = place, box[0], box[1], *ratio.shape[:2]
            glazes[g, C.MELT_SCALE] = scale / self.scale
            pools.append(ratio.ravel())
            place += ratio.size
        return glazes, melted, np.concatenate(pools) if pools else np.zeros(C.MELT_PLANES, f4)

    def _box(self, own: NDArray[np.int64], scale: float) -> tuple[int, int, int, int] | None:
        """First row and column, rows and columns, from whole tiles on, that strokes take of the canvas at a scale."""
        if not len(own):
            return None
        down, across = (max(2, int(np.ceil(side * scale / self.scale))) for side in (self.height, self.width))
        table = self.plan.table[own]
        far = table[:, 6:8].max(1) + 0.05
        boxes = []
        for axis, end, tile in ((1, down, TILE_H), (0, across, TILE_W)):
            at = table[:, axis : axis + 5 : 2]
            low = int(max((at.min(1) - far).min() * scale, 0)) // tile * tile
            high = int(min(np.ceil((at.max(1) + far).max() * scale) + 1, end))
            boxes.append((low, high - low))
        (top, rows), (left, columns) = boxes
        return (top, left, rows, columns) if rows > 1 and columns > 1 else None

    def _wet(
        self, own: NDArray[np.int64], glaze: NDArray[np.float32], scale: float, box: tuple[int, int, int, int]
    ) -> NDArray[np.float32]:
        """One glaze while it is wet, (7, rows, columns)."""
        top, left, height, width = box
        some = self.plan.only(own)
        rows, edges = some.rows(scale)
        raster = CpuRaster(
            height, width, edges=_OWN, scale=scale, first_row=top, first_column=left, threads=self.threads
        )
        pairs = raster.bin(some.table, edges=edges)
        planes = np.zeros((7, height, width), f4)
        small = scale / self.scale
        numbers = self.numbers(scale, self.height * small, self.width * small)
        coarse, frac = noise.plain(), noise.rough()

        def paint(i: int, step: int) -> None:
            wet_tiles(
                pairs.prepared, rows, glaze, coarse, frac, numbers, top, left, height, width, pairs.tile_first,
                pairs.stroke, pairs.blocks, planes, i, step,
            )  # fmt: skip

        raster.in_chunks(paint, len(pairs.tile_first) - 1)
        return planes
