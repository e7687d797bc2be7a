"""Borders of regions in paintings: found on a small canvas, shown where the photo has them."""

import numpy as np
import pytest

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.segment import Region, Regions, segment
from impasto.engine.styles import load_style

COLOURS = np.array([[0.6, 0.7, 0.85], [0.3, 0.45, 0.15], [0.8, 0.25, 0.15]], np.float32)  # sky, ground, disc


def scene(size):
    """A disc, and a diagonal behind it; how far each pixel is from the circle and from the line, pixels."""
    y, x = ((v.astype(np.float32) + np.float32(0.5)) / size for v in np.ogrid[:size, :size])
    circle = (np.hypot(x - 0.36, y - 0.4) - np.float32(0.23)) * size
    line = (y - 0.95 + 0.32 * x) / np.float32(np.hypot(1, 0.32)) * size
    below, within = ((0.5 - v).clip(0, 1)[..., None] for v in (-line, circle))
    rgb = COLOURS[0] + (COLOURS[1] - COLOURS[0]) * below
    rgb += (COLOURS[2] - rgb) * within
    rgb += np.random.default_rng(0).standard_normal((size, size, 1), np.float32) * np.float32(0.01)
    return Picture(np.rint(255 * rgb.clip(0, 1)).astype(np.uint8)), circle, line


def strayed(pixels, circle, line):
    """How far from the true line those between the three colours are, at 99 % of their pixels."""
    near = np.stack([np.abs(pixels[..., :3] / np.float32(255) - c).sum(-1) for c in COLOURS]).argmin(0)
    border = np.zeros(near.shape, bool)
    border[1:] |= near[1:] != near[:-1]
    border[:, 1:] |= near[:, 1:] != near[:, :-1]
    far = np.minimum(np.abs(circle), np.where(circle > -2, np.abs(line), np.inf))
    assert border.sum() > 2 * len(near)
    return np.percentile(far[border], 99)


def found(picture, size):
    """Each pixel of a small canvas is of the region whose colour it has."""
    colours = picture.resampled(size, size)[0]
    labels = np.abs(colours[:, :, None] - COLOURS).sum(-1).argmin(-1)
    return Regions.from_labels(labels, [Region(name) for name in ("sky", "ground", "disc")])


@pytest.mark.parametrize(
    ("find", "size", "before"),
    [
        (found, 512, 2.2),
        pytest.param(
            lambda *given: segment(given[0], "unsupervised", size=given[1]), 4096, 3, marks=pytest.mark.nightly
        ),
    ],
)
def test_a_disc_and_a_diagonal_painted_four_times_as_large_as_found(find, size, before):
    picture, circle, line = scene(size)
    painter = Painter(
        picture, load_style("realistic", ["edges=strict"]), strokes=40, regions=find(picture, size // 4),
        working_size=size // 4, effort="draft",
    )  # fmt: skip
    painting = finished(painter).painting
    assert painting.regions is not None and painting.regions.masks.shape[1:] == (size // 4, size // 4)
    assert strayed(painting.render(), circle, line) < 2
    blurred = [resized(mask, size, size) for mask in painting.regions.masks]
    assert strayed(COLOURS[np.argmax(blurred, 0)] * 255, circle, line) > before  # the same masks enlarged as pixels


def finished(painter, cancelled=lambda: False) -> events.Finished:
    *_, last = painter.paint(cancelled)
    assert isinstance(last, events.Finished)
    return last


def test_a_painting_that_was_stopped_has_the_same_borders(tmp_path):
    picture = scene(128)[0]
    regions = found(picture, 48)
    style = load_style("realistic", ["finish=3", *(f"passes.{k}.iterations=3" for k in (1, 2, 3))])

    def painter():
        return Painter(picture, style, strokes=40, regions=regions, working_size=48, threads=2)

    whole = finished(painter()).painting
    left = iter(range(30))
    stopped = finished(painter(), lambda: next(left, None) is None)
    assert stopped.cancelled
    stopped.painting.save(tmp_path / "stopped.impasto")
    resumed = finished(Painter.resume(Painting.load(tmp_path / "stopped.impasto"), picture, threads=1)).painting
    for painting in (stopped.painting, resumed):
        assert painting.regions is not None and whole.regions is not None
        assert painting.regions.labels is not None and whole.regions.labels is not None
        assert np.array_equal(painting.regions.labels, whole.regions.labels)
    assert np.array_equal(whole.render(size=300), resumed.render(size=300))
