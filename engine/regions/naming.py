"""Names for regions that no network has named: by colour, lightness and place, which can be measured."""

import numpy as np

from engine.regions.regions import Kind, Region, unique_names

SUBJECT, BACKGROUND = "subject", "background"

_GREYS = ((15, "black"), (38, "dark grey"), (62, "grey"), (82, "light grey"), (101, "white"))
_HUES = (  # up to this angle in CIELAB's a, b plane
    (20, "pink"), (45, "red"), (70, "orange"), (105, "yellow"), (165, "green"), (225, "turquoise"), (290, "blue"),
    (330, "purple"), (361, "pink"),
)  # fmt: skip
_COLOURLESS = 9.0  # chroma below which a colour looks grey


def described(labels: np.ndarray, lab: np.ndarray) -> list[Region]:
    """Name the regions of labels (H, W) in 0..K-1, each of them used, of a picture (H, W, 3) in CIELAB.

    One may be the subject: in the middle, unlike the rest, little cut by the picture's border. One may be the
    background: most of the border. The others are called such as "dark green area bottom left".
    """
    count = int(labels.max()) + 1
    facts = [_Facts(labels == row, lab) for row in range(count)]
    if count == 1:
        return [Region(BACKGROUND, "stuff", 1.0)]
    names = [f"{colour_name(fact.colour)} area {fact.place}" for fact in facts]
    kinds: list[Kind] = ["thing" if fact.cut < 0.8 else "stuff" for fact in facts]
    ...
    return [Region(name, kind, 1.0) for name, kind in zip(unique_names(names), kinds, strict=True)]


def colour_name(lab: np.ndarray) -> str:
    """Everyday name of a CIELAB colour: dark blue, light grey, brown."""
    lightness, a, b = (float(value) for value in lab)
    if np.hypot(a, b) < _COLOURLESS:
        return next(name for most, name in _GREYS if lightness < most)
    angle = np.degrees(np.arctan2(b, a)) % 360
    name = next(name for most, name in _HUES if angle <= most)
    if name in ("orange", "yellow") and lightness < 55:
        return "dark brown" if lightness < 28 else "brown"
    return f"dark {name}" if lightness < 30 else f"bright {name}" if lightness > 80 else name


class _Facts:
    """What can be measured of one region: mask (H, W) bool, in a picture in CIELAB."""

    def __init__(self, mask: np.ndarray, lab: np.ndarray) -> None:
        height, width = mask.shape
        rows, columns = np.nonzero(mask)
        y, x = (rows + 0.5) / height - 0.5, (columns + 0.5) / width - 0.5
        self.share = len(rows) / mask.size
        self.colour = lab[mask].mean(0)
        others = lab[~mask]
        self.contrast = float(np.linalg.norm(self.colour - others.mean(0))) if len(others) else 0.0
        self.middle = float(np.exp(-(x**2 + y**2) / (2 * 0.25**2)).mean())
        edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
        self.border = float(edge.mean())  # share of the picture's border
        self.cut = float(edge.sum() / np.sqrt(mask.sum()))  # sides of a square of its size that the border cuts
        self.place = _place(y.mean(), x.mean(), np.ptp(y), np.ptp(x))


def _place(y: float, x: float, tall: float, wide: float) -> str:
    words = []
    if tall < 0.85:
        words += ["top"] if y < -0.16 else ["bottom"] if y > 0.16 else []
    if wide < 0.85:
        words += ["left"] if x < -0.16 else ["right"] if x > 0.16 else []
    return " ".join(words) or ("all over" if tall > 0.85 and wide > 0.85 else "middle")
