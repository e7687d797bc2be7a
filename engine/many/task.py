"""A task is one picture, or one scene of a film; a runner has many of them done, here or on other machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from impasto.engine.errors import ImpastoError


@dataclass(frozen=True)
class Place:
    """Where a task is done, as its function sees it.

    Attributes:
        threads: how many it may use.
        scratch: a folder of its own, empty, which is removed afterwards.
        tell: hears how far it is, 0..1; may be called as often as one likes, from the task's own thread.
        files: where the task's files lie, if not where they lay when it was made.
    """

    threads: int
    scratch: Path
    tell: Callable[[float], None]
    files: Mapping[Path, Path] = field(default_factory=dict)

    def path(self, path: Path) -> Path:
        """Where one of the task's files lies here."""
        return self.files.get(path, path)

    def said(self, sentence: str) -> str:
        """A sentence in which files have the names that the user knows."""
        for known, here in self.files.items():
            sentence = sentence.replace(str(here), str(known))
        return sentence


def _little() -> int:
    return 256 << 20


@dataclass(frozen=True, eq=False)
class PaintTask:
    """One thing to be done, by anybody.

    Attributes:
        name: what the user calls it.
        key: tells it from all others, and is the same whenever it comes to the same: who asks again for what is being
            done, or is done and was not fetched, gets that.
        work: a function of some module's own, which is called with `payload` and a `Place` wherever the task is done;
            must not write anything but in its scratch folder. Raises ImpastoError for what is the task's own fault.
        payload: what it needs to know, small, and of a plain form (see `plain`); so is what `work` gives back.
        files: those that it reads. They are read when the task is handed out; machines elsewhere get copies.
        needs: about how many bytes of memory it takes, asked when it is handed out.
    """

    name: str
    key: str
    work: Callable[[Any, Place], Any]
    payload: Any
    files: tuple[Path, ...] = ()
    needs: Callable[[], int] = _little


@dataclass(frozen=True)
class Happening:
    """Something happened to a task; None: to all of them."""

    task: PaintTask | None


@dataclass(frozen=True)
class Readied(Happening):
    """Something slow that comes before all tasks: `what` says it, "" when it is over."""

    what: str


@dataclass(frozen=True)
class Begun(Happening):
    """Somebody does it now, perhaps once more, since who did it before has ended."""


@dataclass(frozen=True)
class Going(Happening):
    """It is done to this share, 0..1."""

    share: float


@dataclass(frozen=True)
class Ended(Happening):
    """Its function's result; or, in one sentence, why there is none."""

    result: Any = None
    trouble: str | None = None


class Runner(Protocol):
    """Has tasks done. Both runners keep to this; leaving a `with` ends whatever still runs."""

    @property
    def at_once(self) -> int:
        """How many tasks are done at the same time, at most."""
        ...

    def run(
        self, tasks: Iterable[PaintTask], stopped: Callable[[], bool] = ...
    ) -> Iterator[Happening]:  # fmt: skip
        """Have them done, as many at once as there is room for, and tell what happens; they end in any order.

        tasks: asked for one by one, as there is room: there may be any number. stopped: asked several times a second;
        once it is true the iterator ends, and what was being done is lost to this run.
        Raises ImpastoError if nobody can do anything (any more).
        """
        ...

    def __enter__(self) -> Runner:
        """Itself."""
        ...

    def __exit__(self, *_: object) -> None:
        """End all that is still being done."""
        ...


def sentence_of(error: BaseException) -> str:
    """Why a task was not done, in one sentence for the user."""
    if isinstance(error, ImpastoError):
        return str(error)
    if isinstance(error, MemoryError):
        return "it needs more memory than there is; ask for less"
    if isinstance(error, OSError):
        return f"a file could not be written ({error.strerror or error}); free space"
    return f"Impasto made a mistake ({type(error).__name__}: {str(error)[:200]}); please report it"
