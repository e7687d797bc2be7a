"""A large picture in fewer pixels: averages, at the same places, and only where that suffices."""

import numpy as np
import pytest

from impasto.engine.painter.targets import Targets
from impasto.engine.pictures.picture import REDUCED, Picture
from impasto.engine.styles import Style
from impasto.engine.styles.style import Pass

STYLE = Style.model_validate({"name": "test", "passes": (Pass(radius=0.1, share=1),), "edges": "filter"})


def smooth(height, width, by=16):
    """Noise of so many pixels a grain."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(3).uniform(0, 255, (height, width, 3))
    found = np.stack([gaussian_filter(noise[..., k], by) for k in range(3)], -1)
    return np.rint(255 * (found - found.min()) / np.ptp(found)).astype(np.uint8)


@pytest.mark.parametrize(("longer", "by"), [(100, 1), (2047, 1), (2048, 2), (3100, 3)])
def test_as_many_pixels_make_one_as_leave_a_thousand(longer, by):
    picture = Picture(np.zeros((64, longer, 3), np.uint8))
    assert picture.reduction == by and picture.reduced.width == -(-longer // by) >= REDUCED * (longer >= REDUCED)
    assert picture.reduced is picture.reduced and (by > 1 or picture.reduced is picture)


def test_pixels_are_averages():
    rgb = np.random.default_rng(0).integers(0, 256, (65, 2049, 3), np.uint8)
    found = Picture(rgb).reduced.rgb
    assert found.shape == (33, 1025, 3)
    whole = rgb[:64, :2048].reshape(32, 2, 1024, 2, 3).mean((1, 3))
    assert np.abs(found[:32, :1024] - whole).max() <= 1
    assert np.array_equal(found[32, 1024], rgb[64, 2048])


def test_colours_of_see_through_pixels_do_not_bleed():
    rgb, alpha = np.zeros((64, 2048, 3), np.uint8), np.zeros((64, 2048), np.uint8)
    rgb[:, ::2], alpha[:, ::2] = (200, 100, 50), 60
    rgb[:, 1::2], rgb[1::2, ::2] = 255, (201, 100, 50)
    alpha[1::2, ::2] = 180
    alpha[:, 1000:] = 0
    found = Picture(rgb, alpha).reduced
    assert found.alpha is not None and (found.alpha[:, :500] == 60).all() and not found.alpha[:, 500:].any()
    assert (found.rgb[:, :500] == (201, 100, 50)).all()  # 200.75


@pytest.mark.parametrize("see_through", [False, True])
def test_a_canvas_made_of_it_shows_the_same_at_the_same_place(see_through):
    height, width = 1501, 2305
    alpha = smooth(height, width)[..., 0] if see_through else None
    picture = Picture(smooth(height, width), alpha)
    whole, side = Targets(picture, STYLE, exact=512), 301
    near, exact = whole[side], Targets(picture, STYLE, exact=side)[side]
    assert np.abs(near.importance - exact.importance).max() < 0.01
    shown = exact.importance > 0.1
    assert 0 < np.abs(near.colours - exact.colours)[:, shown].max() < 0.02
    assert np.array_equal(whole[512].colours, Targets(picture, STYLE, exact=512)[512].colours)
    rgb, _ = picture.resampled(*whole.size(512), (0.0, 0.0, width, whole.size(512)[0] * width / 512))
    assert np.array_equal(whole[512].colours, rgb.transpose(2, 0, 1))  # of every pixel, as ever


def test_larger_canvases_are_made_of_the_picture_itself():
    picture = Picture(smooth(700, 2100))
    assert np.array_equal(Targets(picture, STYLE)[600].colours, Targets(picture, STYLE, exact=600)[600].colours)
