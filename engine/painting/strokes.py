"""Strokes as data: a row of 13 numbers each, with the region, the pass and the lasting id of every stroke."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import index as as_int
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.shapes import Points, Table
from impasto.protocol.limits import MOST_OPACITY, MOST_STROKES

COLUMNS = ("x0", "y0", "x1", "y1", "x2", "y2", "r0", "r2", "t0", "t2", "red", "green", "blue")
X0, Y0, X1, Y1, X2, Y2, R0, R2, T0, T2, RED, GREEN, BLUE = range(13)

MAX_LABEL = 32_767  # of a region or a pass: what int16 holds
MAX_ID = 2**63 - 1

# What a column may hold. Curves may leave the canvas, but not so far that pixel coordinates lose precision.
_RANGES = (
    (slice(X0, Y2 + 1), "position", -4.0, 5.0),
    (slice(R0, R2 + 1), "radius", 0.0, 2.0),
    (slice(T0, T2 + 1), "opacity", 0.0, MOST_OPACITY),
    (slice(RED, BLUE + 1), "colour", 0.0, 1.0),
)
_DTYPES = {"table": np.float32, "region": np.int16, "pass_index": np.int16, "id": np.int64}


@dataclass(frozen=True, eq=False)
class Strokes:
    """N strokes in painting order: a later stroke lies over an earlier one.

    Attributes:
        table: (N, 13) float32, the columns named by `COLUMNS`: start, control and end of a quadratic Bézier
            in canvas units (the canvas's longer side is 1.0), the radius at both ends (canvas units), the
            opacity at both ends and the straight colour (0..1).
        region: (N,) int16, the index of the region each stroke belongs to.
        pass_index: (N,) int16, the pass that laid each stroke.
        id: (N,) int64, unique; a stroke keeps its id through optimising, sorting and saving.

    The class itself checks nothing, so that optimisers can hold unfinished values; `validated` is the door.
    """

    table: NDArray[np.float32]
    region: NDArray[np.int16]
    pass_index: NDArray[np.int16]
    id: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Strokes:
        """No strokes at all: the bare canvas."""
        return cls.of(np.empty((0, len(COLUMNS)), np.float32))

    @classmethod
    def of(cls, table: ArrayLike, region: ArrayLike = 0, pass_index: ArrayLike = 0, first_id: int = 0) -> Strokes:
        """Strokes from a copy of `table`, with the ids `first_id`, `first_id + 1` and so on.

        Args:
            table: (N, 13) numbers; cast to float32, their ranges are not checked here.
            region: one index for all or (N,) of them, 0..32767.
            pass_index: likewise.
            first_id: the id of the first stroke; `next_id` of the strokes that are already there.

        Raises:
            ImpastoError: the table or a label has the wrong shape or type, or a label or id is out of range.
        """
        rows = _float_table(table)
        count = len(rows)
        return cls(
            rows,
            _labels(region, count, "region"),
            _labels(pass_index, count, "pass_index"),
            _fresh_ids(first_id, count),
        )

    @staticmethod
    def concatenate(parts: Iterable[Strokes]) -> Strokes:
        """All strokes of `parts`, in that order.

        Raises:
            ImpastoError: two strokes share an id.
        """
        parts = [Strokes.empty(), *parts]
        joined = Strokes(*(np.concatenate([getattr(part, name) for part in parts]) for name in _DTYPES))
        _check_ids(joined.id, "the joined strokes")
        return joined

    def take(self, which: ArrayLike | slice) -> Strokes:
        """A copy of the strokes at `which`: indices in the wanted order, a boolean mask (N,), or a slice.

        Raises:
            ImpastoError: an index lies outside the strokes, or the mask does not have N entries.
        """
        rows = np.arange(len(self))[which] if isinstance(which, slice) else self._rows(np.asarray(which))
        return Strokes(*(getattr(self, name)[rows] for name in _DTYPES))

    def __len__(self) -> int:
        """The number of strokes."""
        return len(self.table)

    @property
    def next_id(self) -> int:
        """The smallest id above all used ones: the `first_id` of strokes to be added."""
        return int(self.id.max()) + 1 if len(self) else 0

    def validated(self, source: str = "the strokes") -> Strokes:
        """The same strokes in C-contiguous arrays, after every check.

        Args:
            source: what an error names, such as the file the strokes came from.

        Raises:
            ImpastoError: a wrong shape or dtype, a value that is not finite or out of range (positions -4..5,
                radii 0..2, opacities and colours 0..1, regions and passes from 0, ids unique and from 0), or
                more than 1,000,000 strokes.
        """
        self._check_layout(source)
        for columns, noun, low, high in _RANGES:
            _check_range(self.table[:, columns], noun, low, high, source)
        _check_range(self.region[:, None], "region", 0, MAX_LABEL, source)
        _check_range(self.pass_index[:, None], "pass", 0, MAX_LABEL, source)
        _check_ids(self.id, source)
        return Strokes(*(np.ascontiguousarray(getattr(self, name)) for name in _DTYPES))

    def _rows(self, which: NDArray[Any]) -> NDArray[np.intp]:
        """The row numbers that a boolean mask or an array of indices means."""
        count = len(self)
        if which.dtype == np.bool_:
            fits = which.shape == (count,)
        elif which.size:
            fits = which.dtype.kind in "iu" and -count <= which.min() <= which.max() < count
        else:
            which, fits = np.empty(0, np.intp), True  # an empty list arrives as float
        if not fits:
            raise ImpastoError(
                f"these {which.dtype} numbers {which.shape} do not choose among {count} strokes; "
                f"give indices below {count} or a boolean mask of {count} entries"
            )
        return np.flatnonzero(which) if which.dtype == np.bool_ else which.ravel().astype(np.intp)

    def _check_layout(self, source: str) -> None:
        count = len(self.table) if np.ndim(self.table) else 0
        if count > MOST_STROKES:
            raise ImpastoError(f"{source}: {count:,} strokes are too many; keep at most {MOST_STROKES:,}")
        for name, dtype in _DTYPES.items():
            array: Any = getattr(self, name)
            shape = (count, len(COLUMNS)) if name == "table" else (count,)
            if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
                found = f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}"
                raise ImpastoError(
                    f"{source}: '{name}' must be {np.dtype(dtype)} {shape} but is {found}; build it with Strokes.of"
                )


def middles(table: Table) -> Points:
    """Where the strokes' (N, 13) curves have their middles, (N, 2) in canvas units."""
    return (table[:, X0 : Y0 + 1] + 2 * table[:, X1 : Y1 + 1] + table[:, X2 : Y2 + 1]) / 4


def _float_table(table: ArrayLike) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # too large for float32 becomes inf, which validated() refuses
            rows = np.array(table, np.float32, order="C")
    except (TypeError, ValueError) as error:
        raise ImpastoError(f"the stroke table is not numeric ({error}); give (N, 13) numbers") from error
    if rows.ndim != 2 or rows.shape[1] != len(COLUMNS):
        raise ImpastoError(f"the stroke table has shape {rows.shape}; give (N, {len(COLUMNS)})")
    return rows


def _labels(values: ArrayLike, count: int, name: str) -> NDArray[np.int16]:
    labels = np.asarray(values)
    if labels.size == 0:
        labels = labels.astype(np.int16)  # an empty list arrives as float
    if labels.dtype.kind not in "iu" or labels.shape not in ((), (count,)):
        raise ImpastoError(f"'{name}' is {labels.dtype} {labels.shape}; give one whole number or {count} of them")
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) <= MAX_LABEL:
        raise ImpastoError(f"'{name}' holds a number outside 0 to {MAX_LABEL}; number from 0")
    return np.full(count, labels, np.int16)


def _fresh_ids(first_id: int, count: int) -> NDArray[np.int64]:
    try:
        first = as_int(first_id)
    except TypeError as error:
        raise ImpastoError(f"first_id is {first_id!r}; give a whole number from 0") from error
    if not 0 <= first <= MAX_ID - count:
        raise ImpastoError(f"first_id {first} leaves no room for {count} ids; number strokes from 0")
    return np.arange(first, first + count, dtype=np.int64)


def _check_range(values: NDArray[Any], noun: str, low: float, high: float, source: str) -> None:
    """Refuse `values` (N, k) unless all lie in low..high; NaN and infinity do not."""
    wrong = ~((values >= low) & (values <= high)).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        value = next(v for v in values[row].tolist() if not low <= v <= high)
        raise ImpastoError(
            f"{source}: the {noun} of stroke {row} is {value:g} but must lie between {low:g} and {high:g}; "
            f"correct or leave out that stroke"
        )


def _check_ids(ids: NDArray[np.int64], source: str) -> None:
    if ids.size and ids.min() < 0:
        raise ImpastoError(f"{source}: stroke id {int(ids.min())} is negative; number strokes from 0")
    values, counts = np.unique(ids, return_counts=True)
    if len(values) != len(ids):
        raise ImpastoError(
            f"{source}: stroke id {int(values[counts > 1][0])} occurs twice; give every stroke its own id"
        )
