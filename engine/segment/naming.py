"""Names for regions that no network has named: by colour, lightness and place, which can be measured."""

from dataclasses import dataclass

import numpy as np

from impasto.engine.segment.ordering import painting_order
from impasto.engine.segment.regions import Kind, Region, unique_names

SUBJECT, BACKGROUND = "subject", "background"

_GREYS = ((15, "black"), (38, "dark grey"), (62, "grey"), (82, "light grey"), (np.inf, "white"))  # below this lightness
_HUES = (  # below this angle in CIELAB's a, b plane
    (20, "pink"), (45, "red"), (70, "orange"), (105, "yellow"), (165, "green"), (225, "turquoise"), (309, "blue"),
    (330, "purple"), (361, "pink"),
)  # fmt: skip
_COLOURLESS = 9.0  # chroma below which a colour looks grey
_OFF_CENTRE = 0.16  # of the side; farther out is left or right, top or bottom
_WHOLE = 0.85  # of the side; what is longer is neither left nor right
_CUT = 0.8  # see `Facts.cut`
_SUBJECT = 0.55  # least score
_BACKGROUND = 0.4  # least share of the picture's border


@dataclass(frozen=True)
class Facts:
    """What can be measured of one region."""

    share: float
    colour: np.ndarray
    """Mean in CIELAB (3,)."""
    middle: float
    """0..1, how much it lies in the middle of the picture."""
    border: float
    """Its share of the picture's border."""
    cut: float
    """How many sides of a square of its size the picture's border cuts: things are rarely cut much."""
    place: str
    """Such as top left, or middle."""


def described(labels: np.ndarray, lab: np.ndarray) -> tuple[np.ndarray, list[Region]]:
    """Name the regions of labels (H, W) in 0..K-1, each of them used, of a picture (H, W, 3) in CIELAB.

    One may be the subject: large, in the middle, little cut by the picture's border. Another may be the
    background: most of the border is its. The others are called such as "dark green area bottom left".
    Returns the labels renumbered from back to front, and the regions in that order.
    """
    facts = measured(labels, lab)
    names = [f"{colour_name(fact.colour)} area {fact.place}" for fact in facts]
    kinds: list[Kind] = ["thing" if fact.cut < _CUT else "stuff" for fact in facts]
    most = max(range(len(facts)), key=lambda row: facts[row].border)
    if facts[most].border >= _BACKGROUND and facts[most].cut >= _CUT:
        names[most], kinds[most] = BACKGROUND, "stuff"
    best = max(range(len(facts)), key=lambda row: _subject_score(facts[row]))
    if _subject_score(facts[best]) >= _SUBJECT and names[best] != BACKGROUND:
        names[best], kinds[best] = SUBJECT, "thing"
    order = painting_order(names, kinds, np.array([fact.share for fact in facts]))
    unique = unique_names(names[row] for row in order)
    regions = [Region(name, kinds[row]) for name, row in zip(unique, order, strict=True)]
    return np.argsort(order)[labels], regions


def colour_name(lab: np.ndarray) -> str:
    """Everyday name of a CIELAB colour: dark blue, light grey, brown."""
    lightness, a, b = (float(value) for value in lab)
    if np.hypot(a, b) < _COLOURLESS:
        return next(name for most, name in _GREYS if lightness < most)
    angle = np.degrees(np.arctan2(b, a)) % 360
    name = next(name for most, name in _HUES if angle < most)
    if name in ("orange", "yellow") and lightness < 55:
        return "dark brown" if lightness < 28 else "brown"
    return f"dark {name}" if lightness < 30 else f"bright {name}" if lightness > 80 else name


def measured(labels: np.ndarray, lab: np.ndarray) -> list[Facts]:
    """Measure the regions of labels (H, W) in 0..K-1, each of them used, of a picture (H, W, 3) in CIELAB."""
    from scipy import ndimage  # not up there: this file is loaded for its words as well

    height, width = labels.shape
    flat = labels.ravel()
    area = np.bincount(flat).astype(np.float64)
    count = len(area)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(flat, np.broadcast_to(values, labels.shape).ravel(), count) / area

    y = ((np.arange(height) + 0.5) / height - 0.5)[:, None]
    x = ((np.arange(width) + 0.5) / width - 0.5)[None]
    colour = np.stack([mean(lab[..., c]) for c in range(3)], 1)
    middle = mean(np.exp(-(x**2 + y**2) / (2 * 0.25**2)))
    edge = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    border = np.bincount(edge, minlength=count)
    places = [
        _place(top, left, (rows.stop - rows.start) / height, (columns.stop - columns.start) / width)
        for top, left, (rows, columns) in zip(mean(y), mean(x), ndimage.find_objects(labels + 1), strict=True)
    ]
    return [
        Facts(
            share=float(area[row] / labels.size),
            colour=colour[row],
            middle=float(middle[row]),
            border=float(border[row] / len(edge)),
            cut=float(border[row] / np.sqrt(area[row])),
            place=places[row],
        )
        for row in range(count)
    ]


def _subject_score(fact: Facts) -> float:
    size = min(1.0, fact.share / 0.2)  # a subject may be small, but what is in its middle is smaller
    return fact.middle * np.sqrt(size) * max(0.0, 1 - fact.cut / 2)


def _place(y: float, x: float, tall: float, wide: float) -> str:
    """Words for a centre (-½..½) and extents (0..1)."""
    words = []
    if tall < _WHOLE:
        words += ["top"] if y < -_OFF_CENTRE else ["bottom"] if y > _OFF_CENTRE else []
    if wide < _WHOLE:
        words += ["left"] if x < -_OFF_CENTRE else ["right"] if x > _OFF_CENTRE else []
    return " ".join(words) or ("all over" if tall >= _WHOLE and wide >= _WHOLE else "middle")
