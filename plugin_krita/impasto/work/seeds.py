"""One layer painted by several seeds at once, to choose from: each painting has a group of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

from ..document.krita_document import Source
from ..easel.words import tr
from ..guard import later
from .paint_job import PaintJob
from .steps import Steps

SEEDS = 4

Reading = Callable[[], Generator[Any, Any, Source]]


class _Turns:
    """What is done by one after the other, in the order in which they come."""

    def __init__(self) -> None:
        self._busy, self._waiting = False, []  # what goes on when it is free

    def taken(self, work: Callable[[], Steps]) -> Steps:
        """Do this when nobody else does."""
        while self._busy:
            yield self._waiting.append
        self._busy = True
        try:
            yield from work()
        finally:
            self._busy, waiting, self._waiting = False, self._waiting, []
            for resume in waiting:
                later(0, resume)


class Series:
    """What several paintings of one layer have in common: it is read once; they are handed in, and their groups made,
    one after the other (Krita lets Qt go on meanwhile).

    group: the unique id of the group that came last; the next one lies above it.
    """

    def __init__(self) -> None:
        self.group = ""
        self.handing_in, self.making = _Turns(), _Turns()
        self._source: Source | None = None

    def read(self, reading: Reading) -> Generator[Any, Any, Source]:
        """What is to be painted, read by the first that asks: later, what was painted would be read, too."""
        if self._source is None:
            self._source = yield from reading()
        return copy.copy(self._source)


class PaintingOfSeed(PaintJob):
    """One of a series, so many seeds after the one that is chosen."""

    def __init__(self, state: Any, series: Series, number: int) -> None:
        super().__init__(state)
        self._series = series
        self._settings["seed"] += number

    @property
    def what(self) -> str:
        """See `Piece`."""
        return tr("{style}, seed {seed}").format(style=super().what, seed=self._settings["seed"])

    def _hand_in(self) -> Steps:
        return self._series.handing_in.taken(super()._hand_in)

    def _make(self, header: dict[str, Any]) -> Steps:
        return self._series.making.taken(partial(super()._make, header))

    def _read(self) -> Generator[Any, Any, Source]:
        return self._series.read(super()._read)

    def _build(self, known: Sequence[str]) -> None:
        self.source.node = self._series.group or self.source.node
        super()._build(known)
        self._series.group = self.result.group or self._series.group

    def _title(self) -> str:
        return tr("{title}, seed {seed}").format(title=super()._title(), seed=self._settings["seed"])
