"""Senses: what they measure, their gradients, and paintings that they have a say in."""

from dataclasses import replace

import numpy as np
import pytest
import test_painter_regions
from making_paintings import STYLE, assert_same, begun, checkpoints, finished, scene, state_of
from numpy.lib.stride_tricks import sliding_window_view

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import LOSSES
from impasto.engine.painter.descent import Descent, RecordedDescent, descent_on
from impasto.engine.painter.optimizer import Moments, Optimizer
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.seeing import Sight
from impasto.engine.painter.seeing.gradient import Gradients
from impasto.engine.painter.seeing.sense import Sense
from impasto.engine.painter.seeing.ssim import Ssim
from impasto.engine.painter.targets import Targets
from impasto.engine.painting.painting import Painting
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.segment.networks.vgg16 import read_vgg16
from impasto.engine.styles import Style, changed_style
from impasto.engine.styles.losses import LossSettings

f4 = np.float32
SIZE = (37, 30)  # odd, so that halving leaves something out
CONVOLUTIONS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory):
    """The folder of networks, with a VGG16 in it that is as the trained one but 4 channels wide."""
    save_file, torch = pytest.importorskip("safetensors.torch").save_file, pytest.importorskip("torch")
    folder, made = tmp_path_factory.mktemp("models") / "vgg16", torch.Generator().manual_seed(0)
    folder.mkdir()
    weights = {"pre_logits.fc1.weight": torch.zeros(2, 4, 7, 7)}
    for number in CONVOLUTIONS:
        weights[f"features.{number}.weight"] = torch.randn(4, 4 if number else 3, 3, 3, generator=made) / 4
        weights[f"features.{number}.bias"] = torch.randn(4, generator=made) / 4
    save_file(weights, folder / "model.safetensors")
    (folder / "impasto-model.json").write_text("{}")
    return folder.parent


def sense_of(name: str, target: np.ndarray, weight: np.ndarray) -> Sense:
    """By the way that paintings take, alone."""
    if name == "ssim":
        return Ssim(target, weight)
    if name == "gradient":
        return Gradients(target, weight)
    pytest.importorskip("torch")
    from impasto.engine.painter.seeing.networks import features_of
    from impasto.engine.painter.seeing.perceptual import Perceptual

    return Perceptual(target, weight, features_of(name))


@pytest.mark.parametrize("name", ["ssim", "gradient", "lite0", "vgg16"])
def test_the_gradient_is_the_slope_of_the_value(name, vgg16, monkeypatch):
    """And a canvas that is as it should be is lost nothing on."""
    monkeypatch.setenv("IMPASTO_MODELS", str(vgg16))
    rng = np.random.default_rng(0)
    canvas, target = rng.random((2, 3, *SIZE), f4)
    canvas, weight = 0.3 * canvas + 0.7 * target, rng.random(SIZE, f4)
    sense = sense_of(name, target, weight)
    assert sense.value_and_gradient(target)[0] == pytest.approx(0, abs=1e-5)
    value, gradient = sense.value_and_gradient(canvas)
    assert value > 0.002 and gradient.shape == canvas.shape
    step = f4(1e-3) * gradient / np.abs(gradient).max()
    ahead, behind = (sense.value_and_gradient(canvas + sign * step)[0] for sign in (1, -1))
    assert (ahead - behind) / 2 == pytest.approx(float((gradient * step).sum()), rel=0.02)


def test_ssim_is_as_it_is_defined():
    rng = np.random.default_rng(1)
    canvas, target = rng.random((2, 3, 13, 9), f4)
    weight = rng.random((13, 9), f4)
    x, y = (sliding_window_view(p.astype(float), (7, 7), (1, 2)).reshape(3, 7, 3, 49) for p in (canvas, target))
    a, b, both = x.mean(-1), y.mean(-1), (x * y).mean(-1) - x.mean(-1) * y.mean(-1)
    ssim = (2 * a * b + 1e-4) * (2 * both + 9e-4) / ((a**2 + b**2 + 1e-4) * (x.var(-1) + y.var(-1) + 9e-4))
    expected = ((1 - ssim) * weight[3:-3, 3:-3]).sum() / (3 * weight.sum())
    assert Ssim(target, weight).value_and_gradient(canvas)[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (7, 7)])
def test_canvases_that_are_too_small_for_windows(size):
    canvas, target = np.random.default_rng(2).random((2, 3, *size), f4)
    for name in ("ssim", "gradient", "lite0"):
        value, gradient = sense_of(name, target, np.ones(size, f4)).value_and_gradient(canvas)
        assert np.isfinite(value) and gradient.shape == canvas.shape and np.isfinite(gradient).all()
    assert Ssim(target, np.zeros(size, f4)).value_and_gradient(canvas)[0] == 0


def test_strokes_of_regions_are_seen_together():
    """The slope is that of what is shown of all regions, scaled to a share of the pixels'."""
    picture, regions = test_painter_regions.scene(), test_painter_regions.regions_of()
    target = Targets(picture, Style.model_validate(test_painter_regions.style_of().model_dump()), regions.masks)[80]
    rng = np.random.default_rng(3)
    table = np.concatenate([rng.random((9, 6)) * ([1, 0.7] * 3), np.full((9, 2), 0.15), np.full((9, 2), 0.8)], 1)
    table = np.concatenate([table, rng.random((9, 3))], 1).astype(f4)
    region, ground = np.arange(9, dtype=np.int32) % 3, np.array([0.5, 0.4, 0.3, 1], f4)

    def canvas_of(height, width, **options):
        return CpuRaster(height, width, edges=StrokeEdge(0.02, 0.5), threads=1, **options)

    def shown(strokes):
        whole = target.colours.astype(float)
        for k, own in enumerate(target.own):
            canvas = canvas_of(target.height, target.width).forward(strokes[region == k], ground)[:3]
            whole = whole + own.on(target.height, target.width) * (canvas - target.colours)
        return whole.astype(f4)

    slope = Sight(target, LossSettings(gradient=0.5), LOSSES["l1"]).slope(
        canvas_of, table, ground, region, lambda: False
    )
    sense = Gradients(target.colours, target.importance)
    _, gradient = sense.value_and_gradient(shown(table))
    scale = 0.5 / np.abs(gradient).sum()
    for column in (0, 3, 6, 8, 10, 12):
        step = np.zeros_like(table)
        step[:, column] = 1e-3 * rng.choice([-1, 1], 9)
        ahead, behind = (sense.value_and_gradient(shown(table + sign * step))[0] for sign in (1, -1))
        assert (slope * step).sum() == pytest.approx(scale * (ahead - behind) / 2, rel=0.05, abs=1e-6)


@pytest.mark.parametrize("network", ["lite0", "vgg16"])
def test_a_painting_that_was_stopped_is_the_one_that_never_was(network, vgg16, tmp_path, monkeypatch):
    """From any iteration on, with any number of threads: the second pass on, strokes that are replaced, the finish."""
    pytest.importorskip("torch")
    monkeypatch.setenv("IMPASTO_MODELS", str(vgg16))
    style = changed_style(STYLE, ["loss.ssim=.5", "loss.gradient=.2", "loss.perceptual=1", f"loss.network={network}"])
    whole = finished(begun(style)).painting
    assert not np.array_equal(whole.strokes.table, finished(begun()).painting.strokes.table)
    kept = checkpoints(begun(style, every={"checkpoint": 0.0}, threads=2))
    for painting in kept[4::3]:
        painting.save(tmp_path / "kept.impasto", overwrite=True)
        again = Painting.load(tmp_path / "kept.impasto")
        assert again.checkpoint is not None and ("seen" in again.checkpoint.arrays) == (state_of(painting)["phase"] > 0)
        assert_same(finished(Painter.resume(again, scene(), threads=1)).painting, whole)


def test_a_painting_by_regions_is_the_same_with_any_threads():
    style = test_painter_regions.style_of(loss={"ssim": 0.5}, edges="filter")
    one, two = (
        finished(
            Painter(
                test_painter_regions.scene(), style, strokes=60, threads=threads,
                regions=test_painter_regions.regions_of(),
            )
        ).painting
        for threads in (1, 2)
    )  # fmt: skip
    assert_same(one, two)


def test_a_network_that_is_not_there(vgg16, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setenv("IMPASTO_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    style = changed_style(STYLE, ["loss.perceptual=1", "loss.network=vgg16"])
    with pytest.raises(ImpastoError, match="run `impasto models fetch vgg16`"):
        begun(style)
    weights = (vgg16 / "vgg16" / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(weights[:-9] + weights[:9])  # other numbers
    read_vgg16(tmp_path)
    for damaged in (b"", weights[:-9], weights.replace(b"features.28.bias", b"features.29.bias")):
        read_vgg16.cache_clear()
        (tmp_path / "model.safetensors").write_bytes(damaged)
        with pytest.raises(ImpastoError, match="does not hold the weights of VGG16; run `impasto models fetch vgg16"):
            read_vgg16(tmp_path)


def test_what_was_seen_stays_with_its_stroke():
    blind, seen = Moments.zeros(2), replace(Moments.zeros(2), seen=np.array([[1], [2]], f4) * np.ones(13, f4))
    assert blind.join(blind).seen is None and blind.take(np.array([1])).seen is None
    for one, other, expected in ((seen, blind, [1, 2, 0, 0]), (blind, seen, [0, 0, 1, 2])):
        both = one.join(other)
        assert both.seen is not None and both.seen[:, 12].tolist() == expected
        taken = both.take(np.array([3, 1])).seen
        assert taken is not None and taken[:, 0].tolist() == [expected[3], expected[1]]


def test_gpus_take_steps_one_by_one_where_senses_have_a_say():
    edges, optimizer = StrokeEdge(0.01), Optimizer(STYLE.shape, STYLE.learning, (1.0, 1.0))
    kinds = [type(descent_on("cuda", edges, LOSSES["l1"], optimizer, sees=sees)) for sees in (False, True)]
    assert kinds == [RecordedDescent, Descent]
