"""Whatever networks answer is made regions of."""

import numpy as np
import pytest

from impasto.engine.segment.methods.panoptic import Found, Segmenter, tidied


@pytest.mark.parametrize(
    "answer",
    [
        {"segmentation": None, "segments_info": []},
        {"segmentation": np.full((8, 9), -1), "segments_info": []},
        {"segmentation": np.zeros((8, 9)), "segments_info": []},
        {"segmentation": np.zeros((8, 9)), "segments_info": [{"id": 3, "label_id": 1, "score": 0.9}]},
    ],
)
def test_nothing_found_in_every_dialect(answer):
    regions = tidied(ask(answer))[1]
    assert [region.name for region in regions] == ["rest"]


def ask(answer: dict) -> Found:
    """What a panoptic network's processed answer means."""
    import torch

    if answer["segmentation"] is not None:
        answer = answer | {"segmentation": torch.from_numpy(answer["segmentation"])}
    segmenter = Segmenter.__new__(Segmenter)
    segmenter._names = {1: "sky", 2: "person"}
    return segmenter._panoptic_map(answer, (8, 9))


def test_fused_and_unknown_and_odd_segments():
    numbers = np.zeros((8, 9), np.int64)
    numbers[:4], numbers[4:, :5], numbers[4:, 5:] = 1, 2, 3
    found = ask(
        {
            "segmentation": numbers,
            "segments_info": [
                {"id": 1, "label_id": 1, "score": 0.7},
                {"id": 1, "label_id": 1, "score": 0.6},  # fused
                {"id": 2, "label_id": 99, "score": float("nan")},
                {"id": 3, "label_id": 2, "score": 1.5},
                {"id": 4, "label_id": 2, "score": 0.5},  # covered
            ],
        }
    )
    assert sorted(found.names) == ["label 99", "person", "sky"]
    assert dict(zip(found.names, found.scores, strict=True)) == {"sky": 0.7, "label 99": 0.0, "person": 1.0}
    labels, regions = tidied(found)
    assert [np.bincount(labels.ravel())[row] for row in range(3)] == [
        (numbers == {"sky": 1, "label 99": 2, "person": 3}[region.name]).sum() for region in regions
    ]


def test_one_and_sixty_and_a_thousand_segments():
    assert [r.name for r in tidied(Found(np.ones((5, 5), np.int32), ["sky"], [0.5]))[1]] == ["sky"]
    for count, kept in ((60, 60), (1000, 255)):
        side = 40
        found = Found(
            (np.arange(side * side) % count + 1).reshape(side, side).astype(np.int32), ["tree"] * count, [1.0] * count
        )
        labels, regions = tidied(found)
        assert len(regions) == kept == len(np.unique(labels))
        assert len({region.name for region in regions}) == kept


def test_gaps_and_specks():
    labels = np.ones((100, 100), np.int32)
    labels[:5, :5], labels[50, 50] = 0, 2  # a small gap, a speck
    numbers, regions = tidied(Found(labels, ["sky", "bird"], [1.0, 1.0]))
    assert [region.name for region in regions] == ["sky"]
    assert (numbers == 0).all()
    labels[:50] = 0
    numbers, regions = tidied(Found(labels, ["rest", "bird"], [1.0, 1.0]))
    assert [(region.name, region.kind) for region in regions] == [("rest", "stuff"), ("rest 2", "rest")]
    assert (numbers[:50] == 1).all()
