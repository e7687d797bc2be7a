"""The budget: who gets how many strokes, and what is not painted at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.budget import (
    RegionSettings,
    allot,
    budgets_of,
    left_out,
    resumed_budget,
    usual_detail,
    with_alpha_mask,
    worths,
)
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import Region, Regions
from impasto.engine.styles import load_style

STYLE = load_style("painterly")


def picture(height=48, width=64):
    """Flat on the left, busy on the right."""
    rng = np.random.default_rng(0)
    rgb = np.full((height, width, 3), 120, np.uint8)
    rgb[:, width // 2 :] = rng.integers(0, 256, (height, width - width // 2, 3))
    return Picture(rgb)


def halves(height=48, width=64, names=("left", "right")):
    labels = np.zeros((height, width), int)
    labels[:, width // 2 :] = 1
    return Regions.from_labels(labels, [Region(name) for name in names])


@given(st.lists(st.tuples(st.floats(0, 100), st.none() | st.integers(0, 50)), min_size=1, max_size=60), st.data())
def test_budgets_are_exact_or_refused(wanted, data):
    worth, fixed = np.array([w for w, _ in wanted]), [n for _, n in wanted]
    total = data.draw(st.integers(1, 5000))
    free = [k for k, n in enumerate(fixed) if n is None and worth[k] > 0]
    left = total - sum(n or 0 for n in fixed)
    if left < len(free) or (left and not free):
        with pytest.raises(ImpastoError, match="ask for"):
            budgets_of(total, worth, fixed)
        return
    budgets = budgets_of(total, worth, fixed)
    assert sum(budgets) == total
    for k, n in enumerate(fixed):
        assert budgets[k] == n if n is not None else (budgets[k] >= 1) == (worth[k] > 0)


def test_budgets_go_by_area_and_error():
    busy, large = worths(picture(), np.rint(halves().masks * 255).astype(np.uint8))[::-1]
    assert busy > 5 * large
    flat = Picture(np.full((40, 60, 3), 80, np.uint8))
    labels = (np.arange(60) >= 15).astype(int)[None].repeat(40, 0)
    masks = (labels[None] == np.arange(2)[:, None, None]).astype(np.uint8) * 255
    small, three_times = worths(flat, masks)
    assert three_times == pytest.approx(3 * small, rel=0.02)


def test_cares_change_a_region_and_leave_the_total():
    usual = allot(picture(), STYLE, 300, halves())
    more = allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(detail=4)})
    fixed = allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(strokes=100)})
    assert usual.budgets[0] < more.budgets[0] and fixed.budgets == (100, 200)
    assert {sum(c.budgets) for c in (usual, more, fixed)} == {300}
    none = allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(strokes=0)})
    assert none.budgets == (0, 300) and none.groups() == [(1,)]


def test_what_eyes_go_to_gets_more():
    names = ("face", "face 2", "left of face", "dog", "background", "background 3", "sky", "clothes")
    assert [usual_detail(name) for name in names] == [3, 3, 1, 1.2, 0.8, 0.8, 1, 1.2]
    plain = Picture(np.full((48, 64, 3), 120, np.uint8))
    budgets = allot(plain, STYLE, 380, halves(names=("face", "background"))).budgets
    assert budgets == (300, 80)


def test_regions_of_one_style_are_painted_together():
    rough = load_style("abstract")
    labels = np.arange(64)[None].repeat(48, 0) // 16
    regions = Regions.from_labels(labels, [Region(name) for name in "abcd"])
    asked = allot(picture(), STYLE, 300, regions, {"b": RegionSettings(style=rough), "d": RegionSettings(style=rough)})
    assert asked.groups() == [(0, 2), (1, 3)]
    assert asked.regions is not None
    assert [bool(area.style) for area in asked.regions.infos] == [False, True, False, True]
    canvas = (80, 60, 1024, None, "normal")
    phases = asked.phases(*canvas)
    assert [p.index for p in phases] == list(range(len(phases)))
    assert sum(p.strokes for p in phases) == 300
    again = resumed_budget(asked.regions, STYLE, asked.budgets)
    assert again.styles == asked.styles and again.phases(*canvas) == phases


def test_a_look_is_no_reason_to_paint_a_region_apart():
    lit = load_style("painterly", ["light.relief=1", "light.ground=paper", "passes.1.medium=flat"])
    asked = allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(lit)})
    assert asked.groups() == [(0, 1)] and asked.styles == (lit, STYLE)
    assert asked.regions is not None and asked.regions.infos[0].style["light"] == {"relief": 1.0, "ground": "paper"}
    other = load_style("painterly", ["shape.aspect=9"])
    assert allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(other)}).groups() == [(0,), (1,)]


def test_what_cannot_be_commissioned_is_refused():
    with pytest.raises(ImpastoError, match="did you mean right"):
        allot(picture(), STYLE, 300, halves(), {"rihgt": RegionSettings()})
    with pytest.raises(ImpastoError, match=r"cannot be shared.*400 for left.*ask for 401 or more"):
        allot(picture(), STYLE, 300, halves(), {"left": RegionSettings(strokes=400)})
    with pytest.raises(ImpastoError, match="ask for 2 or more"):
        allot(picture(), STYLE, 1, halves())
    with pytest.raises(ImpastoError, match="damaged"):
        resumed_budget(None, STYLE, (1, 2))


def test_a_veil_cuts_what_is_already_see_through():
    mask = np.array([[0, 128], [255, 255]], np.uint8)
    rgb = np.zeros((2, 2, 3), np.uint8)
    first = with_alpha_mask(Picture(rgb), mask).alpha
    assert first is not None and np.array_equal(first, mask)
    alpha = np.array([[255, 255], [0, 100]], np.uint8)
    both = with_alpha_mask(Picture(rgb, alpha), mask).alpha
    assert both is not None and both.tolist() == [[0, 128], [0, 100]]


def test_regions_that_are_left_out_are_cut_and_the_others_still_share_all():
    soft = np.clip((np.arange(64) - 28) / 8, 0, 1).astype(np.float32)[None].repeat(48, 0)
    regions = Regions(np.stack([1 - soft, soft]), (Region("left"), Region("right")))
    cut, rest = left_out(picture(), regions, ["left"])
    assert rest.names == ("right",) and (rest.masks == 1).all()
    assert cut.alpha is not None and np.abs(cut.alpha / 255 - soft).max() < 0.003
    same, all_of_them = left_out(picture(), regions, [])
    assert same.alpha is None and all_of_them is regions
    with pytest.raises(ImpastoError, match="skip fewer"):
        left_out(picture(), regions, ["left", "right"])
    with pytest.raises(ImpastoError, match="no region 'top'"):
        left_out(picture(), regions, ["top"])
