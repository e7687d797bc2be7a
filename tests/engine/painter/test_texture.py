"""Texture: what a picture looks like to a network, kept in a style, and paintings whose finish goes for it."""

import numpy as np
import pytest
from making_paintings import STYLE, assert_same, begun, checkpoints, finished, scene

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.seeing.example import with_texture
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import Style, changed_style, validate_style
from impasto.engine.styles.gram import CHANNELS, COUNT, packed, unpacked
from impasto.engine.styles.own import toml_text

torch = pytest.importorskip("torch")
stripes = np.where(np.arange(64)[:, None, None] % 6 < 3, [230, 190, 40], [20, 40, 120])
STRIPES = Picture(np.broadcast_to(stripes, (64, 80, 3)).astype(np.uint8))


@pytest.fixture(scope="module")
def striped() -> Style:
    return with_texture(STYLE, STRIPES, 2.0)


def unlike(picture: np.ndarray, style: Style) -> float:
    """How far a picture (H, W, 3) uint8 is from a style's texture."""
    canvas = (picture[..., :3] / np.float32(255)).transpose(2, 0, 1)
    return texture(style, canvas.shape[1:]).value_and_gradient(canvas)[0]


def texture(style: Style, size: tuple[int, ...]):
    from impasto.engine.painter.seeing.texture import Texture
    from impasto.engine.segment.networks.lite0 import load_lite0

    return Texture(np.ones(size, np.float32), unpacked(style.loss.example), load_lite0())


def test_it_is_kept_in_a_style(striped):
    values = striped.model_dump(mode="json")
    assert validate_style(values, "it") == striped
    assert all(len(piece) <= 2000 for piece in values["loss"]["example"])  # as messages carry them
    assert len(toml_text(values)) < 8000
    assert [len(gram) for gram in unpacked(striped.loss.example)] == list(CHANNELS)
    from impasto.engine.segment.networks import lite0

    assert lite0.CHANNELS[: len(CHANNELS)] == CHANNELS
    assert unlike(STRIPES.rgb, striped) < 1e-3 < 0.1 < unlike(scene().rgb, striped)


def test_numbers_come_back():
    rng = np.random.default_rng(0)
    grams = [(half + half.T) * 40 for half in (rng.normal(size=(c, c)) for c in CHANNELS)]
    for gram, back in zip(grams, unpacked(packed(grams)), strict=True):
        assert np.allclose(gram, back, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize(
    "example",
    [["AAAA"], ["!?"], ["ä"], [*packed([np.full((c, c), np.nan) for c in CHANNELS])], ["A" * (COUNT * 2)]],
    ids=["short", "none", "letters", "nan", "zeros"],
)
def test_what_is_damaged_is_refused(striped, example):
    values = striped.model_dump(mode="json")
    values["loss"]["example"] = example
    with pytest.raises(ImpastoError, match=r"make the style anew\.$"):
        validate_style(values, "it")


def test_a_texture_is_that_of_a_picture():
    with pytest.raises(ImpastoError, match="a texture is that of a picture"):
        changed_style(STYLE, ["loss.texture=1"])
    assert with_texture(STYLE, STRIPES, 0) == STYLE


@pytest.mark.parametrize("size", [(300, 190), (37, 30)])
def test_the_gradient_is_the_slope_of_the_value(striped, size):
    canvas = np.random.default_rng(0).random((3, *size), np.float32)
    sense = texture(striped, size)
    value, gradient = sense.value_and_gradient(canvas)
    assert value > 0.1 and gradient.shape == canvas.shape
    step = np.float32(1e-3) * gradient / np.abs(gradient).max()
    ahead, behind = (sense.value_and_gradient(canvas + sign * step)[0] for sign in (1, -1))
    assert (ahead - behind) / 2 == pytest.approx(float((gradient * step).sum()), rel=0.03)


def test_a_painting_gets_the_texture_and_goes_on_as_if_never_stopped(striped):
    style = changed_style(striped, ["loss.texture=10", "finish=30"])
    plain = finished(begun(changed_style(style, ["loss.texture=0"]))).painting
    whole = finished(begun(style)).painting
    assert unlike(whole.render(), style) < 0.9 * unlike(plain.render(), style)
    kept = checkpoints(begun(style, every={"checkpoint": 0.0}, threads=2))
    assert_same(finished(Painter.resume(kept[-6], scene(), threads=1)).painting, whole)


def test_without_torch_it_is_said_what_brings_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "impasto.engine.segment.networks.lite0", None)
    with pytest.raises(ImpastoError, match=r"takes more than is installed; .*regions"):
        with_texture(STYLE, STRIPES, 1.0)
