"""Things of one kind, found by name: segmenters, losses, media, writers. One is one new file in its folder.

Code of others joins by an entry point of the kind's group, such as `impasto.media`, whose name is the thing's.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from impasto.engine.errors import ImpastoError

T = TypeVar("T")


class Registry(Generic[T]):
    """All things of one kind.

    kind: what one is called in a sentence; package: the full name of the folder where ours lie, each the constant
    `constant` of a file that is named as it is; group: of the entry points by which those of others are found;
    accepts: whether something found there is such a thing. Listing names imports none of them.
    """

    def __init__(self, kind: str, package: str, constant: str, group: str, accepts: Callable[[object], bool]) -> None:
        self.kind, self.group = kind, group
        self._package, self._constant, self._accepts = package, constant, accepts
        self._loaded: dict[str, T] = {}

    @cached_property
    def ours(self) -> tuple[str, ...]:
        """Names of those that come with Impasto."""
        return tuple(sorted(m.name for m in pkgutil.iter_modules([str(self._folder)]) if not m.name.startswith("_")))

    @property
    def others(self) -> tuple[str, ...]:
        """Names of those of other packages. Looks through what is installed, which takes a moment."""
        return tuple(sorted(set(self._others) - set(self.ours)))

    @property
    def names(self) -> tuple[str, ...]:
        """All names: ours, then those of others."""
        return (*self.ours, *self.others)

    def __contains__(self, name: str) -> bool:
        """Is there one of this name?"""
        return name in self.ours or name in self._others

    def __getitem__(self, name: str) -> T:
        """The one of a name, imported now if it has not been.

        Raises ImpastoError for a name that is not there, and for code of others that does not load or is no such thing.
        """
        if name not in self._loaded:
            self._loaded[name] = self._ours(name) if name in self.ours else self._theirs(name)
        return self._loaded[name]

    def about(self, name: str) -> str:
        """The first line of the docstring of one of ours, without importing it."""
        with (self._folder / f"{name}.py").open(encoding="utf-8") as file:
            return file.readline().strip().strip('"')

    @property
    def _folder(self) -> Path:
        # Not by importing the package, which may bring NumPy with it: the command line's help lists names.
        return Path(__file__).parent.joinpath(*self._package.split(".")[2:])  # after impasto.engine

    def _ours(self, name: str) -> T:
        return getattr(import_module(f"{self._package}.{name}"), self._constant)

    @cached_property
    def _others(self) -> dict[str, object]:
        from importlib.metadata import entry_points

        return {point.name: point for point in entry_points(group=self.group)}

    def _theirs(self, name: str) -> T:
        point = self._others.get(name)
        if point is None:
            raise ImpastoError(f"there is no {self.kind} {name[:60]}; there are {', '.join(self.names)}")
        try:
            found = point.load()  # type: ignore[attr-defined]
        except Exception as error:  # it is not our code
            what = f"{type(error).__name__}: {error}"
            raise ImpastoError(
                f"the {self.kind} {name} of another package does not load ({what}); mend or remove it"
            ) from error
        if not self._accepts(found):
            raise ImpastoError(f"the {self.kind} {name} of another package is none; mend or remove it")
        return found
