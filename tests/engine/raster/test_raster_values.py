"""Values: what the backends paint is what the reference defines."""

import numpy as np
import pytest
from raster_cases import (
    CLEAR,
    HALF_CLEAR,
    KINDS,
    WHITE,
    bent,
    even_ended,
    f4,
    premultiplied,
    realistic,
    reference_values,
    straight,
)

from impasto.engine.raster import FARTHEST, LARGEST_SIDE, render
from impasto.engine.raster.edges import StrokeEdge

# Straight strokes are found in closed form, tapered or not: what is left is float32. Measured: 2e-6.
STRAIGHT = 1e-5
# Curved strokes are searched for in a few steps. Measured over 2000 strokes of all kinds: .004, in a handful of pixels.
CURVED = 6e-3
# Where two parts of a stroke are equally near, rounding decides which opacity a pixel gets, and the difference of the
# two may be anything. That happens along lines: measured, 4 of 10,000 pixels of the worst kind are off by .002.
OFF, SHARE_OFF = 2e-3, 1.5e-3

SIZES = [(1, 1), (1, 37), (41, 1), (32, 8), (33, 9), (31, 7), (64, 16), (19, 70), (70, 19), (48, 40)]
INTERPRETED = {
    ("straight", (1, 37)), ("straight", (33, 9)), ("realistic", (32, 8)), ("bent", (31, 7)), ("tapered", (19, 70)),
    ("wild", (41, 1)),
}  # fmt: skip
assert {kind for kind, _ in INTERPRETED} <= set(KINDS) and {size for _, size in INTERPRETED} <= set(SIZES)
BACKGROUNDS = [WHITE, CLEAR, HALF_CLEAR]
SOFTNESS = [0.0, 0.03, 0.15]
EDGES = [0.0, 0.6]


def look(number):
    """Some combination of background, softness and edge; 18 numbers make them all."""
    return {
        "background": BACKGROUNDS[number % 3],
        "edges": StrokeEdge(SOFTNESS[number // 3 % 3], EDGES[number // 9 % 2]),
    }


@pytest.mark.interpreted(when=lambda kind, size: (kind, size) in INTERPRETED)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_the_references(backend, kind, size):
    number = 7 * SIZES.index(size) + list(KINDS).index(kind)
    table = even_ended(KINDS[kind](np.random.default_rng(number), 6, *size))
    canvas = backend.render(table, *size, **look(number))
    assert canvas.shape == (*size, 4) and canvas.dtype == f4 and canvas.flags.c_contiguous
    off = np.abs(canvas - reference_values(table, *size, **look(number)))
    assert off.max() < (STRAIGHT if kind == "straight" else CURVED)


@pytest.mark.interpreted(when=lambda number: number == 4)
@pytest.mark.parametrize("number", range(0, 18, 2))
def test_straight_strokes_have_the_references_values_whatever_their_ends(backend, number):
    table = straight(np.random.default_rng(number), 8, 30, 45)
    off = backend.render(table, 30, 45, **look(number)) - reference_values(table, 30, 45, **look(number))
    assert np.abs(off).max() < STRAIGHT


@pytest.mark.parametrize("kind", ["realistic", "bent", "tapered", "wild"])
def test_strokes_that_fade_have_the_references_values_almost_everywhere(backend, kind):
    off = []
    for number in range(6):
        table = KINDS[kind](np.random.default_rng(100 + number), 6, 40, 48)
        canvas = backend.render(table, 40, 48, **look(3 * number))
        off.append(np.abs(canvas - reference_values(table, 40, 48, **look(3 * number))))
    assert (np.array(off) > OFF).mean() < SHARE_OFF


@pytest.mark.interpreted(when=lambda background, size: background == HALF_CLEAR and size == (9, 33))
@pytest.mark.parametrize("size", [(9, 33), (24, 20)], ids=str)
@pytest.mark.parametrize("background", BACKGROUNDS, ids=str)
def test_without_strokes_there_is_the_background(backend, size, background):
    canvas = backend.render(np.empty((0, 13), f4), *size, background=background, edges=StrokeEdge(0.01))
    assert np.array_equal(canvas, np.broadcast_to(premultiplied(background), (*size, 4)))


@pytest.mark.interpreted
def test_later_strokes_lie_over_earlier_ones(backend):
    covering = [0.2, 0.5, 0.5, 0.5, 0.8, 0.5, 2, 2, 1, 1]
    table = np.array([[*covering, 1, 0, 0], [*covering, 0, 1, 0], [*covering, 0, 0, 1]], f4)
    canvas = backend.render(table, 5, 7, background=WHITE, edges=StrokeEdge(0.01))
    assert np.array_equal(canvas, np.broadcast_to(np.array([0, 0, 1, 1], f4), (5, 7, 4)))
    half = table.copy()
    half[2, 8:10] = 0.25
    canvas = backend.render(half, 5, 7, background=WHITE, edges=StrokeEdge(0.01))
    assert np.array_equal(canvas, np.broadcast_to(np.array([0, 0.75, 0.25, 1], f4), (5, 7, 4)))


def test_strokes_do_not_know_pixels(backend):
    """The same table at twice the size is the same picture: its 2×2 means are the smaller one, but for edges."""
    table = realistic(np.random.default_rng(5), 12, 40, 48)
    small, large = (backend.render(table, 40 * k, 48 * k, background=WHITE, edges=StrokeEdge(0.3)) for k in (1, 2))
    means = large.reshape(40, 2, 48, 2, 4).mean((1, 3))
    # a mean of four is not the value in their middle: a quarter pixel² of curvature at edges 14 pixels wide
    assert np.abs(means - small).max() < 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_a_big_canvas_is_the_small_one_seen_closely(backend, kind):
    """Strokes of hundreds of pixels: rows of a 700-pixel canvas, against the reference of just that window."""
    height, width, y0, rows = 60, 700, 17, 9
    table = even_ended(KINDS[kind](np.random.default_rng(8), 5, height, width))
    window = backend.render(table, height, width, background=WHITE, edges=StrokeEdge(0.002), rows=(y0, y0 + rows))
    whole = reference_values(table, height, width, background=WHITE, edges=StrokeEdge(0.002))
    assert np.abs(window - whole[y0 : y0 + rows]).max() < (STRAIGHT * 10 if kind == "straight" else CURVED)


def test_bent_strokes_of_one_opacity_are_that_opacity_at_most(backend):
    """A curve that crosses or folds back onto itself covers once, not twice."""
    table = bent(np.random.default_rng(3), 40, 40, 40)
    table[:, 8:10] = 0.5
    for stroke in table:
        alpha = backend.render(stroke[None], 40, 40, background=CLEAR, edges=StrokeEdge(0.02))[..., 3]
        assert alpha.max() <= 0.5


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (np.zeros(13), r"\(N, 13\), not \(13,\)"),
        (np.zeros((2, 12)), r"\(N, 13\), not \(2, 12\)"),
        (np.full((1, 13), np.nan), "finite numbers"),
        (np.full((1, 13), np.inf), "finite numbers"),
        (np.full((1, 13), FARTHEST * 1.01), "up to 16 canvas units"),
    ],
)
def test_a_malformed_table_is_refused(backend, table, says):
    with pytest.raises(ValueError, match=says):
        backend.render(table, 4, 4, background=WHITE, edges=StrokeEdge(0.01))
    with pytest.raises(ValueError, match=says):
        backend.gradient(table, np.zeros((4, 4, 4), f4), background=WHITE, edges=StrokeEdge(0.01))


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (-1, 4), (LARGEST_SIDE + 1, 1)], ids=str)
def test_a_canvas_without_pixels_or_with_too_many_is_refused(backend, size):
    with pytest.raises(ValueError, match="sides of 1 to 65535 pixels"):
        backend.render(np.empty((0, 13)), *size, background=WHITE, edges=StrokeEdge(0.01))


@pytest.mark.parametrize("rows", [(-1, 3), (2, 2), (3, 2), (0, 5), (4, 5)], ids=str)
def test_rows_beyond_the_canvas_are_refused(rows):
    with pytest.raises(ValueError, match=r"are not within 4 × 4"):
        render(np.empty((0, 13)), 4, 4, background=WHITE, edges=StrokeEdge(0.01), rows=rows)


def test_a_table_of_any_number_type_and_layout_is_taken(backend):
    table = realistic(np.random.default_rng(1), 4, 20, 20)
    options = {"background": WHITE, "edges": StrokeEdge(0.02)}
    expected = backend.render(table, 20, 20, **options)
    for other in (table.astype(np.float64), np.asfortranarray(table), np.repeat(table, 2, 0)[::2], table.tolist()):
        assert np.array_equal(backend.render(other, 20, 20, **options), expected)
