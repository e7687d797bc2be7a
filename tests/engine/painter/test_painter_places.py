"""The painter: where strokes go, and what pictures of odd shapes and transparent ones become."""

import numpy as np
import pytest
from quick_paintings import FITTED, HEIGHT, PASSES, WIDTH, paint, painted, scene, shortened, style_of

from impasto.engine.painter import attention, events
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.styles import load_style


def placed(picture, style, strokes=60, **options):
    """Strokes as they are placed: nothing is optimised. With it, where each was grown from, in canvas units."""
    idle = style.model_copy(
        update={"passes": tuple(p.model_copy(update={"iterations": 0}) for p in style.passes), "finish": 0}
    )
    table = (painting := painted(picture, idle, strokes=strokes, **options)).strokes.table.astype(float)
    return painting.strokes, (table[:, 0:2] + 2 * table[:, 2:4] + table[:, 4:6]) / 4


@pytest.mark.parametrize("patches", [1, 3])
def test_selective_attention_puts_all_later_strokes_into_the_worst_patches(patches):
    picture = scene(96, 128)
    passes = [{"radius": 0.1, "share": 1, "canvas": 1}, {"radius": 0.03, "share": 2, "canvas": 1}]
    strokes, middles = placed(
        picture,
        style_of(
            passes=passes,
            attention={"mode": "selective", "patches": patches, "floor": 10, "interest": 0},
            shape={"curl": 0},
        ),
        strokes=150,
    )
    first = strokes.table[strokes.pass_index == 0]
    style = style_of()
    raster = CpuRaster(96, 128, edges=StrokeEdge(style.shape.softness, style.shape.edge))
    canvas = raster.forward(first, np.zeros(4, np.float32))
    target = np.ascontiguousarray(picture.rgb.transpose(2, 0, 1), np.float32) / 255
    error = np.abs(target - canvas[:3] - (1 - canvas[3]) * target.mean((1, 2))[:, None, None]).mean(0) + 1 - canvas[3]
    mask = attention.attend(error.astype(np.float32), 32, patches)  # a quarter of the canvas
    assert 0.03 * patches < mask.mean() < 0.09 * patches
    x, y = np.floor(middles * 128 + 1e-4).astype(int).T
    inside = mask[y.clip(0, 95), x.clip(0, 127)] == 1
    assert inside[strokes.pass_index == 1].all()
    assert inside[strokes.pass_index == 0].mean() < 0.5


def test_uniform_attention_looks_everywhere():
    strokes, middles = placed(scene(), style_of(attention={"floor": 10}), strokes=300)
    quarters = np.histogram2d(*middles[strokes.pass_index == 2].T, bins=2, range=[(0, 1), (0, 0.75)])[0]
    assert quarters.min() > 0.5 * quarters.mean()


def cut_out(height=HEIGHT, width=WIDTH):
    """A picture whose left half is transparent, and a hole in the right one."""
    alpha = np.zeros((height, width), np.uint8)
    alpha[:, width // 2 :] = 255
    alpha[height // 3 : height // 2, 3 * width // 4 :] = 0
    return scene(height, width, alpha)


@pytest.mark.parametrize("mode", ["uniform", "selective"])
def test_no_stroke_is_placed_where_the_picture_is_transparent(mode):
    picture = cut_out()
    passes = [{**p, "canvas": 1} for p in PASSES]
    style = style_of(attention={"mode": mode}, shape={"curl": 0}, passes=passes)
    _, middles = placed(picture, style, strokes=300)
    x, y = np.floor(middles * WIDTH + 1e-4).astype(int).T
    assert picture.alpha is not None and (picture.alpha[y, x] > 0).all()


@pytest.mark.parametrize("name", FITTED)
def test_what_is_transparent_stays_so(name):
    picture = cut_out()
    assert picture.alpha is not None
    heard, last = paint(picture, load_style(name), strokes=101, every={"preview": 0.0})
    pictures = [*[e.pixels for e in heard if isinstance(e, events.Preview)][::40], last.painting.render()]
    for pixels in pictures:
        assert not pixels[picture.alpha == 0].any()
    seen = last.painting.render()[picture.alpha == 255]
    assert (seen[:, 3] == 255).all()


@pytest.mark.parametrize("size", [(1, 64), (64, 1), (1, 1), (3, 60), (4, 80), (2, 2)])
@pytest.mark.parametrize("name", ["painterly", "realistic"])
def test_slender_pictures_are_painted(name, size):
    last = paint(scene(*size), shortened(name), strokes=30)[-1]
    last.painting.strokes.validated()
    assert last.strokes == 30 and np.isfinite(last.loss) and last.painting.render().shape == (*size, 4)


def test_a_faint_speck_on_a_large_canvas_is_painted():
    """On the smallest canvas it is too faint to be seen at all."""
    alpha = np.zeros((300, 400), np.uint8)
    alpha[3, 3] = 1
    style = style_of(passes=[{"radius": 0.1, "share": 1, "iterations": 2, "canvas": 0.05}])
    last = paint(scene(300, 400, alpha), style, strokes=10)[-1]
    last.painting.strokes.validated()
    assert last.strokes == 10 and np.isfinite(last.loss)


def test_the_wildest_style_can_be_kept_before_its_first_step(tmp_path):
    shape = {"aspect": 30, "largest": 0.5, "smallest": 0.5, "curl": 1}
    style = style_of(shape=shape, passes=[{"radius": 0.5, "share": 1, "iterations": 0}], finish=0)
    for seed in range(5):
        painting = painted(style=style, strokes=20, seed=seed)
        painting.save(tmp_path / f"{seed}.impasto")
        assert painting.render().shape == (HEIGHT, WIDTH, 4)
