"""From strokes to what the kernels need of a stroke and a glaze: every number from the stroke, its id and the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from impasto.engine.pictures.noise import hashed
from impasto.engine.wash import noise
from impasto.engine.wash.kernels import columns as C
from impasto.engine.wash.kernels.mixing import amounts_of
from impasto.engine.wash.numbers import (
    BACKRUNS_FROM,
    COAL_GRAIN,
    DARK,
    DARK_FROM,
    LEAST_MELT,
    SPLIT_FROM,
    TOOTH_FULL,
    Handling,
    Wash,
)
from impasto.engine.wash.pigments import absorbances, granulations, listed

f4 = np.float32
PALEST = 0.015  # that a stroke lets through
_CHANCES = 8  # numbers of chance, a stroke
_WANDER = 0.04  # canvas units; broader strokes' outlines wander no further than those of this radius
_KINDS = {"wash": C.WASH, "line": C.LINE, "stick": C.STICK}
_GOLDEN = 0xD1B54A32D192ED03
SMEARED = 0.6  # radii that a stick which is rubbed wholly is broader
_RUBBED = (0.0025, 0.005, 0.012), (0.0, 0.55, 1.0)  # radii, and how much sticks of these are rubbed
DROPS = -1  # the pass of what a brush was flicked


@dataclass(frozen=True)
class Glaze:
    """Strokes that are wet together. number: told to chance; wash: None of what is none."""

    look: Handling
    kind: float
    wash: Wash | None
    radius: float
    number: int


@dataclass(frozen=True, eq=False)
class Glazes:
    """Strokes in the order they are laid, glaze after glaze, of any size.

    table: (N, 13), washes as broad as they are in the middle; order: (N,) which of the painting's strokes each is;
    glaze, region, chance: (N,), (N,), (N, _CHANCES); take, settle: (N, 3) what full strength takes away, and what of
    that settles in the paper's hollows; radius: (N,) each stroke's, as the painting has it.
    """

    table: NDArray[np.float32]
    order: NDArray[np.int64]
    region: NDArray[np.int32]
    glaze: NDArray[np.int64]
    glazes: tuple[Glaze, ...]
    chance: NDArray[np.float32]
    take: NDArray[np.float32]
    settle: NDArray[np.float32]
    radius: NDArray[np.float32]
    seed: int

    def rows(self, scale: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """At `scale` pixels to a canvas unit each stroke's look (N, STROKE_LOOK), and its edge (N, 2) for binning."""
        rows = np.zeros((len(self.table), C.STROKE_LOOK), f4)
        edges = np.zeros((len(rows), 2), f4)
        rows[:, C.GLAZE] = self.glaze
        rows[:, C.K : C.K + 3], rows[:, C.SETTLES : C.SETTLES + 3] = self.take, self.settle
        radius = self.table[:, 6:8].mean(1)
        rows[:, C.MEAN] = radius * scale
        rows[:, C.OY : C.OX + 1] = self.chance[:, :2] * noise.SIDE
        for g, glaze in enumerate(self.glazes):
            own = self.glaze == g
            if not own.any():
                continue
            if glaze.kind == C.WASH:
                self._washes(rows, edges, own, glaze, scale)
            elif glaze.kind == C.LINE:
                nature = glaze.look.nature
                rows[own, C.SOFT] = 1 / nature.soft
                rows[own, C.TOOTH], rows[own, C.BITE] = nature.tooth, 1 / np.hypot(nature.bite, 2 * coal_lost(scale))
                rows[own, C.PRESS] = np.where(self.chance[own, 2] < nature.toothed, nature.bites, 0)
                rows[own, C.CAP] = nature.cap
                edges[own, 0] = 2 * (nature.soft + 1.0) / scale + 6 * nature.shake
            elif glaze.kind == C.STICK:
                _sticks(rows, edges, own, self.radius, scale, self.chance)
            else:
                look = glaze.look
                edges[own] = look.softness, look.edge
                rows[own, C.SOFT] = 1 / (max(look.softness * scale, 1.0) + look.edge * rows[own, C.MEAN])
        return rows, edges

    def only(self, own: NDArray[np.int64]) -> Glazes:
        """Some of its strokes alone."""
        arrays = ("table", "order", "region", "glaze", "chance", "take", "settle", "radius")
        return replace(self, **{name: np.ascontiguousarray(getattr(self, name)[own]) for name in arrays})

    def _washes(self, rows: np.ndarray, edges: np.ndarray, own: np.ndarray, glaze: Glaze, scale: float) -> None:
        wash = glaze.wash
        assert wash is not None
        radius = rows[own, C.MEAN] / scale
        wander = wash.wobble * np.minimum(radius, _WANDER) + 0.0004
        amp = wander * np.minimum(1, radius / 0.012) * _left_of(0.016 * scale)  # small strokes do not wave
        fine = (0.22 * wander + 0.0003) * _left_of(0.0035 * scale)
        rows[own, C.AMP], rows[own, C.FINE] = amp * scale, fine * scale
        deepest = 5 * (amp + fine) + 0.004
        rows[own, C.LIMIT], rows[own, C.FADE] = deepest * scale, 2 / (deepest * scale)
        rows[own, C.SOFT] = 1 / np.maximum(wash.edge * rows[own, C.MEAN], 1.2)
        rows[own, C.POINT] = wash.point
        dry = np.where(self.chance[own, 2] < 0.7, 0, wash.dry * 2 * self.chance[own, 3])
        rows[own, C.DRY] = dry * glaze.look.nature.dry * glaze.look.dryness
        edges[own, 0] = 2 * (3 * (amp + fine) + 1.5 / scale)

    def glaze_rows(self, scale: float) -> NDArray[np.float32]:
        """Each glaze's look (G, GLAZE_LOOK)."""
        rows = np.zeros((max(len(self.glazes), 1), C.GLAZE_LOOK), f4)
        for row, glaze in zip(rows, self.glazes, strict=False):
            look, nature = glaze.look, glaze.look.nature
            row[C.KIND], row[C.GAIN] = glaze.kind, 1.0
            if glaze.kind in (C.LINE, C.STICK):
                row[C.GAIN] = nature.gain * (look.line if glaze.kind == C.LINE else 1)
            wash = glaze.wash
            if wash is None:
                continue
            row[C.GAIN], row[C.RIM], row[C.GRAIN] = nature.gain, wash.rim * look.rims, wash.grain * look.granulation
            row[C.MOTTLE] = wash.mottle
            row[C.LOST], row[C.LOST_FAR] = wash.lost * nature.lost * look.wetness, 0.4 * melt_of(glaze) * scale
            row[C.DRIFT] = nature.drift * min(look.wetness, 1.5)
            row[C.BLOOMS] = glaze.radius > BACKRUNS_FROM and look.wetness > 0
            row[C.MELTS] = look.wetness if melt_of(glaze) >= LEAST_MELT else 0
            row[C.SLOW : C.SLOW + 8] = hashed(seeded(np.array([glaze.number]), self.seed), 8)[0] * noise.SIDE
        return rows


def melt_of(glaze: Glaze) -> float:
    """How far the colours of a glaze run, canvas units."""
    return 0.0 if glaze.wash is None else glaze.wash.melt * max(glaze.look.wetness, 0.3)


def _left_of(pixels: float) -> float:
    """What is left of a noise correlated over that many pixels where each shows the mean of what lies on it."""
    return float(pixels / np.hypot(pixels, 0.29))


def _sticks(
    rows: np.ndarray, edges: np.ndarray, own: np.ndarray, radius: np.ndarray, scale: float, chance: np.ndarray
) -> None:  # fmt: skip
    """Fine sticks are pressed into the tooth; broad ones are rubbed, `planned` has them wider by that."""
    rubbed = rubbed_of(radius[own])
    rows[own, C.RUBBED], rows[own, C.CORE] = rubbed, 1 / (1 + SMEARED * rubbed)
    rows[own, C.PRESS] = touch_of(rubbed) / TOOTH_FULL  # of what the table's colour absorbs, which is the tooth full
    rows[own, C.BITE] = 1 / np.hypot(0.5, 2 * coal_lost(scale))
    rows[own, C.STREAK] = np.floor(chance[own, 2] * 64)
    edges[own, 0] = 3.0 / scale


def rubbed_of(radius: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much sticks of these radii are rubbed, 0..1; of smeared radii likewise."""
    return np.interp(np.log(np.maximum(radius, 1e-5)), np.log(_RUBBED[0]), _RUBBED[1])


def touch_of(rubbed: np.ndarray | float) -> np.ndarray | float:
    """What a full touch of a stick leaves where it reaches the tooth, absorbance; rubbed: 0..1."""
    return 1.25 - 0.35 * rubbed


def coal_lost(scale: float) -> float:
    """The deviation that the paper's tooth has lost where there are `scale` pixels to a canvas unit."""
    return noise.paper(coal_level(scale))[1]


def coal_level(scale: float) -> int:
    """The level of `noise.paper` that sticks and pencils catch on, at a scale."""
    return noise.level_of(noise.GRAIN / COAL_GRAIN / (noise.PAPER_TEXEL * scale))


def seeded(ids: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Ids of their own for what belongs to a painting of that seed."""
    with np.errstate(over="ignore"):
        return (ids.astype(np.uint64) + np.uint64(seed % (1 << 63)) * np.uint64(_GOLDEN)).view(np.int64)


def planned(
    table: NDArray[np.float32], labels: tuple[np.ndarray, np.ndarray, np.ndarray], looks: Sequence[Handling],
    which: NDArray[np.int64], seed: int, flat: bool = False,
) -> Glazes:  # fmt: skip
    """Strokes (N, 13) in glazes.

    labels: region, pass and id of each; which: (N,) whose look each has; flat: as they were fitted.
    """
    region, passes, ids = (np.asarray(each, np.int64) for each in labels)
    chance = hashed(seeded(ids, seed), _CHANCES)
    take = -np.log(np.clip(table[:, 10:13], PALEST, 1)).astype(f4)
    settle = np.zeros_like(take)
    radius = table[:, 6:8].mean(1)
    strength = (take * table[:, 8:10].mean(1)[:, None]).max(1, initial=0) + 0.08 * _normal(chance[:, 4:8])
    glaze, glazes = np.zeros(len(table), np.int64), []
    table = table.copy()
    keys = np.stack([region, which, passes], 1)
    for r, look, number in np.unique(keys, axis=0).tolist():
        own = np.flatnonzero((keys == (r, look, number)).all(1))
        made = looks[look].nature.made
        if flat or made != "wash":
            kind = C.FLAT_STROKE if flat else _KINDS[made]
            if made == "line" and not flat:
                take[own] = 1 - np.exp(-take[own])
            if made == "stick" and not flat:
                table[own, 6:8] *= 1 + SMEARED * rubbed_of(radius[own])[:, None]
            if glazes and glazes[-1][0] == (r, look):  # one layer, however many passes
                glaze[own] = len(glazes) - 1
                continue
            glaze[own] = len(glazes)
            glazes.append(((r, look), Glaze(looks[look], float(kind), None, 0.0, 0)))
            continue
        typical = float(np.median(radius[own]))
        wash = Wash.of(typical)
        if number == DROPS:
            wash = replace(wash, dry=0.0, melt=0.0, lost=0.0, point=0.0, rim=1.2)
        take[own], settle[own] = _mixed(take[own], looks[look])
        table[own, 6:8] *= (1 + wash.grown * looks[look].edge) / (1 - wash.point / 4)
        group = np.zeros(len(own), np.int64)
        if typical > DARK_FROM and typical < BACKRUNS_FROM * 2.2:
            group = (strength[own] > DARK).astype(np.int64)
        elif SPLIT_FROM < typical <= DARK_FROM:
            group[np.argsort(np.argsort(strength[own], kind="stable")) * 2 >= len(own)] = 1
        for q in range(2):
            if (group == q).any():
                glaze[own[group == q]] = len(glazes)
                told = (r * 64 + number % 61) * 4 + q
                glazes.append(((r, look), Glaze(looks[look], float(C.WASH), wash, typical, told)))
    order = np.lexsort((np.arange(len(table)), glaze))
    return Glazes(
        np.ascontiguousarray(table[order]), order, region[order].astype(np.int32), glaze[order],
        tuple(each for _, each in glazes), chance[order], take[order], settle[order], radius[order],
        seed,
    )  # fmt: skip


def _mixed(take: NDArray[np.float32], look: Handling) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What strokes of pigments absorb (N, 3), and what of it granulates: of the usual ones the colour stays exact."""
    own = look.nature.pigments if look.pigments == "classic" else look.pigments
    usual, pigments = own == "classic", listed(own)
    each = absorbances(pigments)
    amounts = amounts_of(take, each)
    settles = amounts @ (each * (0.75 * granulations(pigments))[:, None])
    return np.asarray(take if usual else amounts @ each, f4), np.asarray(settles, f4)


def _normal(chance: NDArray[np.float32]) -> NDArray[np.float32]:
    """About normal, (N,), from four numbers of chance each."""
    return ((chance.sum(1) - 2) * np.sqrt(3)).astype(f4)
