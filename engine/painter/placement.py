"""What new strokes look like: sized by the room they have, laid along the picture's structure, coloured from it.

Strokes follow the weak eigenvector of the structure tensor (along edges, not across) and curve with it; they stop
growing where the colour under them leaves the stroke's own, as in Hertzmann, "Painterly rendering with curved brush
strokes of multiple sizes" (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impasto.engine.painter.attention import sample
from impasto.engine.painter.rule import values_at
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.shapes import AnyPlane, Colours, Map, Plane, Table
from impasto.engine.styles.style import Colour, Shape

f4 = np.float32
TRACE_STEPS = 6  # on each side of the middle
COLOUR_TOLERANCE = 0.12  # mean absolute difference at which a growing stroke stops
CALM = 0.7  # of chance that goes where interest is whole
OVERHANG = 1.0  # canvas units that a new stroke may leave the canvas by; a painting knows places up to 4 beyond


@dataclass(frozen=True)
class Flow:
    """The picture's direction field (H, W): unit vectors along the structure, and how sure it is (0..1)."""

    x: AnyPlane
    y: AnyPlane
    coherence: AnyPlane


@dataclass(frozen=True)
class Window:
    """Where a crop lies: its first row and column, and the pixels per canvas unit."""

    top: int
    left: int
    scale: int


def flow_of(target: Colours, radius: float, smoothing: float) -> Flow:
    """Direction field of a picture (3, H, W) at the scale of a brush radius in pixels, smoothed over a few radii."""
    grey = gaussian_filter(target.mean(0), max(0.7, 0.35 * radius))
    gy, gx = (np.gradient(grey, axis=k) if grey.shape[k] > 1 else np.zeros_like(grey) for k in (0, 1))
    window = max(1.0, smoothing * radius)
    xx, yy, xy = (gaussian_filter(g, window) for g in (gx * gx, gy * gy, gx * gy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + 1e-7)
    return Flow(np.cos(angle), np.sin(angle), coherence)


def new_strokes(
    target: Colours,
    density: AnyPlane,
    count: int,
    *,
    shape: Shape,
    colour: Colour,
    largest: float,
    room: float,
    rng: np.random.Generator,
    window: Window | None = None,
    own: Plane | None = None,
    finest: Map | None = None,
    drawn: np.ndarray | None = None,
) -> Table:
    """`count` new strokes (count, 13) in canvas units, largest first (so that details end up on top).

    target: (3, H, W); density: strokes per pixel (H, W); largest: this pass's largest radius, canvas units;
    room: radius of a stroke relative to the room it has; window: what part of the canvas these pixels are, if not all;
    own: (H, W) 0..1, how much each pixel belongs to the region that is painted: strokes take their colours from there,
    and stop growing where they would leave it. finest: (h, w), spread over the whole canvas, what share of the smallest
    radius is allowed where; where it is half, chance has little say in angles and colours. drawn: (3, H, W), a flow
    that somebody has drawn, as `DrawnFlow.on` has it: as far as it holds it counts instead of the picture's, the
    style's and chance.
    """
    window = window or Window(0, 0, max(density.shape))
    scale = window.scale
    y, x = sample(density, count, rng)
    low, high = shape.smallest * scale, max(min(largest, shape.largest), shape.smallest) * scale
    finer = np.ones(count)
    if finest is not None:
        finer = values_at(finest, (x + window.left + 0.5) / scale, (y + window.top + 0.5) / scale)
    least, chance = low * finer, np.clip(1 - CALM * 2 * (1 - finer), 0, 1)
    radius = np.clip(shape.width * room / np.sqrt(density[y, x] * 4 * shape.aspect), least, high)
    middle_radius = float(np.median(radius))
    tones = _blurred(target, max(0.5, 0.4 * middle_radius), own)
    flow = _blended(flow_of(target, middle_radius, shape.flow_size), shape)
    free = np.ones(count)
    if drawn is not None:
        flow, free = _led(flow, drawn), 1 - drawn[2, y, x]
    cx = x + rng.random(count)
    cy = y + rng.random(count)
    angle = np.arctan2(flow.y[y, x], flow.x[y, x]) + np.radians(shape.angle) * rng.uniform(-1, 1, count) * chance * free
    dx, dy = np.cos(angle), np.sin(angle)
    certainty = 0.4 + 1.2 * flow.coherence[y, x] if shape.flow > 0 else np.ones(count)
    reach = np.maximum(radius * (shape.aspect - 1) * certainty, 0.5)
    followed = flow if shape.angle == 0 else None
    if followed is None and drawn is not None:
        followed = Flow(flow.x, flow.y, drawn[2])  # straight on where nobody has drawn where to
    ends = [_trace(tones, followed, own, cx, cy, sign * dx, sign * dy, reach) for sign in (-1, 1)]
    cx, cy = cx + window.left, cy + window.top
    table = np.zeros((count, 13))
    table[:, [0, 1]] = np.transpose(ends[0]) + np.array([window.left, window.top])
    table[:, [4, 5]] = np.transpose(ends[1]) + np.array([window.left, window.top])
    table[:, :6] = np.clip(table[:, :6], -OVERHANG * scale, (1 + OVERHANG) * scale)
    chord_x, chord_y = (table[:, 4] + table[:, 0]) / 2, (table[:, 5] + table[:, 1]) / 2
    if shape.straight:
        table[:, 2], table[:, 3] = chord_x, chord_y
    else:
        curl = rng.normal(0, shape.curl, count) * free
        # the curve passes through the middle it was grown from
        table[:, 2] = 2 * cx - chord_x - dy * reach * curl
        table[:, 3] = 2 * cy - chord_y + dx * reach * curl
    table[:, 6] = table[:, 7] = radius
    table[:, 8] = table[:, 9] = np.clip(0.9, *shape.opacity)
    table[:, 10:] = tones[:, y, x].T
    if colour.jitter > 0:
        jitter = rng.normal(0, colour.jitter / 2, (count, 1)) + rng.normal(0, colour.jitter, (count, 3))
        table[:, 10:] += jitter * chance[:, None]
    table[:, 10:] = np.clip(table[:, 10:], 0, 1)
    table[:, :8] /= scale
    table[:, 2:4] = np.clip(table[:, 2:4], -OVERHANG, 1 + OVERHANG)
    return np.ascontiguousarray(table[np.argsort(-table[:, 6], kind="stable")], f4)


def _blended(flow: Flow, shape: Shape) -> Flow:
    """The field turned towards the style's own direction, as far as the style does not follow the picture."""
    if shape.flow == 1:
        return flow
    # directions are axes: blend the doubled angles
    angle, own = np.arctan2(flow.y, flow.x), np.radians(2 * shape.direction)
    c = shape.flow * np.cos(2 * angle) + (1 - shape.flow) * np.cos(own)
    s = shape.flow * np.sin(2 * angle) + (1 - shape.flow) * np.sin(own)
    angle = np.arctan2(s, c) / 2
    return Flow(np.cos(angle), np.sin(angle), flow.coherence)


def _led(flow: Flow, drawn: np.ndarray) -> Flow:
    """The field turned towards one that is drawn (3, H, W), as far as that holds, and as sure there."""
    cos, sin, hold = drawn
    angle = 2 * np.arctan2(flow.y, flow.x)
    c, s = (1 - hold) * np.cos(angle) + hold * cos, (1 - hold) * np.sin(angle) + hold * sin
    angle = np.arctan2(s, c) / 2
    return Flow(np.cos(angle), np.sin(angle), np.maximum(flow.coherence, hold))


def _blurred(target: np.ndarray, width: float, own: np.ndarray | None) -> np.ndarray:
    """The picture (3, H, W) blurred, so that a region's colours (where it has any pixels near) stay its own."""
    if own is None:
        return np.stack([gaussian_filter(c, width) for c in target])
    weight = gaussian_filter(own, width)
    tones = np.array(target)
    for tone, channel in zip(tones, target, strict=True):
        np.divide(gaussian_filter(channel * own, width), weight, out=tone, where=weight > 1e-3)
    return tones.clip(0, 1)


def _trace(
    tones: np.ndarray,
    flow: Flow | None,
    inside: np.ndarray | None,
    x: np.ndarray,
    y: np.ndarray,
    dx: np.ndarray,
    dy: np.ndarray,
    reach: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Grow strokes from (x, y) pixels along the flow (straight on without one) until `reach` or another colour.

    inside: (H, W) 0..1; they also stop where it falls under a half.
    """
    height, width = tones.shape[1:]

    def pixel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (np.clip(y, 0, height - 1).astype(np.intp), np.clip(x, 0, width - 1).astype(np.intp))

    own = tones[(slice(None), *pixel(x, y))]
    least = None if inside is None else np.minimum(0.5, inside[pixel(x, y)])
    grows = np.ones(len(x), bool)
    for step in range(TRACE_STEPS):
        nx, ny = x + dx * reach / TRACE_STEPS, y + dy * reach / TRACE_STEPS
        j, i = pixel(nx, ny)
        if step > 0:
            grows &= np.abs(tones[:, j, i] - own).mean(0) < COLOUR_TOLERANCE
        if inside is not None and least is not None:
            grows &= inside[j, i] >= least
        x, y = np.where(grows, nx, x), np.where(grows, ny, y)
        if flow is not None:
            fx, fy = flow.x[j, i], flow.y[j, i]
            same = np.where(fx * dx + fy * dy < 0, -1.0, 1.0)
            # lean into the flow rather than jump: it is noisy where it is not sure
            trust = 0.5 * flow.coherence[j, i]
            dx, dy = dx + trust * (same * fx - dx), dy + trust * (same * fy - dy)
            norm = np.sqrt(dx * dx + dy * dy) + 1e-9
            dx, dy = dx / norm, dy / norm
    return x, y
