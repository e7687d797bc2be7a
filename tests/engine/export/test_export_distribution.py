"""The plot of where the strokes went."""

from dataclasses import replace

import numpy as np
import pytest
from export_cases import CASES

from impasto.engine.export.distribution import _density, distribution


def darkness(plot: np.ndarray) -> np.ndarray:
    return 255 - plot.astype(int).mean(2)


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_painting_has_a_plot(handmade, name):
    painting = handmade(**CASES[name])
    plot = distribution(painting)
    assert (plot.dtype, plot.shape[1:]) == (np.uint8, (1440, 3))
    assert plot.shape[0] < 1600
    assert np.array_equal(plot, distribution(painting, threads=1))


@pytest.mark.parametrize(("passes", "strokes"), [(1, 0), (1, 1), (1, 5), (2, 30), (9, 5), (40, 3)])
def test_any_number_of_passes(handmade, passes, strokes):
    for regions in (0, 3):
        plot = distribution(handmade(passes=passes, strokes=strokes, regions=regions))
        assert plot.shape[0] < 1800
        assert darkness(plot).max() > 200  # words, at least


@pytest.mark.parametrize("size", [(1000, 50), (50, 1000), (1, 1)])
def test_any_proportions(handmade, size):
    assert distribution(replace(handmade(), height=size[0], width=size[1])).shape[0] < 900


def test_dense_is_where_the_strokes_are(handmade):
    painting = handmade(passes=1, strokes=400)
    table = painting.strokes.table.copy()
    table[:, 0:6:2] /= 2  # all in the left half
    plot = distribution(replace(painting, strokes=replace(painting.strokes, table=table)))
    # the second of three columns: 432 wide, 24 apart, 48 from the border, below 118 + 36 of words
    panel = darkness(plot)[154 : 154 + 288, 504 : 504 + 432]
    left, right = panel[:, 20:180].mean(), panel[:, 250:-20].mean()
    assert left > right + 40
    even = darkness(distribution(painting))[154 : 154 + 288, 504 : 504 + 432]
    assert abs(even[:, 20:180].mean() - even[:, 250:-20].mean()) < 20


def test_bars_are_as_long_as_there_are_strokes(handmade):
    painting = handmade(regions=3, passes=1, strokes=600)
    assert painting.regions is not None
    plot = distribution(painting)
    counts = np.bincount(painting.strokes.region, minlength=3)
    top = plot.shape[0] - 48 - 76 - 30 * 3 + 60  # of the first bar
    colour = plot[top + 10, 48 + 250 + 3]
    lengths = [(plot[top + 30 * row + 8, 298:] == colour).all(1).sum() for row in range(3)]
    assert np.allclose(np.array(lengths) / lengths[0], counts / counts[0], atol=0.02)


def test_strokes_spread_evenly_are_as_dense_at_the_borders():
    y, x = np.mgrid[:60, :80]
    evenly = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], 1) / 80
    assert _density(evenly, 60, 80) == pytest.approx(np.ones((60, 80)), abs=1e-3)
    left = evenly[evenly[:, 0] < 0.5]
    assert _density(left, 60, 80)[:, :20].mean() == pytest.approx(2, abs=0.15)


def test_borders_of_regions_are_half_grey_over_what_is_there(handmade):
    painting = handmade(regions=3, passes=1, strokes=400)
    plain = replace(painting, regions=None, strokes=replace(painting.strokes, region=painting.strokes.region * 0))
    panel, bare = (
        distribution(each)[154 : 154 + 288, 504 : 504 + 432].astype(float) for each in (painting, plain)
    )  # as above
    seen = np.abs(panel - bare).max(-1) > 3
    assert 100 < seen.sum() < 0.1 * seen.size
    assert np.abs(panel - (0.5 * bare + 0.5 * np.array([90, 100, 120])))[seen].max() <= 1
