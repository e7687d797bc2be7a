"""Textured strokes at one size: what lies ready to paint rows of them, on threads, region by region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from impasto.engine.raster.cpu.cuts import Cut, moved, tiles_of
from impasto.engine.raster.cpu.raster import CpuRaster, first_row_of_tile
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.region_tiles import NONE, RegionTiles
from impasto.engine.texture import strips
from impasto.engine.texture.kernels.tiles import gather_sums, paint_textured
from impasto.engine.texture.numbers import Shine

f4 = np.float32


@dataclass(frozen=True, eq=False)
class Sheet:
    """Strokes whose textures are known, on a canvas of height × width pixels.

    table, rows: of all strokes, as `engine.texture.rows` makes them; edges: (N, 2) each stroke's softness and edge;
    region: (N,) int32, each stroke's, counted from the back; shine: whose ground it is; ground: one of
    "canvas", "paper", "tooth", "none"; weave: depth of its grain, canvas units; tip: ROWS × COLUMNS bytes or None.
    """

    table: NDArray[np.float32]
    rows: NDArray[np.float32]
    edges: NDArray[np.float32]
    region: NDArray[np.int32]
    height: int
    width: int
    shine: Shine
    ground: str
    weave: float
    tip: bytes | None = None
    threads: int | None = None

    @property
    def _scale(self) -> float:
        return float(max(self.height, self.width))

    def paint(
        self, canvas: NDArray[np.float32], high: NDArray[np.float32] | None, corner: tuple[int, int],
        cuts: Sequence[Cut | None], which: NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        """Lay the strokes over a part of the canvas, (rows, columns, 4) premultiplied, in place.

        corner: its first row and column, the latter the first of a tile; high: (rows, columns), becomes their relief,
        in pixels; cuts: for each region its share of these rows, None if it is not cut; which: (N,) the strokes to lay,
        all if None. The bits of a pixel do not depend on the part.
        """
        self._run(canvas, _NO_RELIEF if high is None else high, corner, cuts, which, None)

    def seen(self, rest: NDArray[np.float32], cuts: Sequence[Cut | None]) -> NDArray[np.float32]:
        """How many pixels are seen of each stroke, and the sum of rest (height, width, 3) over them: (N, 4)."""
        found = self._run(np.empty((self.height, self.width, 4), f4), _NO_RELIEF, (0, 0), cuts, None, rest)
        assert found is not None
        return found

    def _run(
        self, canvas: np.ndarray, high: np.ndarray, corner: tuple[int, int], cuts: Sequence[Cut | None],
        which: NDArray[np.bool_] | None, rest: np.ndarray | None,
    ) -> NDArray[np.float32] | None:  # fmt: skip
        (top, left), (rows_here, width) = corner, canvas.shape[:2]
        first = first_row_of_tile(top)
        y0, y1 = top - first, top - first + rows_here
        raster = CpuRaster(
            y1, width, edges=_OWN, scale=self._scale, first_row=first, first_column=left, threads=self.threads
        )
        chosen = slice(None) if which is None else which
        table, rows = np.ascontiguousarray(self.table[chosen]), np.ascontiguousarray(self.rows[chosen])
        tile_of, pixels, boxes = tiles_of([moved(cut, y0, left, width) for cut in cuts], y1, width)
        places = np.zeros(int(tile_of.max(initial=-1)) + 1, np.int32)
        tiles = RegionTiles(tile_of, places, NONE, NONE)
        pairs = raster.bin(table, tiles, self.region[chosen], self.edges[chosen])
        per_texel = self.shine.thread / strips.THREAD * self._scale
        strip = strips.levels(self.tip)
        ground = strips.grain(self.ground, per_texel)
        sums = np.zeros((len(pairs.stroke) if rest is not None else 0, 4), f4)

        def paint(i: int, step: int) -> None:
            paint_textured(
                pairs.prepared, rows, strip, ground, f4(1 / per_texel), f4(self.weave * self._scale), first, left, y1,
                width, y0, y1, tile_of, pairs.tile_first, pairs.stroke, pairs.blocks, pixels, boxes, canvas, high,
                _NOTHING if rest is None else rest, sums, i, step,
            )  # fmt: skip

        raster.in_chunks(paint, tile_of.shape[1])
        if rest is None:
            return None
        gathered = np.empty((len(table), 4), f4)
        gather_sums(sums, pairs.stroke_pairs, pairs.stroke_first, gathered, 0, len(table))
        return gathered


_OWN = StrokeEdge(0)  # each stroke has its own
_NOTHING = np.zeros((1, 1, 3), f4)
_NO_RELIEF = np.zeros((0, 0), f4)
