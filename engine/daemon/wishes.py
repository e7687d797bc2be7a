"""Jobs that help to make up one's mind: where a picture is looked at, a style from a picture, a style from words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.daemon.pixels_in import picture_of

MAP = "interest.raw8"


def map_interest(folder: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """Write where a picture is looked at, 255 where most, into the job's folder; returns the map's size."""
    from impasto.engine.painter.interest import interest

    found = interest(picture_of(fields["picture"], folder / "picture.raw"))
    np.rint(found * 255).astype(np.uint8).tofile(folder / MAP)
    return {"height": found.shape[0], "width": found.shape[1], "found": bool(found.max() > 0)}


def learn_style(folder: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """A style from a picture; it is kept nowhere before the client says so."""
    from impasto.engine.daemon.hello import described
    from impasto.engine.painter.seeing.example import style_like

    picture = picture_of(fields["picture"], folder / "picture.raw")
    style = style_like(picture, fields["name"], strength=fields["strength"], texture=fields["texture"])
    return {"style": described(style)}


def suggest_style(folder: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """The style that suits some words, and why."""
    from impasto.engine.daemon.hello import described
    from impasto.engine.painter.wording import chosen
    from impasto.engine.styles import load_style, varied

    choice = chosen(fields["words"])
    style = varied(load_style(choice.name, choice.overrides), *choice.bent(1.0, 0.0))
    return {"style": described(style), "why": choice.why}


TASKS: dict[str, Callable[[Path, dict[str, Any]], dict[str, Any]]] = {
    "interest": map_interest,
    "learn": learn_style,
    "suggest": suggest_style,
}
