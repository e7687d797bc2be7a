"""What paintings look like: covered by paint, close to the picture, and without seams."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from quick_paintings import COVERING

from impasto.engine.painter.events import Finished
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.materials import plain
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture, load_picture
from impasto.engine.styles import load_style

PHOTO = Path(__file__).parents[3] / "examples" / "chelsea.jpg"
NOTHING = (0.0, 0.0, 0.0, 0.0)


def painted(picture, name, overrides=(), **options) -> Painting:
    *_, last = Painter(picture, load_style(name, overrides), **options).paint()
    assert isinstance(last, Finished)
    return last.painting


@cache
def photo() -> Picture:
    rgb, _ = load_picture(PHOTO).resampled(85, 128)
    return Picture(np.round(255 * rgb).astype(np.uint8))


@cache
def painted_photo(name) -> Painting:
    """With all of the preset's strokes and iterations."""
    return painted(photo(), name)


@pytest.mark.parametrize("name", COVERING)
def test_strokes_cover_the_background(name):
    """At the painting's own size and enlarged; between bristles and at ragged ends a little of it shows."""
    painting = painted_photo(name)
    for scale in (1, 3):
        for shown, most in ((plain(painting), 0.007), (painting, 0.04)):
            alpha = shown.render(85 * scale, 128 * scale, background=NOTHING)[..., 3]
            assert (alpha < 0.95 * 255).mean() <= most


@pytest.mark.parametrize("name", COVERING)
def test_the_ground_makes_no_difference(name):
    flat = plain(painted_photo(name))
    black, white = (flat.render(background=ground) for ground in ((0, 0, 0, 1), (1, 1, 1, 1)))
    assert np.abs(black.astype(int) - white).mean() < 0.5


def test_presets_are_as_close_to_the_photo_as_they_mean_to_be():
    away = {
        name: np.abs(painted_photo(name).render()[..., :3].astype(float) - photo().rgb).mean() / 255
        for name in ("realistic", "painterly", "abstract", "expressionist")
    }
    flat = np.abs(photo().rgb - photo().rgb.mean((0, 1))).mean() / 255
    assert away["realistic"] < 0.006
    assert away["realistic"] < away["painterly"] < 0.035
    assert away["painterly"] < away["abstract"] < 0.6 * flat
    assert away["painterly"] < away["expressionist"] < flat


def soft(height, width):
    """All colours change evenly, slowly, and not by whole levels from tile to tile: else that would be painted."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    return Picture(np.round(255 * np.stack([0.25 + 0.5 * x, 0.7 - 0.37 * y, 0.4 + 0.2 * (x + y)], -1)).astype(np.uint8))


def roughness(pixels, axis):
    """At each border between two pixels, how much the step across it differs from those before and after it."""
    steps = np.diff(pixels[..., :3].astype(float), axis=axis)
    steps = np.moveaxis(steps, axis, 0)
    rough = np.abs(steps[1:-1] - (steps[:-2] + steps[2:]) / 2).mean((1, 2))
    return np.arange(2, 2 + len(rough)), rough


def seams(pixels, axis, period):
    """How rough the borders are that come in this period, against all that no tile ends at."""
    places, rough = roughness(pixels, axis)
    return rough[places % period == 0].mean() / rough[(places % period != 0) & (places % 8 != 0)].mean()


BORDERS = [(0, 32), (1, 8), (1, 32), (0, 24), (1, 24)]  # of tiles: 8 wide and 32 high; of patches: 48, halved


@pytest.mark.parametrize(
    "overrides", [[], ["attention.mode=selective"], ["attention.mode=selective", "attention.patches=2"]]
)
def test_a_soft_picture_has_no_seams(overrides):
    """Neither where tiles end nor where patches do that attention was drawn to."""
    painting = painted(soft(144, 192), "realistic", overrides, strokes=500)
    pixels = painting.render()
    assert np.abs(pixels[..., :3].astype(float) - soft(144, 192).rgb).mean() < 1
    for axis, period in BORDERS:
        assert seams(pixels, axis, period) < 1.25, (axis, period)
    large = painting.render(288, 384)
    for axis, period in ((0, 32), (1, 8), (1, 48)):
        assert seams(large, axis, period) < 1.25, (axis, period)


def test_seams_would_be_seen():
    """One level of 255 between tiles is enough to fail the test above."""
    pixels = painted(soft(144, 192), "realistic", strokes=500).render().astype(int)
    rows, columns = np.mgrid[:144, :192]
    for axis, period, checks in ((0, 32, rows // 32), (1, 8, columns // 8), (1, 24, columns // 24)):
        assert seams(pixels + (checks % 2)[..., None], axis, period) > 1.6


def test_colours_that_a_style_leaves_alone_are_not_made_right_under_its_medium():
    painting = painted_photo("expressionist")
    flat, shown = (each.render()[..., :3].astype(float).mean((0, 1)) for each in (plain(painting), painting))
    colours = painting.strokes.table[:, 10:13]
    assert painting.refit is not None and np.abs(painting.refit.colours - colours).mean() < 0.03
    assert np.abs(flat - shown).max() < 0.02 * 255
