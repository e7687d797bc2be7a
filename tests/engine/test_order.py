"""Orders: what makes a painter of them, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making_paintings import After, assert_same, begun, finished
from PIL import Image
from quick_paintings import painted, same, scene, style_of

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.repaint import Repainter


def done(order: Order, **every: float):
    *heard, last = order.painter(**every).paint()
    assert isinstance(last, events.Finished)
    return heard, last.painting


def test_an_order_is_painted_as_a_painter_of_the_same_arguments_paints_it():
    asked: dict[str, Any] = {"strokes": 30, "seed": 5, "threads": 1, "working_size": 48}
    assert same(done(Order(scene(), style_of(), **asked))[1], painted(scene(), style_of(), **asked))


def test_an_order_goes_on_with_an_unfinished_painting_and_keeps_its_canvas_and_effort():
    whole = finished(begun(working_size=56, effort="high")).painting
    half = finished(begun(working_size=56, effort="high"), After(20)).painting
    assert half.checkpoint is not None
    order = Order.resuming(half, scene(), threads=1)
    kept = order.working_size, order.effort, order.may_shrink, order.strokes
    assert kept == (56, "high", False, len(whole.strokes))
    assert_same(done(order)[1], whole)
    with pytest.raises(ImpastoError, match="finished"):
        Order.resuming(whole, scene())


def test_an_order_with_a_mask_repaints_that_part():
    old, mask = painted(), np.zeros((48, 64), np.uint8)
    mask[10:40, 20:60] = 255
    asked: dict[str, Any] = {"strokes": 20, "seed": 3, "threads": 1, "name": "sky"}
    heard, new = done(Order(scene(), style_of(), painting=old, mask=mask, **asked), preview_every=0.0)
    *_, last = Repainter(old, scene(), mask, style_of(), **asked).paint()
    assert isinstance(last, events.Finished) and same(new, last.painting)
    assert new.regions is not None and new.regions.names[-1] == "sky"
    assert any(isinstance(event, events.Preview) for event in heard)


def test_an_order_hands_its_effort_to_painter_and_repainter(efforts):
    Order(scene(), style_of(), effort="draft").painter()
    Order(scene(), style_of(), effort="high", painting=painted(), mask=np.full((48, 64), 255, np.uint8)).painter()
    assert [each for each in efforts if each != "not said"] == ["draft", "high"]


def test_previews_and_checkpoints_come_only_if_asked_for():
    order = Order(scene(), style_of(), strokes=30, threads=1)
    kinds = {type(event) for event in done(order, preview_every=0.0, checkpoint_every=0.0)[0]}
    assert {events.Preview, events.Checkpointed} <= kinds
    assert not {events.Preview, events.Checkpointed} & {type(event) for event in done(order)[0]}


def test_what_contradicts_itself_is_refused():
    with pytest.raises(ImpastoError, match="give the painting as well"):
        Order(scene(), style_of(), mask=np.zeros((48, 64), np.uint8))
    with pytest.raises(ImpastoError, match="a working size of 0 pixels is too small"):
        Order(scene(), style_of(), working_size=0)


@pytest.fixture
def tips(tmp_path):
    """Two tips, "lines.png" and "dots.png", in a folder."""
    y, x = np.mgrid[:32, :24]
    for name, bare in {"lines": y % 8 < 4, "dots": (x % 8 < 4) | (y % 8 < 4)}.items():
        Image.fromarray(np.where(bare, 255, 0).astype(np.uint8)).save(tmp_path / f"{name}.png")
    return tmp_path


def tip_of(painting) -> np.ndarray:
    assert painting.tip is not None
    return painting.tip


def with_tip(path: Path | str, **values: Any):
    return style_of(medium={"kind": "oil", "tip": str(path)}, **values)


def test_a_tip_is_read_once_and_the_painting_keeps_it_and_its_name(tips):
    asked: dict[str, Any] = {"strokes": 30, "threads": 1}
    order = Order(scene(), with_tip(tips / "lines.png"), **asked).with_tip_read()
    (tips / "lines.png").unlink()
    assert order.tip is not None and order.style.medium.tip == "lines.png" and order.with_tip_read() is order
    heard, painting = done(order, checkpoint_every=0.0)
    assert np.array_equal(tip_of(painting), order.tip) and painting.style["medium"]["tip"] == "lines.png"
    begun_one = next(event.painting for event in heard if isinstance(event, events.Checkpointed))
    gone_on = done(Order.resuming(begun_one, scene(), threads=1).with_tip_read())[1]
    assert_same(gone_on, painting)
    assert np.array_equal(tip_of(gone_on), order.tip)


def test_a_part_is_repainted_with_the_paintings_own_tip_and_no_other(tips):
    asked: dict[str, Any] = {"strokes": 20, "threads": 1, "mask": np.full((48, 64), 255, np.uint8)}
    old = done(Order(scene(), with_tip(tips / "lines.png"), strokes=30, threads=1).with_tip_read())[1]
    for style in (with_tip("lines.png"), with_tip(tips / "lines.png")):
        new = done(Order(scene(), style, painting=old, **asked).with_tip_read())[1]
        assert np.array_equal(tip_of(new), tip_of(old))
        assert new.regions is not None and new.regions.infos[-1].style["medium"]["tip"] == "lines.png"
    with pytest.raises(ImpastoError, match=r"has a tip already, and can have no second; leave out .*dots.png"):
        Order(scene(), with_tip(tips / "dots.png"), painting=old, **asked).with_tip_read()
    first = done(Order(scene(), with_tip(tips / "dots.png"), painting=painted(), **asked).with_tip_read())[1]
    assert first.tip is not None


def test_a_tip_that_is_only_named_is_never_read_by_itself(tips):
    with pytest.raises(ImpastoError, match=r"there is only the name of the tip .*lines.png; give its file as well"):
        Order(scene(), with_tip(tips / "lines.png"), strokes=30).painter()
    with pytest.raises(ImpastoError, match=r"there is no file .*no\.png"):
        Order(scene(), with_tip(tips / "no.png"), strokes=30).with_tip_read()
    settings = {"sky": RegionSettings(with_tip(tips / "dots.png"))}
    with pytest.raises(ImpastoError, match=r"a painting has one tip, and here are 2: .*dots.png, .*lines.png"):
        Order(scene(), with_tip(tips / "lines.png"), region_settings=settings).with_tip_read()


def test_a_part_repainted_with_a_first_tip_leaves_the_rest_as_it_looked(tips):
    old = done(Order(scene(), style_of(medium={"kind": "oil"}), strokes=40, threads=1))[1]
    mask = np.zeros((48, 64), np.uint8)
    mask[:, 44:] = 255
    order = Order(scene(), with_tip(tips / "lines.png"), strokes=20, threads=1, painting=old, mask=mask)
    new = done(order.with_tip_read())[1]
    assert new.tip is not None
    assert np.array_equal(new.render()[:, :38], old.render()[:, :38])
