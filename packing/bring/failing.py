"""Why no engine could be brought."""

from __future__ import annotations

import errno
from pathlib import Path


class NotBrought(Exception):
    """A code and facts, of which the plugin makes a sentence in the artist's language."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def not_written(folder: Path, error: OSError) -> NotBrought:
    """What to raise if something could not be written in a folder: a full disk is another matter than a locked one."""
    code = "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "folder"
    return NotBrought(code, folder=str(folder), why=error.strerror or str(error))
