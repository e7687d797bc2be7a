"""The plan: every stroke is dealt out, in proportion to the passes' shares."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quick_paintings import FITTED, LEARNING

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.descent import betas_on
from impasto.engine.painter.group import StyleGroup
from impasto.engine.painter.optimizer import BETAS, LATTICE_BETAS
from impasto.engine.painter.plan import MOST_STROKES, Surface, plan, require_strokes, work
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, load_style
from impasto.engine.styles.style import Pass
from impasto.protocol.limits import EFFORTS


def style_of(shares, **more):
    return Style(name="test", passes=tuple(Pass(radius=0.1, share=share) for share in shares), **more)


SQUARE = Surface(1024, (1.0,))


def parts_of(shares, total):
    *phases, _ = plan(style_of(shares), (total,), SQUARE)
    return [phase.strokes for phase in phases]


@pytest.mark.parametrize(
    ("shares", "total", "expected"),
    [
        ([1], 7, [7]),
        ([1, 1], 7, [4, 3]),
        ([1, 2, 4], 8, [1, 2, 5]),
        ([300, 700, 1200, 1800], 4000, [300, 700, 1200, 1800]),
        ([300, 700, 1200, 1800], 1, None),
        ([300, 700, 1200, 1800], 4, [1, 1, 1, 1]),
        ([1, 1, 1e6], 10, [1, 1, 8]),
        ([1e6, 1e-300, 1e-300], 3, [1, 1, 1]),
        ([5e-324, 5e-324], 5, [3, 2]),
    ],
)
def test_shares(shares, total, expected):
    if expected is None:
        with pytest.raises(ImpastoError):
            require_strokes(style_of(shares), total)
    else:
        assert parts_of(shares, total) == expected


@given(
    shares=st.lists(st.floats(1e-9, 1e6) | st.integers(1, 5).map(float), min_size=1, max_size=32),
    extra=st.integers(0, 50) | st.integers(0, MOST_STROKES - 32),
)
@settings(max_examples=300, deadline=None)
def test_strokes_are_shared_by_largest_remainder_and_no_pass_goes_empty(shares, extra):
    total = len(shares) + extra
    groups = parts_of(shares, total)
    assert sum(groups) == total and min(groups) >= 1
    whole = sum(map(Fraction, shares))
    due = [Fraction(share) * total / whole for share in shares]
    near = Fraction(1, 10**6)  # where rounding decides
    assert all(group == 1 or group < d + 1 + near for group, d in zip(groups, due, strict=True))
    if all(d >= 1 for d in due):  # else those with most gave some away
        rests = [(d - group, d % 1) for group, d in zip(groups, due, strict=True)]
        assert all(-1 - near < short < 1 + near for short, _ in rests)
        rounded_up = [rest for short, rest in rests if short < -near]
        rounded_down = [rest for short, rest in rests if short > near]
        assert not rounded_up or not rounded_down or min(rounded_up) >= max(rounded_down) - near


def test_those_with_most_give_to_those_with_none():
    groups = parts_of([1, 1, 1, 1000, 900], 12)
    assert groups[:3] == [1, 1, 1] and sorted(groups[3:]) == [4, 5]


def test_the_phases_carry_the_style_and_the_finish_comes_last():
    passes = (
        Pass(radius=0.2, share=1, iterations=11, canvas=0.25, respawn=0.1),
        Pass(radius=0.05, share=3, iterations=0, canvas=0.5),
    )
    phases = plan(Style(name="test", passes=passes, finish=17), (8,), SQUARE)
    assert [(p.index, p.strokes, p.iterations, p.side, p.radius, p.respawn, p.finish) for p in phases] == [
        (0, 2, 11, 256, 0.2, 0.1, False),
        (1, 6, 0, 512, 0.05, 0.0, False),
        (2, 0, 23, 1024, 0.05, 0.0, True),
    ]


@pytest.mark.parametrize("total", [-1, 0, 2, MOST_STROKES + 1])
def test_too_few_or_too_many_strokes_are_refused(total):
    with pytest.raises(
        ImpastoError, match=f"^{total} strokes .*3 passes of style test; ask for 3 to 1000000"
    ) as refusal:
        require_strokes(style_of([1, 1, 1]), total)
    assert "\n" not in str(refusal.value)


def test_the_work_is_done_when_all_of_it_is_and_later_passes_are_more_of_it():
    phases = plan(style_of([1, 1, 1]), (300,), SQUARE)
    done = [work(phases, phase, phase.iterations) for phase in phases]
    assert done[-1][0] == pytest.approx(done[-1][1]) and np.ptp([whole for _, whole in done]) < 1e-6 * done[-1][1]
    begun = [work(phases, phase, 0)[0] for phase in phases]
    assert begun[0] == 0 and begun[1:] == pytest.approx([so_far for so_far, _ in done[:-1]])
    assert (np.diff(np.diff([*begun[:3], done[2][0]])) > 0).all()


# --- canvases and strides


def told(style, strokes, surface, effort="normal"):
    """Longer sides of the passes' canvases, and the stride and the steps of the finish."""
    *passes, finish = plan(style, (strokes,), surface, effort)
    assert finish.side == surface.side and all(phase.stride == 1 for phase in passes)
    return [phase.side for phase in passes], finish.stride, finish.iterations


@pytest.mark.parametrize(
    ("strokes", "side", "expected"),
    [
        (1600, 1024, ([96, 158, 273, 407], 3, 137)),
        (4000, 1024, ([125, 249, 432, 512], 2, 139)),
        (10000, 1024, ([197, 394, 512, 512], 2, 156)),
        (4000, 512, ([125, 249, 432, 448], 2, 166)),
        (4000, 300, ([125, 249, 300, 300], 1, 100)),
        (4000, 64, ([64, 64, 64, 64], 1, 100)),
    ],
)
def test_canvases_are_as_large_as_strokes_need_them(strokes, side, expected):
    assert told(load_style("realistic"), strokes, Surface(side, (1.0,))) == expected


@pytest.mark.parametrize("name", FITTED)
def test_a_larger_working_size_costs_no_more_than_the_largest_pass(name):
    """The finish looks at as many pixels, further apart; passes are the same once they are no longer cut short."""
    style = load_style(name)
    (small, stride, _), (large, wide, _) = (told(style, 1600, Surface(side, (0.75,))) for side in (2048, 8192))
    assert small == large
    assert 8192 / wide == pytest.approx(2048 / stride, rel=0.25)


def test_thinner_paint_is_looked_at_more_closely():
    """A small selection, or a region with most of the strokes, has as many pixels for each stroke."""
    style = load_style("realistic")
    sides, stride, _ = told(style, 1600, Surface(2048, (1.0,)))
    closer, finer, _ = told(style, 1600, Surface(2048, (0.25,)))
    assert finer < stride and all(a > b or b == 96 for a, b in zip(closer, sides, strict=True))
    two = plan(style, (1500, 100), Surface(2048, (0.25, 0.75)))
    assert finer <= two[-1].stride < stride and two[-1].counts == (0, 0)


def test_a_style_may_say_itself_how_closely_it_looks():
    style = load_style("realistic", ["passes.2.canvas=0.75", "lattice=5", "passes.1.loss=smooth_l1"])
    sides, stride, steps = told(style, 1600, Surface(1000, (1.0,)))
    assert sides[1] == 750 and stride == 5 and steps == 157
    assert [phase.loss for phase in plan(style, (1600,), SQUARE)] == ["smooth_l1", "l2", "l2", "l2", "smooth_l1"]
    assert told(style, 1600, Surface(3, (1.0,)))[1] == 3  # of so few pixels


def test_a_loss_that_no_kernel_knows_is_shown_whole_canvases(monkeypatch):
    class Whole:
        def value_and_gradient(self, canvas, target, weight):
            return 0.0, canvas * 0

    monkeypatch.setattr("impasto.engine.painter.plan.LOSSES", {"whole": Whole()})
    style = load_style("realistic", ["lattice=4"])
    style = style.model_copy(update={"loss": style.loss.model_copy(update={"kind": "whole"})})
    assert told(style, 1600, SQUARE)[1:] == (1, 100)


@pytest.mark.parametrize("name", LEARNING)
def test_effort_buys_steps_and_detail(name):
    style = load_style(name)
    draft, normal, high = (plan(style, (style.strokes,), SQUARE, effort) for effort in EFFORTS)
    work_of = [sum(p.iterations * (p.side / p.stride) ** 2 for p in phases) for phases in (draft, normal, high)]
    assert work_of[0] < 0.6 * work_of[1] and 2 * work_of[1] < work_of[2] < 4 * work_of[1]
    for one, other in ((draft, normal), (normal, high)):
        assert all(a.side <= b.side and a.stride >= b.stride for a, b in zip(one, other, strict=True))


def test_high_effort_sees_a_fifth_more_of_passes_and_takes_twice_the_steps():
    style = load_style("realistic", ["passes.1.canvas=0.25"])
    draft, normal, high = (plan(style, (1000,), Surface(4096, (1.0,)), effort) for effort in EFFORTS)
    assert [p[0].side for p in (draft, normal, high)] == [1024] * 3  # as the style says
    assert [p[1].side / normal[1].side for p in (draft, normal, high)] == pytest.approx([1, 1, 1.2], abs=0.01)
    assert [p[1].iterations / normal[1].iterations for p in (draft, high)] == pytest.approx([0.55, 2.2], abs=0.05)


def test_a_finish_ends_on_the_mean_of_its_last_steps_unless_its_colours_are_mixed_of_pigments():
    for name, longest in (("realistic", 24), ("watercolour", 0)):
        *passes, finish = plan(load_style(name), (1600,), SQUARE)
        assert not any(each.averages(k) for each in passes for k in range(each.iterations + 1))
        last = min(longest, finish.iterations // 4)
        assert [finish.averages(k) for k in range(1, finish.iterations + 1)] == [
            k > finish.iterations - last for k in range(1, finish.iterations + 1)
        ]


def test_every_pass_step_and_region_has_random_numbers_of_its_own_and_always_the_same():
    phases = plan(load_style("realistic"), (1000,), SQUARE)

    def drawn() -> list[float]:
        return [
            phase.rng(seed, step, region).random()
            for phase in phases for seed in (0, 1) for step in (0, 1, 2) for region in (0, 1, 2)
        ]  # fmt: skip

    assert drawn() == drawn() and len(set(drawn())) == len(phases) * 2 * 3 * 3


@pytest.mark.parametrize("effort", EFFORTS)
def test_no_steps_stay_none(effort):
    style = style_of([1, 1], finish=0)
    style = style.model_copy(update={"passes": tuple(p.model_copy(update={"iterations": 0}) for p in style.passes)})
    assert [phase.iterations for phase in plan(style, (9,), SQUARE, effort)] == [0, 0, 0]


def test_a_finish_remembers_longer_even_if_it_sees_every_pixel():
    picture = Picture(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))
    for name, stride, longer in (
        ("realistic", 1, LATTICE_BETAS), ("watercolour", 1, BETAS), ("watercolour", 2, LATTICE_BETAS),
    ):  # fmt: skip
        style = load_style(name, [f"lattice={stride}"])
        phases = plan(style, (60,), Surface(64, (1.0,)))
        group = StyleGroup(picture, style, (0,), phases)
        assert phases[-1].stride == stride
        assert betas_on(group._goal_of(phases[-1])) == longer and betas_on(group._goal_of(phases[0])) == BETAS


def test_strokes_move_when_three_fifths_of_a_pass_are_done():
    phase = plan(load_style("realistic"), (100,), Surface(512, (1.0,)))[-2]
    moving = replace(phase, moved=0.2)
    assert [k for k in range(20) if moving.replaces(k, leave=False)] == [12] and phase.iterations == 20
    assert not any(phase.replaces(k, leave=True) for k in range(20))
    assert moving.next_look(0, 40, leave=False) == 12


def test_any_colour_lies_under_the_strokes_of_each_iteration():
    phase = plan(load_style("realistic"), (100,), Surface(512, (1.0,)))[1]
    colours = phase.backdrops(7)
    assert colours.shape == (phase.iterations, 4) and (colours[:, 3] == 1).all() and np.unique(colours[:, 0]).size == 20
    assert np.array_equal(replace(phase, iterations=5).backdrops(7), colours[:5])
    assert not np.array_equal(phase.backdrops(8), colours)
    assert not np.array_equal(replace(phase, index=2).backdrops(7), colours)
