"""Regions as data: what holds for every one, whatever is done with it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from impasto.engine.errors import ImpastoError
from impasto.engine.segment import Region, Regions
from impasto.engine.segment.ordering import depth, kind_of, painting_order
from impasto.engine.segment.regions import LONGEST_NAME, clean_name, unique_names

KINDS = st.sampled_from(["thing", "stuff", "user", "rest"])


@st.composite
def some_regions(draw) -> Regions:
    count, height, width = draw(st.integers(1, 6)), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    weights = draw(arrays(np.float32, (count, height, width), elements=st.floats(0, 1, width=32)))
    weights[draw(st.integers(0, count - 1))] += np.float32(1e-3)
    regions = [Region(f"r{k}", draw(KINDS), draw(st.floats(0, 1))) for k in range(count)]
    return Regions.shared_out(weights, regions)


def check(regions: Regions) -> None:
    assert regions.masks.dtype == np.float32
    assert regions.masks.min() >= 0 and regions.masks.max() <= 1
    assert np.abs(regions.masks.sum(0, dtype=np.float64) - 1).max() < 1e-5
    assert len(regions.masks) == len(regions.regions) == len(set(regions.names))
    assert regions.shares.sum() == pytest.approx(1)


@given(some_regions(), st.integers(1, 24), st.integers(1, 24))
def test_at_any_size_they_share_every_pixel(regions, height, width):
    other = regions.resampled(height, width)
    check(other)
    assert other.masks.shape == (len(regions), height, width)
    assert other.regions == regions.regions
    assert regions.resampled(regions.height, regions.width) is regions


@given(some_regions(), st.data())
def test_merging_adds_masks_up(regions, data):
    names = data.draw(st.lists(st.sampled_from(regions.names), min_size=1))
    merged = regions.merged(names, "both")
    check(merged)
    rows = sorted({regions.index(name) for name in names})
    assert len(merged) == len(regions) - len(rows) + 1
    assert merged.index("both") == rows[0]
    np.testing.assert_allclose(merged.masks[rows[0]], regions.masks[rows].sum(0), atol=1e-6)
    confidences = [regions.regions[row].confidence for row in rows]
    assert min(confidences) - 1e-9 <= merged.regions[rows[0]].confidence <= max(confidences) + 1e-9


@given(some_regions(), st.data())
def test_selecting_makes_one_rest_of_the_others(regions, data):
    names = data.draw(st.lists(st.sampled_from(regions.names), min_size=1))
    chosen = regions.selected(names)
    check(chosen)
    kept = [name for name in regions.names if name in names]
    if len(kept) == len(regions):
        assert chosen is regions
        return
    assert list(chosen.names) == ["rest", *kept]
    assert chosen.regions[0].kind == "rest"
    for name in kept:
        assert np.array_equal(chosen.masks[chosen.index(name)], regions.masks[regions.index(name)])


@given(some_regions(), st.data())
def test_ordering_only_moves(regions, data):
    names = data.draw(st.lists(st.sampled_from(regions.names), unique=True))
    for moved in (regions.ordered(names), regions.ordered()):
        check(moved)
        assert sorted(moved.names) == sorted(regions.names)
        for name in regions.names:
            assert np.array_equal(moved.masks[moved.index(name)], regions.masks[regions.index(name)])
    assert list(regions.ordered(names).names[len(regions) - len(names) :]) == names
    assert regions.ordered().ordered().names == regions.ordered().names


@given(some_regions(), some_regions())
def test_filling_the_rest(ours, found):
    found = found.resampled(ours.height, ours.width)
    full = ours.filled_by(found)
    check(full)
    rest = [row for row, region in enumerate(ours.regions) if region.kind == "rest"]
    front = full.regions[len(full) - (len(ours) - len(rest)) :]
    if rest:
        assert [r.name for r in front] == [r.name for r in ours.regions if r.kind != "rest"]
        behind = full.masks[: len(full) - len(front)].sum(0)
        np.testing.assert_allclose(behind, ours.masks[rest].sum(0), atol=1e-5)
    else:
        assert full is ours


@given(st.text())
def test_any_text_becomes_a_name(text):
    name = clean_name(text)
    assert clean_name(name, "") == name
    assert Region(name).name == name
    assert 1 <= len(name) <= LONGEST_NAME
    assert name.isprintable()
    assert not set(name) & set(":=,;/\\")


@given(st.lists(st.text("ab 2", min_size=1).map(clean_name)))
def test_names_become_unique_and_the_first_keeps_its_own(names):
    unique = unique_names(names)
    assert len(set(unique)) == len(names)
    for row, name in enumerate(names):
        assert clean_name(unique[row], "") == unique[row]
        if name not in names[:row]:
            assert unique[row] == name


def test_numbers_of_equal_names():
    assert unique_names(["person", "dog", "person", "person"]) == ["person", "dog", "person 2", "person 3"]
    assert unique_names(["person", "person", "person 2"]) == ["person", "person 3", "person 2"]


def flat(*levels: float) -> np.ndarray:
    return np.stack([np.full((2, 3), level, np.float32) for level in levels])


@pytest.mark.parametrize(
    "masks",
    [
        flat(0.5, 0.4), flat(1.2, -0.2), flat(np.nan, 1), flat(np.inf, 0), flat(0.5, 0.5).astype(np.float64),
        flat(0.5, 0.5)[..., 0], flat(1), np.zeros((2, 0, 3), np.float32), flat(0.2, 0.3, 0.5),
    ],
)  # fmt: skip
def test_masks_that_are_none(masks):
    with pytest.raises(ValueError):
        Regions(masks, (Region("a"), Region("b")))


def test_what_makes_no_regions():
    with pytest.raises(ValueError):
        Regions(flat(0.5, 0.5), (Region("a"), Region("a")))
    with pytest.raises(ValueError):
        Regions(np.full((257, 1, 1), 1 / 257, np.float32), tuple(Region(f"r{k}") for k in range(257)))
    wrongs: list[dict[str, Any]] = [
        {"name": ""}, {"name": "a:b"}, {"name": "a\nb"}, {"name": "a", "confidence": 1.1},
        {"name": "a", "confidence": float("nan")}, {"name": "a", "kind": "cat"},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(ValueError):
            Region(**wrong)
    for weights in (flat(0, 0), flat(-1, 3), flat(np.nan, 1), flat(np.inf, 1)):
        with pytest.raises(ValueError):
            Regions.shared_out(weights, [Region("a"), Region("b")])


def test_as_many_as_there_may_be():
    labels = np.arange(256).reshape(16, 16)
    regions = Regions.from_labels(labels, [Region(f"r{k}") for k in range(256)])
    check(regions)
    assert np.array_equal(regions.labels(), labels)
    check(regions.resampled(5, 7))


def test_masks_are_read_only_but_those_given_are_not():
    masks = flat(0.25, 0.75)
    regions = Regions(masks, (Region("a"), Region("b")))
    with pytest.raises(ValueError):
        regions.masks[0, 0, 0] = 1
    masks[0, 0, 0] = 0.25


def test_wishes_that_cannot_be_granted():
    regions = Regions(flat(0.25, 0.25, 0.5), (Region("sky"), Region("sea"), Region("boat")))
    for wish, words in (
        (lambda: regions.index("sjy"), "did you mean sky"),
        (lambda: regions.index("xyz"), "there are sky, sea, boat"),
        (lambda: regions.renamed({"sky": "sea"}), "two regions"),
        (lambda: regions.renamed({"sky": "a=b"}), "no name"),
        (lambda: regions.merged([]), "name some"),
        (lambda: regions.merged(["sky", "sea"], "boat"), "two regions"),
        (lambda: regions.selected([]), "name one"),
        (lambda: regions.ordered(["sky", "sky"]), "twice"),
    ):
        with pytest.raises(ImpastoError, match=words):
            wish()
    assert regions.renamed({"sky": "sea", "sea": "sky"}).names == ("sea", "sky", "boat")
    with pytest.raises(ValueError):
        regions.filled_by(regions.resampled(5, 5))


def test_the_customary_order():
    names = ["person", "cat", "grass-merged", "sky-other-merged", "rest", "face", "blob", "sea", "mask"]
    kinds = ["thing", "thing", "stuff", "stuff", "rest", "thing", "stuff", "stuff", "user"]
    order = painting_order(names, kinds, np.full(9, 1 / 9))
    assert [names[row] for row in order] == [
        "rest", "sky-other-merged", "sea", "blob", "grass-merged", "cat", "person", "face", "mask",
    ]  # fmt: skip
    assert painting_order(["tree", "tree 2"], ["stuff", "stuff"], np.array([0.2, 0.8])) == [1, 0]  # large before small
    assert painting_order(["b", "a"], ["user", "user"], np.array([0.2, 0.8])) == [0, 1]  # as given
    assert depth("sky", "stuff") < depth("tree-merged", "stuff") < depth("rug-merged", "stuff")


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("person", "thing"), ("sky-other-merged", "stuff"), ("dining table", "thing"), ("wall-brick", "stuff"),
        ("potted plant", "thing"), ("door-stuff", "stuff"), ("fire hydrant", "thing"), ("water-other", "stuff"),
        ("something", "stuff"), ("TV", "thing"),
    ],
)  # fmt: skip
def test_things_and_stuff(label, kind):
    assert kind_of(label) == kind
