"""Sticks of charcoal, the broad ones first: each presses as hard as the sheet, seen from afar, still lacks under it."""

from __future__ import annotations

from functools import cache

import numpy as np

from impasto.engine.painter.tracing import kernels
from impasto.engine.painter.tracing.fields import Subject, blurred
from impasto.engine.painter.tracing.ink import grouped, groups
from impasto.engine.painter.tracing.lines import Chains, Way, strokes_of, traced
from impasto.engine.styles.tracing import Trace
from impasto.engine.wash.numbers import TOOTH_FULL
from impasto.engine.wash.rows import SMEARED, rubbed_of, touch_of

f4 = np.float32
KEY, DARKEST = 0.9, 0.10  # the power of tones, and what is left of white where it is darkest
BROAD = 0.004  # half breadth, canvas units, from which on sticks go by the picture's masses alone
TAKEN = 0.9  # of what is lacking that a stroke makes up for
SHARP = 4.0  # how much the least of what lies under a stroke counts
LEAST, MOST = 0.12, 0.98  # pressure


def sticks(fields: Subject, trace: Trace, radius: float, seed: int) -> Chains:
    """Strokes where the sheet is too light still by `trace.below`; what they leave is on `fields`' sheet then."""
    s, unit = fields.scale, fields.hand
    rng = np.random.default_rng([*fields.seed, seed])
    sheet, tooth = fields.sheet
    broad = radius * s / unit > BROAD  # as the hand sees it
    tone = fields.tone(KEY, 0.003 * unit / s) if broad else fields.tone(KEY)
    want = -np.log(DARKEST + (1 - DARKEST) * tone)
    lack = _least(trace.fill * want - seen(sheet), 0.6 * radius * s)
    uneven = 0.04 * trace.unrest * fields.noise(0.01 * unit / s, seed + 1)
    wanted = np.clip(0.5 + 5 * (lack + uneven - trace.below), 0, 1)
    patch = groups(fields, max(trace.length, 0.01), seed, rng)
    along = grouped(fields, trace, patch, rng)
    seeds = np.flatnonzero((lack > trace.below) & fields.inside)
    seeds = rng.permutation(seeds)[: max(64, len(seeds) // 8)]
    apart = np.full(lack.shape, max(trace.spacing * s, 2), f4)
    way = Way(
        high=0.5, low=0.4, longest=trace.length * s, keep=0.5,
        over=0.3 * trace.length * s, beside=True, least=max(0.1 * trace.length * s, 5 * radius * s, 4),
    )  # fmt: skip
    found = traced(wanted, along, patch, apart, seeds, way)
    count = len(found.ends)
    swell = rng.normal(1, 0.1 * trace.unrest, count).clip(0.7, 1.3)[found.line]
    pen = radius * s * swell * (1 - 0.3 * np.abs(2 * found.along - 1) ** 3)
    lines = strokes_of(
        found, pen, np.ones(count, f4), np.zeros(count, f4), tolerance=0.0012 * unit, longest=0.05 * unit,
        smooth=max(2, round(0.004 * unit)),
    )  # fmt: skip
    if not len(lines):
        return lines
    table = lines.table
    hand = rng.uniform(0.85, 1.1, count)[lines.owner]
    for end, column in ((0, 8), (4, 9)):
        there = _at(lack, 0.5 * (table[:, end : end + 2] + table[:, 2:4]))
        table[:, column] = np.clip(_pressure_for(radius, TAKEN * there) * hand, LEAST, MOST)
    rubbed = float(rubbed_of(np.array(radius)))
    kernels.rub(
        sheet, tooth, table[:, :8].copy(), table[:, 8:].copy(), f4(touch_of(rubbed)), f4(rubbed),
        f4(1 + SMEARED * rubbed),
    )  # fmt: skip
    area = np.hypot(table[:, 4] - table[:, 0], table[:, 5] - table[:, 1]) * table[:, 6:8].mean(1) / s**2
    worth = np.bincount(lines.owner, area * table[:, 8:].mean(1), count)
    return Chains(table, lines.owner, worth.astype(f4)).placed(fields.origin, s)


def seen(sheet: np.ndarray) -> np.ndarray:
    """What the sheet looks like from afar: the absorbance of what it lets through on average."""
    light = np.exp(-TOOTH_FULL * (1 - np.exp(-sheet / TOOTH_FULL))).astype(f4)
    return -np.log(np.maximum(blurred(light, 1.2), 0.02))


def _least(plane: np.ndarray, sigma: float) -> np.ndarray:
    """About the least of what a plane (H, W) has within some sigma pixels: no stroke spills into the light."""
    most = float(plane.max())
    found = blurred(np.exp(-SHARP * (plane - most)).astype(f4), sigma)
    return (most - np.log(np.maximum(found, 1)) / SHARP).astype(f4)


def _pressure_for(radius: float, absorbance: np.ndarray) -> np.ndarray:
    """How hard to press for so much absorbance, seen from afar."""
    pressures, found = _response(radius)
    return np.interp(absorbance, found, pressures)


@cache
def _response(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Pressures, and the absorbance that each leaves on a bare sheet."""
    rubbed = float(rubbed_of(np.array(radius)))
    pressures = np.linspace(0, 1, 65)
    tooth, across = np.linspace(0, 1, 65)[:, None], np.linspace(0, 1, 33)
    found = []
    for p in pressures:
        edge = np.clip((1 - across) / 0.22, 0, 1)
        hard = np.clip((tooth - 1 + p * edge) * 2 + 0.25, 0, 1)
        bell = 1 - (across / (1 + SMEARED * rubbed)) ** 2
        cloud = 0.6 * p * bell**2 * (0.7 + 0.6 * tooth)
        laid = touch_of(rubbed) * (hard + rubbed * (cloud - hard))
        found.append(-np.log(np.exp(-TOOTH_FULL * (1 - np.exp(-laid / TOOTH_FULL))).mean()))
    return pressures, np.maximum.accumulate(found)


def _at(plane: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A plane's (H, W) values at places (N, 2), pixels."""
    x, y = places[:, 0].astype(int).clip(0, plane.shape[1] - 1), places[:, 1].astype(int).clip(0, plane.shape[0] - 1)
    return plane[y, x]
