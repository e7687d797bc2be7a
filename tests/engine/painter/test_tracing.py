"""Tracing: lines where the picture has them, hatching as dark as it is, sticks until the sheet is as dark."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.painter.tracing.charcoal import seen, sticks
from impasto.engine.painter.tracing.close_up import finer, thinner
from impasto.engine.painter.tracing.drawing import Drawing
from impasto.engine.painter.tracing.fields import Subject, blurred, calmed, structure
from impasto.engine.painter.tracing.ink import contours, grouped, groups, hatching
from impasto.engine.painter.tracing.lines import Chains, Traced, strokes_of
from impasto.engine.pictures.blur import gaussian_filter
from impasto.engine.pictures.io import Picture, load_picture
from impasto.engine.styles import load_style
from impasto.engine.styles.tracing import Trace

SIDE = 400
EXAMPLES = Path(__file__).parents[3] / "examples"


def fields_of(grey, seed=(0, 0), inside=None):
    """A plane (H, W) 0..1 to be drawn."""
    rgb = np.repeat(np.asarray(grey, np.float32)[..., None], 3, 2)
    return Subject(rgb, np.ones(rgb.shape[:2], bool) if inside is None else inside, float(max(rgb.shape[:2])), seed)


def ramp():
    """Black on the left, white on the right."""
    return np.tile(np.linspace(0, 1, SIDE), (SIDE, 1))


def disc(radius=0.25, inside=0.2, outside=0.9):
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
    return blurred(np.where(np.hypot(y, x) < radius, inside, outside).astype(np.float32), 1.0)


def ink_by_column(lines: Chains, parts=10):
    """How much area the strokes cover in each of the canvas's upright parts, by their middles."""
    table = lines.table
    area = np.hypot(table[:, 4] - table[:, 0], table[:, 5] - table[:, 1]) * table[:, 6:8].sum(1)
    return np.bincount((table[:, 2].clip(0, 0.999) * parts).astype(int), area, parts)


def test_hatching_is_as_dark_as_the_picture_and_leaves_light_bare():
    lines = hatching(fields_of(ramp()), Trace(what="hatching", below=0.6, spacing=0.01), 0.001, 16)
    ink = ink_by_column(lines)
    assert (np.diff(ink[1:6]) < 0).all() and ink[0] > 1.6 * ink[4]
    assert ink[7:].sum() == 0  # tone^.8 there is over .6 and what a group may be off


def test_hatching_comes_in_groups_of_one_slant_that_differ():
    fields, trace, rng = fields_of(np.full((SIDE, SIDE), 0.5)), Trace(what="hatching"), np.random.default_rng(0)
    patch = groups(fields, 0.1, 16, rng)
    along = grouped(fields, trace, patch, rng)
    angles = np.degrees(np.arctan2(along[1], along[0])) % 180
    slants = np.array([angles[patch == one].mean() for one in np.unique(patch)])
    assert max(angles[patch == one].std() for one in np.unique(patch)) < 0.01
    assert 80 < len(slants) < 200 and 4 < slants.std() < 12
    assert abs(slants.mean() - 130) < 3  # a right hand's slant
    lines = hatching(fields, Trace(what="hatching", below=0.9, spacing=0.012), 0.001, 16)
    drawn = np.degrees(np.arctan2(*(lines.table[:, 4:6] - lines.table[:, :2]).T[::-1])) % 180
    assert abs(np.median(drawn) - 130) < 4


def test_lines_are_drawn_apart_and_end_in_points():
    lines = hatching(fields_of(np.where(ramp() < 0.9, 0.1, 1)), Trace(what="hatching", spacing=0.02), 0.002, 16)
    table = lines.table
    last = np.flatnonzero(np.diff(lines.owner, append=-1))
    ends = np.where(table[last, 6] < table[last, 7], table[last, 6], table[last, 7])
    assert np.median(ends) < 0.15 * np.median(table[:, 6:8].max(1))
    middles = np.array([table[lines.owner == owner, 2:4].mean(0) for owner in np.unique(lines.owner)])
    away = np.hypot(*(middles[:, None] - middles[None]).T) + np.eye(len(middles))
    assert np.median(away.min(1)) > 0.01


def test_an_outline_is_where_tones_meet():
    lines = contours(fields_of(disc()), Trace(what="contours", length=0.5), 0.001, 16)
    away = np.hypot(*(lines.table[:, :2] - 0.5).T)
    assert len(lines) > 4
    assert np.abs(away - 0.25).max() < 0.012
    angles = np.arctan2(*(lines.table[:, :2] - 0.5).T)
    assert len(np.unique((angles + np.pi) // (np.pi / 4))) >= 7  # all around


@pytest.mark.parametrize("what", ["contours", "hatching", "sticks"])
def test_no_line_is_where_none_may_be(what):
    inside = np.zeros((SIDE, SIDE), bool)
    inside[:, 100:200] = True
    kinds = {"contours": contours, "hatching": hatching, "sticks": sticks}
    stripes = 0.5 + 0.5 * np.sin(60 * ramp().T)
    lines = kinds[what](fields_of(stripes, inside=inside), Trace(what=what, below=0.5), 0.002, 16)
    assert len(lines) > 10
    assert lines.table[:, 0:5:4].min() > 99 / SIDE and lines.table[:, 0:5:4].max() < 201 / SIDE


def test_curves_follow_the_points_they_are_made_of():
    angles = np.linspace(0, 5, 300)
    points = np.stack([100 + 60 * np.cos(angles), 100 + 60 * np.sin(angles)], 1).astype(np.float32)
    found = Traced(points, np.array([300]))
    table = strokes_of(found, np.ones(300), np.ones(1), np.ones(1), tolerance=0.4, smooth=0).table
    t = np.linspace(0, 1, 20)[:, None]
    for row in table:
        curve = (1 - t) ** 2 * row[:2] + 2 * t * (1 - t) * row[2:4] + t**2 * row[4:6]
        assert np.abs(np.hypot(*(curve - 100).T) - 60).max() < 0.6
    assert 4 <= len(table) <= 16
    assert {tuple(row) for row in table[:, :2]} - {tuple(row) for row in table[:, 4:6]} == {tuple(points[0])}


def test_sticks_stop_when_the_sheet_is_as_dark_as_the_picture():
    fields = fields_of(blurred(ramp().astype(np.float32), 2), (3, 0))
    for number, each in enumerate(load_style("charcoal").passes[:6]):
        assert each.trace is not None
        sticks(fields, each.trace, each.radius, 16 * number)
    there = seen(fields.sheet[0])[20:-20].mean(0)
    want = -np.log(0.1 + 0.9 * fields.tone(0.9))[20:-20].mean(0)
    assert np.abs(there - want)[40:-40].mean() < 0.2
    assert (np.diff(there.reshape(10, -1).mean(1)) < 0.02).all()
    assert there[-12:].max() < 0.05


def test_threads_change_nothing_and_another_seed_does():
    picture = Picture(load_picture(EXAMPLES / "astronaut.jpg").rgb[:256:2, 100:356:2])
    passes = load_style("pen").passes[:2]
    tables = [
        [Drawing(picture, 320, seed, threads).draw(each, number).table for number, each in enumerate(passes)]
        for seed, threads in ((1, 1), (1, 3), (2, 1))
    ]
    assert all(np.array_equal(a, b) for a, b in zip(tables[0], tables[1], strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(tables[0], tables[2], strict=True))


def test_a_face_is_drawn_finer():
    pytest.importorskip("skimage")
    drawing = Drawing(load_picture(EXAMPLES / "astronaut.jpg"), 480, 0)
    assert len(drawing.closer) == 1
    table = drawing.draw(load_style("pen").passes[0], 0).table
    x, y = (table[:, 2:4] * 480).astype(int).clip(0, 479).T
    own = drawing.closer[0].mask[y, x] > 0.8
    assert own.sum() > 50
    assert np.median(table[own, 6:8].max(1)) < 0.9 * np.median(table[~own, 6:8].max(1))
    drawing.closer = []
    plain = drawing.draw(load_style("pen").passes[0], 0).table
    x, y = (plain[:, 2:4] * 480).astype(int).clip(0, 479).T
    assert own.sum() > 1.3 * (Drawing(drawing.picture, 480, 0).closer[0].mask[y, x] > 0.8).sum()
    trace = load_style("pen").passes[0].trace
    assert trace is not None and thinner(trace, 0.5) < 0.8 and finer(trace, 0.5).spacing < 0.7 * trace.spacing


def test_directions_are_along_the_structure():
    y, x = np.mgrid[:60, :60]
    stripes = np.sin(0.5 * (x * np.cos(0.5) + y * np.sin(0.5))).astype(np.float32)  # they go along (−sin, cos)
    cos, sin, sure = structure(stripes, 1.0, 3.0)
    angle = 0.5 * np.arctan2(sin, cos)[20:40, 20:40]
    assert np.abs(np.sin(angle - (0.5 + np.pi / 2))).max() < 0.05
    assert sure[20:40, 20:40].min() > 0.9


def test_far_blurs_are_nearly_exact_and_what_is_calmed_keeps_its_edges():
    lumps = gaussian_filter(np.random.default_rng(0).random((90, 120)).astype(np.float32), 3.0, "nearest") * 5
    error = blurred(lumps, 9.0) - gaussian_filter(lumps, 9.0, "nearest")
    assert np.abs(error[12:-12, 12:-12]).max() < 0.004 * lumps.mean()
    step = np.where(np.arange(60) < 30, 0.2, 0.8)[None].repeat(40, 0)
    calm = calmed((step + 0.04 * np.random.default_rng(1).standard_normal(step.shape)).astype(np.float32), 3)
    assert calm[:, 28].mean() < 0.25 and calm[:, 31].mean() > 0.75
    assert calm[:, 5:25].std() < 0.02


def test_lines_join_and_are_taken_with_their_owners():
    one = Chains(np.ones((3, 10), np.float32), np.array([0, 0, 1]), np.array([5.0, 1.0], np.float32))
    both = Chains.joined([one, replace(one, table=2 * one.table)])
    assert both.owner.tolist() == [0, 0, 1, 2, 2, 3] and both.worth.tolist() == [5, 1, 5, 1]
    assert both.take(both.owner > 1).table.tolist() == (2 * one.table).tolist()
