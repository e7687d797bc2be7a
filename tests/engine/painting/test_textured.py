"""Paintings in media with bristles: the same bits however they are rendered, strokes and not noise, true from afar."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import Stack
from impasto.engine.media import Textured, medium_of
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.refit import Refit, fitting_size, look_of, refitted
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.painting.textured import TexturedComposer
from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.raster.cpu.settling import lay
from impasto.engine.texture.numbers import Bristles
from impasto.engine.texture.rows import textures
from impasto.engine.texture.settings import MediumSettings

f4 = np.float32
GREY = (0.5, 0.5, 0.5, 1.0)
TEXTURED = ["oil", "filbert", "knife", "dry", "gouache", "pastel", "pointillist"]


def strokes_over(count=160, seed=1, colours=None):
    """Strokes that cover the whole canvas, in random directions and colours."""
    rng = np.random.default_rng(seed)
    start, turn = rng.random((count, 2)), rng.random((count, 1)) * 2 * np.pi
    along = np.concatenate([np.cos(turn), np.sin(turn)], 1) * 0.1
    table = np.zeros((count, 13), f4)
    table[:, 0:2], table[:, 4:6] = start - along, start + along
    table[:, 2:4] = start + rng.normal(0, 0.02, (count, 2))
    table[:, 6:8] = rng.uniform(0.03, 0.07, (count, 1))
    table[:, 8:10] = 1
    table[:, 10:13] = rng.random((count, 3)) if colours is None else colours
    return Strokes.of(table)


def painting_of(strokes, kind="oil", light=None, **more):
    style = {"medium": {"kind": kind}, "light": light or {}}
    values = {"width": 96, "height": 80, "seed": 1, "background": GREY, "softness": 0.01, "edge": 0.2, "style": style}
    return Painting(strokes=strokes, **(values | more))


def in_two_regions(painting, kinds=("oil", "oil"), edges="strict"):
    """A disc in front of the rest; strokes take turns."""
    y, x = np.mgrid[:80, :96]
    disc = np.where((y - 40) ** 2 + (x - 48) ** 2 < 24**2, 255, 0).astype(np.uint8)
    infos = [
        RegionInfo.model_validate(
            {"name": n, "edges": edges, "softness": 0.01, "edge": 0.2, "style": {"medium": {"kind": k}}}
        )
        for n, k in zip(("rest", "disc"), kinds, strict=True)
    ]
    strokes = painting.strokes
    return replace(
        painting, strokes=replace(strokes, region=(np.arange(len(strokes)) % 2).astype(strokes.region.dtype)),
        regions=RegionMasks(np.stack([255 - disc, disc]), tuple(infos)),
    )  # fmt: skip


@pytest.mark.parametrize("regions", [False, True])
def test_the_same_bits_for_any_threads_bands_and_strokes_alone(regions):
    painting = painting_of(strokes_over(), refit=None)
    if regions:
        painting = in_two_regions(painting)
    whole = TexturedComposer(painting, 80, 96, 1).band(0, 80, GREY, True)
    for bands in ([0, 32, 80], [0, 7, 33, 50, 80]):
        composer = TexturedComposer(painting, 80, 96, 2)
        parts = [composer.band(a, b, GREY, True) for a, b in pairwise(bands)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()
    # strokes below opaque ones that nobody sees do not matter; nor does what happens elsewhere
    assert not np.array_equal(whole, TexturedComposer(painting, 80, 96, 1, shown=False).band(0, 80, GREY, True))


@pytest.mark.parametrize("kind", TEXTURED)
def test_a_medium_keeps_the_mean_colour_and_has_texture(kind):
    """One grey at 512 pixels: neither lighter nor darker, and paint is rough."""
    painting = painting_of(strokes_over(400, colours=0.5), kind, width=512, height=512)
    shown = painting.render(size=512)[..., 0] / 255
    assert abs(shown.mean() - 0.5) < 0.01
    assert 0.01 < shown.std() < 0.08


def test_texture_lies_along_the_stroke():
    """Correlation is at least four times as long along as across; without ground, and also without light."""
    table = np.zeros((1, 13), f4)
    table[0] = [0.1, 0.5, 0.5, 0.5, 0.9, 0.5, 0.06, 0.06, 1, 1, 0.5, 0.5, 0.5]
    painting = painting_of(Strokes.of(table), light={"ground": "none"}, width=512, height=512)
    for light in (True, False):
        shown = painting.render(size=2048, light=light)[..., 1].astype(float)[960:1088, 480:1200]
        shown -= shown.mean()
        assert length(shown, 1) > 4 * length(shown, 0)


def length(plane, axis):
    """How far one must go along an axis until half of the correlation is gone, pixels."""
    size = plane.shape[axis]
    for lag in range(1, size // 2):
        a, b = np.take(plane, range(size - lag), axis), np.take(plane, range(lag, size), axis)
        if (a * b).mean() < 0.5 * (plane**2).mean():
            return lag
    return size // 2


@pytest.mark.parametrize(("by", "size"), [("regions", 96), ("passes", 200)])
def test_layers_add_up_to_the_picture(by, size):
    strokes = strokes_over()
    passes = np.repeat([0, 1], len(strokes) // 2) if by == "passes" else np.zeros(len(strokes))
    strokes = replace(strokes, pass_index=passes.astype(strokes.pass_index.dtype))
    painting = in_two_regions(painting_of(strokes, light={"gloss": 0.3}))
    stack = Stack(painting, None, size)
    for top, _, whole, parts in stack.bands():
        canvas = np.zeros_like(whole)
        for number, part in parts:
            lay(part, *stack.place(number, top), canvas, f4(1))
        off = np.abs(canvas.astype(int) - whole).max(2)
        assert (off <= 2).mean() > 0.999
        assert np.array_equal(whole, painting.render(None, size)[top : top + len(whole)])


def test_layers_without_light_are_the_colours_alone():
    painting = in_two_regions(painting_of(strokes_over(), light={"layers": "none"}))
    lit = in_two_regions(painting_of(strokes_over(), light={"layers": "own"}))
    plain, own = (Stack(p, 80, 96).planes() for p in (painting, lit))
    baked = Stack(in_two_regions(painting_of(strokes_over())), 80, 96).planes()
    assert not np.array_equal(plain[1], own[1]) and not np.array_equal(own[1], baked[1])
    assert np.abs(plain[0].astype(int) - [128, 128, 128, 255]).max() <= 4  # the ground, but for what layers round off


def test_flat_strokes_beside_oil_are_those_of_a_flat_painting():
    strokes = strokes_over()
    mixed = in_two_regions(painting_of(strokes, "flat", {"ground": "none"}), ("flat", "oil"))
    flat = in_two_regions(painting_of(strokes, "flat"), ("flat", "flat"))
    away = np.s_[:100, :100]  # where only the edges differ, which are halved in one of them
    a, b = mixed.render(640, 768)[away].astype(int), flat.render(640, 768)[away].astype(int)
    assert np.abs(a - b).mean() <= 1 and mixed.is_textured and not flat.is_textured


def test_relief_fades_with_the_mask():
    """No rim along the edge of a selection: what a mask cuts is lit less the less of it is seen."""
    strokes = strokes_over(colours=0.5)
    mask = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (80, 1))
    style = {"medium": {"kind": "oil", "variety": 0, "drag": 0}, "light": {"relief": 1.5}}
    cut, whole = (painting_of(strokes, mask=m, style=style).render(80, 96).astype(float) for m in (mask, None))
    near, far = cut[:, 8:24, 0], cut[:, 72:, 0]
    assert near.std() / whole[:, 8:24, 0].std() < 0.8 * far.std() / whole[:, 72:, 0].std()


def test_refitted_colours_bring_back_what_one_sees_from_afar(tmp_path):
    painting = painting_of(strokes_over(300), width=512, height=512)
    flat = replace(painting, style={}).render(size=64).astype(float)
    fitted = painting.fitted()
    assert fitted.refit is not None and fitted.fitted() is fitted
    bare = Refit(painting.strokes.table[:, 10:13].copy(), fitted.refit.carried, fitted.refit.look)

    def off(shown):
        small = Image.fromarray(shown.render(size=1024)[..., :3]).resize((64, 64), Image.Resampling.BOX)
        return np.abs(np.asarray(small, float) - flat[..., :3]).mean()

    assert off(fitted) < 0.9 * off(replace(painting, refit=bare))
    assert np.array_equal(painting.render(size=100), fitted.render(size=100))
    fitted.save(tmp_path / "it.impasto")
    again = Painting.load(tmp_path / "it.impasto")
    assert again.refit is not None and np.array_equal(again.refit.colours, fitted.refit.colours)
    assert np.array_equal(again.strokes.table, painting.strokes.table)  # what was optimised is kept as it is
    other = replace(again, style={"medium": {"kind": "knife"}})
    anew = other.fitted().refit
    assert anew is not None and anew.look == look_of(other) != again.refit.look


def test_refitted_colours_may_go_a_fifth_beyond_black_and_white():
    """Marks on them do."""
    strokes = strokes_over(300)
    table = strokes.table.copy()
    table[:, 10:13] = (np.arange(len(table)) % 2)[:, None]
    refit = painting_of(replace(strokes, table=table), width=256, height=256).fitted().refit
    assert refit is not None
    assert -0.2 <= refit.colours.min() < -0.05 and 1.05 < refit.colours.max() <= 1.2 + 1e-6


def test_given_colours_are_not_refitted():
    style = {"medium": {"kind": "oil"}, "colour": {"palette": ["#ff0000", "#000000"]}}
    painting = painting_of(strokes_over(20), style=style)
    assert painting.fitted() is painting and painting.refit is None


@pytest.mark.parametrize(
    "change",
    [
        {"colours": np.full((20, 3), 2, f4)}, {"colours": np.full((20, 3), np.nan, f4)},
        {"colours": np.zeros((19, 3), f4)}, {"carried": np.zeros((20, 8, 3), f4)}, {"look": np.zeros((2, 2), np.uint8)},
    ],
)  # fmt: skip
def test_bad_refitted_colours_are_refused(change):
    from impasto.engine.painting.archive import Refused, pack_arrays, unpack_arrays

    painting = painting_of(strokes_over(20)).fitted()
    assert painting.refit is not None
    arrays = unpack_arrays(painting.refit.packed(20), "refit.npz") | change
    with pytest.raises(Refused, match=r"refit\.npz"):
        Refit.unpacked(pack_arrays(arrays), 20)


def test_relief_of_flat_paint_is_refused_and_that_of_oil_is_a_map():
    with pytest.raises(ImpastoError, match="flat paint has no relief"):
        replace(painting_of(strokes_over(5)), style={}).relief_map(8, 8)
    found = painting_of(strokes_over()).relief_map(40, 48)
    assert found.dtype == np.uint16 and found.std() > 20


def test_a_broken_look_is_one_sentence():
    for section in ({"light": {"relief": 9}}, {"light": 5}, {"medium": {"kind": "oil", "body": "x"}}):
        painting = painting_of(strokes_over(5))
        with pytest.raises(ImpastoError, match="choose another look"):
            replace(painting, style=painting.style | section).render(8, 8)


def test_the_target_of_colours_may_be_given():
    painting = painting_of(strokes_over(300), width=512, height=512)
    target = np.ones((*fitting_size(painting), 4), f4)
    assert refitted(painting, target).colours.mean() > 0.75


def test_a_brush_drags_along_what_it_starts_on():
    """Red under the start of a white stroke goes along with it, less and less, over four radii."""
    table = np.zeros((2, 13), f4)
    table[0] = [0.1, 0.4, 0.2, 0.4, 0.3, 0.4, 0.12, 0.12, 1, 1, 1, 0, 0]
    table[1] = [0.2, 0.4, 0.5, 0.4, 0.9, 0.4, 0.05, 0.05, 1, 1, 1, 1, 1]
    strokes = Strokes.of(table)

    def redness(drag):
        style = {"medium": {"kind": "oil", "drag": drag, "dryness": 0}, "light": {"relief": 0, "gloss": 0}}
        shown = painting_of(strokes, style=style, width=512, height=512).render(size=1024, draft=True)[390:430]
        return (shown[..., 0].astype(float) - shown[..., 1])[:, 340:].mean(0)  # beyond the red stroke's end

    with_drag, without = redness(2), redness(0)
    gained = (with_drag - without) / 255
    assert gained[:20].mean() > 0.005 and abs(gained[150:300]).max() < 0.005


def test_pastel_leaves_the_papers_hollows_bare_however_many_strokes_cross_them():
    """White on black: two strokes that cross miss the same places, if it is the paper that decides."""
    curves = [[0.1, 0.4, 0.5, 0.4, 0.9, 0.4], [0.5, 0.0, 0.5, 0.4, 0.5, 0.8]]

    def shown(which, ground):
        table = np.zeros((len(which), 13), f4)
        table[:, :6] = [curves[k] for k in which]
        table[:, 6:8], table[:, 8:10], table[:, 10:] = 0.15, 1, 1
        strokes = Strokes.of(table, region=0, pass_index=0, first_id=which[0])
        style = {"medium": {"kind": "pastel", "dryness": 1.3}, "light": {"relief": 0, "ground": ground}}
        painting = painting_of(strokes, style=style, width=512, height=410, background=(0.0, 0.0, 0.0, 1.0))
        return painting.render(size=2048, draft=True)[740:900, 944:1104, 1] / 255

    for ground, alike, bare in (("tooth", (0.7, 1.0), (0.1, 0.5)), ("none", (-0.2, 0.2), (0.0, 0.01))):
        one, other, both = (shown(which, ground) for which in ([0], [1], [0, 1]))
        assert alike[0] < np.corrcoef(one.ravel(), other.ravel())[0, 1] < alike[1]
        assert bare[0] <= (both < 0.25).mean() < bare[1]


def bristles_of(kind: str, **settings: float) -> Bristles:
    medium = medium_of(kind, 0, 0.12, MediumSettings.model_validate({"kind": kind, **settings}))
    assert isinstance(medium, Textured)
    return medium.bristles


def test_dabs_differ_in_hue_and_hardly_in_lightness():
    strokes = strokes_over(400, colours=0.5)
    bristles = bristles_of("pointillist")
    lab = to_oklab(
        textures(strokes.table, strokes.id, np.full((400, 8, 3), 128, np.uint8), bristles, 512).table[:, 10:]
    )
    assert lab[:, 1:].std(0).min() > 2 * lab[:, 0].std() > 0
    assert abs(lab.mean(0) - to_oklab(np.full((1, 3), 0.5, f4))[0]).max() < 0.02
    none = bristles_of("pointillist", variety=0)
    same = textures(strokes.table, strokes.id, np.full((400, 8, 3), 128, np.uint8), none, 512).table[:, 10:]
    assert np.abs(same - 0.5).max() < 1e-3
