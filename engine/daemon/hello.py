"""What a client is told first: the engine, its devices, and all there is to choose from, with parameters and ranges."""

from __future__ import annotations

from functools import cache
from typing import Any

from impasto.engine.daemon.spool import RESULTS_BYTES, RESULTS_SECONDS
from impasto.engine.errors import ImpastoError
from impasto.engine.export import suffixes
from impasto.engine.losses import LOSSES
from impasto.engine.media import MEDIA, Absorbing, Textured
from impasto.engine.parallel import default_threads
from impasto.engine.segment import MASKS, SEGMENTERS, method_names
from impasto.engine.styles import Style, loaded_styles
from impasto.engine.version import IMPASTO_VERSION
from impasto.engine.wash.pigments import SETS
from impasto.protocol import ProtocolError
from impasto.protocol.limits import (
    CHUNK_BYTES,
    LARGEST_FOUND_SIDE,
    LARGEST_PICTURE,
    MOST_HELD,
    MOST_REGIONS,
    MOST_SHOWN_BYTES,
    MOST_STROKES,
    SMALLEST_FOUND_SIDE,
)

# The parameters of each, as properties of a JSON schema. The others have none.
PARAMETERS: dict[str, dict[str, Any]] = {
    "segmenters": {
        "model": {"type": "string"},
        "size": {"type": "integer", "minimum": SMALLEST_FOUND_SIDE, "maximum": LARGEST_FOUND_SIDE},
    },
}
FEATURES = (
    "detail",
    "effort",
    "flow",
    "follow",
    "interest",
    "keep_style",
    "learn",
    "multiply",
    "offers",
    "queue",
    "segmenters",
    "shapes",
    "show",
    "stages",
    "suggest",
    "tip",
)  # what this engine can beyond version 2; protocol/README.md explains each


_LIGHT = ("light/relief", "light/angle", "light/ground", "light/weave", "light/layers")
_OF_PAINT = (
    "medium/tip", "medium/bristles", "medium/dryness", "medium/ragged", "medium/drag", "medium/variety", "medium/body",
    "light/gloss", "light/height", *_LIGHT,
)  # fmt: skip
_ON_PAPER = ("medium/border", *(path for path in _LIGHT if path != "light/layers"))
_OF_WHAT_ABSORBS = {
    "wash": (
        "medium/wetness", "medium/rims", "medium/granulation", "medium/dryness", "medium/line", "medium/spatter",
        "medium/pigments", *_ON_PAPER,
    ),
    "line": ("medium/line", *_ON_PAPER),
    "stick": _ON_PAPER,
}  # fmt: skip


@cache
def choices() -> dict[str, tuple[str, ...]]:
    """What there is of each kind that a client may choose from, by name.

    Put together when it is first asked for: suffixes are known to the writers, and loading them takes a moment in which
    the worker can be starting.
    """
    return {
        "segmenters": tuple(name for name in method_names() if name != MASKS),  # masks go with the request itself
        "media": MEDIA.names,
        "losses": LOSSES.names,
        "exports": suffixes(),
        "pigments": tuple(SETS),
    }


def greeting(threads: int | None) -> dict[str, Any]:
    """The part of `hello`'s answer that stays the same. New style parameters reach clients by it."""
    styles, _ = loaded_styles()
    return {
        "engine": IMPASTO_VERSION,
        "devices": [{"name": "cpu", "threads": threads or default_threads()}],
        "styles": [described(style) for style in styles],
        "parameters": Style.model_json_schema(),
        "segmenters": list(choices()["segmenters"]),
        "features": list(FEATURES),
        "offers": {kind: [_offer(kind, name) for name in names] for kind, names in choices().items()},
        "limits": {
            "chunk": CHUNK_BYTES,
            "pixels": LARGEST_PICTURE,
            "strokes": MOST_STROKES,
            "regions": MOST_REGIONS,
            "held": MOST_HELD,
            "shown_bytes": MOST_SHOWN_BYTES,
            "results_seconds": RESULTS_SECONDS,
            "results_bytes": RESULTS_BYTES,
        },
    }


def described(style: Style) -> dict[str, Any]:
    """A style as clients are told it."""
    return {"name": style.name, "description": style.description, "values": style.model_dump(mode="json")}


def check_name(kind: str, name: str | None) -> None:
    """Is there one of this name, or none asked for? kind: of `choices`. Raises ProtocolError "refused" if not."""
    if name is not None and name not in choices()[kind]:
        one = {"media": "medium", "losses": "loss"}.get(kind, kind.rstrip("s"))
        there = ", ".join(choices()[kind])
        raise ProtocolError("refused", f"there is no {one} {name}; there are {there}", "choose one of these")


def _offer(kind: str, name: str) -> dict[str, Any]:
    told = {"name": name, "title": _title(kind, name), "about": _about(kind, name)}
    return {**told, "parameters": _parameters(kind, name), **(_of_medium(name) if kind == "media" else {})}


def _title(kind: str, name: str) -> str:
    """What a list shows for a choice: how its own description begins, else its name."""
    if kind == "segmenters" and name in SEGMENTERS.ours:
        return SEGMENTERS.about(name).partition(",")[0].rstrip(".")
    return name.replace("_", " ").capitalize() if kind != "exports" else name


def _parameters(kind: str, name: str) -> dict[str, Any]:
    """What can be set for a choice; of a medium, what the light is like as long as a style does not say."""
    if kind != "media":
        return PARAMETERS.get(kind, {})
    try:
        medium = MEDIA[name]
    except ImpastoError:  # another package's that does not load
        return {}
    if issubclass(medium, Absorbing):
        return {"relief": {"default": 1.0}, "ground": {"default": "paper"}}
    shine = getattr(medium, "shine", None)
    return {} if shine is None else {part: {"default": getattr(shine, part)} for part in ("relief", "gloss", "ground")}


def _of_medium(name: str) -> dict[str, Any]:
    """Does it let through what is beneath, and which of a style's settings, by path, matter to it?"""
    try:
        medium = MEDIA[name]
    except ImpastoError:  # another package's that does not load
        return {"absorbs": False, "settings": []}
    settings: tuple[str, ...] = ()
    if issubclass(medium, Textured):
        settings = _OF_PAINT
    elif issubclass(medium, Absorbing):
        settings = _OF_WHAT_ABSORBS[medium.nature.made]
    return {"absorbs": issubclass(medium, Absorbing), "settings": list(settings)}


def _about(kind: str, name: str) -> str:
    """What a choice is, in a sentence, if it is one of ours and can say so."""
    if kind == "pigments":
        return ", ".join(SETS[name])
    registry = {"segmenters": SEGMENTERS, "media": MEDIA, "losses": LOSSES}.get(kind)
    return registry.about(name) if registry is not None and name in registry.ours else ""
