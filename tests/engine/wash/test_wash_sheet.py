"""What absorbing strokes look like: the same marks at every size, whatever the threads, rows and strokes asked."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from washed_paintings import PAPER, in_halves, painted

from impasto.engine.painting.absorbing import AbsorbingComposer
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.wash import noise

KINDS = ("watercolour", "ink", "pen", "pencil", "charcoal")


def disc(radius=0.2, colour=(0.3, 0.4, 0.8), **medium):
    table = [[0.499, 0.5, 0.5, 0.5, 0.501, 0.5, radius, radius, 0.6, 0.6, *colour]]
    style = {"medium": {"kind": "watercolour", **medium}, "passes": [{"radius": 0.09}]}
    return Painting(Strokes.of(table), 100, 100, style, 3, PAPER, 0.0015, 0.3)


def halved(pixels, times):
    h, w = pixels.shape[0] // times, pixels.shape[1] // times
    return pixels[: h * times, : w * times].reshape(h, times, w, times, -1).mean((1, 3))


@pytest.mark.parametrize("kind", [*KINDS, "regions"])
def test_the_same_bits_whatever_the_threads_and_the_rows(kind):
    painting = in_halves() if kind == "regions" else painted(kind, border=0.03, spatter=20)
    whole = AbsorbingComposer(painting, 186, 256, 1).absorbance(0, 372)
    other = AbsorbingComposer(painting, 186, 256, 3)
    cuts = (0, 7, 64, 65, 200, 372)
    assert whole.max() > 0.3
    assert (np.concatenate([other.absorbance(a, b) for a, b in pairwise(cuts)]) == whole).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_picture_is_the_large_one_seen_from_afar(kind):
    painting = painted(kind, count=100).fitted()
    small, large = (painting.render(size=size)[..., :3] / 255 for size in (512, 2048))
    apart = np.abs(halved(large, 4) - small)
    assert apart.mean() < 0.02
    assert abs((halved(large, 4) - small).mean()) < 0.004


def test_passes_and_regions_add_up_to_the_picture():
    painting = in_halves()
    composer = AbsorbingComposer(painting, 92, 128, 2)
    whole = composer.absorbance(0, 184)
    passes = painting.strokes.pass_index
    parts = [(passes == p) & (painting.strokes.region == r) for p in np.unique(passes) for r in (0, 1)]
    total = sum(composer.absorbance(0, 184, part) for part in parts if part.any())
    assert np.allclose(total, whole, atol=1e-4)
    assert np.abs(whole - AbsorbingComposer(painted(), 92, 128).absorbance(0, 184)).max() > 0.1  # they are cut


def test_nothing_is_missing_and_nothing_twice_where_regions_meet():
    halves = in_halves()
    table = np.tile([0.4, 0.5, 0.5, 0.4, 0.6, 0.5, 1.5, 1.5, 0.5, 0.5, 0.3, 0.4, 0.5], (2, 1))
    hard = (np.add.outer(np.arange(46) % 7, np.arange(64)) > 33).astype(np.uint8) * 255
    assert halves.regions is not None
    regions = replace(halves.regions, masks=np.stack([255 - hard, hard]))
    calm = {"medium": {"kind": "watercolour", "granulation": 0, "rims": 0, "wetness": 0}}
    both = replace(halves, strokes=Strokes.of(table, [0, 1]), regions=regions, style=calm)
    absorbed = AbsorbingComposer(both, 1472, 2048).absorbance(700, 800)[..., 0]
    assert absorbed.min() > 0.6 * absorbed.mean() and absorbed.max() < 1.5 * absorbed.mean()  # mottled, no more


def test_regions_that_are_not_strict_are_not_cut():
    loose = AbsorbingComposer(in_halves(edges="loose"), 92, 128)
    left = loose.painting.strokes.region == 0
    beyond = loose.absorbance(0, 184, left)[:, 200:]
    strict = AbsorbingComposer(in_halves(), 92, 128).absorbance(0, 184, left)[:, 200:]
    assert beyond.max() > 0.1 and strict.max() == 0


def test_flat_is_what_the_rasteriser_makes_of_it():
    from impasto.engine import raster
    from impasto.engine.raster.edges import StrokeEdge

    painting = painted()
    found = AbsorbingComposer(painting, 92, 128, flat=True).band(0, 92, PAPER, False)
    edges = StrokeEdge(painting.softness, painting.edge, absorbs=True)
    wanted = raster.render(painting.strokes.table, 92, 128, background=PAPER, edges=edges)
    assert np.abs(found - wanted).max() < 2e-3


def test_a_disc_dries_with_a_dark_rim_and_granulates_without_a_seam():
    pixels = disc().render(size=1536)[..., :3] / 255
    grey = pixels.mean(2)
    y, x = np.mgrid[:1536, :1536]
    away = np.hypot(x - 768, y - 768)
    here = gaussian_filter(pixels[..., 0].astype(np.float32), 2.0) < 0.85
    rim, inside = grey[eroded(here, 2) & ~eroded(here, 5)], grey[eroded(here, 60)]
    assert np.median(inside) - np.median(rim) >= 0.01
    around = np.sqrt(np.maximum(box(grey * grey) - box(grey) ** 2, 0))
    assert np.median(around[away < 200]) >= 0.006
    plain = disc(granulation=0.0, rims=0.0).render(size=1536, light=False)[..., :3] / 255.0
    middle = plain[600:936, 600:936].mean(2)
    steps = np.abs(np.diff(middle, axis=1)).mean(0), np.abs(np.diff(middle, axis=0)).mean(1)
    assert all(step.max() < 5 * np.median(step) + 1e-3 for step in steps)  # no column and no row stands out


def eroded(here, times):
    for _ in range(times):
        here = here & np.roll(here, 1, 0) & np.roll(here, -1, 0) & np.roll(here, 1, 1) & np.roll(here, -1, 1)
    return here


def box(plane, n=7):
    sums = np.cumsum(np.cumsum(np.pad(plane, ((n // 2 + 1, n // 2), (n // 2 + 1, n // 2))), 0), 1)
    return (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / n**2


def test_where_nobody_painted_the_paper_is_white_and_lit_by_relief_alone():
    pixels = disc(radius=0.05).render(size=512) / 255
    corner = pixels[:100, :100, :3]
    assert np.abs(corner.mean((0, 1)) - PAPER[:3]).max() < 0.01 and corner.std() > 0.002
    still = disc(radius=0.05).render(size=512, light=False)[:100, :100]
    assert (still == still[0, 0]).all()


@pytest.mark.parametrize("setting", ["wetness", "rims", "granulation", "border", "dryness", "spatter"])
def test_each_setting_is_seen(setting):
    value = {"border": 0.05, "spatter": 60}.get(setting, 0.0)
    usual, other = (painted(**wish).render(size=256) / 255 for wish in ({}, {setting: value}))
    assert np.abs(usual - other).mean() > 5e-5


def test_a_bare_margin_and_lines_that_stop_before_it():
    for kind in ("watercolour", "pen"):
        painting = painted(kind, count=300, border=0.1)
        if kind == "pen":
            painting = replace(painting, strokes=painting.strokes.take(painting.strokes.pass_index == 4))
        pixels = painting.render(size=512, light=False)[..., :3].astype(int)
        frame = np.concatenate([pixels[:10].reshape(-1, 3), pixels[:, :10].reshape(-1, 3)])
        paper = np.round(np.array(PAPER[:3]) * 255)
        assert (np.abs(frame - paper).max(1) > 3).mean() < (0 if kind == "watercolour" else 0.02) + 1e-9
        assert (np.abs(pixels[100:250, 100:400] - paper).max(2) > 20).mean() > 0.002


def test_other_pigments_show_another_picture():
    sepia = painted(pigments="sepia").render(size=128)[..., :3].astype(int)
    own = [{"name": "blue", "colour": "#2040c0", "granulation": 0.5}]
    blue = painted(pigments=own).render(size=128)[..., :3].astype(int)
    assert (sepia[..., 0] >= sepia[..., 2] - 12).mean() > 0.95 and (blue[..., 2] >= blue[..., 0] - 12).mean() > 0.95


def test_a_clear_ground_looks_over_white_as_white_paper_does():
    painting = painted().fitted()
    clear = AbsorbingComposer(painting, 92, 128).band(0, 92, (1.0, 1.0, 1.0, 0.0), False)
    white = painting.render(92, 128, light=False, background=(1.0, 1.0, 1.0, 1.0))[..., :3] / 255
    assert np.abs(clear[..., :3] + 1 - clear[..., 3:] - white).max() < 0.51 / 255 + 1e-6
    assert (clear[..., :3] <= clear[..., 3:] + 1e-6).all() and clear.min() >= 0


def test_noises_wrap_around_and_are_as_wide_as_they_say():
    for table in (noise.plain(), noise.rough()):
        assert abs(table.mean()) < 0.01 and abs(table.std() - 1) < 0.02
        seam = np.abs(table[:, 0] - table[:, -1]).mean()
        assert seam < 1.3 * np.abs(np.diff(table, axis=1)).mean()
    heights, lost = noise.paper(0)
    assert lost == 0 and abs((heights < 0.3).mean() - 0.3) < 0.01
    blurred, lost = noise.paper(6)
    assert abs(heights.var() - blurred.var() - lost**2) < 1e-3 and abs(blurred.mean() - 0.5) < 0.01


def test_no_strokes_at_all():
    bare = Painting(Strokes.empty(), 8, 5, {"medium": {"kind": "watercolour"}}, 0, PAPER, 0.01, 0.0)
    assert bare.absorbs and (bare.render(5, 8, light=False) == [251, 249, 241, 255]).all()
