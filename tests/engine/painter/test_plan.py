"""The plan: every stroke is dealt out, in proportion to the passes' shares."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.plan import MOST_STROKES, Surface, plan, require_strokes, work
from impasto.engine.styles import Style
from impasto.engine.styles.style import Pass


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
        (2, 0, 27, 1024, 0.05, 0.0, True),
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
    assert done[-1][0] == pytest.approx(done[-1][1]) and len({whole for _, whole in done}) == 1
    begun = [work(phases, phase, 0)[0] for phase in phases]
    assert begun[0] == 0 and begun[1:] == pytest.approx([so_far for so_far, _ in done[:-1]])
    assert (np.diff(np.diff([*begun[:3], done[2][0]])) > 0).all()
