"""The daemon's log: one JSON object per line, in files that grow no further, without anybody's paths."""

from __future__ import annotations

import json
import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from impasto.protocol.places import HOME

LOG = "daemon.log"
LOG_BYTES, LOGS = 1 << 20, 3
LONGEST = 300  # letters of what is quoted
_FIELDS = ("job", "kind", "position", "seconds", "counts", "address", "why", "trace")
_FOLDERS = re.compile(r"(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\":]+[/\\])+")


def quoted(text: str) -> str:
    """A line of a log as it may be quoted to anybody: no folders, no more than `LONGEST` letters."""
    return _FOLDERS.sub("", " ".join(text.split()))[:LONGEST]


class _Lines(logging.Formatter):
    """One JSON object per line: no pictures, no users' paths."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._homes = [(str(home), HOME)]
        try:
            self._homes.append((str(Path.home()), "~"))
        except RuntimeError:  # this user has none
            return

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line: dict[str, Any] = {"time": self.formatTime(record), "level": record.levelname, "says": record.getMessage()}
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["trace"] = self.formatException(record.exc_info)
        for name in ("says", "trace", "why"):
            for folder, word in self._homes:
                if name in line and len(folder) > 1:
                    line[name] = str(line[name]).replace(folder, word)
        return json.dumps(line)


def start_log(home: Path) -> None:
    """Write what Impasto logs into a home from now on. Raises OSError if that cannot be written."""
    handler = RotatingFileHandler(home / LOG, maxBytes=LOG_BYTES, backupCount=LOGS, encoding="utf-8")
    handler.setFormatter(_Lines(home))
    logger = logging.getLogger("impasto")
    for old in logger.handlers[:]:
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
