"""A style taken from a picture: its colours, and how broad, long, sharp and lively its strokes are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.pictures.io import SMALLEST_SIDE, Picture
from impasto.engine.pictures.oklab import from_oklab, to_oklab
from impasto.engine.pictures.recolouring import even_colours

if TYPE_CHECKING:
    from impasto.engine.styles.style import Style

LOOKED_AT = 512  # longer side, pixels
COLOURS = 256  # that stand for a picture
PLAINEST = 0.01  # spread of colours, in Oklab, of what is a picture at all
PLAIN = 0.055  # unrest of prints and of what is painted in plain shapes
_CALM = 0.0105  # liveliness that one shape after another has, without any broken colour
_WIDTH = 1.25  # half width of a stroke, over that of what is left to be seen of it
_FAR = 1 / 24  # of the longer side: larger shapes are no strokes
_WIDEST, _LONGEST = 0.05, 1 / 6  # that are looked for, canvas units


@dataclass(frozen=True)
class Hand:
    """What a picture's strokes are like, as far as one sees it.

    across, along: half width and half length of what hangs together, canvas units; coherence: how much of it has a
    direction, 0..1; edge: width of an edge, in half widths; liveliness: how much colours vary from stroke to stroke,
    in Oklab's a and b; unrest: slope of its quietest quarter, over that of its edges.
    """

    across: float
    along: float
    coherence: float
    edge: float
    liveliness: float
    unrest: float


def style_from(picture: Picture, name: str, *, strength: float = 1.0, base: Style | None = None) -> Style:
    """A style that paints as a picture is painted.

    name: of the style, of which what no name may have is left out; strength: 0..1, how far to go from the base's hand
    and the photo's colours; base: whose medium and all else it keeps, and, if its strokes let the paper through, its
    hand as well; by default `painterly`, or `gouache` for a picture of plain shapes.

    Raises ImpastoError for a picture that is too small, see-through or of one colour, and for a base of lines alone.
    """
    from impasto.engine.styles import load_style, validate_style

    rgb, opaque = _looked_at(picture)
    colours = even_colours(rgb[opaque], COLOURS)
    if float(np.sqrt(colours.var(0).sum())) < PLAINEST:
        raise ImpastoError(f"{name} has hardly more than one colour, which makes no style; give a painting or a photo")
    hand = hand_of(rgb)
    if base is None:
        base = load_style("gouache" if hand.unrest < PLAIN else "painterly")
    values = base.model_dump(mode="json")
    values |= {"name": plain_name(name), "description": f"As {plain_name(name)} is painted."}
    if base.loss.example:  # which is another picture's
        values["loss"] = base.loss.model_copy(update={"texture": 0.0, "example": ()}).model_dump(mode="json")
    if base.is_traced:
        raise ImpastoError(f"{base.name} draws lines, which have no picture's colours; choose a style that paints")
    if strength > 0 and not base.absorbs:
        _take(values, hand, base, strength)
    if strength > 0:
        levels = np.round(from_oklab(colours) * 255).astype(int)
        names = ["#{:02x}{:02x}{:02x}".format(*each) for each in levels]
        colour = values["colour"]
        for usual in ("saturation", "contrast"):  # the base's own would change what the colours are to be like
            colour[usual] = round(colour[usual] ** (1 - strength), 4)
        colour["like"] = {"colours": names, "strength": strength}
    return validate_style(values, f"the style of {name}")


def plain_name(name: str) -> str:
    """A name as styles may have it."""
    return " ".join(re.sub(r"[^\w.-]+", " ", Path(name).name).split()).strip(" .")[:64] or "picture"


def hand_of(rgb: np.ndarray) -> Hand:
    """What the strokes of a picture (H, W, 3), sRGB 0..1, are like."""
    from scipy.ndimage import map_coordinates, maximum_filter, minimum_filter

    lab = to_oklab(rgb)
    light, side = lab[..., 0], max(rgb.shape[:2])
    detail = light - gaussian_filter(light, _FAR * side)
    gy, gx = np.gradient(gaussian_filter(light, 1.0))
    xx, yy, xy = (gaussian_filter(each, side / 100) for each in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1e-9)
    quiet, edges = np.quantile(np.hypot(gy, gx), [0.25, 0.95])
    rows, columns = np.mgrid[0 : light.shape[0] : 3, 0 : light.shape[1] : 3]
    here, across = detail[::3, ::3], angle[::3, ::3]

    def reach(turn: float, most: float) -> float:
        """How far from each place along a direction the picture is half as like it; canvas units."""
        dx, dy = np.cos(across + turn), np.sin(across + turn)
        likest, before = float((here**2).mean()) + 1e-12, 1.0
        for step in range(1, max(2, int(most * side))):
            there = map_coordinates(detail, [rows + step * dy, columns + step * dx], order=1, mode="reflect")
            like = float((here * there).mean()) / likest
            if like < 0.5:
                return (step - 1 + (before - 0.5) / (before - like)) / side
            before = like
        return most

    width = reach(0.0, _WIDEST)
    radius = max(1.0, width * side)
    dy, dx = np.gradient(light)
    slope = np.hypot(dy, dx)
    window = int(2 * radius) | 1
    span = maximum_filter(light, window) - minimum_filter(light, window)
    strong = slope > np.quantile(slope, 0.9)
    lively = [gaussian_filter(lab[..., k], radius / 2) - gaussian_filter(lab[..., k], 3 * radius) for k in (1, 2)]
    return Hand(
        across=width,
        along=max(width, reach(np.pi / 2, _LONGEST)),
        coherence=float(np.average(coherence, weights=xx + yy + 1e-12)),
        edge=float(np.median(span[strong] / slope[strong]) / radius) if strong.any() else 1.0,
        liveliness=float(np.sqrt(np.mean([(each**2).mean() for each in lively]))),
        unrest=float(quiet / max(edges, 1e-9)),
    )


def _looked_at(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """The picture (H, W, 3) float32, small, and where it is opaque (H, W)."""
    if min(picture.height, picture.width) < SMALLEST_SIDE:
        raise ImpastoError(
            f"a picture of {picture.width}×{picture.height} pixels shows no style; give one of at least "
            f"{SMALLEST_SIDE} a side"
        )
    shrunk = min(1.0, LOOKED_AT / max(picture.height, picture.width))
    size = max(1, round(picture.height * shrunk)), max(1, round(picture.width * shrunk))
    rgb, alpha = picture.resampled(*size)
    opaque = alpha > 0.5
    if not opaque.any():
        raise ImpastoError("the picture whose style is wanted is see-through everywhere; give one with something on it")
    if not opaque.all():
        rgb = np.where(opaque[..., None], rgb, rgb[opaque].mean(0))
    return rgb.astype(np.float32), opaque


def _take(values: dict[str, Any], hand: Hand, base: Style, strength: float) -> None:
    """Change a style's values by what the hand is like: sizes all alike, so that its passes stay what they are."""
    shape, last = values["shape"], base.passes[-1]
    usual = float(np.sqrt(base.shape.smallest * min(last.radius, base.shape.largest)))
    size = float(np.clip(_WIDTH * hand.across / usual, 0.5, 1.6)) ** strength
    aspect = float(np.clip(1.2 * hand.along / hand.across, 1.3, 14))
    flowing = float(np.clip((hand.coherence - 0.5) / 0.2, 0, 1))

    def towards(name: str, wanted: float) -> None:
        shape[name] = round(shape[name] + strength * (wanted - shape[name]), 4)

    towards("aspect", aspect)
    towards("edge", float(np.clip(0.35 * hand.edge - 0.3, 0.05, 1.3)))
    towards("bend", 0.2 + 0.25 * flowing)
    towards("angle", float(np.clip(250 * (0.6 - hand.coherence), 0, 90)))
    towards("flow_size", 1 + 5 * flowing)
    for name, least, most in (("smallest", 0.0005, 0.5), ("largest", 0.0005, 0.5)):
        shape[name] = round(float(np.clip(shape[name] * size, least, most)), 5)
    for each in values["passes"]:
        each["radius"] = round(float(np.clip(each["radius"] * size, 0.0002, 0.5)), 5)
    jitter = strength * float(np.clip(4 * (hand.liveliness - _CALM), 0, 0.06))
    values["colour"]["jitter"] = round(max(jitter, values["colour"]["jitter"] * (1 - strength)), 4)
    if jitter > 0.02:  # colours that are meant to be broken, and so are not to be corrected
        values["learning"]["colour"] = 0.0
    wanted = base.strokes * base.shape.aspect / (shape["aspect"] * size**2)
    values["strokes"] = int(np.clip(wanted, 0.4 * base.strokes, 2.5 * base.strokes))
