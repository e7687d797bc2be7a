"""A mutation: one line of ours made wrong, and the tests that have to notice."""

import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Mutation:
    """`old`, found in exactly one line of `file`, becomes `new`; one of `tests` (files, or file::test) must fail.

    hurts: what a user would suffer.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    hurts: str

    def applied(self, text: str) -> str:
        """The file's text with the mutation. Raises ValueError if `old` is not there exactly once, or is no part of a
        line."""
        count = text.count(self.old)
        if count != 1 or "\n" in self.old or self.new == self.old:
            raise ValueError(f"{self.name}: {self.old!r} is {count} times in {self.file}, not once")
        return text.replace(self.old, self.new)


def read_list(file: Path) -> list[Mutation]:
    """The mutations of a TOML file: `[[mutation]]` tables with the fields of `Mutation`. Raises TypeError or KeyError
    for other fields, and ValueError for two of one name."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))["mutation"]
    mutations = [Mutation(**{**table, "tests": tuple(table["tests"])}) for table in tables]
    names = [mutation.name for mutation in mutations]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two mutations are called {', '.join(sorted(twice))}")
    return mutations
