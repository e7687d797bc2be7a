"""What makes one textured medium another: numbers, all of them measured (study of November 2026)."""

from dataclasses import dataclass

from impasto.engine.raster.edges import StrokeEdge

TEXTURED_EDGE = StrokeEdge(0.0, 0.12)  # how far beyond its outline a textured stroke reaches, in shares of its radius
WIDEST_EDGE = StrokeEdge(0.004, 1.5)  # whatever its medium, no stroke reaches beyond such an edge
FRAYED = 0.003  # canvas units, to each side, over which bristles fray a region's border
MOST_FRAYED = 3  # pixels of it; beyond these nothing of a region changes when the one beside it is repainted


@dataclass(frozen=True)
class Bristles:
    """A brush and its paint. Lengths are shares of the stroke's radius unless said otherwise."""

    spacing: float = 0.0030  # between bristles, canvas units, at a radius of .02; grows as radius ** .35
    tip: float = 0.85  # how far the tip reaches beyond the curve's end: 1 round, .7 flat
    square: float = 0.5  # 0 round, .5 filbert, 1 flat
    soft: float = 0.05  # width of the edge, at least a pixel
    ragged: float = 0.22  # how far bristles push the edge in and out
    start: float = 0.25  # how unevenly bristles touch down
    lift: float = 0.8  # how unevenly they lift off
    dry: float = 0.0  # share of bristles without paint from the start
    run_dry: float = 0.55  # further share without paint at the tail
    dry_from: float = 0.45  # where along the stroke the paint begins to run out
    guard: float = 1.0  # how much less it runs out over a very different colour, which would look like a hole
    dry_vary: float = 0.25  # how much that differs from stroke to stroke
    bite: float = 0.35  # how much the ground's grain decides where thin paint stays
    hard: float = 0.12  # half width of the step from paint to none, in shares of bristles
    streak: float = 0.035  # lightness of bristle marks, Oklab
    mix: float = 0.017  # lightness and chroma of badly mixed paint, Oklab
    vary: float = 0.016  # lightness (and half as much chroma) from stroke to stroke, Oklab
    broken: float = 0.0  # chroma from stroke to stroke, whose lightness stays, so that only the eye mixes them, Oklab
    drag: float = 0.45  # how much of the colour under the start is carried along
    drag_far: float = 4.0  # how far
    body: float = 0.0011  # height of the paint, canvas units, at a radius of .02; grows as radius ** .5
    fat: float = 0.6  # how much thicker light paint is than dark
    furrow: float = 1.0  # depth of bristle marks, of the body
    ridge: float = 0.8  # height of the ridges at the sides, of the body
    wall: float = 0.14  # their width
    blob: float = 0.6  # the ridge at the end, of the body
    keep: float = 0.22  # how much of the relief beneath shows through opaque paint; below √.05, two layers close it


@dataclass(frozen=True)
class Shine:
    """How a medium takes the light, and the ground it is usually on."""

    relief: float = 0.6  # how strongly slopes are lit
    gloss: float = 0.11  # how bright highlights are
    valley: float = 0.14  # how dark hollows are
    ground: str = "canvas"  # or "paper", "tooth" (of sanded paper) or "none"
    weave: float = 0.0004  # depth of the ground's grain, canvas units
    thread: float = 0.0026  # width of a thread of the ground, canvas units
