"""Strokes no painter would make: whatever the table says, numbers come out, and they are the reference's."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from raster_cases import CLEAR, HALF_CLEAR, WHITE, f4, premultiplied, reference_values

from impasto.engine.raster.edges import StrokeEdge

# Strokes of one opacity each. Measured over 600 examples of each kind, searched for the worst: 7e-4, and .003 for
# strokes across the canvas and far beyond, of no radius at all, which show what is left in the search along them.
DEGENERATE, ACROSS = 5e-3, 2e-2
ROUNDING = 1e-6  # float32 sums of up to 40 strokes may end this far outside of 0..1

SIZES = [(1, 1), (1, 9), (7, 1), (8, 32), (5, 33), (33, 8), (20, 17), (9, 40)]
EXAMPLES = int(os.environ.get("IMPASTO_EXAMPLES", "0"))  # more than usual, and other ones each time
thorough = settings(
    max_examples=EXAMPLES or 25,
    derandomize=EXAMPLES == 0,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

unit = st.floats(0, 1, width=32)
place = st.tuples(unit, unit)
offset = st.floats(-1, 1, width=32)
radius = st.one_of(st.just(0.0), st.floats(0, 0.3125, width=32))


def stroke_of(start, control, end, r0, r2, opacity, colour):
    return np.array([*start, *control, *end, r0, r2, opacity, opacity, *colour], f4)


def on_the_line(start, end, where):
    return tuple(a + where * (b - a) for a, b in zip(start, end, strict=True))


opacity = st.one_of(st.just(1.0), st.just(0.0), st.just(1e-7), st.floats(0, 1, width=32))
colour = st.tuples(unit, unit, unit)


def strokes(start=place, control=place, end=place, r0=radius, r2=radius, opacity=opacity):
    return st.builds(stroke_of, start, control, end, r0, r2, opacity, colour)


@st.composite
def points(draw):
    """All three points in one place: a disc of the larger radius."""
    where = draw(place)
    return draw(strokes(st.just(where), st.just(where), st.just(where)))


@st.composite
def hairpins(draw):
    """The control point on the line through the ends, beyond either of them or upon it: the curve turns on itself."""
    start, end = draw(place), draw(place)
    control = on_the_line(start, end, draw(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 1.0, 1.5, 3.0])))
    return draw(strokes(st.just(start), st.just(control), st.just(end)))


@st.composite
def returns(draw):
    """The end where the start is: out to half the control point and back on the same way."""
    start = draw(place)
    return draw(strokes(start=st.just(start), end=st.just(start)))


@st.composite
def level(draw):
    """Through pixel centres exactly, upright or level: distances of zero, and equal ones on both sides."""
    height, width = 20, 17
    y = (draw(st.integers(0, height - 1)) + 0.5) / height
    xs = [(draw(st.integers(-3, width + 2)) + 0.5) / height for _ in range(3)]
    ends = [(x, y) for x in xs] if draw(st.booleans()) else [(y, x) for x in xs]
    a, b, c = map(st.just, ends)
    return draw(strokes(a, b, c))


@st.composite
def far_away(draw):
    """Off the canvas, by as much as a table may say."""
    away = st.floats(2, 12, width=32)
    dx, dy = draw(st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1), (-1, -1)]))
    start = (dx * draw(away), dy * draw(away))
    end = (start[0] + draw(offset), start[1] + draw(offset))
    return draw(strokes(st.just(start), st.just(on_the_line(start, end, draw(unit))), st.just(end)))


DEGENERATES = {
    "point": points(),
    "no radius": strokes(r0=st.just(0.0), r2=st.just(0.0)),
    "hairpin": hairpins(),
    "return": returns(),
    "anywhere": strokes(control=st.tuples(st.floats(-4, 5, width=32), st.floats(-4, 5, width=32))),
    "level": level(),
    "off the canvas": far_away(),
    "across the canvas": strokes(
        start=st.tuples(st.floats(-4, -1, width=32), unit), end=st.tuples(st.floats(2, 5, width=32), unit)
    ),
    "larger than the canvas": strokes(r0=st.floats(1, 12, width=32), r2=st.floats(1, 12, width=32)),
    "needle": strokes(r0=st.floats(0.5, 2, width=32), r2=st.just(0.0)),
    "opaque": strokes(opacity=st.just(1.0)),
    "clear": strokes(opacity=st.just(0.0)),
    "faint": strokes(opacity=st.floats(1e-30, 1e-5, width=64)),
}
looks = st.fixed_dictionaries(
    {
        "background": st.sampled_from([WHITE, CLEAR, HALF_CLEAR]),
        "edges": st.builds(StrokeEdge, st.sampled_from([0.0, 0.01, 0.2, 3.0]), st.sampled_from([0.0, 0.75, 1.5])),
    }
)
sizes = st.sampled_from(SIZES)


def check(backend, table, size, look):
    canvas = backend.render(table, *size, **look)
    assert np.isfinite(canvas).all() and canvas.min() >= -ROUNDING and canvas.max() <= 1 + ROUNDING
    assert (canvas[..., :3] <= canvas[..., 3:] + ROUNDING).all(), "premultiplied: no colour above its alpha"
    for ascent in (np.ones((*size, 4), f4), np.random.default_rng(0).normal(size=(*size, 4)).astype(f4)):
        assert np.isfinite(backend.gradient(table, ascent, **look)).all()
    return canvas


@pytest.mark.parametrize("kind", DEGENERATES)
def test_degenerate_strokes_are_the_references(backend, kind):
    @thorough
    @given(table=st.lists(DEGENERATES[kind], min_size=1, max_size=2).map(np.array), size=sizes, look=looks)
    def run(table, size, look):
        canvas = check(backend, table, size, look)
        off = np.abs(canvas - reference_values(table, *size, **look)).max()
        assert off < (ACROSS if kind == "across the canvas" else DEGENERATE), off

    run()


@thorough
@given(
    stroke=st.one_of(*DEGENERATES.values()),
    ends=st.tuples(unit, unit),
    count=st.integers(2, 40),
    size=sizes,
    look=looks,
)
@example(
    stroke=np.full(13, 0.5, f4),
    ends=(0.0, 1.0),
    count=40,
    size=(1, 1),
    look={"background": WHITE, "edges": StrokeEdge(0.0)},
)
def test_many_identical_strokes_that_fade_give_numbers(backend, stroke, ends, count, size, look):
    """Identical strokes stacked: alpha is 1 − (1 − a)^count, and that is exact enough to be told."""
    stroke[8:10] = ends
    table = np.repeat(stroke[None], count, 0)
    canvas = check(backend, table, size, look)
    clear = {**look, "background": CLEAR}
    single = backend.render(stroke[None], *size, **clear)[..., 3].astype(np.float64)
    stacked = backend.render(table, *size, **clear)[..., 3]
    assert np.abs(stacked - (1 - (1 - single) ** count)).max() < 2e-6 * count
    assert canvas.shape == (*size, 4)


@pytest.mark.interpreted
def test_off_the_canvas_nothing_happens(backend):
    table = np.array(
        [[5, 5, 5.1, 5.2, 5.3, 5, 0.5, 0.2, 1, 1, 1, 0, 0], [-3, 0, -3, 0.5, -3, 1, 1, 1, 1, 1, 1, 0, 0]], f4
    )
    canvas = backend.render(table, 9, 40, background=HALF_CLEAR, edges=StrokeEdge(0.1, 1.0))
    assert np.array_equal(canvas, np.broadcast_to(premultiplied(HALF_CLEAR), (9, 40, 4)))
    assert not backend.gradient(table, np.ones((9, 40, 4), f4), background=HALF_CLEAR, edges=StrokeEdge(0.1)).any()


@pytest.mark.interpreted
def test_clear_strokes_change_nothing_but_would(backend):
    """An opacity of zero paints nothing, yet its gradient says what opacity would do."""
    table = np.array([[0.2, 0.5, 0.5, 0.5, 0.8, 0.5, 0.3, 0.3, 0, 0, 1, 0, 0]], f4)
    canvas = backend.render(table, 20, 20, background=WHITE, edges=StrokeEdge(0.1))
    assert np.array_equal(canvas, np.ones((20, 20, 4), f4))
    gradient = backend.gradient(table, np.ones((20, 20, 4), f4), background=WHITE, edges=StrokeEdge(0.1))
    assert (gradient[0, 8:10] < -1).all(), "red on white takes green and blue away"
    assert not gradient[0, :8].any() and not gradient[0, 10:].any()


def test_opaque_strokes_hide_what_is_below_exactly(backend):
    """Not even the last bit of an infinite pile shines through a disc larger than the canvas."""
    rng = np.random.default_rng(0)
    table = rng.random((50, 13)).astype(f4)
    table[30] = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 9, 9, 1, 1, 0.3, 0.6, 0.9]
    options = {"background": WHITE, "edges": StrokeEdge(0.01)}
    assert np.array_equal(backend.render(table, 33, 20, **options), backend.render(table[30:], 33, 20, **options))
