"""How washes behave, by how broad a pass's strokes are; how each kind of medium does otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impasto.engine.wash.pigments import Chosen

# Typical radii of passes, canvas units, from the finest to the broadest, and what their washes are like.
_RADII = (0.0027, 0.0055, 0.0105, 0.030, 0.066)
_WASHES = {
    "wobble": (0.08, 0.08, 0.08, 0.10, 0.16),  # of the outline, radii
    "melt": (0.0, 0.003, 0.006, 0.012, 0.025),  # how far colours run, canvas units
    "rim": (0.6, 1.0, 1.5, 1.6, 1.5),
    "dry": (0.2, 0.2, 0.12, 0.06, 0.0),  # how soon a dry brush runs out
    "grain": (0.6, 0.7, 0.9, 1.0, 1.0),
    "edge": (0.10, 0.12, 0.20, 0.30, 0.45),  # how softly a stroke thins to its edge, radii
    "mottle": (0.03, 0.05, 0.08, 0.10, 0.12),
    "lost": (0.0, 0.05, 0.06, 0.08, 0.30),  # share of edges that are lost
    "point": (0.8, 0.7, 0.6, 0.2, 0.0),
    "grown": (0.0, 0.0, 0.1, 0.25, 0.3),  # of the breadth over which its fitted edge fades, how much broader it is
}
LEAST_MELT = 0.004  # canvas units; what runs less does not
BACKRUNS_FROM = 0.02  # radius of passes that water may run back into
DARK = 0.55  # absorbance of a stroke that waits until a broad pass is dry
DARK_FROM, SPLIT_FROM = 0.018, 0.0078  # radii of passes that are two glazes: the dark apart, or the darker half


@dataclass(frozen=True)
class Wash:
    """What a pass's washes are like; see `_WASHES`."""

    wobble: float
    melt: float
    rim: float
    dry: float
    grain: float
    edge: float
    mottle: float
    lost: float
    point: float
    grown: float

    @classmethod
    def of(cls, radius: float) -> Wash:
        """Of a pass whose strokes are typically that broad."""
        at = np.log(max(radius, 1e-4))
        return cls(**{name: float(np.interp(at, np.log(_RADII), values)) for name, values in _WASHES.items()})


@dataclass(frozen=True)
class Nature:
    """What strokes of a kind of medium are: "wash", "line" or "stick".

    dry, lost: how dry brushes are and how many edges are lost, times watercolour's; drift: how far hues part as they
    run; gain: what absorbance is times, since outlines and melting take some; tooth: the height of paper that lines
    take from, `bite` how softly, `toothed` which share of lines, `bites` how much of them is lost below; soft: pixels
    over which a line's edge fades; cap: how round its ends are; shake: how far a hand shakes, canvas units; pigments:
    the set that granulates unless another one is chosen; light: how strongly light rakes over the paper.
    """

    made: str = "wash"
    dry: float = 1.0
    lost: float = 1.0
    drift: float = 0.12
    backruns: int = 5
    gain: float = 1.1
    tooth: float = 0.0
    toothed: float = 1.0
    bite: float = 0.25
    bites: float = 1.0
    soft: float = 1.2
    cap: float = 1.0
    shake: float = 0.0004
    pigments: str = "classic"
    light: float = 0.13


@dataclass(frozen=True)
class Handling:
    """What strokes are, and what a style wishes of them; see `engine.texture.settings.MediumSettings`."""

    kind: str
    nature: Nature
    softness: float
    edge: float
    wetness: float = 1.0
    rims: float = 1.0
    granulation: float = 1.0
    dryness: float = 1.0
    line: float = 1.0
    pigments: Chosen = "classic"


TOOTH_FULL = 2.8  # absorbance, of a tooth that is full of charcoal
COAL_GRAIN = 0.00052  # canvas units, of the tooth that sticks catch on
