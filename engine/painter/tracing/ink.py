"""Contours, and hatching: how a pen or a pencil draws a picture."""

from __future__ import annotations

import numpy as np

from impasto.engine.painter.tracing.fields import Subject, blurred, directed
from impasto.engine.painter.tracing.kernels import along_lines, cells
from impasto.engine.painter.tracing.lines import Chains, Way, strokes_of, traced
from impasto.engine.parallel import on_all
from impasto.engine.styles.tracing import Trace

f4 = np.float32
KEY = 0.8  # the power of tones: a drawing is lighter than a photo
FINEST = 0.0018  # canvas units, of dark lines in the picture that an outline follows
CALM = 0.0025  # canvas units of a picture's detail that hatching knows nothing of
PARTED = 0.4  # how much more light and shade differ than in the picture, where they meet
PATCH = 0.8  # of the longest line, how wide groups of lines are
SLANTS = 8.0  # degrees by which groups differ
BENT = 0.8  # how much lines of a group bend to the form, where that is sure
UNEVEN = 0.05  # of tone, by how much a group stops too soon or too late


def contours(fields: Subject, trace: Trace, radius: float, seed: int) -> Chains:
    """Outlines: where it is darker than around, or tones meet. Heavy in the shade, thin and broken in the light."""
    s, unit = fields.scale, fields.hand
    sigma = FINEST * unit
    want, along = outlined(fields)
    patch = np.where(fields.inside, 0, -1).astype(np.int32)
    high = 0.35 + 0.4 * trace.below
    seeds = _strongest(want, high, fields.inside)
    way = Way(
        high=high, low=0.24, longest=2 * trace.length * s, crest=1.0, least_cos=0.5, tightest=1 / (3.5 * sigma),
        keep=1.0, begin=1.0, least=max(0.014 * unit, 6),
    )  # fmt: skip
    found = traced(want, along, patch, np.full(want.shape, max(trace.spacing * s, 2), f4), seeds, way)
    tone = fields.tone(KEY)
    shade = 1 - blurred(tone, 0.004 * unit)
    force = along_lines(found.of(want).astype(f4), found.ends, max(1, int(0.006 * unit)))
    dark = along_lines(found.of(shade).astype(f4), found.ends, max(1, int(0.012 * unit)))
    hand = np.clip(0.25 + 0.45 * force + 0.45 * dark, 0.3, 1)
    rng = np.random.default_rng([*fields.seed, seed])
    hand *= 1 + 0.15 * trace.unrest * np.clip(found.of(fields.noise(0.02, seed)), -1.5, 1.5) * (1 - hand)
    pen = radius * s * hand * _pointed(found.along, found.counts[found.line], 0.02 * unit, 0.04 * unit)
    means = found.mean(hand)
    least, most = trace.pressure
    pressure = np.clip(least + (most - least) * (1.4 * means - 0.3) + rng.normal(0, 0.03, len(means)), 0.05, 1)
    worth = 6 * found.mean(force) * found.counts / s * radius
    lines = strokes_of(
        found, pen, pressure, worth, tolerance=0.0006 * unit, smooth=max(2, round(0.006 * unit)), longest=0.2 * s
    )
    return lines.placed(fields.origin, s)


def hatching(fields: Subject, trace: Trace, radius: float, seed: int, key: float = KEY) -> Chains:
    """Parallel lines where the picture is darker than `trace.below`, in groups that differ in their slant a little."""
    s, unit = fields.scale, fields.hand
    rng = np.random.default_rng([*fields.seed, seed])
    tone = masses(fields, key)
    size = max(PATCH * trace.length, 0.01)
    patch = groups(fields, size, seed, rng)
    # a group stops at tones of its own, and its edge is ragged
    uneven = UNEVEN * trace.unrest * fields.noise(0.006 * unit / s, seed + 1)
    lack = np.minimum(trace.below - tone, tone - trace.above) + uneven if trace.above else trace.below - tone + uneven
    want = np.clip(0.5 + 4 * lack, 0, 1)
    dark = np.clip((trace.below - tone) / max(0.6 * trace.below, 0.05), 0, 1)
    apart = np.maximum(trace.spacing * s * (1.3 - 0.5 * dark), 2).astype(f4)
    along = grouped(fields, trace, patch, rng)
    seeds = np.flatnonzero((lack > 0.02) & fields.inside & (patch >= 0))
    seeds = rng.permutation(seeds)[: max(64, len(seeds) // 8)]
    way = Way(
        high=0.5, low=0.42, longest=trace.length * s,
        over=0.3 * trace.length * s * min(trace.unrest, 1), beside=True, least=max(0.006 * unit, 4),
    )  # fmt: skip
    found = traced(want, along, patch, apart, seeds, way)
    depth = along_lines(found.of(dark).astype(f4), found.ends, max(1, int(0.01 * unit)))
    count = len(found.ends)
    swell = rng.normal(1, 0.12 * trace.unrest, count)[found.line]
    knees = rng.uniform(0.2, 0.5, count)
    hand = np.clip((0.55 + 0.45 * depth) * swell, 0.35, 1.15)
    pen = radius * s * hand * _flicked(found.along, knees[found.line])
    least, most = trace.pressure
    means = found.mean(depth)
    pressure = np.clip(least + (most - least) * means + rng.normal(0, 0.04 * trace.unrest, count), 0.05, 1)
    worth = (0.3 + means) * found.counts / s * radius
    lines = strokes_of(
        found, pen, pressure, worth, knees=knees, tolerance=0.0009 * unit, pen_tolerance=0.35, longest=0.2 * s,
        smooth=max(2, round(0.004 * unit)),
    )  # fmt: skip
    return lines.placed(fields.origin, s)


def prepare(fields: Subject) -> None:
    """Make what most lines need, so that it is there."""
    on_all(lambda make: make(fields), [outlined, masses, lambda fields: fields.slanted(0.5)])


def outlined(fields: Subject) -> tuple[np.ndarray, np.ndarray]:
    """How much an outline is wanted (H, W), and where to (2, H, W)."""
    sigma = FINEST * fields.hand
    edges = 0.45 if fields.hand == fields.scale else 0.3  # from near by, features rather than shades
    return fields.lines(sigma, edges), fields.tangents(0.8 * sigma, 2.8 * sigma)


def masses(fields: Subject, key: float = KEY) -> np.ndarray:
    """What is hatched (H, W) 0..1: tones without what is small, that part where they meet, so that light stays bare."""
    return fields.once(("masses", key), lambda: _masses(fields, key))


def _masses(fields: Subject, key: float) -> np.ndarray:
    unit = fields.hand
    tone = blurred(fields.tone(key, CALM * unit / fields.scale), 0.0012 * unit)
    return np.clip(tone + PARTED * (tone - blurred(tone, 0.06 * unit)), 0, 1).astype(f4)


def _strongest(want: np.ndarray, high: float, inside: np.ndarray) -> np.ndarray:
    """Pixels where a line may begin, the strongest first."""
    seeds = np.flatnonzero((want > high) & inside)
    return seeds[np.argsort(-want.ravel()[seeds], kind="stable")]


def _pointed(along: np.ndarray, counts: np.ndarray, rise: float, fall: float) -> np.ndarray:
    """How wide a line is that begins and ends in a point: over so many pixels, or a share of what is short."""
    place = along * counts
    first = np.clip(place / np.minimum(rise, 0.3 * counts), 0, 1)
    last = np.clip((counts - place) / np.minimum(fall, 0.45 * counts), 0, 1)
    return (0.12 + 0.88 * np.sqrt(first) * np.sqrt(last)).astype(f4)


def _flicked(along: np.ndarray, knees: np.ndarray) -> np.ndarray:
    """How wide a quick line is: pressed soon, lifted slowly."""
    rise = 0.45 + 0.55 * along / knees
    fall = 1 - 0.95 * (along - knees) / (1 - knees)
    return np.minimum(rise, fall).clip(0.05, 1).astype(f4)


def groups(fields: Subject, size: float, seed: int, rng: np.random.Generator) -> np.ndarray:
    """Which group of lines, of `size` canvas units, each pixel (H, W) is of, -1 outside."""
    height, width = fields.shape
    cell = size * fields.scale
    rows, columns = int(height / cell) + 3, int(width / cell) + 3
    shift = rng.uniform(0.1, 0.9, (rows, columns, 2)).astype(f4)
    bend = 0.22 * cell * np.stack([fields.noise(0.5 * size, seed + 2), fields.noise(0.5 * size, seed + 3)])
    patch = np.where(fields.inside, 0, -1).astype(np.int32)
    cells(shift, bend.astype(f4), f4(cell), patch)
    return patch


def grouped(fields: Subject, trace: Trace, patch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where the lines of each group go (2, H, W): all one way, but bent to the form as far as that is sure."""
    cos, sin, sure = fields.slanted(trace.form)
    group, count = patch + 1, int(patch.max()) + 2
    weight = np.maximum(np.bincount(group.ravel(), minlength=count), 1)
    x, y = (np.bincount(group.ravel(), plane.ravel(), count) / weight for plane in (cos, sin))
    degrees = SLANTS * trace.unrest
    angle = np.arctan2(y, x) + 2 * np.radians(np.clip(rng.normal(0, degrees, count), -2 * degrees, 2 * degrees))
    share = BENT * sure * sure
    cos = share * cos + (1 - share) * np.cos(angle).astype(f4)[group]
    sin = share * sin + (1 - share) * np.sin(angle).astype(f4)[group]
    return directed(np.stack([cos, sin]), trace.turn)
