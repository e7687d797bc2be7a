"""What a painting is asked for with: the procedure's arguments, checked by what the engine says that it has."""

from __future__ import annotations

import json
from typing import Any

from .easel.notes import editors_folder, read_json
from .easel.parameters import LOOK, completed, parameters, with_changes
from .easel.words import tr
from .image import ImageError
from .protocol import ProtocolError
from .protocol.limits import EFFORTS, MOST_STROKES
from .protocol.places import write_private

MOST_SEED = 2**31 - 1
USUAL: dict[str, Any] = {
    "style": "painterly",
    "medium": "",  # the style's own
    "strokes": 0,  # as the style has it
    "effort": "normal",
    "seed": 0,
    "regions": False,
    "segmenter": "",  # the engine's first
    "layers": "passes",
    "preview": True,
    "changes": "{}",  # of the style, as JSON: values by path, such as {"light/relief": 1.5}
}
LAYERS = ("passes", "regions", "none")
LAST = "choices"  # in our folder of Impasto's home: what was chosen last


def offered(hello: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """What an engine offers of a kind: media, segmenters."""
    offers = hello.get("offers")
    found = offers.get(kind) if isinstance(offers, dict) else None
    return [each for each in found or () if isinstance(each, dict) and isinstance(each.get("name"), str)]


def styles(hello: dict[str, Any]) -> list[dict[str, Any]]:
    """The styles that an engine has."""
    return [style for style in hello.get("styles") or () if isinstance(style, dict) and "values" in style]


def style_of(hello: dict[str, Any], name: str) -> dict[str, Any]:
    """One of them. Raises ImageError that names them all."""
    found = [style for style in styles(hello) if style["name"] == name]
    if not found:
        names = ", ".join(style["name"] for style in styles(hello))
        raise ImageError(tr("There is no style “{name}”; there are: {names}.").format(name=name, names=names))
    return found[0]


def look_parameters(hello: dict[str, Any], values: dict[str, Any], medium: str) -> list[Any]:
    """Of a style's light what can be set and matters to a medium, as easel.parameters has them.

    What the style leaves to the medium is as that has it.
    """
    schema = hello.get("parameters") or {}
    look = {name: dict(values.get(name) or {}) for name in LOOK}
    kind = medium or look["medium"].get("kind") or "flat"
    offer = next((each for each in offered(hello, "media") if each["name"] == kind), {})
    matters = [path for path in offer.get("settings") or () if str(path).startswith("light/")]
    own = {name: each["default"] for name, each in (offer.get("parameters") or {}).items() if "default" in each}
    own = {name: value for name, value in own.items() if f"light/{name}" in matters}
    look["light"] = {**own, **{name: value for name, value in look["light"].items() if value is not None}}
    return [each for each in parameters(schema, completed(schema, look)) if each.path in matters]


def fields(hello: dict[str, Any], wishes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The style that is painted in, and the fields of the request. Raises ImageError for what the engine has not."""
    style = style_of(hello, wishes["style"])
    changes = _changes(wishes["changes"])
    if wishes["medium"]:
        media = [each["name"] for each in offered(hello, "media")]
        if wishes["medium"] not in media:
            words = tr("There is no medium “{name}”; there are: {names}.")
            raise ImageError(words.format(name=wishes["medium"], names=", ".join(media)))
        changes = {"medium/kind": wishes["medium"], **changes}
    schema = hello.get("parameters") or {}
    known = {
        each.path: each
        for each in parameters(schema, completed(schema, {**{name: {} for name in LOOK}, **style["values"]}))
    }
    for path, value in changes.items():
        if path not in known or not known[path].allows(value):
            words = tr("The style has no setting {path} that may be {value}; look at: impasto styles --help.")
            raise ImageError(words.format(path=path, value=json.dumps(value)))
    values = with_changes(style["values"], changes)
    features = hello.get("features") or ()
    asked: dict[str, Any] = {"style": values, "seed": wishes["seed"], "preview": wishes["preview"]}
    if wishes["strokes"]:
        asked["strokes"] = wishes["strokes"]
    if wishes["effort"] not in EFFORTS:
        raise ImageError(tr("The effort is one of: {names}.").format(names=", ".join(EFFORTS)))
    if wishes["effort"] != "normal" and "effort" in features:
        asked["effort"] = wishes["effort"]
    if wishes["layers"] not in LAYERS:
        raise ImageError(tr("The layers are one of: {names}.").format(names=", ".join(LAYERS)))
    asked["layers"] = wishes["layers"]
    if wishes["regions"]:
        ways = [str(name) for name in hello.get("segmenters") or ()]
        chosen = wishes["segmenter"] or ("unsupervised" if "unsupervised" in ways or not ways else ways[0])
        if ways and chosen not in ways:
            words = tr("There is no way to find regions called “{name}”; there are: {names}.")
            raise ImageError(words.format(name=chosen, names=", ".join(ways)))
        asked["find"] = chosen
    if "multiply" in features and wishes["layers"] != "none":
        asked["multiply"] = True
    return {**style, "values": values}, asked


def _changes(text: str) -> dict[str, Any]:
    try:
        return read_json((text or "{}").encode("utf-8"))
    except ProtocolError as error:
        raise ImageError(tr("The changes of the style are no JSON object; give one such as {}.")) from error


def last() -> dict[str, Any]:
    """What was chosen last; what is not there or makes no sense is as usual."""
    try:
        found = read_json((editors_folder("gimp") / LAST).read_bytes())
    except (OSError, ProtocolError):
        found = {}
    return {name: found[name] if _sound(name, found.get(name)) else usual for name, usual in USUAL.items()}


def keep(wishes: dict[str, Any]) -> None:
    """Remember what was chosen; if that cannot be written, painting goes on without."""
    try:
        write_private(editors_folder("gimp") / LAST, json.dumps(wishes))
    except (OSError, ProtocolError):
        return


def _sound(name: str, value: Any) -> bool:
    if type(value) is not type(USUAL[name]):
        return False
    if isinstance(value, str):
        return len(value) <= 10_000
    most = {"strokes": MOST_STROKES, "seed": MOST_SEED}.get(name, 1)
    return 0 <= value <= most
