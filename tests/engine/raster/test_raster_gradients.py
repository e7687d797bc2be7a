"""Gradients: the kernels' against the reference's, and the reference's against finite differences of its values."""

import numpy as np
import pytest
import torch
from raster_cases import (
    CLEAR,
    COLUMNS,
    HALF_CLEAR,
    KINDS,
    WHITE,
    even_ended,
    f4,
    full,
    realistic,
    reference_gradient,
    reference_values,
    straight,
)

from impasto.engine.raster import reference
from impasto.engine.raster.edges import StrokeEdge

SIZE = (33, 28)
LOOKS = [
    {"background": WHITE, "edges": StrokeEdge(0.02, 0.0)},
    {"background": HALF_CLEAR, "edges": StrokeEdge(0.1, 0.7)},
    {"background": CLEAR, "edges": StrokeEdge(0.0, 1.2)},
]

# All relative to the norm of the column group's gradient over the whole table, under a canvas gradient of pure noise,
# where most of the true gradient cancels and errors do not.
#
# Straight strokes: nothing but float32. Measured over 80 canvases: 6e-6.
STRAIGHT = 3e-5
# Curved strokes: their nearest point is found in a few steps, and the gradient feels what is missing more than the
# value does. In half of the canvases it is less than this (measured over 40 of each kind, times two):
TYPICAL = {
    "realistic": {"ends": 3e-3, "control": 6e-3, "radii": 2e-3, "opacities": 8e-4, "colour": 3e-4},
    "bent": {"ends": 1e-4, "control": 1e-4, "radii": 1e-4, "opacities": 1e-4, "colour": 1e-5},
    "tapered": {"ends": 1.5e-2, "control": 2.5e-2, "radii": 2e-3, "opacities": 1.2e-3, "colour": 3e-4},
    "wild": {"ends": 2e-3, "control": 2e-3, "radii": 1.5e-3, "opacities": 6e-4, "colour": 2e-4},
}
# ... in a single one of three strokes, less than so many times that (measured: 1.2),
SINGLE = 3
# ... and in the worst one less than this (measured: .11), if no opacity hangs on which of two near parts is nearer.
WORST = 0.2
# Central differences in float64 with this step (canvas units and shares): truncation and rounding are below 1e-8; what
# is left is the few pixels whose t* reaches an end of its stroke within the step.
STEP = 1e-6
DIFFERENCES = 1e-5


def relative(found, expected, group):
    columns = COLUMNS[group]
    return np.linalg.norm((found - expected)[:, columns]) / np.linalg.norm(expected[:, columns])


def noise(seed):
    return np.random.default_rng(seed).normal(size=(*SIZE, 4)).astype(f4)


@pytest.mark.interpreted(when=lambda look, seed: (seed, look) in [(0, LOOKS[2]), (1, LOOKS[1])])
@pytest.mark.parametrize("look", LOOKS, ids=["soft", "softer", "edge"])
@pytest.mark.parametrize("seed", range(3))
def test_straight_strokes_have_the_references_gradient(backend, look, seed):
    """With radii and opacities that differ from end to end, so that t* carries gradient too."""
    table = straight(np.random.default_rng(seed), 8, *SIZE)
    assert np.abs(table[:, 8] - table[:, 9]).max() > 0.3 and np.abs(table[:, 6] - table[:, 7]).max() > 0.005
    found = backend.gradient(table, noise(seed), **look)
    assert found.shape == (8, 13) and found.dtype == f4
    expected = reference_gradient(table, noise(seed), **look)
    for group in COLUMNS:
        assert relative(found, expected, group) < STRAIGHT, group


@pytest.mark.parametrize("kind", TYPICAL)
def test_curved_strokes_have_the_references_gradient(backend, kind):
    errors, worst = [], 0.0
    for seed in range(9):
        table, look = KINDS[kind](np.random.default_rng(seed), 5, *SIZE), LOOKS[seed % 3]
        found, expected = backend.gradient(table, noise(seed), **look), reference_gradient(table, noise(seed), **look)
        errors.append([relative(found, expected, group) for group in COLUMNS])
        if seed < 3:
            even = even_ended(table)
            found, expected = backend.gradient(even, noise(seed), **look), reference_gradient(even, noise(seed), **look)
            worst = max([worst, *(relative(found, expected, group) for group in COLUMNS)])
    typical = dict(zip(COLUMNS, np.median(errors, 0), strict=True))
    assert all(typical[group] < TYPICAL[kind][group] for group in COLUMNS), typical
    assert worst < WORST


@pytest.mark.parametrize("look", LOOKS, ids=["soft", "softer", "edge"])
@pytest.mark.parametrize("kind", ["straight", "realistic", "full"])
def test_gradients_are_the_slopes_of_the_references_values(backend, kind, look):
    """Central differences along random directions: autograd's gradient to 1e-5, the kernels' as near as above.

    No pixel of the full strokes turns from full to less within the step.
    """
    rng = np.random.default_rng(11)
    table, ascent = {**KINDS, "full": full}[kind](rng, 3, *SIZE), noise(11)
    automatic = reference_gradient(table, ascent, **look)
    found = backend.gradient(table, ascent, **look)
    for group, columns in COLUMNS.items():
        direction = np.zeros_like(automatic)
        direction[:, columns] = automatic[:, columns] / np.linalg.norm(automatic[:, columns])
        direction[:, columns] += rng.normal(size=(3, len(columns))) / np.sqrt(3 * len(columns))
        up, down = (
            reference_values(table.astype(np.float64) + sign * STEP * direction, *SIZE, **look) for sign in (1, -1)
        )
        slope = ((up - down) * ascent).sum() / (2 * STEP)
        size = np.linalg.norm(automatic[:, columns])
        assert abs((automatic * direction).sum() - slope) / size < DIFFERENCES, group
        tolerance = SINGLE * TYPICAL[kind][group] if kind in TYPICAL else STRAIGHT
        assert abs((found * direction).sum() - slope) / size < tolerance + DIFFERENCES, group


@pytest.mark.interpreted(when=lambda column: column in (0, 3))
@pytest.mark.parametrize("column", [0, 1, 2, 3, 4, 5])
def test_opacity_that_changes_along_the_stroke_pulls_at_its_points(backend, column):
    """The implicit term alone: deep inside a stroke only t* moves, and the opacity with it.

    Without that term these gradients would be zero, as they are for a stroke of one opacity.
    """
    table = np.array([[0.2, 0.3, 0.5, 0.55, 0.8, 0.7, 1.5, 1.5, 0.1, 0.9, 1, 1, 1]], f4)
    ascent = np.ones((*SIZE, 4), f4)
    options = {"background": CLEAR, "edges": StrokeEdge(0.05)}
    expected = reference_gradient(table, ascent, **options)
    found = backend.gradient(table, ascent, **options)
    scale = np.abs(expected[0, :6]).max()
    assert abs(expected[0, column]) > 0.01 * scale
    assert abs(found[0, column] - expected[0, column]) < 1e-3 * scale  # a curved stroke: measured, 1e-4
    assert np.abs(backend.gradient(even_ended(table), ascent, **options)[0, :6]).max() < 1e-6 * scale


@pytest.mark.interpreted
def test_what_is_covered_has_no_gradient(backend):
    """Under an opaque stroke nothing matters, and every stroke's gradient of zero is zero."""
    table = realistic(np.random.default_rng(2), 6, *SIZE)
    table[5, :10] = [0.2, 0.5, 0.5, 0.5, 0.8, 0.5, 2, 2, 1, 1]
    found = backend.gradient(table, noise(2), background=WHITE, edges=StrokeEdge(0.02))
    assert not found[:5].any() and found[5].any()
    assert not backend.gradient(table, np.zeros_like(noise(2)), background=WHITE, edges=StrokeEdge(0.02)).any()


def test_the_gradient_is_linear_in_the_canvas_gradient(backend):
    table, options = (
        realistic(np.random.default_rng(4), 6, *SIZE),
        {"background": HALF_CLEAR, "edges": StrokeEdge(0.03)},
    )
    one, other = noise(4), noise(5)
    both = backend.gradient(table, one + other, **options)
    parts = backend.gradient(table, one, **options) + backend.gradient(table, other, **options)
    assert np.abs(both - parts).max() < 1e-5 * np.abs(both).max()  # float32 sums of a thousand pixels


def test_the_reference_is_differentiable_in_the_background():
    """Which the painter does not need, and torch users may."""
    table = torch.from_numpy(realistic(np.random.default_rng(6), 2, 6, 7)).double()
    background = torch.tensor(HALF_CLEAR, dtype=torch.float64, requires_grad=True)

    def canvas(background):
        return reference.render(table, 6, 7, background=background, edges=StrokeEdge(0.2))

    assert torch.autograd.gradcheck(canvas, background)


@pytest.mark.interpreted
def test_no_strokes_no_gradient(backend):
    assert backend.gradient(np.empty((0, 13), f4), noise(0), background=WHITE, edges=StrokeEdge(0.02)).shape == (0, 13)
