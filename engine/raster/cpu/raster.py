"""The CPU backend: work spaces, threads and calls. The loops are in binning.py, tiles.py, coverage.py and composing.py.

Threads are Python's own, over kernels that release the GIL: every tile and every stroke is computed by one thread
in a fixed order, so the bits do not depend on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from impasto.engine.compiling import cache_folder, is_compiled, mark_compiled
from impasto.engine.parallel import default_threads, each
from impasto.engine.pictures import blur
from impasto.engine.raster import layout
from impasto.engine.raster.cpu import binning, composing, multiplying, settling, tiles
from impasto.engine.raster.cpu.composing import Masks
from impasto.engine.raster.cpu.over import lay_over
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import WHOLE, Lattice
from impasto.engine.raster.region_tiles import NONE, RegionTiles, cut
from impasto.engine.shapes import (
    AnyCanvas,
    AnyColours,
    AnyGround,
    AnyPlane,
    Canvas,
    Each,
    Numbers,
    RegionOf,
    Rgba,
    Table,
)

f4 = np.float32
CHUNKS_PER_THREAD = 8  # small enough to balance the load and to look at `interrupt` often
PARTS_PER_THREAD = 2  # of the strokes that are prepared: another thread takes a while to wake up
TILES_PER_CHUNK = 32  # at least: handing out a chunk costs as much as painting a few tiles
FEW_STROKES = 4096  # below, to sort their pairs or to gather their gradients is done before another thread has begun
EXACT = 0.0  # transmittance below which nothing shines through: exact, since 0 times anything is nothing
NEVER = -1.0  # to count every stroke's paint, seen or not
NEARLY = 1e-3  # for losses: faster, gradients differ by about .1 %


class Interrupted(Exception):
    """The raster was told to stop in the middle of a canvas; nothing was changed."""


@dataclass(frozen=True)
class Pairs:
    """Strokes cut into tiles: prepared strokes and the lists that lead from tiles to strokes and back."""

    prepared: np.ndarray  # (N, PREPARED) float32
    tile_first: np.ndarray  # (tiles + 1,) the first pair of each tile
    stroke: np.ndarray  # (pairs,) by tile, in stroke order
    blocks: np.ndarray  # (pairs,) packed range of touched blocks
    stroke_pairs: np.ndarray  # (pairs,) by stroke: where in the tile order the pair lies
    stroke_first: np.ndarray  # (N + 1,)


class CpuRaster:
    """A canvas of one size, with the scratch space to paint on it again and again.

    height, width: pixels that are painted; edges: how wide the strokes' edges are; scale: pixels of the whole canvas
    per canvas unit (default: the longer side, on a lattice times its stride); lattice: which of the canvas's pixels
    these are, may be exchanged for another one of the same stride between calls; first_row: these are the pixels from
    that row on (for the same bits, the first row of a tile); first_column: likewise; interrupt: asked between chunks of
    tiles, Interrupted is raised when it says yes.
    """

    def __init__(
        self,
        height: int,
        width: int,
        *,
        edges: StrokeEdge,
        scale: float | None = None,
        lattice: Lattice = WHOLE,
        first_row: int = 0,
        first_column: int = 0,
        threads: int | None = None,
        interrupt: Callable[[], bool] | None = None,
    ) -> None:
        self.height, self.width = height, width
        self.edges = edges
        self.scale = float(scale or max(height, width) * lattice.stride)
        self.lattice = lattice
        self.first_row, self.first_column = first_row, first_column
        self.threads = threads or default_threads()
        self.interrupt = interrupt
        self._whole = RegionTiles.whole(height, width)
        self._moments = np.empty((0, int(layout.MOMENTS)), f4)

    def forward(self, table: Numbers, background: AnyGround) -> Canvas:
        """Canvas (4, H, W), premultiplied, of strokes (N, 13) over a premultiplied RGBA background (4,)."""
        canvas = np.empty((4, self.height, self.width), f4)
        self._paint(self.bin(table), layout.FORWARD, background, EXACT, _NOTHING, self._whole, canvas)
        return canvas

    def compose(self, canvas: Rgba, table: Numbers, region: RegionOf, masks: Masks) -> None:
        """Lay K regions' paint over a premultiplied canvas (H, W, 4) float32, in place, each cut by its share.

        The share is β_k = m_k / Σ_{j≤k} m_j of the masks m, as in `RegionMasks`. region: (N,) in 0..K-1, the one
        each stroke of the table (N, 13) belongs to.
        """
        tile_of, count = masks.tiles(self.height, self.width)
        pairs = self.bin(table, RegionTiles(tile_of, np.zeros(count, np.int32), NONE, NONE), region)

        def paint(i: int, step: int) -> None:
            composing.compose_tiles(
                pairs.prepared, self.first_row, self.height, self.width, tile_of, pairs.tile_first, pairs.stroke,
                pairs.blocks, masks.pixels, masks.boxes, canvas, i, step,
            )  # fmt: skip

        self.in_chunks(paint, tile_of.shape[1])

    def backward(
        self,
        table: Numbers,
        background: AnyGround,
        canvas_gradient: AnyCanvas,
        region_tiles: RegionTiles | None = None,
        *,
        region: RegionOf | None = None,
    ) -> Table:
        """dL/d(table) (N, 13) from dL/d(canvas) (4, H, W).

        With region tiles, each region is a canvas of its own with the strokes whose `region` (N,) it is, and the
        gradient holds for each of them; where a region has no tile, it is not looked at.
        """
        pairs = self.bin(table, region_tiles, region)
        self._paint(pairs, layout.GIVEN, background, EXACT, canvas_gradient, region_tiles or self._whole)
        return self._gather(pairs)

    def loss_and_gradient(
        self,
        table: Numbers,
        background: AnyGround,
        target: AnyColours,
        weight: AnyPlane | RegionTiles,
        mode: int = layout.L1,
        *,
        region: RegionOf | None = None,
        threshold: float = NEARLY,
        caution: float = 1.0,
    ) -> tuple[float, Table]:
        """Σ weight · loss(canvas − target) over pixels and channels, and its gradient (N, 13), in one sweep.

        target: (3, H, W) float32; weight: (H, W) float32, or region tiles, each region of which sees only the strokes
        whose `region` (N,) it is; background: opaque; mode: one of `layout`'s losses; caution: what it costs where the
        canvas is too dark is multiplied by it.
        """
        region_tiles = _region_tiles(weight)
        pairs = self.bin(table, region_tiles, region)
        value = self._paint(pairs, mode, background, threshold, target, region_tiles, caution=caution)
        return value, self._gather(pairs)

    def removal_costs(
        self,
        table: Numbers,
        background: AnyGround,
        target: AnyColours,
        weight: AnyPlane | RegionTiles,
        *,
        region: RegionOf | None = None,
        caution: float = 1.0,
    ) -> Each:
        """How much the weighted L1 would grow if each stroke (N,) alone were taken away; exact to 1e-6.

        caution: as in `loss_and_gradient`, of strokes that absorb.
        """
        region_tiles = _region_tiles(weight)
        pairs = self.bin(table, region_tiles, region)
        self._paint(pairs, layout.REMOVAL, background, 1e-6, target, region_tiles, caution=caution)
        return _sums(self._moments, pairs, 0)

    def strays(self, table: Numbers, outside: AnyPlane) -> tuple[Each, Each]:
        """For each stroke (N,) how much paint it lays, in pixels: where `outside` (H, W) says, 0..1, and in all."""
        whole = RegionTiles.whole(self.height, self.width)
        every = RegionTiles(whole.tile_of, whole.place, cut(_plain(outside)), NONE)
        pairs = self.bin(table, every)
        self._paint(pairs, layout.STRAY, np.zeros(4, f4), NEVER, _NOTHING, every)
        return _sums(self._moments, pairs, 0), _sums(self._moments, pairs, 1)

    def prepared(self, table: np.ndarray) -> np.ndarray:
        """The strokes (N, 13) in pixels, (N, PREPARED); see `engine.raster.layout`."""
        found = np.empty((len(table), layout.PREPARED), f4)
        self._prepare(_plain(table), self._edges, found, 0, len(table))
        return found

    def _prepare(self, table: np.ndarray, edges: np.ndarray, prepared: np.ndarray, n0: int, n1: int) -> None:
        shift = [f4(x) for x in self.lattice.shift]
        binning.prepare(
            table, f4(self._own_scale), *shift, f4(1 / self.lattice.stride), edges, self.edges.absorbs, prepared, n0, n1
        )

    @property
    def _edges(self) -> np.ndarray:
        """The edges that all strokes have alike, (1, 2)."""
        return np.array([[self.edges.softness, self.edges.edge]], f4)

    def bin(
        self,
        table: Numbers,
        region_tiles: RegionTiles | None = None,
        region: RegionOf | None = None,
        edges: np.ndarray | None = None,
    ) -> Pairs:
        """Which tiles each stroke of the table can touch; edges: (N, 2), if each has a softness and edge of its own."""
        table, region_tiles = _plain(table), region_tiles or self._whole
        edges = self._edges if edges is None else _plain(edges)
        n, tiles = len(table), len(region_tiles.place)
        region = np.zeros(n, np.int32) if region is None else np.require(region, np.int32, ["C", "W"])
        prepared = np.empty((n, layout.PREPARED), f4)
        ranges = _ranges(n, self.threads)
        counts = np.zeros((len(ranges), tiles), np.int32)
        offsets = [np.empty(n1 - n0 + 1, np.int32) for n0, n1 in ranges]

        def find(i: int) -> tuple[np.ndarray, np.ndarray]:
            n0, n1 = ranges[i]
            self._prepare(table, edges, prepared, n0, n1)
            room = max(64, 12 * (n1 - n0))
            return binning.bin_strokes(
                prepared, region, region_tiles.tile_of, self.first_row, self.first_column, self.height, self.width,
                n0, n1, counts[i], offsets[i], np.empty(room, np.int32), np.empty(room, np.uint64),
            )  # fmt: skip

        found = each(find, len(ranges), self.threads)
        tile_first = np.zeros(tiles + 1, np.int64)
        np.cumsum(counts.sum(0), out=tile_first[1:])
        cursors = np.cumsum(counts, 0, dtype=np.int64) - counts + tile_first[:-1]
        total = int(tile_first[-1])
        firsts = np.cumsum([0] + [int(o[-1]) for o in offsets])
        pairs = Pairs(
            prepared,
            tile_first,
            np.empty(total, np.int32),
            np.empty(total, np.uint64),
            np.empty(total, np.int64),
            np.full(n + 1, total, np.int64),
        )

        def sort(i: int) -> None:
            binning.sort_pairs(
                *found[i], offsets[i], cursors[i], *ranges[i], firsts[i],
                pairs.stroke, pairs.blocks, pairs.stroke_pairs, pairs.stroke_first,
            )  # fmt: skip

        each(sort, len(ranges), self.threads if n > FEW_STROKES else 1)
        return pairs

    def _paint(
        self,
        pairs: Pairs,
        mode: int,
        background: np.ndarray,
        threshold: float,
        target: np.ndarray,
        region_tiles: RegionTiles,
        canvas: np.ndarray | None = None,
        caution: float = 1.0,
    ) -> float:
        if mode != layout.FORWARD and len(self._moments) < len(pairs.stroke):
            self._moments = np.empty((len(pairs.stroke) * 5 // 4, int(layout.MOMENTS)), f4)
        background, target = _plain(background), _plain(target)
        losses = np.zeros(len(region_tiles.place))
        kernel = tiles.absorb_tiles if self.edges.absorbs else tiles.paint_tiles

        def paint(i: int, step: int) -> None:
            kernel(
                pairs.prepared, self.first_row, self.first_column, self.height, self.width, region_tiles.place,
                pairs.tile_first, pairs.stroke, pairs.blocks, background, f4(threshold), mode, target,
                region_tiles.weight, region_tiles.spill, f4(caution), _NOTHING if canvas is None else canvas,
                canvas is not None, self._moments, losses, i, step,
            )  # fmt: skip

        self.in_chunks(paint, len(region_tiles.place))
        return float(losses.sum())

    def _gather(self, pairs: Pairs) -> np.ndarray:
        n = len(pairs.prepared)
        gradient = np.empty((n, 13), f4)
        ranges = _ranges(n, self.threads if n > FEW_STROKES else 1)

        def gather(i: int) -> None:
            tiles.gather_gradients(
                pairs.prepared, self._moments, pairs.stroke_pairs, pairs.stroke_first, f4(self._own_scale),
                f4(self.edges.edge), self.edges.absorbs, gradient, *ranges[i],
            )  # fmt: skip

        each(gather, len(ranges), self.threads)
        return gradient

    @property
    def _own_scale(self) -> float:
        """Of the pixels that are painted, how many there are per canvas unit."""
        return self.scale / self.lattice.stride

    def in_chunks(self, paint: Callable[[int, int], None], tiles: int) -> None:
        """Have `tiles` tiles painted, by `paint(first, step)`; between chunks the raster can be told to stop."""
        step = max(1, min(CHUNKS_PER_THREAD * self.threads, tiles // TILES_PER_CHUNK))

        def chunk(first: int) -> None:
            if self.interrupt is not None and self.interrupt():
                raise Interrupted
            paint(first, step)

        each(chunk, step, self.threads)


_NOTHING = np.zeros((4, 1, 1), f4)


def _sums(moments: np.ndarray, pairs: Pairs, moment: int) -> np.ndarray:
    """The sum of a moment over each stroke's pairs, (N,)."""
    values = moments[pairs.stroke_pairs, moment].astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return sums[pairs.stroke_first[1:]] - sums[pairs.stroke_first[:-1]]


def _ranges(n: int, threads: int) -> list[tuple[int, int]]:
    """The strokes that each thread prepares."""
    parts = PARTS_PER_THREAD * threads if threads > 1 and n > 256 else 1
    return list(pairwise([n * i // parts for i in range(parts + 1)]))


def _region_tiles(weight: np.ndarray | RegionTiles) -> RegionTiles:
    return weight if isinstance(weight, RegionTiles) else RegionTiles.of([weight])


def _plain(array: np.ndarray) -> np.ndarray:
    """The array as the kernels know arrays: for any other, such as a read-only one, they would be compiled again."""
    return np.require(array, f4, ["C", "W"])


def first_row_of_tile(row: int) -> int:
    """The first row of the tile that `row` lies in."""
    return row // layout.TILE_H * layout.TILE_H


def first_column_of_tile(column: int) -> int:
    """The first column of the tile that `column` lies in."""
    return column // layout.TILE_W * layout.TILE_W


_prepared = False


def announcement() -> str | None:
    """What to tell the user before `prepare_kernels`, if that is going to take its time (some 20 s)."""
    if _prepared or is_compiled():
        return None
    if cache_folder() is None:
        return "preparing kernels; they cannot be kept, set IMPASTO_CACHE to a folder of yours that can be written"
    return "preparing kernels, once"


def prepare_kernels(*others: Callable[[], object], seldom: Sequence[Callable[[], object]] = ()) -> None:
    """Compile every kernel, or load from disk those that paint; `others` call kernels of other rooms.

    seldom: likewise, but what they call is not needed by every painting.

    Cheap the second time.
    """
    global _prepared
    if _prepared:
        return
    table = np.array([[0.1, 0.1, 0.5, 0.6, 0.9, 0.9, 0.1, 0.2, 0.5, 0.6, 1, 0, 0]], f4)
    background = np.ones(4, f4)
    raster = CpuRaster(4, 4, edges=StrokeEdge(0.01), threads=1)
    raster.forward(table, background)
    raster.backward(table, background, np.zeros((4, 4, 4), f4))
    canvas, share = np.zeros((2, 2, 4), f4), np.ones((2, 2), f4)
    lay_over(canvas, canvas.copy(), share)
    lay_over(canvas[:, :1], canvas[:, :1].copy(), share[:, :1].copy())
    blur.try_kernels()
    for other in others:
        other()
    if not is_compiled():  # only layers and regions need these, which are few: they are loaded when first used
        settling.try_kernels()
        absorbing = CpuRaster(4, 4, edges=StrokeEdge(0.01, absorbs=True), threads=1)
        absorbing.backward(table, background, np.zeros((4, 4, 4), f4))
        multiplying.try_kernels()
        masks = Masks.of([(0, 0, np.ones((4, 4), np.uint8))])
        raster.compose(np.zeros((4, 4, 4), f4), table, np.zeros(1, np.int32), masks)
        for other in seldom:
            other()
    mark_compiled()
    _prepared = True
