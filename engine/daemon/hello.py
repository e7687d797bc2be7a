"""What a client is told first: the engine, its devices, and every style with its parameters and their ranges."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from impasto.engine.daemon.spool import RESULTS_BYTES, RESULTS_SECONDS
from impasto.engine.parallel import default_threads
from impasto.engine.segment import MASKS, method_names
from impasto.engine.styles import Style, load_style, preset_names
from impasto.protocol.limits import CHUNK_BYTES, LARGEST_PICTURE, MOST_REGIONS, MOST_STROKES


def greeting(threads: int | None) -> dict[str, Any]:
    """The part of `hello`'s answer that stays the same. New style parameters reach clients by it."""
    styles = [load_style(name) for name in preset_names()]
    return {
        "engine": _version(),
        "devices": [{"name": "cpu", "threads": threads or default_threads()}],
        "styles": [
            {"name": style.name, "description": style.description, "values": style.model_dump(mode="json")}
            for style in styles
        ],
        "parameters": Style.model_json_schema(),
        "segmenters": [name for name in method_names() if name != MASKS],
        "limits": {
            "chunk": CHUNK_BYTES,
            "pixels": LARGEST_PICTURE,
            "strokes": MOST_STROKES,
            "regions": MOST_REGIONS,
            "results_seconds": RESULTS_SECONDS,
            "results_bytes": RESULTS_BYTES,
        },
    }


def _version() -> str:
    try:
        return version("impasto")
    except PackageNotFoundError:
        return "unknown"
