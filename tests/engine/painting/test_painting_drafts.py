"""Drafts of one look after the other are those that are made anew."""

import numpy as np
import pytest

from impasto.engine.painting.drafts import Drafts
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.painting.textured import TexturedComposer

LOOKS = [
    ({"kind": "oil"}, {}), ({"kind": "oil"}, {"relief": 1.2}), ({"kind": "oil"}, {"gloss": 0.4, "angle": 10}),
    ({"kind": "oil", "dryness": 2}, {"gloss": 0.4}), ({"kind": "oil", "dryness": 2}, {"ground": "none"}),
    ({"kind": "knife"}, {"height": 30}), ({}, {}), ({"kind": "knife"}, {"height": 30}), ({"kind": "knife"}, {}),
]  # fmt: skip


def painting(regions: bool) -> Painting:
    rng = np.random.default_rng(5)
    table = rng.uniform(0.1, 0.9, (60, 13)).astype(np.float32)
    table[:, 6:8] = rng.uniform(0.02, 0.06, (60, 2))
    masks = np.zeros((2, 48, 64), np.uint8)
    masks[0, :, :30], masks[1, :, 30:] = 255, 255
    infos = tuple(RegionInfo(name=name, softness=0.004, edge=0.1) for name in ("one", "other"))
    strokes = Strokes.of(table, region=np.arange(60) % 2 if regions else 0)
    return Painting(
        strokes=strokes, width=64, height=48, style={}, seed=0, background=(0.5, 0.4, 0.3, 1.0), softness=0.004,
        edge=0.1, regions=RegionMasks(masks, infos) if regions else None,
    )  # fmt: skip


@pytest.mark.parametrize("regions", [False, True])
def test_they_are_to_the_bit_what_is_rendered(regions: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts, plain = Drafts(), painting(regions)
    wanted = [with_look(plain, *look).render(96, 128, draft=True) for look in LOOKS]
    painted: list[int] = []
    paint = TexturedComposer._painted
    monkeypatch.setattr(TexturedComposer, "_painted", lambda *given: painted.append(1) or paint(*given))
    for look, pixels in zip(LOOKS, wanted, strict=True):
        assert np.array_equal(drafts.draft(with_look(plain, *look), 96, 128), pixels), look
    assert len(painted) == 5  # where only the light was another, nothing was painted
    assert drafts.draft(with_look(plain, *LOOKS[0]), 48, 64).shape == (48, 64, 4)
    other = painting(regions)  # as many strokes, but others' own
    assert np.array_equal(drafts.draft(with_look(other, *LOOKS[0]), 48, 64), drafts.draft(
        with_look(plain, *LOOKS[0]), 48, 64))  # fmt: skip
