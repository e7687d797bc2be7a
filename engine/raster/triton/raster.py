"""The GPU backend: `engine.raster.cpu.raster.CpuRaster`'s interface over the Triton kernels, NumPy in and out.

Everything but the kernels is torch, so that the same lines serve CUDA and ROCm, and, under Triton's interpreter
(TRITON_INTERPRET=1, set before triton is imported), no GPU at all: slow, for tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from impasto.engine.raster import layout
from impasto.engine.raster.cpu.raster import EXACT, NEARLY, NEVER, Interrupted
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import WHOLE, Lattice
from impasto.engine.raster.region_tiles import NONE, RegionTiles, cut
from impasto.engine.raster.triton.paint import MOMENTS, paint_strips
from impasto.engine.raster.triton.placed import INTERPRETED, Placed, Turns, home, tensor
from impasto.engine.raster.triton.step import gather
from impasto.engine.raster.triton.strokes import PREPARED, find_strips, prepare
from impasto.engine.shapes import AnyCanvas, AnyColours, AnyGround, AnyPlane, Canvas, Each, Numbers, RegionOf, Table

f4 = np.float32
TILE_W, TILE_H = int(layout.TILE_W), int(layout.TILE_H)
# 8 × 8 pixels to a warp: few strokes are larger. The interpreter's cost is per program, whatever its size.
ROWS = TILE_H if INTERPRETED else 8
PARTS = TILE_H // ROWS
REACH = float(np.hypot(TILE_W - 1, ROWS - 1) / 2)
BLOCK = 128  # strokes to a program where strokes are handled side by side
CHUNK = 64  # strips that a program looks at together
ROW = int(MOMENTS.value)
BYTES_PER_PAIR = 2 * TILE_W * ROWS * 4 + ROW * 4 + 64  # what is kept, the sums, and the lists with their sorting


@dataclass(frozen=True)
class StripPairs:
    """Which strokes touch which strips; tensors on the device.

    prepared (N, PREPARED); ends (N,) int32, where each stroke's pairs end; owner (pairs,) int32, the stroke of each
    pair; order (pairs,) int64, the pairs strip by strip, in stroke order; strip_first (strips + 1,) int32.
    """

    prepared: Tensor
    ends: Tensor
    owner: Tensor
    order: Tensor
    strip_first: Tensor


class TritonRaster:
    """A canvas of one size on the GPU; arguments and `lattice` are those of `engine.raster.cpu.raster.CpuRaster`.

    Calls raise torch.OutOfMemoryError where the device's memory does not suffice. Same table, same device: same bits.
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
        self.interrupt = interrupt
        self.across = -(-width // TILE_W)
        self._device = home()
        self._own_scale = self.scale / lattice.stride  # painted pixels per canvas unit
        self._to_columns = tensor(_to_columns(self._own_scale, edges.edge))
        self._once: tuple[Lattice, Turns] | None = None
        self._placed: tuple[RegionTiles, Placed] | None = None
        self._whole = RegionTiles.whole(height, width)

    def forward(self, table: Numbers, background: AnyGround) -> Canvas:
        """Canvas (4, H, W), premultiplied, of strokes (N, 13) over a premultiplied RGBA background (4,)."""
        canvas = torch.empty(4, self.height, self.width, device=self._device)
        placed = self.placed(self._whole)
        pairs = self._pairs(table, placed)
        self.paint(pairs, layout.FORWARD, self._ground(background), EXACT, self._nothing, placed, canvas=canvas)
        return self._fetched(canvas)

    def backward(
        self,
        table: Numbers,
        background: AnyGround,
        canvas_gradient: AnyCanvas,
        region_tiles: RegionTiles | None = None,
        *,
        region: RegionOf | None = None,
    ) -> Table:
        """dL/d(table) (N, 13) from dL/d(canvas) (4, H, W); as `engine.raster.cpu.raster.CpuRaster` has it."""
        placed = self.placed(region_tiles or self._whole)
        pairs = self._pairs(table, placed, region)
        moments = self._swept(pairs, layout.GIVEN, background, EXACT, tensor(canvas_gradient), placed)[0]
        return self.gathered(pairs, moments).cpu().numpy()

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
        """Σ weight · loss(canvas − target) and its gradient (N, 13); as `engine.raster.cpu.raster.CpuRaster` has it."""
        tiles = weight if isinstance(weight, RegionTiles) else RegionTiles.of([weight])
        placed = self.placed(tiles)
        pairs = self._pairs(table, placed, region)
        moments, losses = self._swept(pairs, mode, background, threshold, tensor(target), placed, caution)
        return float(losses.sum(dtype=torch.float64)), self.gathered(pairs, moments).cpu().numpy()

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
        """How much the weighted L1 would grow if each stroke (N,) alone were taken away."""
        placed = self.placed(weight)
        pairs = self._pairs(table, placed, region)
        moments = self._swept(pairs, layout.REMOVAL, background, 1e-6, tensor(target), placed, caution)[0]
        return self._sums(pairs, moments, 0)

    def strays(self, table: Numbers, outside: AnyPlane) -> tuple[Each, Each]:
        """For each stroke (N,) how much paint it lays, in pixels: where `outside` (H, W) says, 0..1, and in all."""
        every = RegionTiles(self._whole.tile_of, self._whole.place, cut(np.ascontiguousarray(outside, f4)), NONE)
        placed = self.placed(every)
        pairs = self._pairs(table, placed)
        moments = self._swept(pairs, layout.STRAY, np.zeros(4, f4), NEVER, self._nothing, placed)[0]
        return self._sums(pairs, moments, 0), self._sums(pairs, moments, 1)

    def placed(self, weight: np.ndarray | RegionTiles) -> Placed:
        """RegionTiles, or a plane of weights (H, W) as the only one, on the device; the last ones are remembered."""
        tiles = weight if isinstance(weight, RegionTiles) else RegionTiles.of([weight])
        if self._placed is None or self._placed[0] is not tiles:
            self._placed = tiles, Placed.of([tiles], PARTS)
        return self._placed[1]

    @property
    def _only(self) -> Turns:
        """One turn on the present lattice; the last one is remembered."""
        if self._once is None or self._once[0] != self.lattice:
            self._once = self.lattice, Turns.of([self.lattice], 1)
        return self._once[1]

    def bin(
        self, table: Tensor, placed: Placed, region: Tensor, capacity: int | None = None, turns: Turns | None = None
    ) -> StripPairs:
        """The pairs of a table (N, 13) whose strokes belong to the regions `region` (N,) int32.

        turns: of lattices with the present one's stride, which are looked at instead of it. With a capacity there is
        room for that many pairs, the host is not asked, and the caller has to see whether ends[-1] is more; without, it
        waits for the device to know how many there are.
        """
        n, turns = len(table), turns or self._only
        q = torch.empty(n, int(PREPARED.value), device=self._device)
        counts = torch.empty(n, dtype=torch.int32, device=self._device)
        prepare[(-(-n // BLOCK),)](
            table, q, n, self._own_scale, turns.shifts, turns.phases, turns.now, 1 / self.lattice.stride,
            self.edges.softness, self.edges.edge, BLOCK=BLOCK, ABSORBS=self.edges.absorbs,
        )  # fmt: skip
        self._find(q, placed, region, counts, counts, counts, counts, 0, fill=False)
        ends = torch.cumsum(counts, 0, dtype=torch.int32)
        if capacity is None:
            capacity = int(ends[-1])
        # half the key, half the sorting; the last one, behind all others, says that a place is empty
        kind = torch.int16 if placed.strips < 2**15 - 1 else torch.int32
        keys = torch.full((capacity,), placed.strips, dtype=kind, device=self._device)
        owner = torch.zeros(capacity, dtype=torch.int32, device=self._device)
        if capacity:
            self._find(q, placed, region, counts, ends, keys, owner, capacity, fill=True)
        keys, order = torch.sort(keys, stable=True)
        strips = torch.arange(placed.strips + 1, dtype=kind, device=self._device)
        return StripPairs(q, ends, owner, order, torch.searchsorted(keys, strips, out_int32=True))

    def _find(
        self, q: Tensor, placed: Placed, region: Tensor, counts: Tensor, ends: Tensor, keys: Tensor, owner: Tensor,
        capacity: int, fill: bool,
    ) -> None:  # fmt: skip
        find_strips[(len(q),)](
            q, region, placed.tile_of, counts, ends, keys, owner, capacity, self.first_row, self.first_column,
            self.height, self.width, self.across, placed.tile_of.shape[1],
            TILE_W=TILE_W, TILE_H=TILE_H, ROWS=ROWS, REACH=REACH, CHUNK=CHUNK, FILL=fill, num_warps=1,
        )  # fmt: skip

    def paint(
        self,
        pairs: StripPairs,
        mode: int,
        grounds: Tensor,
        threshold: float,
        target: Tensor,
        placed: Placed,
        *,
        turns: Turns | None = None,
        canvas: Tensor | None = None,
        kept: Tensor | None = None,
        moments: Tensor | None = None,
        losses: Tensor | None = None,
        caution: float = 1.0,
    ) -> None:
        """Launch `paint_strips`; what a mode does not use may be left out.

        grounds: (turns, 4) premultiplied RGBA; target: one for each lattice that takes turns; turns: as in `bin`.
        """
        nothing, turns = self._nothing, turns or self._only
        paint_strips[(placed.strips,)](
            pairs.prepared, pairs.order, pairs.owner, pairs.strip_first, placed.place, target, placed.weight,
            placed.spill, nothing if canvas is None else canvas, grounds, turns.phases, turns.now,
            nothing if kept is None else kept, nothing if moments is None else moments,
            nothing if losses is None else losses, self.first_row, self.first_column, self.height, self.width,
            self.across, float(threshold), float(caution), MODE=mode, WRITE=canvas is not None,
            SPILL=placed.spilling and layout.L1 <= mode <= layout.REMOVAL, ABSORBS=self.edges.absorbs,
            TILE_W=TILE_W, TILE_H=TILE_H, ROWS=ROWS, num_warps=1,
        )  # fmt: skip

    def gathered(self, pairs: StripPairs, moments: Tensor, gradient: Tensor | None = None) -> Tensor:
        """dL/d(table) (N, 13) of the pairs' sums (pairs, MOMENTS)."""
        n = len(pairs.prepared)
        gradient = torch.empty(n, 13, device=self._device) if gradient is None else gradient
        if n:
            gather[(n,)](
                pairs.prepared, moments, pairs.ends, self._to_columns, gradient, len(moments), CHUNK=32,
                ABSORBS=self.edges.absorbs, num_warps=1,
            )  # fmt: skip
        return gradient

    def _fetched(self, canvas: Tensor) -> np.ndarray:
        """The canvas on the host, by way of pinned memory; waits for the present stream alone."""
        if INTERPRETED:
            return canvas.numpy()
        pinned = torch.empty(canvas.shape, pin_memory=True)
        pinned.copy_(canvas, non_blocking=True)
        torch.cuda.current_stream().synchronize()
        return pinned.numpy()

    @property
    def _nothing(self) -> Tensor:
        return self._to_columns  # what is never looked at

    def _ground(self, background: np.ndarray) -> Tensor:
        return tensor(background).reshape(1, 4)

    def _pairs(self, table: np.ndarray, placed: Placed, region: np.ndarray | None = None) -> StripPairs:
        if self.interrupt is not None and self.interrupt():
            raise Interrupted
        n = len(table)
        if n == 0:  # no program may run for nothing
            none = torch.zeros(0, dtype=torch.int32, device=self._device)
            first = torch.zeros(placed.strips + 1, dtype=torch.int32, device=self._device)
            return StripPairs(torch.zeros(0, int(PREPARED.value), device=self._device), none, none, none.long(), first)
        only = torch.zeros(n, dtype=torch.int32, device=self._device)
        own = only if region is None else tensor(region, np.int32)
        return self.bin(tensor(table), placed, own)

    def _swept(
        self, pairs: StripPairs, mode: int, background: np.ndarray, threshold: float, target: Tensor, placed: Placed,
        caution: float = 1.0,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """The pairs' sums (pairs, MOMENTS) and the strips' losses."""
        count = len(pairs.owner)
        kept = torch.empty(count, 2, TILE_W * ROWS, device=self._device)
        moments = torch.zeros(count, ROW, device=self._device)
        losses = torch.zeros(placed.strips, device=self._device)
        self.paint(
            pairs, mode, self._ground(background), threshold, target, placed, kept=kept, moments=moments,
            losses=losses, caution=caution,
        )  # fmt: skip
        return moments, losses

    def _sums(self, pairs: StripPairs, moments: Tensor, moment: int) -> np.ndarray:
        """The sum of a moment over each stroke's pairs, (N,) float64."""
        zero = torch.zeros(1, dtype=torch.float64, device=self._device)
        sums = torch.cat([zero, torch.cumsum(moments[:, moment].double(), 0)])
        ends = pairs.ends.long()
        begins = torch.cat([torch.zeros_like(ends[:1]), ends[:-1]])
        return (sums[ends] - sums[begins]).cpu().numpy()


def _to_columns(scale: float, edge: float) -> np.ndarray:
    """The matrix that makes a stroke's columns of its moments, as `tiles.gather_gradients` does."""
    m0, m1, m2 = np.eye(ROW)[0:2], np.eye(ROW)[2:4], np.eye(ROW)[4:6]
    v0, v1, e0, e1, red, green, blue, width = np.eye(ROW)[6:14]
    wider = 0.5 * edge * width
    matrix = np.zeros((ROW, ROW))
    matrix[0:2], matrix[2:4], matrix[4:6] = (m0 - 2 * m1 + m2) * scale, 2 * (m1 - m2) * scale, m2 * scale
    matrix[6], matrix[7] = (v0 - v1 + wider) * scale, (v1 + wider) * scale
    matrix[8], matrix[9] = e0 - e1, e1
    matrix[10], matrix[11], matrix[12] = red, green, blue
    return matrix
