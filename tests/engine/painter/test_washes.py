"""Washes: exact numbers after thinning, light to dark, white paper, pigments; stopped, resumed and repainted."""

from dataclasses import replace

import numpy as np
import pytest
from quick_paintings import HEIGHT, WIDTH, paint, painted, phases_of, same, scene

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painter.budget import allot
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.repaint import Repainter
from impasto.engine.painter.simplifying import calmed, high_key, in_values
from impasto.engine.painter.washes import WashGroup
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.raster import render
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.styles import Style, changed_style, load_style
from impasto.engine.wash.kernels.mixing import amounts_of
from impasto.engine.wash.pigments import PIGMENTS, SETS, absorbances, listed

QUICK = {
    "name": "quick", "background": "#fbf9f1", "cover": False, "loss": "smooth_l1", "plateau": 0, "finish": 6,
    "passes": [
        {"radius": 0.15, "share": 1, "iterations": 12, "tone": 0.5, "caution": 4, "strength": 0.5, "calm": 0.04},
        {"radius": 0.06, "share": 2, "iterations": 14, "caution": 2, "spare": 0.5, "respawn": 0.3},
        {"radius": 0.03, "share": 3, "iterations": 14, "spare": 0.5, "respawn": 0.3, "aspect": 6},
    ],
    "shape": {"opacity": [0.22, 1.0], "edge": 0.3, "smallest": 0.002}, "medium": {"kind": "watercolour"},
}  # fmt: skip


def wash(**values) -> Style:
    return Style.model_validate(QUICK | values)


def flat(painting: Painting, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """What was fitted, (height, width, 3)."""
    edges = StrokeEdge(painting.softness, painting.edge, absorbs=True)
    return render(painting.strokes.table, height, width, background=painting.background, edges=edges)[..., :3]


@pytest.mark.parametrize("total", [5, 44, 131])
def test_what_remains_is_exactly_what_was_asked_for(total):
    """Some are placed beyond the number, so that the useless can go: of every pass and region as many as planned."""
    heard, last = paint(style=wash(), strokes=total)
    assert last.strokes == len(last.painting.strokes) == total
    added = sum(event.added for event in heard if isinstance(event, events.StrokesAdded))
    assert added > total or total < 20
    last.painting.strokes.validated()


def test_any_threads_give_the_same_strokes_and_colours():
    one, other = (painted(style=wash(), strokes=90, threads=threads) for threads in (1, 3))
    assert same(one, other) and one.refit is not None and other.refit is not None
    assert np.array_equal(one.refit.colours, other.refit.colours)
    assert np.array_equal(one.render(threads=1), other.render(threads=3))


def test_stopped_anywhere_it_becomes_the_painting_that_never_was(tmp_path):
    whole = paint(style=wash(), strokes=60)[-1].painting
    kept = [event.painting for event in paint(style=wash(), strokes=60, every={"checkpoint": 0.0})[0]
            if isinstance(event, events.Checkpointed)]  # fmt: skip
    assert len(kept) > 40 + 6
    for k in (0, 12, 18, 19, 20, 32, 33, 39, 45):  # among them right before and after some were taken away
        kept[k].save(tmp_path / f"{k}.impasto")
        *_, last = Painter.resume(Painting.load(tmp_path / f"{k}.impasto"), scene(), threads=1).paint()
        assert isinstance(last, events.Finished) and same(last.painting, whole)


def test_white_stays_white():
    y, x = np.mgrid[:96, :96] / 96
    rgb = np.full((96, 96, 3), 255, np.uint8)
    rgb[(x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.05] = (30, 60, 160)
    painting = painted(Picture(rgb), wash(), strokes=60)
    paper = np.array(painting.background[:3])
    light = (painting.render()[..., :3] / 255 / paper)[rgb.min(-1) > 247]
    assert light.mean() >= 0.93 and painting.render()[48, 48, 2] > painting.render()[48, 48, 0] + 50


def test_early_washes_take_the_light_side_alone():
    """What is too dark nothing makes light again: they go less far, and pay more for that than for too light."""
    style, picture = load_style("watercolour"), scene(96, 128)
    paper = np.array([0xFB, 0xF9, 0xF1]) / 255
    wanted = high_key((picture.rgb / 255).astype(np.float32), 1.0) * paper

    def away(**values: float) -> np.ndarray:
        one = [{"radius": 0.06, "share": 1, "iterations": 40, **values}]
        return flat(painted(picture, wash(passes=one, finish=0), strokes=60), 96, 128) - wanted

    free, careful, early = away(), away(caution=12.0), away(tone=0.4)
    too_dark = [np.maximum(-each, 0).mean() for each in (free, careful, early)]
    assert too_dark[1] < 0.6 * too_dark[0] and too_dark[2] < 0.6 * too_dark[0]
    assert early.mean() > free.mean() + 0.05
    assert style.passes[0].tone < 0.5 < style.passes[0].caution


def test_the_washes_that_go_again_are_those_that_harm_more_than_they_help():
    """Over white paper and grey one wash is of little use, one of much and one of some, but it darkens the paper."""
    rgb = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    rgb[:, WIDTH // 2 :] = 90
    table = np.zeros((3, 13), np.float32)
    table[:, (1, 3, 5)], table[:, 8:10] = (0.2, 0.4, 0.6), 0.62
    for row, x, radius, colour in ((0, 0.9, 0.04, 0.9), (1, 0.75, 0.05, 0.6), (2, 0.53, 0.12, 0.7)):
        table[row, (0, 2, 4)], table[row, 6:8], table[row, 10:13] = x, radius, colour
    for caution, left in ((1.0, [1, 2]), (12.0, [0, 1])):
        style = wash(passes=[{"radius": 0.15, "share": 1, "iterations": 20, "caution": caution, "spare": 0.5}])
        phase, finish = phases_of(style, 2)
        group = WashGroup(Picture(rgb), style, (0,), [phase, finish], threads=1)
        assert phase.spare == (1,) and phase.thins_at is not None
        strokes, _ = group.settled(Strokes.of(table), Moments.zeros(3), phase, phase.thins_at)
        assert strokes.id.tolist() == left


def test_colours_are_what_the_pigments_make():
    style = changed_style(wash(), ['medium.pigments=["raw sienna", "burnt sienna", {name="sky", colour="#3060c0"}]'])
    pigments = absorbances(listed(style.medium.pigments))
    absorbed = -np.log(painted(style=style, strokes=60).strokes.table[:, 10:13])
    mixed = amounts_of(absorbed, pigments) @ pigments
    assert np.abs(mixed - absorbed).max() < 0.05
    with_green = absorbances([PIGMENTS["viridian"]])
    assert np.abs(amounts_of(with_green, pigments) @ pigments - with_green).max() > 0.3  # which they cannot make


@pytest.mark.parametrize("name", SETS)
def test_amounts_are_those_of_an_exact_solver(name):
    from scipy.optimize import nnls

    pigments = absorbances(listed(name))
    wanted = np.random.default_rng(0).exponential(0.5, (30, 3)).astype(np.float32)
    for row, found in zip(wanted, amounts_of(wanted, pigments), strict=True):
        basis = np.vstack([pigments.T, np.full((1, len(pigments)), 0.06)])
        best = nnls(basis, np.append(row, 0))[0]
        assert (found >= 0).all() and np.abs(found @ pigments - best @ pigments).max() < 0.03


@pytest.mark.parametrize("scale", [1, 3.7])
def test_repainted_nothing_changes_beyond_four_pixels(scale):
    from scipy.ndimage import distance_transform_edt

    old = painted(style=wash(), strokes=90)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:30, 20:44] = 255
    *_, last = Repainter(old, scene(seed=2), mask, wash(name="again"), strokes=40, threads=1).paint()
    assert isinstance(last, events.Finished)
    size = round(HEIGHT * scale), round(WIDTH * scale)
    y, x = ((np.arange(n) / scale).astype(int) for n in size)
    far = np.asarray(distance_transform_edt(mask[y[:, None], x] == 0)) > 4
    before, after = old.render(*size), last.painting.render(*size)
    assert far.mean() > 0.3 and np.array_equal(before[far], after[far])
    assert (before != after).any(-1)[~far].mean() > 0.3
    kept = np.isin(last.painting.strokes.id, old.strokes.id)
    assert np.array_equal(last.painting.strokes.table[kept], old.strokes.table)


def test_refitted_it_is_as_dark_as_it_was_fitted():
    painting = painted(style=wash(), strokes=120)
    wanted = flat(painting, 192, 256).mean()
    bare = replace(painting, refit=None, style=painting.style | {"medium": {"kind": "watercolour", "rims": 0.0}})
    away = [abs(each.render(192, 256)[..., :3].mean() / 255 - wanted) for each in (painting, bare.fitted())]
    assert max(away) < 0.018
    assert painting.fitted() is painting and bare.fitted().refit is not None


def test_calm_areas_and_few_values_keep_their_edges():
    rng = np.random.default_rng(0)
    rgb = np.where(np.arange(64)[None, :, None] < 32, 0.2, 0.8) + rng.normal(0, 0.05, (48, 64, 3))
    calm = calmed(rgb.astype(np.float32), 3, 2)
    assert calm[:, :30].std() < 0.5 * rgb[:, :30].std() and calm[:, 30:32].mean() < 0.3 < 0.7 < calm[:, 32:34].mean()
    values = in_values(np.linspace(0.07, 1, 400, dtype=np.float32)[:, None], 4)
    assert len(np.unique(values.round(1))) >= 4 and (np.diff(values[:, 0]) >= 0).all()
    assert np.abs(np.diff(values[:, 0])).max() < 0.03  # softly


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"cover": True}, "covers nothing"),
        ({"background": "average"}, "white or #rrggbb"),
        ({"colour": {"palette": ["#000000", "#ffffff"]}}, "choose its pigments"),
        ({"medium": {"kind": "watercolour", "pigments": "mud"}}, "no set of pigments 'mud'"),
        ({"medium": {"kind": "watercolour", "pigments": ["mud"]}}, "no pigment 'mud'"),
        ({"medium": {"kind": "watercolour", "pigments": []}}, "nothing can be painted"),
        ({"medium": {"kind": "watercolour", "pigments": [{"name": "w", "colour": "#ffffff"}]}}, "all white"),
        ({"medium": {"kind": "watercolour", "wetness": 2.1}}, "less than or equal to 2"),
    ],
)
def test_what_cannot_be_painted_is_refused_in_a_sentence(values, says):
    from impasto.engine.styles import validate_style

    with pytest.raises(ImpastoError) as caught:
        validate_style(QUICK | values, "this style")
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_faces_among_regions_get_more_washes_than_strokes_that_cover():
    from quick_paintings import style_of

    from impasto.engine.segment.regions import Region, Regions

    masks = np.zeros((2, HEIGHT, WIDTH), np.float32)
    masks[1, 10:30, 20:44] = 1
    masks[0] = 1 - masks[1]
    regions = Regions(masks, (Region("rest", "rest"), Region("face", "thing")), "masks")
    shares = [allot(scene(), style, 200, regions).budgets[1] for style in (style_of(), wash())]
    assert shares[1] > 1.2 * shares[0]


def test_presets_are_sound():
    for name in ("watercolour", "ink", "watercolour-pen"):
        style = load_style(name)
        assert style.absorbs and not style.cover and style.loss.kind == "smooth_l1"
