"""Strokes of opacities above 1: they are full where opacity times profile is 1 or more, and nowhere more than full."""

import numpy as np
import pytest
from raster_cases import (
    CLEAR,
    COLUMNS,
    HALF_CLEAR,
    KINDS,
    WHITE,
    f4,
    full,
    reference_gradient,
    reference_values,
    tapered,
)

from impasto.engine.raster import render
from impasto.engine.raster.edges import StrokeEdge

SIZE = (33, 28)
LOOK = {"background": HALF_CLEAR, "edges": StrokeEdge(0.1, 0.7)}
# Straight strokes, of which float32 is all that is missing. Measured: 6e-6, and of a gradient's group 2e-5.
VALUES, GRADIENT = 1e-5, 1e-4


def more_opaque(kind, count, seed):
    """Strokes of a kind, with opacities up to 4 that differ from end to end."""
    rng = np.random.default_rng(seed)
    table = KINDS[kind](rng, count, *SIZE)
    table[:, 8:10] = rng.uniform(0.2, 4, (count, 2))
    return table


@pytest.mark.interpreted(when=lambda seed: seed == 1)
@pytest.mark.parametrize("seed", range(4))
def test_values_and_gradients_are_the_references(backend, seed):
    rng = np.random.default_rng(seed)
    table, ascent = full(rng, 6, *SIZE), rng.normal(size=(*SIZE, 4)).astype(f4)
    values = reference_values(table, *SIZE, **LOOK)
    assert np.abs(backend.render(table, *SIZE, **LOOK) - values).max() < VALUES
    found, expected = backend.gradient(table, ascent, **LOOK), reference_gradient(table, ascent, **LOOK)
    for group, columns in COLUMNS.items():
        assert np.linalg.norm((found - expected)[:, columns]) < GRADIENT * np.linalg.norm(expected[:, columns]), group


@pytest.mark.interpreted(when=lambda kind: kind == "tapered")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_shines_through_less_than_not_at_all(backend, kind):
    """Over white a pixel is never darker than over black, by no bit, and no alpha is more than 1."""
    table, size = more_opaque(kind, 5, 3), (17, 15)
    over = {ground: backend.render(table, *size, background=ground, edges=LOOK["edges"]) for ground in (CLEAR, WHITE)}
    alpha = over[CLEAR][..., 3]
    assert alpha.min() >= 0 and alpha.max() == 1
    assert (over[WHITE][..., 3] == 1).all()
    assert (over[WHITE] >= over[CLEAR]).all() and (over[WHITE] <= 1 + 1e-6).all()


@pytest.mark.interpreted
def test_what_is_full_does_not_change_and_what_is_just_full_does(backend):
    """Strokes over all of the canvas: one of opacity 1 would show less if it had less, one of more would not."""
    table = np.array([[0.2, 0.5, 0.5, 0.5, 0.8, 0.5, 3, 3, 1, 1, 1, 0, 0]] * 2, f4)
    table[0, 8:10] = 1.5, 4
    ascent, look = np.ones((9, 7, 4), f4), {"background": WHITE, "edges": StrokeEdge(0.1)}
    for rows, opacities in ((slice(0, 1), 0), (slice(1, 2), -9 * 7)):  # red on white takes two colours away
        found = backend.gradient(table[rows], ascent, **look)
        assert not found[0, :8].any()
        assert found[0, 8:10].sum() == pytest.approx(2 * opacities, rel=1e-6)
        assert found[0, 10:] == pytest.approx(9 * 7)


def test_strokes_that_are_no_more_than_opaque_are_what_they_were():
    """Some pixels as the release painted them that knew no opacities above 1."""
    table = tapered(np.random.default_rng(0), 12, 24, 20)
    table[0, 8:10] = 1
    canvas = render(table, 24, 20, background=HALF_CLEAR, edges=StrokeEdge(0.05, 0.4))
    before = [
        [0.544613, 0.2661501, 0.24008717, 0.98094153], [0.15254131, 0.48797616, 0.29878566, 0.6394921],
        [0.06330963, 0.62392896, 0.45556718, 0.808378], [0.37303108, 0.44549203, 0.6547159, 0.8110158],
        [0.6549933, 0.8244313, 0.25229073, 0.89536166],
    ]  # fmt: skip
    found = canvas[3::6, 4::7].reshape(-1, 4)[[3, 7, 9, 10, 11]]
    assert np.abs(found - before).max() < 1e-6
