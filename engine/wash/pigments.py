"""Pigments of transparent media: what each lets through, how it granulates, and which of them make a colour.

Colours are absorbances: K = −ln(what a stroke of strength 1 lets through of white), for red, green and blue. Where
washes lie over each other they add up. A stroke of K is mixed of those pigments P_j ≥ 0 whose sum is nearest to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

f4 = np.float32
FULL = 1.6  # times its strength is a stroke laid as thick as it can be; the table's colour is what that lets through
PALEST = 0.02  # absorbance of a pigment that can be seen at all


class Pigment(BaseModel):
    """A pigment of one's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=40)
    colour: str = Field(pattern=r"^#[0-9a-fA-F]{6}$", description="what a full wash of it looks like on white")
    granulation: float = Field(default=0.3, ge=0, le=1, description="how much it settles in the paper's hollows")


def _known(name: str, red: float, green: float, blue: float, granulation: float) -> Pigment:
    colour = "#" + "".join(f"{round(c * 255):02x}" for c in (red, green, blue))
    return Pigment(name=name, colour=colour, granulation=granulation)


PIGMENTS = {
    each.name: each
    for each in (
        _known("gamboge", 0.99, 0.82, 0.22, 0.10),
        _known("raw sienna", 0.86, 0.66, 0.34, 0.30),
        _known("vermilion", 0.93, 0.30, 0.17, 0.15),
        _known("quinacridone", 0.80, 0.22, 0.40, 0.10),
        _known("burnt sienna", 0.58, 0.29, 0.17, 0.55),
        _known("raw umber", 0.50, 0.39, 0.28, 0.45),
        _known("ultramarine", 0.20, 0.27, 0.66, 0.80),
        _known("cerulean", 0.16, 0.56, 0.74, 0.60),
        _known("sap green", 0.38, 0.50, 0.16, 0.25),
        _known("neutral tint", 0.19, 0.18, 0.23, 0.35),
        _known("indigo", 0.13, 0.20, 0.34, 0.30),
        _known("viridian", 0.10, 0.52, 0.42, 0.45),
        _known("sepia", 0.30, 0.22, 0.16, 0.40),
        _known("ink", 0.13, 0.135, 0.155, 0.35),
    )
}
SETS: dict[str, tuple[str, ...]] = {
    "classic": (
        "gamboge", "raw sienna", "vermilion", "quinacridone", "burnt sienna", "raw umber", "ultramarine", "cerulean",
        "sap green", "neutral tint",
    ),
    "earths": ("raw sienna", "burnt sienna", "raw umber", "indigo", "sepia"),
    "primaries": ("gamboge", "quinacridone", "cerulean", "ultramarine"),
    "sea": ("raw sienna", "cerulean", "viridian", "ultramarine", "indigo", "neutral tint"),
    "sepia": ("sepia", "raw sienna"),
    "ink": ("ink",),
}  # fmt: skip

Chosen = str | tuple[Pigment | str, ...]


def listed(chosen: Chosen) -> list[Pigment]:
    """The pigments that a set's name, or a list of names and of pigments of one's own, means.

    Raises ValueError for an unknown set or pigment, for none, and for such as nothing could be painted with.
    """
    if isinstance(chosen, str):
        if chosen not in SETS:
            raise ValueError(f"there is no set of pigments {chosen!r}; there are {', '.join(SETS)}")
        return [PIGMENTS[name] for name in SETS[chosen]]
    found = []
    for each in chosen:
        if isinstance(each, str) and each not in PIGMENTS:
            raise ValueError(f"there is no pigment {each!r}; there are {', '.join(PIGMENTS)}")
        found.append(PIGMENTS[each] if isinstance(each, str) else each)
    if not found or absorbances(found).max() < PALEST:
        raise ValueError("nothing can be painted with pigments that are all white; add one with a colour")
    return found


def absorbances(pigments: Sequence[Pigment]) -> NDArray[np.float32]:
    """What each of J pigments absorbs in a full wash, (J, 3)."""
    through = [[int(each.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for each in pigments]
    return -np.log(np.clip(np.array(through), 0.004, 1)).astype(f4)


def granulations(pigments: Sequence[Pigment]) -> NDArray[np.float32]:
    """How much each of J pigments granulates, (J,), 0..1."""
    return np.array([each.granulation for each in pigments], f4)
