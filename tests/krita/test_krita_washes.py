"""Watercolours in the real Krita: layers that are multiplied are the picture, in one undo step, whatever is changed."""

import base64
import zlib
from pathlib import Path

import numpy as np

from impasto.engine.painting.painting import Painting

PHOTO_SIZE = (320, 320)
WASHES = {"border", "dryness", "granulation", "line", "rims", "spatter", "wetness"}


def unpacked(data: str) -> bytes:
    return zlib.decompress(base64.b64decode(data))


def rendered(data: str, folder: Path) -> np.ndarray:
    """A painting's pixels, (320, 320, 4) uint8."""
    path = folder / "it.impasto"
    path.write_bytes(unpacked(data))
    return Painting.load(path).render(*PHOTO_SIZE)


def shown(data: str) -> np.ndarray:
    """What Krita shows, (320, 320, 3) RGB."""
    return np.frombuffer(unpacked(data), np.uint8).reshape(*PHOTO_SIZE, 4)[..., 2::-1].astype(float)


def off(pixels: np.ndarray, should: np.ndarray) -> float:
    """The share of pixels that are more than 2/255 off."""
    return float((np.abs(pixels - should).max(-1) > 2).mean())


def test_washes_are_layers_that_are_multiplied(in_window, photo, tmp_path):
    found = in_window("washes", photo=photo)
    covering = {"medium/bristles", "medium/dryness", "light/relief", "light/gloss"}
    washes = {*(f"medium/{name}" for name in WASHES), "light/relief"}
    sliders = {style: set(rows) for style, (rows, _) in found["controls"].items()}
    assert sliders["watercolour"] == washes and sliders["painterly"] == covering
    assert sliders["pen"] == {"medium/line", "medium/border", "light/relief"}
    assert [style for style, (_, pigments) in found["controls"].items() if pigments] == ["watercolour"]
    assert {"classic", "sepia", "earths"} <= set(found["pigments"])

    assert found["paint"] == ["done", ""] and found["grew"] == 1
    names, how, inner = zip(*found["modes"], strict=True)
    assert names == ("paper", *(f"pass {k + 1}" for k in range(len(names) - 1)))
    assert how == ("normal", *["multiply"] * (len(names) - 1)) and len(names) > 3 and not any(inner)
    for name in ("whole", "rims"):
        should = rendered(found["paintings"][name], tmp_path)[..., :3]
        assert off(shown(found["pictures"][name]), should) < 0.001, name
    assert found["undone"] == [True, 0] and found["again"] == [True, 1]

    assert found["aim"] and found["rims"] == ["done", "", True, True, True]
    busy, no_aim, where = found["oil"]
    assert not busy and no_aim and "Paint again to see it" in where
    assert found["sepia"] == ["done", 0, True]
    assert found["repaint"] == ["done", ""] and found["repainted"] == [0, True]

    assert found["regions"] == ["done", ""] and found["outside"] == 0
    paper, *groups = found["regions modes"]
    assert paper == ["paper", "normal", []] and groups
    for name, mode, layers in groups:
        assert mode == "multiply" and layers and {each[1] for each in layers} == {"multiply"}, name
        assert layers[-1][0] == "pen"
    painted = rendered(found["paintings"]["regions"], tmp_path).astype(float)
    alpha = painted[..., 3:] / 255
    should = shown(found["pictures"]["before"]) * (1 - alpha) + painted[..., :3] * alpha
    assert 0.1 < alpha.mean() < 0.9
    assert off(shown(found["pictures"]["regions"]), should) < 0.001
