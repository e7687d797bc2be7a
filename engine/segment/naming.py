"""Names for regions as a person would say them: what a classifier is sure of, scenery, parts of people, and the rest
by colour, lightness and place, which can be measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from impasto.engine.segment.classes import PLACES, THINGS
from impasto.engine.segment.faces import Face
from impasto.engine.segment.ordering import painting_order
from impasto.engine.segment.recognising import ClassMaps, Known, recognised, reconciled
from impasto.engine.segment.regions import Kind, Region, unique_names
from impasto.engine.segment.scenery import BRIGHT_SKY, FLOWER, GRASS, GREENERY, GROUND, SKY, TREES, WATER, scenery

SUBJECT, BACKGROUND, FOREGROUND, HAIR, CLOTHES = "subject", "background", "foreground", "hair", "clothes"

_GREYS = ((15, "black"), (38, "dark grey"), (62, "grey"), (82, "light grey"), (np.inf, "white"))  # below this lightness
_HUES = (  # below this angle in CIELAB's a, b plane
    (20, "pink"), (45, "red"), (70, "orange"), (105, "yellow"), (165, "green"), (225, "turquoise"), (309, "blue"),
    (330, "purple"), (361, "pink"),
)  # fmt: skip
_COLOURLESS = 9.0  # chroma below which a colour looks grey
_OFF_CENTRE = 0.16  # of the side; farther out is left or right, top or bottom
_WHOLE = 0.85  # of the side; what is longer is neither left nor right
_CUT = 0.8  # see `Facts.cut`
_LIKE = 22.0  # in CIELAB; what is no farther from the background's colour is background, too
_SUBJECT = 0.55  # least score
_MORE_THINGS = frozenset((SUBJECT, HAIR, CLOTHES, FLOWER))
_STUFF = frozenset((BACKGROUND, FOREGROUND, SKY, BRIGHT_SKY, WATER, GRASS, TREES, GROUND, GREENERY))
_RELATIONS = ("above", "below", "left", "right", "around")
_PLACE_WORDS = (
    "top left", "top right", "bottom left", "bottom right", "top", "bottom", "left", "right", "middle", "all over",
)  # fmt: skip
_GROUND = 0.4  # least width of what lies in front, as a share of the picture's
_BACKGROUND = 0.4  # least share of the picture's border
_GARMENT = 0.2  # least share of what lies right below a face; a coat may be open
_NEAR = 0.2  # share of the picture; so large a garment is cut by the sides of the picture
_BODY = 4.0  # half the width of a body, in halves of its face's
_ON_BODY, _MOST_ON_BODY = 0.85, 0.6  # least share of a garment on it, and of what is most of what lies below a face


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
    centre: tuple[float, float]
    """y, x in 0..1."""
    box: tuple[float, float, float, float]
    """Top, left, bottom, right in 0..1."""
    sides: frozenset[str]
    """Which of the picture's sides it touches: top, bottom, left, right."""


def described(
    labels: np.ndarray, lab: np.ndarray, sight: ClassMaps | None = None, faces: Sequence[Face] = ()
) -> tuple[np.ndarray, list[Region]]:
    """Name the regions of labels (H, W) in 0..K-1, each of them used, of a picture (H, W, 3) in CIELAB.

    sight: what a classifier sees; without it nothing is known by its own name. faces: which are told from hair and
    clothes, and are no regions here. Regions that touch and are the same thing become one.
    What is not recognised is the subject, if it is large, in the middle and little cut by the picture's border; the
    background; else it is where it is, seen from what is known: left of the cup. Where nothing is known at all names
    are such as "dark green area bottom left". Returns the labels renumbered from back to front, and the regions in
    that order.
    """
    known: dict[int, Known] = {}
    if sight is not None:
        known = reconciled(recognised(labels, sight), _touching(labels))
        labels, known = _joined(labels, known)
    touching = _touching(labels)
    facts = measured(labels, lab)
    names = {row: each.name for row, each in known.items()}
    if sight is not None:
        of_scene = scenery(labels, lab, sight, touching)
        skies = {row: name for row, name in of_scene.items() if name in (SKY, BRIGHT_SKY)}  # no mountain is as plain
        names = {**of_scene, **names, **skies}
    names |= {row: name for row, name in _of_people(labels, lab, facts, faces).items() if row not in known}
    main = _main(facts, names, known)
    _name_the_rest(facts, names, main, faces, labels.shape)
    rows = range(len(facts))
    kinds: list[Kind] = [_kind(names[row], facts[row]) for row in rows]
    told = _told_apart([names[row] for row in rows], facts)
    order = painting_order(told, kinds, np.array([fact.share for fact in facts]))
    unique = unique_names(told[row] for row in order)
    sure = [known[row].confidence if row in known and names[row] == known[row].name else 1.0 for row in order]
    regions = [Region(name, kinds[row], each) for name, row, each in zip(unique, order, sure, strict=True)]
    return np.argsort(order)[labels], regions


def is_thing(name: str) -> bool:
    """Is a region of this name something that eyes go to: the subject, or a thing that is known?"""
    return noun(name) in THINGS or noun(name) in _MORE_THINGS


def noun(name: str) -> str:
    """A region's name without what tells it from others of the same: its number, its place."""
    name = name.rstrip("0123456789 ")
    place = next((place for place in _PLACE_WORDS if name.endswith(f" {place}")), None)
    return name if place is None else name.removesuffix(f" {place}")


def _joined(labels: np.ndarray, known: dict[int, Known]) -> tuple[np.ndarray, dict[int, Known]]:
    """The labels and what is known of them, where regions that touch and are the same thing are one."""
    count = int(labels.max()) + 1
    one = np.arange(count)
    touching = _touching(labels)
    for row, each in known.items():
        for other in known:
            if other < row and known[other].name == each.name and each.name in THINGS and touching[row, other]:
                one[one == one[row]] = one[other]
    kept, renumbered = np.unique(one, return_inverse=True)
    sure: dict[int, Known] = {}
    for row, each in known.items():
        place = int(renumbered[row])
        if place not in sure or each.confidence > sure[place].confidence:
            sure[place] = each
    return (labels if len(kept) == count else renumbered[labels]), sure


def _touching(labels: np.ndarray) -> np.ndarray:
    """(K, K), which regions of labels (H, W) have a border in common."""
    count = int(labels.max()) + 1
    touching = np.zeros((count, count), bool)
    for a, b in ((labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:])):
        touching[a[a != b], b[a != b]] = True
    return touching | touching.T


def _of_people(labels: np.ndarray, lab: np.ndarray, facts: list[Facts], faces: Sequence[Face]) -> dict[int, str]:
    """Hair, right above a face, and clothes, well below it."""
    found = {}
    side = max(labels.shape)
    y = ((np.arange(labels.shape[0]) + 0.5) / side)[:, None]
    x = ((np.arange(labels.shape[1]) + 0.5) / side)[None]
    for face in faces:
        across, down = (x - face.x) / face.wide, (y - face.y) / face.tall
        from_it = np.hypot(across, down)
        above = labels[(from_it > 1.05) & (from_it < 1.35) & (down < -0.3)]
        below = labels[(np.abs(across) < 1.4) & (down > 2.2) & (down < 4.5)]
        body = labels[(np.abs(across) < _BODY) & (down > 1.0)]
        found |= {row: HAIR for row in _hair(above, facts) if row not in found}
        found |= {row: CLOTHES for row in _clothes(below, body, facts, labels.size) if row not in found}
    return found


def _hair(above: np.ndarray, facts: list[Facts]) -> list[int]:
    """The region that most pixels right above a face are of, if it may be hair."""
    counts = np.bincount(above, minlength=len(facts))
    row = int(counts.argmax())
    fact = facts[row]
    hairy = fact.share < 0.15 and fact.border < 0.1 and fact.colour[0] < 65
    return [row] if hairy and counts[row] >= max(0.5 * len(above), 1) else []


def _clothes(below: np.ndarray, body: np.ndarray, facts: list[Facts], pixels: int) -> list[int]:
    """The regions below a face that lie on its body, hardly cut by the picture's border, or, if large, not above."""
    counts, on_body = (np.bincount(each, minlength=len(facts)) for each in (below, body))
    found = []
    for row in np.flatnonzero(counts >= max(_GARMENT * len(below), 1)).tolist():
        fact, most = facts[row], counts[row] >= 0.5 * len(below)
        part = on_body[row] / max(fact.share * pixels, 1)
        goes_on = (most or fact.share >= _NEAR) and "top" not in fact.sides
        if (fact.cut < 2 or goes_on) and part >= (_MOST_ON_BODY if most else _ON_BODY):
            found.append(row)
    return found


def _main(facts: list[Facts], names: dict[int, str], known: dict[int, Known]) -> int | None:
    """The region that others are told from, if there is one; it is called subject if nothing better is known."""
    things = [row for row in known if names[row] in THINGS] or [row for row in names if names[row] in _MORE_THINGS]
    if things:
        return max(things, key=lambda row: facts[row].share * facts[row].middle)
    free = [row for row in range(len(facts)) if row not in names and not _behind(facts, row)]
    best = max(free, key=lambda row: _subject_score(facts[row]), default=None)
    if best is not None and _subject_score(facts[best]) >= _SUBJECT:
        names[best] = SUBJECT
        return best
    landmarks = [row for row in names if names[row] in PLACES]
    return max(landmarks, key=lambda row: facts[row].share, default=None)


def _behind(facts: list[Facts], row: int) -> bool:
    """Is it the background, since it has most of the picture's border?"""
    most = max(fact.border for fact in facts)
    return facts[row].border == most >= _BACKGROUND and facts[row].cut >= _CUT


def _name_the_rest(
    facts: list[Facts], names: dict[int, str], main: int | None, faces: Sequence[Face], size: tuple[int, int]
) -> None:
    """Add names for the regions that have none yet."""
    free = [row for row in range(len(facts)) if row not in names]
    behind = [facts[row].colour for row in free if _behind(facts, row)]
    seen_from = None if main is None else (names[main], facts[main].centre, facts[main].box)
    if faces:
        down, right = (at * max(size) / side for at, side in zip((faces[0].y, faces[0].x), size, strict=True))
        seen_from = "face", (down, right), (down, right, down, right)
    is_far = any(name in (SKY, BRIGHT_SKY) for name in names.values())  # then edges cut what lies beside and in front
    is_thing_there = seen_from is not None and (bool(faces) or is_thing(seen_from[0])) and seen_from[0] != SUBJECT
    for row in free:
        fact = facts[row]
        is_alike = any(np.linalg.norm(fact.colour - colour) < _LIKE for colour in behind)
        if seen_from is None:
            names[row] = f"{colour_name(fact.colour)} area {fact.place}"
            continue
        low = "bottom" in fact.sides and "top" not in fact.sides and fact.centre[0] > max(0.6, seen_from[1][0])
        low = low or fact.sides == {"bottom"}
        if _behind(facts, row):
            names[row] = BACKGROUND
        elif not is_thing_there or fact.cut < _CUT:
            names[row] = _seen_from(fact, *seen_from)
        elif low and fact.box[3] - fact.box[1] >= _GROUND:
            names[row] = FOREGROUND
        elif not low and (is_alike or not is_far):
            names[row] = BACKGROUND
        else:  # perhaps a part of the thing
            names[row] = _seen_from(fact, *seen_from)


def _seen_from(fact: Facts, name: str, centre: tuple[float, float], box: tuple[float, float, float, float]) -> str:
    """Where a region is, seen from another one."""
    top, left, bottom, right = box
    if fact.box[0] <= top and fact.box[1] <= left and fact.box[2] >= bottom and fact.box[3] >= right and name != "face":
        return f"around {name}"
    y, x = fact.centre[0] - centre[0], fact.centre[1] - centre[1]
    if abs(y) >= abs(x):
        return f"above {name}" if y < 0 else f"below {name}"
    return f"left of {name}" if x < 0 else f"right of {name}"


def _told_apart(names: list[str], facts: list[Facts]) -> list[str]:
    """Of several of one name the largest keeps it; of the others the place is said, or the colour if that is in it."""
    told = list(names)
    for name in dict.fromkeys(names):
        rows = sorted((row for row, each in enumerate(names) if each == name), key=lambda row: -facts[row].share)
        if name.endswith(_PLACE_WORDS):
            continue
        is_relation = name.split()[0] in _RELATIONS
        for row in rows[1:]:
            told[row] = f"{colour_name(facts[row].colour)} {name}" if is_relation else f"{name} {facts[row].place}"
    return told


def _kind(name: str, fact: Facts) -> Kind:
    if is_thing(name):
        return "thing"
    if name in PLACES or name in _STUFF:
        return "stuff"
    return "thing" if fact.cut < _CUT else "stuff"


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
    middles = list(zip(mean(y).tolist(), mean(x).tolist(), strict=True))
    boxes = [
        (rows.start / height, columns.start / width, rows.stop / height, columns.stop / width)
        for rows, columns in ndimage.find_objects(labels + 1)
    ]
    return [
        Facts(
            share=float(area[row] / labels.size),
            colour=colour[row],
            middle=float(middle[row]),
            border=float(border[row] / len(edge)),
            cut=float(border[row] / np.sqrt(area[row])),
            place=_place(*middles[row], boxes[row][2] - boxes[row][0], boxes[row][3] - boxes[row][1]),
            centre=(middles[row][0] + 0.5, middles[row][1] + 0.5),
            box=boxes[row],
            sides=_sides(boxes[row]),
        )
        for row in range(count)
    ]


def _subject_score(fact: Facts) -> float:
    size = min(1.0, fact.share / 0.2)  # a subject may be small, but what is in its middle is smaller
    return fact.middle * np.sqrt(size) * max(0.0, 1 - fact.cut / 2)


def _sides(box: tuple[float, float, float, float]) -> frozenset[str]:
    top, left, bottom, right = box
    touched = {"top": top <= 0, "left": left <= 0, "bottom": bottom >= 1, "right": right >= 1}
    return frozenset(side for side, is_touched in touched.items() if is_touched)


def _place(y: float, x: float, tall: float, wide: float) -> str:
    """Words for a centre (-½..½) and extents (0..1)."""
    words = []
    if tall < _WHOLE:
        words += ["top"] if y < -_OFF_CENTRE else ["bottom"] if y > _OFF_CENTRE else []
    if wide < _WHOLE:
        words += ["left"] if x < -_OFF_CENTRE else ["right"] if x > _OFF_CENTRE else []
    return " ".join(words) or ("all over" if tall >= _WHOLE and wide >= _WHOLE else "middle")
