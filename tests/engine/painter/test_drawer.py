"""Drawings: lines that are traced and stay; beside washes, by pass and by region; stopped, resumed, repainted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_paintings import After, assert_same
from quick_paintings import painted, scene, style_of
from quick_paintings import same as same_strokes

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.beginning import begin, resume
from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.drawer import Drawer
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.regions import Region, Regions
from impasto.engine.styles import Style, load_style, validate_style

HATCHING = {"what": "hatching", "spacing": 0.02, "below": 0.6}
PEN_PASSES = [
    {"radius": 0.002, "share": 2, "trace": HATCHING},
    {"radius": 0.003, "share": 1, "trace": {"what": "contours", "length": 0.4, "spacing": 0.01}},
]
WASH_PASSES = [
    {"radius": 0.1, "share": 1, "iterations": 5, "tone": 0.6, "caution": 3},
    {"radius": 0.04, "share": 3, "iterations": 6},
]


def on_paper(kind: str, passes: list[dict[str, Any]], **values: Any) -> Style:
    usual = {"name": kind, "passes": passes, "finish": 4, "background": "white", "cover": False, "plateau": 0}
    return Style.model_validate({**usual, "medium": {"kind": kind}, **values})


PEN = on_paper("pen", PEN_PASSES)
WASH = on_paper("watercolour", WASH_PASSES, strokes=30)
BOTH = on_paper(
    "watercolour", WASH_PASSES + [{**each, "medium": "pen", "share": 8} for each in PEN_PASSES], strokes=200
)
ASKED: dict[str, Any] = {"threads": 1, "working_size": 256}


def told(picture=None, style=PEN, cancelled=lambda: False, **options: Any):
    """All events but the last, and the last: Finished."""
    *heard, last = begin(picture or scene(), style, **ASKED, **options).paint(cancelled)
    assert isinstance(last, events.Finished)
    return heard, last


def ended(painter) -> events.Finished:
    *_, last = painter.paint()
    assert isinstance(last, events.Finished)
    return last


def of(heard, kind):
    return [event for event in heard if isinstance(event, kind)]


def halves() -> Regions:
    masks = np.zeros((2, 48, 64), np.float32)
    masks[0, :, :32], masks[1, :, 32:] = 1, 1
    return Regions.shared_out(masks, [Region("left", "stuff", 1.0), Region("right", "thing", 1.0)], "given")


@pytest.fixture(scope="module")
def whole() -> Painting:
    """Drawn without a stop and without a limit."""
    return told()[1].painting


def test_a_drawing_is_told_as_it_grows(whole):
    heard, last = told(every={"preview": 0.0, "checkpoint": 0.0, "progress": 0.0})
    kinds = [event.kind for event in heard]
    assert kinds.index("started") < kinds.index("strokes") < kinds.index("preview")
    counts = [event.total for event in of(heard, events.StrokesAdded)]
    assert counts == sorted(counts) and counts[-1] == last.strokes == len(whole.strokes)
    fractions = [event.fraction for event in of(heard, events.Progress)]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    light = [event.pixels[..., :3].mean() for event in of(heard, events.Preview)]
    assert len(light) == 2 and light[1] < light[0] < 255
    assert [event.strokes for event in of(heard, events.PassStarted)] == counts
    assert not last.cancelled and last.painting.checkpoint is None
    assert last.as_json()["loss"] is None
    assert_same(last.painting, whole)


def test_a_drawing_is_kept_like_any_painting(whole, tmp_path):
    whole.save(tmp_path / "a.impasto")
    kept = Painting.load(tmp_path / "a.impasto")
    assert same_strokes(kept, whole)
    assert np.array_equal(kept.render(96, 128), whole.render(96, 128))
    strokes = whole.strokes.validated()
    assert set(strokes.pass_index) == {0, 1}
    assert np.allclose(strokes.table[:, 10:], (0.10, 0.095, 0.115))


def test_a_limit_keeps_what_matters_most(whole):
    heard, last = told(strokes=40)
    assert 30 < last.strokes <= 40 == begin(scene(), PEN, strokes=40, **ASKED).total
    everything = {row.tobytes() for row in whole.strokes.table}
    assert {row.tobytes() for row in last.painting.strokes.table} < everything
    outlines = (last.painting.strokes.pass_index == 1).mean()
    assert outlines > 1.2 * (whole.strokes.pass_index == 1).mean()
    assert sum(event.added for event in of(heard, events.StrokesAdded)) == last.strokes
    assert told(strokes=1)[1].strokes <= 1


@pytest.mark.parametrize("limit", [None, 40])
def test_a_drawing_that_was_stopped_begins_again_and_ends_the_same(limit, tmp_path):
    expected = told(strokes=limit)[1].painting
    half = told(cancelled=After(1), strokes=limit)[1]
    assert half.cancelled and half.strokes < len(expected.strokes)
    half.painting.save(tmp_path / "half.impasto")
    begun = Painting.load(tmp_path / "half.impasto")
    *heard, last = Order.resuming(begun, scene(), threads=1).painter().paint()
    assert of(heard, events.Started)[0].resumed
    assert isinstance(last, events.Finished)
    assert_same(last.painting, expected)
    with pytest.raises(ImpastoError, match="another picture"):
        Order.resuming(begun, scene(seed=1)).painter()
    with pytest.raises(ImpastoError, match="finished"):
        Drawer.resume(expected, scene())


def test_lines_beside_washes_add_up_and_never_move():
    heard, last = told(style=BOTH, strokes=200, every={"preview": 0.0, "checkpoint": 0.0})
    strokes = last.painting.strokes
    lines = strokes.pass_index >= 2
    assert last.strokes == len(strokes) == 200 and 20 < lines.sum() <= 160
    assert len(np.unique(strokes.id)) == 200
    assert of(heard, events.Started)[0].strokes == 200
    for checkpoint in of(heard, events.Checkpointed):
        there = checkpoint.painting.strokes
        assert np.array_equal(there.table[there.pass_index >= 2], strokes.table[lines])
    dark = [event.pixels[..., :3].min() for event in of(heard, events.Preview)]
    assert max(dark) < 90  # ink is there from the first one on


def test_lines_beside_washes_are_there_when_these_go_on(tmp_path):
    heard, last = told(style=BOTH, strokes=200, every={"checkpoint": 0.0})
    for number, checkpoint in enumerate(of(heard, events.Checkpointed)[::5]):
        checkpoint.painting.save(tmp_path / f"{number}.impasto")
        begun = resume(Painting.load(tmp_path / f"{number}.impasto"), scene(), threads=1)
        assert begun.total == 200
        assert_same(ended(begun).painting, last.painting)


def test_washes_get_what_lines_leave_of_a_number():
    passes = WASH_PASSES + [{**each, "medium": "pen", "share": 80} for each in PEN_PASSES]
    last = told(style=on_paper("watercolour", passes), strokes=900)[1]
    assert last.strokes == len(last.painting.strokes) == 900
    assert 500 < (last.painting.strokes.pass_index >= 2).sum() < 860  # of 876 that might be lines


def test_without_a_number_washes_have_their_own_and_lines_what_the_picture_asks_for():
    last = told(style=BOTH)[1]
    lines = int((last.painting.strokes.pass_index >= 2).sum())
    assert last.strokes - lines == 40  # a fifth of the style's 200
    assert abs(lines / len(told(style=PEN)[1].painting.strokes) - 1) < 0.1  # other accidents of the hand


def test_a_region_drawn_with_the_pen_in_a_watercolour():
    last = told(style=WASH, strokes=300, regions=halves(), region_settings={"right": RegionSettings(PEN)})[1]
    strokes = last.painting.strokes
    own = strokes.region == 1
    assert last.strokes == 300 and 0 < own.sum() < 300
    assert strokes.table[own, 0].min() > 0.5 - 0.01 and strokes.region.tolist() == sorted(strokes.region)
    assert last.painting.regions is not None and last.painting.regions.infos[1].style["name"] == "pen"
    free = told(style=WASH, regions=halves(), region_settings={"right": RegionSettings(PEN)})[1].painting.strokes
    assert (free.region == 0).sum() <= 30


def test_others_get_what_a_drawn_region_leaves_of_a_number():
    rgb = scene().rgb.copy()
    rgb[:, 32:] = 255
    settings = {"right": RegionSettings(PEN)}
    last = told(Picture(rgb), WASH, strokes=60, regions=halves(), region_settings=settings)[1]
    assert last.strokes == 60 and (last.painting.strokes.region == 0).sum() > 50


def test_all_regions_drawn_each_within_its_own():
    last = told(regions=halves(), region_settings={"left": RegionSettings(strokes=25)})[1]
    strokes = last.painting.strokes
    left = strokes.region == 0
    assert 0 < left.sum() <= 25 < (~left).sum()
    assert strokes.table[left, 0].max() < 0.51 and strokes.table[~left, 0].min() > 0.49


def test_a_part_is_drawn_again():
    old = told()[1].painting
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 20:44] = 255
    last = ended(Order(scene(), PEN, painting=old, mask=mask, seed=3, **ASKED).painter(preview_every=0.0))
    new = last.painting.strokes
    assert last.painting.regions is not None and last.painting.regions.names[-1] == "repaint"
    assert (new.region == 1).sum() > 5
    middles = new.table[new.region == 1, 2:4] * 64
    assert (middles > (19, 9)).all() and (middles < (45, 31)).all()
    assert {row.tobytes() for row in new.table[new.region == 0]} <= {row.tobytes() for row in old.strokes.table}


def test_what_covers_and_what_lets_through_are_not_in_one_painting():
    settings = {"right": RegionSettings(style_of(medium={"kind": "oil"}))}
    with pytest.raises(ImpastoError, match=r"pen.*oil"):
        Order(scene(), PEN, regions=halves(), region_settings=settings, **ASKED).painter()
    mask = np.full((48, 64), 255, np.uint8)
    with pytest.raises(ImpastoError, match="pen"):
        Order(scene(), PEN, painting=painted(), mask=mask, **ASKED).painter()


def test_only_what_lets_the_paper_through_draws_lines():
    data = PEN.model_dump(mode="json")
    with pytest.raises(ImpastoError, match=r"it draws lines, and oil covers .*; choose pen"):
        validate_style({**data, "medium": {"kind": "oil"}}, "style pen")
    with pytest.raises(ImpastoError, match="oil covers"):
        load_style("pen", ["medium.kind=oil"])
    assert Style.model_validate(data) == PEN
    assert "trace" not in style_of().model_dump(mode="json")["passes"][0]


def test_nothing_is_drawn_outside_of_a_selection():
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, :30] = 255
    table = told(scene(alpha=alpha))[1].painting.strokes.table
    assert len(table) > 20 and table[:, 0:5:2].max() < 31 / 64
    with pytest.raises(ImpastoError, match="transparent everywhere"):
        begin(scene(alpha=np.zeros((48, 64), np.uint8)), PEN, **ASKED)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (200, 3), (33, 600)])
def test_pictures_of_any_shape(shape):
    rgb = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    for style in (PEN, load_style("charcoal")):
        last = told(Picture(rgb), style)[1]
        assert last.painting.render(*shape).shape == (*shape, 4)


def test_a_white_picture_stays_white():
    last = told(Picture(np.full((48, 64, 3), 255, np.uint8)))[1]
    assert last.strokes == 0 and last.painting.render()[..., :3].min() > 225


def test_threads_do_not_change_a_drawing(whole):
    last = told(replace(scene()), seed=0)[1]
    three = ended(begin(scene(), PEN, **{**ASKED, "threads": 3}))
    assert same_strokes(last.painting, whole) and same_strokes(three.painting, whole)
    assert not same_strokes(told(seed=1)[1].painting, whole)


@pytest.mark.parametrize("name", ["pen", "pencil", "charcoal", "watercolour-pen"])
def test_the_styles_that_draw_say_so(name):
    style = load_style(name)
    assert style.has_lines and style.absorbs and style.is_traced == (name != "watercolour-pen")
    assert style.without_look().has_lines
    assert Path(f"{name}.toml").suffix == ".toml" and len(style.description) > 40
