"""Is there an engine of this user's? Its address file alone says nothing: it stays behind when an engine is killed."""

from __future__ import annotations

from typing import Any

from ..protocol.lock import is_held
from ..protocol.places import home_path, is_alive, read_runtime, require_here


class OwnEngine:
    """What the address file says, believed as long as the engine's process or its lock says that it lives.

    The process's number may be another's by now, or one that is not seen from inside a sandbox; its lock is let go by
    the system, whatever ended the engine. `stopped`: there is an address file, but no engine.
    """

    def __init__(self) -> None:
        self.stopped = False
        self._found: Any = None
        self._dead: Any = None  # an address file that is not asked about again: a new engine writes another

    @property
    def process(self) -> int:
        """The number of its process, or 0."""
        return self._found["pid"] if self._found else 0

    def look(self) -> Any:
        """Its address and key, or None if there is no engine.

        Raises ProtocolError: "home" if there is no folder, "elsewhere" if the engine of that is on another machine.
        """
        self._found = read_runtime()
        if self._found is not None:
            require_here(self._found, home_path())
        self.stopped = self._found is not None and not self.lives()
        return None if self.stopped else self._found

    def lives(self, in_doubt: bool = False) -> bool:
        """Does it still run? in_doubt: it says nothing, so ask its lock, too."""
        if self._found is None or self._found == self._dead:
            return False
        runs = is_alive(self._found["pid"])
        if in_doubt or not runs:
            held = is_held(home_path())
            runs = runs if held is None else held
        if not runs:
            self._dead = self._found
        return runs
