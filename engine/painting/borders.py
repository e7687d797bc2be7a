"""Region masks at larger sizes: a border is a line with a step of one pixel at any size, what is soft stays soft.

Enlarged as pixels, a hard border would be a staircase. So masks are first written as what lies at each of their pixels:
the two regions that are strongest around it, and how far the first is ahead. That lead, smoothed a little so that it
grows with the distance from the border, is interpolated; where it is nothing, there the border is; divided by its slope
it is the distance from there. The same is done with labels of a finer size (`engine.painting.refining`), if there are.

Soft masks have no line that could be drawn: where they step slowly they are interpolated as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impasto.engine.painting.crops import Crop
from impasto.engine.painting.spreading import (
    NONE,
    REACH,
    find_extents,
    find_steps,
    find_strongest,
    lay_front,
    smooth,
    smooth_labels,
    spread_rows,
)
from impasto.engine.parallel import in_parts, on_all

f4 = np.float32
_SIGMA = 1.2  # of what is smoothed over `REACH`, pixels
SOFT, HARD = 46, 64  # 255ths of a step per pixel: up to the one a border is soft, from the other on it is hard
_PATIENCE = f4(1), f4(0.25)  # each time masks are smoothed: what is two pixels wide stays, specks of one go
_ROWS = 128  # that a thread works on at a time
_FAR = REACH + 2  # pixels of the masks beyond which a region's paint cannot be seen


@dataclass(frozen=True, eq=False)
class Field:
    """What lies at each pixel (h, w): the region that is strongest around it, the next, and the first's share of both.

    All are uint8. share: 128..255 of 255; 0 where labels say nothing.
    """

    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    share: NDArray[np.uint8]

    @classmethod
    def of_labels(cls, labels: NDArray[np.uint8]) -> Field:
        """Of labels (h, w), the numbers of regions or `NONE`; what is only a pixel or two wide goes."""
        field = cls(labels.copy(), labels.copy(), np.where(labels == NONE, np.uint8(0), np.uint8(255)))
        mixed, weights = _near_changes(_changes(labels)), _weights()
        smooth_labels(labels, mixed, weights, field.first, field.second, field.share)
        smooth(
            labels, labels, labels, mixed, NONE, f4(0), weights, 0, len(labels), field.first, field.second, field.share
        )
        return field


class Borders:
    """What there is to know about the borders of masks (K, h, w) uint8 that sum to 255, found when asked for.

    one, two, part (h, w) uint8: the two regions that have most of a pixel, and how much of 255 the first has of both.
    """

    def __init__(self, masks: NDArray[np.uint8], threads: int | None = None) -> None:
        self.masks, self._threads = np.require(masks, np.uint8, ["C", "W"]), threads
        self.one, self.two, self.part = (np.empty(masks.shape[1:], np.uint8) for _ in range(3))
        in_parts(
            len(self.one), _ROWS,
            lambda rows: find_strongest(
                self.masks, rows.start, min(rows.stop, len(self.one)), self.one, self.two, self.part
            ), threads,
        )  # fmt: skip

    @cached_property
    def steps(self) -> NDArray[np.bool_]:
        """(h, w) where there is a border."""
        return _changes(self.one) | (self.part < 255)

    @cached_property
    def mixed(self) -> NDArray[np.bool_]:
        """(h, w) where a border is near."""
        return spread_out(self.steps, REACH + 1)

    @cached_property
    def field(self) -> Field:
        """What lies at each pixel."""
        field, weights = Field(self.one, self.two, self.part), _weights()
        for patience in _PATIENCE:
            now = Field(self.one.copy(), self.one.copy(), np.full(self.one.shape, 255, np.uint8))
            work = _smoothing(field, now, self.mixed, weights, patience)
            in_parts(len(self.one), _ROWS, work, self._threads)
            field = now
        return field

    @cached_property
    def hard(self) -> NDArray[np.uint8]:
        """(h, w) is the border near here a line (255), or soft (0)?"""
        steps = np.full(self.one.shape, HARD, np.uint8)
        in_parts(
            len(steps), _ROWS, lambda rows: find_steps(self.masks, self.one, self.mixed, rows.start, steps[rows]),
            self._threads,
        )  # fmt: skip
        for _ in range(2):
            steps = _largest_around(steps)
        levels = (np.arange(256.0) - SOFT) / (HARD - SOFT)
        return np.rint(255 * levels.clip(0, 1)).astype(np.uint8)[steps]

    @cached_property
    def plain(self) -> NDArray[np.bool_]:
        """(h, w) where there is nothing but one region, around it as well."""
        return ~spread_out(self.mixed, 1)

    def spread(
        self, height: int, width: int, labels: NDArray[np.uint8] | None = None, threads: int | None = None
    ) -> list[Crop]:
        """The masks at a larger size, each cut down to where it may be seen; they sum to 255.

        labels: (H, W) uint8 of a finer size; masks are what they say wherever borders are hard.
        """
        return _crops(*self._spread(height, width, labels, threads))

    def _spread(
        self, height: int, width: int, labels: NDArray[np.uint8] | None, threads: int | None
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """The pixels of all masks at a size, one mask after the other, and where they are: see `_boxes`."""
        labels = None if labels is None else np.require(labels, np.uint8, ["C", "W"])
        boxes = self._boxes(height, width, labels)
        store = np.zeros(int(boxes[-1, 0] + boxes[-1, 3] * boxes[-1, 4]), np.uint8)

        def work(rows: slice) -> None:
            field, first_row, finer = self.field, 0, (0, 0)
            if labels is not None:
                finer = labels.shape
                first_row, end = _rows_seen(rows, height, len(labels))
                field = _field_of_rows(labels, first_row, end)
            spread_rows(
                self.masks, self.field.first, self.field.second, self.field.share, self.hard, self.plain,
                field.first, field.second, field.share, finer[0], finer[1], first_row,
                height, width, rows.start, min(rows.stop, height), boxes, store,
            )  # fmt: skip

        _ = self.field, self.hard, self.plain  # before threads ask for them
        in_parts(height, _ROWS, work, threads)
        return store, boxes

    def spread_under(
        self, fronts: NDArray[np.uint8], height: int, width: int, labels: NDArray[np.uint8] | None = None,
        threads: int | None = None,
    ) -> list[Crop]:  # fmt: skip
        """As `spread`, with more masks (F, h, w) laid over these, one after the other; they are among the result."""
        store, boxes = self._spread(height, width, labels, threads)
        crops = _crops(store, boxes)
        for number, front in enumerate(fronts):
            over = Borders(np.stack([255 - front, front]), threads).spread(height, width, None, threads)[1]
            under = boxes if number == 0 else _gathered(crops)
            store = store if number == 0 else np.concatenate([np.ravel(crop.pixels) for crop in crops])
            in_parts(
                over.pixels.shape[0], _ROWS, lambda rows, s=store, u=under, o=over: lay_front(
                    s, u, o.pixels, o.top, o.left, rows.start, min(rows.stop, len(o.pixels))
                ), threads,
            )  # fmt: skip
            crops = [*_crops(store, under), over]
        return crops

    @cached_property
    def _extents(self) -> NDArray[np.int64]:
        """(K, 4) first and last row and column, exclusive, of each mask; all 0 where there is nothing of it."""

        def extent(mask: NDArray[np.uint8]) -> tuple[int, int, int, int]:
            rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            return (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) if len(rows) else (0, 0, 0, 0)

        return np.array(on_all(extent, list(self.masks), self._threads), np.int64)

    def _boxes(self, height: int, width: int, labels: NDArray[np.uint8] | None) -> NDArray[np.int64]:
        """(K, 5) where each mask begins in the store, its top, left, height and width at another size."""
        inside = _boxes_at(self._extents, self.masks.shape[1:], (height, width))
        if labels is not None:
            theirs = np.zeros_like(inside)
            find_extents(labels, theirs)
            theirs = _boxes_at(theirs, labels.shape, (height, width))
            lows, highs = np.minimum(inside, theirs), np.maximum(inside, theirs)
            both = np.stack([lows[:, 0], highs[:, 1], lows[:, 2], highs[:, 3]], 1)
            empty, absent = inside[:, 1:2] == 0, theirs[:, 1:2] == 0
            inside = np.where(empty, theirs, np.where(absent, inside, both))
        tall, wide = inside[:, 1] - inside[:, 0], inside[:, 3] - inside[:, 2]
        starts = np.cumsum(np.append(0, tall * wide))[:-1]
        return np.stack([starts, inside[:, 0], inside[:, 2], tall, wide], 1)


def _crops(store: NDArray[np.uint8], boxes: NDArray[np.int64]) -> list[Crop]:
    return [
        Crop(int(top), int(left), store[at : at + tall * wide].reshape(tall, wide))
        for at, top, left, tall, wide in boxes
    ]


def _gathered(crops: list[Crop]) -> NDArray[np.int64]:
    """(K, 5) where crops lie once their pixels are put one after the other."""
    starts = np.cumsum([0] + [crop.pixels.size for crop in crops])[:-1]
    return np.array([(at, c.top, c.left, *c.pixels.shape) for at, c in zip(starts, crops, strict=True)], np.int64)


def _boxes_at(extents: NDArray[np.int64], size: tuple[int, ...], new: tuple[int, int]) -> NDArray[np.int64]:
    """Extents (K, 4) in pixels of a size, as far as they may reach at another; nothing stays nothing."""
    found = np.zeros_like(extents)
    for axis, column in enumerate((0, 2)):
        scale = new[axis] / size[axis]
        far = max(_FAR, 2 / scale)
        found[:, column] = np.floor((extents[:, column] - far) * scale).clip(0, new[axis])
        found[:, column + 1] = np.ceil((extents[:, column + 1] + far) * scale).clip(0, new[axis])
    found[extents[:, 1] == 0] = 0
    return found


def _smoothing(field: Field, smoother: Field, mixed: NDArray[np.bool_], weights: NDArray[np.float32], patience):
    """What smooths rows of a field of masks into another."""
    return lambda rows: smooth(
        field.first, field.second, field.share, mixed, -1, patience, weights, rows.start, min(rows.stop, len(mixed)),
        smoother.first, smoother.second, smoother.share,
    )  # fmt: skip


def _rows_seen(rows: slice, height: int, finer: int) -> tuple[int, int]:
    """The finer rows, from and to, that rows of a height look at."""
    scale = finer / height
    first = int((rows.start + 0.5) * scale - 0.5) - 1
    return max(0, first), min(finer, int((min(rows.stop, height) - 0.5) * scale - 0.5) + 3)


def _field_of_rows(labels: NDArray[np.uint8], first: int, end: int) -> Field:
    """What lies at each pixel of some rows of labels."""
    above = min(first, 2 * REACH)
    field = Field.of_labels(labels[first - above : end + 2 * REACH])
    own = slice(above, above + end - first)
    return Field(field.first[own], field.second[own], field.share[own])


def cleaned(labels: NDArray[np.uint8], threads: int | None = None) -> NDArray[np.uint8]:
    """Labels without specks and slivers."""
    clean = labels.copy()

    def clean_rows(rows: slice) -> None:
        field = _field_of_rows(labels, rows.start, min(rows.stop, len(labels)))
        np.copyto(clean[rows], field.first, where=field.share > 0)

    in_parts(len(labels), _ROWS, clean_rows, threads)
    return clean


def _changes(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(h, w) where the pixel above or to the left is another's."""
    found = np.zeros(labels.shape, bool)
    found[1:] |= labels[1:] != labels[:-1]
    found[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    return found


def _near_changes(changes: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return spread_out(changes, REACH)


def spread_out(plane: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Everything within so many pixels of what is marked."""
    for n in [1] * (reach % 2) + [2] * (reach // 2):
        wider = plane.copy()
        for k in range(1, n + 1):
            wider[k:] |= plane[:-k]
            wider[:-k] |= plane[k:]
        plane = wider.copy()
        for k in range(1, n + 1):
            plane[:, k:] |= wider[:, :-k]
            plane[:, :-k] |= wider[:, k:]
    return plane


def _largest_around(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest of the 3 × 3 pixels around each."""
    tall = plane.copy()
    np.maximum(tall[1:], plane[:-1], out=tall[1:])
    np.maximum(tall[:-1], plane[1:], out=tall[:-1])
    wide = tall.copy()
    np.maximum(wide[:, 1:], tall[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], tall[:, 1:], out=wide[:, :-1])
    return wide


def _weights() -> NDArray[np.float32]:
    weights = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / _SIGMA) ** 2)
    return (weights / weights.sum()).astype(f4)


def bands_of(rows: int) -> Iterator[slice]:
    """Rows that a thread works on at a time."""
    for top in range(0, rows, _ROWS):
        yield slice(top, min(top + _ROWS, rows))
