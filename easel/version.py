"""Which Impasto this plugin is of."""

from __future__ import annotations

from pathlib import Path


def plugin_version() -> str:
    """As its installer has written it down, or a question mark."""
    try:
        return (Path(__file__).parent.parent / "version.txt").read_text(encoding="utf-8").strip()
    except OSError:
        return "?"
