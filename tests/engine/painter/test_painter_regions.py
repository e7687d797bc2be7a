"""Painting by regions: every stroke in its own, exact numbers, no gaps, and the same bits however it was painted."""

from dataclasses import fields

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.composer import Composer
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.segment import Region, Regions
from impasto.engine.styles import Style

HEIGHT, WIDTH = 60, 80
PASSES = [
    {"radius": 0.2, "share": 1, "iterations": 8, "canvas": 0.6},
    {"radius": 0.08, "share": 2, "iterations": 8, "respawn": 0.2},
]


def style_of(**values) -> Style:
    return Style.model_validate({"name": "quick", "passes": PASSES, "finish": 12, "plateau": 0} | values)


def scene() -> Picture:
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x)], -1)
    rgb[disc()] = [0.1, 0.15, 0.9]
    return Picture(np.round(255 * rgb.clip(0, 1)).astype(np.uint8))


def disc():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (x - 48) ** 2 + (y - 28) ** 2 < 15**2


def regions_of(names=("sky", "ground", "disc"), softness=1.5) -> Regions:
    """Two halves with a soft border, and a disc on them."""
    from scipy.ndimage import gaussian_filter

    upper = (np.mgrid[:HEIGHT, :WIDTH][0] < 30) & ~disc()
    masks = np.stack([upper, ~upper & ~disc(), disc()]).astype(np.float32)
    masks = np.stack([gaussian_filter(m, softness) if softness else m for m in masks])
    return Regions.shared_out(masks, [Region(name) for name in names])


def finished(painter, cancelled=lambda: False) -> events.Finished:
    *_, last = painter.paint(cancelled)
    assert isinstance(last, events.Finished)
    return last


def paint(style=None, strokes=120, regions=None, **options) -> Painting:
    painter = Painter(scene(), style or style_of(), strokes=strokes, regions=regions or regions_of(), **options)
    last = finished(painter)
    assert last.strokes == len(last.painting.strokes) == strokes
    return last.painting


def same(one: Painting, other: Painting):
    return all(np.array_equal(getattr(one.strokes, f.name), getattr(other.strokes, f.name)) for f in fields(Strokes))


def stray_share(painting):
    """The share of all strokes' paint that lies where their region is not."""
    regions = painting.regions
    assert isinstance(regions, RegionMasks)
    stray = paint = 0.0
    for k, area in enumerate(regions.infos):
        raster = CpuRaster(*regions.masks.shape[1:], edges=StrokeEdge(area.softness, area.edge))
        outside = (regions.masks[k] == 0).astype(np.float32)
        s, p = raster.strays(painting.strokes.table[painting.strokes.region == k], outside)
        stray, paint = stray + s.sum(), paint + p.sum()
    return stray / paint


# --- the result


@pytest.mark.parametrize("edges", ["strict", "filter", "loose"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_seed_gives_the_same_bits_and_strokes_lie_back_to_front(edges, threads):
    one, other = (paint(style_of(edges=edges), threads=n) for n in (2, threads))
    assert same(one, other)
    strokes = one.strokes
    assert (np.diff(strokes.region) >= 0).all() and len(np.unique(strokes.id)) == 120
    for region in range(3):
        assert (np.diff(strokes.pass_index[strokes.region == region]) >= 0).all() or edges == "filter"


def test_nothing_is_left_bare_and_nothing_glows():
    """Soft borders, where two paintings meet, are as right as the rest, and covered."""
    painting = paint(style_of(background="transparent"), strokes=200, regions=regions_of(softness=0.7))
    pixels = painting.render()
    masks = np.stack([m / 255 for m in painting.regions.masks])  # pyright: ignore
    border = masks.max(0) < 0.9
    plain = finished(Painter(scene(), style_of(), strokes=200)).painting.render()
    error, usual = (np.abs(p[border, :3].astype(float) - scene().rgb[border]).mean() for p in (pixels, plain))
    assert border.mean() > 0.02
    assert error < 2.2 * usual  # measured 1.95: each side paints its own half of the mix
    alpha = pixels[..., 3].astype(float)
    assert alpha.min() > 180 and alpha[border].mean() > alpha[~border].mean() - 2.5  # measured 2.1


def test_strict_paint_is_cut_and_filtered_paint_stays_inside():
    strict, filtered, loose = (paint(style_of(edges=e), strokes=200) for e in ("strict", "filter", "loose"))
    composer = Composer(strict, HEIGHT, WIDTH)
    for k, share in enumerate(composer.shares(0, HEIGHT)):
        assert share is not None
        paint_of = composer.paint(k, None, 0, HEIGHT)
        seen = np.zeros((HEIGHT, WIDTH))
        seen[share.top : share.bottom, share.left : share.right] = paint_of.pixels[..., 3] * share.pixels
        assert not seen[strict.regions.masks[k] == 0].any()  # pyright: ignore
    assert stray_share(filtered) < 0.02 < stray_share(loose)


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (3 * HEIGHT, 3 * WIDTH), (33, 44)])
def test_regions_are_composed_at_a_blow_as_one_by_one(size, monkeypatch):
    painting = paint(strokes=150)
    at_a_blow = painting.render(*size)
    asked = []
    monkeypatch.setattr(Composer, "_can_compose", property(lambda self: bool(asked.append(self))))
    one_by_one = painting.render(*size)
    assert asked and np.abs(at_a_blow.astype(int) - one_by_one).max() <= 1 and (at_a_blow != one_by_one).mean() < 1e-3


def test_regions_that_are_not_alike_are_composed_one_by_one():
    """They are rendered as well; only the way there is another one."""
    fine = style_of(name="fine", shape={"softness": 0.003})
    for painting in (paint(style_of(edges="filter")), paint(region_settings={"disc": RegionSettings(style=fine)})):
        assert not Composer(painting, HEIGHT, WIDTH)._can_compose
        assert painting.render().std() > 20
    assert Composer(paint(), HEIGHT, WIDTH)._can_compose
    assert not Composer(paint(), HEIGHT, WIDTH, device="cuda")._can_compose


def test_the_whole_is_every_region_in_proportion_to_its_mask():
    """Σ masks · paint of each region alone, where each covers what is its own."""
    painting = paint(strokes=200)
    composer, whole = Composer(painting, HEIGHT, WIDTH), np.zeros((HEIGHT, WIDTH, 3))
    covered = np.ones((HEIGHT, WIDTH), bool)
    for k, mask in enumerate(painting.regions.masks):  # pyright: ignore
        crop = composer.paint(k, None, 0, HEIGHT)
        window = (slice(crop.top, crop.bottom), slice(crop.left, crop.right))
        whole[window] += crop.pixels[..., :3] * (mask[window] / 255)[..., None]
        covered[window] &= (crop.pixels[..., 3] > 0.998) | (mask[window] == 0)
    soft = painting.regions.masks.max(0) < 230  # pyright: ignore
    assert covered.mean() > 0.5 and (covered & soft).sum() > 50
    assert np.abs(whole * 255 - painting.render()[..., :3])[covered].max() < 1.6


def test_budgets_styles_and_details_are_heard():
    rough = style_of(name="rough", shape={"aspect": 8})
    region_settings = {"sky": RegionSettings(strokes=11), "disc": RegionSettings(style=rough, detail=3)}
    painting, usual = paint(region_settings=region_settings), paint()
    counts, usually = (np.bincount(p.strokes.region, minlength=3) for p in (painting, usual))
    assert counts[0] == 11 and counts[2] > usually[2]
    assert painting.regions is not None
    assert [a.style.get("name") for a in painting.regions.infos] == [None, None, "rough"]
    assert painting.regions.names == ("sky", "ground", "disc")


def test_a_region_without_strokes_stays_bare():
    painting = paint(style_of(background="transparent"), region_settings={"disc": RegionSettings(strokes=0)})
    pixels = painting.render()
    assert not (painting.strokes.region == 2).any()
    masks = painting.regions.masks  # pyright: ignore
    assert not pixels[masks[2] == 255, 3].any() and pixels[masks[0] == 255, 3].min() > 128


@pytest.mark.parametrize("count", [1, 60])
def test_one_region_and_sixty(count):
    cells = (np.arange(WIDTH)[None] * 10 // WIDTH) + 10 * (np.arange(HEIGHT)[:, None] * 6 // HEIGHT)
    labels = cells if count == 60 else np.zeros((HEIGHT, WIDTH), int)
    regions = Regions.from_labels(labels, [Region(f"r{k}") for k in range(count)])
    painting = paint(regions=regions, strokes=130)
    assert len(np.unique(painting.strokes.region)) == count
    with pytest.raises(ImpastoError, match="ask for"):
        Painter(scene(), style_of(), strokes=count - 1 or 1_000_001, regions=regions)


def test_masks_of_any_size_are_spread_over_the_canvas():
    small = regions_of(softness=0).resampled(HEIGHT // 2, WIDTH // 2)
    painting = paint(regions=small, strokes=100)
    assert painting.regions is not None and painting.regions.masks.shape == (3, HEIGHT // 2, WIDTH // 2)
    assert painting.render(HEIGHT * 2).shape == (HEIGHT * 2, WIDTH * 2, 4)


def test_a_region_under_what_is_transparent_gets_no_strokes():
    picture = scene()
    alpha = np.where(disc(), 0, 255).astype(np.uint8)
    painter = Painter(Picture(picture.rgb, alpha), style_of(), strokes=90, regions=regions_of(softness=0))
    painting = finished(painter).painting
    assert len(painting.strokes) == 90 and not (painting.strokes.region == 2).any()
    assert not painting.render()[disc(), 3].any()


# --- a file, a stop, and what was said


def test_a_painting_by_regions_comes_back_from_its_file(tmp_path):
    painting = paint(style_of(edges="filter"), region_settings={"disc": RegionSettings(style=style_of(name="other"))})
    painting.save(tmp_path / "kept.impasto")
    found = Painting.load(tmp_path / "kept.impasto")
    assert same(found, painting) and found.regions is not None and painting.regions is not None
    assert found.regions.infos == painting.regions.infos
    assert np.array_equal(found.regions.masks, painting.regions.masks)
    assert np.array_equal(found.render(50), painting.render(50))


OTHER = style_of(name="other", edges="filter", attention={"mode": "selective", "patches": 3})


@pytest.mark.parametrize("asked", [0, 3, 17, 29, 33, 40, 52, 61])
@pytest.mark.parametrize("edges", ["strict", "filter"])
def test_stopped_anywhere_and_gone_on_with_it_is_the_same(asked, edges, tmp_path):
    def begun():
        options = {"region_settings": {"ground": RegionSettings(style=OTHER)}, "threads": 1, "seed": 5}
        return Painter(scene(), style_of(edges=edges), strokes=120, regions=regions_of(), **options)

    left = iter(range(asked))
    last = finished(begun(), lambda: next(left, None) is None)
    assert last.cancelled
    last.painting.save(tmp_path / "half.impasto")
    half = Painting.load(tmp_path / "half.impasto")
    last = finished(Painter.resume(half, scene()))
    assert not last.cancelled and same(last.painting, finished(begun()).painting)


def test_a_checkpoint_of_other_regions_is_refused():
    from dataclasses import replace

    painter = Painter(scene(), style_of(), strokes=120, regions=regions_of())
    left = iter(range(30))
    half = finished(painter, lambda: next(left, None) is None).painting
    assert half.checkpoint is not None and half.regions is not None
    state = half.checkpoint.state
    for budgets in ([120], [0, 0, 120], [40, 40, 41], [-1, 61, 60], "abc", None):
        damaged = replace(half, checkpoint=replace(half.checkpoint, state=state | {"budgets": budgets}))
        with pytest.raises(ImpastoError, match=r"damaged|another picture"):
            Painter.resume(damaged, scene())
    turned = RegionMasks(half.regions.masks[::-1].copy(), half.regions.infos)
    with pytest.raises(ImpastoError, match="another picture"):
        Painter.resume(replace(half, regions=turned), scene())
    with pytest.raises(ImpastoError, match=r"damaged|another picture"):
        Painter.resume(replace(half, regions=None), scene())


def test_events_name_the_regions():
    region_settings = {"disc": RegionSettings(style=style_of(name="other"))}
    heard = list(
        Painter(scene(), style_of(), strokes=60, regions=regions_of(), region_settings=region_settings).paint()
    )
    started = next(e for e in heard if isinstance(e, events.Started))
    assert started.regions == ("sky", "ground", "disc")
    passes = [e for e in heard if isinstance(e, events.PassStarted)]
    assert [p.regions for p in passes] == [("sky", "ground")] * 3 + [("disc",)] * 3
    assert [p.index for p in passes] == list(range(1, 7)) and {p.of for p in passes} == {6}
    progress = [e.fraction for e in heard if isinstance(e, events.Progress)]
    assert progress == sorted(progress) and progress[-1] == pytest.approx(1)


# --- files that are not what they should be


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"masks": None}, "regions.npz"),
        ({"masks": np.full((3, 4, 4), 255, np.uint8)}, "sum to 255"),
        ({"masks": np.full((2, 4, 4), 127, np.uint8)}, "a mask and a name"),
        ({"masks": np.full((3, 4, 4), 85.0)}, "uint8"),
        ({"names": ["a", "a", "b"]}, "a name of its own"),
        ({"names": ["a", "b:c", "d"]}, "regions"),
        ({"names": ["a", "b"]}, "a region that is not there"),
    ],
    ids=lambda v: str(v)[:20],
)
def test_damaged_regions_are_refused(change, reason, tmp_path):
    import json
    import zipfile

    from impasto.engine.painting.archive import pack_arrays

    paint().save(tmp_path / "whole.impasto")
    with zipfile.ZipFile(tmp_path / "whole.impasto") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if "masks" in change:
        members.pop("regions.npz")
        if change["masks"] is not None:
            members["regions.npz"] = pack_arrays({"masks": change["masks"]})
    else:
        recipe = json.loads(members["recipe.json"])
        recipe["regions"] = [r | {"name": n} for r, n in zip(recipe["regions"], change["names"], strict=False)]
        members["recipe.json"] = json.dumps(recipe).encode()
    with zipfile.ZipFile(tmp_path / "bad.impasto", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ImpastoError, match=reason):
        Painting.load(tmp_path / "bad.impasto")


def test_each_region_has_attention_of_its_own():
    """The worst patch of a quiet region is attended to, though another region is worse all over."""
    rgb = np.full((64, 128, 3), 128, np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (64, 128, 3))
    rgb[:, 64:] = noise[:, 64:]
    rgb[40:60, 8:28] = np.where((np.mgrid[:20, :20].sum(0) // 4 % 2)[..., None], 90, 170)
    labels = (np.arange(128) >= 64).astype(int)[None].repeat(64, 0)
    regions = Regions.from_labels(labels, [Region("quiet"), Region("loud")])
    region_settings = {"quiet": RegionSettings(strokes=60)}
    passes = [{"radius": 0.3, "share": 2, "iterations": 60}, {"radius": 0.06, "share": 1, "iterations": 2}]
    found = {}
    for mode in ("selective", "uniform"):
        watch = {"mode": mode, "patches": 1, "focus": 0.2}
        style = style_of(attention=watch, learning={"position": 0}, passes=passes)
        painting = finished(
            Painter(Picture(rgb), style, strokes=200, regions=regions, region_settings=region_settings)
        ).painting
        late = painting.strokes.take((painting.strokes.region == 0) & (painting.strokes.pass_index == 1)).table
        middle = (late[:, 0:2] + 2 * late[:, 2:4] + late[:, 4:6]) / 4 * 128
        found[mode] = ((middle >= [0, 28]) & (middle <= [52, 64])).all(1).mean()
    assert found["selective"] > 0.9 > 0.8 > found["uniform"]
