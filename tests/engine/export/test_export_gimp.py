"""PSD in GIMP 2.10: layers, groups, names and blending are what was written, and together they are the painting."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from export_cases import HOSTILE
from handmade import made
from PIL import Image

from impasto.engine.export import write_result
from impasto.engine.export.layers import tree_of
from impasto.engine.export.stacks import stack_of
from impasto.engine.painting.painting import Painting

pytest.importorskip("psd_tools", reason="psd-tools is for Python 3.11 and later")
GIMP = shutil.which("gimp-console-2.10")
pytestmark = [pytest.mark.nightly, pytest.mark.skipif(GIMP is None, reason="GIMP 2.10 is not installed")]
BLENDING = {28: "normal", 30: "multiply"}  # GIMP's LayerMode

SCRIPT = """
(define (tell layers depth)
  (for-each (lambda (layer)
    (for-each (lambda (word) (display word) (display "\\t")) (list "layer" depth (car (gimp-layer-get-opacity layer))
      (car (gimp-layer-get-mode layer)) (car (gimp-item-get-visible layer)) (car (gimp-item-get-name layer))))
    (newline)
    (if (= (car (gimp-item-is-group layer)) 1)
      (tell (vector->list (cadr (gimp-item-get-children layer))) (+ depth 1))))
    layers))
(let ((image (car (gimp-file-load RUN-NONINTERACTIVE "{psd}" "{psd}"))))
  (tell (vector->list (cadr (gimp-image-get-layers image))) 0)
  (let ((flat (car (gimp-image-merge-visible-layers image CLIP-TO-IMAGE))))
    (file-png-save RUN-NONINTERACTIVE image flat "{png}" "{png}" 0 6 0 0 0 0 0)))
(gimp-quit 0)
"""


def washes() -> Painting:
    painting = replace(made(strokes=6, regions=2), background=(1.0, 1.0, 1.0, 1.0), softness=0.004)
    return Painting(**{**vars(painting), "style": {"name": "wet", "medium": {"kind": "watercolour"}}})


CASES: dict[str, Callable[[], Painting]] = {
    "as a whole": made,
    "regions": lambda: made(regions=len(HOSTILE), names=HOSTILE, edges=("strict", "loose")),
    "masked on nothing": lambda: made(regions=3, mask=True, background=(0.0, 0.0, 0.0, 0.0)),
    "washes": washes,
}


@pytest.mark.parametrize("case", CASES)
def test_gimp_opens_it(case: str, tmp_path: Path) -> None:
    painting = CASES[case]()
    write_result(painting, tmp_path / "a.psd", 64, 96)
    script = SCRIPT.format(psd=tmp_path / "a.psd", png=tmp_path / "a.png")
    env = os.environ | {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    words = [str(GIMP), "--no-interface", "--no-data", "--no-fonts", "--batch", "-"]
    done = subprocess.run(words, input=script, env=env, capture_output=True, text=True, timeout=120, check=True)
    rows = [line[line.index("layer\t") :].split("\t")[1:6] for line in done.stdout.splitlines() if "layer\t" in line]
    stack = stack_of(painting, 64, 96)
    want: list[tuple[str, str, str]] = []
    for name, own in reversed(tree_of(stack)):  # the front one first
        depth = 0 if name is None else 1
        if name is not None:
            want.append(("0", name, ""))
        for n, title in reversed(own):  # the lowest of a group, under which nothing lies, covers
            blending = stack.layers[n].blending if (n, title) != own[0] or name is None else ""
            want.append((str(depth), title, blending))
    assert [row[0] for row in rows] == [depth for depth, _, _ in want]
    for (_, opacity, mode, seen, called), (_, name, blending) in zip(rows, want, strict=True):
        assert float(opacity) == 100 and seen == "1"
        assert called == name or called.startswith(f"{name} #"), (called, name)  # GIMP numbers what is there twice
        assert not blending or BLENDING[int(mode)] == blending
    with Image.open(tmp_path / "a.png") as image:
        found = np.asarray(image.convert("RGBA")).astype(float)
    whole = painting.render(64, 96).astype(float)
    assert (np.abs(found - whole)[..., :3] * whole[..., 3:] / 255).max() <= 2
    assert np.abs(found[..., 3] - whole[..., 3]).max() <= 1
