"""The painter: exact numbers of strokes, the same bits every time, and events in their order."""

import subprocess
import sys
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_paintings import (
    FITTED,
    HEIGHT,
    LEARNING,
    PASSES,
    WIDTH,
    paint,
    painted,
    phases_of,
    same,
    scene,
    shortened,
    style_of,
)

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events, painter
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.simplifying import brightest, high_key
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.styles import Style, load_style


def error_of(painting, picture):
    """Mean absolute difference of the rendering and the picture, 0..1."""
    pixels = painting.render(picture.height, picture.width)
    return np.abs(pixels[..., :3].astype(float) - picture.rgb).mean() / 255


# --- how many strokes


@pytest.mark.parametrize("total", [4, 7, 101, 333])
@pytest.mark.parametrize("name", FITTED)
def test_every_preset_paints_exactly_the_strokes_asked_for(name, total):
    style = shortened(name)
    total = max(total, len(style.passes))
    heard, last = paint(style=style, strokes=total)
    assert last.strokes == len(last.painting.strokes) == total
    added = [event for event in heard if isinstance(event, events.StrokesAdded)]
    laid = [sum(p.counts) for p in phases_of(style, total)]  # some to spare, of which the least useful go again
    assert [e.added for e in added if e.added] == [count for count in laid if count]
    last.painting.strokes.validated()


@given(total=st.integers(3, 90), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=10, deadline=None)
def test_any_total_is_exact_though_strokes_are_respawned(total, seed):
    heard, last = paint(strokes=total, seed=seed)
    running, replaced = 0, 0
    for event in heard:
        if isinstance(event, events.StrokesAdded):
            running, replaced = running + event.added, replaced + event.replaced
            assert event.total == running
    strokes = last.painting.strokes
    assert len(strokes) == total == running
    assert len(set(strokes.id.tolist())) == total and strokes.id.max() < total + replaced
    counts = np.bincount(strokes.pass_index, minlength=3)
    assert np.abs(counts - [p.strokes for p in phases_of(style_of(), total)][:3]).max() <= replaced
    assert last.iterations == sum(phase.iterations for phase in phases_of(style_of(), total)) >= 7 + 6 + 9 + 8


def test_the_style_says_how_many_strokes_unless_one_asks():
    style = style_of(strokes=23)
    assert len(painted(style=style, strokes=None).strokes) == 23
    assert len(painted(style=style, strokes=24).strokes) == 24


def test_useless_strokes_are_painted_anew_and_on_top():
    heard, last = paint(strokes=90)
    replaced = sum(e.replaced for e in heard if isinstance(e, events.StrokesAdded))
    strokes = last.painting.strokes
    assert replaced > 0
    assert (np.diff(strokes.id) > 0).all()  # those that came last lie on top
    assert strokes.next_id == 90 + replaced
    plain = style_of(passes=[{**p, "respawn": 0} for p in PASSES])
    assert painted(style=plain, strokes=90).strokes.id.tolist() == list(range(90))


# --- the same bits


@pytest.mark.parametrize("name", FITTED)
def test_the_same_seed_paints_the_same_bits_and_another_seed_others(name):
    style = shortened(name)
    first = painted(style=style, seed=7)
    assert same(first, painted(style=style, seed=7))
    other = painted(style=style, seed=8)
    assert (first.strokes.table != other.strokes.table).any(1).mean() > 0.9


def test_the_number_of_threads_changes_no_bit():
    """With enough strokes that they are dealt out to threads."""
    first = painted(strokes=700, threads=1)
    for threads in (2, 3, 8, None):
        assert same(first, painted(strokes=700, threads=threads)), threads


def test_what_one_asks_to_hear_changes_no_bit():
    assert same(painted(), painted(every={"preview": 0.0, "checkpoint": 0.0}))


def test_painters_do_not_disturb_each_other():
    alone = painted()
    pair = [Painter(scene(), style_of(), strokes=40, threads=1).paint() for _ in range(2)]
    ends = []
    for turn in zip_longest(*pair):  # of different lengths: how often they tell of progress is a matter of time
        ends += [event.painting for event in turn if isinstance(event, events.Finished)]
    assert len(ends) == 2 and all(same(painting, alone) for painting in ends)


# --- events


def test_events_come_in_their_order():
    painter_ = Painter(scene(), style_of(), strokes=40, threads=1, every={"preview": 0.0, "checkpoint": 0.0})
    heard = [event for event in painter_.paint() if not isinstance(event, events.Preparing)]
    kinds = [event.kind for event in heard]
    assert kinds[0] == "started" and kinds[-1] == "finished"
    assert kinds.count("started") == kinds.count("finished") == 1
    begin, *_, end = heard
    assert isinstance(begin, events.Started) and isinstance(end, events.Finished)
    assert begin == events.Started("quick", 40, 0, WIDTH, HEIGHT, 4, resumed=False)
    phases = phases_of(style_of(), 40)
    rest = iter(heard[1:-1])
    total = 0
    for phase in phases:
        if phase.strokes:
            total += phase.strokes
            assert next(rest) == events.StrokesAdded(phase.strokes, 0, total)
        size = (48, 36) if phase.side == 48 else (WIDTH, HEIGHT)
        assert next(rest) == events.PassStarted(phase.index + 1, 4, total, phase.iterations, *size, (), phase.stride)
        for iteration in range(1, phase.iterations + 1):
            event = next(rest)
            if isinstance(event, events.StrokesAdded):
                assert event.added == 0 < event.replaced and event.total == total
                assert phase.respawn and iteration == phase.iterations // 2 + 1
                event = next(rest)
            if isinstance(event, events.Progress):
                assert (event.index, event.of) == (phase.index + 1, 4)
                assert (event.iteration, event.iterations) == (iteration, phase.iterations)
                event = next(rest)
            else:
                assert iteration < phase.iterations  # the last one is always told
            assert isinstance(event, events.Preview)
            assert isinstance(next(rest), events.Checkpointed)
    assert next(rest, None) is None
    assert not end.cancelled and end.painting.checkpoint is None and end.iterations == 30


def test_progress_rises_to_the_whole(monkeypatch):
    monkeypatch.setattr(painter, "PROGRESS_EVERY", 0.0)
    everything, last = paint(strokes=60)
    heard = [event for event in everything if isinstance(event, events.Progress)]
    assert len(heard) == last.iterations  # every one of them
    fractions = [event.fraction for event in heard]
    assert fractions[0] > 0 and (np.diff(fractions) > 0).all() and fractions[-1] == 1
    assert (np.diff([event.seconds for event in heard]) >= 0).all()
    assert heard[0].seconds_left is None and heard[-1].seconds_left == 0
    assert all(event.seconds_left is not None and event.seconds_left >= 0 for event in heard[1:])
    assert all(event.loss > 0 for event in heard)


def test_kernels_that_take_their_time_are_announced_first(monkeypatch):
    monkeypatch.setattr(painter, "announcement", lambda: "preparing kernels, once")
    (first, second, *_), _ = paint()
    assert first == events.Preparing("preparing kernels, once") and isinstance(second, events.Started)


@pytest.mark.parametrize(("working_size", "expected"), [(1024, (60, 80)), (50, (37, 50))])
def test_previews_show_the_painting_at_its_working_size(working_size, expected):
    heard, last = paint(scene(60, 80), working_size=working_size, every={"preview": 0.0})
    previews = [event.pixels for event in heard if isinstance(event, events.Preview)]
    assert len(previews) == last.iterations
    for pixels in previews:
        assert pixels.shape == (*expected, 4) and pixels.dtype == np.uint8
    assert np.array_equal(previews[-1], last.painting.render(*expected))
    assert (previews[0] != previews[-1]).mean() > 0.3


def test_a_checkpointed_painting_stays_as_it_was_told():
    seen = []
    for event in Painter(scene(), style_of(), strokes=40, threads=1, every={"checkpoint": 0.0}).paint():
        if isinstance(event, events.Checkpointed):
            assert event.painting.checkpoint is not None
            arrays = [event.painting.strokes.table, *event.painting.checkpoint.arrays.values()]
            seen.append((arrays, [array.copy() for array in arrays]))
    assert len(seen) == 30
    for arrays, copies in seen:
        assert all(map(np.array_equal, arrays, copies))


def test_the_painting_knows_what_it_is_of():
    picture, style = scene(60, 80), style_of(background="blurred")
    painting = painted(picture, style, seed=5, working_size=50)
    assert (painting.width, painting.height, painting.seed) == (80, 60, 5)
    assert Style.model_validate(painting.style) == style
    assert (painting.softness, painting.edge) == (style.shape.softness, style.shape.edge)
    assert painting.underpainting is not None and painting.mask is None


# --- what is learned


@pytest.mark.parametrize("loss", ["l1", "smooth_l1", "l2"])
@pytest.mark.parametrize("cover", [True, False])
def test_every_loss_leads_to_the_picture(loss, cover, monkeypatch):
    monkeypatch.setattr(painter, "PROGRESS_EVERY", 0.0)
    passes = [{**p, "iterations": 30} for p in PASSES]
    style = style_of(loss=loss, cover=cover, passes=passes, finish=30)
    picture = scene()
    heard, last = paint(picture, style, strokes=150)
    losses = [event.loss for event in heard if isinstance(event, events.Progress)]
    assert last.loss < 0.5 * losses[5]
    flat = np.abs(picture.rgb - picture.rgb.mean((0, 1))).mean() / 255
    assert error_of(last.painting, picture) < 0.3 * flat


@pytest.mark.parametrize("name", LEARNING)
def test_iterations_make_a_preset_better(name):
    picture, style = scene(), load_style(name)
    placed_only = load_style(name, [*(f"passes.{k + 1}.iterations=0" for k in range(len(style.passes))), "finish=0"])
    fitted_to = in_high_key(picture) if name == "watercolour" else picture
    before, after = (error_of(painted(picture, s, strokes=200), fitted_to) for s in (placed_only, style))
    assert after < 0.9 * before


def in_high_key(picture):
    """As watercolour paints it, but for its simplicity."""
    rgb = picture.rgb.astype(np.float32) / np.float32(255)
    return Picture(np.rint(high_key(rgb, brightest(rgb)) * 255).astype(np.uint8))


def test_iterations_that_learn_nothing_leave_strokes_as_they_were_placed():
    nothing = {"position": 0, "radius": 0, "opacity": 0, "colour": 0}
    passes = [{**p, "respawn": 0, "canvas": 1} for p in PASSES]
    style = style_of(learning=nothing, passes=passes, shape={"bend": 1})
    idle = style_of(passes=[{**p, "iterations": 0} for p in passes], finish=0, shape={"bend": 1})
    moved, placed = painted(style=style).strokes, painted(style=idle).strokes
    low, high = np.array([-0.03] * 2), np.array([1.03, 0.78])
    inside = ((placed.table[:, :6].reshape(-1, 3, 2) >= low) & (placed.table[:, :6].reshape(-1, 3, 2) <= high)).all(
        (1, 2)
    )
    first = (placed.pass_index == 0) & inside  # later ones are placed where those left off
    assert first.sum() >= 2
    assert moved.table[first] == pytest.approx(placed.table[first], abs=1e-6)


@pytest.mark.parametrize(
    ("values", "different"),
    [
        ({}, 30),
        ({"cover": False}, 1),
        ({"cover": False, "background": "blurred"}, 30),
        ({"cover": False, "background": "transparent"}, 30),
    ],
)
def test_strokes_must_cover_another_ground_in_every_iteration(values, different, monkeypatch):
    grounds, optimise = [], CpuRaster.loss_and_gradient

    def listen(raster, table, background, *rest, **named):
        grounds.append(background.tolist())
        return optimise(raster, table, background, *rest, **named)

    monkeypatch.setattr(CpuRaster, "loss_and_gradient", listen)
    paint(style=style_of(**{"background": "#336699"} | values))
    assert len(grounds) == 30 and len({tuple(ground) for ground in grounds}) == different
    assert all(ground[3] == 1 and min(ground) >= 0 and max(ground) <= 1 for ground in grounds)
    if different == 1:
        assert grounds[0] == pytest.approx([0.2, 0.4, 0.6, 1])


def test_with_a_fixed_background_it_serves_as_paint():
    """A white picture on white needs no strokes, unless they must cover."""
    white = Picture(np.full((HEIGHT, WIDTH, 3), 255, np.uint8))
    nothing = {"background": "white", "passes": [{**p, "iterations": 40} for p in PASSES]}

    def alpha(cover):
        painting = painted(white, style_of(cover=cover, shape={"opacity": (0, 1)}, **nothing))
        assert error_of(painting, white) < 0.02
        return painting.render(background=(0.0, 0.0, 0.0, 0.0))[..., 3].mean() / 255

    assert alpha(True) > 0.95 and alpha(False) < 0.8


def test_a_pass_ends_early_once_nothing_gets_better():
    flat = Picture(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    passes = [{**p, "iterations": 300, "respawn": 0} for p in PASSES]
    patient, brisk = (paint(flat, style_of(passes=passes, plateau=p), strokes=60) for p in (0, 0.01))
    finish = next(e for e in patient[0] if isinstance(e, events.Started)).plan[-1]["iterations"]
    assert patient[-1].iterations == 900 + finish
    assert 3 * 40 + finish <= brisk[-1].iterations < 600
    told = [e for e in brisk[0] if isinstance(e, events.Progress)]
    assert told[-1].fraction == 1 and (np.diff([e.fraction for e in told]) > 0).all()
    assert told[-1].iteration == finish  # the finish is never cut short
    assert [e.index for e in brisk[0] if isinstance(e, events.PassStarted)] == [1, 2, 3, 4]


def test_the_finish_takes_ever_smaller_steps():
    """So its second half changes far less than its first."""
    style = style_of(finish=60, passes=[{"radius": 0.1, "share": 1, "iterations": 5}])
    tables = [
        event.painting.strokes.table
        for event in paint(style=style, every={"checkpoint": 0.0})[0]
        if isinstance(event, events.Checkpointed)
    ][5:]
    steps = [np.abs(after - before)[:, :6].mean() for before, after in pairwise(tables)]
    assert np.mean(steps[-10:]) < 0.25 * np.mean(steps[:10])


def test_without_iterations_strokes_stay_as_placed_and_that_is_no_error():
    style = style_of(passes=[{**p, "iterations": 0} for p in PASSES], finish=0)
    heard, last = paint(style=style)
    assert last.strokes == 40 and last.iterations == 0 and not last.cancelled
    assert not [e for e in heard if isinstance(e, events.Progress)]


# --- what is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strokes": 2}, "2 strokes cannot be painted in the 3 passes"),
        ({"strokes": 0}, "0 strokes"),
        ({"strokes": 1_000_001}, "1000001 strokes"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"picture": scene(alpha=np.zeros((HEIGHT, WIDTH), np.uint8))}, "transparent everywhere"),
    ],
)
def test_what_cannot_be_painted_is_refused_at_once(options, message):
    given: dict[str, Any] = {"picture": scene(), "style": style_of(), "strokes": 40} | options
    with pytest.raises(ImpastoError, match=message):
        Painter(**given)


# --- what is loaded


def test_painting_needs_no_torch():
    code = """
import sys
import impasto.engine.painter.painter
assert "torch" not in sys.modules, "imported"
sys.modules["torch"] = None
import numpy as np
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style
passes = [{"radius": 0.2, "share": 1, "iterations": 4, "respawn": 0.5}]
style = Style.model_validate({"name": "quick", "passes": passes, "finish": 2, "loss": "l1"})
rgb = np.random.default_rng(0).integers(0, 256, (32, 40, 3), np.uint8)
*_, last = impasto.engine.painter.painter.Painter(Picture(rgb), style, strokes=9, every={"preview": 0.0}).paint()
last.painting.render()
assert last.strokes == 9
print("painted")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(painter.__file__).parents[3]
    )
    assert done.returncode == 0 and done.stdout == "painted\n", done.stderr
