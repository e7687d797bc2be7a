"""PSD: layers, names and blending are there, and composed they are the painting, by our rules and by psd-tools'."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_cases import HOSTILE, together
from handmade import made

from impasto.engine.errors import ImpastoError
from impasto.engine.export import check_result, write_result
from impasto.engine.export.layers import tree_of
from impasto.engine.export.stacks import stack_of
from impasto.engine.export.writers.psd import _matted
from impasto.engine.painting.painting import Painting

psd_tools = pytest.importorskip("psd_tools", reason="psd-tools is for Python 3.11 and later")
CASES = {
    "as a whole": lambda: made(),
    "regions": lambda: made(regions=len(HOSTILE), names=HOSTILE, edges=("strict", "loose")),
    "masked on nothing": lambda: made(regions=3, mask=True, background=(0.0, 0.0, 0.0, 0.0)),
    "on glass": lambda: made(background=(0.2, 0.9, 0.4, 0.5), under=True),
}


@pytest.mark.parametrize("case", CASES)
def test_opened_again_it_is_the_painting(case: str, tmp_path: Path) -> None:
    painting = CASES[case]()
    write_result(painting, tmp_path / "a.PSD", 64, 96)
    stack, document = stack_of(painting, 64, 96), psd_tools.PSDImage.open(tmp_path / "a.PSD")
    groups = [(each.name, [layer.name for layer in each]) for each in document if each.is_group()]
    assert groups == [(name, [title for _, title in own]) for name, own in tree_of(stack) if name is not None]
    layers = [layer for layer in document.descendants() if not layer.is_group()]
    planes = [np.asarray(layer.topil().convert("RGBA")) for layer in layers]
    assert [(layer.top, layer.left, layer.opacity) for layer in layers] == [(o.top, o.left, 255) for o in stack.layers]
    whole = painting.render(64, 96).astype(float)
    for found in (together(stack, planes), np.asarray(document.composite(force=True).convert("RGBA")).astype(float)):
        assert (np.abs(found - whole)[..., :3] * whole[..., 3:] / 255).max() <= 2
        assert np.abs(found[..., 3] - whole[..., 3]).max() <= 1
    merged = np.asarray(document.topil().convert("RGBA")).astype(float)
    assert np.abs(merged[..., 3] - whole[..., 3]).max() <= 1  # it rounds down
    assert np.abs((merged - whole)[whole[..., 3] == 255]).max(initial=0) <= 1


def test_the_merged_picture_lies_on_white() -> None:
    found = _matted(np.array([[[10, 20, 30, 128], [10, 20, 30, 255], [9, 9, 9, 0]]], np.uint8))
    shown = [round(c * 128 / 255 + 127) for c in (10, 20, 30)]
    assert found[:, 0].T.tolist() == [[*shown, 128], [10, 20, 30, 255], [255, 255, 255, 0]]


def test_washes_are_multiplied(tmp_path: Path) -> None:
    painting = replace(made(strokes=6), background=(1.0, 1.0, 1.0, 1.0), softness=0.004)
    painting = Painting(**{**vars(painting), "style": {"name": "wet", "medium": {"kind": "watercolour"}}})
    write_result(painting, tmp_path / "a.psd", 64, 96)
    document = psd_tools.PSDImage.open(tmp_path / "a.psd")
    layers = [layer for layer in document.descendants() if not layer.is_group()]
    assert [layer.blend_mode.name for layer in layers] == ["NORMAL", "MULTIPLY", "MULTIPLY", "MULTIPLY"]
    found = np.asarray(document.composite(force=True).convert("RGB")).astype(float)
    assert np.abs(found - painting.render(64, 96)[..., :3]).max() <= 2


def test_refused_before_painting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImpastoError, match=r"PSD ends at 30000 pixels; save it as \.ora"):
        check_result(tmp_path / "a.psd", size=(30_001, 10))
    monkeypatch.setitem(sys.modules, "psd_tools", None)
    with pytest.raises(ImpastoError, match=r"a\.psd takes more than is installed; run .*\[export\]"):
        check_result(tmp_path / "a.psd", size=(64, 64))
    assert not list(tmp_path.iterdir())
