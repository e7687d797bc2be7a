"""Targets: the same picture on every canvas, at the same place, in the colours the style sees."""

import numpy as np
import pytest

from impasto.engine.painter.targets import UNDERPAINTING, Targets, turns_of, underpainting
from impasto.engine.painter.toning import toned
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style
from impasto.engine.styles.style import Colour, Pass


def style_of(**values):
    return Style.model_validate({"name": "test", "passes": (Pass(radius=0.1, share=1),), **values})


def targets_of(picture, style, canvases, working_size):
    """The targets on canvases of these shares of the working size, and on the whole of it."""
    targets = Targets(picture, style)
    side = min(working_size, max(picture.height, picture.width))
    return {canvas: targets[max(1, round(canvas * side))] for canvas in (*canvases, 1.0)}


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("seed", range(16))
def test_a_place_is_the_same_in_canvas_units_on_every_canvas(seed):
    rng = np.random.default_rng(seed)
    height, width = size = rng.integers(150, 261, 2).tolist()
    working, place = int(rng.integers(60, 301)), rng.uniform(0.3, 0.7, 2)
    longest = max(size)
    y, x = place[0] * height, place[1] * width
    rows, columns = np.mgrid[:height, :width] + 0.5
    spot = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * (0.05 * longest) ** 2))
    picture = Picture(np.repeat(np.round(255 * spot)[..., None], 3, 2).astype(np.uint8))
    for target in targets_of(picture, style_of(), [0.25, 0.5, 0.77], working).values():
        light = target.colours.mean(0).astype(np.float64)
        light *= light > 0.05  # without the rounding far away
        rows, columns = np.mgrid[: target.height, : target.width] + 0.5
        side = max(target.height, target.width)
        found = np.array([(light * rows).sum(), (light * columns).sum()]) / light.sum() / side
        assert found * side == pytest.approx(np.array([y, x]) / longest * side, abs=0.08)  # of a pixel


@pytest.mark.parametrize(
    ("size", "working", "canvas", "expected"),
    [
        ((300, 400), 200, 1.0, (150, 200)),
        ((300, 400), 200, 0.5, (75, 100)),
        ((400, 300), 200, 0.5, (100, 75)),
        ((300, 400), 200, 0.05, (7, 10)),
        ((300, 400), 1024, 1.0, (300, 400)),  # never larger than the picture
        ((300, 400), 20, 1.0, (15, 20)),
        ((32, 640), 1024, 0.25, (8, 160)),
        ((640, 32), 1024, 0.05, (32, 1)),
        ((1, 400), 200, 0.5, (1, 100)),
        ((400, 1), 1024, 1.0, (400, 1)),
        ((1, 1), 1024, 1.0, (1, 1)),
    ],
)
def test_sizes(size, working, canvas, expected):
    targets = targets_of(Picture(noise(*size)), style_of(), [canvas], working)
    assert set(targets) == {canvas, 1.0}
    target = targets[canvas]
    assert (target.height, target.width) == expected
    assert target.colours.shape == (3, *expected) and target.importance.shape == expected
    for plane in (target.colours, target.importance):
        assert plane.dtype == np.float32 and plane.flags["C_CONTIGUOUS"] and np.isfinite(plane).all()
        assert plane.min() >= 0 and plane.max() <= 1


def test_the_full_canvas_shows_the_very_pixels():
    rgb, alpha = noise(40, 50), noise(40, 50, seed=1)[..., 0]
    opaque = targets_of(Picture(rgb), style_of(), [], 1024)[1.0]
    assert np.array_equal(np.round(opaque.colours * 255), rgb.transpose(2, 0, 1))
    target = targets_of(Picture(rgb, alpha), style_of(), [], 1024)[1.0]
    assert np.array_equal(np.round(target.importance * 255), alpha)
    seen = alpha > 127
    assert np.abs(target.colours * 255 - rgb.transpose(2, 0, 1))[:, seen].max() < 1


def test_weights_are_the_importance_as_a_mean():
    alpha = np.zeros((60, 80), np.uint8)
    alpha[:, 40:], alpha[30:, 40:] = 255, 51
    for target in targets_of(Picture(noise(60, 80), alpha), style_of(), [0.7], 80).values():
        weight = target.goal(1).region_tiles[0].planes(target.height, target.width)[0]
        assert 3 * weight.sum(dtype=np.float64) == pytest.approx(1)
        assert weight == pytest.approx(target.importance / (3 * target.importance.sum()))
        assert not target.importance[:, : target.width // 2 - 3].any()
        assert target.importance[-3:, -3:] == pytest.approx(np.full((3, 3), 0.2), abs=1e-3)
    opaque = targets_of(Picture(noise(60, 80)), style_of(), [], 80)[1.0]
    assert (opaque.importance == 1).all() and np.ptp(opaque.goal(1).region_tiles[0].weight) <= 1


def test_regions_matter_together_as_much_as_the_picture():
    alpha = noise(30, 40)[..., 0]
    left = np.linspace(0, 255, 40).astype(np.uint8)[None].repeat(30, 0)
    targets = Targets(Picture(noise(30, 40), alpha), style_of(), np.stack([left, 255 - left]))
    assert targets[40].importance == pytest.approx(alpha / 255, abs=1e-6)


def test_colours_of_transparent_pixels_do_not_bleed():
    rgb = np.full((60, 80, 3), 200, np.uint8)
    rgb[:, 40:] = 0
    alpha = np.where(np.arange(80) < 40, 255, 0) * np.ones((60, 1))
    for target in targets_of(Picture(rgb, alpha.astype(np.uint8)), style_of(), [0.7], 80).values():
        seen = target.importance > 0.02
        assert target.colours[:, seen] == pytest.approx(np.full((3, seen.sum()), 200 / 255), abs=0.02)


def test_one_visible_pixel_is_enough():
    alpha = np.zeros((60, 80), np.uint8)
    alpha[20, 30] = 255
    targets = targets_of(Picture(noise(60, 80), alpha), style_of(), [0.6], 80)
    assert all(target.importance.any() for target in targets.values())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("black", (0, 0, 0, 1)),
        ("white", (1, 1, 1, 1)),
        ("transparent", (0, 0, 0, 0)),
        ("#ff8000", (1, 128 / 255, 0, 1)),
        ("#0A0b0C", (10 / 255, 11 / 255, 12 / 255, 1)),
        ("average", (0.8, 0.4, 0.2, 1)),
        ("blurred", (0.8, 0.4, 0.2, 1)),
    ],
)
def test_backgrounds(name, expected):
    picture = Picture(np.broadcast_to(np.array([204, 102, 51], np.uint8), (40, 60, 3)).copy())
    background, under = underpainting(picture, style_of(background=name))
    assert background == pytest.approx(expected, abs=1e-4)
    assert (under is not None) == (name == "blurred")
    assert all(type(value) is float for value in background)


def test_the_average_is_of_what_is_seen_and_as_the_style_sees_it():
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:, :15] = [200, 0, 0]
    rgb[:, 15:30] = [100, 0, 0]
    alpha = np.zeros((40, 60), np.uint8)
    alpha[:, :15], alpha[:, 15:30] = 255, 51
    background, _ = underpainting(Picture(rgb, alpha), style_of())
    assert background == pytest.approx(((200 + 20) / 1.2 / 255, 0, 0, 1), abs=1e-3)
    grey, _ = underpainting(Picture(rgb, alpha), style_of(colour=Colour(saturation=0)))
    assert grey == pytest.approx((*[0.299 * background[0]] * 3, 1), abs=1e-3)


@pytest.mark.parametrize("size", [(300, 400), (400, 300), (20, 400), (30, 40), (1, 300), (1, 1)])
def test_the_blurred_background_is_small_and_soft_and_fits_the_painting(size):
    rgb = np.zeros((*size, 3), np.uint8)
    rgb[:, size[1] // 2 :] = 255
    background, under = underpainting(Picture(rgb), style_of(background="blurred"))
    assert under is not None and under.dtype == np.uint8
    longest = min(max(size), UNDERPAINTING)
    assert max(under.shape[:2]) == longest and under.shape[0] == max(1, size[0] * longest // max(size))
    if size[1] > 1:
        assert np.abs(np.diff(under.astype(int), axis=1)).max(initial=0) < 70
        assert under[0, 0, 0] < 30 and under[0, -1, 0] > 225
    Painting(Strokes.empty(), size[1], size[0], {}, 0, background, 0.01, 0.5, underpainting=under)


def test_tones_left_alone_are_the_very_same():
    rgb = np.random.default_rng(0).random((5, 6, 3), np.float32)
    assert np.array_equal(toned(rgb, Colour()), rgb)


def test_saturation():
    rgb = np.array([[[0.5, 0.25, 0.75]]])
    grey = 0.299 * 0.5 + 0.587 * 0.25 + 0.114 * 0.75
    assert toned(rgb, Colour(saturation=0)) == pytest.approx(np.full((1, 1, 3), grey))
    assert toned(rgb, Colour(saturation=1.5)) == pytest.approx(grey + 1.5 * (rgb - grey))


def test_contrast_is_around_the_mean():
    rgb = np.array([[[0.4, 0.4, 0.4], [0.6, 0.6, 0.6]]])
    assert toned(rgb, Colour(contrast=2)) == pytest.approx(np.array([[[0.3] * 3, [0.7] * 3]]))
    assert toned(rgb, Colour(contrast=0.5)) == pytest.approx(np.array([[[0.45] * 3, [0.55] * 3]]))


@pytest.mark.parametrize("levels", [2, 3, 5, 64])
def test_levels(levels):
    rgb = np.random.default_rng(0).random((40, 40, 3))
    few = toned(rgb, Colour(levels=levels))
    assert np.unique(few) == pytest.approx(np.linspace(0, 1, levels))
    assert np.abs(few - rgb).max() <= 0.5 / (levels - 1) + 1e-12


def test_tones_stay_colours():
    rgb = np.random.default_rng(0).random((9, 9, 3))
    strong = toned(rgb, Colour(saturation=4, contrast=4))
    assert strong.min() == 0 and strong.max() == 1


def test_targets_show_the_tones_of_the_style():
    picture = Picture(noise(50, 60))
    target = targets_of(picture, style_of(colour=Colour(saturation=0, levels=2)), [], 60)[1.0]
    assert set(np.unique(target.colours)) == {0, 1}
    assert np.array_equal(target.colours[0], target.colours[1])


# --- goals


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("edges", ["strict", "filter", "loose"])
def test_lattices_together_are_the_canvas(stride, edges):
    """Every pixel once, with stride² times the weight, for every region, and with what it costs to spill over."""
    rng = np.random.default_rng(0)
    alpha = rng.integers(0, 256, (33, 47), np.uint8)
    alpha[:, :9] = 0
    masks = np.stack([rng.integers(0, 256, (33, 47), np.uint8) * (np.arange(47) > 20 * k)[None] for k in range(3)])
    target = Targets(Picture(noise(33, 47), alpha), style_of(edges=edges), masks.astype(np.uint8))[47]
    whole, goal = target.goal(1), target.goal(stride)
    assert whole.colours.shape == (1, 3, 33, 47) and len(goal.lattices) == stride**2
    assert len({(each.row, each.column) for each in goal.lattices}) == stride**2
    assert (goal.height, goal.width, goal.scale) == (-(-33 // stride), -(-47 // stride), 47)
    for lattice, colours, tiles in zip(goal.lattices, goal.colours, goal.region_tiles, strict=True):
        assert np.array_equal(tiles.tile_of, goal.region_tiles[0].tile_of)
        assert np.array_equal(colours, lattice.of(whole.colours[0]))
        for k in range(3):
            planes = whole.region_tiles[0].only(k).planes(33, 47)
            for plane, own in zip(planes, tiles.only(k).planes(goal.height, goal.width), strict=True):
                assert own == pytest.approx(lattice.of(plane) * stride**2, rel=1e-5)
    assert any(own.spill.any() for own in goal.region_tiles) == (edges != "strict")


def test_turns_are_spread_and_always_the_same():
    assert [(each.row, each.column) for each in turns_of(2)] == [(0, 0), (1, 1), (0, 1), (1, 0)]
    for stride in (3, 7):
        places = [(each.row, each.column) for each in turns_of(stride)]
        assert places == [(each.row, each.column) for each in turns_of(stride)] != sorted(places)
