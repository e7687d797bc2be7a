"""Where installers keep what they have fetched, and what they have noted of an engine."""

from __future__ import annotations

import json
import os
from pathlib import Path

from impasto.protocol.places import home_path

INSTALLED = "installed.json"


def cache() -> Path:
    """Where fetched wheels are kept."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("IMPASTO_CACHE") or user_cache_path("impasto", False)) / "plugin"


def noted_engine(plugin: Path) -> str | None:
    """The Python that has the engine, as it was noted in a plugin's folder or by what has brought one, if any."""
    return _python(plugin / INSTALLED) or _python(home_path() / "engine" / INSTALLED)


def _python(note: Path) -> str | None:
    try:
        python = json.loads(note.read_text(encoding="utf-8"))["python"]
        return python if Path(python).exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
