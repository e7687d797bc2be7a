"""Where strokes are wanted: what viewers look at, and maps drawn by hand; and what of it a painting keeps."""

from dataclasses import replace

import numpy as np
import pytest
from quick_paintings import PASSES, paint, painted, same, scene, style_of
from test_interest import FACE, example, forgotten, torchless  # noqa: F401 (fixtures)

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.beginning import resume
from impasto.engine.painter.budget import allot
from impasto.engine.painter.wanted import DETAILED, Wanted, detail_of, read_detail
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import save_picture
from impasto.engine.pictures.picture import USUAL, Picture
from impasto.engine.segment import Regions
from impasto.engine.segment.regions import Region
from impasto.engine.styles import Style, load_style

EVEN = style_of(attention={"interest": 0.0})


@pytest.fixture(scope="module")
def woman() -> Picture:
    """The astronaut, small."""
    rgb, _ = example("astronaut").resampled(160, 160)
    return Picture(np.round(rgb * 255).astype(np.uint8))


@pytest.fixture(scope="module")
def texture() -> Picture:
    """The same everywhere: three squares of noise, side by side."""
    tile = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    return Picture(np.tile(tile, (1, 3, 1)))


def thirds() -> np.ndarray:
    """A detail map that is white, mid-grey and black."""
    return np.array([[255, USUAL, 0]], np.uint8).repeat(30, 0).repeat(30, 1)


def within(painting: Painting, y: float, x: float, reach: float) -> int:
    """How many strokes have their middles in a disc, canvas units."""
    table = painting.strokes.table
    middle = (table[:, 0:2] + 2 * table[:, 2:4] + table[:, 4:6]) / 4
    return int((np.hypot(middle[:, 0] - x, middle[:, 1] - y) < reach).sum())


def test_what_is_see_through_in_a_detail_map_is_as_usual(tmp_path):
    colours = [(255, 255, 255, 255), (255, 255, 255, 51), (0, 0, 0, 128), (0, 0, 0, 0), (200, 100, 0, 255)]
    save_picture(tmp_path / "map.png", np.array([colours], np.uint8).repeat(32, 0).repeat(32, 1))
    assert read_detail(tmp_path / "map.png")[5, 5::32].tolist() == [255, 153, 64, USUAL, 118]


def test_a_face_gets_more_strokes_of_as_many_in_all(woman):
    some, none = painted(woman, style_of(), 240), painted(woman, EVEN, 240)
    assert len(some.strokes) == len(none.strokes) == 240
    assert within(some, *FACE, 0.1) > 1.5 * within(none, *FACE, 0.1)
    twice = painted(woman, style_of(attention={"interest": 2.0}), 240)
    assert within(twice, *FACE, 0.1) > within(some, *FACE, 0.1)


@pytest.mark.parametrize(("style", "heavy"), [("painterly", 2.5), ("watercolour", 3.0)])
def test_a_face_counts_for_more_and_in_washes_for_most(woman, style, heavy):
    rule = Wanted(woman).rule(load_style(style), 0.6)
    assert rule is not None
    weight = rule.weight(160, 160)
    assert weight.max() / weight.min() == pytest.approx(heavy, rel=0.1)


def test_where_nothing_is_found_nothing_changes(torchless):  # noqa: F811
    """To the bit: without networks there is nothing in a made-up scene."""
    assert Wanted(scene(96, 128)).rule(style_of()) is None
    assert same(painted(scene(96, 128), style_of(), 60), painted(scene(96, 128), EVEN, 60))


def test_strokes_may_be_finer_where_it_matters(woman):
    style = style_of(shape={"smallest": 0.02, "largest": 0.2})
    radii = painted(woman, style, 300).strokes.table[:, 6:8]
    assert radii.min() < 0.0199 and radii.min() >= 0.01 - 1e-6
    assert painted(woman, EVEN.model_copy(update={"shape": style.shape}), 300).strokes.table[:, 6:8].min() > 0.0199


def test_the_first_pass_does_not_wait(woman):
    """There is a preview of it at once; the second goes by what is found."""
    some, none = (
        next(event.painting for event in paint(woman, style, 60, every={"checkpoint": 0.0})[0][5:]
             if isinstance(event, events.Checkpointed))
        for style in (style_of(), EVEN)
    )  # fmt: skip
    assert np.array_equal(some.strokes.table, none.strokes.table)


@pytest.mark.parametrize("detail", [None, thirds()])
def test_stopped_and_gone_on_with_it_is_the_same(woman, detail, tmp_path):
    """Whatever is found, or was drawn, is kept with the painting; also where nothing can be found any more."""
    picture = replace(woman, detail=detail)
    heard, last = paint(picture, style_of(), 60, every={"checkpoint": 0.0})
    kept = [event.painting for event in heard if isinstance(event, events.Checkpointed)]
    for begun in (kept[0], kept[9], kept[-3]):
        begun.save(tmp_path / "kept.impasto", overwrite=True)
        *_, done = resume(Painting.load(tmp_path / "kept.impasto"), woman, threads=2).paint()
        assert isinstance(done, events.Finished) and same(done.painting, last.painting)
    assert "interest" not in last.painting.style["attention"]  # as usual: older versions can read it
    assert kept[-1].checkpoint is not None and kept[-1].checkpoint.state["interest"] is True


@pytest.mark.parametrize(("interest", "longer"), [(0.0, 0), (0.5, 1 / 64), (1.0, 1 / 32), (2.0, 1 / 32)])
def test_a_finish_is_longer_by_a_thirty_second_of_all_steps(woman, interest, longer):
    """Where strokes go to what is looked at, all else is little worse for it."""
    heard, last = paint(woman, style_of(attention={"interest": interest}), 60)
    planned = [phase["iterations"] for phase in next(e for e in heard if isinstance(e, events.Started)).plan]
    begun = [event.iterations for event in heard if isinstance(event, events.PassStarted)]
    assert begun == [*planned[:-1], planned[-1] + round(longer * sum(planned))] and last.iterations == sum(begun)
    shares = [event.fraction for event in heard if isinstance(event, events.Progress)]
    assert shares == sorted(shares) and shares[-1] == 1


@pytest.mark.parametrize(("interest", "most"), [(0.0, 0), (0.5, 6), (1.0, 12), (2.0, 12)])
def test_strokes_of_little_use_go_to_what_is_looked_at(woman, interest, most):
    """A fifth of all, when three fifths of the last pass are done; as many as before in all."""
    passes = [{**each, "respawn": 0} for each in PASSES]
    heard, last = paint(woman, style_of(passes=passes, attention={"interest": interest}), 60)
    moved = [event.replaced for event in heard if isinstance(event, events.StrokesAdded) and event.replaced]
    assert sum(moved) <= most and len(moved) == (most > 0) and len(last.painting.strokes) == 60
    assert interest < 1 or moved == [most]


@pytest.mark.parametrize(("share", "sound"), [(1 / 16, True), (1 / 6, True), (1 / 5, False)])
def test_a_finish_that_an_older_version_has_begun_is_as_long_as_it_was(woman, share, sound):
    """They were longer by a sixteenth, or by a sixth of all steps; more is damage."""
    heard, _ = paint(woman, style_of(), 60, every={"checkpoint": 0.0})
    phases = next(event for event in heard if isinstance(event, events.Started)).plan
    begun = next(event.painting for event in heard[-6:] if isinstance(event, events.Checkpointed))
    assert begun.checkpoint is not None
    planned = phases[-1]["iterations"] + round(share * sum(phase["iterations"] for phase in phases))
    state = begun.checkpoint.state | {"planned": planned}
    older = replace(begun, checkpoint=replace(begun.checkpoint, state=state))
    if not sound:
        with pytest.raises(ImpastoError, match="checkpoint is damaged"):
            resume(older, woman, threads=1)
        return
    heard = list(resume(older, woman, threads=1).paint())
    assert [event.iterations for event in heard if isinstance(event, events.PassStarted)] == [planned]


def test_a_finish_begun_before_its_length_was_kept_is_as_long_as_it_was(woman):
    heard, _ = paint(woman, style_of(), 60, every={"checkpoint": 0.0})
    phases = next(event for event in heard if isinstance(event, events.Started)).plan
    planned = phases[-1]["iterations"]
    kept = [event.painting for event in heard if isinstance(event, events.Checkpointed)]
    begun = kept[-5]
    assert begun.checkpoint is not None and begun.checkpoint.state["planned"] > planned
    state = {name: value for name, value in begun.checkpoint.state.items() if name != "planned"}
    assert state["phase"] == len(phases) - 1 and 0 < state["iteration"] < planned
    heard = list(resume(replace(begun, checkpoint=replace(begun.checkpoint, state=state)), woman, threads=1).paint())
    assert [event.iterations for event in heard if isinstance(event, events.PassStarted)] == [planned]


def test_a_kept_map_that_is_none_is_refused(woman):
    heard, _ = paint(woman, style_of(), 60, every={"checkpoint": 0.0})
    begun = next(event.painting for event in reversed(heard) if isinstance(event, events.Checkpointed))
    assert begun.checkpoint is not None
    for name, plane in (
        ("interest", np.zeros((3, 4, 4), np.float32)), ("interest", np.zeros((2, 4, 4), np.uint8)),
        ("interest", np.zeros(3, np.uint8)), ("detail", np.zeros((4, 4, 4), np.uint8)),
    ):  # fmt: skip
        arrays = begun.checkpoint.arrays | {name: plane}
        wrong = replace(begun, checkpoint=replace(begun.checkpoint, arrays=arrays))
        with pytest.raises(ImpastoError, match="damaged"):
            resume(wrong, woman, threads=1)


@pytest.mark.parametrize("name", ["realistic", "painterly", "watercolour"])
def test_white_is_twice_as_dense_and_black_half(texture, name):
    """Compared with what is mid-grey, and exactly as many in all."""
    style = load_style(name, ["attention.interest=0", "finish=10"])
    painting = painted(replace(texture, detail=thirds()), style, 600)
    table = painting.strokes.table
    white, usual, black = np.histogram((table[:, 0] + 2 * table[:, 2] + table[:, 4]) / 4, [-1, 1 / 3, 2 / 3, 2])[0]
    assert white + usual + black == 600
    assert white >= 2 * usual and black <= 0.5 * usual


def test_mid_grey_is_as_usual():
    grey = np.full((7, 9), USUAL, np.uint8)
    assert same(painted(replace(scene(), detail=grey), EVEN, 40), painted(scene(), EVEN, 40))


def test_lines_follow_a_detail_map_when_they_are_limited(texture):
    painting = Order(texture, load_style("pen"), strokes=400, threads=1, detail=thirds()).painter()
    *_, last = painting.paint()
    assert isinstance(last, events.Finished)
    table = last.painting.strokes.table
    white, usual, black = np.histogram(table[:, 2], [-1, 1 / 3, 2 / 3, 2])[0]
    assert white > 1.5 * usual and black < 0.67 * usual


def test_regions_get_as_many_as_the_map_says(texture):
    masks = np.zeros((3, 64, 192), np.float32)
    for k in range(3):
        masks[k, :, 64 * k : 64 * (k + 1)] = 1
    regions = Regions(masks, tuple(Region(name, "user", 1.0) for name in ("a", "b", "c")), "masks")
    white, usual, black = allot(replace(texture, detail=thirds()), style_of(), 600, regions).budgets
    assert white >= 2 * usual and black <= 0.5 * usual and white + usual + black == 600
    assert max(allot(texture, style_of(), 600, regions).budgets) < 204


def test_what_is_called_a_face_is_one(torchless):  # noqa: F811
    mask = np.zeros((96, 128), np.uint8)
    mask[20:50, 30:60] = 255
    rule = Wanted(scene(96, 128), [mask]).rule(style_of())
    assert rule is not None and rule.on(96, 128)[35, 45] == 1 and rule.on(96, 128)[80, 100] == 0
    clear = np.full((96, 128), 255, np.uint8)
    clear[:, 64:] = 0
    assert Wanted(scene(96, 128, clear), [mask]).rule(style_of()).gain == pytest.approx(rule.gain / 2, rel=0.1)  # pyright: ignore[reportOptionalMemberAccess]


def test_a_detail_map_is_checked_and_made_smaller():
    assert detail_of(np.zeros((40, 20), np.uint8)).shape == (40, 20)
    assert detail_of(np.zeros((3000, 1500), np.uint8)).shape == (DETAILED, DETAILED // 2)
    for wrong in (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.float32), np.zeros((0, 4), np.uint8)):
        with pytest.raises(ImpastoError, match="give uint8"):
            Order(scene(), style_of(), detail=wrong).painter()


def test_the_setting_is_kept_where_it_is_not_as_usual():
    assert "interest" not in style_of().model_dump(mode="json")["attention"]
    dumped = style_of(attention={"interest": 0.5}).model_dump(mode="json")
    assert dumped["attention"]["interest"] == 0.5 and Style.model_validate(dumped).attention.interest == 0.5
